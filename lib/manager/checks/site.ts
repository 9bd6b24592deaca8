/**
 * The manager that is checked, as far as it can be read.
 *
 * @module
 */
import { messageOf, UsageError } from "../../errors.ts";
import { shellWord } from "../../shell.ts";
import {
  type IntegrationBlock,
  readIntegrationBlocks,
} from "../../wazuh/ossec_conf.ts";
import { CONF, PROGRAM } from "../layout.ts";
import {
  at,
  isScript,
  NotAllowedError,
  readBytes,
  type WazuhUser,
  wazuhUserOf,
} from "../tree.ts";
import { type Finding, findingsOf, unseen } from "./finding.ts";

/** A manager. */
export interface Site {
  /** Wazuh's home. */
  readonly home: string;
  readonly wazuh: WazuhUser;
  /** Its configuration; nothing if it cannot be read. */
  readonly conf: string | undefined;
  readonly blocks: readonly IntegrationBlock[];
  readonly now: Date;
}

/**
 * The command that puts everything in place again: by the program that is
 * installed, or by the one that was downloaded.
 */
export function installCommand(
  { home, blocks }: Pick<Site, "home" | "blocks">,
): string {
  const path = `${home}/${PROGRAM}`;
  const isInstalled = at(path)?.isFile === true && !isScript(path);
  return [
    `sudo ${isInstalled ? shellWord(path) : "./custom-opencti"} install`,
    ...isInstalled || home === DEFAULT_HOME
      ? []
      : [`--home ${shellWord(home)}`],
    ...blocks.length > 0 ? [] : ["--url URL"],
  ].join(" ");
}

/** Where the program looks for Wazuh, wherever it is started. */
const DEFAULT_HOME = "/var/ossec";

/** Reads a manager; what keeps it from being read is a finding. */
export function readSite(home: string): {
  /** Nothing if there is no manager. */
  readonly site: Site | undefined;
  readonly findings: readonly Finding[];
} {
  const { error } = findingsOf("block");
  const path = `${home}/${CONF}`;
  let wazuh: WazuhUser;
  try {
    wazuh = wazuhUserOf(home);
  } catch (problem) {
    if (!(problem instanceof UsageError)) throw problem;
    if (problem instanceof NotAllowedError) {
      const findings = [unseen("program", problem.path)];
      return { site: undefined, findings };
    }
    return {
      site: undefined,
      findings: [
        findingsOf("program").error(
          problem.message,
          "install Wazuh's manager first, if there is none",
        ),
      ],
    };
  }
  const site = { home, wazuh, blocks: [], now: new Date() };
  try {
    const conf = readBytes(path);
    const blocks = conf === undefined ? [] : readIntegrationBlocks(conf);
    return { site: { ...site, conf, blocks }, findings: [] };
  } catch (problem) {
    const finding = problem instanceof SyntaxError
      ? error(
        `Wazuh cannot read ${path}: ${messageOf(problem)}`,
        `correct ${path}`,
      )
      : problem instanceof NotAllowedError
      ? unseen("block", problem.path)
      : error(messageOf(problem), `put a file in the place of ${path}`);
    return { site: { ...site, conf: undefined }, findings: [finding] };
  }
}
