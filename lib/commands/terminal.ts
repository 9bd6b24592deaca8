/**
 * Asking a person at a terminal.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/** A bad paste is asked for again: so many times in all. */
const MAX_TURNS = 3;

/**
 * Asks for a secret, and does not show what is typed.
 *
 * @param options What a right answer is, and what is said of another.
 *
 * @returns Nothing, if nobody is there. After three answers, the last, right or
 * not.
 *
 * @throws {UsageError} If it is broken off.
 */
export function askSecret(
  question: string,
  { isRight, wrong }: {
    readonly isRight: (text: string) => boolean;
    readonly wrong: string;
  },
): string | undefined {
  if (!Deno.stdin.isTerminal()) return undefined;
  for (let turn = 1;; turn++) {
    const text = askOnce(question);
    if (isRight(text) || turn === MAX_TURNS) return text;
    say(`${wrong}\n`);
  }
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function askOnce(question: string): string {
  // First, or what is typed at once would be shown.
  Deno.stdin.setRaw(true);
  say(question);
  try {
    let text = "";
    const byte = new Uint8Array(1);
    while (Deno.stdin.readSync(byte) === 1) {
      const [code = 0] = byte;
      if (code === CTRL_C) throw new UsageError("Stopped: nothing is done");
      if (code === CTRL_D && text === "") {
        throw new UsageError("Stopped: nothing is done");
      }
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
