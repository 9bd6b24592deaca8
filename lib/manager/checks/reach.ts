/**
 * Whether Wazuh's user gets to a file at all: a file may be open, and a folder
 * above it closed.
 *
 * @module
 */
import { shellWord } from "../../shell.ts";
import { closedFolderAbove } from "../tree.ts";
import { type Finding, findingsOf, type Link } from "./finding.ts";
import type { Site } from "./site.ts";

/** What keeps Wazuh's user from a path; nothing if it gets there. */
export function closedFindings(
  path: string,
  { site: { home, wazuh }, link, level = "error" }: {
    readonly site: Site;
    readonly link: Link;
    readonly level?: "warning" | "error";
  },
): readonly Finding[] {
  const folder = closedFolderAbove(path, wazuh);
  if (folder === undefined) return [];
  const mend = folder.startsWith(home)
    ? `sudo chgrp ${wazuh.group} ${shellWord(folder)} && ` +
      `sudo chmod g+rx ${shellWord(folder)}`
    : `move ${path} to ${home}/etc, and name it there`;
  const { error } = findingsOf(link);
  return [{
    ...error(
      `${wazuh.user} may not enter ${folder}, and cannot use ${path}`,
      mend,
    ),
    level,
  }];
}

/** What shows why. */
export function seeWhy(path: string): string {
  const word = shellWord(path);
  return "see how its disk is mounted, and its attributes:\n" +
    `findmnt -T ${word}\nlsattr ${word}`;
}
