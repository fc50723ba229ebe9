import { by, type GaugeOf, plain } from "../infra/register-gauges.ts";
import type { SealingReport } from "../tokens/index.ts";

/** How tokens are stored, counted at each scrape. */
export const SEALING_GAUGES: readonly GaugeOf<SealingReport>[] = [
  {
    name: "stored_tokens",
    help: "Tokens in Session, by how they are stored",
    labels: ["form"],
    values: ({ plain, sealed, unreadable, toConvert }) => {
      const all = Object.values(sealed).reduce((sum, count) => sum + count, 0);
      return by("form", { plain, sealed: all - unreadable, unreadable, to_convert: toConvert });
    },
  },
  {
    name: "token_keys_ok",
    help: "1 while the keys in TOKEN_ENCRYPTION_KEYS are those that sealed the stored tokens, or none is sealed",
    values: ({ problem }) => plain(problem === null ? 1 : 0),
  },
];
