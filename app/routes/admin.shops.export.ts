import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { exportShops } from "../operator/console/show/shops-csv.server.ts";

const route = consoleRoute({ GET: exportShops });

export const loader = route.loader;
export const action = route.action;
