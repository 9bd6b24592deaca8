/**
 * Writes an event as analysisd takes it: pruned, and small enough to send.
 *
 * @module
 */
import type { Event } from "./event.ts";
import type { Json, JsonObject } from "./event_source.ts";

/**
 * What the rules' descriptions show, and the most bytes of it. An expanded
 * description of 1024 characters or more would show its template: what stands
 * in one description must be less than that together.
 */
export const DESCRIBED: ReadonlyMap<string, number> = new Map([
  ["error", 900],
  // `query_values` has it whole.
  ["ioc.value", 450],
  ["indicator.name", 450],
  ["observable_value", 900],
  ["related.indicator.name", 450],
  ["warning", 900],
]);

/**
 * The most bytes of an event. What a rule that counts has counted becomes one
 * text of its alert, `previous_output`: for 110230, four events and the line
 * breaks between them. Wazuh's template indexes it as a keyword, and the indexer
 * refuses an alert with a longer one than Lucene's 32 766 bytes. The same holds
 * for each text in an event.
 *
 * @see IndexWriter.MAX_TERM_LENGTH in Lucene
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/analysisd/format/to_json.c#L247
 */
export const MAX_EVENT_BYTES = 8190;

/** Fields are shortened to the first of these; if that is too long, the next. */
const SHORTENED_BYTES = [2048, 256, 64, 16];

/**
 * Writes an event as JSON: without nulls, empty texts, arrays and objects, and
 * without what analysisd loses an event for. If it is too long, fields are
 * shortened from the end, and `truncated` names them.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 *
 * const event = { event_type: "error", error: "x", nothing: null };
 * const redact = (text: string) => text;
 * assertEquals(
 *   encodeEvent({ integration: "opencti", opencti: event }, redact),
 *   '{"integration":"opencti","opencti":{"event_type":"error","error":"x"}}',
 * );
 * const long = { event_type: "error", error: "x".repeat(2000) };
 * const json = encodeEvent({ integration: "opencti", opencti: long }, redact);
 * assert(json.length < 1200);
 * ```
 *
 * @param redact Takes secrets out of a text: an alert's text may be anything.
 */
export function encodeEvent(
  event: Event,
  redact: (text: string) => string,
): string {
  const clean = (text: string) => sendable(redact(text));
  const shortenedNames = new Set<string>();
  let room = MAX_EVENT_BYTES;
  const fields = fieldsOf(event.opencti).map(({ path, value }) => {
    const name = path.join(".");
    const most = Math.max(room, LEAST_LENGTH);
    const { start, isCut } = startOf(value, { most, clean });
    if (isCut) shortenedNames.add(name);
    room -= Math.min(lengthOf(start), DESCRIBED.get(name) ?? Infinity);
    return { path, value: typeof start === "string" ? asText(start) : start };
  }).filter(({ value }) => isFilled(value));

  function write(): string {
    const truncated = { path: ["truncated"], value: [...shortenedNames] };
    const opencti = nest(
      shortenedNames.size > 0 ? [...fields, truncated] : fields,
    );
    return JSON.stringify({ integration: event.integration, opencti });
  }

  let excess = bytesOf(write()) - MAX_EVENT_BYTES;

  /** What it costs to say that a field is shortened. */
  function costOf(name: string): number {
    if (shortenedNames.has(name)) return 0;
    const list = shortenedNames.size === 0 ? ',"truncated":[]'.length : 0;
    return list + jsonBytes(name) + ",".length;
  }

  function shorten(index: number, bytes: number): void {
    const { path, value } = fields[index] ?? { path: [], value: "" };
    const name = path.join(".");
    const start = shortened(value, bytes);
    excess += costOf(name) + jsonBytes(start) - jsonBytes(value);
    fields[index] = { path, value: start };
    shortenedNames.add(name);
  }

  for (const [index, { path, value }] of fields.entries()) {
    const most = DESCRIBED.get(path.join(".")) ?? Infinity;
    if (jsonBytes(value) > most) shorten(index, most);
  }
  for (const least of SHORTENED_BYTES) {
    for (let index = fields.length - 1; index >= 0 && excess > 0; index--) {
      const { path, value } = fields[index] ?? { path: [], value: "" };
      const before = jsonBytes(value);
      const cost = costOf(path.join("."));
      if (before - cost <= least) continue;
      shorten(index, Math.max(least, before - excess - cost));
    }
  }
  return write();
}

