/**
 * How the stand-in for OpenCTI finds: its filters, and the order of what is
 * found, as the search engine below OpenCTI has them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { engineFailure, failure } from "./opencti_errors.ts";

/** OpenCTI's filters. */
export interface FilterGroup {
  readonly mode: "and" | "or";
  readonly filters: readonly Filter[];
  readonly filterGroups: readonly FilterGroup[];
}

interface Filter {
  readonly key: readonly string[];
  readonly values: readonly unknown[];
  readonly operator?: string | null;
  readonly mode?: "and" | "or" | null;
}

type Value = string | number | boolean | Date;

/** What of an object can be filtered by, by filter key. */
export type Fields = Readonly<Record<string, readonly Value[]>>;

/** What a key holds: a filter is refused that does not fit it. */
const KEYS: Readonly<Record<string, "text" | "number" | "flag" | "date">> = {
  // Of an object, its own or that of STIX.
  ids: "text",
  pattern: "text",
  pattern_type: "text",
  value: "text",
  confidence: "number",
  x_opencti_score: "number",
  revoked: "flag",
  x_opencti_detection: "flag",
  valid_until: "date",
};

const HASHES: ReadonlySet<string> = new Set([
  "MD5",
  "SHA-1",
  "SHA-256",
  "SHA-512",
  "SHA3-256",
  "SHA3-512",
  "SSDEEP",
  "TLSH",
]);

/** The search engine's limit for all that is asked of one list. */
const MAX_CLAUSES = 1024;

/** The keyword of a longer text is not kept. */
const MAX_KEYWORD = 512;

/**
 * Refuses the filters that OpenCTI refuses, also where there is nothing to
 * find. A key is looked for among those of all types of objects.
 */
export function checkFilters(group: FilterGroup | null | undefined): void {
  const filters = allFilters(group);
  const keys = filters.flatMap(({ key }) => key);
  const unknown = keys.filter((key) => typeOf(key) === undefined);
  if (unknown.length > 0) {
    throw failure(
      "UNSUPPORTED_ERROR",
      "Incorrect filter keys not existing in any schema definition",
      { keys: unknown },
    );
  }
  for (const key of keys) checkHash(key);
  for (const filter of filters) checkFilter(filter);
  const clauses = filters.reduce((sum, one) => sum + clausesOf(one), 0);
  if (clauses > MAX_CLAUSES) {
    throw engineFailure(
      "too_many_nested_clauses",
      `Query contains too many nested clauses; maxClauseCount is set to ${MAX_CLAUSES}`,
    );
  }
}

/**
 * Older search engines count each word of a phrase. An id is compared with four
 * fields.
 */
function clausesOf({ key, operator, values }: Filter): number {
  if (key[0] === "ids") return 4 * values.length;
  return operator === "wildcard"
    ? values.reduce<number>(
      (sum, value) => sum + wordsOf(String(value)).length,
      0,
    )
    : values.length;
}

function allFilters(group: FilterGroup | null | undefined): readonly Filter[] {
  return group === null || group === undefined
    ? []
    : [...group.filters, ...group.filterGroups.flatMap(allFilters)];
}

function typeOf(key: string) {
  return key.startsWith("hashes.") ? "text" : KEYS[key];
}

function checkHash(key: string): void {
  const [, algorithm] = /^hashes\.(.*)$/.exec(key) ?? [];
  if (algorithm === undefined || HASHES.has(algorithm)) return;
  throw failure(
    "FUNCTIONAL_ERROR",
    "Schema definition named [hashes] is missing mapping for attribute " +
      `[${algorithm}]`,
  );
}

function checkFilter(filter: Filter): void {
  const { key: [key = "", ...others], values } = filter;
  const operator = filter.operator ?? "eq";
  const isEmpty = values.length === 0;
  if (isEmpty !== (operator === "nil")) {
    throw failure("UNSUPPORTED_ERROR", "Invalid filter configuration", {
      key: filter.key,
      values,
      operator,
      mode: filter.mode ?? "or",
    });
  }
  const type = typeOf(key);
  const fits = others.length === 0 &&
    values.every((value) =>
      typeof value === "string" && {
        text: ["eq", "wildcard"].includes(operator),
        number: operator === "gte" && /^\d+$/.test(value),
        flag: operator === "eq" && ["true", "false"].includes(value),
        date: operator === "gt" && !isNaN(Date.parse(value)),
      }[type ?? "text"]
    );
  if (!fits) {
    // Some of it OpenCTI may take, but it is not known how.
    throw failure("UNSUPPORTED_ERROR", "Not supported filter operator", {
      filter,
      filterOperator: operator,
    });
  }
  const phrases = operator === "wildcard" ? values.map(String) : [];
  const broken = phrases.find((phrase) => !isPhrase(phrase));
  if (broken !== undefined) {
    throw engineFailure(
      "query_shard_exception",
      `Failed to parse query ["${broken}"]`,
    );
  }
}

