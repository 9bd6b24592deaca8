/**
 * Looks up the IoCs of an alert: question, answer, matches, events. What
 * cannot be done now is kept.
 *
 * @module
 */
import type { Findings } from "../alert/sources/mod.ts";
import { type Fate, messageOf, OpenctiError } from "../errors.ts";
import { readFile } from "../files.ts";
import { matchAnswer } from "../match/answer.ts";
import { matchKey } from "../match/match.ts";
import { ask, type Reply } from "../opencti/client.ts";
import { connect } from "../opencti/connection.ts";
import { type Question, questionFor } from "../opencti/query.ts";
import type { Problem } from "../opencti/response.ts";
import { dueIn } from "../state/marker.ts";
import { matchEvent } from "../wazuh/event.ts";
import { sentencesOn } from "./decisions.ts";
import { emit } from "./emit.ts";
import {
  countFailure,
  keep,
  keepAfterAWhile,
  nextTry,
  recordAnswer,
  recordFailure,
  sealed,
  type Subject,
} from "./keep.ts";
import type { Run } from "./run.ts";
import { warnOfClearText } from "./warnings.ts";

/**
 * Looks up the IoCs of an alert, and emits what is known of them.
 *
 * @param findings One IoC at least.
 *
 * @throws {OpenctiError} If OpenCTI cannot be asked, or for a part of the
 * question: the alert is kept then, and the error emitted.
 * @throws {QueueError} If not all is sent yet: the events are kept.
 */
export async function lookUp(
  subject: Subject,
  findings: Pick<Findings, "iocs" | "tooMany">,
  run: Run,
): Promise<void> {
  try {
    await lookUpNow(subject, findings, run);
  } finally {
    await warnOfClearText(run)
      .catch((error) => run.log.error(messageOf(error)));
  }
}

async function lookUpNow(
  subject: Subject,
  { iocs, tooMany }: Pick<Findings, "iocs" | "tooMany">,
  run: Run,
): Promise<void> {
  const { alert, key } = subject;
  const { config, log, opencti: { baseUrl } } = run;
  const now = new Date(run.now());
  const question = questionFor(iocs, {
    ...config,
    partial: config.partial_matches,
    now,
  });
  log.debug(`question: ${JSON.stringify(question.variables)}`);
  const { reply, isKept } = await askOrKeep(subject, question, run);
  const { answer, problems, latencyMs } = reply;
  const { matches, found, cutOff, decisions } = matchAnswer(iocs, answer, {
    ...config,
    now,
  });
  if (log.isDebug) {
    for (const line of sentencesOn(decisions, { now })) log.debug(line);
  }
  log.info([
    `Alert ${alert.id ?? "without id"}: IoCs asked for: ${iocs.length}`,
    ...tooMany > 0 ? [`IoCs left out: ${tooMany}`] : [],
    `matches to emit: ${matches.length} of ${found}`,
    ...cutOff.length > 0 ? [`OpenCTI has more ${cutOff.join(" and ")}`] : [],
    `answer after ${latencyMs} ms`,
  ].join(", "));

  const { severity } = config;
  const context = { alert, baseUrl, latencyMs, severity, now };
  const events = await Promise.all(matches.map(async (match) => ({
    event: matchEvent(match, context),
    key: await digest(`${key} ${matchKey(match)}`),
  })));
  const failure = failureOf(problems, run);
  const mustRecord = events.length > 0 || failure !== undefined || isKept ||
    dueIn(run.stateFolders) !== undefined;
  let fate: Fate = "lost";
  if (mustRecord) {
    await emit(run, (tx, emitter) => {
      if (failure === undefined) tx.forgetAlert(key);
      else {
        const why = failure.message;
        const due = nextTry(subject, run);
        fate = keep({ ...subject, isKept }, { tx, run, why, due });
      }
      recordAnswer(tx, emitter, run);
      for (const { event, key } of events) emitter.event(event, { alert, key });
      if (failure !== undefined) {
        countFailure(failure, { subject, fate, emitter, run });
      }
    }).catch((error) => {
      if (failure === undefined) throw error;
      log.error(messageOf(error));
    });
  }
  if (failure !== undefined) throw sealed(failure, fate);
}

/** What OpenCTI could not look up, its secrets taken out. */
function failureOf(
  problems: readonly Problem[],
  { redact }: Run,
): OpenctiError | undefined {
  const [first] = problems;
  return first && new OpenctiError(
    redact(problems.map(({ says }) => says).join("; ")),
    first.kind,
  );
}

/** Asks OpenCTI; if it fails, the alert is kept and the failure emitted. */
async function askOrKeep(
  subject: Subject,
  question: Question,
  run: Run,
): Promise<{ readonly reply: Reply; readonly isKept: boolean }> {
  const { opencti, config, log, budget, stop, places } = run;
  const client = await connect(config, { readFile, places });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const keeping = keepAfterAWhile(subject, { run, ended });
  let isKept = subject.isKept ?? false;
  try {
    const reply = await ask(question, {
      ...opencti,
      client,
      hasProxy: config.proxy !== undefined,
      places,
      // What fails again is tried again later: it must not use up a run's time.
      retries: subject.tries === undefined ? opencti.retries : 0,
      leftMs: budget.leftToAskMs,
      stop,
      now: () => performance.now(),
      sleep: (ms) => sleep(ms, stop),
      onAttempt: (line) => log.debug(line),
    });
    end();
    isKept = await keeping || isKept;
    return { reply, isKept };
  } catch (error) {
    end();
    isKept = await keeping || isKept;
    if (!(error instanceof OpenctiError)) throw error;
    throw await recordFailure(
      new OpenctiError(run.redact(error.message), error.kind),
      { ...subject, isKept },
      run,
    );
  } finally {
    client?.close();
  }
}

/** What a match is known by, too long for a key of its own. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.slice(0, 16).toHex();
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
