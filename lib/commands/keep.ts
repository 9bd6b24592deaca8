/**
 * Keeps alerts that cannot be looked up now, and what OpenCTI's failures and
 * answers mean for the next ones.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import {
  type Fate,
  IntegrationError,
  messageOf,
  OpenctiError,
  sentenceOf,
  withFate,
} from "../errors.ts";
import { redactJson } from "../redact.ts";
import {
  afterAnswer,
  afterFailure,
  mayAsk,
  Outage,
} from "../state/circuit_breaker.ts";
import { dueIn, keyOf } from "../state/marker.ts";
import type { Transaction } from "../state/transaction.ts";
import { recoveredEvent } from "../wazuh/event.ts";
import { emit, type Emitter, hasCounted, outageName } from "./emit.ts";
import type { Run } from "./run.ts";

/** An alert that is looked up, now or again. */
export interface Subject {
  readonly alert: Alert;
  readonly json: string;
  /** Which alert, and which OpenCTI: by this the spool knows it. */
  readonly key: string;
  /** How often it was tried before; `undefined` if it is new. */
  readonly tries?: number;
  /** Whether the spool has it already. */
  readonly isKept?: boolean;
}

/** After the first failure; each further one doubles it. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 600_000;

/** A run that only wants to know whether OpenCTI fails does not wait for long. */
const MAX_LOOK_MS = 500;

/** If the answer takes longer, the alert is kept before it comes. */
const KEEP_AFTER_MS = 500;

/** An alert that is new. Without an id it gets one. */
export function subjectOf(
  alert: Alert,
  json: string,
  { opencti, redact }: Run,
): Subject {
  const id = redact(alert.id ?? crypto.randomUUID());
  return { alert, json, key: keyOf(id, opencti.baseUrl) };
}

/**
 * The outage for which OpenCTI is not asked now; `undefined` if it may be. After
 * a pause it is this run that tries.
 */
export async function openOutage(run: Run): Promise<Outage | undefined> {
  if (dueIn(run.stateFolders) === undefined) return undefined;
  const spool = await run.spool();
  const name = outageName(run.opencti.baseUrl);
  const until = performance.now() + MAX_LOOK_MS;
  return await spool.tryWrite((tx) => {
    const { may, next } = mayAsk(tx.recall(name, Outage), run.now());
    if (may && next !== undefined) tx.remember(name, next);
    return may ? undefined : next;
  }, () => Math.min(run.budget.leftToAskMs(), until - performance.now()));
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
    const due = outage.pausedUntil;
    const fate = keep(subject, { tx, run, why, due, isTry: false });
    log.info(
      `Alert ${alert.id ?? "without id"}: ${fate}, OpenCTI failed ` +
        `${outage.failures} times and is not asked before ${until}`,
    );
    const says = withFate(why, fate);
    const isEmitted = error({ kind, says, alerts: 1, alert, baseUrl }) ||
      outage.isEmitted;
    const alerts = outage.alerts + 1;
    tx.remember(outageName(baseUrl), { ...outage, alerts, isEmitted });
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
  });
  return fate;
}

/**
 * Keeps an alert if its answer does not come soon: the run may be killed while
 * it waits.
 *
 * @returns Whether it was kept.
 */
export async function keepAfterAWhile(
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
  const spool = await run.spool();
  const due = run.now() + run.budget.leftMs();
  const fate = await spool.tryWrite(
    (tx) => keep(subject, { tx, run, why: "no answer yet", due }),
    () => hasEnded ? 0 : run.budget.leftToAskMs(),
  );
  return fate === "kept";
}

/** Keeps an alert for which OpenCTI failed, and returns the failure to throw. */
export async function recordFailure(
  failure: OpenctiError,
  subject: Subject,
  run: Run,
): Promise<OpenctiError> {
  const { kind, message: why } = failure;
  const { baseUrl } = run.opencti;
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
    const name = outageName(baseUrl);
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
  return sealed(failure, fate);
}

/** Counts a failure, and returns whether it is emitted. */
export function countFailure(
  failure: OpenctiError,
  { subject: { alert, tries }, fate, emitter, run }: {
    readonly subject: Subject;
    readonly fate: Fate;
    readonly emitter: Emitter;
    readonly run: Run;
  },
): boolean {
  return emitter.error({
    kind: failure.kind,
    says: sealed(failure, fate).message,
    // It was counted when it was new.
    alerts: tries === undefined ? 1 : 0,
    alert,
    baseUrl: run.opencti.baseUrl,
  });
}

/** The failure, with what became of the alert. */
export function sealed(
  { kind, message }: OpenctiError,
  fate: Fate,
): OpenctiError {
  return new OpenctiError(withFate(message, fate), kind);
}

/** Keeps an alert, and returns what became of it: the spool has its limits. */
export function keep(
  { json, key, tries, isKept = false }: Subject,
  { tx, run, why, due, isTry = true }: {
    readonly tx: Transaction;
    readonly run: Run;
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
export function nextTry({ tries }: Subject, { now }: Run): number {
  return now() + Math.min(FIRST_RETRY_MS * 2 ** (tries ?? 0), MAX_RETRY_MS);
}

/** OpenCTI answered: an outage is over. */
export function recordAnswer(
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
  if (isRecovered) event(recoveredEvent({ ...outage, now: now() }), {});
}
