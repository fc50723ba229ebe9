import { pagesAndPrograms } from "../operator/console/door/pages-and-programs.server.ts";
import { actOnShop, showShop } from "../operator/console/show/shop.server.tsx";
import { describeShop } from "../operator/console/show/shops-json.server.ts";

const { loader, action } = pagesAndPrograms(
  { GET: showShop, POST: actOnShop },
  { GET: ({ params }) => describeShop(params["domain"]) },
);
export { loader, action };
