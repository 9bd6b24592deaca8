/**
 * What a run has at hand: options, log, time, spool.
 *
 * @module
 */
import { readApiKey } from "../config/api_key.ts";
import { type Budget, startBudget } from "../deadline.ts";
import type { Config } from "../config/config.ts";
import { type ReadConfig, readConfig } from "../config/read_config.ts";
import { UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { type Log, openLog, printError } from "../log.ts";
import { type Places, placesOf } from "../config/places.ts";
import { redactor } from "../redact.ts";
import { type StateFolders, stateFolders } from "../state/marker.ts";
import { type Pipeline, pipelineFor } from "./pipeline.ts";
import { percentDecoded } from "../alert/sources/urls.ts";
import type { Spool } from "../state/spool.ts";

/** Which OpenCTI is asked, and how. */
export interface Target {
  /** OpenCTI's address without `/graphql` and without a `/` at the end. */
  readonly baseUrl: string;
  /** The token, or `file:` and the path of the file that holds it. */
  readonly apiKey: string;
  /** For one attempt to ask OpenCTI. */
  readonly timeoutMs: number;
  /** How many attempts there may be after the first. */
  readonly retries: number;
}

/** Which OpenCTI is asked, and how it is reached. */
export interface Asking {
  readonly opencti: Target;
  readonly config: Config;
  /** Where values came from, for messages that say where to mend them. */
  readonly places: Places;
}

/** The time of a run. Whoever waits takes it from here. */
export interface RunTime {
  readonly budget: Budget;
  /** Aborted when the run must end at once. */
  readonly stop: AbortSignal;
  /** A clock: milliseconds since 1970. */
  readonly now: () => number;
}

/** What outlasts a run, or nothing if it must leave no traces. */
export interface RunState {
  readonly stateFolders: StateFolders;
  /** The spool, prepared on first use. */
  readonly spool: () => Promise<Spool>;
}

/**
 * What a run has at hand. Only what starts one sees all of it: other functions
 * take the parts that they need.
 */
export interface Run extends Asking, RunTime, RunState {
  /** Wazuh's home. */
  readonly home: string;
  readonly pipeline: Pipeline;
  readonly log: Log;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
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

/**
 * Sets up a run, as far as its options can be used.
 *
 * @throws {UsageError} If this user may not look into Wazuh's home.
 */
export async function prepareRun(options: RunOptions): Promise<PreparedRun> {
  if (isForeignRoot(options.home)) {
    const { rootNotice } = await import("../shell.ts");
    printError(rootNotice(options.home));
  }
  const { optionsFile, optionsJson = "", home } = options;
  if (isOutsider(home)) {
    throw new UsageError(
      `This user may not look into ${home}, so that nothing can be kept or ` +
        "sent: run this as Wazuh's user (wazuh, before Wazuh 4.3 ossec)",
    );
  }
  const read = await readConfig({ optionsFile, optionsJson, home });
  const { apiKey } = options.target;
  try {
    const run = await makeRun(options, {
      ...read,
      apiKey: readApiKey(apiKey, readFile),
    });
    return { run, error: read.error };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { run: await makeRun(options, { ...read, apiKey: "" }), error };
  }
}

async function makeRun(
  { target, home, stop, debug }: RunOptions,
  read: ReadConfig & { readonly apiKey: string },
): Promise<Run> {
  const { config, apiKey } = read;
  const redact = redactorFor(apiKey, config);
  const isForeign = isForeignRoot(home);
  const log = openLog({
    path: isForeign ? undefined : `${home}/logs/integrations.log`,
    debug: debug || config.debug,
    redact,
    now: () => new Date(),
  });
  const opencti = { ...target, apiKey };
  const asking = { opencti, config, stop };
  return {
    ...asking,
    ...stateOf(isForeign ? [] : stateFolders(home, config), {
      config,
      home,
      onProblem: log.error,
    }),
    home,
    places: placesOf({ ...read, home, apiKey: target.apiKey }),
    pipeline: await pipelineFor(read, { ...target, readFile }),
    log,
    redact,
    budget: freshBudget(asking),
    now: () => Date.now(),
  };
}

function stateOf(
  folders: StateFolders,
  { config, home, onProblem }: {
    readonly config: Config;
    readonly home: string;
    readonly onProblem: (problem: string) => void;
  },
): RunState {
  let spool: Promise<Spool> | undefined;
  return {
    stateFolders: folders,
    spool: () =>
      spool ??= import("../state/spool.ts").then(({ openSpool }) =>
        openSpool({
          ...config,
          folders,
          home,
          onProblem,
          now: () => Date.now(),
        })
      ),
  };
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

/** Whether all places where a run keeps, sends and logs are closed to this user. */
function isOutsider(home: string): boolean {
  return ["queue/sockets", "logs/opencti"].every((path) => {
    try {
      Deno.statSync(`${home}/${path}`);
      return false;
    } catch (error) {
      return error instanceof Deno.errors.PermissionDenied;
    }
  });
}

/** The same run with the time that it had at first. */
export function withFreshBudget(run: Run): Run {
  return { ...run, budget: freshBudget(run) };
}

/** A budget that begins now. */
export function freshBudget(
  { opencti, config, stop }:
    & Pick<Asking, "opencti" | "config">
    & Pick<RunTime, "stop">,
): Budget {
  const now = () => performance.now();
  return startBudget({ ...opencti, ...config, now, stop });
}

/** Makes what takes the token and the proxy's password out of a text. */
export function redactorFor(
  apiKey: string,
  { proxy }: Pick<Config, "proxy">,
): (text: string) => string {
  const password = proxy === undefined ? "" : new URL(proxy).password;
  return redactor([apiKey, password, percentDecoded(password)]);
}
