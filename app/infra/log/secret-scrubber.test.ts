// Proves that no token and no configured secret gets through the log, whatever stands around it, in time linear in the text.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectLinear } from "../../../tests/support/growth.ts";
import { createLogger } from "./log.server.ts";
import { createSecretScrubber, isSharedName } from "./secret-scrubber.ts";

const CONFIGURED = [
  "a-client-secret-0815",
  "previous/secret&more",
  'pa"ss\\w%rd ö',
  "c2VjcmV0LWtleS1vZi0zMi1ieXRlcy1pbi1iYXNlNjQ=",
];

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const base64url = fc.string({ unit: fc.constantFrom(..."ABCXYZabcxyz0189-_"), minLength: 12, maxLength: 40 });
const token = fc.oneof(
  fc
    .tuple(fc.constantFrom("shpat", "shprt", "shpca", "shpua", "shppa", "shpss"), hex(32))
    .map(([kind, rest]) => `${kind}_${rest}`),
  fc.tuple(base64url, base64url, base64url).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`),
  hex(32),
  fc.constantFrom(...CONFIGURED),
);
const around = fc.oneof(
  fc.constantFrom(
    "",
    "\n",
    "\\n",
    '"',
    '\\"',
    "%22",
    "%3D",
    "%3d",
    "=",
    "a",
    "0",
    "_",
    "-",
    ":",
    "/",
    "AAAA",
    "Bearer ",
    "\u001b[31m",
    "é",
    "😀",
  ),
  fc.string({ maxLength: 12 }),
);
/** How a text comes to stand in another. */
const escaped = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => JSON.stringify(text),
  (text) => JSON.stringify({ note: text }),
  (text) => JSON.stringify(JSON.stringify({ a: [text] })),
  (text) => encodeURIComponent(text),
  (text) => `https://app.test/x?next=${encodeURIComponent(`/y?note=${text}`)}`,
);
/** Where it comes to stand in what is logged. */
const placed = fc.constantFrom<(text: string) => unknown[]>(
  (text) => [text],
  (text) => [{ note: text }, "words"],
  (text) => [{ nested: [{ deeper: new Map([["k", text]]) }] }],
  (text) => [{ [text]: 1 }],
  (text) => [new Error(text, { cause: new Error("why", { cause: text }) })],
  (text) => [{ err: Object.assign(new Error("x"), { meta: { text }, code: text }) }, text],
  (text) => ["with %s and %j", text, { text }],
  (text) => [{ headers: new Headers({ "x-note": encodeURIComponent(text) }), toJSON: undefined }],
);

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  let output = "";
  write(createLogger("trace", CONFIGURED, { write: (line) => void (output += line) }));
  return output;
}

/** A hexadecimal token with further digits beside it is found as part of a longer run, so the digits themselves must be gone. */
const traces = (secret: string) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];

