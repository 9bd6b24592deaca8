/**
 * Takes out of the spool what waits there: errors that were counted, events,
 * and alerts.
 *
 * @module
 */
import { parseAlert } from "./alert.ts";
import { AlertError, messageOf, OpenctiError } from "./errors.ts";
import { lookUp, mayLookUp } from "./look_up.ts";
import type { Run } from "./run.ts";
import type { KeptAlert } from "./spool.ts";
import { sendWaiting, tell, tellCounted } from "./tell.ts";

/** What a run takes out besides its own work. */
const FEW = { alerts: 5, events: 20 };

/** A queue that takes nothing must not cost each run its whole budget. */
const SEND_MS = 2000;

/** Takes out a few of the oldest that are due, as far as time allows. */
export async function drain(run: Run): Promise<void> {
  try {
    await tell(run, (tx, teller) => tellCounted(tx, teller, run));
    await sendWaiting(run, { limit: FEW.events, timeoutMs: SEND_MS });
    await lookUpFew(run);
  } catch (error) {
    run.log.error(messageOf(error));
  }
}

async function lookUpFew(run: Run): Promise<void> {
  const { budget, stop, now } = run;
  const spool = await run.spool();
  const alerts = spool.write((tx) =>
    tx.takeAlerts({
      baseUrl: run.opencti.baseUrl,
      limit: FEW.alerts,
      dueBy: now(),
      nextDue: now() + budget.leftMs(),
      after: 0,
    })
  );
  for (const alert of alerts) {
    if (stop.aborted || budget.leftToAskMs() === 0) return;
    if (!await mayLookUp(run)) return;
    if (!await lookUpKept(alert, run)) return;
  }
}

/**
 * Looks up an alert that was kept.
 *
 * @returns `false` if there is no sense in trying others.
 *
 * @throws {QueueError} If its events are kept, but not sent.
 */
export async function lookUpKept(kept: KeptAlert, run: Run): Promise<boolean> {
  const { key, json, tries } = kept;
  try {
    const alert = parseAlert(json);
    run.log.debug(`Alert ${alert.id ?? "without id"}: looked up again`);
    await lookUp({ alert, json, key, tries }, run.findIocs(alert), run);
    return true;
  } catch (error) {
    if (error instanceof AlertError) {
      const spool = await run.spool();
      spool.write((tx) => tx.forgetAlert(key));
    } else if (!(error instanceof OpenctiError)) {
      throw error;
    }
    run.log.error(messageOf(error));
    return error instanceof AlertError ||
      (error instanceof OpenctiError && error.kind === "not_understood");
  }
}
