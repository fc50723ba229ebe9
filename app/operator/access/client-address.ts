import { isIP, isIPv4 } from "node:net";

const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
/** An IPv6 address with its zone is shorter than this. */
const LONGEST = 64;

/**
 * The key under which an address is counted: IPv4 as it is (also when it is written in IPv6), IPv6 as its /64, which is what one client
 * owns. Ports, brackets and zones are taken off. What is no address has no key.
 */
export function addressKey(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST) return undefined;
  const address = withoutPort(text.trim()).split("%")[0]!;
  if (isIPv4(address)) return address;
  if (isIP(address) === 0) return undefined;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED_IPV4.exec(short);
  if (mapped) return [mapped[1]!, mapped[2]!].flatMap((group) => bytesOf(group)).join(".");
  return `${groupsOf(short).slice(0, 4).join(":")}::/64`;
}

/** `1.2.3.4:80`, `[::1]:80`, `[::1]`. */
function withoutPort(text: string): string {
  if (text.startsWith("[")) return text.slice(1).split("]")[0]!;
  const [host, port, ...more] = text.split(":");
  return port !== undefined && more.length === 0 ? host! : text;
}

function groupsOf(address: string): string[] {
  const [left = "", right] = address.split("::");
  const groups = (part: string) => part.split(":").filter(Boolean);
  const [before, after] = [groups(left), groups(right ?? "")];
  const missing = right === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(missing).fill("0"), ...after];
}

function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}
