/**
 * Looks into a spool, and makes time pass for it.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { openSpool } from "../../lib/state/spool.ts";
import { giveToWazuh } from "./home.ts";

const FOLDER = "queue/opencti";

/** Keeps an alert, as a run of Wazuh's user did on 2 January 2026. */
export async function keepAlertIn(home: string, why: string): Promise<void> {
  const folder = `${home}/${FOLDER}`;
  const spool = openSpool({
    folders: [folder],
    home,
    now: () => Date.UTC(2026, 0, 2),
    onProblem: () => {},
    spool_max: 10,
    spool_max_bytes: 1e6,
    spool_max_age: 1e9,
  });
  const alert = { key: "1 u", baseUrl: "u", json: "{}", why, tries: 0 };
  await spool.write(
    (tx) => tx.keepAlert(alert, Date.UTC(2026, 0, 3)),
    () => 1000,
  );
  spool.close();
  for await (const { name } of Deno.readDir(folder)) {
    giveToWazuh(`${folder}/${name}`, 0o640);
  }
}

/** How many alerts and events wait in the spool in a folder of a home. */
export function waitingIn(
  home: string,
  folder = FOLDER,
): { alerts: number; events: number } {
  const counts = { alerts: 0, events: 0 };
  const isSpool = rowsOf(
    home,
    "SELECT 1 FROM sqlite_master WHERE name = 'waiting'",
    folder,
  ).length > 0;
  if (!isSpool) return counts;
  for (const { kind } of rowsOf(home, "SELECT kind FROM waiting", folder)) {
    counts[kind === "alert" ? "alerts" : "events"]++;
  }
  return counts;
}

/** The rows of a query; none if there is no database. */
export function rowsOf(
  home: string,
  sql: string,
  folder = FOLDER,
): Record<string, unknown>[] {
  const path = `${home}/${folder}/spool.db`;
  try {
    if (!Deno.lstatSync(path).isFile) return [];
  } catch {
    return [];
  }
  using db = new DatabaseSync(path);
  return db.prepare(sql).all();
}

/**
 * Makes all that a spool remembers older by so many seconds: when it was kept,
 * when it is due, since when OpenCTI fails, when an error was emitted.
 */
export function passTime(
  home: string,
  seconds: number,
  folder = FOLDER,
): void {
  using db = new DatabaseSync(`${home}/${folder}/spool.db`);
  const ms = seconds * 1000;
  db.exec(`
    UPDATE waiting SET kept_at = kept_at - ${ms}, due = due - ${ms};
    UPDATE remembered SET due = due - ${ms};
    UPDATE remembered SET value = json_set(value, '$.emittedAt',
      (value ->> '$.emittedAt') - ${ms}) WHERE name LIKE 'error %';
    UPDATE remembered SET value = json_set(value,
      '$.since', (value ->> '$.since') - ${ms},
      '$.pausedUntil', (value ->> '$.pausedUntil') - ${ms})
      WHERE name LIKE 'outage %';
    UPDATE remembered SET value = value - ${ms} WHERE name LIKE 'warned %';
  `);
  const marker = `${home}/${folder}/waiting`;
  try {
    const due = Deno.statSync(marker).mtime?.getTime() ?? 0;
    Deno.utimeSync(marker, new Date(), new Date(due - ms));
  } catch {
    // Nothing is due.
  }
}

/** Makes an empty database as version 0.1.0 did. */
export function makeSpoolOf010(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(`
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
    PRAGMA user_version = 1;
  `);
  return db;
}
