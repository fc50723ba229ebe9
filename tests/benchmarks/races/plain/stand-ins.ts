import type * as authenticate from "../../../../app/auth/authenticate.server.ts";
import type * as webhooks from "../../../../app/webhooks/handle-webhook.server.ts";
import type * as plainAuthenticate from "./authenticate.server.ts";
import type * as plainWebhooks from "./handle-webhook.server.ts";

type Fits<StandIn extends Original, Original> = StandIn;

/** Does not compile when a module of the app exports something that its stand-in lacks: the plain app could not be built. */
export type StandIns = [
  Fits<typeof plainAuthenticate, typeof authenticate>,
  Fits<typeof plainWebhooks, typeof webhooks>,
];
