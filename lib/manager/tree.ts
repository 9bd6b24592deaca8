/**
 * The files of a Wazuh manager: who owns them, and changing them so that nobody
 * who may write there can turn the change on another file.
 *
 * Root writes into folders that are Wazuh's: a file is made anew beside its
 * place, by a name that nobody knew, owner and mode are set on what was opened,
 * and then it takes its place. No link is followed.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { messageOf, UsageError } from "../errors.ts";
import { nameOf, type WazuhNames, wazuhNames } from "../shell.ts";
import { fromBytes } from "./bytes.ts";

/** What this user may not look at. */
export class NotAllowedError extends UsageError {
  constructor(readonly path: string) {
    super(`This user may not look at ${path}, put sudo before the command`);
  }
}

/** Who owns a file, and who may do what. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Wazuh's user and group, by their numbers and names. */
export interface WazuhUser extends WazuhNames {
  readonly uid: number;
  readonly gid: number;
  /** Who owns Wazuh's home: root. */
  readonly root: number;
}

/**
 * Wazuh's user and group on this manager: `wazuh`, before 4.3 `ossec`. They own
 * the folder of its sockets.
 *
 * @throws {UsageError} If it is no manager's home.
 */
export function wazuhUserOf(home: string): WazuhUser {
  const sockets = `${home}/queue/sockets`;
  try {
    const { uid, gid, isDirectory } = Deno.lstatSync(sockets);
    if (!isDirectory) throw new Error("it is no folder");
    return {
      ...wazuhNames(home),
      uid: uid ?? 0,
      gid: gid ?? 0,
      root: Deno.lstatSync(home).uid ?? 0,
    };
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new NotAllowedError(sockets);
    }
    throw new UsageError(
      `${home} is not the home of a Wazuh manager: ${
        error instanceof Deno.errors.NotFound
          ? "it has no queue/sockets"
          : messageOf(error)
      }. Give the right one with --home`,
    );
  }
}

/** The name of whoever runs this. */
export function currentUser(): string {
  return nameOf(Deno.uid() ?? 0, "/etc/passwd");
}

/**
 * Refuses whoever could not give files to Wazuh's user.
 *
 * @throws {UsageError} If it is not run by root.
 */
export function refuseOthersThanRoot(home: string): void {
  if (Deno.uid() !== Deno.statSync(home).uid) {
    throw new UsageError("Run it as root: put sudo before the command");
  }
}

/** Whether systemd runs this machine; in a container it does not. */
export function hasSystemd(): boolean {
  return at("/run/systemd/system") !== undefined;
}

/** What is at a path, itself and not what it leads to. */
export function at(path: string): Deno.FileInfo | undefined {
  return look(path, Deno.lstatSync);
}

/** What a path leads to. */
export function targetAt(path: string): Deno.FileInfo | undefined {
  return look(path, Deno.statSync);
}

function look(
  path: string,
  stat: (path: string) => Deno.FileInfo,
): Deno.FileInfo | undefined {
  try {
    return stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new NotAllowedError(path);
    }
    throw new UsageError(`Cannot look at ${path}: ${messageOf(error)}`);
  }
}

/** What is said of a link where none is followed. */
export function linkError(path: string): UsageError {
  return new UsageError(
    `${path} is a link, and could lead anywhere: put what it leads to in its ` +
      "place",
  );
}

/** What is in a file, each byte a character; nothing if there is none. */
export function readBytes(path: string): string | undefined {
  let fd: number;
  try {
    // Looking first and reading then would leave time to lay a link; waiting
    // for a FIFO would never end.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw linkError(path);
    if (code === "EACCES") throw new NotAllowedError(path);
    throw new UsageError(`Cannot read ${path}: ${messageOf(error)}`);
  }
  try {
    if (!fstatSync(fd).isFile()) {
      throw new UsageError(`${path} is no file: move it away`);
    }
    return fromBytes(readAtMost(fd, path));
  } finally {
    closeSync(fd);
  }
}

/** Far more than Wazuh's largest file of rules has. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** As long as it is now: it may grow while it is read. */
function readAtMost(fd: number, path: string): Uint8Array {
  const { size } = fstatSync(fd);
  if (size > MAX_FILE_BYTES) {
    throw new UsageError(`${path} has ${size} bytes: it is too large to read`);
  }
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, bytes, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/** Whether Wazuh's user may read it. */
export function canRead(info: Deno.FileInfo, wazuh: WazuhUser): boolean {
  return may(info, { wazuh, bit: 0o4 });
}

/** Whether Wazuh's user may write to it. */
export function canWrite(info: Deno.FileInfo, wazuh: WazuhUser): boolean {
  return may(info, { wazuh, bit: 0o2 });
}

/**
 * The first folder above a path that Wazuh's user may not enter; nothing if all
 * are open. Of a link, those above what it leads to count too.
 */
export function closedFolderAbove(
  path: string,
  wazuh: WazuhUser,
): string | undefined {
  return [path, realPath(path)].flatMap((one) => {
    const parts = one.split("/").slice(1, -1);
    return parts.map((_, n) => `/${parts.slice(0, n + 1).join("/")}`);
  }).find((folder) => {
    const info = targetAt(folder);
    return info !== undefined && !may(info, { wazuh, bit: 0o1 });
  });
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // There is none, which is said elsewhere.
    return path;
  }
}

