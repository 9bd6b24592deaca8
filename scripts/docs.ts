/**
 * Writes what in README.md and SECURITY.md mirrors the code: the tables, and an
 * event; with `--check`, fails if they are not as the code says.
 *
 * @module
 */
import { OPTIONS } from "../lib/config/config.ts";
import { DEFAULTS } from "../lib/config/defaults.ts";
import { KINDS } from "../lib/alert/ioc.ts";
import { SOURCES } from "../lib/alert/sources/mod.ts";
import {
  type Condition,
  type Field,
  groupsOf,
  kindNamed,
  type Selector,
  type Source,
} from "../lib/alert/sources/source.ts";
import { PERMISSION_REASONS } from "./compile.ts";
import { eventTypesOf, readRules, type Rule, wordsOf } from "./rules.ts";

/** Which tables stand in which file. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["options", "events", "rules", "kinds", "sources"],
  "SECURITY.md": ["permissions"],
};

/** What OpenCTI knows of an IoC, by the type of the event that tells it. */
const MATCHES: Readonly<Record<string, string>> = {
  indicator_pattern_match:
    "an indicator whose pattern says exactly the IoC, or the hashes of one file, of which it is one",
  indicator_partial_pattern_match:
    "an indicator in whose pattern the IoC is one comparison among others",
  observable_with_indicator:
    "an observable of the IoC, with an indicator that was not told already",
  observable_with_related_indicator:
    "an observable of the IoC without indicators, related to one that has some",
};

/** What events of other types say. */
const HEALTH: Readonly<Record<string, string>> = {
  error: "could not be asked: `opencti.error` says why, and what to do, " +
    "`opencti.alerts` of how many alerts that is told",
  recovered: "answers again: `opencti.recovered` says since when, for how " +
    "many seconds and how many alerts it did not",
  warning:
    "is asked, but something should be changed: `opencti.warning` says " +
    "what",
};

/** When a rule alerts, if its fields do not say it. */
const ALERTS: Readonly<Record<string, string>> = {
  "110201": "if `opencti.kind` is not `dropped`",
  "110206": "always",
  "110207": "always",
  "110230": "if it is the fifth active match of one agent within ten minutes",
  "110231": "if it is the third active match of one IoC within an hour, on " +
    "several agents",
};

const RULES = await readRules();

/** Lists that are too wide for tables. */
const LISTS: Readonly<Record<string, string>> = {
  sources: SOURCES.map(describe).join(""),
};

const TABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  options: [
    ["option", "default", "must be", "means"],
    ...Object.entries(OPTIONS).map(([name, { needs, means }]) => [
      `\`${name}\``,
      defaultOf(name),
      needs,
      means,
    ]),
  ],
  events: [
    ["`opencti.event_type`", "what OpenCTI knows, or the event says"],
    ...Object.entries({ ...MATCHES, ...HEALTH }).map(([type, meaning]) => [
      `\`${type}\``,
      meaning,
    ]),
  ],
  rules: [
    ["rule", "level", "`opencti.event_type`", "alerts"],
    ...RULES.slice(1).map((rule) => [
      rule.id,
      String(rule.level),
      typesOf(rule),
      conditionsOf(rule),
    ]),
  ],
  permissions: [
    ["permission", "what for"],
    ...PERMISSION_REASONS.map(([permission, reason]) => [
      `\`${permission}\``,
      reason,
    ]),
  ],
  kinds: [
    ["kind", "normal form", "OpenCTI's filter key", "observable types", "STIX"],
    ...Object.entries(KINDS).map(([name, kind]) => [
      `\`${name}\``,
      kind.normalForm,
      `\`${kind.filterKey}\``,
      kind.observableTypes.join(", "),
      kind.stixPaths.map((path) => `\`${path}\``).join(", "),
    ]),
  ],
};

for (const [name, tables] of Object.entries(FILES)) {
  const path = new URL(`../${name}`, import.meta.url);
  const before = await Deno.readTextFile(path);
  const withTables = tables.reduce(putTable, before);
  const after = name === "README.md" ? await putEvent(withTables) : withTables;
  if (after === before) continue;
  if (Deno.args.includes("--check")) {
    await Deno.stderr.write(
      new TextEncoder().encode(`${name} is out of date: run deno task docs\n`),
    );
    Deno.exit(1);
  }
  await Deno.writeTextFile(path, after);
}