/** Whether an object is found. The filters must have been checked. */
export function passes(
  group: FilterGroup | null | undefined,
  fields: Fields,
): boolean {
  if (group === null || group === undefined) return true;
  const results = [
    ...group.filters.map((filter) => meets(filter, fields)),
    ...group.filterGroups.map((inner) => passes(inner, fields)),
  ];
  // A group with nothing in it asks for nothing.
  return group.mode === "and" || results.length === 0
    ? results.every((result) => result)
    : results.some((result) => result);
}

function meets({ key, values, operator, mode }: Filter, fields: Fields) {
  const has = key.flatMap((name) => fields[name] ?? []);
  if (operator === "nil") return has.every((one) => one === "");
  const results = values.map((value) =>
    has.some((one) => compare(one, operator ?? "eq", String(value)))
  );
  return mode === "and"
    ? results.every((result) => result)
    : results.some((result) => result);
}

function compare(one: Value, operator: string, value: string): boolean {
  switch (operator) {
    case "eq":
      // Whatever the key, and whatever its value.
      if (value === "EXISTS") return true;
      return typeof one === "string" ? equals(one, value) : `${one}` === value;
    case "wildcard":
      return value === "*" || hasPhrase(String(one), value);
    case "gte":
      return Number(one) >= Number(value);
    default:
      return one > new Date(value);
  }
}

/** Compares as keywords: whole, without case and accents. */
function equals(text: string, value: string): boolean {
  return text.length <= MAX_KEYWORD && folded(text) === folded(value);
}

/** Letters of their own, which the search engine folds too. */
const LETTERS: Readonly<Record<string, string>> = {
  æ: "ae",
  đ: "d",
  ð: "d",
  ı: "i",
  ł: "l",
  ø: "o",
  œ: "oe",
  ß: "ss",
  þ: "th",
};

function folded(text: string): string {
  return text.normalize("NFD").toLowerCase()
    .replace(/([a-z])\p{Mn}+/gu, "$1")
    .replace(/[^\0-\x7f]/gu, (letter) => LETTERS[letter] ?? letter)
    .normalize("NFC");
}

/**
 * Whether the value, between quotes, is a phrase of a query string. OpenCTI up
 * to 7.260510 puts it there as it is.
 */
function isPhrase(value: string): boolean {
  return /^(?:[^"\\]|\\.)*$/s.test(value);
}

/**
 * The words of the search engine's standard analyzer: a dot and a quote join
 * letters to letters and digits to digits, a colon letters, a comma digits, `_`
 * whatever it touches. All else parts words.
 *
 * @see https://unicode.org/reports/tr29/#Word_Boundaries
 */
const WORD =
  /_*[\p{L}\p{Nd}](?:[\p{L}\p{Nd}\p{M}_]|(?<=\p{L}\p{M}*)[.:'’](?=\p{L})|(?<=\p{Nd})[.,;'’](?=\p{Nd}))*/gu;

function wordsOf(text: string): readonly string[] {
  const known = parted.get(text);
  if (known !== undefined) return known;
  const words = text.toLowerCase().match(WORD) ?? [];
  if (parted.size > 10_000) parted.clear();
  parted.set(text, words);
  return words;
}

/** A search engine has an index: what is timed against this should not wait. */
const parted = new Map<string, readonly string[]>();

/**
 * Whether a text has the words of the value in a row. OpenCTI 7.260817 escapes
 * the value, those before take it as it is: what only one of them would find is
 * not found.
 */
function hasPhrase(text: string, value: string): boolean {
  const words = ` ${wordsOf(text).join(" ")} `;
  return [value, value.replace(/\\(.)/gs, "$1")].every((phrase) => {
    const asked = wordsOf(phrase);
    // A star at the end leaves the last word open.
    const end = phrase.endsWith("*") ? "" : " ";
    return asked.length > 0 && words.includes(` ${asked.join(" ")}${end}`);
  });
}

/** The namespace of the STIX ids that are made of what an object says. */
const NAMESPACE = new Uint8Array([
  ...[0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c],
  ...[0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7],
]);

/**
 * The STIX id that OpenCTI gives to an indicator, which follows from its
 * pattern: what is ordered by nothing else is ordered by it.
 */
export function standardId(pattern: string): string {
  const hash = createHash("sha1").update(NAMESPACE)
    .update(JSON.stringify({ pattern })).digest("hex");
  const variant = (parseInt(hash.slice(16, 17), 16) & 3 | 8).toString(16);
  const uuid = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return `indicator--${uuid.join("-")}`;
}

/** What of an indicator its place in a list depends on. */
interface Ordered {
  readonly pattern: string;
  readonly x_opencti_score?: number | null;
}

/** The best score first, those without one last; else by their STIX ids. */
export function byScore<T extends Ordered>(indicators: readonly T[]): T[] {
  const scoreOf = ({ x_opencti_score }: T) => x_opencti_score ?? -1;
  return byId(indicators).sort((a, b) => scoreOf(b) - scoreOf(a));
}

/** The order of a list that none is asked for. */
export function byId<T extends Ordered>(indicators: readonly T[]): T[] {
  return indicators.map((indicator) => ({
    indicator,
    id: standardId(indicator.pattern),
  })).sort((a, b) => a.id < b.id ? -1 : Number(a.id > b.id))
    .map(({ indicator }) => indicator);
}
