import { OWN_SHOP, VICTIMS } from "./identities.ts";
import type { Choose } from "./choose.ts";

const KIBIBYTE = 1024;

const WORDS = [
  ..."\u0000|\u0007|\u001b[31m|\u009b|\u202e|\u2028|\ufeff|\ud800|\udc00|é|🛍|İ|ı|ſ| |\t|\r\nX-Injected: 1".split("|"),
  ..."null|undefined|[object Object]|__proto__|constructor|-1|0|1e309|NaN|true|9007199254740993".split("|"),
  ..."../../etc/passwd|..%2f|//evil.example|/\\evil.example|/a//b|https://evil.example|javascript:alert(1)".split("|"),
  ..."' OR 1=1 --|${7*7}|<script>alert(1)</script>|%|%zz|%c0%af|%00|%ff|+|a[]=1|;|=|&|?|#|@|:|\\|\"|'".split("|"),
  ..."1.2.3.4:80|::1|[::1]|unknown|1.2.3.4, 5.6.7.8|a@b|x/metrics?|localhost:99999|gzip|identity;q=0".split("|"),
  ..."application/json|text/html|text/event-stream|application/x-ndjson|multipart/form-data|*/*;q=x".split("|"),
];

/** Motifs that have made expressions quadratic, parsers recurse and encoders grow. */
const MOTIFS = ["a", "-eyJ", "eyJ.", "a.", "%41", "%0", " ", "=", "&a=b", ",", ";", "é", "[", '{"a":', "Bearer "];
const MORE_MOTIFS = ["shpat_", "hmac=", "code=", "\\", '"', "\t", "../", "<", "0", "--", ": ", "\u001b[", "🛍", "a=b;"];

const AROUND_TOKENS = ["", '"', "\\n", "%22", "%3D", "a", "1", "_", "\n", "\\u0022", "=", ":", "/"];

/** Shop domains as strangers write them. */
export function oddShop(choose: Choose): string {
  const victim = choose.pick(Object.values(VICTIMS));
  return choose.pick([
    ...[victim, victim, OWN_SHOP, victim.toUpperCase(), ` ${victim}`, `${victim}.`, `${victim}:443`, `${victim}/`],
    ...[`https://${victim}`, `${victim}@evil.example`, `${victim}\u0000`, `${victim}%00`, `${OWN_SHOP},${victim}`],
    ...["evil.example", "evil.example/.myshopify.com", "xn--ls8h.myshopify.com", ".myshopify.com", "myshopify.com"],
    `${"a".repeat(choose.pick([63, 64, 255, 300, 5_000]))}.myshopify.com`,
  ]);
}

/** The shape of a token that Shopify would issue, made to be found again if it ever comes out. */
export function canary(choose: Choose): string {
  const prefix = choose.pick(["shpat_", "shprt_", "shpca_", "shpss_"]);
  return choose.pick(AROUND_TOKENS) + prefix + choose.random.hex(32) + choose.pick(["", '"', "&a=b", "\\"]);
}

/** Text of 1 to 64 KiB out of one motif. */
export function longText(choose: Choose, most = 64 * KIBIBYTE): string {
  const motif = choose.pick(choose.chance(0.5) ? MOTIFS : MORE_MOTIFS);
  const length = Math.min(most, choose.pick([1, 4, 8, 15, 64]) * KIBIBYTE);
  return motif.repeat(Math.ceil(length / motif.length)).slice(0, length);
}

/** Anything but what a field is meant for. */
export function oddText(choose: Choose, most = 64 * KIBIBYTE): string {
  return choose.pick([
    () => choose.pick(WORDS),
    () => choose.pick(WORDS) + choose.pick(WORDS),
    () => oddShop(choose),
    () => canary(choose),
    () => longText(choose, most),
    () => longText(choose, most),
    () => Array.from({ length: choose.int(40) }, () => String.fromCharCode(choose.int(0x100))).join(""),
    () => Array.from({ length: choose.int(20) }, () => String.fromCharCode(choose.int(0x10000))).join(""),
    () => "",
  ])();
}

/** Percent-encodes as browsers do, or as only an attacker does. */
export function encoded(choose: Choose, text: string): string {
  const whole = (from: string) =>
    Array.from(Buffer.from(from), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const usual = (from: string) => from.replace(/[^\w.~-]+/g, whole);
  return choose.pick([
    () => usual(text),
    () => usual(text),
    () => usual(text).toUpperCase(),
    () => usual(usual(text)),
    () => (text.length < 2_000 ? whole(text) : usual(text)),
    // As it is: only the bytes that would end the request line are encoded.
    () => Buffer.from(text.replace(/[\s\u0000]/g, usual)).toString("latin1"),
  ])();
}
