import { Agent, Dispatcher, getGlobalDispatcher, ProxyAgent, setGlobalDispatcher } from "undici";

import type { Sandbox } from "./start.ts";

const SHOPIFY_HOST = /(^|\.)(myshopify\.com|shopify\.com)$/;

/** Sends calls to Shopify's hosts one way and all others another. */
class ByHost extends Dispatcher {
  readonly #shopify: Dispatcher;
  readonly #others: Dispatcher;

  constructor(shopify: Dispatcher, others: Dispatcher) {
    super();
    this.#shopify = shopify;
    this.#others = others;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { hostname } = new URL(String(options.origin));
    return (SHOPIFY_HOST.test(hostname) ? this.#shopify : this.#others).dispatch(options, handler);
  }
}

/**
 * Lets this process's `fetch` reach the simulator at Shopify's own addresses, over real TLS. Returns how to undo it.
 * Other hosts keep the dispatcher they had.
 */
export function routeThroughSandbox(sandbox: Pick<Sandbox, "proxyUrl" | "ca">): () => Promise<void> {
  const before = getGlobalDispatcher();
  const shopify = new ProxyAgent({ uri: sandbox.proxyUrl, requestTls: { ca: sandbox.ca } });
  const others = before instanceof ByHost ? new Agent() : before;
  setGlobalDispatcher(new ByHost(shopify, others));
  return async () => {
    setGlobalDispatcher(before);
    await shopify.destroy();
  };
}
