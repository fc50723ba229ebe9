import { services } from "../../services.server.ts";

const MOST_COUNTED = 1_000;
const SHOWN = 100;

/** `GET /admin/dead-letters`: how many background jobs failed for good, and the 100 oldest of them. */
export async function showDeadLetters(): Promise<Response> {
  return Response.json(await report());
}

/** `POST /admin/dead-letters`: gives them another chance, and answers with what is left. */
export async function retryDeadLetters(): Promise<Response> {
  const { jobs, log } = services;
  const retried = await jobs.retryDeadLetters();
  log.info({ retried }, "dead letters were given another chance");
  return Response.json({ retried, ...(await report()) });
}

async function report() {
  const found = await services.jobs.deadLetters(MOST_COUNTED);
  return { count: found.length, deadLetters: found.slice(0, SHOWN) };
}
