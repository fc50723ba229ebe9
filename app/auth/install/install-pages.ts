import { messagePage, type Automatic } from "./message-page.server.ts";

const LOGIN = { href: "/auth/login", label: "Enter your store's address" };

/** For a frame that cannot tell which store it is in. */
export const openAgain = () =>
  messagePage({
    status: 401,
    title: "Please open the app again",
    text: "Open the app from Apps in your Shopify admin, or tell us your store.",
    link: { href: "/auth/login", label: "Open the app" },
  });

/** The page that brings an ID token. */
export const fetchIdToken = (automatic: Automatic, shop: string | undefined) =>
  messagePage(
    {
      title: "Opening the app …",
      text: "This takes longer than usual. Your browser may be blocking Shopify's scripts.",
      link: { href: shop ? `/auth/login?shop=${encodeURIComponent(shop)}` : "/auth/login", label: "Open the app" },
    },
    automatic,
  );

/** The page that leaves the frame for `destination`. */
export const exitIframe = (automatic: Automatic, destination: string) =>
  messagePage(
    {
      title: "Continue at Shopify",
      text: "The next step is a page of Shopify outside of this frame.",
      link: { href: destination, label: "Continue" },
    },
    automatic,
  );

export const notFound = (status = 404) =>
  messagePage({
    status,
    title: "This page does not exist",
    text: "The address may be mistyped or out of date.",
    link: { href: "/", label: "Go to the start page" },
  });

export const noSuchShop = () =>
  messagePage({
    status: 400,
    title: "This is not a Shopify store",
    text: "A store's address ends in .myshopify.com, for example my-store.myshopify.com.",
    link: LOGIN,
  });

export const oddAddress = () =>
  messagePage({
    status: 400,
    title: "This link does not work",
    text: "Its address is damaged. Tell us your store, and we start again from there.",
    link: LOGIN,
  });

export const forgedLink = () =>
  messagePage({
    status: 400,
    title: "This link is not from Shopify",
    text: "Its address was changed on the way. Tell us your store, and we start again from there.",
    link: LOGIN,
  });

export const forRobots = () =>
  messagePage({
    status: 410,
    title: "This page is for browsers",
    text: "The app is installed by people.",
    link: { href: "/", label: "Go to the start page" },
  });

export const installFromAdmin = () =>
  messagePage({
    title: "Install the app from Shopify",
    text: "This link is from an earlier way to install the app. Tell us your store, and Shopify will take you through it.",
    link: LOGIN,
  });

export const linkExpired = () =>
  messagePage({
    status: 400,
    title: "The installation was not finished",
    text: "The link has expired or was used before. Please start again.",
    link: LOGIN,
  });

/** @param shop verified */
export const noCookie = (shop: string) =>
  messagePage({
    status: 400,
    title: "Your browser did not keep a cookie",
    text: "The installation needs one cookie, to know that it was you who started it. Allow cookies for this app, then continue.",
    link: { href: authPath(shop), label: "Continue" },
  });

/** @param shop verified */
export const installFailed = (shop: string, status: number) =>
  messagePage({
    status,
    title: "The installation was not finished",
    text:
      status >= 500
        ? "Shopify did not answer as expected. Nothing was changed; please try again in a moment."
        : "The link has expired or was used before. Please start again.",
    link: { href: authPath(shop), label: "Try again" },
  });

const authPath = (shop: string) => `/auth?shop=${encodeURIComponent(shop)}`;
