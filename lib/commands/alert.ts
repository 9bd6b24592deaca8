/**
 * What integratord starts for each alert: the call without a command's word.
 *
 * @module
 */
import {
  type Alert,
  isOwnEvent,
  NOT_JSON,
  parseAlert,
} from "../alert/alert.ts";
import {
  AlertError,
  ConfigError,
  exitStatusOf,
  IntegrationError,
  messageOf,
  OpenctiError,
  QueueError,
  sentenceOf,
  UsageError,
  withFate,
} from "../errors.ts";
import { readFile } from "../files.ts";
import type { Findings } from "../alert/find.ts";
import { dueIn, hasOutage, isDue } from "../state/marker.ts";
import { parseAlertCall } from "./arguments.ts";
import type { Command } from "./command.ts";
import type { Emitting } from "../run/emit.ts";
import { prepareRun, type Run } from "../run/run.ts";
import { nameOf, type Subject, subjectOf } from "../run/subject.ts";

/** Looks up the IoCs of an alert. */
export const alert: Command = {
  name: "alert",
  summary: "Look up the IoCs of an alert; integratord calls it so",
  usage: [
    'ALERT API_KEY HOOK_URL [debug|""] [OPTIONS_FILE|""] [TIMEOUT] [RETRIES]',
  ],
  about: "Asks OpenCTI for the IoCs of a Wazuh alert, and sends an event " +
    "for each match to Wazuh's queue. There is no command word: give the " +
    "file as first argument.",
  arguments: [
    ["ALERT", "file that holds the alert's JSON"],
    ["API_KEY", "OpenCTI's token, or file:/PATH of the file that holds it"],
    ["HOOK_URL", "OpenCTI's address, as https://opencti.example.com"],
    ["debug", "print each step, here and in logs/integrations.log"],
    [
      "OPTIONS_FILE",
      "JSON file with options; they go before those in etc/opencti.json",
    ],
    ["TIMEOUT", "seconds that one attempt to ask OpenCTI may take (10)"],
    ["RETRIES", "attempts after the first (3)"],
  ],
  examples: [[
    "custom-opencti alert.json file:/var/ossec/etc/opencti.token " +
    "https://opencti.example.com debug",
    "see each step of an alert",
  ]],
  run: async (words, context) => {
    const call = parseAlertCall(words, context.home);
    const { run, error } = await prepareRun({ ...call, ...context });
    return await lookUpAlert(call.alertFile, {
      run,
      error: call.error ?? error,
    });
  },
};

/** An alert's JSON, and what was read of it. */
interface Read {
  readonly alert: Alert;
  readonly json: string;
}

async function lookUpAlert(
  path: string,
  { run, error }: {
    readonly run: Run;
    /** What keeps this run from asking OpenCTI. */
    readonly error: UsageError | undefined;
  },
): Promise<number> {
  let read: Read | undefined;
  try {
    const json = readAlert(path);
    read = { alert: parse(json, { path, run }), json };
    if (error !== undefined) throw error;
    await handle(read, run);
  } catch (failure) {
    run.log.error(about(read?.alert, await report(failure, read, run)));
    // The rest of the configuration is used: nothing failed for good.
    return failure instanceof ConfigError ? 0 : exitStatusOf(failure);
  }
  const due = dueIn(run.stateFolders);
  if (due !== undefined && isDue(due, run.now()) && !run.stop.aborted) {
    const { drain } = await import("../run/drain.ts");
    await drain(run);
  }
  return 0;
}

function readAlert(path: string): string {
  if (path === "") {
    throw new AlertError(
      "Cannot read alert: integratord could not write its file, see that /tmp has room",
    );
  }
  try {
    return readFile(path);
  } catch (error) {
    throw new AlertError(`Cannot read alert: ${path}: ${messageOf(error)}`);
  }
}

function parse(
  json: string,
  { path, run }: {
    readonly path: string;
    readonly run: Pick<Run, "places">;
  },
): Alert {
  try {
    return parseAlert(json);
  } catch (error) {
    const mend = messageOf(error) === NOT_JSON
      ? `, set ${run.places.setting("alert_format")} to json`
      : "";
    throw new AlertError(
      `Cannot read alert: ${path}: ${messageOf(error)}${mend}`,
    );
  }
}

