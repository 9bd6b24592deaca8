/**
 * Reads STIX patterns into trees. What is read is bounded, and takes linear
 * time.
 *
 * @see https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_e8slinrhxcc9
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readPattern("[ipv4-addr:value = '1.2.3.4']"), {
 *   pattern: {
 *     type: "observation",
 *     condition: {
 *       type: "comparison",
 *       path: "ipv4-addr:value",
 *       operator: "=",
 *       isNegated: false,
 *       values: [{ type: "string", text: "1.2.3.4" }],
 *     },
 *   },
 *   isCut: false,
 * });
 * assertEquals(readPattern("[ipv4-addr:value]"), {
 *   problem: "an operator is missing after ipv4-addr:value",
 * });
 * ```
 *
 * @module
 */
import { glance, type Token, tokensOf } from "./pattern_tokens.ts";

/** A STIX pattern: what one observation, or several, must show. */
export type Pattern =
  | { readonly type: "observation"; readonly condition: Condition }
  | {
    readonly type: "AND" | "OR" | "FOLLOWEDBY";
    /** Two at least. */
    readonly operands: readonly Pattern[];
  }
  | {
    readonly type: "qualified";
    readonly operand: Pattern;
    /** As `WITHIN 5 SECONDS`, one at least. */
    readonly qualifiers: readonly string[];
  };

/** What one observation must show: what stands between two brackets. */
export type Condition = Comparison | {
  readonly type: "AND" | "OR";
  /** Two at least. */
  readonly operands: readonly Condition[];
};

/** What one property of an object must be. */
export interface Comparison {
  readonly type: "comparison";
  /** As `file:hashes.'SHA-256'`. */
  readonly path: string;
  readonly operator: Operator;
  readonly isNegated: boolean;
  /** None for `EXISTS`, any number for `IN`, else one. */
  readonly values: readonly Literal[];
}

const OPERATORS = [
  "=",
  "!=",
  ">",
  "<",
  ">=",
  "<=",
  "IN",
  "LIKE",
  "MATCHES",
  "ISSUBSET",
  "ISSUPERSET",
  "EXISTS",
] as const;

/** How a property is compared. */
export type Operator = typeof OPERATORS[number];

/** A constant; a string's text is without quotes and escapes. */
export interface Literal {
  readonly type: "string" | "timestamp" | "hex" | "binary" | "bare";
  readonly text: string;
}

/** A pattern, or why it cannot be read. */
export type Reading =
  | {
    readonly pattern: Pattern;
    /** Whether it goes on after what was read. */
    readonly isCut: boolean;
  }
  | { readonly problem: string };

/** So much of a pattern is read: some thousand comparisons. */
export const MAX_PATTERN_LENGTH = 262_144;

/** So deep may its parentheses be nested. */
const MAX_DEPTH = 64;

/**
 * Reads a STIX pattern. Of what is too long the start is read, as if its
 * brackets were closed there.
 *
 * Less strict than the standard, as older versions of OpenCTI are: case does
 * not matter in words, a part of a path may stand in double quotes, `NOT` may
 * stand before a comparison.
 */
