/**
 * Emits events: records them in the spool, sends them to the queue, and takes
 * them out again. A run that is killed on the way loses none.
 *
 * @module
 */
import * as v from "valibot";
import type { Alert } from "../alert/alert.ts";
import { atMost } from "../deadline.ts";
import { bytesOf, encodeEvent } from "../wazuh/encode.ts";
import { intervalOf, logDropped, sentenceOnDropped } from "./dropped.ts";
import { type Fate, QueueError, withFate } from "../errors.ts";
import { errorEvent, type Event, warningEvent } from "../wazuh/event.ts";
import { headerFor, sendToQueue } from "../wazuh/queue.ts";
import type { Run, RunTime } from "./run.ts";
import { Outage } from "../state/circuit_breaker.ts";
import { countError, hasPassed, Throttle } from "../state/throttle.ts";
import type { SendLock } from "../state/spool.ts";
import type { Dropped, Transaction } from "../state/transaction.ts";

/** What emitting needs: the spool, the queue, the time, and what is said. */
export type Emitting =
  & RunTime
  & Pick<Run, "spool" | "home" | "log" | "redact" | "places">
  & { readonly config: Pick<Run["config"], "error_interval"> };

/** What a change of the spool can emit. */
export interface Emitter {
  /** Emits an event, unless its key was emitted before. */
  readonly event: (event: Event, options: {
    /** The event comes from its agent. */
    readonly alert?: Alert | undefined;
    /** What it says. */
    readonly key?: string;
  }) => void;
  /**
   * Counts an error, and emits it if none of its kind was emitted lately.
   *
   * @returns Whether it is emitted.
   */
  readonly error: (error: CountedError) => boolean;
}

/** An error that is emitted, or counted. */
export interface CountedError {
  readonly kind: string;
  readonly says: string;
  /** To how many alerts it happened that it was not counted for. */
  readonly alerts: number;
  /** The last of these. */
  readonly alert?: Alert | undefined;
  /** Set if it happened with OpenCTI. */
  readonly baseUrl?: string;
}

const DAY_MS = 86_400_000;

/**
 * Changes the spool, and sends the events that the change emits.
 *
 * @throws {QueueError} If the events are not sent.
 */
export async function emit(
  run: Emitting,
  change: (tx: Transaction, emitter: Emitter) => void,
): Promise<void> {
  const spool = await run.spool();
  const ids: number[] = [];
  const recordAll = async (what: typeof change) => {
    const recorded = await spool.write(
      (tx) => record(tx, what, { ...run, firstId: ids[0] }),
      run.budget.leftToKeepMs,
    );
    ids.push(...recorded.ids);
    logDropped(recorded.dropped, run);
    return recorded;
  };
  const { isDurable } = await recordAll(change);
  const problem = spool.takeProblem();
  if (problem !== undefined) {
    await recordAll((_, { error }) => {
      error({ kind: "spool", says: problem, alerts: 1 });
    });
  }
  const elsewhere = spool.whyElsewhere();
  if (elsewhere !== undefined) {
    await recordAll((tx, emitter) =>
      warnOfFolder(elsewhere, { tx, emitter, run })
    );
  }
  if (ids.length === 0) return;
  await send(run, {
    take: (tx) => ids.map(tx.event).filter((event) => event !== undefined),
    fate: isDurable ? "kept" : "lost",
  });
}

/** Emits an error, in a sentence that says what became of the alert. */
export async function emitError(
  says: string,
  { kind, alert }: {
    readonly kind: string;
    readonly alert?: Alert | undefined;
  },
  run: Emitting,
): Promise<void> {
  await emit(run, (_, { error }) => {
    error({ kind, says, alerts: 1, alert });
  });
}

/** Once a day, if the spool is not where it should be. */
function warnOfFolder(
  reason: string,
  { tx, emitter, run }: {
    readonly tx: Transaction;
    readonly emitter: Emitter;
    readonly run: Emitting;
  },
): void {
  const name = "warned folder";
  if (!isDueDaily(tx, name, run.now())) return;
  tx.remember(name, run.now());
  emitter.event(warningEvent(reason), {});
}

/** Whether something that is said once a day, as remembered, is due again. */
export function isDueDaily(
  tx: Transaction,
  name: string,
  now: number,
): boolean {
  const since = tx.recall(name, v.number()) ?? 0;
  return hasPassed(since, { intervalMs: DAY_MS, now });
}

/**
 * Sends the oldest events that wait.
 *
 * @param options How many at the most, and how long a queue is waited for that
 * takes none.
 *
 * @returns How many were sent.
 *
 * @throws {QueueError} If not all could be sent.
 */
export async function sendWaiting(
  run: Emitting,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs: number },
): Promise<number> {
  const spool = await run.spool();
  const waiting = await spool.tryWrite(
    (tx) => tx.events(1).length,
    run.budget.leftToKeepMs,
  );
  if (waiting === undefined || waiting === 0) return 0;
  return await send(run, {
    take: (tx) => tx.events(limit),
    fate: "kept",
    timeoutMs,
  });
}

