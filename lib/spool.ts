/**
 * The spool: what could not be done and what was told, in a SQLite database.
 *
 * It is opened only when there is something to keep or to take out. Beside it
 * stands a marker, an empty file: if there is none, nothing waits; else its
 * time says when there is something to do. Looking at it costs no more than a
 * `stat`.
 *
 * Where the database cannot be used, the run goes on with one in memory.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import * as z from "zod/mini";
import { messageOf, SpoolError } from "./errors.ts";
import { setMarker } from "./marker.ts";

/** How the spool is opened. */
export interface SpoolOptions {
  /** Its folder; it is made if it is missing. */
  readonly dir: string;
  /** Wazuh's home: who owns its queue may own the spool. */
  readonly home: string;
  readonly spool_max: number;
  /** In seconds. */
  readonly spool_max_age: number;
  /** A clock: milliseconds since 1970. */
  readonly now: () => number;
  /** How long another run's writing may be waited for. */
  readonly leftMs: () => number;
  /** Told why what should be kept is not. */
  readonly onProblem: (problem: string) => void;
}

/** An open spool. */
export interface Spool {
  /**
   * Changes it, all or nothing. If the database fails, the change is made once
   * more, in a new one or in memory.
   */
  readonly write: <T>(change: (tx: Transaction) => T) => T;
  /**
   * Does what one run may do at a time. The lock ends with the process.
   *
   * @returns `false` if another run had the lock all the time that is left.
   */
  readonly withLock: (action: () => Promise<void>) => Promise<boolean>;
  /** What {@linkcode SpoolOptions.onProblem} was told and is no event yet. */
  readonly takeProblem: () => string | undefined;
  readonly close: () => void;
}

/** An alert that is kept. */
export interface KeptAlert {
  /** Which alert, and which OpenCTI. */
  readonly key: string;
  readonly baseUrl: string;
  readonly json: string;
  /** Why it could not be looked up. */
  readonly why: string;
  /** How often it was tried. */
  readonly tries: number;
}

/** An event that is kept, as it is sent. */
export interface KeptEvent {
  readonly id: number;
  readonly message: string;
}

/** What can be done in one change of the spool. */
export interface Transaction {
  /** Keeps an alert until `due`. `false` if it was kept already. */
  readonly keepAlert: (alert: KeptAlert, due: number) => boolean;
  readonly forgetAlert: (key: string) => void;
  /** The oldest of one OpenCTI that are due. They are not due again for a while. */
  readonly takeAlerts: (options: {
    readonly baseUrl: string;
    readonly limit: number;
    readonly dueBy: number;
    readonly nextDue: number;
    /** Those with a higher id alone. */
    readonly after: number;
  }) => readonly (KeptAlert & { readonly id: number })[];
  /**
   * Makes those alerts that wait for an OpenCTI that is not among `known` wait
   * for another, and returns how many.
   */
  readonly takeOver: (options: {
    readonly known: readonly string[];
    readonly baseUrl: string;
  }) => number;
  /** Makes all alerts of one OpenCTI due. */
  readonly makeDue: (baseUrl: string, now: number) => void;
  /**
   * Keeps an event until it is sent.
   *
   * @param key What it tells; an event whose key was there before is not kept.
   * @returns Its id, `undefined` if it is not kept.
   */
  readonly keepEvent: (message: string, key?: string) => number | undefined;
  readonly events: (limit: number) => readonly KeptEvent[];
  readonly event: (id: number) => KeptEvent | undefined;
  readonly forgetEvent: (id: number) => void;
  /** What waits: alerts of one OpenCTI, and events. */
  readonly counts: (
    baseUrl: string,
  ) => { readonly alerts: number; readonly events: number };
  /** What was remembered under a name, `undefined` if it is not as expected. */
  readonly recall: <T>(
    name: string,
    schema: z.ZodMiniType<T>,
  ) => T | undefined;
  /** Remembers something; when it is `due`, a run looks at it. */
  readonly remember: (name: string, value: unknown, due?: number) => void;
  readonly forget: (name: string) => void;
  /** The names that start so. */
  readonly names: (start: string) => readonly string[];
  /**
   * Throws out what is too old or too much, and returns how much it was.
   * Events from this id on stay.
   */
  readonly prune: (firstId: number) => number;
}

