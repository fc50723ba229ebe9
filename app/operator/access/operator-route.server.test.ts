// Proves that an operator's JSON steers no terminal, whatever it holds and however it is sent, and means what it meant.
import { expect, it } from "vitest";
import { CONTROLS } from "../../infra/harmless.ts";
import { streamJson } from "../run/stream-json.ts";
import { streamValues } from "../run/stream-values.ts";
import { operatorRoute } from "./operator-route.server.ts";
import { problemResponse } from "./problem.ts";

const SECRET = "operator".repeat(4);
const odd = {
  "k\u0085y": "\u001b[31m \u009b1m \u007f \u202egpj.exe\u2066 \u2028 é 🛍 \\u202e \ud800",
  list: ["\u2029\n"],
};
const { signal } = new AbortController();

async function* one() {
  yield odd;
}

async function answer(response: Response): Promise<Response> {
  const route = operatorRoute(
    { GET: async () => response },
    { secrets: [SECRET], failedAttempts: { record: async () => undefined } },
  );
  const request = new Request("http://app.test/admin/x", { headers: { Authorization: `Bearer ${SECRET}` } });
  return route.loader({ request, params: {}, context: { clientAddress: "" } } as never);
}

it.each<[string, Response, (text: string) => unknown]>([
  ["JSON", Response.json(odd, { status: 202, headers: { Location: "/x" } }), JSON.parse],
  ["a problem", problemResponse({ status: 404, code: "x", detail: odd.list[0]!, ...odd }), JSON.parse],
  [
    "a streamed list",
    streamJson({}, "rows", one(), { signal }),
    (text) => (JSON.parse(text) as { rows: unknown[] }).rows[0],
  ],
  ["lines", streamValues(one(), { format: "ndjson", signal }), JSON.parse],
  ["events", streamValues(one(), { format: "sse", signal }), (text) => JSON.parse(text.split("data: ")[1]!)],
])("of %s", async (_name, given, parse) => {
  const answered = await answer(given);
  const text = await answered.text();
  expect([answered.status, [...answered.headers]]).toEqual([given.status, [...given.headers]]);
  expect(text.replaceAll("\n", "").match(CONTROLS)).toBeNull();
  expect(text).toContain("\\u202egpj.exe\\u2066");
  expect(parse(text)).toMatchObject(odd);
});

it("leaves other text as it is, and what has no body", async () => {
  expect(await (await answer(new Response("a\u009bb"))).text()).toBe("a\u009bb");
  const empty = await answer(new Response(null, { status: 204 }));
  expect([empty.status, empty.body]).toEqual([204, null]);
});
