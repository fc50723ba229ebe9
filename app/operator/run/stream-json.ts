import { streamText } from "./stream-text.ts";

/**
 * One JSON object whose list `field` is written item by item, so that memory does not grow with it. What `object` holds under
 * that name is replaced.
 */
export function streamJson(
  object: object,
  field: string,
  items: AsyncIterable<unknown>,
  { signal, headers }: { signal: AbortSignal; headers?: Headers },
): Response {
  const { [field]: _replaced, ...others } = object as Record<string, unknown>;
  const head = JSON.stringify(others).slice(0, -1);
  const iterator = pieces(`${head}${head === "{" ? "" : ","}${JSON.stringify(field)}:[`, items);
  const body = streamText(iterator, signal);
  const all = new Headers(headers);
  all.set("Content-Type", "application/json; charset=utf-8");
  all.delete("Content-Length");
  return new Response(body, { headers: all });
}

async function* pieces(head: string, items: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  yield head;
  let separator = "";
  for await (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ",";
  }
  yield "]}";
}
