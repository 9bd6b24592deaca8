/**
 * The folder of the spool: made if it is missing, and refused if somebody else
 * could put files in our way.
 *
 * @module
 */
import { messageOf, SpoolError } from "../errors.ts";
import { chownCommand, shellWord, wazuhNames } from "../shell.ts";

/** This user may not make the folder, or not write in it. Another may do. */
export class FolderDenied extends SpoolError {}

/**
 * Makes a folder for state, or sees that it is one of ours.
 *
 * @param options The folder, and Wazuh's home: who owns the queue there may own
 * the folder.
 *
 * @throws {FolderDenied} If it is missing and cannot be made.
 * @throws {SpoolError} If it is not safe.
 */
export function ensureFolder(
  { dir, home }: { readonly dir: string; readonly home: string },
): void {
  try {
    Deno.mkdirSync(dir, { mode: 0o750 });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) makeWithParents(dir, home);
    else if (error instanceof Deno.errors.PermissionDenied) {
      throw missing(dir, home);
    } else if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new SpoolError(`${dir}: ${messageOf(error)}`);
    }
  }
  const { isDirectory, mode, uid } = Deno.lstatSync(dir);
  if (!isDirectory) {
    throw new SpoolError(`${dir} is no folder: remove it, or set "state_dir"`);
  }
  if (((mode ?? 0) & 0o002) !== 0) {
    throw new SpoolError(`others may write to it: chmod o= ${shellWord(dir)}`);
  }
  const owners = [`${home}/queue`, `${home}/queue/sockets`].map(ownerOf);
  if (![0, Deno.uid(), ...owners].includes(uid)) {
    throw new SpoolError(
      `${dir} belongs to another user: as root, run ` +
        chownCommand(home, dir, { isFolder: true }),
    );
  }
}

/** Wazuh's home is there already, or it is not Wazuh's home. */
function makeWithParents(dir: string, home: string): void {
  if (dir.startsWith(`${home}/`)) {
    throw new FolderDenied(
      `there is no folder to make ${dir} in, see that ${home} is Wazuh's home`,
    );
  }
  try {
    Deno.mkdirSync(dir, { mode: 0o750, recursive: true });
  } catch (error) {
    throw error instanceof Deno.errors.PermissionDenied
      ? missing(dir, home)
      : new SpoolError(`${dir}: ${messageOf(error)}`);
  }
}

function missing(dir: string, home: string): FolderDenied {
  const { user, group } = wazuhNames(home);
  return new FolderDenied(
    `${dir} is missing, and Wazuh's user cannot make it: as root, run ` +
      `install -d -o ${user} -g ${group} -m 0750 ${shellWord(dir)}`,
  );
}

/**
 * Makes an empty file if there is none, or sees that it is a file of its own.
 *
 * @returns Its inode.
 *
 * @throws {FolderDenied} If this user may not read and write it.
 * @throws {SpoolError} If it is something else, or cannot be made.
 */
export function ensureFile(
  path: string,
  { home }: { readonly home: string },
): number | null {
  refuseUnlessFile(path);
  try {
    const file = Deno.openSync(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o640,
    });
    file.close();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      const dir = path.replace(/\/[^/]*$/, "");
      throw new FolderDenied(
        `Wazuh's user may not write to ${path}: as root, run ` +
          chownCommand(home, dir, { isFolder: true }),
      );
    }
    throw new SpoolError(messageOf(error));
  }
  return Deno.lstatSync(path).ino;
}

/**
 * Refuses what is no file of its own in the places of the files that SQLite
 * makes beside a database.
 *
 * @throws {SpoolError} If there is such a thing.
 */
export function refuseOddFiles(path: string): void {
  for (const end of ["-journal", "-wal", "-shm"]) refuseUnlessFile(path + end);
}

/** Opening a FIFO would never end, and a link leads elsewhere. */
function refuseUnlessFile(path: string): void {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch {
    // There is none, or it is found out when it is opened.
    return;
  }
  if (!found.isFile || (found.nlink ?? 1) > 1) {
    throw new SpoolError(
      `${path} is no file of its own, but a link or a device: remove it`,
    );
  }
}

function ownerOf(path: string): number | null {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return null;
  }
}
