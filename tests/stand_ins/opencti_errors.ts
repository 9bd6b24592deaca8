/**
 * The errors of the stand-in for OpenCTI, as a running one words them.
 *
 * @module
 */
import { type ExecutionResult, GraphQLError } from "graphql";

/** What OpenCTI says with each code, besides what only that error has. */
const FACTS = {
  AUTH_REQUIRED: { http_status: 401, genre: "TECHNICAL" },
  FORBIDDEN_ACCESS: { http_status: 403, genre: "TECHNICAL" },
  FUNCTIONAL_ERROR: { http_status: 400, genre: "BUSINESS" },
  UNSUPPORTED_ERROR: { http_status: 500, genre: "BUSINESS" },
  DATABASE_ERROR: { http_status: 500, genre: "TECHNICAL" },
} as const;

/** An error of a field; GraphQL adds its place and its path. */
export function failure(
  code: keyof typeof FACTS,
  message: string,
  facts: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  const data = { ...FACTS[code], ...facts };
  return new GraphQLError(message, { extensions: { code, data } });
}

/** The search engine refuses a search: why is deep in the cause. */
export function engineFailure(type: string, reason: string): GraphQLError {
  const error = { root_cause: [{ type, reason }], type, reason };
  return failure("DATABASE_ERROR", "Fail to execute engine pagination", {
    cause: {
      name: "ResponseError",
      meta: { statusCode: 400, body: { error } },
    },
  });
}

/** An error of the whole request. */
export function refusal(
  code: "BAD_USER_INPUT" | "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED",
  { message, nodes }: Pick<GraphQLError, "message" | "nodes">,
): GraphQLError {
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    extensions: { code },
  });
}

/** The body of a response: errors first, each with its code for its name. */
export function bodyOf({ errors, data }: ExecutionResult): object {
  return {
    ...errors && {
      errors: errors.map((error) => ({
        ...error.toJSON(),
        name: error.extensions["code"],
      })),
    },
    ...data !== undefined && { data },
  };
}
