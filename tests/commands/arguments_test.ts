import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type AlertCall,
  areOfAlert,
  parseAlertCall,
  readWords,
  wazuhHome,
} from "../../lib/commands/arguments.ts";
import { UsageError } from "../../lib/errors.ts";

function parse(args: readonly string[], home?: string): AlertCall {
  return parseAlertCall(readWords(args), home);
}

const KEY = "flgrn_octi_tkn_k7wqz3vx";
const URL = "https://cti.example/graphql";
const THREE = ["/tmp/custom-opencti-1-2.alert", KEY, URL];
const REDIRECTION = "> /dev/null 2>&1";

// name, arguments, debug, options file, timeout in ms, retries
const FORMS:
  readonly (readonly [string, string[], boolean, string, number, number])[] = [
    ["4.0 to 4.6", [...THREE, ` ${REDIRECTION}`], false, "", 10_000, 3],
    ["4.0 to 4.6, debug", [...THREE, "debug"], true, "", 10_000, 3],
    [
      "4.7",
      [...THREE, "", "/tmp/o.json", REDIRECTION],
      false,
      "/tmp/o.json",
      10_000,
      3,
    ],
    [
      "4.7 without options",
      [...THREE, "", "", REDIRECTION],
      false,
      "",
      10_000,
      3,
    ],
    [
      "4.8 to 4.14",
      [...THREE, "", "", "10", "3", REDIRECTION],
      false,
      "",
      10_000,
      3,
    ],
    [
      "4.8 to 4.14 with options",
      [...THREE, "", "/tmp/o.json", "4", "0", REDIRECTION],
      false,
      "/tmp/o.json",
      4000,
      0,
    ],
    [
      "4.8 to 4.14, debug",
      [...THREE, "debug", "/tmp/o.json", "20", "5"],
      true,
      "/tmp/o.json",
      20_000,
      5,
    ],
    [
      "the redirection split at spaces",
      [...THREE, "", "", "10", "3", ">", "/dev/null", "2>&1"],
      false,
      "",
      10_000,
      3,
    ],
    ["a person's", [...THREE, "debug"], true, "", 10_000, 3],
    ["a person's, short", THREE, false, "", 10_000, 3],
  ];

Deno.test("parseAlertCall() takes the arguments of every Wazuh version", async (t) => {
  for (const [name, args, debug, optionsFile, timeoutMs, retries] of FORMS) {
    await t.step(name, () => {
      assert(areOfAlert(readWords(args).words));
      assertEquals(parse(args), {
        alertFile: THREE[0] ?? "",
        target: {
          apiKey: KEY,
          baseUrl: "https://cti.example",
          timeoutMs,
          retries,
        },
        debug,
        optionsFile,
      });
    });
  }
});

Deno.test("parseAlertCall() takes a token for what it is, whatever it starts with", () => {
  for (const apiKey of ["-h", "--help", "--version", `-${KEY}`, ">abc"]) {
    for (
      const rest of [[], ["", "", "10", "3", REDIRECTION], [` ${REDIRECTION}`]]
    ) {
      const { words } = readWords(["/a", apiKey, URL, ...rest]);
      assert(areOfAlert(words));
      const call = parseAlertCall({ words });
      assertEquals([call.error, call.target.apiKey], [undefined, apiKey]);
    }
  }
});

Deno.test("parseAlertCall() keeps an empty alert file, which integratord may give", () => {
  const call = parse(["", KEY, URL, "", "", "10", "3", REDIRECTION]);
  assertEquals([call.alertFile, call.error], ["", undefined]);
});

Deno.test("parseAlertCall() takes OpenCTI's address in every form", async (t) => {
  const cases = [
    ["https://cti.example", "https://cti.example"],
    ["https://cti.example/", "https://cti.example"],
    ["https://cti.example/graphql", "https://cti.example"],
    ["https://cti.example/graphql/", "https://cti.example"],
    [
      "http://cti.example:8080/opencti/graphql",
      "http://cti.example:8080/opencti",
    ],
    ["http://cti.example:8080/opencti/", "http://cti.example:8080/opencti"],
    ["https://cti.example/graphql?x=1#y", "https://cti.example"],
    ["https://cti.example//graphql", "https://cti.example"],
    ["https://cti.example/dashboard", "https://cti.example"],
    [
      "https://cti.example/opencti/dashboard/observations/indicators/1?x=y#z",
      "https://cti.example/opencti",
    ],
  ] as const;
  for (const [url, baseUrl] of cases) {
    await t.step(url, () => {
      assertEquals(parse(["a", KEY, url]).target.baseUrl, baseUrl);
    });
  }
});

Deno.test("readWords() takes options anywhere", () => {
  const found = readWords(["--home", "/w", ...THREE]);
  assertEquals(found, {
    words: THREE,
    home: "/w",
    help: false,
    version: false,
  });
  assertEquals(readWords([...THREE, "--home=/w"]), found);
  assert(readWords(["retry", "--help"]).help);
  assert(readWords(["-h"]).help);
  assert(readWords(["--version"]).version);
});

