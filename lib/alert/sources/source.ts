/**
 * What a source of events is: which alerts it reads, and what it takes from
 * them. Sources are data, the user's own as those that are built in.
 *
 * @module
 */
import { type Alert, MAX_ENTRIES, readTexts, textsAt } from "../alert.ts";
import { type Candidate, type Skipped, withoutQuotes } from "../ioc.ts";
import { HASH_KINDS, MAX_TEXT_LENGTH, type TextKind } from "../kinds.ts";
import { eachUrlIn, urlAndHost } from "./urls.ts";

/** A text that may be an IoC, or one that is left alone, and why. */
export type Finding = Candidate | Skipped;

/** What a field may hold; `text` is searched for URLs. */
export const FIELD_KINDS = [
  "address",
  "host",
  "hostname",
  "url",
  "email",
  "hash",
  ...HASH_KINDS,
  "text",
  "user_agent",
  "mac",
] as const satisfies readonly (TextKind | "text")[];

/** See {@linkcode FIELD_KINDS}. */
export type FieldKind = typeof FIELD_KINDS[number];

/**
 * A condition on an alert. Regular expressions here are JavaScript's, with the
 * flags `i` and `u`.
 */
export interface Condition {
  /** A path, see {@linkcode textsAt}. */
  readonly field: string;
  /** One of the texts there is one of these. */
  readonly equals?: string | readonly string[] | undefined;
  /** One of the texts there matches this regular expression. */
  readonly matches?: string | undefined;
  /** Turns it round. */
  readonly not?: boolean | undefined;
}

/** Which alerts are read: in one of the groups or by one of the decoders… */
export interface Selector {
  /** Rule groups, exact or with `*`. */
  readonly groups?: readonly string[] | undefined;
  /** Decoders, exact or with `*`. */
  readonly decoders?: readonly string[] | undefined;
  /** …if all of this holds. */
  readonly when?: readonly Condition[] | undefined;
}

/** What stands at a path of an alert. */
export interface Field {
  /** One path or many, see {@linkcode textsAt}. */
  readonly path: string | readonly string[];
  /** What stands there. Not needed if the names of the groups say it. */
  readonly kind?: FieldKind | undefined;
  /**
   * A regular expression that takes the values out of the text, as often as it
   * matches. Its named groups are kinds (a number may follow), `value`, or the
   * `port` of the addresses.
   */
  readonly pattern?: string | undefined;
  /** Where the port of an address stands. */
  readonly port?: string | undefined;
  /** Where the host stands, if a URL is only a path. */
  readonly host?: string | undefined;
  /** The scheme of such a URL. Else its port says it, or both are asked for. */
  readonly scheme?: "http" | "https" | undefined;
  /** Why the values are not asked for. */
  readonly skip?: string | undefined;
  /** The field is read if all of this holds. */
  readonly when?: readonly Condition[] | undefined;
}

/** A source of events. */
export interface Source extends Selector {
  readonly name: string;
  /** Other alerts that are read as well. */
  readonly or?: readonly Selector[] | undefined;
  /** Of which alerts nothing is asked for, and why. */
  readonly leave?:
    | readonly {
      readonly when: readonly Condition[];
      readonly because: string;
    }[]
    | undefined;
  readonly fields: readonly Field[];
  /** Finds what fields cannot say. */
  readonly find?: {
    /** What it takes, for people. */
    readonly takes: string;
    readonly in: (alert: Alert, readAlert: ReadAlert) => Iterable<Finding>;
  };
}

/** Reads an alert with all sources. */
export type ReadAlert = (alert: Alert) => readonly Finding[];

/**
 * Whether a source reads an alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"rule":{"groups":["sysmon_event3"]}}');
 * assertEquals(isFor({ name: "a", groups: ["sysmon*"], fields: [] }, alert), true);
 * assertEquals(isFor({ name: "b", groups: ["sysmon"], fields: [] }, alert), false);
 * ```
 */
export function isFor(source: Source, alert: Alert): boolean {
  return isSelected(source, alert) ||
    source.or?.some((selector) => isSelected(selector, alert)) === true;
}

