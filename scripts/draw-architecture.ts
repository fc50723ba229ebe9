/**
 * Draws the rooms of app/ and who imports whom into docs/architecture.md, between its two markers, from the imports themselves.
 * `--check` changes nothing and fails when the picture is stale. Imports of types count; tests do not.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cruise, type ICruiseOptions, type ICruiseResult } from "dependency-cruiser";
import rules from "../.dependency-cruiser.json" with { type: "json" };

const PAGE = "docs/architecture.md";
const MARKERS = /(<!-- rooms: made by `npm run architecture` -->\n)[^]*?(<!-- \/rooms -->)/;
const FLOORS = ["server", "cli", "app"];

/** `app/tokens/renew/lease.ts` → `["app/tokens", "app/tokens/renew"]`: the room, and the inner room where it has some. */
function roomsOf(file: string): [outer: string, inner: string] | undefined {
  const [floor, ...below] = file.split("/");
  if (!floor || !FLOORS.includes(floor)) return undefined;
  if (floor !== "app") return [floor, floor];
  const folders = below.slice(0, -1);
  const outer = folders[0] ? `app/${folders[0]}` : "app";
  return [outer, folders[1] ? `${outer}/${folders[1]}` : outer];
}

function draw({ modules }: ICruiseResult): string {
  const inner = new Map<string, Set<string>>();
  const arrows = new Set<string>();
  for (const { source, dependencies } of modules) {
    const from = roomsOf(source);
    if (!from) continue;
    inner.set(from[0], (inner.get(from[0]) ?? new Set()).add(from[1]));
    for (const { resolved } of dependencies) {
      const to = roomsOf(resolved);
      if (!to) continue;
      const arrow = from[0] === to[0] ? [from[1], to[1]] : [from[0], to[0]];
      if (arrow[0] !== arrow[1]) arrows.add(arrow.map(idOf).join(" --> "));
    }
  }
  const label = (room: string) => `${idOf(room)}["${room.replace(/^app\//, "")}"]`;
  const rooms = [...inner].sort().flatMap(([outer, rest]) => {
    if (rest.size === 1) return [label(outer)];
    const within = [...rest].sort().map((room) => `  ${label(room).replace(idOf(outer) + "[", `${idOf(outer)}_own[`)}`);
    return [`subgraph ${idOf(outer)}["${outer.replace(/^app\//, "")}"]`, ...within, "end"];
  });
  const divided = new Set([...inner].filter(([, rest]) => rest.size > 1).map(([outer]) => idOf(outer)));
  const own = (arrow: string) => {
    const [from = "", to = ""] = arrow.split(" --> ");
    const end = (id: string, other: string) => (divided.has(id) && other.startsWith(`${id}_`) ? `${id}_own` : id);
    return `${end(from, to)} --> ${end(to, from)}`;
  };
  return ["```mermaid", "flowchart TD", ...rooms, ...[...arrows].map(own).sort(), "```"].join("\n");
}

function idOf(room: string): string {
  return room.replaceAll("/", "_");
}

const { output } = await cruise(FLOORS, rules.options as ICruiseOptions);
const page = readFileSync(PAGE, "utf8");
if (!MARKERS.test(page)) throw new Error(`${PAGE} has lost the markers of its picture`);
const picture = draw(output as ICruiseResult);
const fresh = page.replace(
  MARKERS,
  (_all, before: string, after: string) => `${before}
${picture}
${after}`,
);
if (process.argv.includes("--check")) {
  if (fresh !== page) {
    console.error(`${PAGE} is stale: run \`npm run architecture\``);
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, fresh);
}
