import { pagesAndPrograms } from "../operator/console/door/pages-and-programs.server.ts";
import { listShops } from "../operator/console/show/shops-json.server.ts";
import { showShops } from "../operator/console/show/shops.server.tsx";

const { loader, action } = pagesAndPrograms({ GET: showShops }, { GET: ({ request }) => listShops(request) });
export { loader, action };
