/**
 * The command `man`: the manual page, made of what each command says of itself.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { type Command, print } from "./command.ts";
import { describeOption, OPTION_GROUPS } from "../config/describe.ts";
import { HOME_MEANS, OPTIONS_ABOUT, OPTIONS_EXAMPLE, wrapped } from "./help.ts";
import { readOptions } from "./options.ts";

/**
 * The command that prints the manual page.
 *
 * @param others All commands but this, as they are when it runs.
 */
export function manOf(others: () => readonly Command[]): Command {
  const man: Command = {
    name: "man",
    summary: "Print the manual page",
    usage: ["man"],
    about:
      "Prints the manual page, for man(1). The deb and rpm packages install it.",
    arguments: [],
    options: [],
    examples: [["custom-opencti man | man -l -", "read the manual page"]],
    run: async ({ words, error }) => {
      if (error !== undefined) throw error;
      if (readOptions(words, man).words.length > 0) {
        throw new UsageError("man takes nothing");
      }
      await print(manPage(others()));
      return 0;
    },
  };
  return man;
}

/** The manual page, in roff. */
export function manPage(commands: readonly Command[]): string {
  return [
    `.TH CUSTOM-OPENCTI 8 "" "custom-opencti ${project.version}" ` +
    '"Wazuh and OpenCTI"',
    ".SH NAME",
    "custom\\-opencti \\- look up the IoCs of Wazuh alerts in OpenCTI",
    ".SH SYNOPSIS",
    ...commands.flatMap(({ usage }) =>
      usage.flatMap((use) => [".B custom\\-opencti", roff(use), ".br"])
    ).slice(0, -1),
    ".SH DESCRIPTION",
    roff(
      "Asks OpenCTI for the IoCs of a Wazuh alert, and sends an event for " +
        "each match to Wazuh's queue. Wazuh's integratord starts it, once for " +
        "each alert. The other commands are for whoever runs the manager.",
    ),
    ".SH COMMANDS",
    ...commands.flatMap(sectionOf),
    ".SH OPTIONS",
    ...entry("--home DIR", HOME_MEANS),
    ...entry("--help", "print the help of the command before it"),
    ...entry("--version", "print the version"),
    ".SH CONFIGURATION",
    roff(OPTIONS_ABOUT),
    ".PP",
    roff(OPTIONS_EXAMPLE),
    ...Object.values(OPTION_GROUPS).flatMap(({ title, names }) => [
      `.SS ${roff(title)}`,
      ...names.flatMap((name) => entry(name, describeOption(name))),
    ]),
    ".SH ENVIRONMENT",
    ...entry("HTTPS_PROXY, HTTP_PROXY", "the proxy, if the option says none"),
    ...entry("NO_PROXY", "what is reached without it, if the option says none"),
    ...entry("NO_COLOR", "if it is set, nothing is printed in colour"),
    ".SH EXIT STATUS",
    ...entry("0", "It is done; for doctor and test: all is right"),
    ...entry(
      "1",
      "It failed, and said why; for doctor and test: there are warnings; for " +
        "explain and lookup: OpenCTI did not answer all",
    ),
    ...entry(
      "2",
      "The call or its options are wrong; for doctor: alerts are not looked " +
        "up; for test: it stopped; for explain and lookup: OpenCTI cannot be " +
        "asked, or a value cannot be looked up",
    ),
    ".SH FILES",
    ...FILES.flatMap(([path, what]) => entry(path, what)),
    "",
  ].join("\n");
}

const FILES: readonly (readonly [path: string, what: string])[] = [
  ["/var/ossec/etc/ossec.conf", "Wazuh's configuration, with our block"],
  ["/var/ossec/etc/opencti.json", "the options"],
  ["/var/ossec/etc/opencti.schema.json", "their form, for editors"],
  ["/var/ossec/etc/opencti.token", "OpenCTI's token"],
  ["/var/ossec/logs/integrations.log", "what runs say"],
  ["/var/ossec/queue/opencti", "the spool: what waits"],
];

function sectionOf(command: Command): readonly string[] {
  const { name, about, options = [], examples } = command;
  return [
    `.SS ${roff(name)}`,
    roff(about),
    ...command.arguments.flatMap(([argument, means]) => entry(argument, means)),
    ...options.flatMap(({ name, value, means }) =>
      entry(`--${name}${value === undefined ? "" : ` ${value}`}`, means)
    ),
    ...examples.flatMap(([example, what]) => [
      ".PP",
      roff(`Example: ${what}`),
      ".PP",
      ".nf",
      ...wrapped(example, "", "  ", { end: " \\", width: 72 }).map(roff),
      ".fi",
    ]),
  ];
}

function entry(term: string, means: string): readonly string[] {
  return [".TP", `.B ${roff(term)}`, roff(means)];
}

/** A text of which roff takes nothing for its own. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("…", "...").replace(/^[.']/, "\\&$&")
    .replaceAll('"', "\\(dq").replaceAll("✗", "x");
}
