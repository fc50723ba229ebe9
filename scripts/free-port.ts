import { createServer } from "node:net";

/** A TCP port that is free on loopback now; `preferred` when it is free. It may be taken before the caller listens on it. */
export async function findFreePort(preferred = 0): Promise<number> {
  const port = await tryListen(preferred);
  if (port !== undefined) return port;
  const any = await tryListen(0);
  if (any === undefined) throw new Error("this machine has no free TCP port on 127.0.0.1");
  return any;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : undefined));
    });
  });
}
