/**
 * Writes an event as analysisd takes it: pruned, and small enough to send.
 *
 * @module
 */
import type { Event, Json, JsonObject } from "./event.ts";

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
 * The most bytes of a text: Wazuh's template indexes it as a keyword, and the
 * indexer refuses an alert with a longer one. Lucene's limit is 32 766.
 *
 * @see IndexWriter.MAX_TERM_LENGTH in Lucene
 */
const INDEXED_BYTES = 32_766;

/** Fields are shortened to the first of these; if that is too long, the next. */
const SHORTENED_BYTES = [2048, 256];

/** Room for the names of the fields that were shortened. */
const TRUNCATED_BYTES = 4096;

/** How an event is written. */
export interface EncodeOptions {
  /** The most bytes it may have, 32 768 at least. */
  readonly maxBytes: number;
  /** Takes secrets out of a text: an alert's text may be anything. */
  readonly redact: (text: string) => string;
}

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
 * const options = { maxBytes: 65_000, redact: (text: string) => text };
 * assertEquals(
 *   encodeEvent({ integration: "opencti", opencti: event }, options),
 *   '{"integration":"opencti","opencti":{"event_type":"error","error":"x"}}',
 * );
 * const long = { event_type: "error", error: "x".repeat(2000) };
 * const json = encodeEvent({ integration: "opencti", opencti: long }, options);
 * assert(json.length < 1200);
 * ```
 */
export function encodeEvent(
  event: Event,
  { maxBytes, redact }: EncodeOptions,
): string {
  const clean = (text: string) => sendable(redact(text));
  const shortenedNames = new Set<string>();
  const cutNames = new Set<string>();
  let room = maxBytes;
  const fields = fieldsOf(event.opencti).map(({ path, value }) => {
    const name = path.join(".");
    const most = Math.max(room + TRUNCATED_BYTES, LEAST_LENGTH);
    const { start, isCut } = startOf(value, { most, clean });
    if (isCut) cutNames.add(name);
    room -= Math.min(lengthOf(start), DESCRIBED.get(name) ?? Infinity);
    return { path, value: start };
  }).filter(({ value }) => isFilled(value));

  function shorten(index: number, bytes: number): void {
    const { path, value } = fields[index] ?? { path: [], value: "" };
    fields[index] = { path, value: shortened(value, bytes) };
    shortenedNames.add(path.join("."));
  }

  function write(): string {
    const truncated = { path: ["truncated"], value: [...shortenedNames] };
    const opencti = nest(
      shortenedNames.size > 0 ? [...fields, truncated] : fields,
    );
    return JSON.stringify({ integration: event.integration, opencti });
  }

  for (const [index, { path, value }] of fields.entries()) {
    const most = DESCRIBED.get(path.join(".")) ?? INDEXED_BYTES;
    if (longest(value) > most) shorten(index, most);
  }
  let excess = bytesOf(write()) - maxBytes;
  if (excess > 0 || cutNames.size > 0) excess += TRUNCATED_BYTES;
  for (const least of SHORTENED_BYTES) {
    for (let index = fields.length - 1; index >= 0 && excess > 0; index--) {
      const before = jsonBytes(fields[index]?.value);
      if (before <= least) continue;
      shorten(index, Math.max(least, before - excess));
      excess -= before - jsonBytes(fields[index]?.value);
    }
  }
  for (const name of cutNames) shortenedNames.add(name);
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

/** The first part of a text, or the first elements, within so many bytes. */
function shortened(value: Field["value"], maxBytes: number): Field["value"] {
  if (typeof value === "string") {
    let text = value.slice(0, maxBytes);
    while (jsonBytes(text) > maxBytes - "…".length * 3) {
      text = text.slice(0, Math.floor(text.length * 0.9));
    }
    return `${text.toWellFormed()}…`;
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

/** The bytes of the longest text: each element of a list is indexed by itself. */
function longest(value: Field["value"]): number {
  return typeof value === "object"
    ? value.reduce<number>((most, one) => Math.max(most, jsonBytes(one)), 0)
    : jsonBytes(value);
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
