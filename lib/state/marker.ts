/**
 * What is known of the spool without opening it: where it is, how an alert is
 * known there, and the markers, empty files beside it. `waiting` says that
 * something is due, and by its time when; `outage` says that OpenCTI failed.
 *
 * @module
 */

/** Where state is kept: the first folder that can be used. */
export type StateFolders = readonly string[];

/**
 * The folders for state. Under Wazuh's home, root makes the first when the
 * product is installed; Wazuh's user cannot, but owns the folder of the second.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stateFolders("/var/ossec", {}), [
 *   "/var/ossec/queue/opencti",
 *   "/var/ossec/logs/opencti",
 * ]);
 * assertEquals(stateFolders("/w", { state_dir: "/srv/x" })[0], "/srv/x");
 * ```
 */
export function stateFolders(
  home: string,
  { state_dir }: { readonly state_dir?: string | undefined },
): StateFolders {
  const usual = [`${home}/queue/opencti`, `${home}/logs/opencti`];
  return state_dir === undefined ? usual : [state_dir, ...usual];
}

/** What the markers of a spool say. */
export interface Marked {
  /** When something is due, in milliseconds since 1970; if ever. */
  readonly due: number | undefined;
  /** Whether OpenCTI failed, and did not answer since. */
  readonly hasOutage: boolean;
}

/** When something is due; `undefined` if nothing is. */
export function dueIn(folders: StateFolders): Marked["due"] {
  const times = folders.map((folder) => timeOf(waitingIn(folder)))
    .filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether a run must see if OpenCTI may be asked. */
export function hasOutage(folders: StateFolders): Marked["hasOutage"] {
  return folders.some((folder) => timeOf(outageIn(folder)) !== undefined);
}

/**
 * Whether something is due. What is due far ahead was kept while the clock was
 * wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([isDue(5, 5), isDue(6, 5)], [true, false]);
 * assertEquals(isDue(5 + 30 * 86_400_000, 5), true);
 * ```
 */
export function isDue(due: number, now: number): boolean {
  return due <= now || due > now + MAX_AHEAD_MS;
}

/** Nothing is put off for longer than this. */
export const MAX_AHEAD_MS: number = 2 * 86_400_000;

function timeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined;
  }
}

/**
 * Sets the markers of a spool.
 *
 * @throws {Error} If that is not possible.
 */
export function setMarkers(
  folder: string,
  { due, hasOutage }: Marked,
): void {
  const waiting = waitingIn(folder);
  put(waiting, due !== undefined);
  if (due !== undefined) Deno.utimeSync(waiting, new Date(), new Date(due));
  put(outageIn(folder), hasOutage);
}

/** Makes an empty file, or removes it. */
function put(path: string, isThere: boolean): void {
  removeUnlessFile(path);
  if (isThere) {
    Deno.writeFileSync(path, new Uint8Array(), { mode: 0o640 });
    return;
  }
  try {
    Deno.removeSync(path);
  } catch (error) {
    // Another run may have removed it just now.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Removes what is no file of its own from a place in a folder of ours: opening
 * a FIFO would never end, and a link leads elsewhere.
 *
 * @throws {Error} If it cannot be removed, as a folder with something in it.
 */
export function removeUnlessFile(path: string): void {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch {
    return;
  }
  if (!found.isFile || (found.nlink ?? 1) > 1) Deno.removeSync(path);
}

function waitingIn(folder: string): string {
  return `${folder}/waiting`;
}

function outageIn(folder: string): string {
  return `${folder}/outage`;
}

/**
 * The key of an alert in the spool. It ends in OpenCTI's address, which has no
 * blank in it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(keyOf("1.2", "https://cti.example"), "1.2 https://cti.example");
 * ```
 */
export function keyOf(alertId: string, baseUrl: string): string {
  return `${alertId} ${baseUrl}`;
}
