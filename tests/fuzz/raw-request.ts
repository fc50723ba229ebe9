import { connect } from "node:net";

/** A request as bytes: what `fetch` would correct on the way is sent as it is. */
export interface RawRequest {
  /** Which generator made it, and what is special about it. */
  door: string;
  method: string;
  target: string;
  /** In order, repeated names included. Each character is one byte. */
  headers: [string, string][];
  body?: Buffer;
  /** Bytes to send instead of all that. */
  bytes?: Buffer;
  /** Sent as it is, then the connection is closed: there need not be an answer. */
  mayStayUnanswered?: boolean;
}

export interface RawAnswer {
  status: number;
  /** Status line and headers. */
  head: string;
  body: string;
}

/** @returns the bytes on the wire. */
export function wireOf({ method, target, headers, body, bytes }: RawRequest): Buffer {
  if (bytes) return bytes;
  const lines = headers.map(([name, value]) => `${name}: ${value.replace(/[\r\n\0]/g, "")}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return body ? Buffer.concat([head, body]) : head;
}

let serial = 0;

/**
 * Sends over a connection of its own and waits for the whole answer.
 * @returns undefined when the server closed without one.
 * @throws Error when there is none within `limitMs`.
 */
export function send(port: number, request: RawRequest, limitMs = 10_000): Promise<RawAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    // Connections that the server closed first wait for a minute; several addresses keep enough ports free.
    const localAddress = `127.0.0.${2 + (serial++ % 8)}`;
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    const finish = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(parse(Buffer.concat(chunks)));
    };
    const limit = setTimeout(
      () => {
        if (request.mayStayUnanswered) return finish();
        socket.destroy();
        reject(new Error(`no answer within ${limitMs} ms`));
      },
      request.mayStayUnanswered ? 150 : limitMs,
    );
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isComplete(chunks, request.method)) finish();
    });
    socket.on("error", finish).on("close", finish);
    // Not ended: a client that closes its side early is another case.
    socket.on("connect", () => socket.write(wireOf(request)));
  });
}

/** Whether the answer is there before the server closes the connection. */
function isComplete(chunks: Buffer[], method: string): boolean {
  const text = Buffer.concat(chunks);
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = text.subarray(0, end).toString("latin1");
  const status = Number(head.slice(9, 12));
  if (status === 100) return false;
  if (method === "HEAD" || status === 204 || status === 304) return true;
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return /^transfer-encoding: chunked/im.test(head) && text.subarray(-5).toString() === "0\r\n\r\n";
}

function parse(bytes: Buffer): RawAnswer | undefined {
  let text = bytes.toString("utf8");
  if (text.startsWith("HTTP/1.1 100")) text = text.slice(text.indexOf("\r\n\r\n") + 4);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (!status) return undefined;
  const end = text.indexOf("\r\n\r\n");
  return { status: Number(status), head: text.slice(0, end), body: text.slice(end + 4) };
}

/** The request as a command; `$PORT` is the app's. */
export function curlOf(request: RawRequest): string {
  const quote = (text: string) => `$'${text.replace(/[^\w /:?&=.,;%+*@~(){}[\]<>|^#-]/g, hexEscape)}'`;
  if (request.bytes) return `base64 -d <<< ${request.bytes.toString("base64")} | nc -q 2 127.0.0.1 $PORT`;
  const { method, target, headers, body } = request;
  const parts = ["curl -si --path-as-is --globoff", `-X ${method}`, `--request-target ${quote(target)}`];
  for (const [name, value] of headers) if (name !== "Content-Length") parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (body) parts.push(`--data-binary @<(base64 -d <<< ${body.toString("base64")})`);
  return `${parts.join(" ")} http://127.0.0.1:$PORT`;
}

function hexEscape(character: string): string {
  return Array.from(Buffer.from(character, "latin1"), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
