import { createHash } from "node:crypto";

/** A token as a person may see it: its prefix, and enough of a hash to tell it from others. */
export function fingerprint(token: string): string {
  const prefix = /^shp[a-z]{2}_/.exec(token)?.[0] ?? "";
  return `${prefix}…${createHash("sha256").update(token).digest("hex").slice(0, 6)}`;
}
