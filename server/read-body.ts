import type { IncomingMessage } from "node:http";
import type { Request, RequestHandler, Response } from "express";
import { isOperatorSecret } from "../app/operator/access/is-operator-secret.server.ts";
import type { Problem } from "../app/operator/access/problem.ts";
import { REFUSALS } from "../app/webhooks/webhook-refusal.ts";
import { addressOf } from "./parse-address.ts";
import { beforeHeaders } from "./default-headers.ts";
import { hasBody, isOperators, isWebhook } from "./check-request.ts";
import { refuse } from "./refuse.ts";

const KIBIBYTE = 1_024;
const BODY_LIMITS = {
  /** A form of the app's pages: a shop's name, or nothing. */
  page: 8 * KIBIBYTE,
  /** A form of the console, or under a wrong operator's secret. */
  console: 64 * KIBIBYTE,
  /** With an HMAC yet to be verified. The topics of shopify.app.toml carry some kilobytes; raise it with topics that carry products. */
  webhook: 1_024 * KIBIBYTE,
  /** Under the right operator's secret: thousands of shops by name. */
  operator: 1_024 * KIBIBYTE,
  /** Of all bodies together whose sender is not verified yet: those of webhooks, and all others, which take no room from them. */
  unverified: 8 * 1_024 * KIBIBYTE,
};
/** A piece of a body costs some hundred bytes and two microseconds beside what is in it. Nothing but an attack sends this many so small. */
const TINY_PIECES = { from: 1_000, averageBytes: 64 };
/** One that fits in here gives way to nobody. */
const SMALLEST_BUFFER = KIBIBYTE;
/** A body must have arrived by then. Shopify sends a webhook within its own 5 s. */
const ARRIVES_WITHIN_MS = 10_000;
const BODILESS = new Set(["GET", "HEAD", "OPTIONS"]);
const HMAC_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

export interface BodyOptions {
  operatorSecrets: readonly string[];
  arrivesWithinMs?: number;
}

/**
 * Throws a body away that no route reads, and ends the connection after the answer. Before all else: what was answered already Node would
 * read to its end, in however small pieces.
 */
export const dropBody: RequestHandler = (request, response, next) => {
  if (BODILESS.has(request.method) && hasBody(request.headers)) {
    response.set("Connection", "close");
    discard(request);
  }
  next();
};

/**
 * Reads a request's body before anything else sees it, within limits of size and time that depend on the route and on who has proven
 * what. A webhook without a signature is refused unread. When all unverified bodies together hold too much, the large ones give way that have
 * been arriving for the longest: a body of Shopify's arrives in milliseconds.
 */
export function readBody({ operatorSecrets, arrivesWithinMs = ARRIVES_WITHIN_MS }: BodyOptions): RequestHandler {
  const webhooks = createBodyStore(BODY_LIMITS.unverified);
  const others = createBodyStore(BODY_LIMITS.unverified);
  return (request, response, next) => {
    const { path } = addressOf(response);
    const { method, headers } = request;
    if (BODILESS.has(method)) return next();
    const hmac = headers["x-shopify-hmac-sha256"];
    if (isWebhook(path) && !HMAC_SHA256.test(String(hmac ?? ""))) {
      return void refuse(request, response, hmac ? REFUSALS.signature : REFUSALS.unsigned, { close: true });
    }
    const isVerified = isOperatorSecret(headers.authorization, ...operatorSecrets);
    const limit = isVerified ? BODY_LIMITS.operator : limitOf(path);
    if (Number(headers["content-length"] ?? 0) > limit) {
      return void refuse(request, response, tooLarge(limit), { close: true });
    }
    const store = isWebhook(path) ? webhooks : others;
    store.read(request, response, { limit, isVerified, arrivesWithinMs }, (body) => {
      response.locals.body = body;
      next();
    });
  };
}

function limitOf(path: string): number {
  if (isWebhook(path)) return BODY_LIMITS.webhook;
  return isOperators(path) ? BODY_LIMITS.console : BODY_LIMITS.page;
}

