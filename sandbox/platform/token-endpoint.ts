import { CLIENT_ASSERTION_TYPE, issueApplicationToken, judgeAssertion } from "./application-only.ts";
import { acquirePair } from "./chain/acquire-pair.ts";
import { acquirePermanent } from "./chain/acquire-permanent.ts";
import { issueOnline } from "./chain/issue-online.ts";
import { migratePermanent } from "./chain/migrate-permanent.ts";
import { refreshPair } from "./chain/refresh-pair.ts";
import type { TokenState, Transition } from "./chain/token-state.ts";
import { permanentTokensRefused } from "./cut-off.ts";
import { judgeIdToken } from "./id-token.ts";
import { recordEvents } from "./ledger/ledger.ts";
import { activeSecrets, type AppSecret, type PlatformState, type ShopRecord } from "./state.ts";
import { suspensionOf } from "./suspension.ts";
import { onlineBody, pairBody, permanentBody, refusals, type TokenAnswer } from "./token-answers.ts";
import type { Grant } from "./types.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const ID_TOKEN_SPELLED = "urn:shopify:params:oauth:token-type:id_token";
const OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token";
const ONLINE = "urn:shopify:params:oauth:token-type:online-access-token";

export type TokenParameters = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
const isTrue = (value: unknown): boolean => value === true || value === 1 || value === "1" || value === "true";

/** Which grant a request asks for, by its parameters alone. */
export function grantOf(parameters: TokenParameters): Grant {
  const type = text(parameters.grant_type);
  if (type === "refresh_token") return "refresh";
  if (type === TOKEN_EXCHANGE) return parameters.subject_token_type === OFFLINE ? "migration" : "id_token";
  if (type === "client_credentials") return "application";
  if (type === undefined || type === "authorization_code") return "authorization_code";
  return "unsupported";
}

/**
 * `POST /admin/oauth/access_token`, without HTTP: judges the request, makes the transition and commits it.
 * Rate limits, faults and the difference between JSON and HTML callers belong to the HTTP side.
 */
export function answerTokenRequest(
  state: PlatformState,
  shopDomain: string,
  parameters: TokenParameters,
  { concurrent = false }: { concurrent?: boolean } = {},
): TokenAnswer {
  const grant = grantOf(parameters);
  const refuse = (answer: Pick<TokenAnswer, "status" | "body">, outcome: string, presented?: string): TokenAnswer => ({
    ...answer,
    grant,
    outcome,
    presented,
  });
  const shop = state.shops.get(shopDomain);
  if (!shop) return refuse(refusals.shopNotFound(), "unknown_shop");

  if (grant === "application") return serveApplication(state, shop, parameters, refuse);
  const clientId = text(parameters.client_id);
  if (clientId === undefined) return refuse(refusals.missingParameter(), "missing_client_id");
  if (clientId !== state.app.clientId) return refuse(refusals.unknownClient(clientId), "unknown_client");
  const secret = activeSecrets(state).find((candidate) => candidate.value === parameters.client_secret);
  if (!secret) return refuse(refusals.wrongSecret(state.choices.wrongSecret, clientId), "wrong_secret");

  const suspended = refuseSuspended(state, shop, refuse);
  if (suspended) return suspended;

  const input: GrantInput = { state, shop, parameters, secret, grant, refuse, concurrent, now: state.clock.now() };
  switch (grant) {
    case "authorization_code":
      return exchangeCode(input);
    case "id_token":
      return exchangeIdToken(input);
    case "migration":
      return migrate(input);
    case "refresh":
      return refresh(input);
    case "unsupported":
      return refuse(refusals.unsupportedGrant(), "unsupported_grant");
  }
}

type Refuse = (answer: Pick<TokenAnswer, "status" | "body">, outcome: string, presented?: string) => TokenAnswer;

