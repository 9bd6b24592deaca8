/**
 * What root refuses to touch below Wazuh's home: Wazuh's user may write in some
 * of its folders, and could turn a change on a file of another's.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import {
  at,
  linkError,
  lockFolder,
  refuseOthersThanRoot,
  targetAt,
  wazuhUserOf,
} from "./tree.ts";

/**
 * Lets one command alone change a manager, from the plan to the last step. The
 * lock is on Wazuh's home itself: no file of it is left, however this ends.
 *
 * @returns What holds the lock until it is closed.
 *
 * @throws {UsageError} If another command has it, this is not run by root, or
 * it is no manager's home.
 */
export function lockManager(home: string): Disposable {
  wazuhUserOf(home);
  refuseOthersThanRoot(home);
  const lock = lockFolder(home);
  if (lock !== undefined) return lock;
  throw new UsageError(
    `Another install or uninstall is running in ${home}: wait for its end, ` +
      "then run this again",
  );
}

/**
 * Refuses a path that leads elsewhere. Folders may be root's links: that is how
 * an administrator moves them.
 *
 * @param path Below home.
 *
 * @throws {UsageError} If a part of it is a link, or no folder.
 */
export function refuseLinks(home: string, path: string): void {
  const parts = path.split("/");
  for (const n of parts.keys()) {
    const part = `${home}/${parts.slice(0, n + 1).join("/")}`;
    const info = at(part);
    const isLast = n === parts.length - 1;
    if (info?.isSymlink && (isLast || info.uid !== 0)) {
      throw linkError(part);
    }
    if (!isLast && info?.isFile) {
      throw new UsageError(`${part} must be a folder: move it away`);
    }
  }
}

/**
 * Refuses a file that has another name too, where others than root may make
 * files: what is done to it would be done to the file of that name.
 *
 * @param path Below home.
 *
 * @throws {UsageError} If it is such a file.
 */
export function refuseHardLink(home: string, path: string): void {
  const info = at(`${home}/${path}`);
  if (!info?.isFile || (info.nlink ?? 1) === 1) return;
  const folder = targetAt(folderOf(`${home}/${path}`));
  const root = at(home)?.uid;
  if (folder?.uid === root && ((folder?.mode ?? 0) & 0o022) === 0) return;
  throw new UsageError(
    `${home}/${path} has a second name somewhere (a hard link): put a copy of ` +
      "it in its place",
  );
}

/**
 * Remembers the folder of a path.
 *
 * @param path Below home.
 *
 * @returns Refuses the path if that is another folder by now, or a link to one.
 * There is still a moment between this and what is done then.
 */
export function holdFolder(home: string, path: string): () => void {
  const folder = folderOf(`${home}/${path}`);
  const before = identityOf(folder);
  return () => {
    refuseLinks(home, path);
    if (identityOf(folder) !== before) {
      throw new UsageError(
        `${folder} is another folder than before: somebody changed it while ` +
          "this was running. See who did, and what is in it",
      );
    }
  };
}

function identityOf(folder: string): string {
  const { dev, ino } = targetAt(folder) ?? {};
  return `${dev} ${ino}`;
}

function folderOf(path: string): string {
  return path.replace(/\/[^/]*$/, "");
}
