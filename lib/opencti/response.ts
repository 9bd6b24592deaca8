/**
 * What OpenCTI's responses mean: the answer, or one sentence that says what is
 * wrong and what to do. Nearly all of its errors come as HTTP 200.
 *
 * @module
 */
import type { Variables } from "./query.ts";
import { Answer, type ErrorEntry, GraphqlResponse } from "./schema.ts";

/** A longer body is not read. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** What one attempt came to. */
export type Outcome =
  & (
    | {
      readonly answer: Answer;
      /** What it could not look up: a sentence for each error. */
      readonly errors: readonly string[];
      /** How many fields of what was asked for are missing. */
      readonly missing: number;
    }
    | { readonly failure: string }
  )
  & {
    /** HTTP status, if there was a response. */
    readonly status: number | undefined;
    readonly canRetry: boolean;
  };

/** What of an HTTP response is read. */
export interface ResponseParts {
  readonly status: number;
  /** Where it redirects to. */
  readonly location: string | null;
  /** `undefined` if it was too long. */
  readonly body: string | undefined;
}

/** What a response must answer. */
export interface Asked {
  readonly baseUrl: string;
  readonly variables: Pick<Variables, "askPartial" | "askValues" | "askFiles">;
}

/**
 * What an HTTP response of OpenCTI means.
 *
 * @see https://github.com/OpenCTI-Platform/opencti/blob/master/opencti-platform/opencti-graphql/src/config/errors.js
 *
 * @example
 * ```ts
 * import { assert, assertStringIncludes } from "@std/assert";
 *
 * const outcome = readResponse({
 *   status: 404,
 *   location: null,
 *   body: "Not found",
 * }, {
 *   baseUrl: "https://cti.example",
 *   variables: { askPartial: false, askValues: false, askFiles: false },
 * });
 * assert("failure" in outcome);
 * assertStringIncludes(outcome.failure, "no OpenCTI at https://cti.example");
 * ```
 */
export function readResponse(response: ResponseParts, asked: Asked): Outcome {
  const { status, body } = response;
  const unready = UNREADY[status];
  if (unready !== undefined) {
    return { failure: `${unready} (HTTP ${status})`, status, canRetry: true };
  }
  const value = body === undefined ? undefined : parseJson(body);
  const graphql = GraphqlResponse.safeParse(value);
  const { data, errors } = graphql.success
    ? graphql.data
    : { data: undefined, errors: [] };
  const canRetry = errors.length > 0 &&
    errors.every((error) => codeOf(error) === "DATABASE_ERROR");
  const { answer, missing, odd } = readData(data, asked);
  const said = [
    ...new Set(errors.map(explain)),
    ...odd.map((path) => notUnderstood(`${path} is not as expected`)),
  ];
  if (answer !== undefined) {
    if (missing.length > 0 && said.length === 0) {
      said.push(notUnderstood(`${missing.join(", ")} is missing`));
    }
    const lost = missing.length + odd.length;
    return { answer, errors: said, missing: lost, status, canRetry };
  }
  const failure = said.length > 0
    ? said.join("; ")
    : whyUseless(response, value) ?? noOpencti(response, asked);
  return { failure, status, canRetry };
}

const FIELDS = ["exact", "partial", "values", "files"] as const;

/** What of the data can be used, and which fields cannot. */
function readData(data: unknown, { variables }: Asked): {
  /** `undefined` if there is nothing in it. */
  readonly answer: Answer | undefined;
  readonly missing: readonly string[];
  /** Where a field is not as expected. */
  readonly odd: readonly string[];
} {
  const isAsked = {
    exact: true,
    partial: variables.askPartial,
    values: variables.askValues,
    files: variables.askFiles,
  };
  const asked = FIELDS.filter((name) => isAsked[name]);
  const missing = asked.filter((name) => memberOf(data, name) === null);
  const odd: string[] = [];
  const good = asked.filter((name) => {
    if (missing.includes(name)) return false;
    const read = Answer.shape[name].safeParse(memberOf(data, name));
    if (!read.success) {
      odd.push([name, ...read.error.issues[0]?.path ?? []].join("."));
    }
    return read.success;
  });
  const answer = good.length === 0 ? undefined : Answer.parse(
    Object.fromEntries(good.map((name) => [name, memberOf(data, name)])),
  );
  return { answer, missing, odd };
}

