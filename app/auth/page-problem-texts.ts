import type { PageProblem } from "./page-problem.ts";

export { BUSY } from "./page-problem.ts";

const OPEN = { label: "Open the app", href: "/auth/login" };

/** What merchants are told of each problem that a page of the embedded app can have. */
export const UNREACHABLE: PageProblem = {
  code: "shopify_unreachable",
  title: "Shopify is taking longer than usual",
  detail: "We could not reach Shopify just now. Nothing is lost. Please try again in a few seconds.",
  retryable: true,
};
export const SUSPENDED: PageProblem = {
  code: "shop_suspended",
  title: "This store is paused",
  detail:
    "Shopify is not giving apps access to this store at the moment. As soon as the store is open again, the app continues where it stopped.",
  retryable: true,
};
export const REOPEN: PageProblem = {
  code: "reopen",
  title: "Please open the app again",
  detail: "Shopify did not confirm who is asking. Try again, or open the app from Apps in your Shopify admin.",
  retryable: true,
};
export const NOT_STAFF: PageProblem = {
  code: "not_admin",
  title: "This app opens in Shopify admin only",
  detail: "The request was made for a customer or an extension, not for a member of the store's staff.",
  retryable: false,
  next: OPEN,
};
export const ODD_ADDRESS: PageProblem = {
  code: "odd_address",
  title: "This link does not work",
  detail: "Its address is damaged. Open the app from Apps in your Shopify admin.",
  retryable: false,
  next: OPEN,
};
export const FORGED_LINK: PageProblem = {
  code: "forged_link",
  title: "This link is not from Shopify",
  detail: "Its address was changed on the way. Open the app from Apps in your Shopify admin.",
  retryable: false,
  next: OPEN,
};
export const ROBOT: PageProblem = {
  code: "robot",
  title: "This page is for browsers",
  detail: "The app opens in Shopify admin; there is nothing here for programs.",
  retryable: false,
};
/** Without App Bridge no request of the page says who is asking. */
export const SCRIPTS_BLOCKED: PageProblem = {
  code: "scripts_blocked",
  title: "Your browser is blocking part of this app",
  detail: "Allow scripts from cdn.shopify.com in your ad blocker, privacy settings or network, then reload the page.",
  retryable: false,
};
export const REFUSED: PageProblem = {
  code: "shopify_refused",
  title: "Shopify did not answer this request",
  detail: "Something about this request was not accepted. We have been told about it; trying again may help.",
  retryable: true,
};
export const OUR_FAULT: PageProblem = {
  code: "configuration",
  title: "The app is not set up correctly",
  detail: "This is our mistake, not yours, and we have been told about it. Please try again later.",
  retryable: true,
};

/** @param href where the authorization begins again. */
export const scopesNotGranted = (href: string): PageProblem => ({
  code: "missing_scopes",
  title: "The app needs more access",
  detail: "Shopify connected the app without all the access that it asks for. Grant access again, or contact support.",
  retryable: false,
  next: { label: "Grant access", href },
});
/** @param href where the authorization begins again. */
export const authorizedInVain = (href: string): PageProblem => ({
  code: "authorized_in_vain",
  title: "The connection to Shopify does not hold",
  detail: "Shopify connected the app twice within minutes and refused it again. Wait a moment, then connect once more.",
  retryable: false,
  next: { label: "Connect again", href },
});
