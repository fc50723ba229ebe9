import { Agent, buildConnector, fetch } from "undici";

/** A page that a merchant's browser ended on. */
export interface Page {
  status: number;
  url: string;
  html: string;
  headers: Headers;
  /** Every address on the way, the last one included. */
  hops: string[];
}

export interface Merchant {
  /** Types an address into the browser and follows redirects. */
  open(url: string): Promise<Page>;
  /** Presses the only button of a page that has a form posting to its own address. */
  submit(page: Page): Promise<Page>;
  close(): Promise<void>;
}

const USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";
const MOST_HOPS = 12;

/**
 * A browser without a window: cookies, redirects, a merchant's user agent. Every https host is looked for at the front, as Chromium
 * does with `--host-resolver-rules`, so the addresses are the real ones from the first to the last.
 */
export function createMerchant(httpsPort: number): Merchant {
  // The front's certificate is the simulator's own; this browser exists for nothing else.
  const connect = buildConnector({ rejectUnauthorized: false });
  const dispatcher = new Agent({
    connect: (options, done) =>
      connect(
        { ...options, hostname: "127.0.0.1", host: "127.0.0.1", port: String(httpsPort), servername: options.hostname },
        done,
      ),
  });
  const cookies = new Map<string, Map<string, string>>();

  const request = async (method: "GET" | "POST", first: string): Promise<Page> => {
    const hops: string[] = [];
    for (let url = new URL(first); ; method = "GET") {
      hops.push(url.href);
      if (hops.length > MOST_HOPS) throw new Error(`redirected without end: ${hops.map(withoutQuery).join(" → ")}`);
      const jar = cookies.get(url.host) ?? new Map<string, string>();
      cookies.set(url.host, jar);
      const response = await fetch(url, {
        method,
        dispatcher,
        redirect: "manual",
        headers: {
          "user-agent": USER_AGENT,
          accept: "text/html,application/xhtml+xml,*/*;q=0.8",
          "accept-language": "en",
          ...(jar.size > 0 ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") } : {}),
          ...(method === "POST" ? { origin: url.origin, "content-type": "application/x-www-form-urlencoded" } : {}),
        },
        ...(method === "POST" ? { body: "" } : {}),
      });
      for (const cookie of response.headers.getSetCookie()) keepCookie(jar, cookie);
      const location = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && location) {
        await response.body?.cancel();
        url = new URL(location, url);
        continue;
      }
      const html = await response.text();
      return { status: response.status, url: url.href, html, headers: response.headers as unknown as Headers, hops };
    }
  };
  return {
    open: (url) => request("GET", url),
    submit: (page) => request("POST", page.url),
    close: () => dispatcher.close(),
  };
}

function keepCookie(jar: Map<string, string>, header: string): void {
  const [pair = "", ...attributes] = header.split(";");
  const at = pair.indexOf("=");
  const name = pair.slice(0, at).trim();
  const gone = attributes.some((attribute) => {
    const [key = "", value = ""] = attribute.trim().split("=");
    return (/^max-age$/i.test(key) && Number(value) <= 0) || (/^expires$/i.test(key) && Date.parse(value) < Date.now());
  });
  if (gone) jar.delete(name);
  else jar.set(name, pair.slice(at + 1).trim());
}

/** An address fit for printing: queries of OAuth hold codes and signatures. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
