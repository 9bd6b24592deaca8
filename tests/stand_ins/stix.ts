/**
 * STIX patterns for tests: printed, and made at random.
 *
 * @module
 */
import fc from "fast-check";
import type {
  Comparison,
  Condition,
  Literal,
  Pattern,
} from "../../lib/opencti/pattern.ts";

const PREFIX = { string: "", timestamp: "t", hex: "h", binary: "b" };

function printLiteral({ type, text }: Literal): string {
  return type === "bare"
    ? text
    : `${PREFIX[type]}'${text.replace(/[\\']/g, "\\$&")}'`;
}

function printComparison(comparison: Comparison): string {
  const { path, operator, isNegated, values } = comparison;
  if (operator === "EXISTS") return `${isNegated ? "NOT " : ""}EXISTS ${path}`;
  const literals = values.map(printLiteral).join(", ");
  return `${path} ${isNegated ? "NOT " : ""}${operator} ${
    operator === "IN" ? `(${literals})` : literals
  }`;
}

function printCondition(condition: Condition): string {
  if (condition.type === "comparison") return printComparison(condition);
  return condition.operands.map((operand) =>
    operand.type === "comparison"
      ? printComparison(operand)
      : `(${printCondition(operand)})`
  ).join(` ${condition.type} `);
}

/** Prints a pattern as the standard writes it. */
export function printPattern(pattern: Pattern): string {
  switch (pattern.type) {
    case "observation":
      return `[${printCondition(pattern.condition)}]`;
    case "qualified":
      return `(${printPattern(pattern.operand)}) ${
        pattern.qualifiers.join(" ")
      }`;
    default:
      return pattern.operands.map((operand) =>
        operand.type === "observation"
          ? printPattern(operand)
          : `(${printPattern(operand)})`
      ).join(` ${pattern.type} `);
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("1.2.3.4", "it's", "\\", "a] OR [b:c = 'd", "' AND '", "("),
);
const literal: fc.Arbitrary<Literal> = fc.oneof(
  text.map((text) => ({ type: "string" as const, text })),
  fc.constantFrom<Literal>(
    { type: "bare", text: "443" },
    { type: "bare", text: "-1.5" },
    { type: "bare", text: "true" },
    { type: "timestamp", text: "2020-01-01T00:00:00Z" },
    { type: "hex", text: "0aff" },
    { type: "binary", text: "AQ==" },
  ),
);
const string = text.map((text) => ({ type: "string" as const, text }));
const path = fc.constantFrom(
  "ipv4-addr:value",
  "file:hashes.'SHA-256'",
  "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
  "domain-name:resolves_to_refs[*].value",
  "windows-registry-key:values[0].name",
  "x-custom:'odd name'.b[-1]",
);

/** A comparison as the standard's grammar allows it. */
export const anyComparison: fc.Arbitrary<Comparison> = fc.record({
  type: fc.constant("comparison" as const),
  path,
  isNegated: fc.boolean(),
  compared: fc.oneof(
    fc.record({
      operator: fc.constantFrom("=" as const, "!=" as const, ">" as const),
      values: fc.tuple(literal),
    }),
    fc.record({
      operator: fc.constantFrom("<" as const, "<=" as const, ">=" as const),
      values: fc.tuple(literal),
    }),
    fc.record({
      operator: fc.constantFrom(
        "LIKE" as const,
        "MATCHES" as const,
        "ISSUBSET" as const,
        "ISSUPERSET" as const,
      ),
      values: fc.tuple(string),
    }),
    fc.record({
      operator: fc.constant("IN" as const),
      values: fc.array(literal, { minLength: 1, maxLength: 4 }),
    }),
    fc.constant({ operator: "EXISTS" as const, values: [] }),
  ),
}).map(({ compared, ...rest }) => ({ ...rest, ...compared }));

/** A condition of comparisons, AND and OR. */
export function anyCondition(
  comparison: fc.Arbitrary<Comparison>,
): fc.Arbitrary<Condition> {
  return fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      comparison,
      fc.record({
        type: fc.constantFrom("AND" as const, "OR" as const),
        operands: fc.array(tie("node"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).node;
}

/** A pattern of the whole grammar. */
export function anyPattern(
  comparison: fc.Arbitrary<Comparison>,
): fc.Arbitrary<Pattern> {
  return fc.letrec<{ node: Pattern }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      anyCondition(comparison).map((condition) => ({
        type: "observation" as const,
        condition,
      })),
      fc.record({
        type: fc.constantFrom(
          "AND" as const,
          "OR" as const,
          "FOLLOWEDBY" as const,
        ),
        operands: fc.array(tie("node"), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant("qualified" as const),
        operand: tie("node"),
        qualifiers: fc.uniqueArray(
          fc.constantFrom(
            "WITHIN 5 SECONDS",
            "REPEATS 3 TIMES",
            "START t'2020-01-01T00:00:00Z' STOP t'2030-01-01T00:00:00Z'",
          ),
          { minLength: 1, maxLength: 3 },
        ),
      }),
    ),
  })).node;
}
