/**
 * Reads what is configured: `<options>` of the integration block, and the
 * configuration file.
 *
 * @module
 */
import { SOURCES } from "../alert/sources/mod.ts";
import { messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import type { Config } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import {
  CLIENT_PAIR,
  completeConfig,
  configPathIn,
  type Options,
  parseOptions,
} from "./config_file.ts";
import { type JoinedSources, joinSources } from "./own_sources.ts";

/** The options, and where they stand. */
export interface ReadConfig {
  readonly config: Config;
  /** The sources that are built in, and the user's. */
  readonly joined: JoinedSources;
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

/** Where options stand. */
export interface OptionPlaces {
  /** A file, or their JSON; both empty if there are none. */
  readonly optionsFile: string;
  readonly optionsJson: string;
  /** Wazuh's home. */
  readonly home: string;
}

/** Reads what is configured. What is wrong is left out, and said. */
export function readConfig(
  { optionsFile, optionsJson, home }: OptionPlaces,
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
    joined: joinSources(SOURCES, config.sources),
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
