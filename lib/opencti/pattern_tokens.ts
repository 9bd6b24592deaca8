/**
 * Parts a STIX pattern into tokens.
 *
 * @module
 */

/** A word, a mark or a constant of a pattern. */
export interface Token {
  readonly type: "path" | "string" | "operator" | "mark" | "word";
  readonly text: string;
}

const TOKEN_TYPES = ["path", "string", "operator", "mark", "word"] as const;

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|\/\/[^\r\n]*|\/\*[^]*?\*\/)`,
    // windows-registry-key:values[0].name, file:hashes.'SHA-256'
    String
      .raw`(?<path>[\w-]+:(?:[\w-]+|'(?:[^'\\]|\\[^])*')(?:\.[\w-]+|\.'(?:[^'\\]|\\[^])*'|\."[^"\\]*"|\[(?:-?\d+|\*)\])*)`,
    String.raw`(?<string>[bht]?'(?:[^'\\]|\\[^])*')`,
    String.raw`(?<operator>[=!<>]+)`,
    String.raw`(?<mark>[()[\],])`,
    String.raw`(?<word>[\w.+-]+)`,
  ].join("|"),
  "y",
);

/**
 * The tokens of a pattern; what is cut in two at the end of a cut text is none.
 * They end where what stands there is no token: `fail` gets the reason.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const options = { isCut: false, fail: () => undefined };
 * assertEquals([...tokensOf("[a:b='c']", options)].map(({ text }) => text), [
 *   "[",
 *   "a:b",
 *   "=",
 *   "'c'",
 *   "]",
 * ]);
 * ```
 */
export function* tokensOf(
  text: string,
  { isCut, fail }: {
    readonly isCut: boolean;
    readonly fail: (reason: string) => undefined;
  },
): Generator<Token, undefined> {
  const regex = new RegExp(TOKEN);
  while (regex.lastIndex < text.length) {
    const at = regex.lastIndex;
    const groups = regex.exec(text)?.groups;
    if (groups === undefined) {
      if (!isCut) fail(whyNoToken(text.slice(at, at + 40)));
      return;
    }
    const type = TOKEN_TYPES.find((one) => groups[one] !== undefined);
    if (type === undefined) continue;
    const isWhole = !isCut || regex.lastIndex < text.length ||
      type === "mark" || type === "string";
    if (isWhole) yield { type, text: groups[type] ?? "" };
  }
}

function whyNoToken(rest: string): string {
  return /^[bht]?'/.test(rest)
    ? `a string has no end: ${glance(rest)}`
    : `it is not STIX at: ${glance(rest)}`;
}

/** The start of a text that may be long, for a message. */
export function glance(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