function refuseSuspended(state: PlatformState, shop: ShopRecord, refuse: Refuse): TokenAnswer | undefined {
  const suspension = state.choices.suspendedTokenEndpoint === "refuses" ? suspensionOf(state, shop) : undefined;
  return suspension && refuse({ status: suspension.status, body: { errors: suspension.errors } }, suspension.outcome);
}

/** The assertion is the client's authentication: no secret, and `client_id` may be left out (RFC 7521 section 4.2). */
function serveApplication(
  state: PlatformState,
  shop: ShopRecord,
  parameters: TokenParameters,
  refuse: Refuse,
): TokenAnswer {
  const { clientId, kind } = state.app;
  if (kind === "custom") return refuse(refusals.unauthorizedClient(), "custom_app");
  if (parameters.client_assertion_type !== CLIENT_ASSERTION_TYPE)
    return refuse(refusals.badAssertion(), "assertion_type");
  if (parameters.client_id !== undefined && parameters.client_id !== clientId) {
    return refuse(refusals.badAssertion(), "client_id");
  }
  const verdict = judgeAssertion(state, shop.domain, parameters.client_assertion);
  if (!verdict.valid) return refuse(refusals.badAssertion(), verdict.reason);
  const suspended = refuseSuspended(state, shop, refuse);
  if (suspended) return suspended;
  if (!shop.installed) return refuse(refusals.appNotInstalled(), "not_installed");
  return { status: 200, grant: "application", outcome: "issued", ...issueApplicationToken(state, shop) };
}

interface GrantInput {
  state: PlatformState;
  shop: ShopRecord;
  parameters: TokenParameters;
  secret: AppSecret;
  grant: Grant;
  refuse: Refuse;
  now: number;
  /** Another refresh with the same token was in flight when this one arrived, or still is. */
  concurrent: boolean;
}

function commit<Answer>(
  input: GrantInput,
  transition: Transition<Answer> & { ok: true },
  body: Record<string, unknown>,
  presented?: string,
): TokenAnswer {
  const issued = recordEvents(input.state.ledger, input.shop, transition.events, input.now);
  (input.shop as { tokens: TokenState }).tokens = transition.state;
  const again = transition.events.some((event) => event.type === "pair_returned_again");
  return { status: 200, body, grant: input.grant, outcome: again ? "same_pair" : "issued", presented, issued };
}

function exchangeCode(input: GrantInput): TokenAnswer {
  const { state, shop, parameters, refuse, now } = input;
  const code = text(parameters.code);
  if (code === undefined) return refuse(refusals.missingParameter(), "missing_code");
  const known = state.codes.get(code);
  state.codes.delete(code);
  if (!known || known.shop !== shop.domain || now >= known.expiresAt)
    return refuse(refusals.badCode(), "bad_code", code);
  if (!shop.installed) {
    shop.installed = true;
    shop.installedAt = now;
    shop.timeline.push({ at: now, type: "installed", detail: "authorization code grant" });
  }
  shop.scopes = known.scopes;
  return known.perUser ? acquireOnline(input, "1") : acquire(input, "authorization_code");
}

function exchangeIdToken(input: GrantInput): TokenAnswer {
  const { state, shop, parameters, refuse } = input;
  const subject = text(parameters.subject_token);
  if (subject === undefined) return refuse(refusals.missingParameter(), "missing_subject_token");
  const subjectType = parameters.subject_token_type;
  if (subjectType !== ID_TOKEN && subjectType !== ID_TOKEN_SPELLED) {
    return refuse(refusals.unsupportedTokenType("invalid_subject_token_type"), "subject_token_type");
  }
  const requested = parameters.requested_token_type ?? OFFLINE;
  if (requested !== OFFLINE && requested !== ONLINE) {
    return refuse(refusals.unsupportedTokenType("invalid_requested_token_type"), "requested_token_type");
  }
  const verdict = judgeIdToken(state, shop.domain, subject);
  if (!verdict.valid) return refuse(refusals.invalidSubjectToken(), verdict.reason);
  if (!shop.installed) return refuse(refusals.invalidSubjectToken(), "not_installed");
  return requested === ONLINE ? acquireOnline(input, verdict.userId) : acquire(input, "id_token");
}

