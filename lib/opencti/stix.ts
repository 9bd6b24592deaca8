/**
 * STIX patterns: written for an IoC, read from an indicator.
 *
 * @see https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_e8slinrhxcc9
 *
 * @module
 */
import { type Ioc } from "../alert/ioc.ts";
import {
  type IocKind,
  KINDS,
  normalize,
  type NormalValue,
  type TextKind,
} from "../alert/kinds.ts";

/**
 * The patterns that say exactly one IoC, in every spelling that OpenCTI stores.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "ipv4", spellings: ["1.2.3.4"] } as const;
 * assertEquals(patternsOf(ioc), ["[ipv4-addr:value = '1.2.3.4']"]);
 * ```
 */
export function patternsOf(ioc: Pick<Ioc, "kind" | "spellings">): string[] {
  return KINDS[ioc.kind].stixPaths.flatMap((path) =>
    ioc.spellings.map((value) => `[${comparison(path, value)}]`)
  );
}

/** Where else in a pattern a domain may stand. */
const REFERENCES = [
  "network-traffic:dst_ref.value",
  "network-traffic:src_ref.value",
  "domain-name:resolves_to_refs[*].value",
];

/**
 * The comparisons by which a pattern with more in it may look for a domain.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "domain", spellings: ["a.example"] } as const;
 * assertEquals(comparisonsOf(ioc).slice(0, 2), [
 *   "domain-name:value = 'a.example'",
 *   "domain-name:value IN ('a.example'",
 * ]);
 * ```
 */
export function comparisonsOf(ioc: Pick<Ioc, "kind" | "spellings">): string[] {
  return [...KINDS[ioc.kind].stixPaths, ...REFERENCES].flatMap((path) =>
    ioc.spellings.map(quoted).flatMap((value) => [
      `${path} = ${value}`,
      `${path} IN (${value}`,
    ])
  );
}

/** The order in which OpenCTI writes the hashes of one file. */
const HASHES: readonly IocKind[] = ["sha256", "sha1", "md5"];

/**
 * OpenCTI's own pattern for a file with a hash of each kind, one OR of all.
 * Empty if there is not one of each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(filePatternOf([
 *   { kind: "md5", value: "c" },
 *   { kind: "sha1", value: "b" },
 *   { kind: "sha256", value: "a" },
 * ]), [
 *   "[file:hashes.'SHA-256' = 'a' OR file:hashes.'SHA-1' = 'b' OR file:hashes.MD5 = 'c']",
 * ]);
 * ```
 */
export function filePatternOf(values: readonly NormalValue[]): string[] {
  const comparisons = HASHES.flatMap((kind) => {
    const ofKind = values.filter((value) => value.kind === kind);
    const [path = ""] = KINDS[kind].stixPaths;
    // With hashes of two files, nobody knows which belong together.
    return ofKind.length === 1
      ? ofKind.map(({ value }) => comparison(path, value))
      : [];
  });
  return comparisons.length === HASHES.length
    ? [`[${comparisons.join(" OR ")}]`]
    : [];
}

function comparison(path: string, value: string): string {
  return `${path} = ${quoted(value)}`;
}

function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}

/** A value that a pattern looks for, in its normal form. */
export interface PatternValue extends NormalValue {
  /** Whether it stands where a value of its kind is written, not a reference. */
  readonly isDirect: boolean;
}

/** What a STIX pattern says. */
export interface Pattern {
  /**
   * What its comparisons look for, `undefined` for a comparison of another
   * kind.
   */
  readonly values: readonly (PatternValue | undefined)[];
  /** Whether it asks for more than values: a time, an order, a repetition. */
  readonly isQualified: boolean;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    // windows-registry-key:values[0].name, file:hashes.'SHA-256'
    String
      .raw`(?<path>[\w-]+:[\w-]+(?:\.[\w-]+|\.'[^'\\]*'|\."[^"\\]*"|\[(?:\d+|\*)\])*)`,
    String.raw`(?<string>[bht]?'(?:[^'\\]|\\[^])*')`,
    String.raw`(?<operator>[=!<>]+)`,
    String.raw`(?<mark>[()[\],])`,
    String.raw`(?<word>[\w.+-]+)`,
  ].join("|"),
  "y",
);

