/**
 * The texts of an alert that may hold an IoC, with their names.
 *
 * @module
 */
import { memberOf } from "../json.ts";
import type { Alert } from "./alert.ts";
import type { TextKind } from "./kinds.ts";

/**
 * How much is looked for: nothing; what is sure to be one by its form or by the
 * name of its field; or bare domains and hashes too, and in the logs before.
 */
export const SWEEPS = ["off", "safe", "all"] as const;

/** See {@linkcode SWEEPS}. */
export type Sweep = typeof SWEEPS[number];

/** No more texts and members of objects are looked at. */
const MAX_TEXTS = 1000;
const MAX_MEMBERS = 10_000;

/** What is deeper, or has a longer path, is not looked at. */
const MAX_DEPTH = 50;
const MAX_PATH_LENGTH = 1000;

/** A text, where it stands, and what it is named. */
export interface NamedText {
  readonly text: string;
  readonly path: string;
  readonly name: string;
  readonly parent: string;
  /** What the type that stands beside it says. */
  readonly said?: TextKind | undefined;
}

/**
 * Reads the texts of an alert's `data` and log that may hold an IoC, and for all
 * those of the logs before; says whether all were read.
 *
 * @param options `read` says whether there is room for more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const paths: string[] = [];
 * const alert = parseAlert('{"data":{"a":{"ip":"1.2.3.4","n":"7"}}}');
 * eachTextIn(alert, { mode: "safe", read: ({ path }) => paths.push(path) > 0 });
 * assertEquals(paths, ["data.a.ip"]);
 * ```
 */
export function eachTextIn(
  alert: Alert,
  { mode, read }: {
    readonly mode: Sweep;
    readonly read: (value: NamedText) => boolean;
  },
): boolean {
  const { data, full_log: log = "" } = alert;
  // What is decoded from JSON is in the data, with its names.
  const isDecoded = log.startsWith("{") && Object.keys(data).length > 0;
  const places: Readonly<Record<string, unknown>> = {
    data,
    ...mode !== "off" && !isDecoded && { full_log: parsed(log) },
    ...mode === "all" && {
      previous_output: alert.previous_output,
      "syscheck.diff": alert.syscheck["diff"],
    },
  };
  let members = 0;
  let texts = 0;
  return Object.entries(places).every(([path, value]) =>
    walk(value, { path, name: path, parent: "", depth: 0 })
  );

  function walk(
    value: unknown,
    place: Omit<NamedText, "text"> & { readonly depth: number },
  ): boolean {
    if (++members > MAX_MEMBERS) return false;
    if (isWorth(value, isNamed(place.parent, place.name))) {
      return ++texts <= MAX_TEXTS && read({ ...place, text: value });
    }
    if (typeof value !== "object" || value === null) return true;
    const { path, name, depth } = place;
    if (depth === MAX_DEPTH || path.length > MAX_PATH_LENGTH) return false;
    if (Array.isArray(value)) {
      return value.every((one) => walk(one, { ...place, depth: depth + 1 }));
    }
    for (const key in value) {
      const inner: unknown = Reflect.get(value, key);
      // Most members hold nothing: for these, no path is made.
      if (typeof inner !== "object" && !isWorth(inner, isNamed(name, key))) {
        members++;
        continue;
      }
      const next = {
        path: `${path}.${key}`,
        name: key,
        parent: name,
        depth: depth + 1,
        said: VALUE.test(key) ? typeBeside(value) : undefined,
      };
      if (!walk(inner, next)) return false;
    }
    return true;
  }

  function isWorth(text: unknown, isAny: boolean): text is string {
    return typeof text === "string" && mayHold(text, !isAny);
  }

  function isNamed(parent: string, name: string): boolean {
    return mode !== "off" || parent === "data" && SHARED.has(name);
  }
}

/** What decoders of all products share; with no sweep, these are read and hashes. */
const SHARED: ReadonlySet<string> = new Set([
  "srcip",
  "dstip",
  "hostname",
  "url",
]);

/** Whether a text may hold an IoC: most do not, and this is quick to see. */
function mayHold(text: string, isHashOnly: boolean): boolean {
  const { length } = text;
  if (length >= 32 && (!isHashOnly || HASH_LENGTHS.has(length))) return true;
  return !isHashOnly && length >= 4 && /[.:@%]/.test(text);
}

const HASH_LENGTHS: ReadonlySet<number> = new Set([32, 40, 64, 128]);

/** A log that is JSON, as what it says. */
function parsed(log: string): unknown {
  if (!log.startsWith("{")) return log;
  try {
    return JSON.parse(log);
  } catch {
    return log;
  }
}

/** Feeds and cases write a value, and beside it of what type it is. */
function typeBeside(object: object): TextKind | undefined {
  for (const name of TYPE_NAMES) {
    const type = memberOf(object, name);
    if (typeof type !== "string") continue;
    const kind = TYPES.get(type.toLowerCase().replace(/[^a-z\d]/g, ""));
    if (kind !== undefined) return kind;
  }
  return undefined;
}

const TYPE_NAMES = [
  "type",
  "Type",
  "dataType",
  "data_type",
  "ioc_type",
  "indicator_type",
  "observable_type",
  "kind",
];

/** What the value is named beside its type. */
const VALUE =
  /^(?:value\d?|indicator|ioc|ioc_value|observable|data|artifact)$/i;

const TYPES: ReadonlyMap<string, TextKind> = new Map([
  ...["domain", "hostname", "fqdn", "host", "domainname", "hostnameport"]
    .map((type) => [type, "host"] as const),
  ...[
    "ip",
    "ipv4",
    "ipv6",
    "ipsrc",
    "ipdst",
    "ipaddress",
    "ipv4addr",
    "ipv6addr",
  ]
    .map((type) => [type, "address"] as const),
  ...["url", "uri"].map((type) => [type, "url"] as const),
  ...["hash", "md5", "sha1", "sha256", "sha512", "filehash", "file"]
    .map((type) => [type, "hash"] as const),
  ...["email", "emailsrc", "emailaddr", "mail"]
    .map((type) => [type, "email"] as const),
]);
