import { connect, createServer, type AddressInfo } from "node:net";

const INT32 = 4;
/** What PgBouncer takes in a startup packet unless it is told to ignore more (its documentation, `ignore_startup_parameters`). */
const ACCEPTED = new Set([
  "user",
  "database",
  "application_name",
  "client_encoding",
  "datestyle",
  "timezone",
  "standard_conforming_strings",
]);

/**
 * What an app sees of PgBouncer in transaction mode, in a hundred lines less: startup parameters that it does not know are refused in its
 * words, named statements too, and the process that it names is not the server's.
 * @returns its address for DATABASE_URL.
 */
export async function startPooler(url: string): Promise<{ url: string; close(): Promise<void> }> {
  const target = new URL(url);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
    let isStarted = false;
    client.on("data", (data: Buffer) => {
      const refusal = isStarted ? refusedStatement(data) : refusedParameter(data);
      isStarted = true;
      if (refusal) client.end(errorResponse(refusal));
      else upstream.write(data);
    });
    upstream.on("data", (data: Buffer) => client.write(renameProcess(data)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Length, protocol version, then names and values, each ended by a zero. */
function refusedParameter(packet: Buffer): string | undefined {
  const words = packet
    .subarray(2 * INT32)
    .toString()
    .split("\0");
  for (let i = 0; i + 1 < words.length && words[i]; i += 2) {
    if (!ACCEPTED.has(words[i]!.toLowerCase())) return `unsupported startup parameter: ${words[i]}`;
  }
  return undefined;
}

/** Parse messages ("P", length, name, …) at the beginning of what is sent. */
function refusedStatement(data: Buffer): string | undefined {
  if (data[0] !== "P".charCodeAt(0) || data[1 + INT32] === 0) return undefined;
  return "prepared statement does not exist";
}

/** BackendKeyData ("K", length 12, process, key) is in the answer to the startup packet. */
function renameProcess(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at >= 0) data.writeInt32BE(data.readInt32BE(at + 1 + INT32) ^ 0x40000000, at + 1 + INT32);
  return data;
}

function errorResponse(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.alloc(1 + INT32);
  head.write("E");
  head.writeInt32BE(fields.length + INT32, 1);
  return Buffer.concat([head, fields]);
}
