/**
 * Asks OpenCTI: HTTP, the time limit, the retries.
 *
 * @module
 */
import { OpenctiError } from "../errors.ts";
import type { Places } from "../config/places.ts";
import { NOTHING, saysNothing } from "./nothing.ts";
import type { Question } from "./question.ts";
import { MAX_BODY_BYTES, type Problem, wantsHttps } from "./problem.ts";
import type { Outcome } from "./response.ts";
import type { Answer } from "./schema.ts";

/** What OpenCTI replied. */
export interface Reply {
  readonly answer: Answer;
  /** What it could not look up. */
  readonly problems: readonly Problem[];
  /** From the question to the answer, retries included. */
  readonly latencyMs: number;
}

/** How OpenCTI is asked. */
export interface AskOptions {
  /** OpenCTI's address, without `/graphql`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** How many attempts there may be after the first. */
  readonly retries: number;
  /** What is left for all attempts and the pauses between them. */
  readonly leftMs: () => number;
  /** Ends the asking at once. */
  readonly stop: AbortSignal;
  /** How OpenCTI is reached, if that is special. */
  readonly client: Deno.HttpClient | undefined;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether an option names a proxy. */
  readonly hasProxy: boolean;
  /** For what to mend, and where. */
  readonly places: Places;
  /** Called with what each attempt came to, its HTTP status and time. */
  readonly onAttempt: (line: string) => void;
}

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 4000;

/** An attempt that must be over sooner is none. */
const MIN_ATTEMPT_MS = 50;

/**
 * Asks OpenCTI, and again if that may help and there is time.
 *
 * @throws {OpenctiError} If it does not answer, or with errors alone. The
 * message is one sentence that says what to do.
 */
export async function ask(
  question: Question,
  options: AskOptions,
): Promise<Reply> {
  const { now, retries, sleep, leftMs } = options;
  const start = now();
  let best = await attempt(question, 1, options);
  let last = best;
  for (let retry = 0; retry < retries && last.canRetry; retry++) {
    const backOffMs = Math.min(FIRST_DELAY_MS * 2 ** retry, MAX_DELAY_MS) *
      (0.5 + Math.random());
    const delayMs = Math.max(backOffMs, last.retryAfterMs ?? 0);
    if (leftMs() < delayMs + MIN_ATTEMPT_MS) break;
    await sleep(delayMs);
    if (options.stop.aborted) break;
    last = await attempt(question, retry + 2, options);
    if (isBetter(last, best)) best = last;
  }
  if ("failure" in best) {
    const { kind, says } = await isPortOfHttps(best.failure, options)
      ? wantsHttps(options.baseUrl, options.places)
      : best.failure;
    throw new OpenctiError(says, kind);
  }
  const { answer, problems } = best;
  return { answer, problems, latencyMs: Math.round(now() - start) };
}

/** What servers of HTTPS make of HTTP, as those that say nothing of it. */
const NO_HTTP = /connection closed before|invalid HTTP|reset|broken pipe/i;

/** So long it may take to find out why OpenCTI cannot be reached. */
const MAX_PROBE_MS = 1000;

/** Whether HTTP fails because the port is one of HTTPS. */
async function isPortOfHttps(
  { kind, says }: Problem,
  { baseUrl, client, leftMs, stop }: AskOptions,
): Promise<boolean> {
  if (kind !== "unreachable" || !baseUrl.startsWith("http:")) return false;
  if (!NO_HTTP.test(says)) return false;
  const timeout = AbortSignal.timeout(Math.min(leftMs(), MAX_PROBE_MS));
  try {
    const response = await fetch(baseUrl.replace(/^http:/, "https:"), {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.any([timeout, stop]),
      ...client && { client },
    });
    await response.body?.cancel();
    return true;
  } catch (error) {
    const { isAboutCertificate } = await import("./unreachable.ts");
    return isAboutCertificate(error);
  }
}