function isSelected(selector: Selector, alert: Alert): boolean {
  const { groups, decoders, when = [] } = selector;
  const isByConditionsAlone = groups === undefined && decoders === undefined &&
    when.length > 0;
  return (isByConditionsAlone || isNamed(selector, alert)) &&
    allHold(when, alert);
}

/** No more groups of an alert's rule are read: a rule has a few. */
export const MAX_GROUPS = 1000;

/**
 * Whether the alert has one of the groups or decoders.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"decoder":{"name":"acme-proxy"}}');
 * assertEquals(isNamed({ groups: ["x"], decoders: ["acme-*"] }, alert), true);
 * ```
 */
export function isNamed({ groups, decoders }: Selector, alert: Alert): boolean {
  const ofRule = alert.rule.groups.slice(0, MAX_GROUPS);
  return groups?.some((name) =>
    ofRule.some((group) => isNamedBy(name, group))
  ) ||
    decoders?.some((name) => isNamedBy(name, alert.decoder.name ?? "")) ||
    false;
}

/** Whether a name is as a pattern says, where `*` is any text. */
function isNamedBy(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop() ?? "";
  if (
    !name.startsWith(start) || !name.endsWith(end) ||
    name.length < start.length + end.length
  ) return false;
  let at = start.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > name.length - end.length) {
      return false;
    }
    at = found + part.length;
  }
  return true;
}

function allHold(conditions: readonly Condition[], alert: Alert): boolean {
  return conditions.every((condition) => holds(condition, alert));
}

function holds({ field, equals, matches, not }: Condition, alert: Alert) {
  const texts = textsAt(alert, field);
  // Most fields are not there: no regular expression is made for these.
  if (texts.length === 0) return not === true;
  const wanted = equals === undefined ? [] : [equals].flat();
  const pattern = matches === undefined ? undefined : new RegExp(matches, "iu");
  let room = MAX_SEARCHED;
  const isSo = texts.some((text) => {
    const searched = text.slice(0, room);
    room -= searched.length;
    return searched !== "" &&
      (equals === undefined || wanted.includes(text)) &&
      (pattern === undefined || pattern.test(searched));
  });
  return isSo !== (not === true);
}

/**
 * The texts of an alert that a source takes for IoCs, in the order they are
 * asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"full_log":"from=<a@b.example> ip=1.2.3.4"}');
 * const source = {
 *   name: "mail",
 *   fields: [{ path: "full_log", pattern: "ip=(?<address>[\\d.]+)" }],
 * };
 * assertEquals(readSource(source, alert), [
 *   { kind: "address", text: "1.2.3.4", field: "full_log" },
 * ]);
 * ```
 */
export function readSource(
  source: Source,
  alert: Alert,
  { readAlert = () => [], room = roomForAlert() }: {
    /** For an alert that is in this one. */
    readonly readAlert?: ReadAlert;
    /** What all sources together may take yet. */
    readonly room?: Room;
  } = {},
): readonly Finding[] {
  const left = source.leave?.find(({ when }) => allHold(when, alert));
  const found = [...within(room, findingsIn(source, alert, readAlert))];
  return left === undefined
    ? found
    : found.map(({ text, field }) => ({ text, field, reason: left.because }));
}

/** How much may be taken of an alert yet. What is taken is taken off. */
export interface Room {
  texts: number;
  characters: number;
}

const MAX_TEXTS = 4000;
const MAX_CHARACTERS = 1_000_000;

/** Far more than what analysisd's longest alert holds. */
export function roomForAlert(): Room {
  return { texts: MAX_TEXTS, characters: MAX_CHARACTERS };
}

function* within(room: Room, findings: Iterable<Finding>): Generator<Finding> {
  for (const finding of findings) {
    if (room.texts <= 0 || room.characters <= 0) {
      const reason = `more than ${MAX_TEXTS} texts, or ` +
        `${MAX_CHARACTERS} characters of them, in one alert`;
      yield { text: finding.text, field: finding.field, reason };
      return;
    }
    room.texts--;
    // What is longer is no IoC, and is not looked at.
    room.characters -= Math.min(finding.text.length, MAX_TEXT_LENGTH);
    yield finding;
  }
}

