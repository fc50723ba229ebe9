/** Keeps what apps under test answer to this test file: status, headers and body, so that it can be searched for secrets. */
const origins = new Set<string>();
const answers: Promise<string>[] = [];
/** An answer that does not end is not waited for. */
const READ_WITHIN_MS = 2_000;

const send = globalThis.fetch;
globalThis.fetch = async (...request: Parameters<typeof fetch>) => {
  const response = await send(...request);
  // A copy of an event stream would keep it open after its reader has gone.
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (!isStream && origins.has(URL.parse(response.url)?.origin ?? "")) answers.push(wordsOf(response.clone()));
  return response;
};

async function wordsOf(response: Response): Promise<string> {
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const late = new Promise<string>((resolve) => setTimeout(resolve, READ_WITHIN_MS, "").unref());
  return `${head}\n${await Promise.race([response.text().catch(() => ""), late])}`;
}

/** From now on, what this address answers is kept. */
export function recordAnswersOf(url: string): void {
  origins.add(new URL(url).origin);
}

/** All answers so far, in one text. */
export async function recordedAnswers(): Promise<string> {
  return (await Promise.all(answers)).join("\n\n");
}
