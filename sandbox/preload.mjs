/**
 * `node --import ./sandbox/preload.mjs app.js` sends every call to https://{shop}.myshopify.com to the simulator's plain HTTP
 * port, with the shop in the Host header: the same routes without TLS, for load benchmarks. `SANDBOX_URL` names the port.
 * Plain JavaScript, so that it can be loaded into any app. Tests go through the TLS proxy instead.
 */
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";

const target = process.env.SANDBOX_URL;
if (!target) throw new Error("SANDBOX_URL is not set: preload.mjs needs the simulator's plain HTTP origin.");

const SHOPIFY_HOST = /(^|\.)myshopify\.com$/;
const plain = new Agent({ connections: 256, pipelining: 1 });

setGlobalDispatcher(
  getGlobalDispatcher().compose((dispatch) => (options, handler) => {
    const { host, hostname } = new URL(String(options.origin));
    if (!SHOPIFY_HOST.test(hostname)) return dispatch(options, handler);
    const headers = Array.isArray(options.headers)
      ? [...options.headers, "host", host]
      : options.headers && typeof options.headers[Symbol.iterator] === "function"
        ? [...[...options.headers].flat(), "host", host]
        : { ...options.headers, host };
    return plain.dispatch({ ...options, origin: target, headers }, handler);
  }),
);
