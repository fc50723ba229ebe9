// Proves that a run is streamed in the format that was asked for, and that the stream ends with it.
import { describe, expect, it } from "vitest";
import { streamJson } from "./stream-json.ts";
import { streamFormatOf, streamValues } from "./stream-values.ts";

async function* values(...items: unknown[]) {
  yield* items;
}
const forever = () => new AbortController().signal;

describe("streamFormatOf", () => {
  it.each([
    [null, undefined],
    ["*/*", undefined],
    ["application/json, text/event-stream", undefined],
    ["text/event-stream", "sse"],
    ["Text/Event-Stream;q=1", "sse"],
    ["application/x-ndjson, */*", "ndjson"],
    ["text/html, application/x-ndjson", "ndjson"],
  ])("of %s is %s", (accept, format) => expect(streamFormatOf(accept)).toBe(format));
});

describe("streamValues", () => {
  it("sends events", async () => {
    const response = streamValues(values({ n: 1 }, { n: 2 }), { format: "sse", signal: forever() });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(await response.text()).toBe('event: run\ndata: {"n":1}\n\nevent: run\ndata: {"n":2}\n\n');
  });

  it("sends lines", async () => {
    const response = streamValues(values({ n: 1 }, { n: 2 }), { format: "ndjson", signal: forever() });
    expect(await response.text()).toBe('{"n":1}\n{"n":2}\n');
  });

  it("ends when it is told to, though more may come", async () => {
    const stop = new AbortController();
    async function* endless() {
      yield { n: 1 };
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
      yield { n: 2 };
    }
    const response = streamValues(endless(), { format: "ndjson", signal: stop.signal });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"n":1}\n');
    stop.abort();
    expect((await reader.read()).done).toBe(true);
  });

  it("lets go of its source when its reader does, and sends nothing more", async () => {
    let isLetGo = false;
    async function* endless() {
      try {
        for (;;) {
          yield { n: 1 };
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        isLetGo = true;
      }
    }
    const options = { format: "ndjson", signal: forever(), heartbeatMs: 1 } as const;
    const reader = streamValues(endless(), options).body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => isLetGo).toBe(true);
  });

  it("breaks off when the source fails", async () => {
    async function* failing() {
      yield 1;
      throw new Error("database gone");
    }
    await expect(streamValues(failing(), { format: "ndjson", signal: forever() }).text()).rejects.toThrow();
  });
});

describe("streamJson", () => {
  const read = async (object: object, ...items: unknown[]) =>
    (await streamJson(object, "failures", values(...items), { signal: forever() }).json()) as unknown;

  it("writes one object with the list in it", async () => {
    expect(await read({ id: "1", failures: ["old"], total: 2 }, "a", "b")).toEqual({
      id: "1",
      total: 2,
      failures: ["a", "b"],
    });
    expect(await read({ id: "1" })).toEqual({ id: "1", failures: [] });
    expect(await read({}, 1)).toEqual({ failures: [1] });
  });

  it("breaks off when the client has gone", async () => {
    const gone = AbortSignal.abort();
    await expect(streamJson({}, "failures", values(1, 2), { signal: gone }).text()).rejects.toThrow();
  });
});
