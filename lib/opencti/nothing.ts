/**
 * The answer to most questions: OpenCTI knows nothing of them. That is seen
 * without the schema library, which takes longer to load than all else that such
 * an alert needs. What is not plainly that answer is left to the schema.
 *
 * @module
 */
import { memberOf } from "../json.ts";
import type { Variables } from "./question.ts";
import type { Answer } from "./schema.ts";

/** An answer with nothing in it. */
export const NOTHING: Answer = {
  exact: { nodes: [], hasMore: false },
  partial: { nodes: [], hasMore: false },
  values: { nodes: [], hasMore: false },
  files: { nodes: [], hasMore: false },
};

/**
 * Whether an answer has nothing in it.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(isNothing(NOTHING));
 * assert(!isNothing({ ...NOTHING, exact: { nodes: [], hasMore: true } }));
 * ```
 */
export function isNothing(answer: Answer): boolean {
  return Object.values(answer).every(({ nodes, hasMore }) =>
    nodes.length === 0 && !hasMore
  );
}

/**
 * Whether a response plainly says that nothing is known: all that was asked for
 * is there and empty, and there is no error.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const asked = { askPartial: false, askValues: false, askFiles: false };
 * const body = '{"data":{"exact":{"edges":[]}}}';
 * assertEquals(saysNothing({ status: 200, body }, asked), true);
 * assertEquals(
 *   saysNothing({ status: 200, body }, { ...asked, askValues: true }),
 *   false,
 * );
 * ```
 */
export function saysNothing(
  { status, body }: {
    readonly status: number;
    readonly body: string | undefined;
  },
  variables: Pick<Variables, "askPartial" | "askValues" | "askFiles">,
): boolean {
  // Whoever knows something writes more.
  if (status !== 200 || body === undefined || body.length > MAX_LENGTH) {
    return false;
  }
  const response = parseJson(body);
  const data = memberOf(response, "data");
  const asked = [
    "exact",
    ...variables.askPartial ? ["partial"] : [],
    ...variables.askValues ? ["values"] : [],
    ...variables.askFiles ? ["files"] : [],
  ];
  return memberOf(response, "errors") === undefined &&
    asked.every((name) => isEmpty(memberOf(data, name)));
}

const MAX_LENGTH = 1000;

function isEmpty(connection: unknown): boolean {
  const edges = memberOf(connection, "edges");
  const pageInfo = memberOf(connection, "pageInfo");
  return Array.isArray(edges) && edges.length === 0 &&
    (pageInfo === undefined || memberOf(pageInfo, "hasNextPage") === false);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
