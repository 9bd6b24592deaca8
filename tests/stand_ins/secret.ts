/**
 * The token of the tests, and that nothing holds a part of it.
 *
 * @module
 */

/**
 * What of the token nobody could guess. It has no hexadecimal digits side by
 * side: a part of it in a hash or an id would be chance.
 */
const SECRET = "k7wqz3vx";

/** The token that the stand-in for OpenCTI takes. */
export const TOKEN = `flgrn_octi_tkn_${SECRET}`;

const PART_LENGTH = 5;

const PARTS = Array.from(
  { length: SECRET.length - PART_LENGTH + 1 },
  (_, at) => SECRET.slice(at, at + PART_LENGTH),
);

/** Fails if a text holds a part of the token. */
export function assertNoSecret(name: string, text: string): void {
  const part = PARTS.find((part) => text.includes(part));
  if (part !== undefined) {
    const at = text.indexOf(part);
    throw new Error(
      `${name} holds the token: ${text.slice(Math.max(at - 200, 0), at + 50)}`,
    );
  }
}