/** What `readBody` read for the request that this is the response to. */
export function bodyOf(response: Response): Uint8Array<ArrayBuffer> | undefined {
  return response.locals.body as Uint8Array<ArrayBuffer> | undefined;
}

interface ReadOptions {
  limit: number;
  isVerified: boolean;
  arrivesWithinMs: number;
}

function createBodyStore(most: number) {
  /** Bodies that are still arriving and not small, the oldest first, each with what makes it give way. */
  const arriving = new Set<() => void>();
  let held = 0;

  function read(request: Request, response: Response, options: ReadOptions, done: (body: Uint8Array) => void): void {
    const { limit, isVerified, arrivesWithinMs } = options;
    // Copied together as it comes: what is held is what is counted, however small the pieces are.
    let buffer = Buffer.alloc(0);
    let bytes = 0;
    let pieces = 0;
    const stop = () => {
      clearTimeout(timer);
      arriving.delete(giveWay);
      request.off("data", take).off("end", finish);
    };
    const release = () => {
      stop();
      if (!isVerified) held -= buffer.length;
      buffer = Buffer.alloc(0);
    };
    const makeRoom = (needed: number) => {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(limit, buffer.length * 2), SMALLEST_BUFFER));
      buffer.copy(larger);
      if (!isVerified) {
        held += larger.length - buffer.length;
        if (larger.length > SMALLEST_BUFFER) arriving.add(giveWay);
      }
      buffer = larger;
    };
    const giveUp = (problem: Problem, headers = {}) => {
      release();
      discard(request);
      void refuse(request, response, problem, { close: true, headers });
    };
    const giveWay = () => giveUp(TOO_MANY, { "Retry-After": "5" });
    const take = (chunk: Uint8Array) => {
      const end = bytes + chunk.length;
      if (end > limit) return giveUp(tooLarge(limit));
      if (areTiny(++pieces, end)) return giveUp(IN_PIECES);
      if (end > buffer.length) makeRoom(end);
      buffer.set(chunk, bytes);
      bytes = end;
      for (const giveWayOfOldest of arriving) {
        if (held <= most) break;
        giveWayOfOldest();
      }
    };
    const finish = () => {
      stop();
      done(buffer.subarray(0, bytes));
    };
    const timer = setTimeout(() => giveUp(TOO_SLOW), arrivesWithinMs);
    request.on("data", take).on("end", finish);
    // Counted until the answer begins: by then the body has been verified, or dropped. Not until it has been read: a client that
    // reads no answer would keep the place.
    beforeHeaders(response, release);
    response.once("close", release);
  }
  return { read };
}

/** What is still on its way is thrown away, so that the client gets to see the answer. */
function discard(request: IncomingMessage): void {
  let [pieces, bytes] = [0, 0];
  request
    .on("error", () => {})
    .on("data", ({ length }: Uint8Array) => {
      bytes += length;
      if (areTiny(++pieces, bytes)) request.destroy();
    });
}

function areTiny(pieces: number, bytes: number): boolean {
  return pieces > TINY_PIECES.from && bytes < pieces * TINY_PIECES.averageBytes;
}

function tooLarge(limit: number): Problem {
  return {
    status: 413,
    code: "body_too_large",
    detail: `A request to this address may carry ${limit} bytes at most.`,
  };
}

const TOO_SLOW: Problem = {
  status: 408,
  code: "body_too_slow",
  detail: "The body of the request did not arrive in time. Send it again.",
};
const IN_PIECES: Problem = {
  status: 400,
  code: "body_in_tiny_pieces",
  detail:
    "The body of the request comes in too many too small pieces. Send it with a Content-Length, or in larger chunks.",
};
const TOO_MANY: Problem = {
  status: 503,
  code: "too_many_bodies",
  detail: "Too many requests are sending bodies at once. Nothing is lost: send it again in a moment.",
};
