/**
 * The answer's shape: what is relied on is required, all else may be missing.
 *
 * @module
 */
import * as v from "valibot";
import {
  FIRST_REFERENCES,
  FIRST_THREATS,
  MAX_FIRST,
  MAX_RELATED,
} from "./query.ts";

const text = v.fallback(v.nullable(v.string()), null);
const number = v.fallback(v.nullable(v.number()), null);
const flag = v.fallback(v.nullable(v.boolean()), null);

/** So many labels, markings, hashes and the like of one object are read. */
const MAX_LIST = 100;

/**
 * So much of one field of the answer is read: entries of all its lists, where an
 * indicator is as much work as some others.
 */
const MAX_COST = 80_000;
const INDICATOR_COST = 15;

/** What was read of the field of the answer that is being read. */
let reading: { cost: number; isCut: boolean } | undefined;

/**
 * The first of a list in an answer: nobody asked for more, and what is more is
 * not even looked at.
 */
function cut(
  list: readonly unknown[],
  { first, cost = 1 }: { readonly first: number; readonly cost?: number },
): readonly unknown[] {
  if (reading === undefined) return list;
  const room = Math.max(Math.floor((MAX_COST - reading.cost) / cost), 0);
  const read = list.slice(0, Math.min(first, room));
  // An empty list costs something too.
  reading.cost += 1 + read.length * cost;
  reading.isCut ||= read.length < list.length;
  return read;
}

/** What reads a value of any kind as a `T`. */
type Schema<T> = v.GenericSchema<unknown, T>;

/** Changes what is to be parsed, if it is there or not. */
function beforehand(change: (value: unknown) => unknown) {
  // Without a default, what is missing is not changed.
  return v.pipe(v.optional(v.unknown(), null), v.transform(change));
}

/** A list that may be null, of elements that may be null. */
function listOf<T>(element: Schema<T>) {
  return v.pipe(
    v.nullish(v.array(v.nullable(element)), []),
    v.transform((list) => list.filter((item) => item !== null)),
  );
}

/** A list that no one relies on: what is wrong with it makes it empty. */
function extraListOf<T>(element: Schema<T>) {
  return v.fallback(
    v.pipe(
      beforehand((list) =>
        Array.isArray(list) ? cut(list, { first: MAX_LIST }) : list
      ),
      listOf(element),
    ),
    [],
  );
}

/** A GraphQL connection that may be null, and may be cut off at its `first`. */
function connectionOf<T>(
  node: Schema<T>,
  bounds: { readonly first: number; readonly cost?: number },
) {
  return v.pipe(
    beforehand((connection) => cutConnection(connection, bounds)),
    // A list has no edges: it would be taken for an object without them.
    v.check((connection) => !Array.isArray(connection)),
    v.nullish(v.object({
      edges: listOf(v.object({ node: v.nullable(node) })),
      pageInfo: v.optional(v.object({ hasNextPage: flag })),
    })),
    v.transform((connection) => ({
      nodes: (connection?.edges ?? []).map((edge) => edge.node)
        .filter((item) => item !== null),
      hasMore: connection?.pageInfo?.hasNextPage === true,
    })),
  );
}

/** A connection as it was asked for; if that is not all, it has more. */
function cutConnection(
  connection: unknown,
  bounds: { readonly first: number; readonly cost?: number },
): unknown {
  if (
    typeof connection !== "object" || connection === null ||
    !("edges" in connection) || !Array.isArray(connection.edges)
  ) return connection;
  const edges = cut(connection.edges, bounds);
  return edges.length < connection.edges.length
    ? { edges, pageInfo: { hasNextPage: true } }
    : connection;
}

/** A field of the answer: it has more too if a list in it has. */
function fieldOf<T>(node: Schema<T>) {
  const connection = connectionOf(node, { first: MAX_FIRST });
  return v.pipe(
    v.optional(v.unknown(), null),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      reading = { cost: 0, isCut: false };
      try {
        const { output, issues, success } = v.safeParse(
          connection,
          dataset.value,
        );
        for (const { message, path } of issues ?? []) {
          addIssue({ message, ...path && { path } });
        }
        if (!success) return NEVER;
        return { ...output, hasMore: output.hasMore || reading.isCut };
      } finally {
        reading = undefined;
      }
    }),
  );
}

const ExternalReference = v.object({
  source_name: text,
  external_id: text,
  url: text,
});

/** What an indicator indicates; `{}` or `null` if we may not see it. */
const Indicates = v.object({
  to: v.fallback(
    v.nullable(v.object({
      entity_type: v.string(),
      name: v.string(),
      x_mitre_id: text,
    })),
    null,
  ),
});

