/**
 * The command `retry`: takes all that waits out of the spool.
 *
 * @module
 */
import { type Call, targetOf } from "./cli.ts";
import { lookUpKept } from "./drain.ts";
import { sendWaiting } from "./emit.ts";
import { messageOf, SpoolError, UsageError } from "./errors.ts";
import { readFile } from "./file.ts";
import { readIntegrationBlocks } from "./ossec_conf.ts";
import { type Run, type RunOptions, withFreshBudget } from "./run.ts";
import { MAX_FAILURES } from "./state/circuit_breaker.ts";

/** How many events are sent in the time of one run. */
const BATCH = 100;

/** What the command came to. */
export interface Retried {
  /** How many alerts had waited for an address that is asked no more. */
  readonly takenOver: number;
  /** How many events were sent that had waited. */
  readonly sent: number;
  /** How many alerts were looked up again. */
  readonly lookedUp: number;
  /** What waits still. */
  readonly waiting: { readonly alerts: number; readonly events: number };
}

/**
 * Which OpenCTI are asked: the one of the call, else those of Wazuh's
 * configuration.
 *
 * @throws {UsageError} If there is none.
 */
export function retryTargets(
  { target, optionsFile }: Extract<Call, { command: "retry" }>,
  home: string,
): readonly Pick<RunOptions, "target" | "optionsFile" | "optionsJson">[] {
  if (target !== undefined) return [{ target, optionsFile }];
  const path = `${home}/etc/ossec.conf`;
  try {
    const blocks = readIntegrationBlocks(readFile(path));
    if (blocks.length === 0) {
      throw new Error("it has no integration block of custom-opencti");
    }
    return blocks.map((block) => ({
      target: targetOf(block, home),
      optionsFile,
      optionsJson: block.options,
    }));
  } catch (error) {
    throw new UsageError(
      `Cannot tell which OpenCTI to ask: ${path}: ${messageOf(error)}, ` +
        "see custom-opencti --help to say it",
    );
  }
}

/**
 * Looks up all alerts of one OpenCTI that wait, and sends all events. It goes
 * on past an alert that fails again, and ends when so many fail in a row that
 * OpenCTI must be down. Each alert and each batch of events has the time of a
 * run.
 *
 * @param known The addresses of every OpenCTI that Wazuh's configuration names,
 * if that is known: alerts that wait for another are looked up here.
 *
 * @throws {QueueError} If the queue fails.
 * @throws {SpoolError} If the spool fails.
 */
export async function retry(
  run: Run,
  known?: readonly string[],
): Promise<Retried> {
  const spool = await run.spool();
  const { baseUrl } = run.opencti;
  const { leftToKeepMs } = run.budget;
  const { takenOver, keys } = await spool.write((tx) => ({
    takenOver: tx.takeOver({ from: "none", baseUrl }) +
      (known === undefined ? 0 : tx.takeOver({ from: { known }, baseUrl })),
    keys: tx.alertKeys(baseUrl),
  }), leftToKeepMs);
  const sent = await sendAll(run);
  let lookedUp = 0;
  let failures = 0;
  for (const key of keys) {
    if (run.stop.aborted || failures >= MAX_FAILURES) break;
    const one = withFreshBudget(run);
    const kept = await spool.write(
      (tx) => tx.takeAlert(key, run.now() + one.budget.leftMs()),
      one.budget.leftToKeepMs,
    );
    // Another run may have looked it up by now.
    if (kept === undefined) continue;
    if (await lookUpKept(kept, one) === "failed") failures++;
    else {
      failures = 0;
      lookedUp++;
    }
  }
  const problem = spool.takeProblem();
  if (problem !== undefined) throw new SpoolError(problem);
  const last = withFreshBudget(run).budget;
  const waiting = await spool.write(
    (tx) => tx.counts(baseUrl),
    last.leftToKeepMs,
  );
  return { takenOver, sent, lookedUp, waiting };
}

/** Sends all events, and returns how many. */
async function sendAll(run: Run): Promise<number> {
  let sent = 0;
  while (true) {
    const batch = await sendWaiting(withFreshBudget(run), {
      limit: BATCH,
      timeoutMs: Infinity,
    });
    if (batch === 0) return sent;
    sent += batch;
  }
}
