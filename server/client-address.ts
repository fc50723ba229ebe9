import type { Request } from "express";
import { addressKey } from "../app/operator/access/client-address.ts";

/** The client's address, as far as trusted proxies tell; without one that can be read, the address of the connection. */
export function clientAddressOf(request: Request): string {
  return addressKey(request.ip) ?? addressKey(request.socket.remoteAddress) ?? "unknown";
}
