import { Agent, getGlobalDispatcher, ProxyAgent, setGlobalDispatcher } from "undici";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/start.ts";

/** The app as tests know it: where a browser finds it, and its credentials at the simulator. None of them opens anything real. */
export const TEST_APP = {
  url: "https://app.sandbox.test",
  clientId: "5ba96c1f4d2e0b7a8c3d9e6f10427b58",
  clientSecret: "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",
  scopes: ["read_products"],
};

export interface TestSandboxOptions extends Omit<SandboxOptions, "app"> {
  app?: Partial<SandboxOptions["app"]>;
}

/** A simulator on free ports that knows {@link TEST_APP}. Close it at the end. */
export async function startTestSandbox(options: TestSandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({ port: 0, proxyPort: 0, ...options, app: { ...TEST_APP, ...options.app } });
}

/**
 * Sends what this process fetches from Shopify to the simulator; loopback stays direct. Returns how to undo it.
 * A child process gets there by `sandbox.env` instead.
 */
export function routeThroughSandbox(sandbox: Sandbox): () => Promise<void> {
  const before = getGlobalDispatcher();
  const direct = new Agent();
  const proxied = new ProxyAgent({ uri: sandbox.proxyUrl, requestTls: { ca: sandbox.ca } });
  const router = new Agent().compose(() => (options, handler) => {
    const { hostname } = new URL(String(options.origin));
    const local = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
    return (local ? direct : proxied).dispatch(options, handler);
  });
  setGlobalDispatcher(router);
  return async () => {
    setGlobalDispatcher(before);
    await Promise.all([direct.destroy(), proxied.destroy()]);
  };
}