function may(
  { uid, gid, mode }: Deno.FileInfo,
  { wazuh, bit }: { readonly wazuh: WazuhUser; readonly bit: number },
): boolean {
  const shift = uid === wazuh.uid ? 6 : gid === wazuh.gid ? 3 : 0;
  return ((mode ?? 0) & (bit << shift)) !== 0;
}

/**
 * What a file system refuses to whoever may write to a file: all, where it is
 * mounted for reading, or a file that is immutable. The file is opened and
 * stays as it is. Whether a disk has room cannot be seen without a try.
 */
export function isRefused(path: string): boolean {
  try {
    closeSync(
      openSync(
        path,
        constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW |
          constants.O_NONBLOCK,
      ),
    );
    return false;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return code === "EROFS" || code === "EPERM";
  }
}

/**
 * Locks a folder for one process; no file of it is left, however that ends.
 *
 * @returns What holds the lock until it is closed; nothing if another has it.
 */
export function lockFolder(path: string): Disposable | undefined {
  const folder = Deno.openSync(path);
  if (folder.tryLockSync(true)) return folder;
  folder.close();
  return undefined;
}

/** The names in a folder; none if it is missing. */
export function namesIn(folder: string): readonly string[] {
  return entriesIn(folder).map(({ name }) => name);
}

/** Whether a file is a program for an interpreter. */
export function isScript(path: string): boolean {
  if (!at(path)?.isFile) return false;
  using file = Deno.openSync(path);
  const start = new Uint8Array(2);
  return file.readSync(start) === 2 && fromBytes(start) === "#!";
}

/** Whose a file is to be, and what is looked at before it is changed. */
export interface Placing {
  readonly owned: Owned;
  /** Throws if the path is no longer what it was. */
  readonly refuseMoved: () => void;
}

/** The files that are left where a file was not put in its place to the end. */
export function temporariesOf(path: string): readonly string[] {
  const [, folder = "", name = ""] = /^(.*)\/(.*)$/.exec(path) ?? [];
  if (targetAt(folder)?.isDirectory !== true) return [];
  return entriesIn(folder).filter((entry) =>
    entry.isFile && entry.name.startsWith(`${name}.`) &&
    UUID.test(entry.name.slice(name.length + 1))
  ).map((entry) => `${folder}/${entry.name}`).sort();
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Puts a file in its place, in one move. */
export function placeFile(
  path: string,
  content: Uint8Array,
  { owned: { uid, gid, mode }, refuseMoved }: Placing,
): void {
  const temporary = `${path}.${crypto.randomUUID()}`;
  // "wx" fails if anything is there, a link too. Only we can read it until it
  // is whole: it may be a token.
  const fd = openSync(temporary, "wx", 0o600);
  try {
    try {
      for (let done = 0; done < content.length;) {
        done += writeSync(fd, content, done);
      }
      fchownSync(fd, uid, gid);
      fchmodSync(fd, mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    refuseMoved();
    Deno.renameSync(temporary, path);
  } catch (error) {
    try {
      remove(temporary);
    } catch {
      // Its folder was moved away: what failed says so.
    }
    throw error;
  }
}

/** Makes a folder. */
export function placeFolder(path: string, placing: Placing): void {
  Deno.mkdirSync(path, { mode: 0o700 });
  own(path, placing);
}

/** Whether owner and mode are as they should be. */
export function isOwned(info: Deno.FileInfo, owned: Owned): boolean {
  return info.uid === owned.uid && info.gid === owned.gid &&
    (info.mode ?? 0) % 0o10000 === owned.mode;
}

/** Sets owner and mode of a file or folder, never of what a link leads to. */
export function own(
  path: string,
  { owned: { uid, gid, mode }, refuseMoved }: Placing,
): void {
  const { isFile, isDirectory, dev, ino } = Deno.lstatSync(path);
  if (!isFile && !isDirectory) {
    throw new UsageError(`${path} is no file and no folder: move it away`);
  }
  const fd = openSync(path, "r");
  try {
    const opened = fstatSync(fd);
    if (opened.dev !== dev || opened.ino !== ino) {
      throw new UsageError(`${path} was changed meanwhile: run it again`);
    }
    refuseMoved();
    fchownSync(fd, uid, gid);
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

/** Makes the folders that a file is to be in, for root alone. */
export function makeParents(path: string): void {
  const folder = path.replace(/\/[^/]*$/, "");
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Moves a file, itself and not what it leads to. What is there by that name
 * stays: the file is put beside it, with a number behind its name.
 */
export function moveFile(from: string, to: string): void {
  let free = to;
  for (let n = 1; at(free) !== undefined; n++) free = `${to}.${n}`;
  Deno.renameSync(from, free);
}

/** The files in a folder and below it, by their paths in it. */
export function filesBelow(folder: string): readonly string[] {
  return entriesIn(folder).flatMap(({ name, isDirectory }) =>
    isDirectory
      ? filesBelow(`${folder}/${name}`).map((path) => `${name}/${path}`)
      : [name]
  ).sort();
}

function entriesIn(folder: string): readonly Deno.DirEntry[] {
  if (at(folder) === undefined) return [];
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new NotAllowedError(folder);
    }
    throw error;
  }
}

/** Takes away a file, a link, or a folder with all that is in it. */
export function remove(path: string): void {
  Deno.removeSync(path, { recursive: true });
}
