/**
 * Looks up the IoCs of an alert, and emits what is known of them. What cannot be
 * done now is kept.
 *
 * What most alerts do not need, for OpenCTI knows nothing of their IoCs, is
 * loaded where it is needed.
 *
 * @module
 */
import type { Findings } from "../alert/find.ts";
import type { Ioc } from "../alert/ioc.ts";
import { isPrivate } from "../alert/private.ts";
import { messageOf, OpenctiError } from "../errors.ts";
import { readFile } from "../files.ts";
import type { Log } from "../log.ts";
import { ask, type Reply } from "../opencti/client.ts";
import { connect } from "../opencti/connection.ts";
import type { Question } from "../opencti/question.ts";
import { dueIn, hasOutage } from "../state/marker.ts";
import type { LookedUp } from "./pipeline.ts";
import type { Asking, Run, RunTime } from "./run.ts";
import { nameOf, type Subject } from "./subject.ts";

/** If the answer takes longer, the alert is kept before it comes. */
const KEEP_AFTER_MS = 500;

/**
 * Looks up the IoCs of an alert, and emits what is known of them.
 *
 * @param findings One IoC at least.
 *
 * @returns How many matches were emitted.
 *
 * @throws {OpenctiError} If OpenCTI cannot be asked, or for a part of the
 * question: the alert is kept then, and the error emitted.
 * @throws {QueueError} If not all is sent yet: the events are kept.
 */
export async function lookUp(
  subject: Subject,
  findings: Pick<Findings, "iocs" | "tooMany">,
  run: Run,
): Promise<number> {
  try {
    const { lookedUp, isKept } = await askOrKeep(subject, findings.iocs, run);
    await logDecisions(lookedUp, run);
    run.log.info(summaryOf(subject, { ...findings, lookedUp }));
    const mustRecord = lookedUp.events.length > 0 ||
      lookedUp.reply.problems.length > 0 || lookedUp.notes.length > 0 ||
      isKept ||
      dueIn(run.stateFolders) !== undefined || hasOutage(run.stateFolders);
    if (mustRecord) {
      const { recordLookUp } = await import("./record.ts");
      await recordLookUp({ ...subject, isKept }, lookedUp, run);
    }
    return lookedUp.found.matches.length;
  } finally {
    if (isClearText(run.opencti.baseUrl)) {
      const { warnOfClearText } = await import("./warnings.ts");
      await warnOfClearText(run)
        .catch((error) => run.log.error(messageOf(error)));
    }
  }
}

async function logDecisions(
  { found: { decisions }, ranking }: LookedUp,
  { log }: Pick<Run, "log">,
): Promise<void> {
  if (!log.isDebug) return;
  const { sentencesOn } = await import("./decisions.ts");
  const sentences = sentencesOn(decisions, ranking);
  for (const sentence of sentences) log.debug(sentence);
}

function summaryOf(
  { alert }: Subject,
  { iocs, tooMany, lookedUp: { found, leftOut, latencyMs } }:
    & Pick<Findings, "iocs" | "tooMany">
    & { readonly lookedUp: LookedUp },
): string {
  const { matches, cutOff } = found;
  return [
    `${nameOf(alert)}: IoCs asked for: ${iocs.length}`,
    ...tooMany > 0 ? [`IoCs left out: ${tooMany}`] : [],
    ...leftOut > 0 ? [`rare spellings left out: ${leftOut}`] : [],
    `matches to emit: ${matches.length} of ${found.found}`,
    ...cutOff.length > 0 ? [`OpenCTI has more ${cutOff.join(" and ")}`] : [],
    `answer after ${latencyMs} ms`,
  ].join(", ");
}

/** Whether the token may go over a network where others can read it. */
function isClearText(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol !== "https:" && isPrivate(hostname) !== true;
}

/**
 * Asks OpenCTI; if the answer takes long the alert is kept, and if OpenCTI fails
 * the failure is emitted too.
 */
async function askOrKeep(
  subject: Subject,
  iocs: readonly Ioc[],
  run: Run,
): Promise<{ readonly lookedUp: LookedUp; readonly isKept: boolean }> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const keeping = keepAfterAWhile(subject, { run, ended });
  const isKept = async () => {
    end();
    return await keeping || subject.isKept === true;
  };
  try {
    const lookedUp = await run.pipeline.lookUp(subject.alert, iocs, {
      now: new Date(run.now()),
      ask: (question) =>
        askOpencti(question, {
          ...run,
          // What fails again is tried again later: it must not use up the time.
          retries: subject.tries === undefined ? run.opencti.retries : 0,
        }),
      askMore: (question) => askMoreOf(question, run),
    });
    return { lookedUp, isKept: await isKept() };
  } catch (error) {
    const kept = { ...subject, isKept: await isKept() };
    if (!(error instanceof OpenctiError)) throw error;
    const { recordFailure } = await import("./record.ts");
    throw await recordFailure(
      new OpenctiError(run.redact(error.message), error.kind),
      kept,
      run,
    );
  }
}

/**
 * Keeps an alert if its answer does not come soon: the run may be killed while
 * it waits.
 *
 * @returns Whether it was kept.
 */
async function keepAfterAWhile(
  subject: Subject,
  { run, ended }: { readonly run: Run; readonly ended: Promise<void> },
): Promise<boolean> {
  let hasEnded = false;
  const ending = ended.then(() => hasEnded = true);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, KEEP_AFTER_MS);
  await Promise.race([ending, late]);
  clearTimeout(timer);
  if (hasEnded) return false;
  const { keepUnanswered } = await import("./keep.ts");
  return await keepUnanswered(subject, { run, hasEnded: () => hasEnded });
}

/**
 * Asks OpenCTI.
 *
 * @throws {OpenctiError} If it does not answer.
 * @throws {UsageError} If an option that says how it is reached is wrong.
 */
export async function askOpencti(
  question: Question,
  { opencti, config, places, log, budget, stop, retries }:
    & Asking
    & Pick<RunTime, "budget" | "stop">
    & { readonly log: Pick<Log, "isDebug" | "debug"> }
    & { readonly retries: number },
): Promise<Reply> {
  if (log.isDebug) log.debug(`question: ${JSON.stringify(question.variables)}`);
  const client = await connect(config, { readFile, places });
  try {
    return await ask(question, {
      ...opencti,
      client,
      hasProxy: config.proxy !== undefined,
      places,
      retries,
      leftMs: budget.leftToAskMs,
      stop,
      now: () => performance.now(),
      sleep: (ms) => sleep(ms, stop),
      onAttempt: (line) => log.debug(line),
    });
  } finally {
    client?.close();
  }
}

/** Asks OpenCTI once for what an alert can do without: to fail is an answer. */
export async function askMoreOf(
  question: Question,
  options: Omit<Parameters<typeof askOpencti>[1], "retries">,
): Promise<Reply | OpenctiError> {
  try {
    return await askOpencti(question, { ...options, retries: 0 });
  } catch (error) {
    if (error instanceof OpenctiError) return error;
    throw error;
  }
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
