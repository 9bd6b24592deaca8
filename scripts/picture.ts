/**
 * Draws what `deno task demo` prints for one alert, as `docs/run-light.svg` and
 * `docs/run-dark.svg`; with `--check`, fails if they are not what it prints.
 *
 * @module
 */

/** Which of the demo's alerts is shown. */
const SHOWN = 3;

/** Of a page of GitHub. */
const WIDTH = 830;
const FONT_PX = 13;
/** The widest of the fonts below. */
const LETTER_PX = 0.603 * FONT_PX;
const LINE_PX = 20;
/** Before each step. */
const GAP_PX = 8;
const PADDING_PX = 20;
const TITLE_PX = 36;

/** The colours of GitHub's own blocks of code. */
const THEMES = {
  light: {
    background: "#f6f8fa",
    border: "#d1d9e0",
    text: "#1f2328",
    quiet: "#59636e",
    step: "#0550ae",
    alarm: "#cf222e",
  },
  dark: {
    background: "#151b23",
    border: "#3d444d",
    text: "#f0f6fc",
    quiet: "#9198a1",
    step: "#79c0ff",
    alarm: "#ff7b72",
  },
} as const;

type Theme = typeof THEMES[keyof typeof THEMES];

/** What the demo prints for an alert, without what differs from run to run. */
function linesOf(printed: string): readonly string[] {
  const from = printed.indexOf(`\n${SHOWN}. `);
  const to = printed.indexOf(`\n${SHOWN + 1}. `);
  if (from === -1 || to === -1) throw new Error("The demo shows no such alert");
  return printed.slice(from, to).trim()
    .replace(/^\d+\. /, "")
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, "https://opencti.example")
    .replace(/([\da-f]{8})(?:-[\da-f]{4}){3}-[\da-f]{12}/g, "$1…")
    .split("\n")
    .filter((line) => !/^ +in \d+ ms/.test(line))
    .map((line) => line.replace(/^ {3}/, "  ").trimEnd());
}

function draw(lines: readonly string[], theme: Theme): string {
  const shown = ["$ deno task demo", ...lines];
  const longest = Math.max(...shown.map(({ length }) => length));
  if (longest * LETTER_PX > WIDTH - 2 * PADDING_PX) {
    throw new Error(`A line of ${longest} letters is too long for the picture`);
  }
  const rows: string[] = [];
  let y = TITLE_PX + FONT_PX;
  for (const [n, line] of shown.entries()) {
    if (n === 1 || isStep(line)) y += GAP_PX;
    rows.push(drawLine(line, { n, y }));
    y += LINE_PX;
  }
  const height = y;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t">
<title id="t">A run of the demo: ${escape(lines[0] ?? "")}</title>
<style>
text { font: ${FONT_PX}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: ${theme.text} }
.quiet { fill: ${theme.quiet} } .step { fill: ${theme.step} } .alarm { fill: ${theme.alarm} } .strong { font-weight: 600 }
</style>
<rect x=".5" y=".5" width="${WIDTH - 1}" height="${
    height - 1
  }" rx="8" fill="${theme.background}" stroke="${theme.border}"/>
<g fill="${theme.border}"><circle cx="20" cy="18" r="6"/><circle cx="40" cy="18" r="6"/><circle cx="60" cy="18" r="6"/></g>
${rows.join("")}</svg>
`;
}

function isStep(line: string): boolean {
  return /^ *(?:custom-opencti |and emits )/.test(line);
}

function drawLine(
  line: string,
  { n, y }: { readonly n: number; readonly y: number },
): string {
  const text = line.trimStart();
  const indent = line.length - text.length;
  const x = Math.round(PADDING_PX + indent * LETTER_PX);
  return `<text x="${x}" y="${y}">${paint(text, { indent, n })}</text>\n`;
}

/** A line in colours, by what it says. */
function paint(
  text: string,
  { indent, n }: { readonly indent: number; readonly n: number },
): string {
  if (n === 0) return span("quiet", text);
  if (indent === 0) return span("strong", text);
  if (isStep(text)) {
    const [, before = text, level = ""] = /^(.*?)(level \d+)$/.exec(text) ?? [];
    return span("step", before) + (level && span("alarm strong", level));
  }
  const [, key = "", value = text] = /^([a-z_.\d]+: )(.*)$/.exec(text) ?? [];
  const isAlarm = key === "severity: " && /^(?:high|critical)/.test(value);
  return (key && span("quiet", key)) +
    (isAlarm ? span("alarm", value) : escape(value));
}

function span(name: string, text: string): string {
  return `<tspan class="${name}">${escape(text)}</tspan>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

const { success, stdout } = await new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--quiet",
    "--allow-all",
    "--unstable-net",
    new URL("demo.ts", import.meta.url).pathname,
  ],
  stderr: "inherit",
}).output();
if (!success) throw new Error("The demo failed");
const lines = linesOf(new TextDecoder().decode(stdout));
for (const [name, theme] of Object.entries(THEMES)) {
  const path = new URL(`../docs/run-${name}.svg`, import.meta.url);
  const svg = draw(lines, theme);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(path, svg);
  else if (await Deno.readTextFile(path).catch(() => "") !== svg) {
    await Deno.stderr.write(
      new TextEncoder().encode(
        `docs/run-${name}.svg is not what the demo prints: run deno task docs\n`,
      ),
    );
    Deno.exit(1);
  }
}
