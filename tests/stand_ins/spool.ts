/**
 * Looks into a spool, and makes time pass for it.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** How many alerts and events wait in a home's spool. */
export function waitingIn(home: string): { alerts: number; events: number } {
  const counts = { alerts: 0, events: 0 };
  const isSpool = rowsOf(
    home,
    "SELECT 1 FROM sqlite_master WHERE name = 'waiting'",
  ).length > 0;
  if (!isSpool) return counts;
  for (const { kind } of rowsOf(home, "SELECT kind FROM waiting")) {
    counts[kind === "alert" ? "alerts" : "events"]++;
  }
  return counts;
}

/** The rows of a query; none if there is no database. */
export function rowsOf(home: string, sql: string): Record<string, unknown>[] {
  const path = `${home}/queue/opencti/spool.db`;
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
 * when it is due, since when OpenCTI fails, when an error was told.
 */
export function passTime(home: string, seconds: number): void {
  using db = new DatabaseSync(`${home}/queue/opencti/spool.db`);
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
  const marker = `${home}/queue/opencti/waiting`;
  const due = Deno.statSync(marker).mtime?.getTime() ?? 0;
  Deno.utimeSync(marker, new Date(), new Date(due - ms));
}