export function readPattern(
  text: string,
  maxLength: number = MAX_PATTERN_LENGTH,
): Reading {
  const isCut = text.length > maxLength;
  let problem: string | undefined;
  const tokens = tokensOf(text.slice(0, maxLength), { isCut, fail });
  let token: Token | undefined;
  let depth = 0;
  next();
  const pattern = followed();
  if (token !== undefined) fail(`${token.text} stands where nothing should`);
  if (problem !== undefined) return { problem };
  return pattern === undefined
    ? { problem: "nothing of it could be read" }
    : { pattern, isCut };

  /** The first problem ends the reading: there are no tokens after it. */
  function fail(reason: string): undefined {
    problem ??= reason;
    token = undefined;
  }

  function next(): Token | undefined {
    const taken = token;
    token = problem === undefined ? tokens.next().value : undefined;
    return taken;
  }

  function take(...texts: readonly string[]): string | undefined {
    const isThere = token !== undefined && token.type !== "string" &&
      texts.includes(token.text.toUpperCase());
    return isThere ? next()?.text.toUpperCase() : undefined;
  }

  /** Takes what must be there, unless the pattern is cut before it. */
  function need(type: Token["type"], what: string): string | undefined {
    if (token?.type === type) return next()?.text;
    if (token !== undefined || !isCut) {
      return fail(`${what} is missing ${place()}`);
    }
  }

  function close(mark: "]" | ")"): void {
    if (take(mark) === undefined && (token !== undefined || !isCut)) {
      fail(`${mark} is missing ${place()}`);
    }
  }

  function place(): string {
    return token === undefined ? "at its end" : `before ${glance(token.text)}`;
  }

  function joined<T, J extends "AND" | "OR" | "FOLLOWEDBY">(
    type: J,
    operand: () => T | undefined,
  ): T | { readonly type: J; readonly operands: readonly T[] } | undefined {
    const operands: T[] = [];
    do {
      const one = operand();
      if (one !== undefined) operands.push(one);
    } while (take(type) !== undefined);
    return operands.length > 1 ? { type, operands } : operands[0];
  }

  function followed(): Pattern | undefined {
    return joined<Pattern, "FOLLOWEDBY">("FOLLOWEDBY", alternatives);
  }

  function alternatives(): Pattern | undefined {
    return joined<Pattern, "OR">("OR", together);
  }

  function together(): Pattern | undefined {
    return joined<Pattern, "AND">("AND", qualified);
  }

  function qualified(): Pattern | undefined {
    const operand = take("(") === undefined ? observation() : nested(followed);
    const qualifiers: string[] = [];
    for (let one = qualifier(); one !== undefined; one = qualifier()) {
      qualifiers.push(one);
    }
    return operand === undefined || qualifiers.length === 0
      ? operand
      : { type: "qualified", operand, qualifiers };
  }

  function observation(): Pattern | undefined {
    if (take("[") === undefined) {
      return token === undefined && isCut ? undefined : fail(
        `[ is missing ${place()}`,
      );
    }
    const condition = either();
    close("]");
    return condition && { type: "observation", condition };
  }

  function nested<T>(inner: () => T | undefined): T | undefined {
    if (++depth > MAX_DEPTH) {
      return fail(`its parentheses are nested deeper than ${MAX_DEPTH}`);
    }
    const one = inner();
    depth--;
    close(")");
    return one;
  }

  function qualifier(): string | undefined {
    const word = take("START", "WITHIN", "REPEATS");
    if (word === undefined) return undefined;
    const first = word === "START"
      ? need("string", "a time")
      : need("word", "a number");
    const unit = { START: "STOP", WITHIN: "SECONDS" }[word] ?? "TIMES";
    if (take(unit) === undefined) {
      return token === undefined && isCut
        ? undefined
        : fail(`${unit} is missing ${place()}`);
    }
    if (word !== "START") return `${word} ${first} ${unit}`;
    const stop = need("string", "a time");
    return stop && `${word} ${first} ${unit} ${stop}`;
  }

  function either(): Condition | undefined {
    return joined<Condition, "OR">(
      "OR",
      () => joined<Condition, "AND">("AND", test),
    );
  }

  function test(): Condition | undefined {
    if (take("(") !== undefined) return nested(either);
    const isBefore = take("NOT") !== undefined;
    if (take("EXISTS") !== undefined) {
      const path = need("path", "a path");
      return path === undefined ? undefined : {
        type: "comparison",
        path,
        operator: "EXISTS",
        isNegated: isBefore,
        values: [],
      };
    }
    const path = need("path", "a path");
    if (path === undefined) return undefined;
    const isNegated = take("NOT") !== undefined || isBefore;
    const operator = operatorNamed(next()?.text);
    if (operator === undefined) {
      return isCut && token === undefined
        ? undefined
        : fail(`an operator is missing after ${glance(path)}`);
    }
    const values = operator === "IN" ? list() : [literal()];
    const there = values.filter((one) => one !== undefined);
    return there.length === 0 && operator !== "IN"
      ? undefined
      : { type: "comparison", path, operator, isNegated, values: there };
  }

  function list(): (Literal | undefined)[] {
    const values: (Literal | undefined)[] = [];
    if (take("(") === undefined && (token !== undefined || !isCut)) {
      fail(`( is missing ${place()}`);
    }
    if (take(")") !== undefined) return values;
    do values.push(literal()); while (take(",") !== undefined);
    close(")");
    return values;
  }

  function literal(): Literal | undefined {
    if (token?.type === "word") {
      return { type: "bare", text: next()?.text ?? "" };
    }
    const text = need("string", "a value");
    return text === undefined ? undefined : literalOf(text);
  }
}

function operatorNamed(text: string | undefined): Operator | undefined {
  const word = text?.toUpperCase();
  if (word === "==") return "=";
  if (word === "<>") return "!=";
  return OPERATORS.find((one) => one === word && one !== "EXISTS");
}

const PREFIXES: Readonly<Record<string, Literal["type"]>> = {
  t: "timestamp",
  h: "hex",
  b: "binary",
};

function literalOf(quoted: string): Literal {
  const [prefix = ""] = quoted;
  const text = quoted.replace(/^\w?'|'$/g, "").replace(/\\([^])/g, "$1");
  return { type: PREFIXES[prefix] ?? "string", text };
}
