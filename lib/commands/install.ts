/**
 * The command `install`: puts the executable and all it needs on a
 * manager.
 *
 * @module
 */
import { isToken } from "../config/api_key.ts";
import { messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { baseUrlSaid } from "./arguments.ts";
import { carryOut } from "./carry_out.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { lockManager, planInstall } from "../manager/mod.ts";
import { askSecret } from "./terminal.ts";

/** Installs, or upgrades. */
export const install: Command = {
  name: "install",
  summary: "Install on this Wazuh manager, or upgrade what is there",
  usage: ["install --url URL [OPTION…]", "install [--dry-run]"],
  about: "Puts on this manager: the executable, the folder for its state, " +
    "rules, decoder, the token's file, and the integration block in " +
    "etc/ossec.conf. It asks for the token if it is not known. Run again, it " +
    "upgrades, and keeps what you changed. Run it as root; it starts no " +
    "program, and ends with the commands that restart Wazuh. It needs 100 MB " +
    "on the disk of Wazuh's home, and each run 100 MB of memory.",
  arguments: [],
  options: [
    { name: "url", value: "URL", means: "OpenCTI's address" },
    {
      name: "token-file",
      value: "FILE",
      means: "file that holds OpenCTI's token, else it asks on the terminal",
    },
    {
      name: "level",
      value: "N",
      means: "least level of the alerts that are looked up (3)",
    },
    {
      name: "groups",
      value: "A,B…",
      means: "rule groups whose alerts are looked up (those of all sources)",
    },
    {
      name: "rule-ids",
      value: "ID",
      means: "first of the 40 ids that our rules may take (110200)",
    },
    {
      name: "replace",
      means: "put away a Python integration of the same name, and its rules; " +
        "uninstall brings them back",
    },
    { name: "dry-run", means: "show what would be done, and do nothing" },
  ],
  examples: [
    [
      "sudo ./custom-opencti install --url https://opencti.example.com",
      "install, it asks for the token",
    ],
    [
      "sudo ./custom-opencti install --dry-run",
      "see what an upgrade would change",
    ],
  ],
  run: async ({ words, error }, { home }) => {
    if (error !== undefined) throw error;
    const { text, has, words: others } = readOptions(words, install);
    if (others.length > 0) {
      throw new UsageError("install takes options alone: write --url URL");
    }
    const isDryRun = has("dry-run");
    if (!isDryRun && !Deno.build.standalone) {
      throw new UsageError(
        "Only the executable installs itself: deno task compile makes it",
      );
    }
    const options = {
      home,
      program: Deno.execPath(),
      url: urlOf(text("url")),
      level: levelOf(text("level")),
      groups: groupsOf(text("groups")),
      token: tokenIn(text("token-file")),
      firstId: numberOf(text("rule-ids")),
      mayReplace: has("replace"),
      askToken: () =>
        isDryRun
          ? NOT_ASKED
          : askSecret("OpenCTI's token (not shown as you type): ", {
            isRight: isToken,
            wrong:
              "That is no token of OpenCTI: copy it again, and nothing else",
          }),
    };
    using _lock = isDryRun ? undefined : lockManager(home);
    const plan = planInstall(options);
    await carryOut(plan, { home, isDryRun, isInstalled: true });
    return 0;
  },
};

/** Stands for a token that nobody was asked for. */
const NOT_ASKED = "not-asked-for";

function urlOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!/^https?:\/\//i.test(url) || /[<>\\\s]/.test(url)) {
    throw new UsageError(
      "--url must be OpenCTI's address, as https://opencti.example.com",
    );
  }
  return baseUrlSaid(url);
}

function levelOf(level: string | undefined): string | undefined {
  if (level !== undefined && !/^(?:\d|1[0-6])$/.test(level)) {
    throw new UsageError("--level must be a number from 0 to 16");
  }
  return level;
}

/** Wazuh compares letter by letter: a group behind a blank is never met. */
function groupsOf(groups: string | undefined): string | undefined {
  if (groups === undefined) return undefined;
  const names = groups.split(",").map((group) => group.trim()).filter(Boolean);
  if (names.length === 0 || !names.every((name) => GROUP.test(name))) {
    throw new UsageError(
      "--groups must be names of rule groups with commas between them, as " +
        "ids,syscheck_file",
    );
  }
  return names.join(",");
}

const GROUP = /^[\w.:-]{1,100}$/;

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{6}$/.test(text) ? Number(text) : NaN;
}

/** The token in a file, and not the file's name in a message: it may be one. */
function tokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFile(path).trim();
  } catch (error) {
    throw new UsageError(`Cannot read --token-file: ${messageOf(error)}`);
  }
}