async function handle({ alert, json }: Read, run: Run): Promise<void> {
  const { log, pipeline } = run;
  log.debug(about(alert, `groups ${alert.rule.groups.join(", ") || "none"}`));
  if (isOwnEvent(alert)) {
    log.debug("skipped: it is an alert of our own");
    return;
  }
  const findings = await pipeline.find(alert);
  logFindings(findings, run);
  const problem = configProblem(run);
  if (findings.iocs.length === 0 && pipeline.mayMiss) {
    throw problem ?? new ConfigError("The configuration is wrong");
  }
  if (problem !== undefined) await emitProblem(problem, alert, run);
  if (findings.iocs.length === 0) return;
  await lookUpOrKeep(subjectOf({ alert, json }, run), findings, run);
}

/** What is needed here is loaded here: most alerts never get so far. */
async function lookUpOrKeep(
  subject: Subject,
  findings: Findings,
  run: Run,
): Promise<void> {
  if (hasOutage(run.stateFolders)) {
    const { keepForOutage, outageInForce } = await import("../run/keep.ts");
    const outage = await outageInForce(run);
    if (outage !== undefined) return await keepForOutage(subject, outage, run);
  }
  const { lookUp } = await import("../run/look_up_alert.ts");
  await lookUp(subject, findings, run);
}

/** What of the configuration cannot be used; the rest of it is. */
function configProblem(
  { pipeline }: Pick<Run, "pipeline">,
): ConfigError | undefined {
  const problems = pipeline.problems();
  return problems.length === 0
    ? undefined
    : new ConfigError(problems.join("; "));
}

async function emitProblem(
  { kind, message }: ConfigError,
  alert: Alert,
  run: Emitting,
): Promise<void> {
  const says = `${message}; the alert is handled without it, and is not lost`;
  run.log.error(says);
  const { emitError } = await import("../run/emit.ts");
  await emitError(says, { kind, alert }, run);
}

function logFindings(findings: Findings, { log }: Pick<Run, "log">): void {
  log.debug(`sources that read it: ${findings.sources.join(", ") || "none"}`);
  if (findings.unmet.length > 0) {
    log.debug(`by their conditions, not for: ${findings.unmet.join(", ")}`);
  }
  for (const name of findings.emptySources) {
    log.debug(`${name} finds nothing in its fields`);
  }
  for (const { kind, spellings, field } of findings.iocs) {
    log.debug(`IoC: ${kind} ${spellings.join(" or ")} in ${field}`);
  }
  for (const { text, field, reason } of findings.skipped) {
    log.debug(`skipped: ${text} in ${field}: ${reason}`);
  }
  if (findings.iocs.length === 0) log.debug("nothing to look up");
}

/**
 * Emits what went wrong, if that was not done already, and keeps the alert if
 * that makes sense.
 *
 * @returns What went wrong, and what became of the alert.
 */
async function report(
  error: unknown,
  read: Read | undefined,
  run: Run,
): Promise<string> {
  if (error instanceof OpenctiError || error instanceof QueueError) {
    return error.message;
  }
  const kind = error instanceof IntegrationError ? error.kind : "unexpected";
  const message = run.redact(sentenceOf(error));
  const alert = read?.alert;
  let says = withFate(message, "lost");
  try {
    if (read !== undefined && await mayHoldIocs(read.alert, run)) {
      const { keepUnasked } = await import("../run/keep.ts");
      const subject = subjectOf(read, run);
      says = withFate(message, await keepUnasked(subject, error, run));
    } else {
      if (read !== undefined) {
        says =
          `${message}; the alert holds nothing to look up, and is not lost`;
      }
      const { emitError } = await import("../run/emit.ts");
      await emitError(says, { kind, alert }, run);
    }
  } catch (next) {
    run.log.error(messageOf(next));
  }
  return says;
}

/** Whether an alert is worth keeping: it is if that cannot be found out. */
async function mayHoldIocs(
  alert: Alert,
  { pipeline }: Pick<Run, "pipeline">,
): Promise<boolean> {
  try {
    return (await pipeline.find(alert)).iocs.length > 0 || pipeline.mayMiss;
  } catch {
    return true;
  }
}

/** A line of the log that says which alert it is about. */
function about(alert: Alert | undefined, text: string): string {
  return alert === undefined ? text : `${nameOf(alert)}: ${text}`;
}
