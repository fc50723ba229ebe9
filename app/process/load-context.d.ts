import "@remix-run/server-runtime";

declare module "@remix-run/server-runtime" {
  /** What the HTTP server tells each request's loaders and actions. */
  interface AppLoadContext {
    /** The address of the client, as far as trusted proxies tell; of IPv6 its /64. */
    clientAddress: string;
    requestId: string;
    /**
     * Aborted when the client has gone before its answer was whole. Not the request's own `signal`: Remix makes requests of requests, and an
     * abort is lost on the way when one in between has been collected.
     */
    gone: AbortSignal;
  }
}
