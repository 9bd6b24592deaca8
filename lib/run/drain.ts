/**
 * Takes out of the spool what waits there: errors that were counted, events,
 * and alerts.
 *
 * @module
 */
import { parseAlert } from "../alert/alert.ts";
import { atMost } from "../deadline.ts";
import { emit, emitCounted, sendWaiting } from "./emit.ts";
import {
  AlertError,
  ConfigError,
  messageOf,
  OpenctiError,
  QueueError,
} from "../errors.ts";
import { keepUnasked, outageInForce } from "./keep.ts";
import { lookUp } from "./look_up_alert.ts";
import type { Run } from "./run.ts";
import { nameOf } from "./subject.ts";
import type { KeptAlert } from "../state/transaction.ts";

/** What a run takes out besides its own work. */
const FEW = { alerts: 5, events: 20 };

/**
 * A queue that takes nothing must not cost a run that has nothing to send: a
 * free one takes an event at once.
 */
const SEND_MS = 50;

/** A spool that another process has locked is looked at by the next run. */
const LOOK_MS = 100;

/**
 * Takes out a few of those that are due, as far as time allows: what was tried
 * least first, and on past what fails again.
 */
export async function drain(run: Run): Promise<void> {
  try {
    if (!await isSpoolFree(run)) return;
    await emit(run, (tx, emitter) => emitCounted(tx, emitter, run));
    await sendWaiting(run, { limit: FEW.events, timeoutMs: SEND_MS });
    await lookUpFew(run);
  } catch (error) {
    run.log.error(messageOf(error));
  }
}

async function isSpoolFree(
  { spool, budget }: Pick<Run, "spool" | "budget">,
): Promise<boolean> {
  const isFree = await (await spool()).tryWrite(
    () => true,
    atMost(LOOK_MS, budget),
  );
  return isFree === true;
}

async function lookUpFew(run: Run): Promise<void> {
  const { budget, stop, now, opencti: { baseUrl } } = run;
  if (await outageInForce(run) !== undefined) return;
  const spool = await run.spool();
  const alerts = await spool.tryWrite((tx) => {
    tx.takeOver({ from: "none", baseUrl });
    return tx.takeAlerts({
      baseUrl,
      limit: FEW.alerts,
      dueBy: now(),
      nextDue: now() + budget.leftMs(),
    });
  }, atMost(LOOK_MS, budget));
  for (const alert of alerts ?? []) {
    if (stop.aborted || budget.leftToAskMs() === 0) return;
    await lookUpKept(alert, run);
  }
}

/** What became of a kept alert: there may be nothing in it to look up any more. */
export type KeptOutcome =
  | { readonly kind: "looked_up"; readonly matches: number }
  | { readonly kind: "dropped" | "failed" };

/**
 * Looks up an alert that was kept. If it fails again, it stays there, and is
 * tried again after twice the time.
 *
 * @throws {QueueError} If its events are kept, but not sent.
 */
export async function lookUpKept(
  kept: KeptAlert,
  run: Run,
): Promise<KeptOutcome> {
  const { key, json, tries } = kept;
  const forget = async () => {
    const spool = await run.spool();
    await spool.write((tx) => tx.forgetAlert(key), run.budget.leftToKeepMs);
  };
  let alert: ReturnType<typeof parseAlert>;
  try {
    alert = parseAlert(json);
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    run.log.error(`A kept alert cannot be read, it is lost: ${error.message}`);
    await forget();
    return { kind: "dropped" };
  }
  const name = nameOf(alert);
  const subject = { alert, json, key, tries, isKept: true };
  try {
    const findings = await run.pipeline.find(alert);
    if (findings.iocs.length === 0 && run.pipeline.mayMiss) {
      throw new ConfigError(run.pipeline.problems().join("; "));
    }
    if (findings.iocs.length === 0) {
      run.log.info(`${name}: nothing to look up any more, it is not kept`);
      await forget();
      return { kind: "dropped" };
    }
    run.log.debug(`${name}: looked up again`);
    const matches = await lookUp(subject, findings, run);
    return { kind: "looked_up", matches };
  } catch (error) {
    if (error instanceof QueueError) throw error;
    if (!(error instanceof OpenctiError)) {
      await keepUnasked(subject, error, run);
    }
    run.log.error(`${name}: ${messageOf(error)}`);
    return { kind: "failed" };
  }
}
