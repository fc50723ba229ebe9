/**
 * A preload (`node --import`): connections to shops go to the simulator's own TLS port on this machine, with no proxy between, whoever opens
 * them. `SIMULATOR_TLS_PORT` names it.
 */
import net from "node:net";

const SHOPIFY_HOST = /\.myshopify\.com$/;
const port = Number(process.env.SIMULATOR_TLS_PORT);

type Connect = (...args: unknown[]) => net.Socket;
const connect = net.Socket.prototype.connect as Connect;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const [options] = (Array.isArray(args[0]) ? args[0] : args) as [{ host?: string; port?: number }?];
  if (SHOPIFY_HOST.test(options?.host ?? "")) Object.assign(options!, { host: "127.0.0.1", port });
  return connect.apply(this, args);
} as Connect;
