/**
 * Asks OpenCTI: HTTP, the time limit, the retries.
 *
 * @module
 */
import { messageOf, OpenctiError } from "../errors.ts";
import type { Question } from "./query.ts";
import { MAX_BODY_BYTES, type Outcome, readResponse } from "./response.ts";
import type { Answer } from "./schema.ts";

/** What OpenCTI replied. */
export interface Reply {
  readonly answer: Answer;
  /** What it could not look up: a sentence for each error. */
  readonly errors: readonly string[];
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
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told what each attempt came to, its HTTP status and time. */
  readonly onAttempt: (line: string) => void;
}

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 4000;

/**
 * Asks OpenCTI, and again if that may help.
 *
 * @throws {OpenctiError} If it does not answer, or with errors alone. The
 * message is one sentence that says what to do, and never holds the API key.
 */
export async function ask(
  question: Question,
  options: AskOptions,
): Promise<Reply> {
  const { now, retries, sleep, onAttempt } = options;
  const start = now();
  let best: Outcome | undefined;
  for (let attempt = 0; attempt <= retries; attempt++) {
    const attemptStart = now();
    const outcome = await tryOnce(question, options);
    const ms = Math.round(now() - attemptStart);
    onAttempt(
      `attempt ${attempt + 1} of ${retries + 1}: ${told(outcome)} in ${ms} ms`,
    );
    if (best === undefined || isBetter(outcome, best)) best = outcome;
    if (!outcome.canRetry || attempt === retries) break;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_DELAY_MS);
    await sleep(delayMs * (0.5 + Math.random()));
  }
  if (best === undefined || "failure" in best) {
    throw new OpenctiError(best?.failure ?? "OpenCTI was not asked");
  }
  const { answer, errors } = best;
  return { answer, errors, latencyMs: Math.round(now() - start) };
}

function told(outcome: Outcome): string {
  const { status } = outcome;
  const what = "failure" in outcome
    ? outcome.failure
    : ["an answer", ...outcome.errors].join(", but: ");
  return `${status === undefined ? "no response" : `HTTP ${status}`}, ${what},`;
}

/** An answer in part is better than a failure, and than one with less in it. */
function isBetter(outcome: Outcome, than: Outcome): boolean {
  if ("failure" in than) return true;
  return "answer" in outcome && outcome.missing < than.missing;
}

async function tryOnce(
  question: Question,
  { baseUrl, apiKey, timeoutMs }: AskOptions,
): Promise<Outcome> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(`${baseUrl}/graphql`, {
      method: "POST",
      headers: {
        "authorization": `Bearer ${apiKey}`,
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": "wazuh-opencti",
      },
      body: JSON.stringify(question),
      redirect: "manual",
      signal: abort.signal,
    });
    return readResponse({
      status: response.status,
      location: response.headers.get("location"),
      body: await readBody(response),
    }, { baseUrl, variables: question.variables });
  } catch (error) {
    if (abort.signal.aborted) {
      const failure = `OpenCTI at ${baseUrl} is too slow: no answer in ${
        timeoutMs / 1000
      } s, raise <timeout> or look at its load`;
      return { failure, status: undefined, canRetry: true };
    }
    const reason = reasonOf(error);
    const isCertificate = /certificate/.test(reason);
    const advice = isCertificate
      ? "OpenCTI needs a certificate of an authority that is trusted here"
      : "check <hook_url> and that OpenCTI is up";
    return {
      failure: `Cannot reach OpenCTI at ${baseUrl}: ${reason}, ${advice}`,
      status: undefined,
      canRetry: !isCertificate,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** The body, `undefined` if it is too long. */
async function readBody(response: Response): Promise<string | undefined> {
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

/** What fetch() failed for: since Deno 2.9 that is in the error's cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return messageOf(cause)
    .replace(/^error sending request .*: client error \(\w+\): /, "");
}
