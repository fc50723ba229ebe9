import { generate } from "selfsigned";

/** A throw-away certificate for the hosts that browsers see; they are told to ignore who signed it. */
export async function issueFrontCertificate(appHost: string): Promise<{ key: string; cert: string }> {
  const names = ["*.shopify.com", "*.myshopify.com", appHost];
  const { private: key, cert } = await generate([{ name: "commonName", value: "Simulator of Shopify" }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) }],
  });
  return { key, cert };
}
