/**
 * Reads what is configured: `<options>` of the integration block, and the
 * configuration file.
 *
 * @module
 */
import { ALL_FAMILIES, loadSources } from "../alert/sources/load.ts";
import { messageOf, SEE_DOCTOR, UsageError } from "../errors.ts";
import { NOT_READABLE, readFile } from "../files.ts";
import type { Config } from "./config.ts";
import type { Options } from "./config_file.ts";
import type { JoinedSources } from "./user_sources.ts";
import { completePlain, isPlain, parseObject } from "./plain.ts";
import { CLIENT_PAIR } from "./allowed_values.ts";

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
export async function readConfig(
  { optionsFile, optionsJson, home }: OptionPlaces,
): Promise<ReadConfig> {
  const inOptions = await readOptions({ optionsFile, optionsJson });
  const path = configPathIn(inOptions.options);
  const file = path ?? `${home}/etc/opencti.json`;
  const inFile = await readConfigFile(path, file);
  const options = { ...inFile.options, ...inOptions.options };
  const { config, mistake } = await complete(options);
  const isInOptions = mistake !== undefined &&
    CLIENT_PAIR.some((name) => Object.hasOwn(inOptions.options, name));
  const wrong = [...inOptions.problems, ...isInOptions ? [mistake] : []];
  return {
    config,
    joined: await joined(config),
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
const FINDING: ReadonlySet<string> = new Set(
  ["generic", "kinds", "sources", "sweep"],
);

const NOTHING: Options = { options: {}, problems: [], leftOut: [] };

async function readOptions(
  { optionsFile, optionsJson }: {
    readonly optionsFile: string;
    readonly optionsJson: string;
  },
): Promise<Options> {
  if (optionsJson !== "") return await parse(optionsJson);
  if (optionsFile === "") return NOTHING;
  try {
    return await parse(readFile(optionsFile));
  } catch (error) {
    return { options: {}, problems: [messageOf(error)], leftOut: undefined };
  }
}

/** The configuration file; there need be none unless the options name it. */
async function readConfigFile(
  path: string | undefined,
  file: string,
): Promise<Options> {
  let json: string;
  try {
    json = readFile(file);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    if (isMissing && path === undefined) return NOTHING;
    const why = messageOf(error);
    const problem = why === NOT_READABLE
      ? `${NOT_READABLE}, and nothing of it is used: if this is Wazuh's user, ` +
        `${SEE_DOCTOR}`
      : `it cannot be read: ${why}`;
    return { options: {}, problems: [problem], leftOut: undefined };
  }
  return await parse(json);
}

/** Options in JSON: only where they are not plainly right is the schema loaded. */
async function parse(json: string): Promise<Options> {
  try {
    const options = parseObject(json);
    if (isPlain(options)) return { options, problems: [], leftOut: [] };
  } catch {
    // What is wrong is said below.
  }
  const { parseOptions } = await import("./config_file.ts");
  return parseOptions(json);
}

/**
 * The configuration file that options name.
 */
function configPathIn(options: object): string | undefined {
  return "config" in options && typeof options.config === "string"
    ? options.config
    : undefined;
}

/** The options with the defaults, less those that do not go together. */
async function complete(
  options: object,
): Promise<{ readonly config: Config; readonly mistake: string | undefined }> {
  if (isPlain(options)) {
    return { config: completePlain(options), mistake: undefined };
  }
  const { completeConfig } = await import("./config_file.ts");
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

/** The sources that are built in, and the user's. */
async function joined({ sources }: Config): Promise<JoinedSources> {
  if (sources.length === 0) return { sources: undefined, problems: [] };
  const { joinSources } = await import("./user_sources.ts");
  const builtIn = await loadSources(ALL_FAMILIES);
  return joinSources(builtIn, sources);
}
