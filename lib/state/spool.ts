/**
 * The spool: what could not be done, and what was emitted, in a SQLite
 * database.
 *
 * It is opened only when there is something to keep or to take out. Beside it
 * stand markers, see `marker.ts`. Where the database cannot be used, the run
 * goes on with one in memory.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf, SpoolError } from "../errors.ts";
import { chownCommand, shellWord } from "../shell.ts";
import {
  databaseIn,
  giveSpaceBack,
  inodeOf,
  isCorrupt,
  isLocked,
  isOfDatabase,
  keepLogShort,
  moveInto,
  numberIn,
  openDatabase,
  openInMemory,
  rollBack,
  setAside,
} from "./database.ts";
import {
  ensureFile,
  ensureFolder,
  FolderDenied,
  refuseOddFiles,
} from "./folder.ts";
import { removeUnlessFile, setMarkers, type StateFolders } from "./marker.ts";
import {
  type SpoolLimits,
  type Transaction,
  transactionOn,
} from "./transaction.ts";

/** How the spool is opened. */
export interface SpoolOptions extends SpoolLimits {
  /** Its folder, made if it is missing; with none, nothing outlasts the run. */
  readonly folders: StateFolders;
  /** Wazuh's home: who owns its queue may own the folder. */
  readonly home: string;
  /** A clock: milliseconds since 1970. */
  readonly now: () => number;
  /** Called with why what should be kept is not. */
  readonly onProblem: (problem: string) => void;
}

/** A change of the spool. It may be made twice: it must do nothing else. */
export type Change<T> = (tx: Transaction) => T;

/** How long another process that has the spool locked may be waited for. */
export type LeftMs = () => number;

/** The spool of a run. */
export interface Spool {
  /**
   * Changes it, all or nothing. If the database fails, or is locked for all the
   * time that is left, the change is made once more: in a new one, in that of
   * the next folder, or in memory.
   */
  readonly write: <T>(change: Change<T>, leftMs: LeftMs) => Promise<T>;
  /** The same; but if it is locked, nothing is changed, and that is no problem. */
  readonly tryWrite: <T>(
    change: Change<T>,
    leftMs: LeftMs,
  ) => Promise<T | undefined>;
  /**
   * Takes the lock for sending, which one run may do at a time. It ends with the
   * process.
   *
   * @returns `undefined` if another run had it all the time that is left.
   */
  readonly lock: (leftMs: LeftMs) => Promise<SendLock | undefined>;
  /** What {@linkcode SpoolOptions.onProblem} was called with last, once. */
  readonly takeProblem: () => string | undefined;
  /**
   * Why the folder is not the first one, and what makes it the first;
   * `undefined` if it is.
   */
  readonly whyElsewhere: () => string | undefined;
  readonly close: () => void;
}

/**
 * The lock for sending. Its file is a journal of what was sent and is still in
 * the database: that may be locked, and what was sent must not be sent again.
 */
export interface SendLock {
  /** What was sent, by this run or one before, and is not taken out yet. */
  readonly sent: () => readonly number[];
  /** Writes down that an event was sent. */
  readonly add: (id: number) => void;
  /** Forgets events that were sent: they are taken out. */
  readonly remove: (ids: readonly number[]) => void;
  /** Lets another run send. */
  readonly release: () => void;
}

/** So long a lock is waited for, even if no time is left. */
const LEAST_WAIT_MS = 100;

const POLL_MS = 10;

/** Far more than a run sends. */
const MAX_JOURNAL_BYTES = 1024 * 1024;

