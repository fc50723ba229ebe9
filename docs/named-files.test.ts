// Proves that every file which the documents name is there: links, whole paths, and bare names of source files.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_ROOT } from "../scripts/project-root.ts";

const SKIPPED = new Set(["node_modules", "build", "dist", ".git", ".reports"]);
const files = globSync("**/*.*", { cwd: PROJECT_ROOT, exclude: (name) => SKIPPED.has(basename(name)) });
const sources = new Set(files.map((file) => basename(file)));
/** Decisions and benchmarks speak of the time when they were written; the package and the examples, of an adopter's files. */
const documents = files.filter(
  (file) => file.endsWith(".md") && !/^(docs\/(decisions|benchmarks)|packages|examples)\//.test(file),
);
/** Topics of webhooks look like paths. */
const TOPIC = /^app\/(uninstalled|scopes_update)$/;

it.each(documents)("%s", (document) => {
  const text = readFileSync(join(PROJECT_ROOT, document), "utf8").replaceAll(/```.*?```/gs, "");
  const exists = (path: string) => existsSync(join(PROJECT_ROOT, path));
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]!);
  const missingLinks = links.filter(
    (link) => !link.includes("://") && !link.startsWith("mailto:") && !exists(normalize(join(dirname(document), link))),
  );
  const words = [...text.matchAll(/`([\w./$@-]+)`/g)].map((match) => match[1]!);
  const missingFiles = words.filter((word) => {
    if (/^(app|sandbox|cli|server|scripts|tests|docs|prisma)\//.test(word))
      return !TOPIC.test(word) && !exists(word) && !exists(join(dirname(document), word));
    return /^[a-z][\w.-]*\.(tsx?|mjs|css)$/.test(word) && !sources.has(word);
  });
  expect([...missingLinks, ...missingFiles]).toEqual([]);
});
