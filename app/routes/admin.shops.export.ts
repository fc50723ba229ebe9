import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { exportShops } from "../operator/console/show/shops-csv.server.ts";

const { loader, action } = consoleRoute({ GET: exportShops });
export { loader, action };
