import { pagesAndPrograms } from "../operator/console/door/pages-and-programs.server.ts";
import { actOnShop, describeShop, showShop } from "../operator/console/show/shop.server.tsx";

const route = pagesAndPrograms(
  { GET: showShop, POST: actOnShop },
  { GET: ({ params }) => describeShop(params["domain"]) },
);

export const loader = route.loader;
export const action = route.action;
