/**
 * The call: integratord's arguments and a person's.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { isToken } from "./api_key.ts";
import { UsageError } from "./errors.ts";

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

/** What a call asks for. */
export type Call =
  | { readonly command: "help" | "version" }
  | {
    readonly command: "look up";
    readonly alertFile: string;
    readonly target: Target;
    readonly debug: boolean;
    /** Empty if there is none. */
    readonly optionsFile: string;
    /** Wazuh's home. */
    readonly home: string;
  }
  | {
    /** A wrong call that says which alert it is about. */
    readonly command: "refused";
    readonly error: UsageError;
    readonly alertFile: string;
    /** As far as it is known: it has no address. */
    readonly target: Target;
    readonly debug: boolean;
    readonly optionsFile: string;
    readonly home: string;
  }
  | {
    readonly command: "retry";
    /** `undefined` if Wazuh's configuration says it. */
    readonly target: Target | undefined;
    readonly debug: boolean;
    readonly optionsFile: string;
    readonly home: string;
  };

/** What `--help` prints. */
export const HELP = `\
Asks OpenCTI for the IoCs of a Wazuh alert, and gives what is known of them to
Wazuh's queue. Wazuh's integratord starts it, once for each alert.

Usage: custom-opencti [--home DIR] ALERT API_KEY HOOK_URL
         [debug|""] [OPTIONS_FILE|""] [TIMEOUT] [RETRIES]
       custom-opencti [--home DIR] retry [API_KEY HOOK_URL ...]

  ALERT         file that holds the alert's JSON
  API_KEY       OpenCTI's token, from <api_key>, or file:/PATH that holds it
  HOOK_URL      OpenCTI's address, from <hook_url>, with or without /graphql
  debug         tell each step in logs/integrations.log and here
  OPTIONS_FILE  JSON file with options, from <options>; they go before those in
                etc/opencti.json
  TIMEOUT       seconds that one attempt to ask OpenCTI may take (10)
  RETRIES       attempts after the first (3)

  retry         look up the alerts and send the events that wait in the spool;
                without API_KEY, as etc/ossec.conf says

  --home DIR    Wazuh's home: the folder above integrations/, else /var/ossec
  --help        print this
  --version     print the version

To see what happens to an alert:
  custom-opencti alert.json API_KEY HOOK_URL debug
`;

const MAX_ARGUMENTS = 7;
const MAX_TIMEOUT_S = 3600;

/**
 * Reads the arguments of a call, in every form that integratord has had, and as
 * a person types them.
 *
 * @param home Wazuh's home, if the call does not say it.
 *
 * @throws {UsageError} If they are wrong, and do not name an alert. The message
 * never holds the API key.
 *
 * @see https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 *
 * const call = parseCall(["a.json", "key", "https://cti.example/graphql"]);
 * assert(call.command === "look up");
 * assertEquals(call.target.baseUrl, "https://cti.example");
 * assertEquals(call.target.timeoutMs, 10_000);
 * ```
 */
export function parseCall(
  args: readonly string[],
  home: string = DEFAULT_HOME,
): Call {
  const given = withoutRedirection(args);
  try {
    return parseGiven(given, home);
  } catch (error) {
    // Options, right or wrong, say nothing of the alert.
    const [alertFile, apiKey = "", hookUrl] = given.filter((argument, n) =>
      !argument.startsWith("-") && given[n - 1] !== "--home"
    );
    if (
      !(error instanceof UsageError) || alertFile === undefined ||
      alertFile === "retry" || hookUrl === undefined
    ) throw error;
    return {
      command: "refused",
      error,
      alertFile,
      target: {
        apiKey: isToken(apiKey) ? apiKey : "",
        baseUrl: "",
        timeoutMs: 1000 * Number(DEFAULT_TIMEOUT),
        retries: Number(DEFAULT_RETRIES),
      },
      debug: false,
      optionsFile: "",
      home: homeIn(given) || home,
    };
  }
}

function homeIn(args: readonly string[]): string | undefined {
  const at = args.indexOf("--home");
  return at === -1
    ? args.find((argument) => argument.startsWith("--home="))?.slice(7)
    : args[at + 1];
}

const ARGUMENTS = {
  boolean: ["help", "version"],
  string: ["_", "home"],
  alias: { h: "help" },
} as const;

const DEFAULT_HOME = "/var/ossec";
const DEFAULT_TIMEOUT = "10";
const DEFAULT_RETRIES = "3";

function parseGiven(args: readonly string[], defaultHome: string): Call {
  const parsed = parseArgs(args, {
    ...ARGUMENTS,
    unknown: (argument, key) => refuseUnknownOption(argument, key, args),
  });
  if (parsed.home === "") {
    throw new UsageError("--home needs a folder, as --home=/var/ossec");
  }
  if (parsed.help) return { command: "help" };
  if (parsed.version) return { command: "version" };
  const [
    first,
    apiKey,
    hookUrl,
    debug = "",
    optionsFile = "",
    timeout,
    retries,
  ] = parsed._;
  const home = parsed.home ?? defaultHome;
  if (first === "retry" && apiKey === undefined) {
    return {
      command: "retry",
      target: undefined,
      debug: false,
      optionsFile,
      home,
    };
  }
  if (
    first === undefined || apiKey === undefined || hookUrl === undefined
  ) {
    throw new UsageError(
      `Wrong number of arguments: ${parsed._.length} where 3 to ` +
        `${MAX_ARGUMENTS} are needed, see custom-opencti --help`,
    );
  }
  if (isParted(parsed._)) {
    throw new UsageError(
      "The call is parted at a blank: take the blanks out of <hook_url> and " +
        `<api_key> in ${home}/etc/ossec.conf (${parsed._.length} arguments ` +
        `came, where ${MAX_ARGUMENTS} are the most)`,
    );
  }
  if (debug !== "" && debug !== "debug") {
    throw new UsageError('The fourth argument must be "debug" or empty');
  }
  const call = {
    target: targetOf({ apiKey, hookUrl, timeout, retries }, home),
    debug: debug === "debug",
    optionsFile,
    home,
  };
  return first === "retry"
    ? { command: "retry", ...call }
    : { command: "look up", alertFile: first, ...call };
}