/** Prepares the spool. It is opened by its first change. */
export function openSpool(options: SpoolOptions): Spool {
  const { folders, home, now, onProblem } = options;
  let db: DatabaseSync | undefined;
  let dir: string | undefined;
  let inode: number | null = null;
  let problem: string | undefined;
  let elsewhere: string | undefined;
  const sentHere = new Set<number>();
  /** How many folders are not used, for their database is locked. */
  let skipped = 0;

  function opened(): DatabaseSync {
    if (db !== undefined) return db;
    if (folders.length === 0) return db = openInMemory();
    for (const folder of folders.slice(skipped)) {
      dir = folder;
      try {
        ensureFolder({ dir, home });
        // Before SQLite has it open: who closes a file gives up all the locks
        // that this process has on it.
        inode = ensureFile(databaseIn(dir), { home });
        refuseOddFiles(databaseIn(dir));
        db = openDatabase(dir);
        moveFromOthers(db, dir);
        return db;
      } catch (error) {
        if (!(error instanceof FolderDenied)) throw error;
        elsewhere ??= error.message;
      }
    }
    dir = folders[0];
    throw new SpoolError(elsewhere ?? "it has no folder");
  }

  /** What had to be kept in another folder, as long as this could not be used. */
  function moveFromOthers(into: DatabaseSync, here: string): void {
    const others = folders.slice(folders.indexOf(here) + 1);
    for (const other of others.filter(hasDatabase)) {
      // Who sends from there must not find its events gone.
      const file = openLock(other);
      if (file !== undefined && !file.tryLockSync(true)) {
        file.close();
        continue;
      }
      const lock = file && lockOn(file, inodeOf(databaseIn(other)));
      try {
        const sent = lock?.sent() ?? [];
        moveInto(into, other, sent);
        lock?.remove(sent);
        setMarkers(other, { due: undefined, hasOutage: false });
      } catch (error) {
        // If another run uses it, the next run does it.
        if (!isLocked(error)) sayUnreadable(other, error);
      } finally {
        lock?.release();
      }
    }
  }

  function sayUnreadable(other: string, error: unknown): void {
    const path = databaseIn(other);
    const aside = isCorrupt(error)
      ? setAside(other, { inode: inodeOf(path), now: now() })
      : undefined;
    say(
      `What waits in ${path} cannot be read (${messageOf(error)})${
        aside === undefined
          ? ": it is still kept"
          : `, and was moved to ${aside}: it is lost`
      }`,
    );
  }

  function close(): void {
    try {
      db?.close();
    } catch {
      // It is no longer open.
    }
    db = undefined;
  }

  /** Uses another database in place of one that failed. */
  function replace(error: unknown): void {
    close();
    try {
      if (isCorrupt(error) && dir !== undefined) {
        setCorruptAside(error, dir);
        return;
      }
      if (isLocked(error) && dir !== undefined) {
        skipLocked(error, dir);
        return;
      }
      say(notKept(messageOf(error)));
    } catch (next) {
      say(notKept(
        [...new Set([error, next].map(messageOf))].join("; "),
      ));
    }
    dir = undefined;
    db = openInMemory();
  }

  /** The next attempt makes another, and waits for runs that do the same. */
  function setCorruptAside(error: unknown, folder: string): void {
    const aside = setAside(folder, { inode, now: now() });
    if (aside !== undefined) {
      say(
        `The spool is corrupt (${
          messageOf(error)
        }) and was moved to ${aside}: ` +
          "what waited in it is lost, and new alerts are kept",
      );
    }
  }

  /**
   * Other runs do the same: the next attempt opens the next folder's database,
   * and waits for them.
   *
   * @throws {Error} If there is no other folder.
   */
  function skipLocked(error: unknown, folder: string): void {
    skipped = folders.indexOf(folder) + 1;
    if (skipped === folders.length) throw error;
    elsewhere = `${databaseIn(folder)}: ${
      explain(messageOf(error), { dir: folder, home })
    }`;
  }

  function say(text: string): void {
    problem = text;
    onProblem(text);
  }

  function notKept(reason: string): string {
    const folder = dir ?? folders[0] ?? "";
    return `Nothing can be kept in the spool ${databaseIn(folder)}: ${
      explain(reason, { dir: folder, home })
    }; until that is mended, what fails is lost`;
  }

  function write<T>(change: Change<T>, leftMs: LeftMs): Promise<T> {
    return writeUnless(() => false, { change, leftMs });
  }

  async function tryWrite<T>(
    change: Change<T>,
    leftMs: LeftMs,
  ): Promise<T | undefined> {
    try {
      return await writeUnless(isLocked, { change, leftMs });
    } catch (error) {
      if (isLocked(error)) return undefined;
      throw error;
    }
  }

  /** Makes the change in another database when one fails, unless that ends it. */
  async function writeUnless<T>(
    isEnd: (error: unknown) => boolean,
    { change, leftMs }: {
      readonly change: Change<T>;
      readonly leftMs: LeftMs;
    },
  ): Promise<T> {
    for (let others = folders.length + 1;; others--) {
      try {
        return await untilUnlocked(() => transact(change), leftMs);
      } catch (error) {
        if (!isOfDatabase(error) || isEnd(error) || others === 0) throw error;
        replace(error);
      }
    }
  }

  function transact<T>(change: Change<T>): T {
    const on = begun();
    const isDurable = dir !== undefined;
    try {
      const result = change(transactionOn(on, { ...options, isDurable }));
      // While the database is locked: no other run can make it untrue.
      if (dir !== undefined) mark(on, dir);
      on.exec("COMMIT");
      if (dir !== undefined) tidy(on, dir);
      return result;
    } catch (error) {
      rollBack(on);
      if (dir !== undefined) markInDoubt(dir);
      throw error;
    }
  }

  /** The database, locked; another run may have set aside what was open. */
  function begun(): DatabaseSync {
    const on = opened();
    on.exec("BEGIN IMMEDIATE");
    if (dir === undefined || inodeOf(databaseIn(dir)) === inode) return on;
    close();
    return begun();
  }

  /** The next run looks. */
  function markInDoubt(folder: string): void {
    try {
      setMarkers(folder, { due: now(), hasOutage: true });
    } catch {
      // What failed is said already.
    }
  }

  async function lock(leftMs: LeftMs): Promise<SendLock | undefined> {
    const file = dir === undefined ? undefined : openLock(dir);
    if (file === undefined) return lockHere(sentHere);
    while (!file.tryLockSync(true)) {
      if (leftMs() === 0) {
        file.close();
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return lockOn(file, inode);
  }

  return {
    write,
    tryWrite,
    lock,
    takeProblem: () => {
      const taken = problem;
      problem = undefined;
      return taken;
    },
    whyElsewhere: () =>
      dir === undefined || elsewhere === undefined
        ? undefined
        : `State is kept in ${dir} for the time being: ${elsewhere}`,
    close,
  };
}

/** Makes an attempt again and again while another process has the lock. */
async function untilUnlocked<T>(attempt: () => T, leftMs: LeftMs): Promise<T> {
  const least = performance.now() + LEAST_WAIT_MS;
  while (true) {
    try {
      return attempt();
    } catch (error) {
      const isOver = leftMs() <= 0 && performance.now() >= least;
      if (!isLocked(error) || isOver) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** Says beside the database what the next run must look at. */
function mark(db: DatabaseSync, dir: string): void {
  const found = db.prepare(
    `SELECT min(due) AS due,
              (SELECT count(*) FROM remembered WHERE name LIKE 'outage %')
                AS outages
       FROM (
         SELECT min(due) AS due FROM waiting
         UNION ALL
         SELECT min(due) FROM remembered
       )`,
  ).get();
  try {
    setMarkers(dir, {
      due: found?.["due"] === null ? undefined : numberIn(found, "due"),
      hasOutage: numberIn(found, "outages") > 0,
    });
  } catch (error) {
    throw new SpoolError(
      `the markers beside it cannot be written: ${messageOf(error)}`,
    );
  }
}

/** The change is made: whatever fails here, it must not be made again. */
function tidy(db: DatabaseSync, dir: string): void {
  try {
    if (isEmpty(db)) giveSpaceBack(db);
    keepLogShort(db, dir);
  } catch {
    // Another run uses it: the next that changes it does this.
  }
}

function isEmpty(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM waiting LIMIT 1").get() === undefined;
}

function hasDatabase(dir: string): boolean {
  try {
    return Deno.lstatSync(databaseIn(dir)).isFile;
  } catch {
    return false;
  }
}

function openLock(dir: string): Deno.FsFile | undefined {
  const path = `${dir}/lock`;
  const open = () =>
    Deno.openSync(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o640,
    });
  try {
    removeUnlessFile(path);
    return open();
  } catch {
    try {
      // Another user's file, or a folder: in a folder of ours it can go aside.
      Deno.renameSync(path, `${path}.aside-${crypto.randomUUID()}`);
      return open();
    } catch {
      // On a full disk it is better to send without a lock than not to send.
      return undefined;
    }
  }
}

/** Where nobody else can send, what was sent is known without a file. */
function lockHere(sent: Set<number>): SendLock {
  return {
    sent: () => [...sent],
    add: (id) => sent.add(id),
    remove: (ids) => {
      for (const id of ids) sent.delete(id);
    },
    release: () => {},
  };
}

/** Ids are those of one database: it is written down of which. */
function lockOn(file: Deno.FsFile, inode: number | null): SendLock {
  const sent = () => {
    const { size } = file.statSync();
    const bytes = new Uint8Array(Math.min(size, MAX_JOURNAL_BYTES));
    file.seekSync(0, Deno.SeekMode.Start);
    file.readSync(bytes);
    return new TextDecoder().decode(bytes).split("\n")
      .map((line) => line.split(" "))
      .filter(([of, id]) => of === `${inode}` && /^\d+$/.test(id ?? ""))
      .map(([, id]) => Number(id));
  };
  const add = (id: number) => {
    file.seekSync(0, Deno.SeekMode.End);
    file.writeSync(new TextEncoder().encode(`${inode} ${id}\n`));
  };
  return {
    sent,
    add,
    // A send that was pending may have added one in the meantime.
    remove: (ids) => {
      const rest = new Set(sent()).difference(new Set(ids));
      file.truncateSync(0);
      for (const id of rest) add(id);
    },
    release: () => file.close(),
  };
}

function explain(
  reason: string,
  { dir, home }: { readonly dir: string; readonly home: string },
): string {
  if (/readonly|unable to open|denied|read-only/i.test(reason)) {
    const chown = chownCommand(home, dir, { isFolder: true });
    return `${reason}: as root, run ${chown} && chmod -R u+rwX ` +
      shellWord(dir);
  }
  if (/full|space|I\/O/.test(reason)) return `${reason}: make room on the disk`;
  if (/locked|busy/.test(reason)) {
    return `${reason}: see which program holds it open`;
  }
  return reason;
}