const VERSION = 1;

/** How many told matches are remembered: some months of a busy manager. */
const MAX_TOLD = 100_000;

const SCHEMA = `
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
  PRAGMA user_version = ${VERSION};
`;

/** How long a locked database is waited for, at the most and at the least. */
const LOCKED_MS = { most: 1000, least: 100 };

/** Opens the spool. It never fails: see {@linkcode Spool.takeProblem}. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir, now, leftMs, onProblem } = options;
  let problem: string | undefined;
  let onDisk = true;
  let inode: number | null = null;
  let db = await openAnew();

  async function openAnew(): Promise<DatabaseSync> {
    const until = performance.now() + lockedMs();
    while (true) {
      try {
        return openOnDisk();
      } catch (error) {
        // Runs that make it at the same time: SQLite does not wait for these.
        const isLocked = /locked|busy/.test(messageOf(error));
        if (isLocked && performance.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          continue;
        }
        return openInstead(error);
      }
    }
  }

  function lockedMs(): number {
    return Math.min(Math.max(leftMs(), LOCKED_MS.least), LOCKED_MS.most);
  }

  function openOnDisk(): DatabaseSync {
    ensureFolder(options);
    const path = pathIn(dir);
    inode = ensureFile(path);
    const opened = new DatabaseSync(path, { timeout: lockedMs() });
    try {
      // In this mode a run that is killed leaves nothing half-written, and no
      // change waits for the disk.
      opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      prepare(opened);
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  }

  /** What is used in place of a database that failed. */
  function openInstead(error: unknown): DatabaseSync {
    const reason = messageOf(error);
    try {
      if (isCorrupt(reason)) return openAfterCorrupt(reason);
      say(notKept(reason));
    } catch (next) {
      say(notKept(`${reason}; ${messageOf(next)}`));
    }
    onDisk = false;
    const memory = new DatabaseSync(":memory:");
    prepare(memory);
    return memory;
  }

  function openAfterCorrupt(reason: string): DatabaseSync {
    const aside = setAside(dir, { inode, now: now() });
    const opened = openOnDisk();
    if (aside !== undefined) {
      say(
        `The spool is corrupt (${reason}): a new one was begun, what waited ` +
          `in the old one is in ${aside}`,
      );
    }
    return opened;
  }

  function say(text: string): void {
    problem = text;
    onProblem(text);
  }

  function notKept(reason: string): string {
    return `Nothing can be kept in the spool ${pathIn(dir)}: ${
      explain(reason, dir)
    }`;
  }

  function write<T>(change: (tx: Transaction) => T): T {
    try {
      return transact(change);
    } catch (error) {
      if (!isOfSqlite(error)) throw error;
      close();
      db = openInstead(error);
      return transact(change);
    }
  }

  function transact<T>(change: (tx: Transaction) => T): T {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = change(transactionOn(db, options));
      // While the database is locked: no other run can make it untrue.
      if (onDisk) mark();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        db.exec("ROLLBACK");
      } catch {
        // SQLite did that already.
      }
      // If in doubt, the next run looks.
      if (onDisk) setMarker(dir, now());
      throw error;
    }
  }

  function mark(): void {
    const { due } = Due.parse(
      db.prepare(
        `SELECT min(due) AS due FROM (
           SELECT min(due) AS due FROM waiting
           UNION ALL
           SELECT min(due) FROM remembered
         )`,
      ).get(),
    );
    if (!setMarker(dir, due)) throw new SpoolError("the marker is not written");
  }

  async function withLock(action: () => Promise<void>): Promise<boolean> {
    const file = onDisk ? openLock(dir) : undefined;
    try {
      while (file !== undefined && !file.tryLockSync(true)) {
        if (leftMs() === 0) return false;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await action();
      return true;
    } finally {
      file?.close();
    }
  }

  function close(): void {
    try {
      db.close();
    } catch {
      // It is no longer open.
    }
  }

  return {
    write,
    withLock,
    takeProblem: () => {
      const taken = problem;
      problem = undefined;
      return taken;
    },
    close,
  };
}

const Due = z.object({ due: z.nullable(z.number()) });

function pathIn(dir: string): string {
  return `${dir}/spool.db`;
}

