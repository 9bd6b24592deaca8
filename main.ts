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
import { type Alert, parseAlert } from "./lib/alert.ts";
import { type Call, HELP, parseCall, wazuhHome } from "./lib/cli.ts";
import {
  AlertError,
  ConfigError,
  exitStatusOf,
  messageOf,
  OpenctiError,
  QueueError,
  sentenceOf,
  UsageError,
} from "./lib/errors.ts";
import { readFile } from "./lib/file.ts";
import { printError } from "./lib/log.ts";
import { dueIn } from "./lib/marker.ts";
import { bareRun, configuredRun, type Run } from "./lib/run.ts";
import type { Findings } from "./lib/sources/mod.ts";

/** Runs one call, and returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const call = parseCall(args);
    switch (call.command) {
      case "help":
        await print(HELP);
        return 0;
      case "version":
        await print(`custom-opencti ${project.version}\n`);
        return 0;
      case "look up":
        return await lookUpAlert(call);
      case "retry":
        return await retryAll(call);
    }
  } catch (error) {
    printError(messageOf(error));
    return exitStatusOf(error);
  }
}

async function lookUpAlert(
  call: Extract<Call, { command: "look up" }>,
): Promise<number> {
  const home = call.home ?? wazuhHome(Deno.execPath());
  const options = { ...call, home, stop: stopSignal() };
  let run = bareRun(options);
  let alert: Alert | undefined;
  let json = "";
  let status = 0;
  try {
    json = readAlert(call.alertFile);
    alert = parse(json, call.alertFile);
    run = configuredRun(options);
    await handle(alert, json, run);
  } catch (error) {
    status = exitStatusOf(error);
    await report(error, { alert, json }, run);
  }
  if (status !== 0) return status;
  const due = dueIn(run.spoolDir);
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

function parse(json: string, path: string): Alert {
  try {
    return parseAlert(json);
  } catch (error) {
    throw new AlertError(`Cannot read alert: ${path}: ${messageOf(error)}`);
  }
}

async function handle(alert: Alert, json: string, run: Run): Promise<void> {
  const { log } = run;
  log.debug(about(alert, `groups ${alert.rule.groups.join(", ") || "none"}`));
  if (alert.data["integration"] === "opencti") {
    log.debug("left alone: it is an alert of our own");
    return;
  }
  const findings = run.findIocs(alert);
  explain(findings, run);
  await tellProblems(alert, run);
  if (findings.iocs.length === 0) return;
  // What is needed from here on is loaded here: most alerts never get so far.
  const { keyOf, lookUp, mayLookUp } = await import("./lib/later.ts");
  const subject = { alert, json, key: keyOf(alert, run) };
  if (await mayLookUp(run, subject)) await lookUp(subject, findings, run);
}

/** What of the configuration cannot be used; the rest of it is. */
async function tellProblems(alert: Alert, run: Run): Promise<void> {
  const problems = run.problems();
  if (problems.length === 0) return;
  const error = new ConfigError(problems.join("; "));
  run.log.error(error.message);
  const { tellError } = await import("./lib/later.ts");
  await tellError(error, alert, run);
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

/** Says what went wrong, as an event too if that was not done already. */
async function report(
  error: unknown,
  { alert, json }: { readonly alert: Alert | undefined; readonly json: string },
  run: Run,
): Promise<void> {
  const isTold = error instanceof OpenctiError || error instanceof QueueError;
  try {
    if (
      error instanceof UsageError && alert !== undefined &&
      run.findIocs(alert).iocs.length > 0
    ) {
      const { keepUnasked, keyOf } = await import("./lib/later.ts");
      await keepUnasked({ alert, json, key: keyOf(alert, run) }, error, run);
    } else if (!isTold) {
      const { tellError } = await import("./lib/later.ts");
      await tellError(error, alert, run);
    }
  } catch (next) {
    run.log.error(messageOf(next));
  }
  run.log.error(about(alert, sentenceOf(error)));
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
  const { retryTargets, retry } = await import("./lib/later.ts");
  const home = call.home ?? wazuhHome(Deno.execPath());
  let status = 0;
  const targets = retryTargets(call, home);
  const known = call.target === undefined
    ? targets.map(({ target }) => target.baseUrl)
    : undefined;
  for (const target of targets) {
    const options = { ...call, ...target, home, stop: stopSignal() };
    let run = bareRun(options);
    try {
      run = configuredRun(options);
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
      run.log.error(messageOf(error));
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
