/** The simulator in a process of its own, so that its work is not counted as the app's. Tells its parent where it is. */
import { startTestSandbox } from "../../support/sandbox.ts";

const sandbox = await startTestSandbox({ dataDir: process.env.SANDBOX_DATA_DIR });
process.send?.({ url: sandbox.url, env: sandbox.env });
process.on("disconnect", () => process.exit(0));
