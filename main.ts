/**
 * custom-opencti: looks up a Wazuh alert's IoCs in OpenCTI, and gives what is
 * known of them to Wazuh's queue.
 *
 * The way of an alert: file, {@linkcode parseAlert}, {@linkcode findIocs}, and
 * only if there is something to ask for, in `lookUp()`: question, answer,
 * matches, events, queue.
 *
 * @module
 */
import project from "./deno.json" with { type: "json" };
import { type Alert, parseAlert } from "./lib/alert.ts";
import { type Call, HELP, parseCall, wazuhHome } from "./lib/cli.ts";
import { type Config, DEFAULTS, parseConfig } from "./lib/config.ts";
import {
  AlertError,
  IntegrationError,
  messageOf,
  QueueError,
  UsageError,
} from "./lib/errors.ts";
import type { Event } from "./lib/event.ts";
import { type Log, openLog, printError, redactor } from "./lib/log.ts";
import { type Findings, findIocs } from "./lib/sources/mod.ts";

/** Far more than an alert of analysisd or an options file has. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** How long Wazuh's queue may take to accept all the events of a run. */
const QUEUE_TIMEOUT_MS = 5000;

/** What a run has at hand. */
interface Run {
  readonly call: Extract<Call, { command: "look up" }>;
  readonly config: Config;
  readonly home: string;
  readonly log: Log;
  /** Takes the API key out of a text. */
  readonly redact: (text: string) => string;
}

/** Runs one call, and returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  let call: Call;
  try {
    call = parseCall(args);
  } catch (error) {
    printError(messageOf(error));
    return error instanceof IntegrationError ? error.exitStatus : 1;
  }
  switch (call.command) {
    case "help":
      await print(HELP);
      return 0;
    case "version":
      await print(`custom-opencti ${project.version}\n`);
      return 0;
    case "look up":
      return await run(call);
  }
}

async function run(call: Run["call"]): Promise<number> {
  const home = call.home ?? wazuhHome(Deno.execPath());
  const redact = redactor(call.apiKey);
  const open = (debug: boolean) =>
    openLog({ home, debug, redact, now: () => new Date() });
  let log = open(call.debug);
  let alert: Alert | undefined;
  try {
    const config = readConfig(call.optionsFile);
    if (config.debug && !call.debug) log = open(true);
    alert = readAlert(call.alertFile);
    return await handle(alert, { call, config, home, log, redact });
  } catch (error) {
    const message = redact(
      error instanceof IntegrationError
        ? error.message
        : `Unexpected error, please report it: ${messageOf(error)}`,
    );
    if (!(error instanceof QueueError)) {
      await tellError(message, alert, { home, log, redact });
    }
    log.error(about(alert, message));
    return error instanceof IntegrationError ? error.exitStatus : 1;
  }
}

function readConfig(path: string): Config {
  if (path === "") return DEFAULTS;
  try {
    return parseConfig(readFile(path));
  } catch (error) {
    throw new UsageError(
      `Wrong <options> of the integration block: ${messageOf(error)} (${path})`,
    );
  }
}

function readAlert(path: string): Alert {
  if (path === "") {
    throw new AlertError(
      "Cannot read alert: integratord could not write its file, see that /tmp has room",
    );
  }
  try {
    return parseAlert(readFile(path));
  } catch (error) {
    throw new AlertError(`Cannot read alert: ${path}: ${messageOf(error)}`);
  }
}

/** Not asynchronous: that would start a thread, which takes longer. */
function readFile(path: string): string {
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw new Error("it is no file");
    if (size > MAX_FILE_BYTES) {
      throw new Error(
        `it has ${size} bytes where ${MAX_FILE_BYTES} are the most`,
      );
    }
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error("there is no such file");
    }
    throw error;
  }
}

