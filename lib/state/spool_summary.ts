/**
 * What waits in the spool, for a person: it is read from a copy, so that no
 * file of the spool is made, changed or locked.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
} from "node:fs";
import * as v from "valibot";
import { databaseIn, numberIn, type Row, textIn } from "./database.ts";
import { messageOf } from "../errors.ts";
import { Outage } from "./circuit_breaker.ts";

/** What waits. */
export interface Waiting {
  readonly alerts: number;
  readonly events: number;
  /** When the oldest was kept, in milliseconds since 1970; nothing if none. */
  readonly since: number | undefined;
  /** Why the last one was kept; empty if nothing waits. */
  readonly why: string;
  /** OpenCTI that do not answer, by what runs remember. */
  readonly outages: readonly SeenOutage[];
}

/** An OpenCTI that does not answer. */
export interface SeenOutage {
  readonly baseUrl: string;
  /** When the first failure was, in milliseconds since 1970. */
  readonly since: number;
  /** In a row. */
  readonly failures: number;
  /** How many alerts were kept because of it. */
  readonly alerts: number;
  /** The last failure. */
  readonly says: string;
}

/** Copying more takes too long for somebody who waits for an answer. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Looks at the spool of a folder.
 *
 * @returns Nothing, if there is no spool.
 *
 * @throws {Error} If it cannot be read.
 */
export async function waitingIn(dir: string): Promise<Waiting | undefined> {
  const path = databaseIn(dir);
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const { DatabaseSync } = await import("node:sqlite");
  // No other user may look in.
  const folder = await Deno.makeTempDir({ prefix: "custom-opencti-" });
  try {
    const copy = `${folder}/spool.db`;
    copyFile(path, copy);
    // What was written last may stand there alone.
    if (isThere(`${path}-wal`)) copyFile(`${path}-wal`, `${copy}-wal`);
    const db = new DatabaseSync(copy);
    try {
      const counts = db.prepare(
        "SELECT coalesce(sum(kind = 'alert'), 0) AS alerts, " +
          "coalesce(sum(kind = 'event'), 0) AS events, " +
          "coalesce(min(kept_at), 0) AS since FROM waiting",
      ).get();
      const last = db.prepare(
        "SELECT why FROM waiting ORDER BY id DESC LIMIT 1",
      ).get();
      return {
        alerts: numberIn(counts, "alerts"),
        events: numberIn(counts, "events"),
        since: numberIn(counts, "since") || undefined,
        why: last === undefined ? "" : textIn(last, "why"),
        outages: db.prepare(
          "SELECT name, value FROM remembered WHERE name LIKE 'outage %'",
        ).all().flatMap(outageIn),
      };
    } finally {
      db.close();
    }
  } catch (error) {
    throw new Error(messageOf(error));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is remembered of an OpenCTI that failed; one that answers is none. */
function outageIn(row: Row): readonly SeenOutage[] {
  const value: unknown = JSON.parse(textIn(row, "value"));
  const outage = v.safeParse(Outage, value);
  if (!outage.success || outage.output.failures === 0) return [];
  const { since, failures, alerts, says } = outage.output;
  const baseUrl = textIn(row, "name").slice("outage ".length);
  return [{ baseUrl, since, failures, alerts, says }];
}

/**
 * Not by its mode: a copy must be writable to be opened. Root may look at what
 * another user has laid there: no link is followed, and no FIFO waited for.
 */
function copyFile(from: string, to: string): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error("it is no file");
    if (found.size > MAX_BYTES) throw new Error(`it has ${found.size} bytes`);
    Deno.writeFileSync(to, readFileSync(fd), { mode: 0o600 });
  } finally {
    closeSync(fd);
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