/** Whether OpenCTI answers the smallest question that there is. */
export async function isUp(
  { baseUrl, apiKey, client, timeoutMs, stop }: Pick<
    AskOptions,
    "baseUrl" | "apiKey" | "client" | "timeoutMs" | "stop"
  >,
): Promise<boolean> {
  try {
    const response = await post({ query: "{ about { version } }" }, {
      baseUrl,
      apiKey,
      client,
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stop]),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Sends OpenCTI a question: the one way in which it is asked. */
export function post(
  question: unknown,
  { baseUrl, apiKey, client, signal }:
    & Pick<AskOptions, "baseUrl" | "apiKey" | "client">
    & { readonly signal: AbortSignal },
): Promise<Response> {
  return fetch(`${baseUrl}/graphql`, {
    method: "POST",
    headers: {
      "authorization": `Bearer ${apiKey}`,
      "content-type": "application/json",
      "accept": "application/json",
      "user-agent": "wazuh-opencti",
    },
    body: JSON.stringify(question),
    redirect: "manual",
    signal,
    ...client && { client },
  });
}

async function attempt(
  question: Question,
  number: number,
  options: AskOptions,
): Promise<Outcome> {
  const { now, retries, onAttempt } = options;
  const start = now();
  const outcome = await tryOnce(question, options);
  const status = outcome.status === undefined
    ? "no response"
    : `HTTP ${outcome.status}`;
  const what = "failure" in outcome
    ? outcome.failure.says
    : ["an answer", ...outcome.problems.map(({ says }) => says)]
      .join(", but: ");
  onAttempt(
    `attempt ${number} of ${retries + 1}: ${status}, ${what}, in ${
      Math.round(now() - start)
    } ms`,
  );
  return outcome;
}

/** An answer in part is better than a failure, and than one with less in it. */
function isBetter(outcome: Outcome, than: Outcome): boolean {
  if ("answer" in outcome) {
    return "failure" in than || outcome.missing < than.missing;
  }
  // Of two alike, the first had more time.
  return "failure" in than && outcome.failure.kind !== than.failure.kind;
}

async function tryOnce(
  question: Question,
  options: AskOptions,
): Promise<Outcome> {
  const { baseUrl, apiKey, stop, client, hasProxy, places } = options;
  const timeoutMs = Math.min(options.timeoutMs, options.leftMs());
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await post(question, {
      baseUrl,
      apiKey,
      client,
      signal: AbortSignal.any([abort.signal, stop]),
    });
    const { status, headers } = response;
    const body = await readBody(response);
    if (saysNothing({ status, body }, question.variables)) {
      return {
        answer: NOTHING,
        problems: [],
        missing: 0,
        status,
        canRetry: false,
      };
    }
    const { readResponse } = await import("./response.ts");
    const outcome = readResponse(
      { status, location: headers.get("location"), body },
      { baseUrl, variables: question.variables, places },
    );
    const retryAfterMs = readRetryAfter(headers.get("retry-after"));
    return { ...outcome, ...retryAfterMs !== undefined && { retryAfterMs } };
  } catch (error) {
    const { whyUnanswered } = await import("./unreachable.ts");
    const failure = whyUnanswered(error, {
      baseUrl,
      hasProxy,
      places,
      timeoutMs,
      isStopped: stop.aborted,
      isLate: abort.signal.aborted,
    });
    return {
      failure,
      status: undefined,
      canRetry: !stop.aborted && failure.kind !== "certificate",
    };
  } finally {
    clearTimeout(timer);
  }
}

/** The body, `undefined` if it is too long. */
export async function readBody(
  response: Response,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (bytes > MAX_BODY_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * What `Retry-After` says, in milliseconds: it holds seconds or a date.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readRetryAfter("2"), 2000);
 * const date = "Wed, 21 Oct 2015 07:28:00 GMT";
 * assertEquals(readRetryAfter(date, Date.parse(date) - 3000), 3000);
 * assertEquals(readRetryAfter("soon"), undefined);
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(
  header: string | null,
  now: number = Date.now(),
): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return 1000 * Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}