/** The schema of an {@linkcode Indicator}. */
export const Indicator = v.object({
  id: v.string(),
  name: text,
  description: text,
  pattern: text,
  pattern_type: text,
  valid_from: text,
  valid_until: text,
  revoked: flag,
  confidence: number,
  x_opencti_score: number,
  x_opencti_detection: flag,
  decay_base_score: number,
  indicator_types: extraListOf(v.string()),
  x_mitre_platforms: extraListOf(v.string()),
  createdBy: v.fallback(
    v.nullable(v.object({ name: text, x_opencti_reliability: text })),
    null,
  ),
  objectLabel: extraListOf(v.object({ value: text })),
  objectMarking: extraListOf(
    v.object({ definition_type: text, definition: text }),
  ),
  killChainPhases: extraListOf(
    v.object({ kill_chain_name: text, phase_name: text }),
  ),
  externalReferences: v.fallback(
    connectionOf(ExternalReference, { first: FIRST_REFERENCES }),
    { nodes: [], hasMore: false },
  ),
  threats: v.fallback(connectionOf(Indicates, { first: FIRST_THREATS }), {
    nodes: [],
    hasMore: false,
  }),
});

/** An indicator, as OpenCTI has it. */
export type Indicator = v.InferOutput<typeof Indicator>;

/** The schema of an {@linkcode Observable}. */
export const Observable = v.object({
  id: v.string(),
  entity_type: v.string(),
  observable_value: v.string(),
  indicators: connectionOf(Indicator, {
    first: MAX_FIRST,
    cost: INDICATOR_COST,
  }),
});

/** An observable, as OpenCTI has it. */
export type Observable = v.InferOutput<typeof Observable>;

/** The other end of a relationship is `{}` if it is no observable. */
const end = v.fallback(
  v.nullable(v.object({
    ...Observable.entries,
    indicators: connectionOf(Indicator, {
      first: MAX_RELATED,
      cost: INDICATOR_COST,
    }),
  })),
  null,
);

const Relationship = v.object({
  relationship_type: v.string(),
  from: end,
  to: end,
});

const FoundObservable = v.object({
  ...Observable.entries,
  hashes: extraListOf(v.object({ algorithm: v.string(), hash: text })),
  stixCoreRelationships: connectionOf(Relationship, {
    first: MAX_RELATED,
  }),
});

/** An observable that was asked for, with its relationships. */
export type FoundObservable = v.InferOutput<typeof FoundObservable>;

/** The schema of an {@linkcode Answer}. */
export const Answer = v.object({
  exact: fieldOf(Indicator),
  partial: fieldOf(Indicator),
  values: fieldOf(FoundObservable),
  files: fieldOf(FoundObservable),
});

/** What OpenCTI knows. What was not asked for, or failed, is empty. */
export type Answer = v.InferOutput<typeof Answer>;

/** So many errors are read, and so much of what each says. */
const MAX_ERRORS = 100;
const MAX_SAID = 1000;

const said = v.pipe(
  text,
  v.transform((text) =>
    text !== null && text.length > MAX_SAID
      ? `${text.slice(0, MAX_SAID)}…`
      : text
  ),
);

function upTo(count: number) {
  return beforehand((list) =>
    Array.isArray(list) ? list.slice(0, count) : list
  );
}

/** What the search engine says of a question with too much in it. */
const TOO_LARGE = /maxClauseCount|too_many_(?:nested_)?clauses/;

const extensions = v.pipe(
  v.optional(v.unknown(), null),
  v.transform((value) => {
    const { code } = v.parse(Code, value);
    // It is deep in the cause, and in other places in each version.
    const isTooLarge = TOO_LARGE.test(JSON.stringify(value) ?? "");
    return { code, isTooLarge };
  }),
);

const Code = v.fallback(v.object({ code: said }), { code: null });

const ErrorEntry = v.fallback(
  v.object({
    message: said,
    path: v.fallback(v.pipe(upTo(1), v.nullish(v.array(v.unknown()))), null),
    // Where old versions have the code.
    name: said,
    extensions,
  }),
  {
    message: null,
    path: null,
    name: null,
    extensions: { code: null, isTooLarge: false },
  },
);

/** An error in a GraphQL response. */
export type ErrorEntry = v.InferOutput<typeof ErrorEntry>;

/** The schema of a GraphQL response. */
export const GraphqlResponse = v.object({
  data: v.optional(v.unknown()),
  errors: v.fallback(v.pipe(upTo(MAX_ERRORS), listOf(ErrorEntry)), []),
});
