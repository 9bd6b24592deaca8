/**
 * The command `test`: sends the match of a value that OpenCTI knows the whole
 * way, and waits for Wazuh's own alert.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import {
  currentUser,
  type Finding,
  readSite,
  showFindings,
  statusOf,
} from "../manager/mod.ts";
import { ASKED_OPTIONS, askedBy } from "./asked.ts";
import { type Command, print } from "./command.ts";
import { readOptions } from "./options.ts";
import { styleOfStdout } from "./style.ts";
import { testLinks } from "./test_links.ts";

const DEFAULT_WAIT = "30";

/** Sends a match, and waits for its alert. */
export const test: Command = {
  name: "test",
  summary: "Send a test the whole way to an alert of Wazuh, link by link",
  usage: [
    "test [--source NAME] [--wait SECONDS] [--url URL] [--token-file FILE] " +
    "[--json]",
  ],
  about: "Asks OpenCTI for a value that it knows, makes an alert of a source " +
    "with it, looks that up, sends the event to Wazuh's queue, and waits for " +
    "Wazuh's alert: rule 110219 with level 3, in the group integration_test " +
    "alone. It says at which link it stopped, and what corrects it. It sends " +
    "one event and changes nothing else. Run it as root or as Wazuh's user. " +
    "The exit status is 0 if the alert came, 1 if there are warnings (!), and " +
    "2 if it stopped (✗).",
  arguments: [],
  options: [
    {
      name: "source",
      value: "NAME",
      means: "source whose alert is made, your own too; else one that the " +
        "integration block lets through",
    },
    {
      name: "wait",
      value: "SECONDS",
      means: `how long to wait for Wazuh's alert (${DEFAULT_WAIT})`,
    },
    ...ASKED_OPTIONS,
    { name: "json", means: "print the findings as JSON" },
  ],
  examples: [
    [
      "sudo /var/ossec/integrations/custom-opencti test",
      "see that a match becomes an alert",
    ],
    [
      "sudo /var/ossec/integrations/custom-opencti test --source syscheck",
      "the same, with the hash of a file",
    ],
  ],
  run: async ({ words, error }, context) => {
    if (error !== undefined) throw error;
    const said = readOptions(words, test);
    if (said.words.length > 0) {
      throw new UsageError("test takes options alone: write --source NAME");
    }
    const seconds = secondsOf(said.text("wait"));
    const { home } = context;
    const asked = askedBy(said, home);
    const user = currentUser();
    const { green, yellow, red } = styleOfStdout();
    const paints = { ok: green, warning: yellow, error: red };
    const isJson = said.has("json");
    if (!isJson) {
      await print(
        `custom-opencti ${project.version}, test of Wazuh in ${home}, run by ` +
          `${user}\n\n`,
      );
    }
    const findings: Finding[] = [];
    const { site, findings: first } = readSite(home);
    const links = site === undefined ? first.map(broken) : testLinks({
      site,
      first,
      asked,
      seconds,
      context,
      source: said.text("source"),
    });
    for await (const finding of links) {
      findings.push(finding);
      // A person waits: each link is shown when it is known.
      if (!isJson) {
        await print(`${showFindings([finding], paints).join("\n")}\n`);
      }
    }
    if (isJson) {
      const { version } = project;
      await print(
        `${JSON.stringify({ version, home, user, findings }, null, 2)}\n`,
      );
    }
    return statusOf(findings);
  },
};

/** Nothing can be tested there. */
function broken(finding: Finding): Finding {
  return { ...finding, level: "error" };
}

function secondsOf(text: string = DEFAULT_WAIT): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > 3600) {
    throw new UsageError("--wait must be seconds, from 1 to 3600");
  }
  return seconds;
}
