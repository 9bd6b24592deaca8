/**
 * Reads options: from the configuration file, where what is wrong is left out,
 * and from the options file that integratord writes from `<options>` of the
 * integration block. What is wrong is said with its place.
 *
 * @module
 */
import * as v from "valibot";
import { type Config, OPTIONS } from "./config.ts";
import { configSchema } from "./schema.ts";
import { messageOf, UsageError } from "../errors.ts";
import { valueAt } from "../json.ts";
import { parseObject } from "./plain.ts";
import { CLIENT_PAIR } from "./allowed_values.ts";
import { suggest } from "../suggest.ts";

/**
 * Completes options by the defaults.
 *
 * @param options What {@linkcode parseOptions} took, of the configuration file
 * and of `<options>`.
 *
 * @throws {UsageError} If two of them do not go together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(completeConfig({ max_ind_alerts: 5 }).max_ind_alerts, 5);
 * assertEquals(completeConfig({}).max_obs_alerts, 2);
 * ```
 */
export function completeConfig(options: object): Config {
  const [lone, other] = CLIENT_PAIR.filter((name) => name in options);
  if (lone !== undefined && other === undefined) {
    throw new UsageError(
      `${lone}: "client_cert" and "client_key" need each other`,
    );
  }
  return v.parse(configSchema(), options);
}

/** Options, less what is wrong in them. */
export interface Options {
  /** What of them can be used. */
  readonly options: object;
  /** What is wrong, a sentence each, with its path. */
  readonly problems: readonly string[];
  /** The options that are left out, or lack a part; all if it is `undefined`. */
  readonly leftOut: readonly string[] | undefined;
}

/**
 * Reads options from JSON. What is wrong is said and left out: an option, an
 * entry of `ignore`, `kinds` or `severity`, or one source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseOptions('{"generic":true,"min_scroe":50}'), {
 *   options: { generic: true },
 *   problems: ['min_scroe: unknown, did you mean "min_score"?'],
 *   leftOut: ["min_scroe"],
 * });
 * ```
 */
export function parseOptions(json: string): Options {
  let options: object;
  try {
    options = parseObject(json);
  } catch (error) {
    const problem = `${messageOf(error)}, nothing of it is used`;
    return { options: {}, problems: [problem], leftOut: undefined };
  }
  const schema = configSchema();
  const problems: string[] = [];
  const leftOut: string[] = [];
  // What is wrong is taken out, from the end on: places stay as in the file.
  while (true) {
    const { issues } = v.safeParse(schema, options, { abortPipeEarly: true });
    if (issues === undefined) return { options, problems, leftOut };
    const all = issues.flatMap((issue) =>
      placesOf(issue, options).map((path) => ({ issue, path }))
    );
    // What a part makes wrong is not said of the whole again.
    const wholes = new Set(
      all.flatMap(({ path }) => path.map((_, n) => written(path.slice(0, n)))),
    );
    const mistakes = all.filter(({ path }) => !wholes.has(written(path)));
    for (const { issue, path } of mistakes) {
      const says = explainAt(issue, path, valueAt(options, path));
      problems.push(`${written(path)}: ${says}${whichSource(options, path)}`);
      leftOut.push(String(path[0]));
    }
    const places = new Map(
      mistakes.map(({ path }) => path.slice(0, depthOf(path)))
        .toSorted((a, b) => indexIn(b) - indexIn(a))
        .map((place) => [written(place), place]),
    );
    for (const place of places.values()) options = without(options, place);
  }
}

/** Where a mistake is: of unknown names, the schema says only the first. */
function placesOf(
  issue: Mistake,
  options: object,
): readonly (readonly (string | number)[])[] {
  const path = (issue.path ?? []).map(({ key }) =>
    typeof key === "number" ? key : String(key)
  );
  if (!isUnknown(issue)) return [path];
  const parent = path.slice(0, -1);
  const { entries } = partsAt(parent);
  return Object.keys(Object(valueAt(options, parent)))
    .filter((name) => !Object.hasOwn(entries, name))
    .map((name) => [...parent, name]);
}

/** Whether the schema knows no such name. */
function isUnknown({ type, expected }: Mistake): boolean {
  return type === "strict_object" && expected === "never";
}

/** Says which source is not used, for it may have many fields. */
function whichSource(options: object, path: readonly PropertyKey[]): string {
  const name = valueAt(options, [...path.slice(0, 2), "name"]);
  return path[0] === "sources" && typeof name === "string"
    ? ` (source ${JSON.stringify(name)} is left out)`
    : "";
}

