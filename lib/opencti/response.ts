/**
 * What OpenCTI's responses mean: the answer, or one sentence that says what is
 * wrong and what to do. Nearly all of its errors come as HTTP 200.
 *
 * @module
 */
import * as v from "valibot";
import type { Variables } from "./question.ts";
import type { Places } from "../config/places.ts";
import {
  MAX_BODY_BYTES,
  mendProxyLogin,
  type Problem,
  wantsHttps,
} from "./problem.ts";
import { Answer, type ErrorEntry, GraphqlResponse } from "./schema.ts";

/** What one attempt came to. */
export type Outcome =
  & (
    | {
      readonly answer: Answer;
      /** What it could not look up. */
      readonly problems: readonly Problem[];
      /** How many fields of what was asked for are missing. */
      readonly missing: number;
    }
    | { readonly failure: Problem }
  )
  & {
    /** HTTP status, if there was a response. */
    readonly status: number | undefined;
    readonly canRetry: boolean;
    /** How long OpenCTI wants not to be asked. */
    readonly retryAfterMs?: number;
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
  /** For what to mend, and where. */
  readonly places: Places;
}

/**
 * What an HTTP response of OpenCTI means.
 *
 * @see https://github.com/OpenCTI-Platform/opencti/blob/master/opencti-platform/opencti-graphql/src/config/errors.js
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { placesOf } from "../config/places.ts";
 *
 * const outcome = readResponse({
 *   status: 404,
 *   location: null,
 *   body: "Not found",
 * }, {
 *   baseUrl: "https://cti.example",
 *   variables: { askPartial: false, askValues: false, askFiles: false },
 *   places: placesOf({
 *     home: "/var/ossec",
 *     apiKey: "",
 *     file: "/var/ossec/etc/opencti.json",
 *     isOption: () => false,
 *   }),
 * });
 * assert("failure" in outcome);
 * assertEquals(outcome.failure.kind, "not_opencti");
 * ```
 */
export function readResponse(response: ResponseParts, asked: Asked): Outcome {
  const { status, body } = response;
  const unready = unreadyAt(status, asked.places);
  if (unready !== undefined) {
    return { failure: unready, status, canRetry: true };
  }
  const value = body === undefined ? undefined : parseJson(body);
  const graphql = v.safeParse(GraphqlResponse, value);
  const { data, errors } = graphql.success
    ? graphql.output
    : { data: undefined, errors: [] };
  const canRetry = errors.length > 0 &&
    errors.every((error) =>
      codeOf(error) === "DATABASE_ERROR" && !error.extensions.isTooLarge
    );
  const { answer, missing, malformed } = readData(data, asked);
  const problems = [
    ...errors.map((error) => explain(error, asked.places)),
    ...malformed.map((path) => notUnderstood(`${path} is not as expected`)),
  ].filter(({ says }, index, all) =>
    index === all.findIndex((other) => other.says === says)
  );
  if (answer !== undefined) {
    if (missing.length > 0 && problems.length === 0) {
      problems.push(notUnderstood(`${missing.join(", ")} is missing`));
    }
    const lost = missing.length + malformed.length;
    return { answer, problems, missing: lost, status, canRetry };
  }
  const [first] = problems;
  const failure = first === undefined
    ? whyUseless(response, value, asked) ?? noOpencti(response, value, asked)
    : { kind: first.kind, says: problems.map(({ says }) => says).join("; ") };
  return { failure, status, canRetry };
}

const FIELDS = ["exact", "partial", "values", "files"] as const;
const NOTHING = { nodes: [], hasMore: false };

/** What of the data can be used, and which fields cannot. */
function readData(data: unknown, { variables }: Asked): {
  /** `undefined` if there is nothing in it. */
  readonly answer: Answer | undefined;
  readonly missing: readonly string[];
  /** Where a field is not as expected. */
  readonly malformed: readonly string[];
} {
  const isAsked = {
    exact: true,
    partial: variables.askPartial,
    values: variables.askValues,
    files: variables.askFiles,
  };
  const asked = FIELDS.filter((name) => isAsked[name]);
  const missing = asked.filter((name) => memberOf(data, name) === null);
  const malformed: string[] = [];
  let isUseful = false;
  function read<T>(name: keyof Answer, schema: v.GenericSchema<unknown, T>) {
    if (!asked.includes(name) || missing.includes(name)) return NOTHING;
    const field = v.safeParse(schema, memberOf(data, name));
    if (field.success) {
      isUseful = true;
      return field.output;
    }
    const place = v.getDotPath(field.issues[0]);
    malformed.push(place === null ? name : `${name}.${place}`);
    return NOTHING;
  }
  const answer = {
    exact: read("exact", Answer.entries.exact),
    partial: read("partial", Answer.entries.partial),
    values: read("values", Answer.entries.values),
    files: read("files", Answer.entries.files),
  };
  return { answer: isUseful ? answer : undefined, missing, malformed };
}