/** The types of event that a rule is for, as its parents say if it does not. */
function typesOf(rule: Rule): string {
  const types = [rule, ...RULES.filter(({ id }) => rule.parents.includes(id))]
    .flatMap(eventTypesOf);
  for (const type of types) {
    if (MATCHES[type] === undefined && HEALTH[type] === undefined) {
      throw new Error(`Nothing is said of ${type}`);
    }
  }
  return Object.keys(MATCHES).every((type) => types.includes(type))
    ? "any match"
    : codes([...new Set(types)]);
}

/** As: if `opencti.state` is `revoked` or `expired`. */
function conditionsOf(rule: Rule): string {
  const known = ALERTS[rule.id];
  if (known !== undefined) return known;
  if (rule.isLast) {
    return "if `opencti.state` or `opencti.severity` is missing: no event of this version";
  }
  const conditions = rule.fields.filter((field) =>
    field.name !== "opencti.event_type"
  ).map((field) =>
    `\`${field.name}\` is ${
      wordsOf(field).map((word) => `\`${word}\``).join(" or ")
    }`
  );
  if (conditions.length === 0) throw new Error(`Nothing is said of ${rule.id}`);
  return `if ${conditions.join(" and ")}`;
}

function defaultOf(option: string): string {
  const value = Object.entries(DEFAULTS).find(([name]) => name === option)?.[1];
  return value === undefined ? "none" : `\`${JSON.stringify(value)}\``;
}

/** Puts a table between its marks. */
function putTable(text: string, name: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to === -1) throw new Error(`No place for ${name}`);
  const list = LISTS[name];
  const body = list === undefined
    ? layOut(TABLES[name] ?? [])
    : `<!-- deno-fmt-ignore-start -->\n\n${list}\n<!-- deno-fmt-ignore-end -->\n`;
  return `${text.slice(0, from + start.length)}\n${body}\n${text.slice(to)}`;
}

/** A source as an item of a list. */
function describe(source: Source): string {
  const skipped = source.fields.flatMap(({ path, skip }) =>
    skip === undefined ? [] : [`${codes(path)} (${skip})`]
  );
  const left = source.leave?.map(({ because }) => because) ?? [];
  return [
    `- \`${source.name}\`: ${
      [source, ...source.or ?? []].map(describeSelector).filter(Boolean)
        .join("; or ")
    }. Takes ${
      [...describeFields(source.fields), source.find?.takes ?? ""]
        .filter(Boolean).join("; ")
    }.`,
    ...skipped.length > 0 ? [`Not ${skipped.join("; ")}.`] : [],
    ...left.length > 0 ? [`Nothing if ${[...new Set(left)].join(", ")}.`] : [],
  ].join(" ") + "\n";
}

function describeSelector({ groups, decoders, when = [] }: Selector): string {
  const named = [
    ...groups === undefined ? [] : [`rule groups ${codes(groups)}`],
    ...decoders === undefined ? [] : [`decoders ${codes(decoders)}`],
  ].join(", ");
  return [
    named || when.length === 0 ? named : "alerts",
    ...when.length === 0
      ? []
      : [`if ${when.map(describeCondition).join(" and ")}`],
  ].join(" ").trim();
}

function describeCondition({ field, equals, matches, not }: Condition): string {
  if (matches === ".") return `${not ? "without" : "with"} \`${field}\``;
  return equals === undefined
    ? `\`${field}\` ${not ? "does not match" : "matches"} ${
      codes(matches ?? "")
    }`
    : `\`${field}\` is ${not ? "not " : ""}${codes(equals)}`;
}

/** What is taken, kind by kind. */
function describeFields(fields: readonly Field[]): string[] {
  const paths = new Map<string, Set<string>>();
  for (const { path, kind, pattern, host, skip } of fields) {
    if (skip !== undefined) continue;
    const named = groupsOf(pattern ?? "")
      .map((name) => kindNamed(name) ?? kind);
    for (const kindHere of new Set(pattern === undefined ? [kind] : named)) {
      if (kindHere === undefined) continue;
      const known = paths.get(kindHere) ?? new Set();
      for (const one of [path].flat()) {
        known.add(
          host === undefined ? `\`${one}\`` : `\`${host}\` + \`${one}\``,
        );
      }
      paths.set(kindHere, known);
    }
  }
  return [...paths].map(([kind, known]) => `${kind}: ${[...known].join(", ")}`);
}

function codes(texts: string | readonly string[]): string {
  return [texts].flat().map((text) => `\`${text}\``).join(", ");
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

/** A table as `deno fmt` wants it. */
function layOut(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const lines = rows.map((row) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |\n`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return lines.toSpliced(1, 0, rule).join("");
}
