import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a database that can be cut and mended: for the app, the server is gone, while other clients keep theirs. */
export interface SeverableDatabase {
  /** For DATABASE_URL. */
  url: string;
  /** Breaks every connection and refuses new ones. */
  sever(): void;
  /** Keeps every connection open and lets no byte through, as a server that hangs does. */
  stall(): void;
  /** Drops what is sent on connections that exist now, as a failover does: nothing is refused, nothing is answered. */
  silence(): void;
  /** Ends the first two; what was stalled is broken. */
  mend(): void;
  close(): Promise<void>;
}

/** Puts a TCP relay on a free port before the database at `url`. */
export async function severable(url: string): Promise<SeverableDatabase> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let severed = false;
  let stalled = false;
  const relay = createServer((client) => {
    if (severed) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => (sockets.delete(socket), other.destroy()));
      socket.pipe(other);
      if (stalled) socket.pause();
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((relay.address() as AddressInfo).port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: through.href,
    sever() {
      severed = true;
      cut();
    },
    stall() {
      stalled = true;
      for (const socket of sockets) socket.pause();
    },
    silence() {
      for (const socket of sockets) socket.unpipe().resume();
    },
    mend() {
      severed = false;
      if (stalled) cut();
      stalled = false;
    },
    async close() {
      cut();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