function* findingsIn(
  source: Source,
  alert: Alert,
  readAlert: ReadAlert,
): Generator<Finding> {
  for (const field of source.fields) {
    if (!allHold(field.when ?? [], alert)) continue;
    for (const path of [field.path].flat()) yield* readPath(path, field, alert);
  }
  yield* source.find?.in(alert, readAlert) ?? [];
}

function* readPath(
  path: string,
  field: Field,
  alert: Alert,
): Generator<Finding> {
  const { texts, leftOut } = readTexts(alert, path);
  const rows = texts.length;
  const isSearched = field.pattern !== undefined || field.kind === "text";
  let room = MAX_SEARCHED;
  for (const [row, written] of texts.entries()) {
    const part = written.slice(0, isSearched ? room : MAX_SEARCHED);
    const { values, isCut } = valuesIn(fromXml(path, part), field);
    for (const value of values) {
      yield* readValue({ ...value, path, row, rows, leftOut, field, alert });
    }
    const leave = (reason: string): Skipped => ({
      text: written.length > 40 ? `${written.slice(0, 40)}…` : written,
      field: path,
      reason,
    });
    if (isCut) yield leave(`only its first ${MAX_MATCHES} matches were taken`);
    if (!isSearched) continue;
    room -= part.length;
    if (part.length < written.length) {
      const whose = rows === 1 ? "its" : "the field's";
      yield leave(
        `only ${whose} first ${MAX_SEARCHED} characters were searched`,
      );
      break;
    }
  }
  if (leftOut > 0) {
    const reason = `only the first ${MAX_ENTRIES} entries were read`;
    yield { text: `${leftOut} more`, field: path, reason };
  }
}

/** Where a value stands. */
interface Place {
  readonly path: string;
  /** Which it is of all that the path leads to. */
  readonly row: number;
  readonly rows: number;
  /** How many more there are. */
  readonly leftOut: number;
  readonly field: Field;
  readonly alert: Alert;
}

/** What belongs to a value: the only one there is, or that of the same row. */
function besides(
  path: string | undefined,
  { row, rows, leftOut, alert }: Place,
): string | undefined {
  if (path === undefined) return undefined;
  const beside = readTexts(alert, path);
  const { texts } = beside;
  return texts.length === rows && beside.leftOut === leftOut
    ? texts[row]
    : rows === 1
    ? texts[0]
    : undefined;
}

/**
 * The decoder of Windows events leaves XML's entities as they are, and so does
 * who has none.
 */
