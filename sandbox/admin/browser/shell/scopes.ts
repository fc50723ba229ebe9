import { askWithDialog, make, shell } from "./dialog.ts";
import { askServer, onAppMessage } from "./frame.ts";

interface ScopesDetail {
  granted: string[];
  required: string[];
  optional: string[];
}

/** `shopify.scopes`: what is granted, optional scopes asked of the merchant, and given back. */
export function followScopes(): void {
  onAppMessage("scopes-query", () => askServer<ScopesDetail>("scopes"));
  onAppMessage<{ scopes: string[] }>("scopes-request", async ({ scopes }) => {
    const detail = await askServer<ScopesDetail>("scopes");
    const missing = scopes.filter((scope) => !detail.granted.includes(scope));
    if (missing.length === 0) return { result: "granted-all", detail };
    const answer = await askWithDialog(
      `${shell.appName} needs access to:`,
      [make("ul", { className: "scope-list" }, ...missing.map((scope) => make("li", { textContent: scope })))],
      [
        { label: "Decline", value: "decline" },
        { label: "Grant access", value: "grant", kind: "primary" },
      ],
    );
    if (answer !== "grant") return { result: "declined-all", detail };
    return { result: "granted-all", detail: await askServer<ScopesDetail>("scopes", { grant: missing }) };
  });
  onAppMessage<{ scopes: string[] }>("scopes-revoke", async ({ scopes }) => ({
    detail: await askServer<ScopesDetail>("scopes", { revoke: scopes }),
  }));
}