Deno.test("areOfAlert() takes no alert for a command, and no command for an alert", () => {
  for (const word of ["help", "version", "retry", "debug", "retyr"]) {
    assertEquals(areOfAlert([word]), false, word);
    assertEquals(areOfAlert([word, KEY]), false, word);
    assertEquals(areOfAlert([`./${word}`]), false, word);
    assertEquals(areOfAlert([`./${word}`, KEY]), true, word);
    assertEquals(areOfAlert([word, KEY, URL]), word !== "retry", word);
  }
  assertEquals(areOfAlert(["alert", "/a.json", KEY, URL]), false);
  assertEquals(areOfAlert(["", KEY, URL]), true);
});

Deno.test("parseAlertCall() says what is wrong, and never the API key", async (t) => {
  const cases: readonly (readonly [string[], string])[] = [
    [["/a"], "Wrong number of arguments: 1"],
    [["a", KEY], "Wrong number of arguments: 2"],
    [[...THREE, "", "", "10", "3", "x"], "Too many arguments (8, at most 7)"],
    [["a", "", URL], "<api_key> is empty"],
    [["a", `${KEY}\n`, URL], "<api_key> holds a character"],
    [["a", KEY, ""], "<hook_url> is not a URL"],
    [["a", KEY, "cti.example"], "<hook_url> is not a URL"],
    [["a", KEY, "ftp://cti.example"], "<hook_url> is not a URL"],
    [
      ["a", KEY, `https://user:${KEY}@cti.example`],
      "<hook_url> holds a user or password",
    ],
    [[...THREE, "verbose"], "The fourth argument"],
    [[...THREE, "", "", "soon"], "<timeout> must be"],
    [[...THREE, "", "", "0"], "<timeout> must be"],
    [[...THREE, "", "", "3601"], "<timeout> must be"],
    [[...THREE, "", "", "10", "101"], "<retries> must be"],
    [["a", `${KEY} ${KEY}`, URL], "<api_key> holds a character"],
    [[...THREE, "", "", "-1"], "<timeout> must be"],
    [[...THREE, "", "", "10", "1.5"], "<retries> must be"],
    [["--hme", "/w", ...THREE], "Unknown option"],
    [["-v", ...THREE], "Unknown option, see custom-opencti help"],
    [["--home", "", ...THREE], "--home needs a folder"],
    [[...THREE, "--home"], "--home needs a folder"],
    [[...THREE, "--home="], "--home needs a folder"],
  ];
  for (const [args, message] of cases) {
    await t.step(args.join(" "), () => {
      const error = errorOf(args);
      assertStringIncludes(error.message, message);
      assert(!error.message.includes(KEY), error.message);
      assertEquals(error.exitStatus, 2);
    });
  }
});

/** What is wrong with a call, whether it names an alert or not. */
function errorOf(args: readonly string[]): UsageError {
  try {
    const { error } = parse(args);
    if (error !== undefined) return error;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("Nothing is wrong with it");
}

Deno.test("parseAlertCall() says that a blank parts the call, whatever Wazuh's version is", async (t) => {
  const [file = "", key = "", url = ""] = THREE;
  const cases: Readonly<Record<string, string[]>> = {
    "4.8 to 4.14, behind the address": [...THREE, "", "", "", "10", "3"],
    "4.8 to 4.14, before the address": [file, key, "", url, "", "", "10", "3"],
    "4.8 to 4.14, in the address": [...THREE, "x", "", "", "10", "3"],
    "4.8 to 4.14, before the token": [file, "", key, url, "", "", "10", "3"],
    "4.8 to 4.14, debug": [...THREE, "", "debug", "/o.json", "10", "3"],
    "4.7, behind the address": [...THREE, "", "", "/tmp/o.json"],
    "4.7, before the address": [file, key, "", url, "", "/tmp/o.json"],
    "4.2, before the address": [file, key, "", url, ""],
    "4.2, debug, behind the address": [...THREE, "", "debug"],
  };
  for (const [name, args] of Object.entries(cases)) {
    await t.step(name, () => {
      const { error, alertFile } = parse([...args, REDIRECTION], "/opt/ossec");
      assertStringIncludes(
        error?.message ?? "",
        ": is there a space in <hook_url> or <api_key> of " +
          "/opt/ossec/etc/ossec.conf? Take it out",
      );
      assertEquals(alertFile, file);
    });
  }
});

Deno.test("parseAlertCall() names the alert of a wrong call, and throws any other", () => {
  const refused = parse(["a", KEY, "cti.example"], "/w");
  assertEquals(refused.target.apiKey, KEY, "it is taken out of what is kept");
  assertEquals([refused.alertFile, refused.target.baseUrl], ["a", ""]);
  assertStringIncludes(
    refused.error?.message ?? "",
    "for it has no https:// before it: set it in /w/etc/ossec.conf",
  );
  const short = parse(["/a", KEY]);
  assertEquals([short.alertFile, short.target.apiKey], ["/a", KEY]);
  assertStringIncludes(short.error?.message ?? "", "2 where 3 to 7");
  assertThrows(() => parse([]), UsageError);
});

Deno.test("wazuhHome() is the folder above integrations", () => {
  assertEquals(
    wazuhHome("/var/ossec/integrations/custom-opencti"),
    "/var/ossec",
  );
  assertEquals(wazuhHome("/integrations/custom-opencti"), "/");
  assertEquals(wazuhHome("/home/me/custom-opencti"), "/var/ossec");
});
