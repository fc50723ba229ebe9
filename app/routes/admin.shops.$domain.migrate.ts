import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { askToMigrateShop, migrateShopNow } from "../operator/console/show/shop.server.tsx";

const route = consoleRoute({ GET: askToMigrateShop, POST: migrateShopNow });

export const loader = route.loader;
export const action = route.action;
