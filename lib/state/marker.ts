/**
 * What is known of the spool without opening it: where it is, how an alert is
 * known there, and the marker, an empty file beside it that says whether there
 * is anything in it to look at, and when something is due.
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

/** Set where there is state to look at, but nothing in it is due. */
export const NEVER: number = Date.UTC(2200, 0);

/**
 * When something is due, in milliseconds since 1970; `undefined` if there is
 * nothing to look at.
 */
export function dueIn(folders: StateFolders): number | undefined {
  const times = folders.map(markedAt).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * Whether something is due. What is due far ahead was kept while the clock was
 * wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([isDue(5, 5), isDue(6, 5), isDue(NEVER, 5)], [true, false, false]);
 * assertEquals(isDue(5 + 30 * 86_400_000, 5), true);
 * ```
 */
export function isDue(due: number, now: number): boolean {
  return due <= now || due !== NEVER && due > now + MAX_AHEAD_MS;
}

/** Nothing is put off for longer than this. */
export const MAX_AHEAD_MS: number = 2 * 86_400_000;

function markedAt(folder: string): number | undefined {
  try {
    return Deno.statSync(pathIn(folder)).mtime?.getTime();
  } catch {
    return undefined;
  }
}

/**
 * Says when something is due, `null` if there is nothing to look at.
 *
 * @throws {Error} If that is not possible.
 */
export function setMarker(folder: string, due: number | null): void {
  const path = pathIn(folder);
  removeUnlessFile(path);
  try {
    if (due === null) {
      Deno.removeSync(path);
      return;
    }
    Deno.writeFileSync(path, new Uint8Array(), { mode: 0o640 });
    Deno.utimeSync(path, new Date(), new Date(due));
  } catch (error) {
    if (due !== null || !(error instanceof Deno.errors.NotFound)) throw error;
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

function pathIn(folder: string): string {
  return `${folder}/waiting`;
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
