/**
 * What a person pipes into a command.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/** An alert or a list of values has less. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads all of stdin.
 *
 * @returns Nothing, if it is a terminal: nobody pipes something in.
 *
 * @throws {UsageError} If it is too long.
 */
export async function textOfStdin(): Promise<string | undefined> {
  if (Deno.stdin.isTerminal()) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of Deno.stdin.readable) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new UsageError(
        `stdin has more than ${MAX_BYTES} bytes: give less at a time`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
