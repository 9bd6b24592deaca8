/**
 * Asking a person at a terminal.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/**
 * Asks for a secret, and does not show what is typed.
 *
 * @returns Nothing, if nobody is there.
 *
 * @throws {UsageError} If it is broken off.
 */
export function askSecret(question: string): string | undefined {
  if (!Deno.stdin.isTerminal()) return undefined;
  const say = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  // First, or what is typed at once would be shown.
  Deno.stdin.setRaw(true);
  say(question);
  try {
    let text = "";
    const byte = new Uint8Array(1);
    while (Deno.stdin.readSync(byte) === 1) {
      const [code = 0] = byte;
      if (code === CTRL_C) throw new UsageError("Broken off");
      if (code === CTRL_D || code === NEWLINE || code === RETURN) break;
      if (code === DELETE || code === BACKSPACE) text = text.slice(0, -1);
      else text += String.fromCharCode(code);
    }
    return text.trim();
  } finally {
    Deno.stdin.setRaw(false);
    say("\n");
  }
}

const [CTRL_C, CTRL_D, BACKSPACE, NEWLINE, RETURN, DELETE] = [
  3,
  4,
  8,
  10,
  13,
  127,
];
