/**
 * The command `retry`: takes all that waits out of the spool.
 *
 * @module
 */
import { type Call, targetOf } from "./cli.ts";
import { lookUpKept } from "./drain.ts";
import { messageOf, SpoolError, UsageError } from "./errors.ts";
import { readFile } from "./file.ts";
import { readIntegrationBlocks } from "./ossec_conf.ts";
import { type Run, type RunOptions, withFreshBudget } from "./run.ts";
import { sendWaiting } from "./tell.ts";

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
      target: targetOf(block),
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
 * Looks up all alerts of one OpenCTI that wait, and sends all events. It ends
 * when OpenCTI fails. Each alert and each batch of events has the time of a run.
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
  const takenOver = known === undefined
    ? 0
    : spool.write((tx) => tx.takeOver({ known, baseUrl }));
  let sent = 0;
  for (let batch = BATCH; batch > 0; sent += batch) {
    batch = await sendWaiting(withFreshBudget(run), { limit: BATCH });
  }
  let lookedUp = 0;
  let after = 0;
  while (!run.stop.aborted) {
    const one = withFreshBudget(run);
    const [kept] = spool.write((tx) =>
      tx.takeAlerts({
        baseUrl,
        limit: 1,
        dueBy: Number.MAX_SAFE_INTEGER,
        nextDue: run.now() + one.budget.leftMs(),
        after,
      })
    );
    if (kept === undefined) break;
    after = kept.id;
    if (!await lookUpKept(kept, one)) break;
    lookedUp++;
  }
  const problem = spool.takeProblem();
  if (problem !== undefined) throw new SpoolError(problem);
  return {
    takenOver,
    sent,
    lookedUp,
    waiting: spool.write((tx) => tx.counts(baseUrl)),
  };
}
