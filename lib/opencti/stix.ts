/**
 * STIX patterns, written for an IoC.
 *
 * @see https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_e8slinrhxcc9
 *
 * @module
 */
import { type Ioc } from "../alert/ioc.ts";
import { type IocKind, KINDS, type NormalValue } from "../alert/kinds.ts";

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
