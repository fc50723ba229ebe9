import "@remix-run/server-runtime";

declare module "@remix-run/server-runtime" {
  /** What the HTTP server tells each request's loaders and actions. */
  interface AppLoadContext {
    /** The address of the client, as far as trusted proxies tell; of IPv6 its /64. */
    clientAddress: string;
    requestId: string;
  }
}