/** One run sends at a time, so that no event is sent twice. */
async function send(
  run: Emitting,
  { take, fate, timeoutMs = Infinity }: {
    readonly take: (tx: Transaction) => ReturnType<Transaction["events"]>;
    /** What becomes of events that are not sent. */
    readonly fate: Fate;
    readonly timeoutMs?: number;
  },
): Promise<number> {
  const { home, stop, budget } = run;
  const spool = await run.spool();
  const leftMs = atMost(timeoutMs, budget);
  const lock = await spool.lock(leftMs);
  if (lock === undefined) {
    throw notSent(
      "Another run is still sending to Wazuh's queue: see that " +
        "wazuh-analysisd runs and keeps up",
      fate,
    );
  }
  let sent = 0;
  let isPending = false;
  try {
    const before = lock.sent();
    const events = await spool.tryWrite((tx) => {
      for (const id of before) tx.forgetEvent(id);
      return take(tx);
    }, budget.leftToKeepMs);
    if (events === undefined) {
      throw notSent("Another program has the spool locked", fate);
    }
    lock.remove(before);
    if (events.length === 0) return 0;
    await sendToQueue(events.map(({ message }) => message), {
      home,
      timeoutMs: leftMs(),
      stop,
      onSent: (index) => {
        sent++;
        const id = events[index]?.id;
        if (id !== undefined) lock.add(id);
      },
    });
  } catch (error) {
    // A send may still be pending: nobody else may send its event before this
    // process ends, and with it the lock.
    isPending = error instanceof QueueError;
    throw error instanceof QueueError ? notSent(error.message, fate) : error;
  } finally {
    if (sent > 0) await forgetSent(run, lock);
    if (!isPending) lock.release();
  }
  return sent;
}

/** Takes out what was sent; if that cannot be done now, the next run does it. */
async function forgetSent(run: Emitting, lock: SendLock): Promise<void> {
  const spool = await run.spool();
  const sent = lock.sent();
  const isDone = await spool.tryWrite((tx) => {
    for (const id of sent) tx.forgetEvent(id);
    return true;
  }, run.budget.leftMs);
  if (isDone) lock.remove(sent);
}

function notSent(message: string, fate: Fate): QueueError {
  return new QueueError(
    / is (?:kept|lost)$/.test(message)
      ? message
      : withFate(message, fate, "event"),
  );
}

/** What a change came to. */
export interface Recorded {
  /** Those of its events. */
  readonly ids: readonly number[];
  readonly isDurable: boolean;
  /** To be logged, when the change is made. */
  readonly dropped: Dropped;
}

/**
 * Makes a change and what it emits, and counts what it drops.
 *
 * @param run The first event that this run has recorded before, too.
 */
export function record(
  tx: Transaction,
  change: (tx: Transaction, emitter: Emitter) => void,
  run: Emitting & { readonly firstId?: number | undefined },
): Recorded {
  const { log } = run;
  const ids: number[] = [];
  const event: Emitter["event"] = (emitted, { alert, key }) => {
    const message = messageFor(emitted, alert, run);
    const id = tx.keepEvent(message, key);
    log.debug(
      `${
        id === undefined ? "emitted before, or waiting to be: " : ""
      }event of ${bytesOf(message)} bytes: ${message}`,
    );
    if (id === undefined) return;
    ids.push(id);
    if (emitted.opencti["kind"] === "dropped") tx.holdEvent(id);
  };
  const error: Emitter["error"] = ({ kind, says, alerts, alert, baseUrl }) => {
    const name = `error ${baseUrl ?? "-"} ${kind}`;
    const { emit, next } = countError(tx.recall(name, Throttle), {
      error: run.redact(says),
      alerts,
      intervalMs: intervalOf(kind, { tx, config: run.config }),
      now: run.now(),
    });
    rememberThrottle(tx, name, { throttle: next, run });
    if (emit === 0) return false;
    event(errorEvent({ kind, error: says, alerts: emit }, alert), { alert });
    return true;
  };
  change(tx, { event, error });
  tx.prune(run.firstId ?? ids[0]);
  const dropped = tx.dropped();
  const alerts = dropped.keys.length + dropped.events;
  if (alerts > 0) {
    error({
      kind: "dropped",
      says: sentenceOnDropped(run),
      alerts,
    });
  }
  return { ids, isDurable: tx.isDurable, dropped };
}

/** Emits the errors that were only counted, when their time has come. */
export function emitCounted(
  tx: Transaction,
  emitter: Emitter,
  run: Emitting,
): void {
  for (const name of tx.names("error ")) {
    const throttle = tx.recall(name, Throttle);
    if (throttle === undefined || throttle.suppressed === 0) continue;
    // As record() writes the name.
    const [, baseUrl = "", kind = "unexpected"] = name.split(" ");
    const { emit, next } = countError(throttle, {
      error: throttle.error,
      alerts: 0,
      intervalMs: intervalOf(kind, { tx, config: run.config }),
      now: run.now(),
    });
    if (emit === 0) continue;
    rememberThrottle(tx, name, { throttle: next, run });
    emitter.event(
      errorEvent({ kind, error: throttle.error, alerts: emit }, undefined),
      {},
    );
    const outage = tx.recall(outageName(baseUrl), Outage);
    if (outage !== undefined) {
      tx.remember(outageName(baseUrl), { ...outage, isEmitted: true });
    }
  }
}

/** Under which name the spool remembers an OpenCTI's outage. */
export function outageName(baseUrl: string): string {
  return `outage ${baseUrl}`;
}

/** Whether errors of an OpenCTI were counted, and not emitted yet. */
export function hasCounted(tx: Transaction, baseUrl: string): boolean {
  return tx.names(`error ${baseUrl} `).some((name) =>
    (tx.recall(name, Throttle)?.suppressed ?? 0) > 0
  );
}

function rememberThrottle(
  tx: Transaction,
  name: string,
  { throttle, run }: {
    readonly throttle: Throttle;
    readonly run: Pick<Emitting, "config">;
  },
): void {
  const due = throttle.suppressed === 0
    ? undefined
    : throttle.emittedAt + run.config.error_interval * 1000;
  tx.remember(name, throttle, due);
}

/** An event as it is sent: its header, and its JSON without secrets. */
export function messageFor(
  event: Event,
  alert: Alert | undefined,
  { redact }: Pick<Emitting, "redact">,
): string {
  const header = redact(headerFor(alert?.agent));
  return header + encodeEvent(event, redact);
}
