/**
 * The command `retry`: takes all that waits out of the spool.
 *
 * @module
 */
import { type AlertCall, parseRest, targetOf } from "./arguments.ts";
import { type Command, print, type RunContext } from "./command.ts";
import { lookUpKept } from "../run/drain.ts";
import { emit, emitCounted, outageName, sendWaiting } from "../run/emit.ts";
import {
  exitStatusOf,
  messageOf,
  QueueError,
  SpoolError,
  UsageError,
} from "../errors.ts";
import { readFile } from "../files.ts";
import { printError } from "../log.ts";
import { isUp } from "../opencti/client.ts";
import { connect } from "../opencti/connection.ts";
import {
  type IntegrationBlock,
  readIntegrationBlocks,
} from "../wazuh/ossec_conf.ts";
import {
  type Asking,
  isForeignRoot,
  prepareRun,
  type Run,
  type RunOptions,
  withFreshBudget,
} from "../run/run.ts";
import { shellWord, wazuhNames } from "../shell.ts";
import { MAX_FAILURES } from "../state/circuit_breaker.ts";
import type { Change, LeftMs, Spool } from "../state/spool.ts";
import type { Transaction } from "../state/transaction.ts";

/** Looks up and sends all that waits. */
export const retry: Command = {
  name: "retry",
  summary: "Look up the alerts and send the events that wait in the spool",
  usage: [
    "retry",
    "retry API_KEY HOOK_URL [debug] [OPTIONS_FILE] [TIMEOUT] [RETRIES]",
  ],
  about: "Looks up the alerts that wait in the spool, and sends the events. " +
    "Without arguments, address and token are those of etc/ossec.conf. Run it " +
    "as Wazuh's user.",
  arguments: [
    ["API_KEY", "OpenCTI's token, or file:/PATH of the file that holds it"],
    ["HOOK_URL", "OpenCTI's address, as https://opencti.example.com"],
  ],
  examples: [[
    "runuser -u wazuh -- /var/ossec/integrations/custom-opencti retry",
    "process all waiting alerts now",
  ]],
  run: async ({ words, error }, context) => {
    if (error !== undefined) throw error;
    if (words.length === 1) {
      throw new UsageError("retry needs no arguments, or API_KEY and HOOK_URL");
    }
    const call = words.length === 0
      ? undefined
      : parseRest(words, context.home);
    return await retryAll(call, context);
  },
};

/** How many events are sent in the time of one run. */
const BATCH = 100;

/** What the command came to. */
interface Retried {
  /** How many alerts had waited for an address that is asked no more. */
  readonly takenOver: number;
  /** How many of all that waited were one that waited already. */
  readonly same: number;
  /** How many events were sent that had waited. */
  readonly sent: number;
  /** How many alerts were looked up again. */
  readonly lookedUp: number;
  /** How many matches were emitted for these. */
  readonly matches: number;
  /** What waits still. */
  readonly waiting: { readonly alerts: number; readonly events: number };
}

async function retryAll(
  call: Omit<AlertCall, "alertFile"> | undefined,
  context: RunContext,
): Promise<number> {
  const { home, stop } = context;
  if (isForeignRoot(home)) {
    throw new UsageError(
      "The spool belongs to Wazuh's user, and root would lock it out: run " +
        `runuser -u ${wazuhNames(home).user} -- ` +
        `${shellWord(`${home}/integrations/custom-opencti`)} retry`,
    );
  }
  let status = 0;
  const { targets, errors } = retryTargets(call, home);
  for (const error of errors) {
    printError(`${error.message}; what waits is kept`);
    status = exitStatusOf(error);
  }
  // What a wrong block would ask is not known: nothing is taken from it.
  const known = call === undefined && errors.length === 0
    ? targets.map(({ target }) => target.baseUrl)
    : undefined;
  for (const target of targets) {
    if (stop.aborted) break;
    const { run, error } = await prepareRun({
      debug: false,
      ...target,
      ...context,
    });
    try {
      if (error !== undefined) throw error;
      const { takenOver, same, lookedUp, matches, sent, waiting } =
        await retryTarget(run, known);
      await print([
        `${run.opencti.baseUrl}: events that waited and are sent: ${sent}`,
        ...takenOver > 0
          ? [
            "alerts taken over from OpenCTI addresses that are no longer in " +
            `ossec.conf: ${takenOver}`,
          ]
          : [],
        ...same > 0 ? [`the same alert, looked up once: ${same}`] : [],
        `alerts looked up again: ${lookedUp}`,
        `matches in these: ${matches}`,
        `still waiting: alerts ${waiting.alerts}, events ${waiting.events}\n`,
      ].join(", "));
      if (waiting.alerts + waiting.events > 0) status = Math.max(status, 1);
    } catch (error) {
      run.log.error(
        error instanceof UsageError
          ? `${error.message}; what waits is kept`
          : messageOf(error),
      );
      status = Math.max(status, exitStatusOf(error));
      // All have one queue, and a send to it may still be pending.
      if (error instanceof QueueError) break;
    }
  }
  return status;
}

