import { Dispatcher, getGlobalDispatcher, Pool, setGlobalDispatcher } from "undici";

const SHOPIFY_HOST = /\.myshopify\.com$/;

/**
 * Sends this process's calls to Shopify's hosts to the simulator over plain, kept-alive HTTP, named by their Host header. On a
 * machine that simulator, database and app share, the TLS handshakes of a new host for each call would otherwise be what is
 * measured, on both sides.
 */
export function routePlainly(simulatorUrl: string): void {
  const others = getGlobalDispatcher();
  const simulator = new Pool(simulatorUrl);
  class ByHost extends Dispatcher {
    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      const { hostname } = new URL(String(options.origin));
      if (!SHOPIFY_HOST.test(hostname)) return others.dispatch(options, handler);
      // One kept-alive connection serves all hosts here, so what the app asks of a shop's own connection does not apply.
      const { connection: _connection, ...own } = options.headers as Record<string, string>;
      const headers = { ...own, host: hostname };
      return simulator.dispatch({ ...options, origin: simulatorUrl, headers }, handler);
    }
  }
  setGlobalDispatcher(new ByHost());
}