/** A field that holds no others. */
interface Field {
  readonly path: readonly string[];
  readonly value: string | number | boolean | readonly Json[];
}

/** The fields of an object that are not null. */
function fieldsOf(
  object: JsonObject,
  parents: readonly string[] = [],
): Field[] {
  return Object.entries(object).flatMap(([name, value]): Field[] => {
    const path = [...parents, name];
    if (value === null || value === undefined) return [];
    return typeof value === "object" && !isArray(value)
      ? fieldsOf(value, path)
      : [{ path, value }];
  });
}

/** How much of a field is looked at in any case: more than it is shortened to. */
const LEAST_LENGTH = Math.max(...SHORTENED_BYTES) + 1;

/** The longest secret that may be cut in two, and is left out then. */
const MAX_SECRET_LENGTH = 1024;

/**
 * What of a field may be in the event, cleaned. What the fields before it leave
 * no room for is not even read: it may be megabytes.
 */
function startOf(value: Field["value"], options: {
  readonly most: number;
  readonly clean: (text: string) => string;
}): { readonly start: Field["value"]; readonly isCut: boolean } {
  const { most, clean } = options;
  if (typeof value === "string") {
    if (value.length <= most + MAX_SECRET_LENGTH) {
      return { start: clean(value), isCut: false };
    }
    const part = clean(value.slice(0, most + MAX_SECRET_LENGTH));
    const start = part.slice(0, -MAX_SECRET_LENGTH).toWellFormed();
    return { start: `${start}…`, isCut: true };
  }
  if (typeof value !== "object") return { start: value, isCut: false };
  const elements: Json[] = [];
  let [length, isCut] = [0, false];
  for (const element of value) {
    isCut ||= length > most;
    if (isCut) break;
    const read = typeof element === "string"
      ? startOf(element, options)
      : { start: element, isCut: false };
    isCut = read.isCut;
    length += lengthOf(read.start);
    if (read.start !== "") elements.push(read.start);
  }
  return { start: elements, isCut };
}

/** A lower bound for the bytes of a value. */
function lengthOf(value: Json): number {
  if (typeof value === "string") return value.length + '""'.length;
  return isArray(value)
    ? value.reduce<number>((sum, one) => sum + lengthOf(one) + 1, 0)
    : 1;
}

function isFilled(value: Field["value"]): boolean {
  return typeof value === "string" || typeof value === "object"
    ? value.length > 0
    : true;
}

function nest(fields: readonly Field[]): JsonObject {
  const groups = Map.groupBy(fields, ({ path: [name = ""] }) => name);
  return Object.fromEntries(
    [...groups].map(([name, [field, ...others]]) => [
      name,
      field === undefined || field.path.length === 1 ? field?.value : nest(
        [field, ...others].map(({ path, value }) => ({
          path: path.slice(1),
          value,
        })),
      ),
    ]),
  );
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** analysisd cuts a text at NUL, and loses the event of a lone surrogate. */
function sendable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/**
 * Keeps analysisd from taking a text for a list, as it takes whatever is a JSON
 * array: in the indexer, a list of numbers or objects where a text was expected
 * loses the event, or all the others of the day.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/shared/string_op.c#L213
 */
function asText(text: string): string {
  return /^\[[\0- ]*(?:["[{\]\d-]|true|false|null)/.test(text) &&
      text.endsWith("]")
    ? ` ${text}`
    : text;
}

/** The first part of a text, or the first elements, within so many bytes. */
function shortened(value: Field["value"], maxBytes: number): Field["value"] {
  if (typeof value === "string") {
    let [bytes, end] = [jsonBytes("…"), 0];
    for (const letter of value) {
      bytes += jsonBytes(letter) - '""'.length;
      if (bytes > maxBytes) break;
      end += letter.length;
    }
    return `${value.slice(0, end)}…`;
  }
  if (typeof value !== "object") return value;
  let bytes = 2;
  const end = value.findIndex((element) =>
    (bytes += jsonBytes(element) + 1) > maxBytes
  );
  return end === -1 ? value : value.slice(0, Math.max(end, 1))
    .map((element) =>
      typeof element === "string" && jsonBytes(element) > maxBytes
        ? shortened(element, maxBytes)
        : element
    );
}

function jsonBytes(value: Json | undefined): number {
  return bytesOf(JSON.stringify(value));
}

/**
 * How many bytes a text has as it is sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bytesOf("é"), 2);
 * ```
 */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