const SEARCHES: ReadonlySet<string> = new Set(["=", "==", "IN", "ISSUBSET"]);

/** So much of a pattern is read: some thousand comparisons. */
export const MAX_PATTERN_LENGTH = 262_144;

/**
 * Reads a STIX pattern, `undefined` if it is none. Of what is too long the
 * start is read, and taken for qualified: nobody knows what follows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readPattern("[ ipv4-addr:value='1.2.3.4' ]"), {
 *   values: [{ kind: "ipv4", value: "1.2.3.4", isDirect: true }],
 *   isQualified: false,
 * });
 * assertEquals(readPattern("rule yara { }"), undefined);
 * ```
 */
export function readPattern(
  pattern: string,
  maxLength: number = MAX_PATTERN_LENGTH,
): Pattern | undefined {
  const isCut = pattern.length > maxLength;
  const read = pattern.slice(0, maxLength);
  const values: (PatternValue | undefined)[] = [];
  let isQualified = isCut;
  let path: string | undefined;
  let operator = "";
  let isNegated = false;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < read.length) {
    const token = TOKEN.exec(read)?.groups;
    // What is cut in two is the end of it.
    if (token === undefined && isCut) break;
    if (token === undefined) return undefined;
    const word = token["word"]?.toUpperCase();
    if (token["path"] !== undefined) {
      path = token["path"];
      operator = "";
    } else if (token["operator"] !== undefined) {
      operator = token["operator"];
    } else if (word === "NOT") {
      isNegated = true;
    } else if (word === "AND" || word === "OR") {
      path = undefined;
      isNegated = false;
    } else if (word === "EXISTS") {
      values.push(undefined);
    } else if (path !== undefined && token["string"] !== undefined) {
      const text = token["string"].replace(/^\w?'|'$/g, "")
        .replace(/\\([^])/g, "$1");
      const isSearch = SEARCHES.has(operator) && !isNegated;
      values.push(isSearch ? valueAt(path, text) : undefined);
    } else if (word !== undefined && path !== undefined && operator === "") {
      operator = word;
    } else if (word !== undefined && path !== undefined) {
      values.push(undefined); // a number, true or false
    } else if (word !== undefined || token["string"] !== undefined) {
      isQualified = true; // FOLLOWEDBY, WITHIN 5 SECONDS, START t'…'
    } else if (token["mark"] === "]") {
      path = undefined;
      isNegated = false;
    }
  }
  return values.length > 0 ? { values, isQualified } : undefined;
}

function valueAt(path: string, text: string): PatternValue | undefined {
  const plain = plainPath(path);
  // network-traffic:dst_ref.value, domain-name:resolves_to_refs[*].value
  const isReference = /_refs?(?:\[[\d*]+\])?\.value$/.test(plain);
  const kind = isReference ? "host" : PATH_KINDS.get(plain);
  const value = kind && normalize(kind, text);
  return value && {
    ...value,
    isDirect: KINDS[value.kind].textKind === PATH_KINDS.get(plain) ||
      KINDS[value.kind].stixPaths.some((path) => plainPath(path) === plain),
  };
}

const PATH_KINDS: ReadonlyMap<string, TextKind> = new Map(
  Object.values(KINDS).flatMap(({ stixPaths, textKind }) =>
    stixPaths.map((path) => [plainPath(path), textKind] as const)
  ),
);

/** Hash names are spelled in many ways: 'SHA-256', "sha256", SHA256. */
function plainPath(path: string): string {
  const [object = "", ...properties] = path.toLowerCase().split(".");
  return [
    object.replace(/^artifact:/, "file:"),
    ...properties.map((property) => property.replace(/['"-]/g, "")),
  ].join(".");
}
