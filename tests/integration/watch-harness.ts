import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll } from "vitest";
import { createLogger } from "../../app/infra/log/log.server.ts";
import type { TokenDependencies } from "../../app/tokens/index.ts";
import { createWatch } from "../../app/watch/watch.ts";
import { tokensHarness } from "./tokens-harness.ts";

export const SECRET = "alerts-0123456789abcdef0123456789";
/** Nothing schedules jobs in these tests, and the watch says so; that one is looked at by itself. */
export const KEEP_ALIVE = "keep_alive_not_running";

export const alertLines = (lines: string[], name: string) => lines.filter((line) => line.includes(`"alert":"${name}"`));

/** The watch over a real database, and a receiver of its alerts. For a whole test file. */
export function watchHarness() {
  const world = tokensHarness();
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const answers: number[] = [];
  let receiver: Server;
  let url: string;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answers.shift() ?? 200, { location: "http://127.0.0.1:1/" }).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/services/T000/B000/secret-part`;
  });
  afterAll(() => new Promise((resolve) => receiver.close(resolve)));
  afterEach(async () => {
    received.length = 0;
    answers.length = 0;
    await world.database.query(`DELETE FROM "Session"`);
    await world.database.query(`DELETE FROM expand_contract."WatchState"`);
    await world.database.query(`DELETE FROM expand_contract."ContractStart"`);
    await world.database.query(`DELETE FROM expand_contract."ContractLeftover"`);
    await world.database.query(`DELETE FROM expand_contract."MigrationRun"`);
  });

  function watchOf(phase: "expand" | "contract" = "contract", options: Partial<TokenDependencies> = {}) {
    const { prisma, ...tokens } = world.process({ phase, ...options });
    const lines: string[] = [];
    const log = createLogger("info", [SECRET, url], { write: (line) => void lines.push(line) });
    const watch = createWatch({
      db: prisma,
      tokens,
      phase,
      distribution: "app_store",
      clock: options.clock ?? (() => world.now()),
      log,
      appUrl: "https://app.example.com",
      receiver: { url, secret: SECRET },
      send: { pauseMs: 1 },
    });
    const look = async () => (await watch.look()).map(({ name }) => name).filter((name) => name !== KEEP_ALIVE);
    return { watch, look, lines, prisma, tokens };
  }

  const messages = () =>
    received
      .map(({ body }) => JSON.parse(body) as { text: string; event_action: string; payload: { class: string } })
      .filter(({ payload }) => payload.class !== KEEP_ALIVE);

  return {
    world,
    watchOf,
    /** What the receiver was sent. */
    received,
    messages,
    /** The receiver's next answers; 200 when there is none. */
    answers,
  };
}
