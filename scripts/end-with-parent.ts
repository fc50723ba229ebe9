/**
 * Preloaded into the app that a script starts (`node --import`): ends it when the script is gone, even if that was killed. The
 * script holds the other end of standard input and never writes to it.
 */
process.stdin.on("close", () => process.kill(process.pid, "SIGTERM")).resume();
(process.stdin as unknown as { unref(): void }).unref();
