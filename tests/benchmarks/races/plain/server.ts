/** The plain app behind the same HTTP server as ours. */
import { join } from "node:path";
import { PROJECT_ROOT } from "../../../../scripts/project-root.ts";
import { startServer } from "../../../../server/start-server.ts";

const server = await startServer({ root: join(PROJECT_ROOT, ".cache/plain-app"), mode: "production" });
process.once("SIGTERM", () => void server.stopAndExit("SIGTERM"));
