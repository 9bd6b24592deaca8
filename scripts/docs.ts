/**
/**
 * Writes what mirrors the code: the pages' tables and an event, the index of the
 * tables of sources, and the dashboard; with `--check`, fails if they are not as
 * the code says, or if a message has no meaning yet.
 *
 * @module
 */
import { DASHBOARD_FILE } from "./dashboard.ts";
import { MESSAGES_PAGE, messageTables } from "./docs_messages.ts";
import { SOURCE_TABLES } from "./docs_sources.ts";
import { TABLES } from "./docs_tables.ts";
import { SELECTORS_FILE } from "./source_index.ts";

const MESSAGES = await messageTables();

/** Which tables stand in which page. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "docs/configure.md": ["asking", "filters", "emitting", "connection", "state"],
  "docs/dashboard.md": ["panels"],
  "docs/events-and-rules.md": ["events", "rules"],
  "docs/sources.md": [...Object.keys(SOURCE_TABLES), "kinds"],
  "docs/security.md": ["permissions"],
  [MESSAGES_PAGE]: Object.keys(MESSAGES.tables),
};

const ALL: Readonly<Record<string, string>> = {
  ...TABLES,
  ...SOURCE_TABLES,
  ...MESSAGES.tables,
};

for (const [name, tables] of Object.entries(PAGES)) {
  await put(
    name,
    async (before) => await putEvent(tables.reduce(putTable, before)),
  );
}
await put("lib/alert/sources/selectors.ts", () => SELECTORS_FILE);
await put("wazuh/opencti_dashboard.ndjson", () => DASHBOARD_FILE);
if (MESSAGES.lacking.length > 0) {
  await fail(
    `Write in ${MESSAGES_PAGE} what these messages mean:\n${
      MESSAGES.lacking.map((message) => `  ${message}\n`).join("")
    }`,
  );
}

/** Puts in place what a file should say, or fails if it does not. */
async function put(
  name: string,
  change: (before: string) => string | Promise<string>,
): Promise<void> {
  const path = new URL(`../${name}`, import.meta.url);
  const before = await Deno.readTextFile(path);
  const after = await change(before);
  if (after === before) return;
  if (Deno.args.includes("--check")) {
    await fail(`${name} is out of date: run deno task docs\n`);
  }
  await Deno.writeTextFile(path, after);
}

async function fail(says: string): Promise<never> {
  await Deno.stderr.write(new TextEncoder().encode(says));
  Deno.exit(1);
}

/** Puts a table between its marks. */
function putTable(text: string, name: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  const table = ALL[name];
  if (from === -1 || to === -1 || table === undefined) {
    throw new Error(`No place for ${name}, or no table`);
  }
  return `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`;
}

/** Puts a golden event in place of the one that is shown. */
async function putEvent(text: string): Promise<string> {
  const golden = "../tests/testdata/events/suricata_alert_http.json";
  const [{ event }] = JSON.parse(
    await Deno.readTextFile(new URL(golden, import.meta.url)),
  );
  // In the golden event it is 0: it differs from run to run.
  event.opencti.latency_ms = 29;
  return text.replace(
    /(?<=```json\n)\{\n {2}"integration"[^]*?(?=\n```)/,
    () => showJson(event, { indent: "", before: 0 }),
  );
}

/** JSON with what fits into a line in one line, as `deno fmt` leaves it. */
function showJson(
  value: unknown,
  { indent, before }: { readonly indent: string; readonly before: number },
): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? "[]" : "{}";
  const show = (to: string) =>
    Object.entries(value).map(([name, one]) => {
      const key = isList ? "" : `${JSON.stringify(name)}: `;
      return key + showJson(one, { indent: to, before: key.length });
    });
  const pad = isList ? "" : " ";
  const line = `${open}${pad}${show(indent).join(", ")}${pad}${close}`;
  const deeper = `${indent}  `;
  return indent !== "" && !line.includes("\n") &&
      indent.length + before + line.length < 80
    ? line
    : `${open}\n${deeper}${
      show(deeper).join(`,\n${deeper}`)
    }\n${indent}${close}`;
}