function prepare(db: DatabaseSync): void {
  const version = versionOf(db);
  if (version === VERSION) return;
  if (version > VERSION) {
    throw new SpoolError(
      `it is of a newer version of custom-opencti (${version} where ` +
        `${VERSION} is known): install that again, or move the file away`,
    );
  }
  db.exec("BEGIN IMMEDIATE");
  // Another run may have been faster.
  if (versionOf(db) < VERSION) db.exec(SCHEMA);
  db.exec("COMMIT");
}

function versionOf(db: DatabaseSync): number {
  return z.object({ user_version: z.number() }).parse(
    db.prepare("PRAGMA user_version").get(),
  ).user_version;
}

/** Others must not be able to put files in our way. */
function ensureFolder({ dir, home }: SpoolOptions): void {
  try {
    Deno.mkdirSync(dir, { mode: 0o750 });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      if (dir.startsWith(`${home}/`)) {
        throw new SpoolError(
          `there is no folder to make it in, see that ${home} is Wazuh's home`,
        );
      }
      Deno.mkdirSync(dir, { mode: 0o750, recursive: true });
    } else if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new SpoolError(messageOf(error));
    }
  }
  const { isDirectory, mode, uid } = Deno.lstatSync(dir);
  if (!isDirectory) {
    throw new SpoolError(`${dir} is no folder: remove it, or set "state_dir"`);
  }
  if (((mode ?? 0) & 0o002) !== 0) {
    throw new SpoolError(`others may write to it: chmod o= ${dir}`);
  }
  if (![0, Deno.uid(), ownerOf(`${home}/queue`)].includes(uid)) {
    throw new SpoolError(`${dir} belongs to another user: remove it`);
  }
}

function ownerOf(path: string): number | null {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return null;
  }
}

/** Makes the database's file, or sees that it is one of ours. */
function ensureFile(path: string): number | null {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o640 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new SpoolError(messageOf(error));
    }
  }
  const { isFile, nlink, ino } = Deno.lstatSync(path);
  if (!isFile || (nlink ?? 1) > 1) {
    throw new SpoolError(
      "it is no file of its own, but a link or a device: remove it",
    );
  }
  return ino;
}

function openLock(dir: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(`${dir}/lock`, {
      write: true,
      create: true,
      mode: 0o640,
    });
  } catch {
    // On a full disk it is better to tell without a lock than not to tell.
    return undefined;
  }
}

/**
 * Moves a corrupt database away.
 *
 * @returns Where to, `undefined` if another run was faster.
 */
