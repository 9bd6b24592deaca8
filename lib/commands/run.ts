/**
 * What a run has at hand: options, log, time, spool.
 *
 * @module
 */
import { readApiKey } from "../config/api_key.ts";
import { type Budget, startBudget } from "../deadline.ts";
import type { Target } from "./arguments.ts";
import { type Config, DEFAULTS } from "../config/config.ts";
import {
  CLIENT_PAIR,
  completeConfig,
  configPathIn,
  type Options,
  parseOptions,
} from "../config/config_file.ts";
import type { Alert } from "../alert/alert.ts";
import { messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { type IgnoreLists, readIgnoreLists } from "../alert/ignore.ts";
import { type Log, openLog, printError } from "../log.ts";
import { type Places, placesOf } from "../config/places.ts";
import { redactor } from "../redact.ts";
import { type StateFolders, stateFolders } from "../state/marker.ts";
import { type Findings, findIocs, SOURCES } from "../alert/sources/mod.ts";
import { type JoinedSources, joinSources } from "../config/own_sources.ts";
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
  readonly findIocs: (alert: Alert) => Findings;
  /**
   * Whether IoCs may be missed, for what says which are looked for is wrong in
   * the configuration.
   */
  readonly mayMiss: () => boolean;
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
export function prepareRun(options: RunOptions): PreparedRun {
  if (isForeignRoot(options.home)) {
    printError(
      "Run by root, this writes no log and keeps nothing, for Wazuh's user " +
        "could not use it: put runuser -u wazuh -- before the command",
    );
  }
  const read = readConfig(options);
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
  { config, apiKey, problems, mayMiss, file, isOption }: ReadConfig & {
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
  let joined: JoinedSources | undefined;
  const joinedSources = () => joined ??= joinSources(SOURCES, config.sources);
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
    findIocs: (alert) =>
      findIocs(alert, {
        ...config,
        sources: joinedSources().sources,
        whyIgnored: (value, port) => readLists().whyIgnored(value, port),
      }),
    mayMiss: () => mayMiss || joinedSources().problems.length > 0,
    problems: () => [
      ...problems,
      ...joinedSources().problems.map((problem) =>
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

/** The options, and where they stand. */
interface ReadConfig {
  readonly config: Config;
  /** What is wrong with the configuration file. */
  readonly problems: readonly string[];
  /** What is wrong with `<options>`. */
  readonly error: UsageError | undefined;
  /** Whether a part is left out that says what IoCs are looked for. */
  readonly mayMiss: boolean;
  /** The configuration file that was read, or would have been. */
  readonly file: string;
  /** Whether an option stands in `<options>`. */
  readonly isOption: (name: keyof Config) => boolean;
}

function readConfig(
  { optionsFile, optionsJson = "", home }: RunOptions,
): ReadConfig {
  const inOptions = readOptions({ optionsFile, optionsJson });
  const path = configPathIn(inOptions.options);
  const file = path ?? `${home}/etc/opencti.json`;
  const inFile = readConfigFile(path, file);
  const options = { ...inFile.options, ...inOptions.options };
  const { config, mistake } = complete(options);
  const isInOptions = mistake !== undefined &&
    CLIENT_PAIR.some((name) => Object.hasOwn(inOptions.options, name));
  const wrong = [...inOptions.problems, ...isInOptions ? [mistake] : []];
  return {
    config,
    problems: mistakesIn(file, [
      ...inFile.problems,
      ...mistake === undefined || isInOptions ? [] : [mistake],
    ]),
    error: wrong.length === 0 ? undefined : new UsageError(
      `Wrong <options> in ${home}/etc/ossec.conf: ${wrong.join("; ")}${
        optionsFile && ` (${optionsFile})`
      }`,
    ),
    mayMiss: [inFile, inOptions].some(({ leftOut }) =>
      leftOut?.some((name) => FINDING.has(name)) ?? true
    ),
    file,
    isOption: (name) => Object.hasOwn(inOptions.options, name),
  };
}

function mistakesIn(
  file: string,
  problems: readonly string[],
): readonly string[] {
  return problems.length === 0
    ? []
    : [`Mistakes in the configuration ${file}: ${problems.join("; ")}`];
}

/** The options that say what IoCs are looked for. */
const FINDING: ReadonlySet<string> = new Set(["generic", "kinds", "sources"]);

const NOTHING: Options = { options: {}, problems: [], leftOut: [] };

function readOptions(
  { optionsFile, optionsJson }: {
    readonly optionsFile: string;
    readonly optionsJson: string;
  },
): Options {
  if (optionsJson !== "") return parseOptions(optionsJson);
  if (optionsFile === "") return NOTHING;
  try {
    return parseOptions(readFile(optionsFile));
  } catch (error) {
    return { options: {}, problems: [messageOf(error)], leftOut: undefined };
  }
}

/** The options with the defaults, less those that do not go together. */
function complete(
  options: object,
): { readonly config: Config; readonly mistake: string | undefined } {
  if (Object.keys(options).length === 0) {
    return { config: DEFAULTS, mistake: undefined };
  }
  try {
    return { config: completeConfig(options), mistake: undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const rest = Object.entries(options).filter(([name]) =>
      CLIENT_PAIR.every((one) => one !== name)
    );
    return {
      config: completeConfig(Object.fromEntries(rest)),
      mistake: error.message,
    };
  }
}

/** The configuration file; there need be none unless the options name it. */
function readConfigFile(path: string | undefined, file: string): Options {
  let json: string;
  try {
    json = readFile(file);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    if (isMissing && path === undefined) return NOTHING;
    const problem = `it cannot be read: ${messageOf(error)}`;
    return { options: {}, problems: [problem], leftOut: undefined };
  }
  return parseOptions(json);
}

function secretsIn(proxy: string | undefined): readonly string[] {
  const password = proxy === undefined ? "" : new URL(proxy).password;
  return [password, percentDecoded(password)];
}
