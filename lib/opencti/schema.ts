/**
 * The answer's shape: what is relied on is required, all else may be missing.
 *
 * @module
 */
import * as z from "zod/mini";
import {
  FIRST_REFERENCES,
  FIRST_THREATS,
  MAX_FIRST,
  MAX_RELATED,
} from "./query.ts";

const text = z.catch(z.nullable(z.string()), null);
const number = z.catch(z.nullable(z.number()), null);
const flag = z.catch(z.nullable(z.boolean()), null);

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

/** Changes what is to be parsed, if it is there or not. */
function beforehand(change: (value: unknown) => unknown) {
  return z.pipe(z.optional(z.unknown()), z.transform(change));
}

/** A list that may be null, of elements that may be null. */
function listOf<T>(element: z.ZodMiniType<T>) {
  return z.pipe(
    z.nullish(z.array(z.nullable(element))),
    z.transform((list) => (list ?? []).filter((item) => item !== null)),
  );
}

/** A list that no one relies on: what is wrong with it makes it empty. */
function extraListOf<T>(element: z.ZodMiniType<T>) {
  return z.catch(
    z.pipe(
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
  node: z.ZodMiniType<T>,
  bounds: { readonly first: number; readonly cost?: number },
) {
  return z.pipe(
    z.pipe(
      beforehand((connection) => cutConnection(connection, bounds)),
      z.nullish(z.object({
        edges: listOf(z.object({ node: z.nullable(node) })),
        pageInfo: z.optional(z.object({ hasNextPage: flag })),
      })),
    ),
    z.transform((connection) => ({
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
function fieldOf<T>(node: z.ZodMiniType<T>) {
  const connection = connectionOf(node, { first: MAX_FIRST });
  return z.pipe(
    z.optional(z.unknown()),
    z.transform((field, context) => {
      reading = { cost: 0, isCut: false };
      try {
        const { data, error } = connection.safeParse(field);
        for (const { path, message } of error?.issues ?? []) {
          context.issues.push({ code: "custom", path, message, input: field });
        }
        return {
          nodes: data?.nodes ?? [],
          hasMore: data?.hasMore === true || reading.isCut,
        };
      } finally {
        reading = undefined;
      }
    }),
  );
}

const ExternalReference = z.object({
  source_name: text,
  external_id: text,
  url: text,
});

/** What an indicator indicates; `{}` or `null` if we may not see it. */
const Indicates = z.object({
  to: z.catch(
    z.nullable(z.object({
      entity_type: z.string(),
      name: z.string(),
      x_mitre_id: text,
    })),
    null,
  ),
});

/** The schema of an {@linkcode Indicator}. */
export const Indicator = z.object({
  id: z.string(),
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
  indicator_types: extraListOf(z.string()),
  x_mitre_platforms: extraListOf(z.string()),
  createdBy: z.catch(
    z.nullable(z.object({ name: text, x_opencti_reliability: text })),
    null,
  ),
  objectLabel: extraListOf(z.object({ value: text })),
  objectMarking: extraListOf(
    z.object({ definition_type: text, definition: text }),
  ),
  killChainPhases: extraListOf(
    z.object({ kill_chain_name: text, phase_name: text }),
  ),
  externalReferences: z.catch(
    connectionOf(ExternalReference, { first: FIRST_REFERENCES }),
    { nodes: [], hasMore: false },
  ),
  threats: z.catch(connectionOf(Indicates, { first: FIRST_THREATS }), {
    nodes: [],
    hasMore: false,
  }),
});

/** An indicator, as OpenCTI has it. */
export type Indicator = z.infer<typeof Indicator>;

/** The schema of an {@linkcode Observable}. */
export const Observable = z.object({
  id: z.string(),
  entity_type: z.string(),
  observable_value: z.string(),
  indicators: connectionOf(Indicator, {
    first: MAX_FIRST,
    cost: INDICATOR_COST,
  }),
});

/** An observable, as OpenCTI has it. */
export type Observable = z.infer<typeof Observable>;

/** The other end of a relationship is `{}` if it is no observable. */
const end = z.catch(
  z.nullable(z.extend(Observable, {
    indicators: connectionOf(Indicator, {
      first: MAX_RELATED,
      cost: INDICATOR_COST,
    }),
  })),
  null,
);

const Relationship = z.object({
  relationship_type: z.string(),
  from: end,
  to: end,
});

const FoundObservable = z.extend(Observable, {
  hashes: extraListOf(z.object({ algorithm: z.string(), hash: text })),
  stixCoreRelationships: connectionOf(Relationship, {
    first: MAX_RELATED,
  }),
});

/** An observable that was asked for, with its relationships. */
export type FoundObservable = z.infer<typeof FoundObservable>;

/** The schema of an {@linkcode Answer}. */
export const Answer = z.object({
  exact: fieldOf(Indicator),
  partial: fieldOf(Indicator),
  values: fieldOf(FoundObservable),
  files: fieldOf(FoundObservable),
});

/** What OpenCTI knows. What was not asked for, or failed, is empty. */
export type Answer = z.infer<typeof Answer>;

/** So many errors are read, and so much of what each says. */
const MAX_ERRORS = 100;
const MAX_SAID = 1000;

const said = z.pipe(
  text,
  z.transform((text) =>
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

const extensions = z.pipe(
  z.optional(z.unknown()),
  z.transform((value) => {
    const { data } = Code.safeParse(value);
    // It is deep in the cause, and in other places in each version.
    const isTooLarge = TOO_LARGE.test(JSON.stringify(value) ?? "");
    return { code: data?.code ?? null, isTooLarge };
  }),
);

const Code = z.object({ code: said });

const ErrorEntry = z.catch(
  z.object({
    message: said,
    path: z.catch(z.pipe(upTo(1), z.nullish(z.array(z.unknown()))), null),
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
export type ErrorEntry = z.infer<typeof ErrorEntry>;

/** The schema of a GraphQL response. */
export const GraphqlResponse = z.object({
  data: z.optional(z.unknown()),
  errors: z.catch(z.pipe(upTo(MAX_ERRORS), listOf(ErrorEntry)), []),
});
