// Proves that whatever reads a stranger's text takes time in proportion to its length: 64 KiB against 1 KiB, in the worst shapes we know.
// What reads text behind a limit of the door is measured without that limit: the limit is one defence, linear time another.
import type { Request as ExpressRequest } from "express";
import { describe, it } from "vitest";
import { isRobot } from "../app/auth/identity/is-robot.ts";
import { readParameters } from "../app/auth/identity/read-parameters.ts";
import { shopOfInput } from "../app/auth/install/shop-of-input.ts";
import { findShopDomain, shopDomainSchema } from "../app/infra/shop-domain.ts";
import { addressKey } from "../app/operator/access/client-address.ts";
import { isOperatorSecret } from "../app/operator/access/is-operator-secret.server.ts";
import { streamFormatOf } from "../app/operator/run/stream-values.ts";
import { expectLinear } from "../tests/support/growth.ts";
import { hostProblem } from "./check-request.ts";
import { readAddress } from "./request-address.ts";
import { requestIdOf } from "./request-log.ts";
import { routeLabel } from "./route-label.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

const READERS: Record<string, (text: string) => unknown> = {
  "the shop's domain": findShopDomain,
  "the shop's domain of a job": (text) => shopDomainSchema.safeParse(text),
  "what is typed into the login form": shopOfInput,
  "the parameters of a query": (text) =>
    attempt(() => readParameters(new Request(`https://app.test/app?shop=${encodeURIComponent(text)}`))),
  "the user agent": (text) =>
    isRobot(new Request("https://app.test/", { headers: { "User-Agent": text.trim() || "x" } })),
  "the operator's secret": (text) => isOperatorSecret(`Bearer ${text}`, SECRET),
  "the scheme of a secret": (text) => isOperatorSecret(text, SECRET),
  "the id of a request": (text) => requestIdOf({ get: () => text } as unknown as ExpressRequest),
  "the client's address": addressKey,
  "the address of a request": (text) => readAddress(`/${text}`),
  "the query of a request": (text) => readAddress(`/app?p=${text}`),
  "the route of a path": (text) => routeLabel(`/${text}`),
  "the Host header": hostProblem,
  "the Accept header": streamFormatOf,
};
const PATTERNS = [
  "a",
  "-",
  ".",
  "/",
  " ",
  ":",
  ",",
  ";",
  "%",
  "%41",
  "-eyJ",
  "a.",
  ".myshopify.com",
  "x ",
  "1:",
  "::",
  "/_root",
  ".data",
  "text/html,",
  "Mozilla/5.0 (bot; ",
];

describe.each(Object.entries(READERS))("%s", (_what, read) => {
  it("is read in linear time", { timeout: 30_000 }, () => {
    for (const pattern of PATTERNS) {
      expectLinear(read, pattern);
      expectLinear(read, pattern, ["", "!"]);
    }
  });
});

function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Refusing is an answer too.
  }
}