function acquire(input: GrantInput, by: "id_token" | "authorization_code"): TokenAnswer {
  const { state, shop, secret, now } = input;
  const { mint } = state;
  if (isTrue(input.parameters.expiring)) {
    const revokePermanent = state.choices.permanentAfterAcquire === "revoked";
    const done = acquirePair(shop.tokens, { by, secretId: secret.id, now, mint, revokePermanent });
    if (!done.ok) throw new Error("acquiring a pair never fails");
    return commit(input, done, pairBody(done.answer, shop.scopes, now));
  }
  if (state.choices.permanentGrantAfterCutOff === "refused" && permanentTokensRefused(state)) {
    return input.refuse(refusals.permanentRefused(), "permanent_refused");
  }
  const done = acquirePermanent(shop.tokens, { secretId: secret.id, now, mint, again: state.choices.permanentAgain });
  if (!done.ok) throw new Error("acquiring a permanent token never fails");
  return commit(input, done, permanentBody(done.answer, shop.scopes));
}

function acquireOnline(input: GrantInput, userId: string): TokenAnswer {
  const { state, shop, secret, now } = input;
  const done = issueOnline(shop.tokens, { userId, secretId: secret.id, now, mint: state.mint });
  if (!done.ok) throw new Error("issuing an online token never fails");
  return commit(input, done, onlineBody(done.answer, shop.scopes, now));
}

function migrate(input: GrantInput): TokenAnswer {
  const { state, shop, parameters, secret, refuse, now } = input;
  const permanentToken = text(parameters.subject_token);
  if (permanentToken === undefined) return refuse(refusals.missingParameter(), "missing_subject_token");
  if (parameters.requested_token_type !== OFFLINE) {
    return refuse(
      refusals.unsupportedTokenType("invalid_requested_token_type"),
      "requested_token_type",
      permanentToken,
    );
  }
  if (!isTrue(parameters.expiring)) return refuse(refusals.missingParameter(), "not_expiring", permanentToken);
  if (!shop.installed) return refuse(refusals.invalidSubjectToken(), "not_installed", permanentToken);
  if (state.choices.lateMigration === "refused" && permanentTokensRefused(state) && isLiving(shop, permanentToken)) {
    return refuse(refusals.invalidSubjectToken(), "too_late", permanentToken);
  }
  const done = migratePermanent(shop.tokens, { permanentToken, secretId: secret.id, now, mint: state.mint });
  if (!done.ok) return refuse(refusals.invalidSubjectToken(), done.reason, permanentToken);
  return commit(input, done, pairBody(done.answer, shop.scopes, now), permanentToken);
}

function refresh(input: GrantInput): TokenAnswer {
  const { state, shop, parameters, secret, refuse, now } = input;
  const { choices } = state;
  const refreshToken = text(parameters.refresh_token);
  if (refreshToken === undefined) return refuse(refusals.missingParameter(), "missing_refresh_token");
  if (!shop.installed)
    return refuse(refusals.inactiveRefreshToken(choices.refusedRefresh), "not_installed", refreshToken);
  const together = input.concurrent || (shop.refreshing?.get(refreshToken) ?? 0) > 1;
  const again = together ? choices.concurrentRefresh : choices.repeatedRefresh;
  const done = refreshPair(shop.tokens, { refreshToken, secretId: secret.id, now, mint: state.mint, again });
  if (!done.ok) return refuse(refusals.inactiveRefreshToken(choices.refusedRefresh), done.reason, refreshToken);
  return commit(input, done, pairBody(done.answer, shop.scopes, now), refreshToken);
}

/** A token that was exchanged in time stays within its window of seven days. */
function isLiving(shop: ShopRecord, permanentToken: string): boolean {
  return shop.tokens.permanent?.accessToken === permanentToken;
}
