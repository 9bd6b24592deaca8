/**
 * Reads options: from the configuration file, where what is wrong is left out,
 * and from the options file that integratord writes from `<options>` of the
 * integration block. What is wrong is told with its place.
 *
 * @module
 */
import type * as z from "zod/mini";
import { type Config, configSchema, OPTIONS } from "./config.ts";
import { messageOf, UsageError } from "../errors.ts";
import { suggest } from "../suggest.ts";

/**
 * Reads the options from the JSON of an options file.
 *
 * @param base What the configuration file says; an option here replaces it.
 *
 * @throws {UsageError} If it is no JSON object, or an option is unknown or
 * wrong; the message names it, and holds no value.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { UsageError } from "../errors.ts";
 *
 * assertEquals(parseConfig('{"max_ind_alerts":5}').max_ind_alerts, 5);
 * assertThrows(() => parseConfig('{"max_ind":5}'), UsageError, '"max_ind"');
 * ```
 */
export function parseConfig(json: string, base: object = {}): Config {
  const value = parseJson(json);
  const config = configSchema().safeParse({ ...base, ...objectOf(value) }, {
    jitless: true,
  });
  if (!config.success) {
    throw new UsageError(config.error.issues.map(explain).join("; "));
  }
  const { client_cert, client_key } = config.data;
  if ((client_cert === undefined) !== (client_key === undefined)) {
    throw new UsageError(`options ${PAIR_NEEDED}`);
  }
  return config.data;
}

/**
 * The configuration file that options name. Whether they are right is found out
 * when they are read, with what that file says.
 *
 * @throws {UsageError} If they are no JSON object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(configPathIn('{"config":"/etc/o.json"}'), "/etc/o.json");
 * assertEquals(configPathIn('{"debug":true}'), undefined);
 * ```
 */
export function configPathIn(json: string): string | undefined {
  const path = valueAt(objectOf(parseJson(json)), ["config"]);
  return typeof path === "string" && path.startsWith("/") ? path : undefined;
}

/** Whether the JSON of an options file sets an option. */
export function hasOption(json: string, name: keyof Config): boolean {
  return valueAt(objectOf(parseJson(json)), [name]) !== undefined;
}

const CLIENT_PAIR = ["client_cert", "client_key"] as const;
const PAIR_NEEDED = '"client_cert" and "client_key" need each other';

/** A configuration file, less what is wrong in it. */
export interface ConfigFile {
  /** What of it can be used. */
  readonly options: object;
  /** What is wrong, a sentence each, with its path in the file. */
  readonly problems: readonly string[];
}

/**
 * Reads a configuration file. What is wrong in it is told and left out: an
 * option, an entry of `ignore`, `kinds` or `severity`, or one source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseConfigFile('{"generic":true,"min_scroe":50}'), {
 *   options: { generic: true },
 *   problems: ['min_scroe: unknown, did you mean "min_score"?'],
 * });
 * ```
 */
export function parseConfigFile(json: string): ConfigFile {
  let options: object;
  try {
    // "$schema" is for editors.
    options = without(objectOf(parseJson(json)), ["$schema"]);
  } catch (error) {
    const problem = `${messageOf(error)}, nothing of it is used`;
    return { options: {}, problems: [problem] };
  }
  const schema = configSchema();
  const problems: string[] = [];
  // What is wrong is taken out, from the end on: places stay as in the file.
  while (true) {
    const { error } = schema.safeParse(options, { jitless: true });
    if (error === undefined) break;
    const mistakes = error.issues.flatMap((issue) =>
      (issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path]).map((path) => ({ issue, path }))
    );
    for (const { issue, path } of mistakes) {
      const says = explainAt(issue, path, valueAt(options, path));
      problems.push(`${written(path)}: ${says}${leftOut(options, path)}`);
    }
    const places = new Map(
      mistakes.map(({ path }) => path.slice(0, depthOf(path)))
        .toSorted((a, b) => indexIn(b) - indexIn(a))
        .map((place) => [written(place), place]),
    );
    for (const place of places.values()) options = without(options, place);
  }
  const [lone, other] = CLIENT_PAIR.filter((name) => name in options);
  if (lone !== undefined && other === undefined) {
    problems.push(`${lone}: ${PAIR_NEEDED}`);
    options = without(options, [lone]);
  }
  return { options, problems };
}

/** Says which source is not used, for it may have many fields. */
function leftOut(options: object, path: readonly PropertyKey[]): string {
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

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (inner: unknown, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? Reflect.get(inner, key)
        : undefined,
    value,
  );
}

/** A path as a person writes it: sources[0].fields[1].kind */
function written(path: readonly PropertyKey[]): string {
  return path.map((key, n) =>
    typeof key === "number" ? `[${key}]` : `${n > 0 ? "." : ""}${String(key)}`
  ).join("");
}

function explainAt(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[],
  value?: unknown,
): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `unknown${suggest(String(path.at(-1)), namesAt(issue.path))}`;
    case "invalid_value": {
      const values = issue.values.map(String);
      return `must be ${values.join(", ")}${
        typeof value === "string" ? suggest(value, values) : ""
      }`;
    }
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_union":
      return "must be a text, or a list of texts";
    case "custom":
    case "invalid_format":
      return issue.message;
    default: {
      const option = path.length === 1 ? optionNamed(path[0]) : undefined;
      if (option !== undefined) return `must be ${option.needs}`;
      return `is not as needed: ${issue.message}`;
    }
  }
}

const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number, without quotes",
  object: "an object",
  string: "a text",
};

/**
 * The names that the schema knows at a path. Its parts are looked at as data:
 * zod's classes would bring all of zod into the bundle.
 */
function namesAt(path: readonly PropertyKey[]): readonly string[] {
  const at = path.reduce((schema: unknown, key) => {
    const { shape, element } = definitionOf(schema);
    return typeof key === "number" ? element : valueAt(shape, [key]);
  }, configSchema());
  return Object.keys(definitionOf(at).shape ?? {});
}

/** What a schema is made of, without its default or its being optional. */
function definitionOf(
  schema: unknown,
): { readonly shape: unknown; readonly element: unknown } {
  const inner = valueAt(schema, ["_zod", "def", "innerType"]);
  return inner !== undefined ? definitionOf(inner) : {
    shape: valueAt(schema, ["_zod", "def", "shape"]),
    element: valueAt(schema, ["_zod", "def", "element"]),
  };
}

function parseJson(json: string): unknown {
  try {
    // trim() takes off a byte order mark too.
    return JSON.parse(json.trim());
  } catch (error) {
    // What JSON.parse() says quotes the text: a proxy's password may be in it.
    const place = /\(line \d+ column \d+\)/.exec(messageOf(error))?.[0];
    throw new UsageError(`it is not JSON${place ? ` ${place}` : ""}`);
  }
}

function objectOf(value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError("it must be a JSON object");
  }
  return value;
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    return issue.keys.map((key) =>
      `unknown option ${JSON.stringify(key)}${
        suggest(key, Object.keys(OPTIONS))
      }`
    ).join("; ");
  }
  const option = optionNamed(issue.path[0]);
  return option === undefined
    ? "it must be a JSON object"
    : issue.path.length > 1
    ? `option "${written(issue.path)}": ${explainAt(issue, issue.path)}`
    : `option "${String(issue.path[0])}" must be ${option.needs}`;
}

function optionNamed(name: PropertyKey | undefined) {
  return Object.entries(OPTIONS).find(([known]) => known === name)?.[1];
}