/** Which OpenCTI are asked, and what is wrong with the others. */
interface RetryTargets {
  readonly targets: readonly Pick<
    RunOptions,
    "target" | "optionsFile" | "optionsJson"
  >[];
  readonly errors: readonly UsageError[];
}

/**
 * Which OpenCTI are asked: the one of the call, else those of Wazuh's
 * configuration.
 *
 * @throws {UsageError} If there is none.
 */
function retryTargets(
  call: Omit<AlertCall, "alertFile"> | undefined,
  home: string,
): RetryTargets {
  if (call !== undefined) return { targets: [call], errors: [] };
  const blocks = integrationBlocks(`${home}/etc/ossec.conf`);
  const errors: UsageError[] = [];
  const targets = blocks.flatMap((block) => {
    try {
      const target = targetOf(block, home);
      return [{ target, optionsFile: "", optionsJson: block.options }];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      errors.push(error);
      return [];
    }
  });
  return { targets, errors };
}

function integrationBlocks(path: string): readonly IntegrationBlock[] {
  try {
    const blocks = readIntegrationBlocks(readFile(path));
    if (blocks.length > 0) return blocks;
    throw new Error("it has no integration block of custom-opencti");
  } catch (error) {
    throw new UsageError(
      `Cannot find out which OpenCTI to ask: ${path}: ${messageOf(error)}, ` +
        "see custom-opencti help retry to say it",
    );
  }
}

/**
 * Looks up all alerts of one OpenCTI that wait, and sends all events. It goes
 * on past an alert that fails again, and ends when many in a row fail and OpenCTI
 * is down. Each alert and each batch of events has the time of a
 * run.
 *
 * @param known The addresses of every OpenCTI that Wazuh's configuration names,
 * if that is known: alerts that wait for another are looked up here.
 *
 * @throws {QueueError} If the queue fails.
 * @throws {SpoolError} If the spool fails.
 */
async function retryTarget(
  run: Run,
  known?: readonly string[],
): Promise<Retried> {
  const spool = await run.spool();
  const { baseUrl } = run.opencti;
  const { leftToKeepMs } = run.budget;
  const { takenOver, same, keys } = await writeOnDisk(spool, (tx) => {
    const before = tx.alertKeys(baseUrl).length;
    const takenOver = tx.takeOver({ from: "none", baseUrl }) +
      (known === undefined ? 0 : tx.takeOver({ from: { known }, baseUrl }));
    if (known !== undefined) forgetOutages(tx, known);
    const keys = tx.alertKeys(baseUrl);
    return { takenOver, same: before + takenOver - keys.length, keys };
  }, { leftMs: leftToKeepMs });
  const sent = await sendAll(run);
  let lookedUp = 0;
  let matches = 0;
  let failures = 0;
  for (const key of keys) {
    if (run.stop.aborted) break;
    if (failures >= MAX_FAILURES) {
      // Alerts that are never answered may stand in a row.
      if (!await isOpenctiUp(run)) break;
      failures = 0;
    }
    const one = withFreshBudget(run);
    const kept = await writeOnDisk(
      spool,
      (tx) => tx.takeAlert(key, run.now() + one.budget.leftMs()),
      { leftMs: one.budget.leftToKeepMs },
    );
    // Another run may have looked it up by now.
    if (kept === undefined) continue;
    const outcome = await lookUpKept(kept, one);
    if (outcome.kind === "failed") failures++;
    else failures = 0;
    if (outcome.kind === "looked_up") {
      lookedUp++;
      matches += outcome.matches;
    }
  }
  await emit(run, (tx, emitter) => emitCounted(tx, emitter, run));
  const problem = spool.takeProblem();
  if (problem !== undefined) throw new SpoolError(problem);
  const last = withFreshBudget(run).budget;
  const waiting = await writeOnDisk(
    spool,
    (tx) => tx.counts(baseUrl),
    { leftMs: last.leftToKeepMs },
  );
  return { takenOver, same, sent, lookedUp, matches, waiting };
}

/** No run asks an address that is not known: its outage would never end. */
function forgetOutages(tx: Transaction, known: readonly string[]): void {
  const inForce = known.map(outageName);
  for (const name of tx.names(outageName(""))) {
    if (!inForce.includes(name)) tx.forget(name);
  }
}

/**
 * Changes the spool. A run goes on with one in memory if the files cannot be
 * used: there nothing waits, which is not true.
 *
 * @throws {SpoolError} If it is in memory.
 */
async function writeOnDisk<T>(
  spool: Spool,
  change: Change<T>,
  { leftMs }: { readonly leftMs: LeftMs },
): Promise<T> {
  const { result, isDurable } = await spool.write(
    (tx) => ({ result: change(tx), isDurable: tx.isDurable }),
    leftMs,
  );
  if (isDurable) return result;
  throw new SpoolError(
    "What waits cannot be taken out of the spool, and is still there: correct " +
      "that, and run retry again",
  );
}

async function isOpenctiUp(
  { opencti, config, places, stop }: Asking & Pick<Run, "stop">,
): Promise<boolean> {
  const client = await connect(config, { readFile, places });
  try {
    return await isUp({ ...opencti, client, stop });
  } finally {
    client?.close();
  }
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
