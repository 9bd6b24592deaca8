/**
 * What a run has at hand: options, log, time, spool.
 *
 * @module
 */
import { readApiKey } from "../config/api_key.ts";
import { type Budget, startBudget } from "../deadline.ts";
import type { Target } from "./arguments.ts";
import { type Config, sweepOf } from "../config/config.ts";
import { type ReadConfig, readConfig } from "../config/read_config.ts";
import type { Alert } from "../alert/alert.ts";
import { UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { type IgnoreLists, readIgnoreLists } from "../alert/ignore.ts";
import { type Log, openLog, printError } from "../log.ts";
import { type Places, placesOf } from "../config/places.ts";
import { redactor } from "../redact.ts";
import { type StateFolders, stateFolders } from "../state/marker.ts";
import { type Findings, makeLoadingFinder } from "../alert/find.ts";
import { percentDecoded } from "../alert/sources/urls.ts";
import type { Spool } from "../state/spool.ts";

/** What a run has at hand. */
export interface Run {
  readonly opencti: Target;
  readonly config: Config;
  /** Wazuh's home. */
  readonly home: string;
  /** Where state may be kept; nowhere if the run must leave no traces. */
  readonly stateFolders: StateFolders;
  readonly log: Log;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly budget: Budget;
  /** Aborted when the run must end at once. */
  readonly stop: AbortSignal;
  /** A clock: milliseconds since 1970. */
  readonly now: () => number;
  /** Where values came from. */
  readonly places: Places;
  /** The spool of this run. */
  readonly spool: () => Promise<Spool>;
  /** Finds the IoCs of an alert, as the configuration says. */
  readonly findIocs: (alert: Alert) => Promise<Findings>;
  /**
   * Whether IoCs may be missed, for what says which are looked for is wrong in
   * the configuration.
   */
  readonly mayMiss: boolean;
  /** What of the configuration cannot be used, as far as it was needed yet. */
  readonly problems: () => readonly string[];
}

/** How a run is set up. */
export interface RunOptions {
  readonly target: Target;
  /** Where the options are: in a file, or this is their JSON; else empty. */
  readonly optionsFile: string;
  readonly optionsJson?: string;
  readonly debug: boolean;
  readonly home: string;
  readonly stop: AbortSignal;
}

/** A run, and what keeps it from asking OpenCTI. */
export interface PreparedRun {
  readonly run: Run;
  /** A wrong option, or a token that cannot be read: the rest is used. */
  readonly error: UsageError | undefined;
}

/** Sets up a run, as far as its options can be used. */
export async function prepareRun(options: RunOptions): Promise<PreparedRun> {
  if (isForeignRoot(options.home)) {
    printError(
      "Run by root, this writes no log and keeps nothing, for Wazuh's user " +
        "could not use it: put runuser -u wazuh -- before the command",
    );
  }
  const { optionsFile, optionsJson = "", home } = options;
  const read = await readConfig({ optionsFile, optionsJson, home });
  const { apiKey } = options.target;
  try {
    const run = makeRun(options, {
      ...read,
      apiKey: readApiKey(apiKey, readFile),
    });
    return { run, error: read.error };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { run: makeRun(options, { ...read, apiKey: "" }), error };
  }
}

function makeRun(
  { target, home, stop, ...options }: RunOptions,
  { config, joined, apiKey, problems, mayMiss, file, isOption }: ReadConfig & {
    readonly apiKey: string;
  },
): Run {
  const redact = redactor([apiKey, ...secretsIn(config.proxy)]);
  const isForeign = isForeignRoot(home);
  const folders = isForeign ? [] : stateFolders(home, config);
  const budget = freshBudget({ opencti: target, config, stop });
  const log = openLog({
    path: isForeign ? undefined : `${home}/logs/integrations.log`,
    debug: options.debug || config.debug,
    redact,
    now: () => new Date(),
  });
  let spool: Promise<Spool> | undefined;
  let lists: IgnoreLists | undefined;
  const readLists = () =>
    lists ??= readIgnoreLists(config.ignore, { ...target, readFile });
  return {
    opencti: { ...target, apiKey },
    config,
    home,
    stateFolders: folders,
    places: placesOf({ home, apiKey: target.apiKey, file, isOption }),
    log,
    redact,
    budget,
    stop,
    now: () => Date.now(),
    spool: () => spool ??= openSpool(),
    findIocs: makeLoadingFinder({
      ...config,
      sources: joined.sources,
      sweep: sweepOf(config),
      whyIgnored: (value, port) => readLists().whyIgnored(value, port),
    }),
    mayMiss: mayMiss || joined.problems.length > 0,
    problems: () => [
      ...problems,
      ...joined.problems.map((problem) =>
        `Mistakes in the configuration: ${problem}`
      ),
      ...lists?.problems ?? [],
    ],
  };

  async function openSpool(): Promise<Spool> {
    const spool = await import("../state/spool.ts");
    return spool.openSpool({
      ...config,
      folders,
      home,
      now: () => Date.now(),
      onProblem: log.error,
    });
  }
}

/**
 * Whether root runs this in a home of another user's. Files that root makes or
 * changes there would be closed to that user, or be links that it has laid.
 */
export function isForeignRoot(home: string): boolean {
  return Deno.uid() === 0 &&
    ["queue/sockets", "queue", "logs"].some((folder) => {
      try {
        return Deno.statSync(`${home}/${folder}`).uid !== 0;
      } catch {
        return false;
      }
    });
}

/** The same run with the time that it had at first. */
export function withFreshBudget(run: Run): Run {
  return { ...run, budget: freshBudget(run) };
}

function freshBudget(
  { opencti, config, stop }: Pick<Run, "opencti" | "config" | "stop">,
): Budget {
  const now = () => performance.now();
  return startBudget({ ...opencti, ...config, now, stop });
}

function secretsIn(proxy: string | undefined): readonly string[] {
  const password = proxy === undefined ? "" : new URL(proxy).password;
  return [password, percentDecoded(password)];
}