/** Of these, not all is left out if something in them is wrong. */
const NESTED: ReadonlySet<PropertyKey> = new Set([
  "ignore",
  "kinds",
  "severity",
  "sources",
]);

function depthOf([first = ""]: readonly PropertyKey[]): number {
  return NESTED.has(first) ? 2 : 1;
}

function indexIn([, index]: readonly PropertyKey[]): number {
  return typeof index === "number" ? index : -1;
}

/** An object or list less what stands at a path. */
function without(value: object, path: readonly PropertyKey[]): object {
  const [key = "", ...rest] = path;
  if (Array.isArray(value)) return value.toSpliced(Number(key), 1);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      name !== key
        ? [[name, member]]
        : rest.length === 0
        ? []
        : typeof member === "object" && member !== null
        ? [[name, without(member, rest)]]
        : []
    ),
  );
}

/** A path as a person writes it: sources[0].fields[1].kind */
function written(path: readonly PropertyKey[]): string {
  return path.map((key, n) =>
    typeof key === "number" ? `[${key}]` : `${n > 0 ? "." : ""}${String(key)}`
  ).join("");
}

/** Settings of Wazuh's integration block, which are no options. */
const BLOCK: ReadonlySet<string> = new Set([
  "alert_format",
  "api_key",
  "event_location",
  "group",
  "hook_url",
  "level",
  "retries",
  "rule_id",
  "timeout",
]);

/** More names are not said in a sentence. */
const MAX_NAMED = 12;

/** What is wrong at a path: unknown, no such value, or not what it must be. */
function explainAt(
  mistake: Mistake,
  path: readonly PropertyKey[],
  value?: unknown,
): string {
  const { type, message } = mistake;
  if (isUnknown(mistake)) {
    const known = Object.keys(partsAt(path.slice(0, -1)).entries);
    const [name = "", ...below] = path.map(String);
    const meant = suggest(String(path.at(-1)), known);
    if (meant === "" && below.length > 0 && known.length <= MAX_NAMED) {
      return `unknown, there are ${known.join(", ")}`;
    }
    return below.length === 0 && BLOCK.has(name)
      ? `unknown, <${name}> of the integration block says that`
      : `unknown${meant}`;
  }
  if (type === "picklist") {
    const values = partsAt(path).options.map(String);
    return `must be ${values.join(", ")}${
      typeof value === "string" ? suggest(value, values) : ""
    }`;
  }
  if (WORDED.has(type)) return message;
  if (value === undefined) return "is missing";
  return `must be ${needsAt(path) ?? TYPES[type] ?? THRESHOLD}`;
}

/** What the schema says itself in words of ours. */
const WORDED: ReadonlySet<string> = new Set(["check", "min_length", "regex"]);

/** What the schema does not take. */
type Mistake = Pick<
  v.BaseIssue<unknown>,
  "type" | "expected" | "message" | "path"
>;

/** What an option must be, as it is said everywhere. */
function needsAt([name, ...rest]: readonly PropertyKey[]): string | undefined {
  return rest.length > 0
    ? undefined
    : Object.entries(OPTIONS).find(([known]) => known === name)?.[1].needs;
}

/** What of numbers is no option is a threshold of `severity`. */
const THRESHOLD = OPTIONS.min_score.needs;

/** What a part of an option must be, by its type in the schema. */
const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  number: "a number, without quotes",
  strict_object: "an object",
  string: "a text",
  union: "a text, or a list of texts",
};

/** What a schema is made of, as far as it has such parts. */
interface Parts {
  /** Of an object. */
  readonly entries: object;
  /** Of a list. */
  readonly item: unknown;
  /** Of a choice. */
  readonly options: readonly unknown[];
}

/** The parts of the schema at a path. */
function partsAt(path: readonly PropertyKey[]): Parts {
  return partsOf(
    path.reduce((schema: unknown, key) => {
      const { entries, item } = partsOf(schema);
      return typeof key === "number" ? item : valueAt(entries, [key]);
    }, configSchema()),
  );
}

function partsOf(schema: unknown): Parts {
  // What may be missing is wrapped.
  const wrapped = valueAt(schema, ["wrapped"]);
  if (wrapped !== undefined) return partsOf(wrapped);
  const entries = valueAt(schema, ["entries"]);
  const options = valueAt(schema, ["options"]);
  return {
    entries: Object(entries),
    item: valueAt(schema, ["item"]),
    options: Array.isArray(options) ? options : [],
  };
}
