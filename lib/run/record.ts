/**
 * Writes down what a look-up came to: its events, what is tried again, and what
 * it says of OpenCTI for the next runs.
 *
 * @module
 */
import { type Fate, messageOf, OpenctiError, withFate } from "../errors.ts";
import { matchKey } from "../match/match.ts";
import type { Problem } from "../opencti/problem.ts";
import { afterAnswer, afterFailure, Outage } from "../state/circuit_breaker.ts";
import type { Transaction } from "../state/transaction.ts";
import { recoveredEvent } from "../wazuh/event.ts";
import {
  emit,
  type Emitter,
  forgetCounted,
  hasCounted,
  outageName,
} from "./emit.ts";
import { keep, nextTry } from "./keep.ts";
import type { LookedUp } from "./pipeline.ts";
import type { Run } from "./run.ts";
import type { Subject } from "./subject.ts";

/**
 * Records an answer: its events are emitted, and the alert no longer kept, but
 * for what OpenCTI could not look up.
 *
 * @throws {OpenctiError} If OpenCTI failed for a part of the question.
 * @throws {QueueError} If not all is sent yet: the events are kept.
 */
export async function recordLookUp(
  subject: Subject,
  { reply, notes, events }: LookedUp,
  run: Run,
): Promise<void> {
  const { alert, key } = subject;
  const failure = failureOf(reply.problems, run);
  const keyed = await Promise.all(events.map(async ({ match, event }) => ({
    event,
    key: await digest(`${key} ${matchKey(match)}`),
  })));
  let fate: Fate = "lost";
  await emit(run, (tx, emitter) => {
    if (failure === undefined) tx.forgetAlert(key);
    else {
      const why = failure.message;
      fate = keep(subject, { tx, run, why, due: nextTry(subject, run) });
    }
    recordAnswer(tx, emitter, run);
    for (const { event, key } of keyed) emitter.event(event, { alert, key });
    for (const { kind, says } of notes) {
      emitter.error({ kind, says: run.redact(says), alerts: 1, alert });
    }
    if (failure !== undefined) {
      countFailure(failure, { subject, fate, emitter, run });
    }
  }).catch((error) => {
    if (failure === undefined) throw error;
    run.log.error(messageOf(error));
  });
  if (failure !== undefined) throw withFateOf(failure, fate);
}

/**
 * Records that OpenCTI failed: the alert is kept, and the error emitted or
 * counted.
 *
 * @returns The failure, with what became of the alert.
 */
export async function recordFailure(
  failure: OpenctiError,
  subject: Subject,
  run: Run,
): Promise<OpenctiError> {
  const { kind, message: why } = failure;
  const isNew = subject.tries === undefined;
  const isStopped = kind === "stopped";
  let fate: Fate = "lost";
  await emit(run, (tx, emitter) => {
    const due = isStopped ? run.now() : nextTry(subject, run);
    fate = keep(subject, { tx, run, why, due });
    if (isStopped) return;
    const isEmitted = countFailure(failure, { subject, fate, emitter, run });
    // That it fails again says more of the alert than of OpenCTI.
    if (!isNew) return;
    const name = outageName(run.opencti.baseUrl);
    const outage = afterFailure(tx.recall(name, Outage), {
      now: run.now(),
      kind,
      says: why,
    });
    tx.remember(name, {
      ...outage,
      alerts: outage.alerts + 1,
      isEmitted: outage.isEmitted || isEmitted,
    });
  }).catch((error) => run.log.error(messageOf(error)));
  return withFateOf(failure, fate);
}

/** What OpenCTI could not look up, its secrets taken out. */
function failureOf(
  problems: readonly Problem[],
  { redact }: Pick<Run, "redact">,
): OpenctiError | undefined {
  const [first] = problems;
  return first && new OpenctiError(
    redact(problems.map(({ says }) => says).join("; ")),
    first.kind,
  );
}

/** Counts a failure, and returns whether it is emitted. */
function countFailure(
  failure: OpenctiError,
  { subject: { alert, tries }, fate, emitter, run }: {
    readonly subject: Subject;
    readonly fate: Fate;
    readonly emitter: Emitter;
    readonly run: Pick<Run, "opencti">;
  },
): boolean {
  return emitter.error({
    kind: failure.kind,
    says: withFateOf(failure, fate).message,
    // It was counted when it was new.
    alerts: tries === undefined ? 1 : 0,
    alert,
    baseUrl: run.opencti.baseUrl,
  });
}

function withFateOf(
  { kind, message }: OpenctiError,
  fate: Fate,
): OpenctiError {
  return new OpenctiError(withFate(message, fate), kind);
}

/** OpenCTI answered: an outage is over. */
function recordAnswer(
  tx: Transaction,
  { event }: Emitter,
  run: Run,
): void {
  const { opencti: { baseUrl }, now } = run;
  const name = outageName(baseUrl);
  const outage = tx.recall(name, Outage);
  if (outage === undefined) return;
  const { isRecovered, next } = afterAnswer(outage, hasCounted(tx, baseUrl));
  if (next === undefined) tx.forget(name);
  else tx.remember(name, next);
  if (!isRecovered) return;
  forgetCounted(tx, { baseUrl, run });
  event(recoveredEvent({ ...outage, now: now() }), {});
}

/** What a match is known by, too long for a key as it is. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.slice(0, 16).toHex();
}
