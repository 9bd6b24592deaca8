/**
 * custom-opencti: looks up a Wazuh alert's IoCs in OpenCTI, and gives what is
 * known of them to Wazuh's queue.
 *
 * The way of an alert: file, {@linkcode parseAlert}, {@linkcode Run.findIocs}, and
 * only if there is something to ask for, in `look_up.ts`: question, answer,
 * matches, events, queue. What waits in the spool is taken out after that.
 *
 * @module
 */
import project from "./deno.json" with { type: "json" };
import { type Alert, isOwnEvent, parseAlert } from "./lib/alert.ts";
import { type Call, HELP, parseCall, wazuhHome } from "./lib/cli.ts";
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
} from "./lib/errors.ts";
import { readFile } from "./lib/file.ts";
import { printError } from "./lib/log.ts";
import {
  isForeignRoot,
  prepareRun,
  type Run,
  type RunOptions,
} from "./lib/run.ts";
import type { Findings } from "./lib/sources/mod.ts";
import { dueIn } from "./lib/state/marker.ts";

/** Runs one call, and returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const call = parseCall(args, wazuhHome(Deno.execPath()));
    switch (call.command) {
      case "help":
        await print(HELP);
        return 0;
      case "version":
        await print(`custom-opencti ${project.version}\n`);
        return 0;
      case "look up": {
        const { run, error } = prepare(call);
        return await lookUpAlert(call.alertFile, { run, error });
      }
      case "refused": {
        const { run } = prepare(call);
        return await lookUpAlert(call.alertFile, { run, error: call.error });
      }
      case "retry":
        return await retryAll(call);
    }
  } catch (error) {
    printError(
      error instanceof UsageError
        ? error.message
        : withFate(sentenceOf(error), "lost"),
    );
    return exitStatusOf(error);
  }
}

function prepare(call: Omit<RunOptions, "stop">) {
  if (isForeignRoot(call.home)) {
    printError(
      "Run by root, this writes no log and keeps nothing, for Wazuh's user " +
        "could not use it: put runuser -u wazuh -- before the command",
    );
  }
  return prepareRun({ ...call, stop: stopSignal() });
}

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
    return exitStatusOf(failure);
  }
  const due = dueIn(run.stateFolders);
  if (due !== undefined && due <= run.now() && !run.stop.aborted) {
    const { drain } = await import("./lib/later.ts");
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
  { path, run }: { readonly path: string; readonly run: Run },
): Alert {
  try {
    return parseAlert(json);
  } catch (error) {
    const mend = messageOf(error) === "it is not JSON"
      ? `, set ${run.places.setting("alert_format")} to json`
      : "";
    throw new AlertError(
      `Cannot read alert: ${path}: ${messageOf(error)}${mend}`,
    );
  }
}

async function handle({ alert, json }: Read, run: Run): Promise<void> {
  const { log } = run;
  log.debug(about(alert, `groups ${alert.rule.groups.join(", ") || "none"}`));
  if (isOwnEvent(alert)) {
    log.debug("skipped: it is an alert of our own");
    return;
  }
  const findings = run.findIocs(alert);
  explain(findings, run);
  await emitProblems(alert, run);
  if (findings.iocs.length === 0) return;
  // What is needed from here on is loaded here: most alerts never get so far.
  const later = await import("./lib/later.ts");
  const subject = later.subjectOf(alert, json, run);
  const outage = await later.openOutage(run);
  if (outage === undefined) await later.lookUp(subject, findings, run);
  else await later.keepForOutage(subject, outage, run);
}

/** What of the configuration cannot be used; the rest of it is. */
async function emitProblems(alert: Alert, run: Run): Promise<void> {
  const problems = run.problems();
  if (problems.length === 0) return;
  const { kind, message } = new ConfigError(
    `${problems.join("; ")}; the rest is used, and the alert is not lost`,
  );
  run.log.error(message);
  const { emitError } = await import("./lib/later.ts");
  await emitError(message, { kind, alert }, run);
}

function explain(findings: Findings, { log }: Run): void {
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
  for (const { text, field, reason } of findings.passedOver) {
    log.debug(`passed over: ${text} in ${field}: ${reason}`);
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
  const { emitError, keepUnasked, subjectOf } = await import("./lib/later.ts");
  const kind = error instanceof IntegrationError ? error.kind : "unexpected";
  const message = run.redact(sentenceOf(error));
  const alert = read?.alert;
  let says = withFate(message, "lost");
  try {
    if (read !== undefined && mayHoldIocs(read.alert, run)) {
      const subject = subjectOf(read.alert, read.json, run);
      says = withFate(message, await keepUnasked(subject, error, run));
    } else {
      if (read !== undefined) {
        says =
          `${message}; the alert holds nothing to look up, and is not lost`;
      }
      await emitError(says, { kind, alert }, run);
    }
  } catch (next) {
    run.log.error(messageOf(next));
  }
  return says;
}

/** Whether an alert is worth keeping: it is if nobody can tell. */
function mayHoldIocs(alert: Alert, run: Run): boolean {
  try {
    return run.findIocs(alert).iocs.length > 0;
  } catch {
    return true;
  }
}

/** A line of the log that says which alert it is about. */
function about(alert: Alert | undefined, text: string): string {
  return alert === undefined
    ? text
    : `Alert ${alert.id ?? "without id"}: ${text}`;
}

async function retryAll(
  call: Extract<Call, { command: "retry" }>,
): Promise<number> {
  const { home } = call;
  if (isForeignRoot(home)) {
    throw new UsageError(
      "What waits is Wazuh's user's, and root would lock it out: run " +
        `runuser -u wazuh -- ${home}/integrations/custom-opencti retry`,
    );
  }
  const { retryTargets, retry } = await import("./lib/later.ts");
  let status = 0;
  const targets = retryTargets(call, home);
  const known = call.target === undefined
    ? targets.map(({ target }) => target.baseUrl)
    : undefined;
  for (const target of targets) {
    const { run, error } = prepare({ ...call, ...target, home });
    try {
      if (error !== undefined) throw error;
      const { takenOver, lookedUp, sent, waiting } = await retry(run, known);
      await print([
        `${run.opencti.baseUrl}: events sent: ${sent}`,
        ...takenOver > 0
          ? [`alerts taken over from addresses asked no more: ${takenOver}`]
          : [],
        `alerts looked up again: ${lookedUp}`,
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
    }
  }
  return status;
}

/** Aborted by SIGTERM, which would else end the run in the middle. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  Deno.addSignalListener("SIGTERM", () => controller.abort());
  return controller.signal;
}

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

// A send to a queue that takes nothing stays pending: only this ends it.
Deno.exit(await main(Deno.args));
