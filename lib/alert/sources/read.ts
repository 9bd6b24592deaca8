/**
 * What a source takes from an alert, made ready once and then used for any
 * number of alerts.
 *
 * @module
 */
import { type Alert, MAX_ENTRIES, readerOf, type ReadTexts } from "../alert.ts";
import { withoutQuotes } from "../ioc.ts";
import { MAX_TEXT_LENGTH } from "../kinds.ts";
import { type Test, testOf } from "./select.ts";
import {
  type Field,
  type FieldKind,
  type Finding,
  kindNamed,
  MAX_SEARCHED,
  type ReadAlert,
  type Source,
} from "./source.ts";
import { findInCommand, findInRequest } from "./commands.ts";
import { eachUrlIn, urlAndHost } from "./urls.ts";

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

/** What a source takes from an alert is read with this. */
export interface Context {
  /** For an alert that is in this one. */
  readonly readAlert: ReadAlert;
  /** What all sources together may take yet. */
  readonly room: Room;
}

/** What a source takes from an alert. */
export interface SourceReading {
  /** The texts that it takes for IoCs, in the order they are asked for. */
  readonly findings: readonly Finding[];
  /** Whether nothing of the alert is asked for. */
  readonly isLeft: boolean;
  /** Whether some of these may be the network's own. */
  readonly mayBeOwn: boolean;
}

/** A source that is ready to read alerts. */
export interface Reader {
  readonly read: (alert: Alert, context?: Partial<Context>) => SourceReading;
  /** The paths of the fields that it reads, without `[]`; a log is more. */
  readonly paths: ReadonlySet<string>;
}

/**
 * Makes a source ready to read alerts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"full_log":"from=<a@b.example> ip=1.2.3.4"}');
 * const { read } = readerFor({
 *   name: "mail",
 *   fields: [{ path: "full_log", pattern: "ip=(?<address>[\\d.]+)" }],
 * });
 * assertEquals(read(alert).findings, [
 *   { kind: "address", text: "1.2.3.4", field: "full_log" },
 * ]);
 * ```
 */
export function readerFor({ fields, find, leave = [] }: Source): Reader {
  const readFields = fields.flatMap((field) =>
    [field.path].flat().map((path) => fieldReader(field, path))
  );
  const reasons = leave.map(({ when, because }) => ({
    holds: testOf(when),
    because,
  }));
  const paths = new Set(
    fields.flatMap(({ path }) => path).filter((path) => path !== "full_log")
      .map((path) => path.replaceAll("[]", "")),
  );
  const mayBeOwn = find !== undefined || fields.some(({ isOwn }) => isOwn);
  return { paths, read };

  function read(
    alert: Alert,
    { readAlert = () => [], room = roomForAlert() }: Partial<Context> = {},
  ): SourceReading {
    const { found, take } = basket(room);
    if (readFields.every((read) => read(alert, take))) {
      for (const finding of find?.in(alert, readAlert) ?? []) {
        if (!take(finding)) break;
      }
    }
    const reason = reasons.find(({ holds }) => holds(alert))?.because;
    return reason === undefined
      ? { findings: found, isLeft: false, mayBeOwn }
      : {
        findings: found.map(({ text, field }) => ({ text, field, reason })),
        isLeft: true,
        mayBeOwn: false,
      };
  }
}

/** Takes one more, and says whether there is room for others. */
type Take = (finding: Finding) => boolean;

/** What is found, as far as there is room. */
function basket(
  room: Room,
): { readonly found: readonly Finding[]; readonly take: Take } {
  const found: Finding[] = [];
  const take = (finding: Finding): boolean => {
    if (room.texts <= 0 || room.characters <= 0) {
      const { text, field } = finding;
      const reason = `more than ${MAX_TEXTS} texts, or ` +
        `${MAX_CHARACTERS} characters of them, in one alert`;
      found.push({ text, field, reason });
      return false;
    }
    room.texts--;
    // What is longer is no IoC, and is not looked at.
    room.characters -= Math.min(finding.text.length, MAX_TEXT_LENGTH);
    found.push(finding);
    return true;
  };
  return { found, take };
}

/** Reads one path of a field; says whether there is room for more. */
type ReadField = (alert: Alert, take: Take) => boolean;

