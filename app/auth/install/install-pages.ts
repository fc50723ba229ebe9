import { chooseLanguage } from "../../components/language/choose-language.ts";
import { inLanguage } from "../shopify-addresses.server.ts";
import { messagePage, type Automatic } from "./message-page.server.ts";
import { MESSAGE_WORDS } from "./message-words.ts";

type Page = Exclude<keyof (typeof MESSAGE_WORDS)["en"], "link" | "reference">;
type Label = keyof (typeof MESSAGE_WORDS)["en"]["link"];

export type InstallPages = ReturnType<typeof installPages>;

/** The pages below `/auth` in the reader's language: the Admin's where the address names it, else the browser's. */
export function installPages(request: Request) {
  const { language, locale } = chooseLanguage(request);
  const words = MESSAGE_WORDS[language];
  const asked = new URL(request.url).searchParams.has("locale") ? locale : undefined;
  const page = (name: Page, label: Label, href: string, status = 200, automatic?: Automatic) =>
    messagePage({ status, language, ...words[name], link: { href, label: words.link[label] } }, automatic);
  const login = inLanguage("/auth/login", asked);
  const start = inLanguage("/", asked);
  const authPath = (shop: string) => `/auth?shop=${encodeURIComponent(shop)}`;
  return {
    /** For a frame that cannot tell which store it is in. */
    openAgain: () => page("openAgain", "open", login, 401),
    /** The page that brings an ID token. */
    fetchIdToken: (automatic: Automatic, shop: string | undefined) =>
      page(
        "fetchIdToken",
        "open",
        shop ? inLanguage(`/auth/login?shop=${encodeURIComponent(shop)}`, asked) : login,
        200,
        automatic,
      ),
    /** The page that leaves the frame for `destination`. */
    exitIframe: (automatic: Automatic, destination: string) =>
      page("exitIframe", "continue", destination, 200, automatic),
    notFound: (status = 404) => page("notFound", "start", start, status),
    noSuchShop: () => page("noSuchShop", "login", login, 400),
    oddAddress: () => page("oddAddress", "login", login, 400),
    forgedLink: () => page("forgedLink", "login", login, 400),
    forRobots: () => page("forRobots", "start", start, 410),
    installFromAdmin: () => page("installFromAdmin", "login", login),
    linkExpired: () => page("linkExpired", "login", login, 400),
    /** @param shop verified */
    noCookie: (shop: string) => page("noCookie", "continue", authPath(shop), 400),
    /** @param shop verified */
    installFailed: (shop: string, status: number) => {
      const response = page(status >= 500 ? "shopifyAway" : "linkExpired", "retry", authPath(shop), status);
      if (status === 503) response.headers.set("Retry-After", "5");
      return response;
    },
  };
}
