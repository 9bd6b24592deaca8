/**
 * Small files that are read whole: alerts, options, tokens, certificates.
 *
 * @module
 */

/** Far more than an alert of analysisd or an options file has. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** What is said of a file that is closed to this user. */
export const NOT_READABLE = "it may not be read by this user";

/**
 * Reads a file. Not asynchronous: that would start a thread, which takes longer.
 *
 * @throws {Deno.errors.NotFound} If there is none.
 * @throws {Error} If it cannot be read, is no regular file (a FIFO would never
 * end), or has more than 4 MiB. The message does not hold the path.
 */
export function readFile(path: string): string {
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw new Error("it is no file");
    if (size > MAX_FILE_BYTES) {
      throw new Error(
        `it has ${size} bytes where ${MAX_FILE_BYTES} are the most`,
      );
    }
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Deno.errors.NotFound("there is no such file");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Error(NOT_READABLE);
    }
    throw error;
  }
}
