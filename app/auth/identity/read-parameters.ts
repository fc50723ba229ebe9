/**
 * The parameters of a request's address that mean something to this app or to Shopify's libraries, and their longest
 * value. Two readers of a repeated parameter can see two different values, so there is no such thing here.
 */
const LONGEST_VALUE = {
  shop: 255,
  host: 512,
  hmac: 128,
  timestamp: 20,
  id_token: 4_096,
  code: 512,
  state: 256,
  session: 512,
  locale: 64,
  embedded: 8,
  bounced: 8,
  exitIframe: 4_096,
  "shopify-reload": 8_192,
} as const;

export type ParameterName = keyof typeof LONGEST_VALUE;

const NAMES = new Map(Object.keys(LONGEST_VALUE).map((name) => [name.toLowerCase(), name as ParameterName]));

/**
 * An address with a parameter that is repeated, spelled unusually (`shop[]`, `Shop`), too long, or that leads away from this app. Never
 * repeats the value.
 */
export class OddParameterError extends Error {
  readonly code = "odd_parameter";
  readonly parameter: ParameterName;

  constructor(parameter: ParameterName) {
    super(`The address has an odd "${parameter}"`);
    this.parameter = parameter;
    this.name = "OddParameterError";
  }
}

/** The address of a request, read once: each parameter that means something is there once, or not at all. */
export interface Parameters {
  /** The value; undefined when the parameter is missing or empty. */
  get(name: ParameterName): string | undefined;
  /** A copy of all parameters, those without a meaning here included. */
  all(): URLSearchParams;
  path: string;
}

/**
 * Reads the parameters of a request's address.
 * @throws OddParameterError
 */
export function readParameters(request: Request): Parameters {
  const { searchParams, pathname, origin } = new URL(request.url);
  const values = new Map<ParameterName, string>();
  for (const [given, value] of searchParams) {
    const name = NAMES.get(plainNameOf(given));
    if (name === undefined) continue;
    if (given !== name || values.has(name) || value.length > LONGEST_VALUE[name]) throw new OddParameterError(name);
    // App Bridge goes there with a new ID token. Shopify Admin passes on whatever a link into the app has in its query.
    if (name === "shopify-reload" && !isOwnAddress(value, origin)) throw new OddParameterError(name);
    values.set(name, value);
  }
  return { get: (name) => values.get(name) || undefined, all: () => new URLSearchParams(searchParams), path: pathname };
}

/** The origin alone does not tell: that of `blob:https://app.example.com/…` is the app's as well. */
function isOwnAddress(address: string, origin: string): boolean {
  const url = URL.parse(address, origin);
  return url !== null && `${url.protocol}//${url.host}` === origin && url.username === "" && url.password === "";
}

/** `Shop`, ` shop`, `shop[]`, `shop[0]` and `shop.x` all stand for `shop` to some reader. */
function plainNameOf(given: string): string {
  const end = given.search(/[[.\0]/);
  return (end === -1 ? given : given.slice(0, end)).trim().toLowerCase();
}