/**
 * Whether a blank in a value has moved the arguments behind it: integratord
 * writes them into one line, and parts that at each blank.
 */
function isParted(args: readonly string[]): boolean {
  const [, apiKey = "", hookUrl = "", debug = "", options = "", timeout = ""] =
    args;
  const isUrl = (text: string) => /^https?:\/\//i.test(text);
  return args.length > MAX_ARGUMENTS ||
    // A blank before a value: an empty argument, and the value behind it.
    (apiKey === "" && !isUrl(hookUrl) && isUrl(debug)) ||
    (hookUrl === "" && isUrl(debug)) ||
    // A blank in the address or behind it: what follows stands too far behind.
    (isUrl(hookUrl) &&
      (timeout.startsWith("/") || options === "debug" ||
        (args.length > 5 && debug !== "" && debug !== "debug")));
}

/**
 * Which OpenCTI is asked, from the texts of an integration block.
 *
 * @param home Wazuh's home, whose configuration is to be mended if they are
 * wrong.
 *
 * @throws {UsageError} If they are wrong. The message never holds the API key.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const texts = { apiKey: "key", hookUrl: "https://cti.example/graphql" };
 * assertEquals(targetOf(texts), {
 *   apiKey: "key",
 *   baseUrl: "https://cti.example",
 *   timeoutMs: 10_000,
 *   retries: 3,
 * });
 * ```
 */
export function targetOf(
  { apiKey, hookUrl, timeout, retries }: {
    readonly apiKey: string;
    readonly hookUrl: string;
    readonly timeout?: string | undefined;
    readonly retries?: string | undefined;
  },
  home: string = DEFAULT_HOME,
): Target {
  const conf = `${home}/etc/ossec.conf`;
  if (apiKey === "") {
    throw new UsageError(
      `API_KEY is empty: set <api_key> in ${conf} to a token of OpenCTI`,
    );
  }
  if (!isToken(apiKey)) {
    throw new UsageError(
      "API_KEY holds a character that no token has: copy it from OpenCTI " +
        `again, into <api_key> in ${conf}`,
    );
  }
  return {
    apiKey,
    baseUrl: baseUrlOf(hookUrl, conf),
    timeoutMs: 1000 * numberOf("TIMEOUT", timeout || DEFAULT_TIMEOUT),
    retries: numberOf("RETRIES", retries || DEFAULT_RETRIES),
  };
}

/**
 * Wazuh's home: what the call says, else the folder above the `integrations`
 * that holds the executable, else `/var/ossec`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(wazuhHome("/w/integrations/custom-opencti"), "/w");
 * assertEquals(wazuhHome("/usr/bin/deno"), "/var/ossec");
 * ```
 */
export function wazuhHome(executable: string): string {
  const home = /^(.*)\/integrations\/[^/]+$/.exec(executable)?.[1];
  return home === undefined ? DEFAULT_HOME : home || "/";
}

/**
 * integratord starts us without a shell, so that what is meant for one,
 * `> /dev/null 2>&1`, comes as an argument.
 */
function withoutRedirection(args: readonly string[]): readonly string[] {
  const at = args.findIndex((argument) => argument.trimStart().startsWith(">"));
  return at === -1 ? args : args.slice(0, at);
}

function refuseUnknownOption(
  argument: string,
  key: string | undefined,
  args: readonly string[],
): void {
  if (key === undefined) return;
  // Not what it is: whatever starts with a dash could be a secret.
  throw new UsageError(
    `Unknown option as argument ${
      args.indexOf(argument) + 1
    }, see custom-opencti --help`,
  );
}

function baseUrlOf(hookUrl: string, conf: string): string {
  const url = URL.parse(hookUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(hookUrl);
    throw new UsageError(
      `HOOK_URL is not a URL of http or https${
        hasScheme || hookUrl === "" ? "" : ", for it has no https:// before it"
      }: set <hook_url> in ${conf} to OpenCTI's address, as ` +
        "https://opencti.example.com",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      "HOOK_URL holds a user or password, and OpenCTI takes the API_KEY " +
        `alone: take them out of <hook_url> in ${conf}`,
    );
  }
  url.search = "";
  url.hash = "";
  // As it is pasted from a browser, or from OpenCTI's documentation.
  return url.href.replace(/\/dashboard(?:\/.*)?$/, "").replace(/\/+$/, "")
    .replace(/\/graphql$/, "").replace(/\/+$/, "");
}

function numberOf(name: "TIMEOUT" | "RETRIES", text: string): number {
  const number = Number(text);
  const isRight = name === "TIMEOUT"
    ? number > 0 && number <= MAX_TIMEOUT_S
    : Number.isInteger(number) && number >= 0 && number <= 100;
  if (!isRight) {
    throw new UsageError(
      name === "TIMEOUT"
        ? `TIMEOUT must be seconds, more than 0 and up to ${MAX_TIMEOUT_S}`
        : "RETRIES must be a whole number from 0 to 100",
    );
  }
  return number;
}
