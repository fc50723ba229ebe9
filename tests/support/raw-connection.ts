import { connect } from "node:net";

export interface Answer {
  status: number;
  head: string;
  body: string;
}

/** Sends bytes as they are and reads until the server closes, or `waitMs` is over. */
export function sendBytes(port: number, bytes: string, { waitMs = 5_000 } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const [head = "", ...body] = text.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, head, body: body.join("\r\n\r\n") });
    };
    const timer = setTimeout(done, waitMs);
    socket.on("data", (data) => (text += data.toString("latin1")));
    socket.on("close", done).on("error", (error) => (text ? done() : reject(error)));
    socket.write(Buffer.from(bytes, "latin1"));
  });
}

/** A request as bytes that nothing corrects on the way. */
export function raw(line: string, headers: Record<string, string> = {}, body = ""): string {
  const all = {
    Host: "app.test",
    Connection: "close",
    ...(body && { "Content-Length": String(body.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
