/**
 * A folder for one test.
 *
 * @module
 */

/** Gives a test an empty folder, which is removed behind it. */
export async function inFolder(
  test: (folder: string) => unknown,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
