/**
 * Which IoC of the alert a value of OpenCTI is.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import { KINDS, normalize, type NormalValue } from "../alert/kinds.ts";
import type { FoundObservable } from "../opencti/schema.ts";

/** The IoC that a value of OpenCTI is, `undefined` if it is none of ours. */
export type Known = (value: NormalValue | undefined) => Ioc | undefined;

/**
 * Looks values up among IoCs. OpenCTI ignores case, in URLs too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "url", value: "http://a.example/A", spellings: [], field: "f" } as const;
 * const known = knownBy([ioc]);
 * assertEquals(known({ kind: "url", value: "http://a.example/a" }), ioc);
 * assertEquals(known({ kind: "domain", value: "a.example" }), undefined);
 * ```
 */
export function knownBy(iocs: readonly Ioc[]): Known {
  const keyOf = ({ kind, value }: NormalValue) =>
    `${kind} ${value.toLowerCase()}`;
  const byKey = new Map(iocs.toReversed().map((ioc) => [keyOf(ioc), ioc]));
  return (value) => value && byKey.get(keyOf(value));
}

/** What an observable stands for, in the normal form. */
export function valuesOf(
  observable: FoundObservable,
): readonly (NormalValue | undefined)[] {
  const { entity_type, observable_value, hashes } = observable;
  return Object.values(KINDS)
    .filter(({ observableTypes }) => observableTypes.includes(entity_type))
    .flatMap(({ filterKey, textKind }) =>
      filterKey === "value"
        ? [normalize(textKind, observable_value)]
        : hashes.filter(({ algorithm }) => filterKey === `hashes.${algorithm}`)
          .map(({ hash }) => normalize(textKind, hash ?? ""))
    );
}
