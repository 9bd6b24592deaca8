/**
 * Whether Wazuh's user gets to a file at all, and can write there: a file may be
 * open, and a folder above it closed, or its disk for reading alone.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
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

const { O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/**
 * What a file system refuses to whoever may write to a file: all, where it is
 * mounted for reading, or a file that is immutable. The file is opened and
 * stays as it is. Whether a disk has room cannot be seen without a try.
 */
export function isRefused(path: string): boolean {
  try {
    closeSync(openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK));
    return false;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return code === "EROFS" || code === "EPERM";
  }
}

/** What shows why. */
export function seeWhy(path: string): string {
  const word = shellWord(path);
  return "see how its disk is mounted, and its attributes:\n" +
    `findmnt -T ${word}\nlsattr ${word}`;
}
