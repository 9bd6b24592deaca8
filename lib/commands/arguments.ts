/**
 * The arguments of a call: integratord's and a person's.
 *
 * @module
 */
import { isToken } from "../config/api_key.ts";
import { UsageError } from "../errors.ts";
import type { Target } from "../run/run.ts";

/** A call with an alert. */
export interface AlertCall {
  readonly alertFile: string;
  readonly target: Target;
  readonly debug: boolean;
  /** Empty if there is none. */
  readonly optionsFile: string;
  /** What is wrong with the call: then the target has no address. */
  readonly error?: UsageError;
}

/** What is left of the arguments without options and redirection. */
export interface Words {
  /** They may be empty. */
  readonly words: readonly string[];
  /** Wazuh's home, if it is said. */
  readonly home?: string;
  readonly help: boolean;
  readonly version: boolean;
  /** What is wrong with an option. */
  readonly error?: UsageError;
}

const MAX_ARGUMENTS = 7;
const MAX_TIMEOUT_S = 3600;
/** What is shorter may be any word of an address. */
const MIN_TOKEN_LENGTH = 16;
const DEFAULT_HOME = "/var/ossec";
const DEFAULT_TIMEOUT = "10";
const DEFAULT_RETRIES = "3";

/**
 * Splits arguments into words and options. integratord says three words at least
 * after the program's name, and any of them may start with a dash, as a token
 * may: options are known by their names alone, and before an alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { words, home } = readWords(["a.json", "--home", "/w", "-key", "url"]);
 * assertEquals([words, home], [["a.json", "-key", "url"], "/w"]);
 * ```
 */
export function readWords(args: readonly string[]): Words {
  const words: string[] = [];
  const given = withoutRedirection(args);
  let found: Omit<Words, "words"> = { help: false, version: false };
  for (let at = 0; at < given.length; at++) {
    const argument = given[at] ?? "";
    if (argument === "--home") {
      found = withHome(found, given[++at] ?? "");
    } else if (argument.startsWith("--home=")) {
      found = withHome(found, argument.slice("--home=".length));
    } else words.push(argument);
  }
  const [first = "", , third] = words;
  if (WITH_OPTIONS.has(first)) {
    const rest = words.filter((word) => !HELP.has(word));
    return { ...found, words: rest, help: rest.length < words.length };
  }
  if (third !== undefined && !first.startsWith("-")) return { ...found, words };
  return {
    ...found,
    words: words.filter((word) => !word.startsWith("-")),
    help: words.some((word) => HELP.has(word)),
    version: words.includes("--version"),
    ...words.some((word) => word.startsWith("-") && !OPTIONS.has(word)) && {
      // Not which: whatever starts with a dash could be a secret.
      error: new UsageError("Unknown option, see custom-opencti help"),
    },
  };
}

const HELP: ReadonlySet<string> = new Set(["--help", "-h"]);
const OPTIONS: ReadonlySet<string> = new Set([...HELP, "--version"]);

/** Commands that read their words themselves. */
export const WITH_OPTIONS: ReadonlySet<string> = new Set([
  "completions",
  "doctor",
  "explain",
  "install",
  "lookup",
  "man",
  "status",
  "test",
  "uninstall",
]);

function withHome(
  found: Omit<Words, "words">,
  home: string,
): Omit<Words, "words"> {
  return home === ""
    ? {
      ...found,
      error: new UsageError("--home needs a folder, as --home=/var/ossec"),
    }
    : { ...found, home };
}

/**
 * Whether words name an alert, and no command: integratord says three things at
 * least, and a path has a `/`. One word alone is a person's.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(areOfAlert(["help", "key", "https://cti.example"]), true);
 * assertEquals(areOfAlert(["./retry", "key"]), true);
 * assertEquals(areOfAlert(["retry", "key", "https://cti.example"]), false);
 * ```
 */
export function areOfAlert(words: readonly string[]): boolean {
  const [first = "", second, third] = words;
  return (second !== undefined && first.includes("/")) ||
    (third !== undefined && first !== "retry" && first !== "alert" &&
      !WITH_OPTIONS.has(first));
}

/**
 * Reads a call with an alert, in every form that integratord has had, and as a
 * person types it. What is wrong is said in the result: the alert is known.
 *
 * @param home Wazuh's home, whose configuration is to be mended.
 *
 * @throws {UsageError} If no alert is named.
 *
 * @see https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { words } = readWords(["/a.json", "key", "https://cti.example/graphql"]);
 * const { target } = parseAlertCall({ words });
 * assertEquals(target.baseUrl, "https://cti.example");
 * assertEquals(target.timeoutMs, 10_000);
 * ```
 */
