import net from "node:net";
import { afterAll, afterEach } from "vitest";

/**
 * Forbids every connection that leaves this machine, whoever opens it (fetch, undici, pg, raw sockets). A call sent through the
 * simulator's proxy connects to loopback and is allowed. A refused attempt fails the test even when the code under test
 * swallows the error.
 */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;
const refused: string[] = [];

type Connect = typeof net.Socket.prototype.connect;
const connect: Connect = net.Socket.prototype.connect;

/** The host a `connect` call names, in any of Node's overloads; undefined for pipes and Unix sockets. */
function hostOf(args: readonly unknown[]): string | undefined {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === "object" && first !== null) {
    const { host, path } = first as { host?: string; path?: string };
    return path ? undefined : (host ?? "localhost");
  }
  if (typeof first === "string" && Number.isNaN(Number(first))) return undefined;
  return typeof second === "string" ? second : "localhost";
}

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const host = hostOf(args);
  if (host !== undefined && !LOOPBACK.test(host)) {
    refused.push(host);
    const error = new Error(`tests reach nothing but this machine: refused a connection to ${host}`);
    queueMicrotask(() => this.destroy(Object.assign(error, { code: "ENETUNREACH" })));
    return this;
  }
  return (connect as (...args: unknown[]) => net.Socket).apply(this, args);
} as Connect;

function failIfRefused(): void {
  const hosts = refused.splice(0);
  if (hosts.length > 0) throw new Error(`this test tried to reach ${[...new Set(hosts)].join(", ")}`);
}

afterEach(failIfRefused);
afterAll(failIfRefused);
