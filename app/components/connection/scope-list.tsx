import { List } from "@shopify/polaris";
import { useTranslation } from "react-i18next";

/** What the app may do in the store, in a merchant's words: one line for each kind of data. */
export function ScopeList({ scopes }: { scopes: readonly string[] }) {
  const { t, i18n } = useTranslation();
  const access = accessByResource(scopes);
  return (
    <List>
      {access.size === 0 && <List.Item>{t("scopes.none")}</List.Item>}
      {[...access].map(([resource, verb]) => (
        <List.Item key={resource}>
          {t(`scopes.${verb}`, {
            resource: i18n.exists(`resources.${resource}`)
              ? t(`resources.${resource}`)
              : t("resources.other", { name: resource.replaceAll("_", " ") }),
          })}
        </List.Item>
      ))}
    </List>
  );
}

/** Writing implies reading, so each kind of data has one verb. */
export function accessByResource(scopes: readonly string[]): Map<string, "view" | "edit"> {
  const access = new Map<string, "view" | "edit">();
  for (const scope of scopes) {
    const [, verb, resource] = /^(?:unauthenticated_|customer_)?(read|write)_([a-z0-9_]+)$/.exec(scope.trim()) ?? [];
    if (!verb || !resource) continue;
    if (verb === "write") access.set(resource, "edit");
    else if (!access.has(resource)) access.set(resource, "view");
  }
  return access;
}
