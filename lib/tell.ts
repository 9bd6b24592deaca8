/**
 * Tells events: records them in the spool, sends them to the queue, and takes
 * them out again. A run that is killed on the way loses none.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import { bytesOf, encodeEvent } from "./encode.ts";
import { IntegrationError, QueueError, sentenceOf } from "./errors.ts";
import { errorEvent, type Event } from "./event.ts";
import { countError, ErrorCount } from "./health.ts";
import { headerFor, MAX_MESSAGE_BYTES, sendToQueue } from "./queue.ts";
import type { Run } from "./run.ts";
import type { Spool, Transaction } from "./spool.ts";

/** What a change of the spool can tell. */
export interface Teller {
  /** Tells an event, unless its key was told before. */
  readonly event: (event: Event, options: {
    /** The event comes from its agent. */
    readonly alert?: Alert | undefined;
    /** What it tells. */
    readonly key?: string;
  }) => void;
  /** Counts an error, and tells it if none of its kind was told lately. */
  readonly error: (error: TellableError) => void;
}

/** An error that is told, or counted. */
export interface TellableError {
  readonly kind: string;
  readonly says: string;
  /** To how many alerts it happened that it was not counted for. */
  readonly alerts: number;
  /** The last of these. */
  readonly alert?: Alert | undefined;
  /** Set if it happened with OpenCTI. */
  readonly baseUrl?: string;
}

/**
 * Changes the spool, and sends the events that the change tells.
 *
 * @throws {QueueError} If the events are kept, but not sent.
 */
export async function tell(
  run: Run,
  change: (tx: Transaction, teller: Teller) => void,
): Promise<void> {
  const spool = await run.spool();
  const ids = spool.write((tx) => record(tx, change, run));
  const problem = spool.takeProblem();
  if (problem !== undefined) {
    ids.push(...spool.write((tx) =>
      record(tx, (_, { error }) => {
        error({ kind: "spool", says: problem, alerts: 1 });
      }, run)
    ));
  }
  if (ids.length === 0) return;
  await send(
    run,
    () =>
      spool.write((tx) =>
        ids.map(tx.event).filter((event) => event !== undefined)
      ),
  );
}

/** Tells an error that is not about OpenCTI. */
export async function tellError(
  error: unknown,
  alert: Alert | undefined,
  run: Run,
): Promise<void> {
  const kind = error instanceof IntegrationError ? error.kind : "unexpected";
  await tell(run, (_, teller) => {
    teller.error({ kind, says: sentenceOf(error), alerts: 1, alert });
  });
}

/**
 * Sends the oldest events that wait.
 *
 * @returns How many were sent.
 *
 * @throws {QueueError} If not all could be sent.
 */
export async function sendWaiting(
  run: Run,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs?: number },
): Promise<number> {
  const spool = await run.spool();
  return await send(
    run,
    () => spool.write((tx) => tx.events(limit)),
    timeoutMs,
  );
}

/** One run sends at a time, so that no event is sent twice. */
async function send(
  run: Run,
  take: () => ReturnType<Transaction["events"]>,
  timeoutMs = run.budget.leftMs(),
): Promise<number> {
  const { home, stop } = run;
  const spool: Spool = await run.spool();
  let sent = 0;
  const hadLock = await spool.withLock(async () => {
    const events = take();
    if (events.length === 0) return;
    await sendToQueue(events.map(({ message }) => message), {
      home,
      timeoutMs: Math.min(run.budget.leftMs(), timeoutMs),
      stop,
      onSent: (index) => {
        sent++;
        const id = events[index]?.id;
        if (id !== undefined) spool.write((tx) => tx.forgetEvent(id));
      },
    });
  });
  if (!hadLock) {
    throw new QueueError(
      "Another run is still sending to Wazuh's queue: see that " +
        "wazuh-analysisd runs and keeps up",
    );
  }
  return sent;
}

/** Makes a change and what it tells, and returns the ids of its events. */
function record(
  tx: Transaction,
  change: (tx: Transaction, teller: Teller) => void,
  run: Run,
): number[] {
  const { log, config } = run;
  const ids: number[] = [];
  const event: Teller["event"] = (told, { alert, key }) => {
    const message = messageFor(told, alert, run);
    const id = tx.keepEvent(message, key);
    log.debug(
      `${id === undefined ? "told before, or kept to be: " : ""}event of ${
        bytesOf(message)
      } bytes: ${message}`,
    );
    if (id !== undefined) ids.push(id);
  };
  const error: Teller["error"] = ({ kind, says, alerts, alert, baseUrl }) => {
    const name = `error ${baseUrl ?? "-"} ${kind}`;
    const { tell, next } = countError(tx.recall(name, ErrorCount), {
      error: run.redact(says),
      alerts,
      intervalMs: config.error_interval * 1000,
      now: run.now(),
    });
    rememberCount(tx, name, { count: next, run });
    if (tell > 0) {
      event(errorEvent({ kind, error: says, alerts: tell }, alert), { alert });
    }
  };
  change(tx, { event, error });
  const dropped = tx.prune(Math.min(...ids, Number.MAX_SAFE_INTEGER));
  if (dropped > 0) {
    error({
      kind: "dropped",
      says: "Alerts or events waited too long, or were too many, and were " +
        `dropped from the spool, ${dropped} now: see "spool_max" and ` +
        '"spool_max_age" of <options>',
      alerts: dropped,
    });
  }
  return ids;
}

/** Tells the errors that were only counted, when their time has come. */
export function tellCounted(tx: Transaction, teller: Teller, run: Run): void {
  const intervalMs = run.config.error_interval * 1000;
  for (const name of tx.names("error ")) {
    const count = tx.recall(name, ErrorCount);
    if (count === undefined || count.untold === 0) continue;
    const { tell, next } = countError(count, {
      error: count.error,
      alerts: 0,
      intervalMs,
      now: run.now(),
    });
    if (tell === 0) continue;
    rememberCount(tx, name, { count: next, run });
    // As record() writes the name.
    const kind = name.split(" ").at(-1) ?? "unexpected";
    teller.event(
      errorEvent({ kind, error: count.error, alerts: tell }, undefined),
      {},
    );
  }
}

function rememberCount(
  tx: Transaction,
  name: string,
  { count, run }: { readonly count: ErrorCount; readonly run: Run },
): void {
  const due = count.untold === 0
    ? undefined
    : count.toldAt + run.config.error_interval * 1000;
  tx.remember(name, count, due);
}

function messageFor(
  event: Event,
  alert: Alert | undefined,
  { redact }: Run,
): string {
  const header = headerFor(alert?.agent);
  const maxBytes = MAX_MESSAGE_BYTES - bytesOf(header);
  return header + encodeEvent(event, { maxBytes, redact });
}
