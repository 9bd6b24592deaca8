/**
 * What waits in the spool, for a person: it is read from a copy, so that no
 * file of the spool is made, changed or locked.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
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
    await copyWhole(path, copy);
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

/** So often a copy is made again that a run changed meanwhile. */
const MAX_COPIES = 10;

/** Times of files have steps: a change within one is not seen. */
const STEP_MS = 20;

/**
 * Copies a database and its log of changes, as they are at one time. Runs go on
 * writing to the log: what is there half is taken for nothing. But what they move
 * from the log into the database must not be in neither of the two, or in parts.
 *
 * @throws {Error} If they are changed all the time.
 */
async function copyWhole(from: string, to: string): Promise<void> {
  for (let count = 0; count < MAX_COPIES; count++) {
    const before = stateOf(from);
    copyFile(from, to);
    // What was written last may stand there alone.
    if (isThere(`${from}-wal`)) copyFile(`${from}-wal`, `${to}-wal`);
    const isOld = Math.abs(Date.now() - before.changed) > STEP_MS;
    if (isOld && stateOf(from).says === before.says) return;
    remove(`${to}-wal`);
    await new Promise((resolve) => setTimeout(resolve, 2 * STEP_MS));
  }
  throw new Error("runs change it all the time, try again");
}

/** What is another if something was moved from the log into the database. */
function stateOf(path: string): {
  readonly says: string;
  /** When the database was changed last. */
  readonly changed: number;
} {
  const { size, mtime, ino } = Deno.lstatSync(path);
  const changed = mtime?.getTime() ?? 0;
  return { says: `${ino} ${size} ${changed} ${logOf(path)}`, changed };
}

/** A log that begins anew has another head. */
function logOf(path: string): string {
  if (!isThere(`${path}-wal`)) return "";
  const fd = openToRead(`${path}-wal`);
  try {
    const head = new Uint8Array(32);
    return head.subarray(0, readSync(fd, head)).toHex();
  } finally {
    closeSync(fd);
  }
}

/**
 * Not by its mode: a copy must be writable to be opened. Of what grows, no more
 * is copied than was there.
 */
function copyFile(from: string, to: string): void {
  const fd = openToRead(from);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error("it is no file");
    if (found.size > MAX_BYTES) throw new Error(`it has ${found.size} bytes`);
    using copy = Deno.openSync(to, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    const buffer = new Uint8Array(1024 * 1024);
    for (let left = found.size; left > 0;) {
      const count = readSync(
        fd,
        buffer,
        0,
        Math.min(left, buffer.length),
        null,
      );
      if (count === 0) break;
      for (let done = 0; done < count;) {
        done += copy.writeSync(buffer.subarray(done, count));
      }
      left -= count;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Root may look at what another user has laid there: no link is followed, and no
 * FIFO waited for.
 */
function openToRead(path: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

function remove(path: string): void {
  if (isThere(path)) Deno.removeSync(path);
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
