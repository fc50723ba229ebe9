import { Agent, request } from "node:https";

const agent = new Agent({ keepAlive: false });

/** One call of the token endpoint, with nothing but Node's own HTTPS client. @throws when the answer is no pair. */
export function sendTokenRequest(shop: string, fields: object): Promise<void> {
  const body = JSON.stringify(fields);
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    request({ host: shop, path: "/admin/oauth/access_token", method: "POST", agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () => {
        if ((JSON.parse(text) as { refresh_token?: string }).refresh_token) resolve();
        else reject(new Error(`no pair: ${answer.statusCode}`));
      });
    })
      .once("error", reject)
      .end(body);
  });
}