export function parseAlertCall(
  { words, error }: Pick<Words, "words" | "error">,
  home: string = DEFAULT_HOME,
): AlertCall {
  const [alertFile, apiKey = "", hookUrl] = words;
  const wrong = error ?? (hookUrl === undefined ? tooFew(words) : undefined);
  if (alertFile === undefined) throw wrong;
  try {
    if (wrong !== undefined) throw wrong;
    return { alertFile, ...parseRest(words.slice(1), home) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Whatever is wrong, a path behind the address is that of the options.
    const optionsFile = words.slice(3).find((word) => word.startsWith("/")) ??
      "";
    const target = {
      apiKey: isToken(apiKey) ? apiKey : "",
      baseUrl: "",
      timeoutMs: 1000 * Number(DEFAULT_TIMEOUT),
      retries: Number(DEFAULT_RETRIES),
    };
    return { alertFile, target, debug: false, optionsFile, error };
  }
}

function tooFew({ length }: readonly string[]): UsageError {
  return new UsageError(
    `Wrong number of arguments: ${length} where 3 to ${MAX_ARGUMENTS} are ` +
      "needed, see custom-opencti help alert",
  );
}

/**
 * Reads what follows the alert, or the word `retry`.
 *
 * @throws {UsageError} If it is wrong. The message never holds the API key.
 */
export function parseRest(
  words: readonly string[],
  home: string,
): Omit<AlertCall, "alertFile" | "error"> {
  const [
    apiKey = "",
    hookUrl = "",
    debug = "",
    optionsFile = "",
    timeout,
    retries,
  ] = words;
  if (isSplit(words)) {
    throw new UsageError(
      `${
        words.length >= MAX_ARGUMENTS
          ? `Too many arguments (${words.length + 1}, at most ${MAX_ARGUMENTS})`
          : "The arguments stand in wrong places"
      }: is there a space in <hook_url> or <api_key> of ` +
        `${home}/etc/ossec.conf? Take it out`,
    );
  }
  if (debug !== "" && debug !== "debug") {
    throw new UsageError(
      'The fourth argument must be "debug" or empty: if integratord called, ' +
        "take the spaces out of <hook_url> and <api_key> in " +
        `${home}/etc/ossec.conf`,
    );
  }
  return {
    target: targetOf({ apiKey, hookUrl, timeout, retries }, home),
    debug: debug === "debug",
    optionsFile,
  };
}

/**
 * Whether a blank in a value has moved the arguments behind it: integratord
 * writes them into one line, and splits that at each blank.
 */
function isSplit(words: readonly string[]): boolean {
  const [apiKey = "", hookUrl = "", debug = "", options = "", timeout = ""] =
    words;
  const isUrl = (text: string) => /^https?:\/\//i.test(text);
  return words.length >= MAX_ARGUMENTS ||
    // A blank before a value: an empty argument, and the value behind it.
    (apiKey === "" && !isUrl(hookUrl) && isUrl(debug)) ||
    (hookUrl === "" && isUrl(debug)) ||
    // A blank in the address or behind it: what follows stands too far behind.
    (isUrl(hookUrl) &&
      (timeout.startsWith("/") || options === "debug" ||
        (words.length > 4 && debug !== "" && debug !== "debug")));
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
      `<api_key> is empty: set it in ${conf} to a token of OpenCTI`,
    );
  }
  if (!isToken(apiKey)) {
    throw new UsageError(
      "<api_key> holds a character that no token has: copy it from OpenCTI " +
        `again, into ${conf}`,
    );
  }
  const baseUrl = baseUrlOf(hookUrl, conf);
  if (apiKey.length >= MIN_TOKEN_LENGTH && baseUrl.includes(apiKey)) {
    throw new UsageError(
      `<hook_url> holds the token: take it out in ${conf}`,
    );
  }
  return {
    apiKey,
    baseUrl,
    timeoutMs: 1000 * numberOf("timeout", timeout || DEFAULT_TIMEOUT, conf),
    retries: numberOf("retries", retries || DEFAULT_RETRIES, conf),
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
 * `> /dev/null 2>&1`, comes as the last argument.
 */
function withoutRedirection(args: readonly string[]): readonly string[] {
  const parts = [">", "/dev/null", "2>&1"];
  if (args.at(-1)?.trim() === parts.join(" ")) return args.slice(0, -1);
  const isSplit = parts.every((part, n) => args.at(n - parts.length) === part);
  return isSplit ? args.slice(0, -parts.length) : args;
}

/**
 * OpenCTI's address, as `--url` says it.
 *
 * @throws {UsageError} If it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(baseUrlSaid("https://cti.example/graphql"), "https://cti.example");
 * ```
 */
export function baseUrlSaid(url: string): string {
  return baseUrlOf(url);
}

function baseUrlOf(hookUrl: string, conf?: string): string {
  const name = conf === undefined ? "--url" : "<hook_url>";
  const url = URL.parse(hookUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(hookUrl);
    throw new UsageError(
      `${name} is not a URL of http or https${
        hasScheme || hookUrl === "" ? "" : ", for it has no https:// before it"
      }: set it${
        conf === undefined ? "" : ` in ${conf}`
      } to OpenCTI's address, as ` +
        "https://opencti.example.com",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `${name} holds a user or password, and OpenCTI takes the token alone: ` +
        `take them out${conf === undefined ? "" : ` in ${conf}`}`,
    );
  }
  url.search = "";
  url.hash = "";
  // As it is pasted from a browser, or from OpenCTI's documentation.
  return url.href.replace(/\/dashboard(?:\/.*)?$/, "").replace(/\/+$/, "")
    .replace(/\/graphql$/, "").replace(/\/+$/, "");
}

function numberOf(
  name: "timeout" | "retries",
  text: string,
  conf: string,
): number {
  const number = Number(text);
  const isRight = name === "timeout"
    ? number > 0 && number <= MAX_TIMEOUT_S
    : Number.isInteger(number) && number >= 0 && number <= 100;
  if (!isRight) {
    throw new UsageError(
      `<${name}> must be ${
        name === "timeout"
          ? `seconds, more than 0 and up to ${MAX_TIMEOUT_S}`
          : "a whole number from 0 to 100"
      }: correct it in ${conf}`,
    );
  }
  return number;
}
