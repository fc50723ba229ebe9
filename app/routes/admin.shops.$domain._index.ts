import { pagesAndPrograms } from "../operator/console/door/pages-and-programs.server.ts";
import { actOnShop, showShop } from "../operator/console/show/shop.server.tsx";
import { describeShop } from "../operator/console/show/shops-json.server.ts";

const route = pagesAndPrograms(
  { GET: showShop, POST: actOnShop },
  { GET: ({ params }) => describeShop(params["domain"]) },
);

export const loader = route.loader;
export const action = route.action;
