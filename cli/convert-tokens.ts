import { EXIT, type Surroundings } from "./commands.ts";
import { many } from "./pluralize.ts";
import type { OperatorClient } from "./operator-client.ts";

/** `seal`, `unseal`: brings every stored token into that form. May be cut off and repeated. */
export async function convertTokens(client: OperatorClient, to: "sealed" | "plain", at: Surroundings): Promise<number> {
  for (let rows = 0; ;) {
    const part = await client.convertTokens(to);
    rows += part.rows;
    const { tokenEncryption: now } = part;
    if (!part.isComplete) {
      at.note(
        `${many(rows, "row")} ${to} so far, ${many(now.toConvert, "token")} to go; Ctrl-C ends it, and it can be repeated.`,
      );
      continue;
    }
    if (at.json) at.out(JSON.stringify({ ...part, rows }));
    else {
      at.out(at.paint.good(`✓ ${many(rows, "row")} ${to}; nothing is left to do`));
      if (to === "plain" && Object.keys(now.sealed).length === 0) {
        at.out("  No token is sealed any more: TOKEN_ENCRYPTION_KEYS and TOKEN_ENCRYPTION_SEAL may be unset now.");
      }
      if (part.unreadable > 0) {
        at.out(
          at.paint.bad(
            `✗ ${many(part.unreadable, "row")} did not open and stayed as they are: ${at.command("doctor")}`,
          ),
        );
      }
    }
    return part.unreadable > 0 ? EXIT.notDone : EXIT.done;
  }
}