describe("the log", { timeout: 30_000 }, () => {
  it("holds no token and no secret, whatever is put around it", () => {
    fc.assert(
      fc.property(token, around, around, escaped, placed, (secret, before, after, escape, place) => {
        const output = logged((log) =>
          (log.info as (...args: unknown[]) => void)(...place(escape(before + secret + after))),
        );
        expect(JSON.parse(output)).toMatchObject({ level: "info" });
        for (const trace of traces(secret)) expect(output).not.toContain(trace);
      }),
      { numRuns: 400 },
    );
  });

  it("holds nothing under a secret name, as a field, a header, JSON or a query", () => {
    const names = [
      "hmac",
      "code",
      "session_token",
      "id_token",
      "access_token",
      "refreshToken",
      "client_secret",
      "state",
      "cookie",
      "Set-Cookie",
      "password",
      "Authorization",
      "X-Shopify-Hmac-Sha256",
    ];
    const secret = fc
      .string({ unit: fc.constantFrom(..."abcXYZ019-"), minLength: 8, maxLength: 24 })
      .map((text) => `${text}-7q`);
    fc.assert(
      fc.property(fc.constantFrom(...names), secret, (name, value) => {
        const fields = isSharedName(name) ? [value, [value]] : [value, [value], { inner: value }];
        for (const field of fields) expect(logged((log) => log.info({ [name]: field }))).not.toContain(value);
        expect(logged((log) => log.info({ rawHeaders: ["Host", "x", name, value] }))).not.toContain(value);
        expect(logged((log) => log.info({ body: JSON.stringify({ [name]: value, rest: 1 }) }))).not.toContain(value);
        expect(logged((log) => log.info({ body: JSON.stringify(JSON.stringify({ [name]: value })) }))).not.toContain(
          value,
        );
        expect(logged((log) => log.info(`at /auth?x=1&${name}=${value}&y=2`))).not.toContain(value);
        expect(logged((log) => log.info(encodeURIComponent(`/auth?${name}=${value}`)))).not.toContain(value);
        expect(
          logged((log) =>
            log
              .child({ [name]: value })
              .child({ a: 1 })
              .info("x"),
          ),
        ).not.toContain(value);
      }),
      { numRuns: 200 },
    );
    const basic = Buffer.from("user:a-password").toString("base64");
    expect(
      logged((log) => log.info({ authorization: `Basic ${basic}` }, `Authorization: Basic ${basic}`)),
    ).not.toContain(basic);
    expect(logged((log) => log.info({ text: `sent Basic ${basic} along` }))).not.toContain(basic);
    expect(logged((log) => log.info("at postgresql://app:hunter2@db:5432/app"))).not.toContain("hunter2");
  });

  it("keeps the codes of errors, ids and ordinary words", () => {
    const fields = {
      code: "lease_lost",
      state: "running",
      requestId: "0123456789abcdef0123456789abcdef",
      shop: "a.myshopify.com",
      err: { code: "P2002", sqlstate: "42P01" },
      permanentTokens: 3,
    };
    const line = logged((log) => log.info(fields, "Basic knowledge of tokens: 3 left, code ECONNREFUSED"));
    expect(JSON.parse(line)).toMatchObject({ ...fields, msg: "Basic knowledge of tokens: 3 left, code ECONNREFUSED" });
  });

  it("is bounded, and cuts no known secret in two", () => {
    const long = `${"shpat_0123456789abcdef ".repeat(20)}${"x".repeat(7_900)}${CONFIGURED[0]}${"y".repeat(100_000)}`;
    for (let shift = 0; shift < 40; shift++) {
      const line = logged((log) => log.info({ text: "z".repeat(shift) + long }));
      expect(line.length).toBeLessThan(10_000);
      expect(line).not.toContain("a-client");
    }
    const circular: Record<string, unknown> = { list: Array.from({ length: 5_000 }, (_, n) => n) };
    circular.self = circular;
    expect(logged((log) => log.info(circular)).length).toBeLessThan(1_000);
  });
});

describe("the scrubber", { timeout: 30_000 }, () => {
  const scrub = createSecretScrubber(CONFIGURED);
  it.each([
    "-eyJ",
    "eyJ.",
    "eyJ",
    "shpat_",
    "shpat",
    "Bearer ",
    "Bearer",
    "Basic A",
    "Basic  ",
    "://",
    "://a:",
    "a://b:c@",
    "token=",
    'token":"',
    'code":"',
    "%22token%22%3A%22",
    "cookie:",
    "cookie: a",
    "authorization=",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "\\",
    '\\"',
    "%22",
    "%",
    " ",
    "=",
    "0123456789abcdef",
    "a",
    "state=%3D",
    "&code=",
  ])("is linear in repetitions of %j", (pattern) => {
    expectLinear(scrub, pattern);
    expectLinear((text) => scrub.bounded(text, 100_000), pattern);
    expectLinear(scrub, pattern, ['{"token":"', "!"]);
  });
});
