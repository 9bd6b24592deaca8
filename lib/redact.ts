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
    marks.reduce((rest, [secret, mark]) => rest.replaceAll(secret, mark), text);
}

/**
 * An alert's JSON without a token in it, however that is written. All else
 * stays as it is: a secret that is also a common word must not break a name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   redactJson('{"data":{"a":"x s3cr\\u0065t-token y"}}', "s3cret-token"),
 *   '{"data":{"a":"x [API_KEY] y"}}',
 * );
 * assertEquals(redactJson('{"a": 1.0}', "s3cret-token"), '{"a": 1.0}');
 * ```
 */
export function redactJson(json: string, token: string): string {
  if (token.length < MIN_SECRET_LENGTH || !mayHold(json, token)) return json;
  const redact = redactor([token]);
  try {
    let isFound = false;
    const value: unknown = JSON.parse(json.trim(), (_, member: unknown) => {
      const next = withoutToken(member, redact);
      isFound ||= next !== member;
      return next;
    });
    // What has no token in it is kept as it was written, numbers too.
    return isFound ? JSON.stringify(value) : json;
  } catch {
    // It is nested too deep to be gone through.
    return redact(json);
  }
}

/** A token may be written with escapes. */
function mayHold(json: string, token: string): boolean {
  return json.includes(token) || json.includes("\\u") ||
    json.includes("\\/") || /["\\]/.test(token);
}

/** The same value if there is no token in its text or names. */
function withoutToken(
  member: unknown,
  redact: (text: string) => string,
): unknown {
  if (typeof member === "string") return redact(member);
  if (typeof member !== "object" || member === null || Array.isArray(member)) {
    return member;
  }
  const names = Object.keys(member);
  return names.every((name) => redact(name) === name)
    ? member
    : Object.fromEntries(
      Object.entries(member).map(([name, value]) => [redact(name), value]),
    );
}
