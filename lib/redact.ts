/**
 * Takes secrets out of texts, and out of the alerts that are kept.
 *
 * @module
 */

/** A shorter one is no secret, and may stand in any text. */
const MIN_SECRET_LENGTH = 4;

/**
 * Makes a function that takes secrets out of a text. The text never gets
 * longer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const redact = redactor(["s3cret-token"]);
 * assertEquals(redact("Bearer s3cret-token"), "Bearer [API_KEY]");
 * ```
 */
export function redactor(
  secrets: readonly string[],
): (text: string) => string {
  // A secret that holds another comes first.
  const marks = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => [secret, "[API_KEY]".slice(0, secret.length)] as const);
  return (text) =>
    marks.reduce(
      (rest, [secret, mark]) => rest.replaceAll(secret, mark),
      text,
    ).replace(ANY_TOKEN, "[API_KEY]");
}

/** A token of OpenCTI's newer kind is known by its look, wherever it stands. */
const ANY_TOKEN = /flgrn_octi_tkn_[\w-]+/g;

/** A real token is longer than this; what is not may be any word. */
const MIN_TOKEN_LENGTH = 16;

/** A text in JSON, with its quotes. */
const JSON_TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

/**
 * An alert's JSON without a token in it, however that is written. All else
 * stays as it is written, to the letter.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   redactJson('{"a": "x s3cr\\u0065t-token-of-16 y", "b": 1.0}', "s3cret-token-of-16"),
 *   '{"a": "x [API_KEY] y", "b": 1.0}',
 * );
 * ```
 */
export function redactJson(json: string, token: string): string {
  const redact = redactor(token.length < MIN_TOKEN_LENGTH ? [] : [token]);
  return json.replace(JSON_TEXT, (written) => {
    const text = textOf(written);
    const shown = redact(text);
    return shown === text ? written : JSON.stringify(shown);
  });
}

function textOf(written: string): string {
  // Most have no escapes, and need no parser.
  if (!written.includes("\\")) return written.slice(1, -1);
  try {
    return String(JSON.parse(written));
  } catch {
    return written.slice(1, -1);
  }
}
