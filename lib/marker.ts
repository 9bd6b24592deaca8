/**
 * Where the spool is, and whether it is needed: what a run can know without
 * opening it.
 *
 * @module
 */

/** The spool's folder. */
export function spoolFolder(
  home: string,
  { state_dir }: { readonly state_dir?: string | undefined },
): string {
  return state_dir ?? `${home}/queue/opencti`;
}

/** When something in the spool is due, in milliseconds since 1970. */
export function dueIn(dir: string): number | undefined {
  try {
    return Deno.statSync(pathIn(dir)).mtime?.getTime();
  } catch {
    return undefined;
  }
}

/**
 * Says when something is due, `null` if nothing waits.
 *
 * @returns `false` if that is not possible.
 */
export function setMarker(dir: string, due: number | null): boolean {
  const path = pathIn(dir);
  try {
    if (due === null) {
      Deno.removeSync(path);
    } else {
      Deno.writeFileSync(path, new Uint8Array(), { mode: 0o640 });
      Deno.utimeSync(path, new Date(), new Date(due));
    }
    return true;
  } catch (error) {
    return due === null && error instanceof Deno.errors.NotFound;
  }
}

function pathIn(dir: string): string {
  return `${dir}/waiting`;
}
