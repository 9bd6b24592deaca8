/**
 * Keeps alerts that cannot be looked up now.
 *
 * @module
 */
import {
  type Fate,
  IntegrationError,
  messageOf,
  sentenceOf,
  withFate,
} from "../errors.ts";
import { atMost } from "../deadline.ts";
import { redactJson } from "../redact.ts";
import { mayAsk, Outage } from "../state/circuit_breaker.ts";
import type { Transaction } from "../state/transaction.ts";
import { logDropped } from "./dropped.ts";
import { emit, type Emitting, outageName, record } from "./emit.ts";
import type { Run, RunTime } from "./run.ts";
import { nameOf, type Subject } from "./subject.ts";

/** After the first failure; each further one doubles it. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 600_000;

/** A run that only wants to know whether OpenCTI fails does not wait for long. */
const MAX_LOOK_MS = 500;

/** What keeping an alert needs. */
export type Keeping = Pick<Run, "opencti" | "redact" | "log" | "now">;

/**
 * The outage for which OpenCTI is not asked now; `undefined` if it may be. After
 * a pause it is this run that tries.
 */
export async function outageInForce(
  run: RunTime & Pick<Run, "opencti" | "spool">,
): Promise<Outage | undefined> {
  const spool = await run.spool();
  const name = outageName(run.opencti.baseUrl);
  return await spool.tryWrite((tx) => {
    const { may, next } = mayAsk(tx.recall(name, Outage), run.now());
    if (may && next !== undefined) tx.remember(name, next);
    return may ? undefined : next;
  }, atMost(MAX_LOOK_MS, { leftMs: run.budget.leftToAskMs }));
}

/** Keeps a new alert that is not looked up, for OpenCTI fails. */
export async function keepForOutage(
  subject: Subject,
  outage: Outage,
  run: Run,
): Promise<void> {
  const { log, opencti: { baseUrl } } = run;
  const { alert } = subject;
  const until = new Date(outage.pausedUntil).toISOString();
  await emit(run, (tx, { error }) => {
    const { says: why, kind } = outage;
    // OpenCTI may have answered another run by now.
    const current = tx.recall(outageName(baseUrl), Outage);
    const due = current === undefined ? run.now() : outage.pausedUntil;
    const fate = keep(subject, { tx, run, why, due, isTry: false });
    log.info(
      `${nameOf(alert)}: ${fate}, OpenCTI failed ` +
        `${outage.failures} times and is not asked before ${until}`,
    );
    const says = withFate(why, fate);
    const isNew = error({ kind, says, alerts: 1, alert, baseUrl });
    if (current === undefined) return;
    const isEmitted = isNew || current.isEmitted;
    const alerts = current.alerts + 1;
    tx.remember(outageName(baseUrl), { ...current, alerts, isEmitted });
  });
}

/**
 * Keeps a new alert that cannot be looked up for a wrong call, a wrong option,
 * or what nobody foresaw, and emits that.
 *
 * @returns What became of the alert.
 */
export async function keepUnasked(
  subject: Subject,
  error: unknown,
  run: Run,
): Promise<Fate> {
  const { alert, tries } = subject;
  const why = run.redact(sentenceOf(error));
  const kind = error instanceof IntegrationError ? error.kind : "unexpected";
  let fate: Fate = "lost";
  await emit(run, (tx, emitter) => {
    fate = keep(subject, { tx, run, why, due: nextTry(subject, run) });
    emitter.error({
      kind,
      says: withFate(why, fate),
      alerts: tries === undefined ? 1 : 0,
      alert,
    });
    // What became of the alert does not hang on the queue.
  }).catch((error) => run.log.error(messageOf(error)));
  return fate;
}

/**
 * Keeps an alert whose answer has not come yet, unless it comes before that is
 * done.
 *
 * @returns Whether it was kept.
 */
export async function keepUnanswered(
  subject: Subject,
  { run, hasEnded }: {
    readonly run: Keeping & Emitting;
    readonly hasEnded: () => boolean;
  },
): Promise<boolean> {
  const spool = await run.spool();
  const due = run.now() + run.budget.leftMs();
  let isKept = false;
  // Making room for it may drop others: that is counted, and emitted later.
  const recorded = await spool.tryWrite(
    (tx) =>
      record(tx, () => {
        const fate = keep(subject, { tx, run, why: "no answer yet", due });
        isKept = fate === "kept";
      }, run),
    () => hasEnded() ? 0 : run.budget.leftToAskMs(),
  );
  if (recorded === undefined) return false;
  logDropped(recorded.dropped, run);
  return isKept;
}

/** Keeps an alert, and returns what became of it: the spool has its limits. */
export function keep(
  { json, key, tries, isKept = false }: Subject,
  { tx, run, why, due, isTry = true }: {
    readonly tx: Transaction;
    readonly run: Keeping;
    readonly why: string;
    readonly due: number;
    /** Whether OpenCTI was asked, or should have been. */
    readonly isTry?: boolean;
  },
): Fate {
  const { redact, opencti: { apiKey, baseUrl }, log } = run;
  tx.keepAlert({
    key,
    baseUrl,
    json: redactJson(json, apiKey),
    why: redact(why),
    tries: (tries ?? 0) + Number(isTry),
  }, due);
  tx.prune();
  // If nothing can be changed now, what was kept before still is.
  const fate = (tx.isDurable ? tx.hasAlert(key) : isKept) ? "kept" : "lost";
  log.debug(`${fate}: ${why}`);
  return fate;
}

/** When an alert is tried again: after twice the time each time. */
export function nextTry(
  { tries }: Pick<Subject, "tries">,
  { now }: Pick<Run, "now">,
): number {
  return now() + Math.min(FIRST_RETRY_MS * 2 ** (tries ?? 0), MAX_RETRY_MS);
}