/** Why a response without any answer or error comes from OpenCTI after all. */
function whyUseless(
  { status, body }: ResponseParts,
  value: unknown,
): string | undefined {
  if (status === 401 || status === 403) {
    return `OpenCTI, or a proxy before it, refuses the request (HTTP ${status}): ` +
      "check <api_key> and the proxy";
  }
  if (status >= 500) return `OpenCTI failed (HTTP ${status}): look at its log`;
  if (body === undefined) {
    return notUnderstood(`it is longer than ${MAX_BODY_BYTES} bytes`);
  }
  if (isObject(value) && ("errors" in value || "data" in value)) {
    return notUnderstood("it holds no data");
  }
  if (status === 200 && value === undefined && /^\s*\{/.test(body)) {
    return notUnderstood("its JSON is cut off or broken");
  }
  return undefined;
}

function noOpencti(
  { status, location, body }: ResponseParts,
  { baseUrl }: Asked,
): string {
  const answer = location !== null
    ? `redirects to ${location.slice(0, 200)} (HTTP ${status})`
    : `answers with HTTP ${status}${
      parseJson(body ?? "") === undefined ? " and no JSON" : ""
    }`;
  return `There is no OpenCTI at ${baseUrl}: it ${answer}, set <hook_url> to ` +
    "OpenCTI's address";
}

const UNREADY: Readonly<Record<number, string>> = {
  429: "OpenCTI limits the rate of requests: let fewer alerts through, " +
    "or raise its limit",
  502: "OpenCTI is not ready: it is starting, or down behind its proxy",
  503: "OpenCTI is not ready: it is starting, or down behind its proxy",
  504: "OpenCTI is not ready: it is starting, or down behind its proxy",
};

const EXPLANATIONS = {
  AUTH_REQUIRED: "OpenCTI refuses the token: set <api_key> to a valid token " +
    'of a user whose role has the capability "API access"',
  FORBIDDEN_ACCESS: "The token has no right to read knowledge: give its user " +
    'the capability "Access knowledge" in OpenCTI',
  IP_FORBIDDEN: "OpenCTI does not take requests from this address: allow it " +
    "in OpenCTI's configuration",
} as const;

function explain(error: ErrorEntry): string {
  const code = codeOf(error);
  switch (code) {
    case "AUTH_REQUIRED":
    case "FORBIDDEN_ACCESS":
    case "IP_FORBIDDEN":
      return EXPLANATIONS[code];
    case "DATABASE_ERROR":
      return `OpenCTI's database failed${at(error)}: look at its health`;
    case "GRAPHQL_VALIDATION_FAILED":
    case "UNSUPPORTED_ERROR":
    case "FUNCTIONAL_ERROR":
      return "OpenCTI does not understand the question, its version may be " +
        `unsupported: ${code}: ${brief(error)}`;
    default:
      return `OpenCTI reports an error${at(error)}: ${code}: ${brief(error)}`;
  }
}

function codeOf({ extensions, name }: ErrorEntry): string {
  const code = extensions?.code ?? "no code";
  // Old versions have it in the name, beside a code that says nothing.
  const saysNothing = code === "no code" || code === "INTERNAL_SERVER_ERROR";
  return saysNothing ? name ?? code : code;
}

function brief(error: ErrorEntry): string {
  return (error.message ?? "no message").slice(0, 200);
}

function at(error: ErrorEntry): string {
  const field = error.path?.[0];
  return typeof field === "string" ? ` for "${field}"` : "";
}

function notUnderstood(reason: string): string {
  return `Cannot understand OpenCTI's answer: ${reason}, its version may be unsupported`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of an object, `null` if there is none. */
function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) ?? null : null;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
