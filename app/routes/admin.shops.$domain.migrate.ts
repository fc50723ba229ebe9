import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { askToMigrateShop, migrateShopNow } from "../operator/console/show/shop.server.tsx";

const { loader, action } = consoleRoute({ GET: askToMigrateShop, POST: migrateShopNow });
export { loader, action };
