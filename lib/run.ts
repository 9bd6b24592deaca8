/**
 * What a run has at hand: options, log, time, spool.
 *
 * @module
 */
import { readApiKey } from "./api_key.ts";
import { type Budget, startBudget } from "./budget.ts";
import type { Target } from "./cli.ts";
import { type Config, DEFAULTS } from "./config.ts";
import {
  type ConfigFile,
  configPathIn,
  parseConfig,
  parseConfigFile,
} from "./config_file.ts";
import type { Alert } from "./alert.ts";
import { messageOf, UsageError } from "./errors.ts";
import { readFile } from "./file.ts";
import { type IgnoreLists, readIgnoreLists } from "./ignore.ts";
import { type Log, openLog, redactor } from "./log.ts";
import { spoolFolder } from "./marker.ts";
import { type Findings, findIocs, SOURCES } from "./sources/mod.ts";
import { type JoinedSources, joinSources } from "./sources/own.ts";
import { percentDecoded } from "./sources/urls.ts";
import type { Spool } from "./spool.ts";

/** What a run has at hand. */
export interface Run {
  readonly opencti: Target;
  readonly config: Config;
  /** Wazuh's home. */
  readonly home: string;
  /** Where the spool is. */
  readonly spoolDir: string;
  readonly log: Log;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly budget: Budget;
  /** Aborted when the run must end at once. */
  readonly stop: AbortSignal;
  /** A clock: milliseconds since 1970. */
  readonly now: () => number;
  /** Opens the spool, once. */
  readonly spool: () => Promise<Spool>;
  /** Finds the IoCs of an alert, as the configuration says. */
  readonly findIocs: (alert: Alert) => Findings;
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

/**
 * Sets up a run with the defaults, for what goes wrong before the options are
 * known.
 */
export function bareRun(options: RunOptions): Run {
  const { target: { apiKey } } = options;
  return makeRun(options, { config: DEFAULTS, apiKey, problems: [] });
}

/**
 * Sets up a run with its options and its token.
 *
 * @throws {UsageError} If one of these cannot be used.
 */
export function configuredRun(options: RunOptions): Run {
  const { config, problems } = readConfig(options);
  const apiKey = readApiKey(options.target.apiKey, readFile);
  return makeRun(options, { config, apiKey, problems });
}

function makeRun(
  { target, home, stop, ...options }: RunOptions,
  { config, apiKey, problems }: {
    readonly config: Config;
    readonly apiKey: string;
    readonly problems: readonly string[];
  },
): Run {
  const token = apiKey.startsWith("file:") ? "" : apiKey;
  const redact = redactor([token, ...secretsIn(config.proxy)]);
  const spoolDir = spoolFolder(home, config);
  const budget = freshBudget({ opencti: target, config, stop });
  const debug = options.debug || config.debug;
  const log = openLog({ home, debug, redact, now: () => new Date() });
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
    spoolDir,
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
    problems: () => [
      ...problems,
      ...joinedSources().problems.map((problem) =>
        `Mistakes in the configuration: ${problem}`
      ),
      ...lists?.problems ?? [],
    ],
  };

  async function openSpool(): Promise<Spool> {
    const spool = await import("./spool.ts");
    return await spool.openSpool({
      ...config,
      dir: spoolDir,
      home,
      now: () => Date.now(),
      leftMs: budget.leftMs,
      onProblem: log.error,
    });
  }
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

function readConfig(
  { optionsFile, optionsJson = "", home }: RunOptions,
): { readonly config: Config; readonly problems: readonly string[] } {
  const hasOptions = optionsFile !== "" || optionsJson !== "";
  try {
    const json = hasOptions ? optionsJson || readFile(optionsFile) : "{}";
    const path = configPathIn(json);
    const { options, problems } = readConfigFile(path, home);
    const config = hasOptions || Object.keys(options).length > 0
      ? parseConfig(json, options)
      : DEFAULTS;
    return { config, problems };
  } catch (error) {
    throw new UsageError(
      `Wrong <options> of the integration block: ${messageOf(error)}${
        optionsFile && ` (${optionsFile})`
      }`,
    );
  }
}

/** The configuration file; there need be none unless the options name it. */
function readConfigFile(path: string | undefined, home: string): ConfigFile {
  const file = path ?? `${home}/etc/opencti.json`;
  let json: string;
  try {
    json = readFile(file);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const problem = `Cannot read the configuration ${file}: ${
      messageOf(error)
    }`;
    return {
      options: {},
      problems: isMissing && path === undefined ? [] : [problem],
    };
  }
  const { options, problems } = parseConfigFile(json);
  return {
    options,
    problems: problems.length === 0
      ? []
      : [`Mistakes in the configuration ${file}: ${problems.join("; ")}`],
  };
}

function secretsIn(proxy: string | undefined): readonly string[] {
  const password = proxy === undefined ? "" : new URL(proxy).password;
  return [password, percentDecoded(password)];
}