async function handle(alert: Alert, run: Run): Promise<number> {
  const { log } = run;
  log.debug(about(alert, `groups ${alert.rule.groups.join(", ") || "none"}`));
  if (alert.data["integration"] === "opencti") {
    log.debug("left alone: it is an alert of our own");
    return 0;
  }
  const findings = findIocs(alert);
  log.debug(`sources that read it: ${findings.sources.join(", ") || "none"}`);
  for (const name of findings.emptySources) {
    log.debug(`the alert has none of the fields of ${name}`);
  }
  for (const { kind, spellings, field } of findings.iocs) {
    log.debug(`IoC: ${kind} ${spellings.join(" or ")} in ${field}`);
  }
  for (const { text, field, reason } of findings.passedOver) {
    log.debug(`passed over: ${text} in ${field}: ${reason}`);
  }
  if (findings.iocs.length === 0) {
    log.debug("nothing to look up");
    return 0;
  }
  return await lookUp(alert, findings, run);
}

/** What is needed from here on is loaded here: most alerts never get so far. */
async function lookUp(
  alert: Alert,
  { iocs, tooMany }: Findings,
  { call, config, home, log, redact }: Run,
): Promise<number> {
  const [{ questionFor }, { ask }] = await Promise.all([
    import("./lib/opencti/query.ts"),
    import("./lib/opencti/client.ts"),
  ]);
  const question = questionFor(iocs, { partial: config.partial_matches });
  log.debug(`question: ${JSON.stringify(question.variables)}`);
  const { answer, errors, latencyMs } = await ask(question, {
    ...call,
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onAttempt: (line) => log.debug(line),
  });

  const { matchAnswer } = await import("./lib/match.ts");
  const { matches, found, cutOff, notes } = matchAnswer(iocs, answer, {
    ...config,
    now: new Date(),
  });
  for (const note of notes) log.debug(note);

  log.info(about(
    alert,
    [
      `IoCs asked for: ${iocs.length}`,
      ...tooMany > 0 ? [`IoCs left out: ${tooMany}`] : [],
      `matches to tell: ${matches.length} of ${found}`,
      ...cutOff.length > 0 ? [`OpenCTI has more ${cutOff.join(" and ")}`] : [],
      `answer after ${latencyMs} ms`,
    ].join(", "),
  ));
  const error = errors.length > 0 ? redact(errors.join("; ")) : undefined;
  if (error !== undefined) log.error(about(alert, error));
  if (matches.length > 0 || error !== undefined) {
    const { errorEvent, matchEvent } = await import("./lib/event.ts");
    const context = { alert, baseUrl: call.baseUrl, latencyMs };
    await deliver(
      [
        ...matches.map((match) => matchEvent(match, context)),
        ...error === undefined ? [] : [errorEvent(error, alert)],
      ],
      alert,
      { home, log, redact },
    );
  }
  return error === undefined ? 0 : 1;
}

/** A line of the log that says which alert it is about. */
function about(alert: Alert | undefined, text: string): string {
  return alert === undefined
    ? text
    : `Alert ${alert.id ?? "without id"}: ${text}`;
}

/** Tells an error as an event too, where that is possible. */
async function tellError(
  message: string,
  alert: Alert | undefined,
  context: Pick<Run, "home" | "log" | "redact">,
): Promise<void> {
  try {
    const { errorEvent } = await import("./lib/event.ts");
    await deliver([errorEvent(message, alert)], alert, context);
  } catch (error) {
    context.log.error(messageOf(error));
  }
}

async function deliver(
  events: readonly Event[],
  alert: Alert | undefined,
  { home, log, redact }: Pick<Run, "home" | "log" | "redact">,
): Promise<void> {
  const [{ bytesOf, encodeEvent }, queue] = await Promise.all([
    import("./lib/encode.ts"),
    import("./lib/queue.ts"),
  ]);
  const header = queue.headerFor(alert?.agent);
  const maxBytes = queue.MAX_MESSAGE_BYTES - bytesOf(header);
  const messages = events.map((event) =>
    header + encodeEvent(event, { maxBytes, redact })
  );
  for (const message of messages) {
    log.debug(`event of ${bytesOf(message)} bytes: ${message}`);
  }
  await queue.sendToQueue(messages, { home, timeoutMs: QUEUE_TIMEOUT_MS });
}

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

// A send to a queue that takes nothing stays pending: only this ends it.
Deno.exit(await main(Deno.args));
