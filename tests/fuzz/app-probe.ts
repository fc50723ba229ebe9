/**
 * Loaded into the app's process before the app (`node --import`): measures from inside what a client cannot see on a busy machine.
 * `GET /pause` on `FUZZ_PROBE_PORT`: the longest time that the event loop was kept busy since the last question, in milliseconds of
 * processor time, so that a machine that runs something else does not count. `GET /memory`: bytes after a full collection.
 */
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const TICK_MS = 5;
const port = process.env.FUZZ_PROBE_PORT;

if (port) {
  delete process.env.FUZZ_PROBE_PORT;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const busyMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let before = busyMs();
  let longest = 0;
  const tick = () => {
    const now = busyMs();
    longest = Math.max(longest, now - before);
    before = now;
  };
  setInterval(tick, TICK_MS).unref();
  createServer((request, response) => {
    tick();
    if (request.url === "/pause") {
      response.end(JSON.stringify({ ms: longest }));
      longest = 0;
      return;
    }
    collect();
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    response.end(JSON.stringify({ heapUsed, external, rss }));
    before = busyMs();
    longest = 0;
  })
    .listen(Number(port), "127.0.0.1")
    .unref();
}