/** Why a response without any answer or error comes from OpenCTI after all. */
function whyUseless(
  { status, body }: ResponseParts,
  value: unknown,
  { baseUrl, places }: Asked,
): Problem | undefined {
  if (status === 400 && /\bHTTPS\b|SSL-enabled/i.test(body ?? "")) {
    return wantsHttps(baseUrl, places);
  }
  if (status === 400 && /SSL certificate/i.test(body ?? "")) {
    return {
      kind: "certificate",
      says: `OpenCTI at ${baseUrl}, or a proxy before it, wants to see a ` +
        `certificate, or another one: set ${
          places.option("client_cert")
        } and ` +
        '"client_key"',
    };
  }
  if (status === 401 || status === 403) {
    return {
      kind: "refused",
      says:
        `OpenCTI, or a proxy before it, refuses the request (HTTP ${status}): ` +
        `check ${places.token} and the proxy`,
    };
  }
  if (status === 407) {
    return {
      kind: "unreachable",
      says: `The proxy wants a user and password: ${mendProxyLogin(places)}`,
    };
  }
  if (status >= 500) {
    return {
      kind: "failed",
      says: `OpenCTI failed (HTTP ${status}): look at its log`,
    };
  }
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
  { status, location }: ResponseParts,
  value: unknown,
  { baseUrl, places }: Asked,
): Problem {
  const answer = location !== null
    ? `redirects to ${location} (HTTP ${status})`
    : `answers with HTTP ${status}${value === undefined ? " and no JSON" : ""}`;
  return {
    kind: "not_opencti",
    says:
      `There is no OpenCTI at ${baseUrl}: it ${answer}, set ${places.url} to ` +
      "OpenCTI's address",
  };
}

function unreadyAt(status: number, places: Places): Problem | undefined {
  if (status === 429) {
    return {
      kind: "rate_limit",
      says:
        "OpenCTI limits the rate of requests (HTTP 429): let fewer alerts " +
        `through by ${places.setting("group")}, or raise its limit`,
    };
  }
  return [502, 503, 504].includes(status)
    ? {
      kind: "unready",
      says: "OpenCTI is not ready: it is starting, or down behind its proxy " +
        `(HTTP ${status})`,
    }
    : undefined;
}

function refusal(
  code: "AUTH_REQUIRED" | "FORBIDDEN_ACCESS" | "IP_FORBIDDEN",
  { token }: Places,
): string {
  switch (code) {
    case "AUTH_REQUIRED":
      // It is word for word the same, whether the token is wrong or the role
      // lacks the capability.
      return "OpenCTI refuses the token: if it is wrong or expired, put a " +
        `valid one into ${token}; else give its user's role the capability ` +
        '"Allow token usage" ("API access" in OpenCTI before 2026), as "API ' +
        'usage with authorization header" above it is not enough';
    case "FORBIDDEN_ACCESS":
      return "The token has no right to read knowledge: give its user's role " +
        'the capability "Access knowledge" in OpenCTI';
    case "IP_FORBIDDEN":
      return "OpenCTI does not take requests from this address: allow it in " +
        "OpenCTI's configuration";
  }
}

/** It looks like an outage, but the same question never passes. */
const TOO_LARGE: Problem = {
  kind: "not_understood",
  says:
    "OpenCTI's search engine takes no question as large as this one: raise " +
    "indices.query.bool.max_clause_count (or search.max_clause_count) there to " +
    "1024 at least",
};

function explain(error: ErrorEntry, places: Places): Problem {
  const code = codeOf(error);
  const message = error.message ?? "no message";
  switch (code) {
    case "AUTH_REQUIRED":
    case "FORBIDDEN_ACCESS":
    case "IP_FORBIDDEN":
      return { kind: "refused", says: refusal(code, places) };
    case "DATABASE_ERROR":
      if (error.extensions.isTooLarge) return TOO_LARGE;
      return {
        kind: "database",
        says: `OpenCTI's database failed${at(error)}: look at its health`,
      };
    case "GRAPHQL_VALIDATION_FAILED":
    case "UNSUPPORTED_ERROR":
    case "FUNCTIONAL_ERROR":
      return {
        kind: "not_understood",
        says: "OpenCTI does not understand the question, its version may be " +
          `unsupported: ${code}: ${message}`,
      };
    default:
      return {
        kind: "failed",
        says: `OpenCTI reports an error${at(error)}: ${code}: ${message}`,
      };
  }
}

function codeOf({ extensions, name }: ErrorEntry): string {
  const code = extensions.code ?? "no code";
  // Old versions have it in the name, beside a code that says nothing.
  const saysNothing = code === "no code" || code === "INTERNAL_SERVER_ERROR";
  return saysNothing ? name ?? code : code;
}

function at(error: ErrorEntry): string {
  const field = error.path?.[0];
  return typeof field === "string" ? ` for "${field}"` : "";
}

function notUnderstood(reason: string): Problem {
  return {
    kind: "not_understood",
    says:
      `Cannot understand OpenCTI's answer: ${reason}, its version may be unsupported`,
  };
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
