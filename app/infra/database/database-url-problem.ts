import { parse } from "pg-connection-string";

/**
 * What is wrong with a connection string, in words that repeat nothing of it; undefined when it can be read. A password whose special
 * characters are not percent-encoded cuts the address in two, and what is taken for the host then is a part of the password.
 */
export function databaseUrlProblem(url: string): string | undefined {
  if (!/^postgres(?:ql)?:\/\//.test(url)) return "must start with postgresql://";
  const [authority] = /(?<=^[a-z]+:\/\/)[^/?#]*/.exec(url) ?? [""];
  const hosts = authority.split("@").at(-1)!.split(",");
  if (hosts.length > 1 && hosts.every((host) => /^[\w.-]+(?::\d+)?$/.test(host))) return SEVERAL_HOSTS;
  try {
    parse(url);
  } catch (error) {
    const { code } = error as { code?: unknown };
    // `sslcert`, `sslkey` and `sslrootcert` are read at once.
    return code === "ERR_INVALID_URL" ? UNREADABLE : `names a file that cannot be read (${String(code)})`;
  }
  const { pathname, hash } = URL.parse(url) ?? { pathname: "", hash: "" };
  return `${pathname}${hash}`.includes("@") ? UNREADABLE : undefined;
}

const SEVERAL_HOSTS =
  "names several hosts, which node-postgres cannot try in turn: name one, the primary's or a balancer's";

const UNREADABLE =
  "cannot be read as postgresql://user:password@host:5432/database. Percent-encode special characters of the password: / is %2F, ? is %3F, # is %23, @ is %40";
