/** A line of a terminal, and when it was written; milliseconds since the recording began. */
export interface TerminalLine {
  at: number;
  text: string;
  /** What was typed. */
  isCommand?: boolean;
}

const LINE_PX = 20;
const PADDING_PX = 18;
const CHARACTER_PX = 8.1;
/** How long the whole stays before the recording begins again. */
const REST_MS = 6_000;

/**
 * A recording of a terminal as an SVG that plays by itself, again and again, with CSS alone; for people who asked for less motion, and
 * where CSS is not played, it is the whole at once. @param title what a screen reader says of it.
 */
export function terminalSvg(lines: readonly TerminalLine[], title: string): string {
  const width = Math.ceil(Math.max(...lines.map(({ text }) => text.length)) * CHARACTER_PX + 2 * PADDING_PX);
  const height = lines.length * LINE_PX + 2 * PADDING_PX;
  const total = (lines.at(-1)?.at ?? 0) + REST_MS;
  const percent = (ms: number) => ((ms / total) * 100).toFixed(2);
  const frames = lines.map(
    ({ at }, n) => `@keyframes l${n}{0%,${percent(at)}%{opacity:0}${percent(at + 1)}%,100%{opacity:1}}`,
  );
  const texts = lines.map(({ text, isCommand }, n) => {
    const y = PADDING_PX + LINE_PX * (n + 0.75);
    return `<text x="${PADDING_PX}" y="${y}" xml:space="preserve" class="l${isCommand ? " c" : ""}" style="animation-name:l${n}">${escape(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title>
<style>
text{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee6}
.c{fill:#8fd3a5;font-weight:bold}
@media (prefers-reduced-motion: no-preference){.l{animation:${(total / 1000).toFixed(1)}s step-end infinite}}
${frames.join("\n")}
</style>
<rect width="${width}" height="${height}" rx="10" fill="#14181d"/>
${texts.join("\n")}
</svg>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