function setAside(
  dir: string,
  { inode, now }: { readonly inode: number | null; readonly now: number },
): string | undefined {
  const path = pathIn(dir);
  if (inode === null || Deno.lstatSync(path).ino !== inode) return undefined;
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

function isOfSqlite(error: unknown): boolean {
  return error instanceof SpoolError ||
    error instanceof Error && "code" in error &&
      error.code === "ERR_SQLITE_ERROR";
}

function isCorrupt(reason: string): boolean {
  return /malformed|not a database/.test(reason);
}

function explain(reason: string, dir: string): string {
  if (/readonly|unable to open|denied|read-only/i.test(reason)) {
    return `${reason}: see that Wazuh's user may write to ${dir}`;
  }
  if (/full|space/.test(reason)) return `${reason}: make room on the disk`;
  if (/locked|busy/.test(reason)) {
    return `${reason}: see which program holds it open`;
  }
  return reason;
}

const KeptAlertRow = z.pipe(
  z.object({
    id: z.number(),
    key: z.string(),
    base_url: z.string(),
    text: z.string(),
    why: z.string(),
    tries: z.number(),
  }),
  z.transform(({ id, key, base_url, text, why, tries }) => ({
    id,
    key,
    baseUrl: base_url,
    json: text,
    why,
    tries,
  })),
);

const KeptEventRow = z.object({ id: z.number(), message: z.string() });

function transactionOn(
  db: DatabaseSync,
  { now, spool_max, spool_max_age }: SpoolOptions,
): Transaction {
  const run = (sql: string, ...values: readonly (string | number | null)[]) =>
    Number(db.prepare(sql).run(...values).changes);
  return {
    keepAlert: ({ key, baseUrl, json, why, tries }, due) => {
      const isNew = db.prepare("SELECT 1 FROM waiting WHERE key = ?")
        .get(key) === undefined;
      run(
        `INSERT INTO waiting (kind, kept_at, due, key, base_url, why, tries, text)
         VALUES ('alert', ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE
         SET due = excluded.due, why = excluded.why, tries = excluded.tries`,
        now(),
        due,
        key,
        baseUrl,
        why,
        tries,
        json,
      );
      return isNew;
    },
    forgetAlert: (key) => {
      run("DELETE FROM waiting WHERE key = ?", key);
    },
    takeAlerts: ({ baseUrl, limit, dueBy, nextDue, after }) =>
      z.array(KeptAlertRow).parse(
        db.prepare(
          `UPDATE waiting SET due = ? WHERE id IN (
             SELECT id FROM waiting
             WHERE kind = 'alert' AND base_url = ? AND due <= ? AND id > ?
             ORDER BY id LIMIT ?
           ) RETURNING *`,
        ).all(nextDue, baseUrl, dueBy, after, limit),
      ).toSorted((a, b) => a.id - b.id),
    takeOver: ({ known, baseUrl }) =>
      run(
        `UPDATE waiting SET base_url = ? WHERE kind = 'alert'
         AND base_url NOT IN (SELECT value FROM json_each(?))`,
        baseUrl,
        JSON.stringify(known),
      ),
    makeDue: (baseUrl, due) => {
      run("UPDATE waiting SET due = ? WHERE base_url = ?", due, baseUrl);
    },
    keepEvent: (message, key) => {
      if (
        key !== undefined &&
        run("INSERT OR IGNORE INTO told (key) VALUES (?)", key) === 0
      ) return undefined;
      return Number(
        db.prepare(
          `INSERT INTO waiting (kind, kept_at, due, why, tries, text)
           VALUES ('event', ?, ?, 'not sent yet', 0, ?)`,
        ).run(now(), now(), message).lastInsertRowid,
      );
    },
    events: (limit) =>
      z.array(KeptEventRow).parse(
        db.prepare(
          `SELECT id, text AS message FROM waiting WHERE kind = 'event'
           ORDER BY id LIMIT ?`,
        ).all(limit),
      ),
    event: (id) =>
      z.optional(KeptEventRow).parse(
        db.prepare("SELECT id, text AS message FROM waiting WHERE id = ?")
          .get(id),
      ),
    forgetEvent: (id) => {
      run("DELETE FROM waiting WHERE id = ?", id);
    },
    counts: (baseUrl) =>
      z.object({ alerts: z.number(), events: z.number() }).parse(
        db.prepare(
          `SELECT count(*) FILTER (WHERE base_url = ?) AS alerts,
                  count(*) FILTER (WHERE kind = 'event') AS events
           FROM waiting`,
        ).get(baseUrl),
      ),
    recall: (name, schema) => {
      const row = db.prepare("SELECT value FROM remembered WHERE name = ?")
        .get(name);
      const read = schema.safeParse(
        typeof row?.["value"] === "string" ? JSON.parse(row["value"]) : null,
      );
      return read.success ? read.data : undefined;
    },
    remember: (name, value, due) => {
      run(
        "INSERT OR REPLACE INTO remembered (name, value, due) VALUES (?, ?, ?)",
        name,
        JSON.stringify(value),
        due ?? null,
      );
    },
    forget: (name) => {
      run("DELETE FROM remembered WHERE name = ?", name);
    },
    names: (start) =>
      z.array(z.object({ name: z.string() })).parse(
        db.prepare(
          "SELECT name FROM remembered WHERE substr(name, 1, length(?)) = ?",
        ).all(start, start),
      ).map(({ name }) => name),
    prune: (firstId) => {
      run(
        "DELETE FROM told WHERE id <= (SELECT max(id) FROM told) - ?",
        MAX_TOLD,
      );
      return run(
        "DELETE FROM waiting WHERE kept_at < ?",
        now() - spool_max_age * 1000,
      ) + run(
        `DELETE FROM waiting WHERE id IN (
           SELECT id FROM waiting ORDER BY id DESC LIMIT -1 OFFSET ?
         ) AND (kind = 'alert' OR id < ?)`,
        spool_max,
        firstId,
      );
    },
  };
}
