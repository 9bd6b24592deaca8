/**
 * Values that OpenCTI knows, for a person who wants to see whether a match of
 * one arrives.
 *
 * @module
 */
import * as v from "valibot";
import {
  type IocKind,
  KINDS,
  normalize,
  type NormalValue,
} from "../alert/kinds.ts";
import { askOnce, type FactsOptions, readAs } from "./facts.ts";
import {
  type Comparison,
  type Condition,
  type Pattern,
  readPattern,
} from "./pattern.ts";

/** So many indicators are looked at, and so many observables. */
const FIRST_INDICATORS = 500;
const FIRST_OBSERVABLES = 100;

/** Only their patterns: a row of these costs little. */
export const KNOWN_INDICATORS_QUERY =
  `query ($first: Int, $filters: FilterGroup) {
  indicators(
    first: $first, filters: $filters, orderBy: x_opencti_score, orderMode: desc
  ) { edges { node { pattern } } }
}`;

/** For what no STIX pattern looks for, but an indicator is based on. */
export const KNOWN_OBSERVABLES_QUERY = `query ($first: Int) {
  stixCyberObservables(first: $first, orderBy: updated_at, orderMode: desc) {
    edges { node {
      entity_type
      observable_value
      indicators(first: 1) { edges { node { pattern } } }
      ... on StixFile { hashes { algorithm hash } }
      ... on Artifact { hashes { algorithm hash } }
    } }
  }
}`;

/** The nodes of a list. */
function edgesOf<T>(node: v.GenericSchema<unknown, T>) {
  return v.pipe(
    v.nullish(
      v.object({ edges: v.nullish(v.array(v.object({ node })), []) }),
      { edges: [] },
    ),
    v.transform(({ edges }) => edges.map((edge) => edge.node)),
  );
}

const Patterned = v.object({ pattern: v.nullish(v.string(), "") });
const Indicators = v.object({ indicators: edgesOf(Patterned) });
const Observables = v.object({
  stixCyberObservables: edgesOf(v.object({
    entity_type: v.string(),
    observable_value: v.nullish(v.string(), ""),
    indicators: edgesOf(Patterned),
    hashes: v.nullish(
      v.array(v.object({ hash: v.nullish(v.string(), "") })),
      [],
    ),
  })),
});

/**
 * Asks for values that a match should come of, each once: those of active
 * indicators first, the best before the others, then those of revoked ones, then
 * observables that an indicator is based on. What comes later is asked for when
 * it is needed.
 *
 * @throws {Error} If OpenCTI does not say it.
 */
export async function* askKnown(
  options: FactsOptions,
): AsyncGenerator<NormalValue> {
  const seen = new Set<string>();
  const isNew = ({ kind, value }: NormalValue) => {
    const { size } = seen;
    return seen.add(`${kind} ${value}`).size > size;
  };
  for (const revoked of ["false", "true"]) {
    const { data } = await askOnce({
      query: KNOWN_INDICATORS_QUERY,
      variables: {
        first: FIRST_INDICATORS,
        filters: {
          mode: "and",
          filters: [
            { key: ["pattern_type"], values: ["stix"] },
            { key: ["revoked"], values: [revoked] },
          ],
          filterGroups: [],
        },
      },
    }, options);
    for (const { pattern } of readAs(Indicators, data).indicators) {
      yield* valuesIn(pattern).filter(isNew);
    }
  }
  const { data } = await askOnce({
    query: KNOWN_OBSERVABLES_QUERY,
    variables: { first: FIRST_OBSERVABLES },
  }, options);
  for (const known of readAs(Observables, data).stixCyberObservables) {
    if (known.indicators.length > 0) yield* observedIn(known).filter(isNew);
  }
}

/** Of a longer pattern, which may be an attacker's, no more is read. */
const MAX_PATTERN = 4096;

/**
 * The values that a pattern looks for by `=`, in their normal form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   valuesIn("[ipv4-addr:value = '1.2.3.4' AND x:y = 'z'] AND [url:value != 'u']"),
 *   [{ kind: "ipv4", value: "1.2.3.4" }],
 * );
 * ```
 */
export function valuesIn(pattern: string): readonly NormalValue[] {
  const reading = readPattern(pattern, MAX_PATTERN);
  if (!("pattern" in reading)) return [];
  return comparisonsIn(reading.pattern).flatMap(
    ({ path, operator, isNegated, values }) => {
      const kind = BY_PATH.get(path);
      if (kind === undefined || isNegated || operator !== "=") return [];
      return values.flatMap(({ text }) => asKind(kind, text));
    },
  );
}

function comparisonsIn(part: Pattern | Condition): readonly Comparison[] {
  switch (part.type) {
    case "comparison":
      return [part];
    case "observation":
      return comparisonsIn(part.condition);
    case "qualified":
      return comparisonsIn(part.operand);
    default:
      return part.operands.flatMap((one: Pattern | Condition) =>
        comparisonsIn(one)
      );
  }
}

/** All that is known of a kind of IoC. */
type Kind = typeof KINDS[IocKind];

const BY_PATH: ReadonlyMap<string, Kind> = new Map(
  Object.values(KINDS).flatMap((kind) =>
    kind.stixPaths.map((path) => [path, kind] as const)
  ),
);

function asKind(kind: Kind, text: string): readonly NormalValue[] {
  const read = normalize(kind.textKind, text);
  return read !== undefined && KINDS[read.kind] === kind ? [read] : [];
}

function observedIn(
  { entity_type, observable_value, hashes }: {
    readonly entity_type: string;
    readonly observable_value: string;
    readonly hashes: readonly { readonly hash: string }[];
  },
): readonly NormalValue[] {
  const isFile = KINDS.md5.observableTypes.includes(entity_type);
  const texts = isFile ? hashes.map(({ hash }) => hash) : [observable_value];
  const kinds = Object.values(KINDS)
    .filter(({ observableTypes }) => observableTypes.includes(entity_type));
  return texts.flatMap((text) => kinds.flatMap((kind) => asKind(kind, text)));
}
