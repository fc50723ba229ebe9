import express from "express";
import { createRequestHandler } from "@remix-run/express";
import type { ServerBuild } from "@remix-run/node";

const build = (await import("./build/server/index.js" as string)) as ServerBuild;
const app = express();
app.disable("x-powered-by");
app.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
app.use(express.static("build/client"));
app.all("*", createRequestHandler({ build }));
const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  const address = server.address();
  console.log(JSON.stringify({ msg: "listening", port: typeof address === "object" ? address?.port : address }));
});
