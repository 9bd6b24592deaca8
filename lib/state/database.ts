/**
 * The spool's database: opening, making, upgrading and setting it aside.
 *
 * No call waits for another process that has it locked: that is for the caller,
 * who knows how much time there is.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { messageOf, SpoolError } from "../errors.ts";
import { refuseOddFiles } from "./folder.ts";

const VERSION = 2;

/** What makes a database of a version out of the one before. */
const UPGRADES: readonly string[] = [
  `
  CREATE TABLE waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('alert', 'event')),
    kept_at INTEGER NOT NULL,
    due INTEGER NOT NULL,
    key TEXT UNIQUE,
    base_url TEXT,
    why TEXT NOT NULL,
    tries INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX waiting_kind ON waiting (kind, id);
  CREATE TABLE told (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE remembered (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    due INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  // A text's bytes stand in an index: adding them up must not read the texts.
  // Nor must the upgrade: what waits already counts as a usual alert.
  `
  ALTER TABLE waiting ADD COLUMN bytes INTEGER NOT NULL DEFAULT 2048;
  CREATE INDEX waiting_bytes ON waiting (id, kind, bytes);
  DROP INDEX waiting_kind;
  CREATE INDEX waiting_tries ON waiting (kind, base_url, tries, id);
  ALTER TABLE told RENAME TO emitted;
  UPDATE remembered SET
    value = json_object(
      'emittedAt', value ->> '$.toldAt',
      'suppressed', value ->> '$.untold',
      'error', value ->> '$.error'
    )
    WHERE name LIKE 'error %';
  UPDATE remembered SET
    value = json_set(value, '$.isEmitted', json('true')),
    due = NULL
    WHERE name LIKE 'outage %';
  `,
];

/** Each run reads the log of changes that is there: it must not grow long. */
const MAX_WAL_BYTES = 1024 * 1024;

/** The database's file in a folder. */
export function databaseIn(dir: string): string {
  return `${dir}/spool.db`;
}

/**
 * Opens the database in a folder, and makes or upgrades it.
 *
 * @throws {SpoolError} If it is of a newer version.
 * @throws {Error} If SQLite cannot open it, see {@linkcode isLocked} and
 * {@linkcode isCorrupt}.
 */
export function openDatabase(dir: string): DatabaseSync {
  const db = new DatabaseSync(databaseIn(dir), { timeout: 0 });
  try {
    // In WAL mode a run that is killed leaves nothing half-written, and no
    // change waits for the disk. auto_vacuum can be set for a new file alone.
    db.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA synchronous = NORMAL;
    `);
    upgrade(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** A database in memory, for where there can be none on disk. */
export function openInMemory(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  upgrade(db);
  return db;
}

function upgrade(db: DatabaseSync): void {
  const version = versionOf(db);
  if (version === VERSION) return;
  if (version > VERSION) {
    throw new SpoolError(
      `it is of a newer version of custom-opencti (${version} where ` +
        `${VERSION} is known): install that again, or move the file away`,
    );
  }
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another run may have been faster.
    for (const sql of UPGRADES.slice(versionOf(db))) db.exec(sql);
    db.exec(`PRAGMA user_version = ${VERSION}`);
    db.exec("COMMIT");
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

function versionOf(db: DatabaseSync): number {
  return numberIn(db.prepare("PRAGMA user_version").get(), "user_version");
}

/** A row of a query of ours. */
export type Row = Readonly<Record<string, unknown>>;

/** A number in a row; 0 if there is none. */
export function numberIn(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

/** A text in a row; empty if there is none. */
export function textIn(row: Row | undefined, column: string): string {
  return String(row?.[column] ?? "");
}

/** Takes back a transaction. */
export function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // SQLite did that already.
  }
}

/** The rows of these are moved, in this order of columns. */
const MOVED = {
  waiting: "kind, kept_at, due, key, base_url, why, tries, text, bytes",
  emitted: "key",
  remembered: "name, value, due",
} as const;

/**
 * Moves all that is in the database of another folder into this one, for where
 * state had to be kept there for a while. Two connections: with our permissions,
 * SQLite attaches nothing.
 *
 * @param sent Events there that were sent already.
 *
 * @throws {Error} If one of them is locked, or the other cannot be read.
 */
export function moveInto(
  db: DatabaseSync,
  otherDir: string,
  sent: readonly number[] = [],
): void {
  refuseOddFiles(databaseIn(otherDir));
  const other = openDatabase(otherDir);
  try {
    other.exec("BEGIN IMMEDIATE");
    db.exec("BEGIN IMMEDIATE");
    const forget = other.prepare("DELETE FROM waiting WHERE id = ?");
    for (const id of sent) forget.run(id);
    for (const [table, columns] of Object.entries(MOVED)) {
      const marks = columns.split(",").map(() => "?").join();
      // What was counted of an error in both, and not emitted yet, is one number.
      const insert = db.prepare(
        `INSERT INTO ${table} (${columns}) VALUES (${marks}) ON CONFLICT ${
          table !== "remembered" ? "DO NOTHING" : `(name) DO UPDATE SET
             value = json_set(value, '$.suppressed',
               (value ->> '$.suppressed') + (excluded.value ->> '$.suppressed')),
             due = min(ifnull(due, excluded.due), ifnull(excluded.due, due))
           WHERE name LIKE 'error %'`
        }`,
      );
      const rows = other.prepare(
        `SELECT ${columns} FROM ${table} ORDER BY ${
          table === "remembered" ? "name" : "id"
        }`,
      );
      for (const row of rows.iterate()) insert.run(...Object.values(row));
      other.exec(`DELETE FROM ${table}`);
    }
    // Should this end in between, alerts are known by their keys; an event may
    // be sent twice.
    db.exec("COMMIT");
    other.exec("COMMIT");
  } catch (error) {
    rollBack(db);
    throw error;
  } finally {
    other.close();
  }
}

/** Free pages of 4 KiB that are worth the time to give them back. */
const MANY_PAGES = 256;

/** So many at a time: the rest can wait, the run cannot. */
const MAX_PAGES = 20_000;

/** Gives the disk back what an empty database does not need. */
export function giveSpaceBack(db: DatabaseSync): void {
  const free = db.prepare("PRAGMA freelist_count").get();
  if (numberIn(free, "freelist_count") < MANY_PAGES) return;
  try {
    // It frees a page with each step. (VACUUM needs to attach a database.)
    db.prepare(`PRAGMA incremental_vacuum(${MAX_PAGES})`).all();
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Another run uses it: the next that empties it will.
  }
}

/**
 * Writes a long log of changes into the database, and empties it.
 *
 * SQLite's own checkpoints do not wait until nobody writes. Before SQLite
 * 3.51.3, two of them beside a write can lose what was committed; this one has
 * the lock of who writes.
 *
 * @see https://www.sqlite.org/wal.html#walresetbug
 */
export function keepLogShort(db: DatabaseSync, dir: string): void {
  if (sizeOf(`${databaseIn(dir)}-wal`) <= MAX_WAL_BYTES) return;
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Another run uses it: the next that changes it will.
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}

/**
 * Moves a corrupt database away.
 *
 * @param options The inode of the file that is corrupt: another run may have
 * moved it already.
 *
 * @returns Where to, `undefined` if another run was faster.
 */
export function setAside(
  dir: string,
  { inode, now }: { readonly inode: number | null; readonly now: number },
): string | undefined {
  const path = databaseIn(dir);
  if (inode === null || inodeOf(path) !== inode) return undefined;
  const time = new Date(now).toISOString().replace(/[:.]/g, "-");
  const aside = `${path}.corrupt-${time}`;
  Deno.renameSync(path, aside);
  for (const end of ["-wal", "-shm"]) {
    try {
      Deno.renameSync(path + end, aside + end);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return aside;
}

/** The inode of a file, `null` if there is none. */
export function inodeOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return null;
  }
}

/** Whether an error is the database's, not that of who uses it. */
export function isOfDatabase(error: unknown): boolean {
  return error instanceof SpoolError ||
    error instanceof Error && "code" in error &&
      error.code === "ERR_SQLITE_ERROR";
}

/** Whether another process has the database locked. */
export function isLocked(error: unknown): boolean {
  return isOfDatabase(error) && /locked|busy/.test(messageOf(error));
}

/** Whether the file is no database any more. */
export function isCorrupt(error: unknown): boolean {
  return /malformed|not a database/.test(messageOf(error));
}
