import type { Finding } from "./doctor-finding.ts";
import { many } from "./pluralize.ts";
import type { HealthReport } from "./operator-client.ts";
import { harmless } from "./paint.ts";

/** How tokens are stored: nothing to say of an app that stores them in plain and never did otherwise. */
export function judgeSealing({ tokenEncryption }: HealthReport, command: (text: string) => string): Finding[] {
  // An earlier release does not say.
  if (!tokenEncryption) return [];
  const { problem, sealsWith, sealed, toConvert, unreadable, refusedRows } = tokenEncryption;
  const findings: Finding[] = [];
  if (problem) findings.push({ level: "problem", code: "token_keys", text: harmless(problem) });
  else if (unreadable > 0) {
    const text = `${many(unreadable, "token")} sealed with a key that the app does not have: the runbook, "Seal tokens"`;
    findings.push({ level: "problem", code: "tokens_unreadable", text });
  }
  if (refusedRows.length > 0) {
    const text = `sealed tokens that do not belong to their row, or were changed; nothing uses them: ${refusedRows.join(", ")}`;
    findings.push({ level: "problem", code: "tokens_refused", text: harmless(text) });
  }
  const count = Object.values(sealed).reduce((sum, tokens) => sum + tokens, 0);
  if (sealsWith === null) {
    if (toConvert > 0) {
      const text = `new tokens are stored in plain, ${many(toConvert, "token")} still sealed: ${command("unseal")}`;
      findings.push({ level: "attention", code: "unsealing", text });
    }
  } else if (toConvert > 0) {
    const text = `${many(toConvert, "token")} to be sealed with the key ${sealsWith}, in the background, every five minutes; at once: ${command("seal")}`;
    findings.push({ level: "attention", code: "sealing", text });
  } else if (!problem) {
    findings.push({
      level: "ok",
      code: "sealed",
      text: `every stored token is sealed (${count}, with the key ${sealsWith})`,
    });
  }
  return findings;
}
