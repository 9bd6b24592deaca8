/**
 * What can be done with the spool in one change, as queries.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { numberIn, type Row, textIn } from "./database.ts";
import { MAX_AHEAD_MS } from "./marker.ts";

/** An alert that is kept. */
export interface KeptAlert {
  /** Which alert, and which OpenCTI: see {@linkcode keyOf}. */
  readonly key: string;
  /** OpenCTI's address; empty if the call did not tell it. */
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

/** What limits the spool. */
export interface SpoolLimits {
  readonly spool_max: number;
  readonly spool_max_bytes: number;
  /** In seconds. */
  readonly spool_max_age: number;
}

/** What can be done in one change of the spool. */
export interface Transaction {
  /** Whether what is kept outlasts the run. */
  readonly isDurable: boolean;
  /** Keeps an alert until `due`. */
  readonly keepAlert: (alert: KeptAlert, due: number) => void;
  readonly forgetAlert: (key: string) => void;
  readonly hasAlert: (key: string) => boolean;
  /**
   * Those of one OpenCTI that are due, the least tried first, then the oldest.
   * They are not due again for a while.
   */
  readonly takeAlerts: (options: {
    readonly baseUrl: string;
    readonly limit: number;
    readonly dueBy: number;
    readonly nextDue: number;
  }) => readonly KeptAlert[];
  /** The keys of all that wait for one OpenCTI, in the order of takeAlerts(). */
  readonly alertKeys: (baseUrl: string) => readonly string[];
  /** The alert with a key, which is not due again for a while. */
  readonly takeAlert: (key: string, nextDue: number) => KeptAlert | undefined;
  /**
   * Makes alerts that wait for another OpenCTI wait for this one, and returns
   * how many: those that wait for none of `known`, or for `""`, which is none.
   */
  readonly takeOver: (options: {
    readonly from: "none" | { readonly known: readonly string[] };
    readonly baseUrl: string;
  }) => number;
  /**
   * Keeps an event until it is sent.
   *
   * @param key What it says; an event whose key was there before is not kept.
   * @returns Its id, `undefined` if it is not kept.
   */
  readonly keepEvent: (message: string, key?: string) => number | undefined;
  readonly events: (limit: number) => readonly KeptEvent[];
  readonly event: (id: number) => KeptEvent | undefined;
  readonly forgetEvent: (id: number) => void;
  /** Lets nothing drop an event: it says what was dropped. */
  readonly holdEvent: (id: number) => void;
  /** Whether such an event waits still. */
  readonly holdsEvent: () => boolean;
  /** What waits: alerts of one OpenCTI, and events. */
  readonly counts: (
    baseUrl: string,
  ) => { readonly alerts: number; readonly events: number };
  /** What was remembered under a name, `undefined` if it is not as expected. */
  readonly recall: <T>(
    name: string,
    schema: v.GenericSchema<unknown, T>,
  ) => T | undefined;
  /** Remembers something; when it is `due`, a run looks at it. */
  readonly remember: (name: string, value: unknown, due?: number) => void;
  readonly forget: (name: string) => void;
  /** The names that start so. */
  readonly names: (start: string) => readonly string[];
  /**
   * Drops what is too old, then the oldest of what is too much. Events from this
   * id on stay, and do not count: they are about to be sent.
   */
  readonly prune: (firstId?: number) => void;
  /** What was dropped in this change. */
  readonly dropped: () => Dropped;
}

/** What was dropped: it is lost, and must be counted and logged. */
export interface Dropped {
  /** The keys of alerts. */
  readonly keys: readonly string[];
  /** How many events. */
  readonly events: number;
}

/** How many emitted matches are remembered: some months of a busy manager. */
const MAX_EMITTED = 100_000;

function keptAlertIn(row: Row): KeptAlert {
  return {
    key: textIn(row, "key"),
    baseUrl: textIn(row, "base_url"),
    json: textIn(row, "text"),
    why: textIn(row, "why"),
    tries: numberIn(row, "tries"),
  };
}

function keptEventIn(row: Row): KeptEvent {
  return { id: numberIn(row, "id"), message: textIn(row, "message") };
}

/** A transaction on a database, in which one was begun. */
export function transactionOn(
  db: DatabaseSync,
  { now, isDurable, spool_max, spool_max_bytes, spool_max_age }: SpoolLimits & {
    readonly now: () => number;
    readonly isDurable: boolean;
  },
): Transaction {
  const run = (sql: string, ...values: readonly (string | number | null)[]) =>
    Number(db.prepare(sql).run(...values).changes);
  const rows = (sql: string, ...values: readonly (string | number)[]) =>
    db.prepare(sql).all(...values);
  const row = (sql: string, ...values: readonly (string | number)[]) =>
    db.prepare(sql).get(...values);
  const dropped: (string | null)[] = [];
  const drop = (where: string, ...values: readonly number[]) => {
    const found = rows(
      `DELETE FROM waiting WHERE ${where} RETURNING key`,
      ...values,
    );
    for (const { key } of found) dropped.push(key === null ? null : `${key}`);
  };
  return {
    isDurable,
    keepAlert: ({ key, baseUrl, json, why, tries }, due) => {
      run(
        `INSERT INTO waiting
           (kind, kept_at, due, key, base_url, why, tries, text, bytes)
         VALUES ('alert', ?, ?, ?, ?, ?, ?, ?, octet_length(?))
         ON CONFLICT (key) DO UPDATE
         SET due = excluded.due, why = excluded.why, tries = excluded.tries`,
        now(),
        due,
        key,
        baseUrl,
        why,
        tries,
        json,
        json,
      );
    },
    forgetAlert: (key) => {
      run("DELETE FROM waiting WHERE key = ?", key);
    },
    hasAlert: (key) =>
      row("SELECT 1 FROM waiting WHERE key = ?", key) !== undefined,
    takeAlerts: ({ baseUrl, limit, dueBy, nextDue }) =>
      rows(
        `UPDATE waiting SET due = ? WHERE id IN (
           SELECT id FROM waiting
           WHERE kind = 'alert' AND base_url = ? AND (due <= ? OR due > ?)
           ORDER BY tries, id LIMIT ?
         ) RETURNING *`,
        nextDue,
        baseUrl,
        dueBy,
        // As isDue() has it.
        dueBy + MAX_AHEAD_MS,
        limit,
      ).toSorted((a, b) =>
        numberIn(a, "tries") - numberIn(b, "tries") ||
        numberIn(a, "id") - numberIn(b, "id")
      ).map(keptAlertIn),
    alertKeys: (baseUrl) =>
      rows(
        `SELECT key FROM waiting WHERE kind = 'alert' AND base_url = ?
         ORDER BY tries, id`,
        baseUrl,
      ).map((found) => textIn(found, "key")),
    takeAlert: (key, nextDue) =>
      rows(
        "UPDATE waiting SET due = ? WHERE key = ? RETURNING *",
        nextDue,
        key,
      ).map(keptAlertIn)[0],
    takeOver: ({ from, baseUrl }) =>
      run(
        // What is kept for both is one alert.
        `UPDATE OR REPLACE waiting SET
           key = substr(key, 1, length(key) - length(base_url)) || ?,
           base_url = ?
         WHERE kind = 'alert' AND ${
          from === "none"
            ? "base_url = ?"
            : "base_url NOT IN (SELECT value FROM json_each(?))"
        }`,
        baseUrl,
        baseUrl,
        from === "none" ? "" : JSON.stringify(from.known),
      ),
    keepEvent: (message, key) => {
      if (
        key !== undefined &&
        run("INSERT OR IGNORE INTO emitted (key) VALUES (?)", key) === 0
      ) return undefined;
      return Number(
        db.prepare(
          `INSERT INTO waiting (kind, kept_at, due, why, tries, text, bytes)
           VALUES ('event', ?, ?, 'not sent yet', 0, ?, octet_length(?))`,
        ).run(now(), now(), message, message).lastInsertRowid,
      );
    },
    events: (limit) =>
      rows(
        `SELECT id, text AS message FROM waiting WHERE kind = 'event'
         ORDER BY id LIMIT ?`,
        limit,
      ).map(keptEventIn),
    event: (id) =>
      rows("SELECT id, text AS message FROM waiting WHERE id = ?", id)
        .map(keptEventIn)[0],
    forgetEvent: (id) => {
      run("DELETE FROM waiting WHERE id = ?", id);
    },
    holdEvent: (id) => {
      run("UPDATE waiting SET bytes = 0 WHERE id = ?", id);
    },
    holdsEvent: () =>
      row("SELECT 1 FROM waiting WHERE bytes = 0 LIMIT 1") !== undefined,
    counts: (baseUrl) => {
      const found = row(
        `SELECT count(*) FILTER (WHERE base_url = ?) AS alerts,
                count(*) FILTER (WHERE kind = 'event') AS events
         FROM waiting`,
        baseUrl,
      );
      return {
        alerts: numberIn(found, "alerts"),
        events: numberIn(found, "events"),
      };
    },
    recall: (name, schema) => {
      const found = row("SELECT value FROM remembered WHERE name = ?", name);
      const value: unknown = typeof found?.["value"] === "string"
        ? JSON.parse(found["value"])
        : null;
      const read = v.safeParse(schema, value);
      return read.success ? read.output : undefined;
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
      rows(
        "SELECT name FROM remembered WHERE substr(name, 1, length(?)) = ?",
        start,
        start,
      ).map((found) => textIn(found, "name")),
    prune: (firstId = Number.MAX_SAFE_INTEGER) => {
      run(
        "DELETE FROM emitted WHERE id <= (SELECT max(id) FROM emitted) - ?",
        MAX_EMITTED,
      );
      drop("kept_at < ? AND bytes > 0", now() - spool_max_age * 1000);
      // Mostly nothing is too much, and finding that out is quick.
      const all = row(
        `SELECT count(*) AS count, sum(bytes) AS bytes
         FROM waiting WHERE ${COUNTED}`,
        firstId,
      );
      if (
        numberIn(all, "count") <= spool_max &&
        numberIn(all, "bytes") <= spool_max_bytes
      ) return;
      drop(
        `id IN (
           SELECT id FROM (
             SELECT id, row_number() OVER newest AS place,
                    sum(bytes) OVER newest AS total
             FROM waiting WHERE ${COUNTED} WINDOW newest AS (ORDER BY id DESC)
           ) WHERE place > ? OR total > ?
         )`,
        firstId,
        spool_max,
        spool_max_bytes,
      );
    },
    dropped: () => {
      const keys = dropped.filter((key) => key !== null);
      return { keys, events: dropped.length - keys.length };
    },
  };
}

/** An event that is held has no bytes: all is found out from one index. */
const COUNTED = "bytes > 0 AND (kind = 'alert' OR id < ?)";
