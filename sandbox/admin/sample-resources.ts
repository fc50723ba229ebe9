interface Resource {
  id: string;
  title: string;
  handle: string;
  detail: string;
}

const PRODUCTS = [
  ["Linen apron", "24 in stock"],
  ["Beeswax candle", "112 in stock"],
  ["Stoneware mug", "Sold out"],
  ["Oak cutting board", "8 in stock"],
  ["Wool throw", "31 in stock"],
  ["Enamel teapot", "5 in stock"],
] as const;
const COLLECTIONS = [
  ["Kitchen", "4 products"],
  ["Home", "2 products"],
] as const;

/** What the resource picker offers: the same few of each kind in every store. */
export function sampleResources(type: string): Resource[] {
  if (type === "collection")
    return COLLECTIONS.map(([title, detail], index) => resource("Collection", 500 + index, title, detail));
  if (type === "variant") {
    return PRODUCTS.map(([title, detail], index) =>
      resource("ProductVariant", 300 + index, `${title} – Default`, detail),
    );
  }
  return PRODUCTS.map(([title, detail], index) => resource("Product", 100 + index, title, detail));
}

function resource(kind: string, number: number, title: string, detail: string): Resource {
  return {
    id: `gid://shopify/${kind}/${number}`,
    title,
    handle: title.toLowerCase().replaceAll(/[^a-z]+/g, "-"),
    detail,
  };
}
