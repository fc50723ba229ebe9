import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";

/** The addresses of all routes, read from app/routes as Remix does: a new route is fuzzed without being named here. */
export const ROUTE_PATHS: readonly string[] = [
  ...new Set(
    readdirSync(join(PROJECT_ROOT, "app", "routes"))
      .filter((file) => /\.tsx?$/.test(file) && !file.includes(".test."))
      .map((file) => pathOf(file.replace(/\.tsx?$/, ""))),
  ),
];

function pathOf(name: string): string {
  const parts = name.replace(/\.server$/, "").split(".");
  const segments = parts
    .filter((part) => part !== "_index" && !/^_[^.]/.test(part))
    .map((part) => (part === "$" ? "*" : part.replace(/^\$/, ":").replace(/_$/, "").replaceAll(/[[\]]/g, "")));
  return `/${segments.join("/")}`;
}
