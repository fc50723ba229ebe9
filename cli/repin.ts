import { EXIT, type Surroundings } from "./commands.ts";
import type { OperatorClient, RepinnedPart } from "./operator-client.ts";
import { harmless } from "./paint.ts";
import { many } from "./pluralize.ts";

export interface RepinFlags {
  dryRun?: boolean;
  rate?: number;
}

const SHOWN = 20;

/**
 * `repin`: refreshes every chain that an earlier client secret made, part by part, and says whether that secret may be revoked. May be cut off and
 * repeated; what is done is not done twice.
 */
export async function repin(client: OperatorClient, { dryRun, rate }: RepinFlags, at: Surroundings): Promise<number> {
  const total: RepinnedPart["outcomes"] = {};
  let failures: RepinnedPart["failures"] = [];
  let part: RepinnedPart;
  let after = "";
  let isMoving = false;
  for (;;) {
    part = await client.repin(dryRun ? { dryRun } : { after, ratePerSecond: rate });
    for (const [outcome, shops] of Object.entries(part.outcomes) as [keyof typeof total, number][]) {
      // What failed is tried again while anything moves, and is named at the end.
      if (outcome !== "failed") total[outcome] = (total[outcome] ?? 0) + shops;
    }
    isMoving ||= (part.outcomes.refreshed ?? 0) > 0;
    failures.push(...part.failures);
    const isAgain = part.next === null && isMoving && failures.some(({ outcome }) => outcome === "failed");
    if (part.next === null && !isAgain) break;
    after = part.next ?? "";
    if (isAgain) [failures, isMoving] = [[], false];
    at.note(
      `${many(total.refreshed ?? 0, "chain")} refreshed, ${part.clientSecret.pinned} of ${part.clientSecret.chains} still pinned; Ctrl-C ends it, and it can be repeated.`,
    );
  }
  const { clientSecret } = part;
  if (at.json) at.out(JSON.stringify({ ...part, outcomes: total, failures }));
  else for (const line of describe({ ...part, outcomes: total, failures }, dryRun === true, at)) at.out(line);
  return clientSecret.mayRevoke ? EXIT.done : EXIT.notDone;
}

function describe({ outcomes, failures, clientSecret }: RepinnedPart, dryRun: boolean, at: Surroundings): string[] {
  const { rotating, pinned, chains, blockers, shops, mayRevoke } = clientSecret;
  const why = new Map(failures.map(({ shop, code }) => [shop, code]));
  const lines = dryRun ? [] : [at.paint.good(`✓ ${many(outcomes.refreshed ?? 0, "chain")} refreshed`)];
  const ended = outcomes.needs_reauthorization ?? 0;
  if (ended > 0)
    lines.push(
      at.paint.attention(`! ${many(ended, "chain")} had ended already: their merchant's next visit heals them`),
    );
  lines.push(`  ${pinned} of ${many(chains, "chain")} still pinned${pinned > 0 ? ":" : ""}`);
  for (const { shop, why: reason, suspended } of shops.slice(0, SHOWN)) {
    lines.push(harmless(`    ${shop}  ${PINNED[reason]}${suspended ? `, ${suspended}` : ""}${said(why.get(shop))}`));
  }
  if (pinned > SHOWN) lines.push(`    and ${pinned - Math.min(SHOWN, shops.length)} more: --json names the first 100`);
  if (!mayRevoke) {
    lines.push(at.paint.bad("✗ An earlier client secret may not be revoked:"));
    for (const words of blockers) lines.push(`    ${words}`);
    if (pinned > 0)
      lines.push(
        `  ${at.paint.strong("Next:")} ${at.command("repin")}${dryRun ? "" : " again, once what is named above has passed"}`,
      );
  } else if (rotating) {
    lines.push(at.paint.good("✓ The previous client secret may be revoked in the Dev Dashboard."));
    lines.push(
      "  It is the value of SHOPIFY_API_SECRET_PREVIOUS, which you take out of the environment of every instance afterwards.",
    );
  } else {
    lines.push(at.paint.good("✓ No chain depends on an earlier client secret."));
  }
  return lines;
}

const PINNED = { previous: "made with the previous secret", unknown: "made with an unknown secret" };

function said(code: string | undefined): string {
  return code ? `: ${code}` : "";
}
