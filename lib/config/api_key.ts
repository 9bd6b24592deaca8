/**
 * The API key: OpenCTI's token, or the file that holds it.
 *
 * @module
 */
import { messageOf, SEE_DOCTOR, UsageError } from "../errors.ts";

const FILE = /^file:(?=\/)/;

/**
 * The token that `<api_key>` says, or the file that it names as `file:/path`.
 *
 * @throws {UsageError} If the file cannot be read, others may read it, or it
 * holds no token. No message holds what is in it.
 */
export function readApiKey(
  apiKey: string,
  readFile: (path: string) => string,
): string {
  if (!apiKey.startsWith("file:")) return apiKey;
  const path = apiKey.replace(FILE, "");
  if (path === apiKey) {
    throw new UsageError(
      "<api_key> names no file: it must be as file:/var/ossec/etc/opencti.token",
    );
  }
  let text: string;
  let mode: number;
  try {
    text = readFile(path).trim();
    mode = Deno.statSync(path).mode ?? 0;
  } catch (error) {
    throw new UsageError(
      `Cannot read the token: ${path}: ${messageOf(error)}, ${SEE_DOCTOR}`,
    );
  }
  if ((mode & 0o007) !== 0) {
    throw new UsageError(
      `The token's file ${path} may be used by others, ${SEE_DOCTOR}`,
    );
  }
  if (!isBareToken(text)) {
    throw new UsageError(
      `The token's file holds no token: put OpenCTI's, and nothing else, into ${path}`,
    );
  }
  return text;
}

/**
 * Whether a text can be a token: what can stand in an HTTP header, and no quotes
 * or tags, which are often copied with it.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(isToken("flgrn_octi_tkn_x"));
 * assert(!isToken("two lines\n"));
 * assert(!isToken('"in-quotes"'));
 * assert(!isToken("<api_key>x"));
 * ```
 */
export function isToken(text: string): boolean {
  return /^[\x21\x23-\x26\x28-\x3b\x3d-\x7e]{1,4096}$/.test(text);
}

/** Whether a text can be a token, and does not name the file of one. */
export function isBareToken(text: string): boolean {
  return isToken(text) && !text.startsWith("file:");
}
