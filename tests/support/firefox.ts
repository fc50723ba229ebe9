import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Firefox as its makers ship it, driven by WebDriver BiDi: Playwright drives a patched build of its own.
 * @see https://w3c.github.io/webdriver-bidi/
 */
export interface Firefox {
  version: string;
  /** Opens an address in the window. */
  goto(url: string): Promise<void>;
  /** What an expression gives in the frame whose address begins so; the window itself for "". Waits for the frame. */
  evaluate<T>(frame: string, expression: string): Promise<T>;
  /** The same, again and again until it is true. */
  until(frame: string, expression: string): Promise<void>;
  /** Errors and warnings of the pages' consoles. */
  errors: string[];
  close(): Promise<void>;
}

export interface FirefoxOptions {
  executablePath: string;
  /** Hosts that are this machine's port; every other host is unknown to the browser. */
  hosts: { matches: RegExp; port: number };
  /** Denies site data to every page, as "Block all cookies" in the settings does. */
  denyStorage: boolean;
}

const PATIENCE_MS = 30_000;

interface Message {
  id?: number;
  type: "success" | "error" | "event";
  method?: string;
  message?: string;
  result?: Record<string, unknown>;
  params?: Record<string, unknown>;
}

/** Starts Firefox with a profile of its own. */
export async function launchFirefox({ executablePath, hosts, denyStorage }: FirefoxOptions): Promise<Firefox> {
  const proxy = await startProxy(hosts);
  const profile = mkdtempSync(join(tmpdir(), "firefox-profile-"));
  const preferences = {
    "network.proxy.type": 1,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": proxy.port,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": proxy.port,
    "network.cookie.cookieBehavior": denyStorage ? 2 : 5,
    "intl.accept_languages": "en-US",
    "datareporting.policy.dataSubmissionEnabled": false,
    "app.update.disabledForTesting": true,
  };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const args = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile];
  const firefox = spawn(executablePath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const session = await openSession(await listeningAt(firefox));
  const { capabilities } = (await session.send("session.new", {
    capabilities: { alwaysMatch: { acceptInsecureCerts: true } },
  })) as { capabilities: { browserVersion: string } };
  await session.send("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts } = (await session.send("browsingContext.getTree", {})) as { contexts: Context[] };
  const window = contexts[0]!.context;

  const evaluate = async <T>(frame: string, expression: string): Promise<T> => {
    const target = { context: frame ? await frameAt(session, frame) : window };
    const { type, result, exceptionDetails } = (await session.send("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target,
      awaitPromise: true,
    })) as { type: string; result?: { value?: string }; exceptionDetails?: { text: string } };
    if (type === "exception") throw new Error(`${expression}: ${exceptionDetails?.text}`);
    return JSON.parse(result?.value ?? "null") as T;
  };
  return {
    version: capabilities.browserVersion,
    goto: async (url) =>
      void (await session.send("browsingContext.navigate", { context: window, url, wait: "complete" })),
    evaluate,
    until: (frame, expression) =>
      poll(
        `${expression} in ${frame || "the window"}`,
        async () => (await evaluate<boolean>(frame, expression)) || undefined,
      ).then(() => {}),
    errors: session.errors,
    close: async () => {
      const ended = once(firefox, "exit");
      await session.send("browser.close", {}).catch(() => firefox.kill());
      await Promise.race([ended, wait(10_000).then(() => firefox.kill("SIGKILL"))]);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      proxy.close();
    },
  };
}

interface Context {
  context: string;
  url: string;
  children: Context[] | null;
}

type Session = Awaited<ReturnType<typeof openSession>>;

async function openSession(address: string) {
  const socket = new WebSocket(`${address}/session`);
  await once(socket, "open");
  const waiting = new Map<number, { resolve(result: object): void; reject(error: Error): void }>();
  const errors: string[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.method === "log.entryAdded") {
      const { level, text } = message.params as { level: string; text: string | null };
      if (level === "error" || level === "warn") errors.push(text ?? "");
    }
    const asked = waiting.get(message.id ?? -1);
    if (message.type === "success") asked?.resolve(message.result ?? {});
    if (message.type === "error") asked?.reject(new Error(message.message));
  });
  let serial = 0;
  const send = (method: string, params: object) =>
    new Promise<object>((resolve, reject) => {
      waiting.set(++serial, { resolve, reject });
      socket.send(JSON.stringify({ id: serial, method, params }));
    });
  return { send, errors };
}

async function listeningAt(firefox: ChildProcess): Promise<string> {
  for await (const line of createInterface(firefox.stderr!)) {
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
    if (address) return address;
  }
  throw new Error("Firefox has ended, or does not speak WebDriver BiDi");
}

async function frameAt(session: Session, address: string): Promise<string> {
  const find = (contexts: Context[]): string | undefined =>
    contexts
      .map(({ context, url, children }) => (url.startsWith(address) ? context : find(children ?? [])))
      .find(Boolean);
  return poll(`a frame at ${address}`, async () => {
    const { contexts } = (await session.send("browsingContext.getTree", {})) as { contexts: Context[] };
    return find(contexts);
  });
}

/** A frame that is replaced meanwhile is looked for again. */
async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  let cause: unknown;
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await wait(50)) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`there was never ${what}`, { cause });
}

/** Firefox cannot map hosts to a port: what it wants to reach goes through here. */
async function startProxy({ matches, port }: FirefoxOptions["hosts"]) {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on("connect", (request, socket) => {
    socket.on("error", () => socket.destroy());
    if (!matches.test(request.url ?? "")) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
