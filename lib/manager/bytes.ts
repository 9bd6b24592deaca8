/**
 * Files as text of which each character is a byte: whatever encoding a
 * configuration is in, no byte of it is lost on the way back.
 *
 * @module
 */

/** Bytes as such a text. */
export function fromBytes(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 8192) {
    text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  }
  return text;
}

/** The bytes of such a text. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * A text as it stands in a file, in UTF-8.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encoded("ü"), "Ã¼");
 * assertEquals(decoded("Ã¼"), "ü");
 * ```
 */
export function encoded(text: string): string {
  return fromBytes(new TextEncoder().encode(text));
}

/** What a person reads in such a text. */
export function decoded(text: string): string {
  return new TextDecoder().decode(toBytes(text));
}
