/**
 * The answer's shape: what is relied on is required, all else may be missing.
 *
 * @module
 */
import * as z from "zod/mini";

const text = z.catch(z.nullable(z.string()), null);
const number = z.catch(z.nullable(z.number()), null);
const flag = z.catch(z.nullable(z.boolean()), null);

/** A list that may be null, of elements that may be null. */
function listOf<T>(element: z.ZodMiniType<T>) {
  return z.pipe(
    z.nullish(z.array(z.nullable(element))),
    z.transform((list) => (list ?? []).filter((item) => item !== null)),
  );
}

/** A list that no one relies on: what is wrong with it makes it empty. */
function extraListOf<T>(element: z.ZodMiniType<T>) {
  return z.catch(listOf(element), []);
}

/** A GraphQL connection that may be null, and may be cut off at its `first`. */
function connectionOf<T>(node: z.ZodMiniType<T>) {
  return z.pipe(
    z.nullish(z.object({
      edges: listOf(z.object({ node: z.nullable(node) })),
      pageInfo: z.optional(z.object({ hasNextPage: flag })),
    })),
    z.transform((connection) => ({
      nodes: (connection?.edges ?? []).map((edge) => edge.node)
        .filter((item) => item !== null),
      hasMore: connection?.pageInfo?.hasNextPage === true,
    })),
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
    connectionOf(ExternalReference),
    { nodes: [], hasMore: false },
  ),
  threats: z.catch(connectionOf(Indicates), { nodes: [], hasMore: false }),
});

/** An indicator, as OpenCTI has it. */
export type Indicator = z.infer<typeof Indicator>;

/** The schema of an {@linkcode Observable}. */
export const Observable = z.object({
  id: z.string(),
  entity_type: z.string(),
  observable_value: z.string(),
  indicators: connectionOf(Indicator),
});

/** An observable, as OpenCTI has it. */
export type Observable = z.infer<typeof Observable>;

/** The other end of a relationship is `{}` if it is no observable. */
const end = z.catch(z.nullable(Observable), null);

const Relationship = z.object({
  relationship_type: z.string(),
  from: end,
  to: end,
});

const FoundObservable = z.extend(Observable, {
  hashes: extraListOf(z.object({ algorithm: z.string(), hash: text })),
  stixCoreRelationships: connectionOf(Relationship),
});

/** An observable that was asked for, with its relationships. */
export type FoundObservable = z.infer<typeof FoundObservable>;

/** The schema of an {@linkcode Answer}. */
export const Answer = z.object({
  exact: connectionOf(Indicator),
  partial: connectionOf(Indicator),
  values: connectionOf(FoundObservable),
  files: connectionOf(FoundObservable),
});

/** What OpenCTI knows. What was not asked for, or failed, is empty. */
export type Answer = z.infer<typeof Answer>;

const ErrorEntry = z.catch(
  z.object({
    message: text,
    path: z.catch(z.nullish(z.array(z.unknown())), null),
    // Where old versions have the code.
    name: text,
    extensions: z.catch(z.nullish(z.object({ code: text })), null),
  }),
  { message: null, path: null, name: null, extensions: null },
);

/** An error in a GraphQL response. */
export type ErrorEntry = z.infer<typeof ErrorEntry>;

/** The schema of a GraphQL response. */
export const GraphqlResponse = z.object({
  data: z.optional(z.unknown()),
  errors: z.catch(listOf(ErrorEntry), []),
});