/** A path of a field, made ready. */
interface ReadyField extends Pick<Field, "kind" | "skip" | "isOwn" | "scheme"> {
  readonly path: string;
  readonly pattern: RegExp | undefined;
  readonly readPort: ReadTexts | undefined;
  readonly host:
    | { readonly path: string; readonly read: ReadTexts }
    | undefined;
}

function fieldReader(field: Field, path: string): ReadField {
  const read = readerOf(path);
  let ready: ReadyField | undefined;
  let holds: Test | undefined;
  return (alert, take) => {
    const { texts, leftOut } = read(alert);
    if (texts.length + leftOut === 0) return true;
    // Made when the field is met first: most of a table never is.
    holds ??= testOf(field.when);
    if (!holds(alert)) return true;
    ready ??= madeReady(field, path);
    if (path === "full_log" && matchesNowhere(ready.pattern, texts)) {
      return true;
    }
    return readTexts(texts, { ready, alert, take, leftOut });
  };
}

/** Most patterns match most logs nowhere: this is quick to see. */
function matchesNowhere(
  pattern: RegExp | undefined,
  [text = "", ...others]: readonly string[],
): boolean {
  if (
    pattern === undefined || others.length > 0 || text.length > MAX_SEARCHED ||
    text.includes("&")
  ) return false;
  pattern.lastIndex = 0;
  const matches = pattern.test(text);
  pattern.lastIndex = 0;
  return !matches;
}

function madeReady(
  { kind, skip, isOwn, scheme, pattern, port, host }: Field,
  path: string,
): ReadyField {
  return {
    kind,
    skip,
    isOwn,
    scheme,
    path,
    pattern: pattern === undefined ? undefined : new RegExp(pattern, "giu"),
    readPort: port === undefined ? undefined : readerOf(port),
    host: host === undefined ? undefined : { path: host, read: readerOf(host) },
  };
}

/** What stands at a field's path in an alert. */
interface Reading {
  readonly ready: ReadyField;
  readonly alert: Alert;
  readonly take: Take;
  /** How many entries of lists were not read. */
  readonly leftOut: number;
}

function readTexts(texts: readonly string[], reading: Reading): boolean {
  const { ready: { path, kind, pattern }, take, leftOut } = reading;
  const rows = texts.length;
  const isSearched = pattern !== undefined || SEARCHED.has(kind);
  const findPort = besides(reading.ready.readPort, { ...reading, rows });
  const findHost = besides(reading.ready.host?.read, { ...reading, rows });
  let room = MAX_SEARCHED;
  for (const [row, written] of texts.entries()) {
    const part = written.slice(0, isSearched ? room : MAX_SEARCHED);
    const place: Place = { reading, port: findPort(row), host: findHost(row) };
    const text = fromXml(path, part);
    if (pattern === undefined) {
      if (kind !== undefined && !readValue({ kind, text }, place)) return false;
    } else {
      let matches = 0;
      for (const { groups = {} } of text.matchAll(pattern)) {
        if (++matches > MAX_MATCHES) break;
        if (!readGroups(groups, place)) return false;
      }
      if (
        matches > MAX_MATCHES &&
        !skip(written, `only its first ${MAX_MATCHES} matches were taken`)
      ) return false;
    }
    if (!isSearched) continue;
    room -= part.length;
    if (part.length < written.length) {
      const whose = rows === 1 ? "its" : "the field's";
      const reason =
        `only ${whose} first ${MAX_SEARCHED} characters were searched`;
      if (!skip(written, reason)) return false;
      break;
    }
  }
  return leftOut === 0 || take({
    text: `${leftOut} more`,
    field: path,
    reason: `only the first ${MAX_ENTRIES} entries were read`,
  });

  function skip(written: string, reason: string): boolean {
    const text = written.length > 40 ? `${written.slice(0, 40)}…` : written;
    return take({ text, field: path, reason });
  }
}

/** What is in a text of these kinds, not the text, is a value. */
const SEARCHED: ReadonlySet<FieldKind | undefined> = new Set(
  ["text", "command", "request"] as const,
);

