import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Sandbox } from "../start.ts";
import { localAddresses, publicAddresses, splitLocalPath, storeHandle, type Addresses } from "./addresses.ts";
import { appView } from "./app-view.ts";
import { mountControlPage } from "./control/mount-control-page.ts";
import { issueFrontCertificate } from "./issue-front-certificate.ts";
import { proxyUpgrade } from "./proxy-upstream.ts";
import { appUpstream, routeRequest, type Front } from "./route-request.ts";
import { createAddressTranslator } from "./translate-addresses.ts";

export interface FrontsOptions {
  sandbox: Sandbox;
  /** Plain HTTP origin of the app under test, `http://127.0.0.1:3000`. It need not be running yet. */
  appOrigin: string;
  /** Port of the Admin for ordinary browsers; the app gets the next one. 0 or left out: any free ports. */
  httpPort?: number;
  /** Port of the HTTPS front for browsers whose hosts are mapped. 0 or left out: any free port. */
  httpsPort?: number;
}

export interface Fronts {
  /** The Admin for an ordinary browser on this machine: `http://localhost:<port>`. */
  localUrl: string;
  /** The app for an ordinary browser on this machine. */
  localAppUrl: string;
  /** The app's page in the Admin of a shop, for an ordinary browser. */
  localAdminUrl(shop: string): string;
  /** The app's page in the Admin of a shop, for a browser with `hostRules`. */
  adminUrl(shop: string): string;
  /** The control page, in any browser on this machine. */
  controlUrl: string;
  httpsPort: number;
  /** Chromium's `--host-resolver-rules`; use together with `ignoreHTTPSErrors`. */
  hostRules: string;
  close(): Promise<void>;
}

/**
 * Starts what browsers see of the simulator: Admin, App Bridge, the shops' OAuth pages, and the app through a reverse proxy.
 * Once as the real https hosts, and once on plain localhost for ordinary browsers. @throws Error when a port is taken.
 */
export async function startFronts(options: FrontsOptions): Promise<Fronts> {
  const { sandbox, appOrigin } = options;
  const app = () => appView(sandbox.platform.state.app);
  const shared = { client: sandbox.client, app, controlUrl: `${sandbox.url}/` };
  const servers: Server[] = [];
  const listen = async (server: Server, port: number, host: string) => {
    servers.push(server);
    return listenOn(server, port, host);
  };

  const mapped: Front = {
    context: { ...shared, addresses: publicAddresses(app().url) },
    appOrigin,
    platformOrigin: sandbox.url,
  };
  const hostOf = (request: IncomingMessage) => (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const secure = createHttpsServer(await issueFrontCertificate(new URL(app().url).hostname), (request, response) =>
    routeRequest(mapped, request, response, hostOf(request), request.url ?? "/"),
  );
  secure.on("upgrade", upgradeToApp(mapped));

  // The addresses hold both ports, so the servers listen before anything can be asked of them.
  let local: Front | undefined;
  const withLocal =
    (answer: (front: Front, request: IncomingMessage, response: ServerResponse) => void): RequestListener =>
    (request, response) =>
      local
        ? leaveNumericHost(request, response) || answer(local, request, response)
        : void response.writeHead(503).end();
  const admin = createHttpServer(
    withLocal((front, request, response) => {
      const { host, path } = splitLocalPath(request.url ?? "/");
      routeRequest(front, request, response, host, path);
    }),
  );
  const appFront = createHttpServer(
    withLocal((front, request, response) =>
      routeRequest(front, request, response, new URL(app().url).host, request.url ?? "/"),
    ),
  );
  appFront.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (local) upgradeToApp(local)(request, socket, head);
  });

  let unmount = () => {};
  const close = async () => {
    unmount();
    await Promise.all(servers.map(closeServer));
  };
  try {
    const httpsPort = await listen(secure, options.httpsPort ?? 0, "127.0.0.1");
    const adminPort = await listen(admin, options.httpPort ?? 0, "127.0.0.1");
    const appPort = await listen(appFront, options.httpPort ? options.httpPort + 1 : 0, "127.0.0.1");
    const addresses = localAddresses(adminPort, appPort);
    local = {
      ...mapped,
      context: { ...shared, addresses },
      translator: createAddressTranslator(app().url, addresses),
    };
    unmount = mountControlPage(sandbox, { app, addresses });
    const appPage = (of: Addresses, shop: string) => `${of.admin}/store/${storeHandle(shop)}/apps/${app().handle}`;
    return {
      localUrl: addresses.admin,
      localAppUrl: addresses.app,
      localAdminUrl: (shop) => appPage(addresses, shop),
      adminUrl: (shop) => appPage(mapped.context.addresses, shop),
      controlUrl: shared.controlUrl,
      httpsPort,
      hostRules: ["*.shopify.com", "*.myshopify.com", new URL(app().url).hostname]
        .map((host) => `MAP ${host} 127.0.0.1:${httpsPort}`)
        .join(","),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Pages name each other by `localhost`: a browser that came by 127.0.0.1 goes there, or its frames and messages would not fit. */
function leaveNumericHost(request: IncomingMessage, response: ServerResponse): boolean {
  const [, port] = /^(?:127\.0\.0\.1|\[::1\]):(\d+)$/.exec(request.headers.host ?? "") ?? [];
  if (!port || request.method !== "GET" || !request.headers.accept?.includes("text/html")) return false;
  response.writeHead(307, { Location: `http://localhost:${port}${request.url ?? "/"}` }).end();
  return true;
}

function upgradeToApp(front: Front) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    proxyUpgrade(request, socket, head, appUpstream(front));
}

async function listenOn(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
