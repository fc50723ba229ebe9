// Proves that an alert is signed, holds nothing secret, and is tried until the receiver has it, at a bounded cost.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { recordContractStart } from "../../app/migration/index.ts";
import { sendAlert, signAlert } from "../../app/watch/send-alert.ts";
import { alertLines, SECRET, watchHarness } from "./watch-harness.ts";

const { world, watchOf, received, messages, answers } = watchHarness();
const answerWith = (status: number, times: number) =>
  void answers.splice(0, Infinity, ...Array<number>(times).fill(status));

const ALERT = { name: "dead_letters", severity: "warning", step: "found", text: "text", details: {} } as const;
const endless = () =>
  new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });

it("says nothing of a shop or a token, and signs what it says", async () => {
  const { look, lines, prisma } = watchOf();
  await recordContractStart(prisma);
  const shop = await world.install("permanent");
  await look();
  expect(received.length).toBeGreaterThan(0);
  for (const { headers, body } of received) {
    const timestamp = String(headers["x-alert-timestamp"]);
    expect(headers["x-alert-signature"]).toBe(signAlert(SECRET, timestamp, body));
    expect(body).not.toContain(shop);
    expect(await world.sandbox.client.ledger.findSecrets(body)).toEqual([]);
  }
  expect(lines.join("\n")).not.toContain("secret-part");
  expect(lines.join("\n")).not.toContain(SECRET);
});

describe("a receiver that does not take it", () => {
  it("is asked three times, then at the next look, and the log does not wait for it", async () => {
    const { look, lines, prisma } = watchOf();
    await recordContractStart(prisma);
    // Reported before, so that one message alone is left.
    await look();
    received.length = 0;
    await world.install("permanent");
    answerWith(503, 9);
    await look();
    expect(messages().filter(({ payload }) => payload.class === "permanent_token_regression")).toHaveLength(3);
    expect(lines.join("")).toContain("answered 503");
    answerWith(503, 9);
    await look();
    answers.length = 0;
    received.length = 0;
    await look();
    expect(messages().map(({ payload }) => payload.class)).toContain("permanent_token_regression");
    const said = alertLines(lines, "permanent_token_regression").filter((line) => line.includes(`"step"`));
    expect(said).toHaveLength(1);
  });

  it.each([
    ["never answers", () => {}, 3, "did not answer in time"],
    [
      "sends its headers and then nothing",
      (response: ServerResponse) => void response.writeHead(503).flushHeaders(),
      3,
      "answered 503",
    ],
    ["answers without an end", (response: ServerResponse) => void endless().pipe(response), 1, undefined],
    ["breaks off", (response: ServerResponse) => void response.destroy(), 3, "could not be reached"],
  ])("costs no more than its attempts when it %s", async (_, answer, attempts, why) => {
    let asked = 0;
    const odd = createServer((request, response) => {
      asked++;
      request.resume().on("end", () => answer(response));
    });
    await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
    const message = { ...ALERT, action: "trigger", source: "https://app.example.com", at: 0 } as const;
    const to = { url: `http://127.0.0.1:${(odd.address() as AddressInfo).port}/secret-part` };
    try {
      const sent = sendAlert(to, message, { pauseMs: 1, timeoutMs: 500 }).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(await sent).toBe(why && `The receiver of alerts ${why}`);
      expect(asked).toBe(attempts);
    } finally {
      odd.closeAllConnections();
      await new Promise((resolve) => odd.close(resolve));
    }
  });

  it("is not asked twice where it refuses, nor followed elsewhere", async () => {
    for (const status of [400, 307]) {
      const { look, lines, prisma } = watchOf();
      await recordContractStart(prisma);
      await look();
      received.length = 0;
      const shop = await world.install("permanent");
      answerWith(status, 3);
      await look();
      const sent = messages().filter(({ payload }) => payload.class === "permanent_token_regression");
      expect(sent).toHaveLength(status === 400 ? 1 : 3);
      expect(lines.join("")).toContain(`answered ${status}`);
      await world.database.query(`DELETE FROM "Session" WHERE shop = $1`, [shop]);
      answers.length = 0;
      await look();
    }
  });
});