/** Finds what belongs to a value: the only one there is, or that of its row. */
function besides(
  read: ReadTexts | undefined,
  { alert, rows, leftOut }: Reading & { readonly rows: number },
): (row: number) => string | undefined {
  if (read === undefined) return () => undefined;
  const beside = read(alert);
  const isRowByRow = beside.texts.length === rows && beside.leftOut === leftOut;
  return (row) =>
    isRowByRow ? beside.texts[row] : rows === 1 ? beside.texts[0] : undefined;
}

/** A value's field, and what stands beside it. */
interface Place {
  readonly reading: Reading;
  readonly port: string | undefined;
  readonly host: string | undefined;
}

/** A text that matches a pattern more often is an attack on our time. */
const MAX_MATCHES = 1000;

/** Takes what the named groups of a match hold. */
function readGroups(
  groups: Readonly<Record<string, string | undefined>>,
  place: Place,
): boolean {
  const { kind } = place.reading.ready;
  for (const name in groups) {
    const text = groups[name];
    if (text === undefined || text === "") continue;
    const named = name === "path" ? "url" : kindNamed(name) ?? kind;
    const port = place.port ?? groups["port"];
    const host = name === "path" ? groups["host"] : place.host;
    if (
      named !== undefined &&
      !readValue({ kind: named, text }, { ...place, port, host })
    ) return false;
  }
  return true;
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
}

function readValue({ kind, text }: Value, place: Place): boolean {
  const { port, reading: { take, ready } } = place;
  const { path: field, skip, isOwn = false } = ready;
  if (skip !== undefined) {
    return take({ text, field, reason: skip, ...isOwn && { isOwn } });
  }
  switch (kind) {
    case "text":
      return eachUrlIn(text)
        .every(({ url }) => urlAndHost(url, field).every(take));
    case "command":
      return findInCommand(text, field).every(takeOfCommand);
    case "request":
      return findInRequest(text, field).every(takeOfCommand);
    case "url":
      return readUrl(text, place).every(take);
    case "email": {
      const domain = /@([^@\s<>"']+)/.exec(text)?.[1];
      return take({ kind, text, field }) &&
        (domain === undefined || take({ kind: "host", text: domain, field }));
    }
    default:
      return take({
        kind,
        text,
        field,
        ...port === undefined ? {} : { port },
      });
  }

  function takeOfCommand(found: Finding): boolean {
    return take("reason" in found ? found : { ...found, isOfCommand: true });
  }
}

/** A URL may be whole, without its scheme, a host with a port, or a path. */
function readUrl(text: string, place: Place): readonly Finding[] {
  const { port, host, reading: { ready } } = place;
  const { path: field } = ready;
  // What is longer is no IoC: that is found out, and said, as for any URL.
  if (text.length > MAX_TEXT_LENGTH) return [{ kind: "url", text, field }];
  const bare = withoutQuotes(text);
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(bare)) {
    // What a mail gateway or a redirect wraps; other readings of it are none.
    const inside = eachUrlIn(bare).filter(({ url }) => !bare.startsWith(url));
    return [{ url: bare }, ...inside]
      .flatMap(({ url }) => urlAndHost(url, field));
  }
  if (/^(?:[^/\s:][^/\s:.]*\.[^/\s:]+|\[[\da-f:.]+\]):\d+$/i.test(bare)) {
    return [{ kind: "host", text: bare, field }];
  }
  const schemes = schemesFor(ready.scheme, port);
  if (!bare.startsWith("/")) {
    return /^[^/\s][^/\s.]*\.[^/\s]+\//.test(bare)
      ? schemes.flatMap((scheme) => urlAndHost(`${scheme}://${bare}`, field))
      : [{ text, field, reason: "not a URL of http, https or ftp" }];
  }
  if (host === undefined) {
    return [{ text, field, reason: "a path, and the host is not known" }];
  }
  const at = ready.host?.path ?? field;
  const hosts = new Set([host, withPort(host, port)]);
  return [
    { kind: "host", text: host, field: at },
    ...schemes.flatMap((scheme) =>
      [...hosts].map((one) => ({
        kind: "url" as const,
        text: `${scheme}://${one}${bare}`,
        field: at === field ? at : `${at} + ${field}`,
      }))
    ),
  ];
}

function schemesFor(
  scheme: Field["scheme"],
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