function fromXml(path: string, text: string): string {
  return text.includes("&") &&
      (path.startsWith("data.win.") || text.includes("<Event>"))
    ? text.replace(
      /&(?:amp|lt|gt|quot|apos);/g,
      (entity) => ENTITIES[entity] ?? entity,
    )
    : text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

interface Value {
  readonly kind: FieldKind;
  readonly text: string;
  readonly port?: string | undefined;
}

/** A text that matches a pattern more often is an attack on our time. */
const MAX_MATCHES = 1000;

/** The longest log that analysisd takes. Regular expressions see no more. */
export const MAX_SEARCHED = 65_536;

/** The values in a text, and whether there are more. */
function valuesIn(
  text: string,
  { kind, pattern }: Field,
): { readonly values: readonly Value[]; readonly isCut: boolean } {
  if (pattern === undefined) {
    return { values: kind === undefined ? [] : [{ kind, text }], isCut: false };
  }
  const matches = text.matchAll(new RegExp(pattern, "giu"))
    .take(MAX_MATCHES + 1).toArray();
  const values = matches.slice(0, MAX_MATCHES).flatMap(({ groups = {} }) =>
    Object.entries(groups).flatMap(([name, value]) => {
      const named = kindNamed(name) ?? kind;
      // What does not take part in the match is undefined.
      const text: string | undefined = value;
      return text === undefined || text === "" || named === undefined
        ? []
        : [{ kind: named, text, port: groups["port"] }];
    })
  );
  return { values, isCut: matches.length > MAX_MATCHES };
}

/**
 * The names of the groups of a pattern.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(groupsOf("(?<!x)(?<address>a)|(?<host2>b)"), ["address", "host2"]);
 * ```
 */
export function groupsOf(pattern: string): string[] {
  return [...pattern.matchAll(/\(\?<([A-Za-z]\w*)>/g)]
    .map(([, name = ""]) => name);
}

/**
 * The fields of the hashes that stand side by side in an object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashesIn("data.file")[2], { path: "data.file.md5", kind: "md5" });
 * ```
 */
export function hashesIn(path: string): readonly Field[] {
  return (["sha256", "sha1", "md5"] as const)
    .map((kind) => ({ path: `${path}.${kind}`, kind }));
}

/**
 * The kind that a group of a pattern is named for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kindNamed("address2"), "address");
 * assertEquals(kindNamed("sha256"), "sha256");
 * assertEquals(kindNamed("value"), undefined);
 * ```
 */
export function kindNamed(name: string): FieldKind | undefined {
  return FIELD_KINDS.find((kind) => kind === name) ??
    FIELD_KINDS.find((kind) => kind === name.replace(/\d$/, ""));
}

function readValue(value: Value & Place): Iterable<Finding> {
  const { kind, text, path, field } = value;
  if (field.skip !== undefined) {
    return [{ text, field: path, reason: field.skip }];
  }
  const port = besides(field.port, value) ?? value.port;
  switch (kind) {
    case "text":
      // CEF and LEEF escape "=".
      return eachUrlIn(text.replaceAll("\\=", "=")).flatMap((url) =>
        urlAndHost(url, path)
      );
    case "url":
      return readUrl({ ...value, port });
    case "email": {
      const domain = /@([^@\s<>"']+)/.exec(text)?.[1];
      return [
        { kind, text, field: path },
        ...domain === undefined
          ? []
          : [{ kind: "host", text: domain, field: path } as const],
      ];
    }
    default:
      return [{
        kind,
        text,
        field: path,
        ...port === undefined ? {} : { port },
      }];
  }
}

/** A URL may be whole, without its scheme, a host with a port, or a path. */
function readUrl(value: Value & Place): Finding[] {
  const { text, path, field, port } = value;
  // What is longer is no IoC: that is found out, and told, as for any URL.
  if (text.length > MAX_TEXT_LENGTH) {
    return [{ kind: "url", text, field: path }];
  }
  const bare = withoutQuotes(text);
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(bare)) return urlAndHost(bare, path);
  if (/^(?:[^/\s:][^/\s:.]*\.[^/\s:]+|\[[\da-f:.]+\]):\d+$/i.test(bare)) {
    return [{ kind: "host", text: bare, field: path }];
  }
  const schemes = schemesFor(field, port);
  if (!bare.startsWith("/")) {
    return /^[^/\s][^/\s.]*\.[^/\s]+\//.test(bare)
      ? schemes.flatMap((scheme) => urlAndHost(`${scheme}://${bare}`, path))
      : [{ text, field: path, reason: "not a URL of http, https or ftp" }];
  }
  const host = besides(field.host, value);
  if (host === undefined) {
    return [{ text, field: path, reason: "a path, and the host is not told" }];
  }
  const hosts = new Set([host, withPort(host, port)]);
  return [
    { kind: "host", text: host, field: `${field.host}` },
    ...schemes.flatMap((scheme) =>
      [...hosts].map((at) => ({
        kind: "url" as const,
        text: `${scheme}://${at}${bare}`,
        field: `${field.host} + ${path}`,
      }))
    ),
  ];
}

function schemesFor(
  { scheme }: Field,
  port: string | undefined,
): readonly string[] {
  if (scheme !== undefined) return [scheme];
  if (port === "443") return ["https"];
  return port === "80" ? ["http"] : ["http", "https"];
}

/** A host with a port, if there is one and the host does not have it already. */
function withPort(host: string, port: string | undefined): string {
  return port === undefined || !/^\d+$/.test(port) || /:\d+$/.test(host)
    ? host
    : `${host}:${port}`;
}
