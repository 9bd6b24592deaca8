import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Comparison,
  type Condition,
  type Pattern,
  readPattern,
} from "../../lib/opencti/pattern.ts";
import { anyComparison, anyPattern, printPattern } from "../stand_ins/stix.ts";

/** A pattern with each of its parts in brackets, as it was read. */
function shape(pattern: Pattern): string {
  switch (pattern.type) {
    case "observation":
      return `[${shapeOf(pattern.condition)}]`;
    case "qualified":
      return `{${shape(pattern.operand)} ${pattern.qualifiers.join(" ")}}`;
    default:
      return `(${pattern.operands.map(shape).join(` ${pattern.type} `)})`;
  }
}

function shapeOf(condition: Condition): string {
  return condition.type === "comparison"
    ? `${condition.path}${
      condition.isNegated ? " NOT" : ""
    } ${condition.operator}${
      condition.values.map(({ type, text }) => ` ${type}:${text}`).join("")
    }`
    : `(${condition.operands.map(shapeOf).join(` ${condition.type} `)})`;
}

function read(text: string, maxLength?: number): string {
  const reading = readPattern(text, maxLength);
  return "problem" in reading
    ? `problem: ${reading.problem}`
    : shape(reading.pattern) + (reading.isCut ? " …" : "");
}

const READ: Readonly<Record<string, string>> = {
  "[a:b = '1']": "[a:b = string:1]",
  "  [a:b='1']\n": "[a:b = string:1]",
  "[a:b == '1']": "[a:b = string:1]",
  "[a:b <> '1']": "[a:b != string:1]",
  "[ipv4-addr:value NOT  = 'a']": "[ipv4-addr:value NOT = string:a]",
  "[NOT a:b = '1']": "[a:b NOT = string:1]",
  "[NOT EXISTS a:b]": "[a:b NOT EXISTS]",
  "[a:b IN ('x','y' , 3)]": "[a:b IN string:x string:y bare:3]",
  "[a:b in ('x') and c:d like 'y%']":
    "[(a:b IN string:x AND c:d LIKE string:y%)]",
  "[a:b = 'it\\'s \\\\']": "[a:b = string:it's \\]",
  "[a:b = t'2020-01-01T00:00:00Z']": "[a:b = timestamp:2020-01-01T00:00:00Z]",
  "[a:b = h'00ff' AND c:d = b'AQ==']":
    "[(a:b = hex:00ff AND c:d = binary:AQ==)]",
  "[a:b > -1.5]": "[a:b > bare:-1.5]",
  "[a:b = 1 OR c:d = 2 AND e:f = 3]":
    "[(a:b = bare:1 OR (c:d = bare:2 AND e:f = bare:3))]",
  "[(a:b = 1 OR c:d = 2) AND e:f = 3]":
    "[((a:b = bare:1 OR c:d = bare:2) AND e:f = bare:3)]",
  "[a:b = 1] OR [c:d = 2] AND [e:f = 3]":
    "([a:b = bare:1] OR ([c:d = bare:2] AND [e:f = bare:3]))",
  "[a:b = 1] FOLLOWEDBY [c:d = 2] OR [e:f = 3]":
    "([a:b = bare:1] FOLLOWEDBY ([c:d = bare:2] OR [e:f = bare:3]))",
  "[a:b = 1] AND [c:d = 2] WITHIN 5 SECONDS":
    "([a:b = bare:1] AND {[c:d = bare:2] WITHIN 5 SECONDS})",
  "([a:b = 1] AND [c:d = 2]) REPEATS 5 TIMES  WITHIN 1800 SECONDS":
    "{([a:b = bare:1] AND [c:d = bare:2]) REPEATS 5 TIMES WITHIN 1800 SECONDS}",
  "[a:b = 1] START t'2020' STOP t'2021'":
    "{[a:b = bare:1] START t'2020' STOP t'2021'}",
  "[file:hashes.\"SHA-1\" = 'a']": '[file:hashes."SHA-1" = string:a]',
  "[a:b = 1 /* why */ OR // and so\n c:d = 2]":
    "[(a:b = bare:1 OR c:d = bare:2)]",
};

Deno.test("readPattern() reads a pattern as it binds", async (t) => {
  for (const [text, expected] of Object.entries(READ)) {
    await t.step(text, () => assertEquals(read(text), expected));
  }
});

const WRONG: Readonly<Record<string, string>> = {
  "": "[ is missing at its end",
  "rule x { condition: true }": "[ is missing before rule",
  "title: 1.2.3.4": "[ is missing before title",
  "[a:b = '1": "a string has no end: '1",
  "[a:b = '1'": "] is missing at its end",
  "[a:b = ]": "a value is missing before ]",
  "[a:b '1']": "an operator is missing after a:b",
  "[a:b = '1' OR ]": "a path is missing before ]",
  "[]": "a path is missing before ]",
  "[a:b = '1'] [c:d = '2']": "[ stands where nothing should",
  "[a:b = '1'] WITHIN 5": "SECONDS is missing at its end",
  "[a:b IN 'x']": "( is missing before 'x'",
  "([a:b = '1']": ") is missing at its end",
  "[a:b = '1'] AND": "[ is missing at its end",
  "[a:b = '1'] $": "it is not STIX at: $",
};

Deno.test("readPattern() says in a sentence why it cannot read", async (t) => {
  for (const [text, problem] of Object.entries(WRONG)) {
    await t.step(text, () => assertEquals(read(text), `problem: ${problem}`));
  }
});

Deno.test("readPattern() reads again what is printed, of the whole grammar", () => {
  fc.assert(
    fc.property(anyPattern(anyComparison), (pattern) => {
      const reading = readPattern(printPattern(pattern));
      assert("pattern" in reading, JSON.stringify(reading));
      assertEquals(shape(reading.pattern), shape(flat(pattern)));
    }),
    { numRuns: 500 },
  );
});

/** As it is read: qualifiers of what is qualified stand on one list. */
function flat(pattern: Pattern): Pattern {
  switch (pattern.type) {
    case "observation":
      return pattern;
    case "qualified":
      return { ...pattern, operand: flat(pattern.operand) };
    default:
      return { ...pattern, operands: pattern.operands.map(flat) };
  }
}

Deno.test("readPattern() takes linear time for whatever there is", async (t) => {
  const one = "ipv4-addr:value = '1.2.3.4' OR ";
  const hostile: Readonly<Record<string, string>> = {
    "a string without an end": `[file:name = '${"\\'".repeat(500_000)}`,
    "letters": "a".repeat(1_000_000),
    "hyphens": "a-".repeat(500_000) + ":b",
    "brackets": "[".repeat(1_000_000),
    "parentheses": "(".repeat(1_000_000),
    "10 000 brackets, closed": `${"(".repeat(10_000)}[a:b = 1]${
      ")".repeat(10_000)
    }`,
    "10 000 parentheses in one": `[${"(".repeat(10_000)}a:b = 1${
      ")".repeat(10_000)
    }]`,
    "100 000 comparisons without an end": `[${one.repeat(100_000)}`,
    "comments": "/*".repeat(500_000),
    "quoted paths": "[a:b.'".repeat(200_000),
    "indexes": "[a:b" + "[*]".repeat(300_000),
    "qualifiers": "[a:b = 1]" + " REPEATS 5 TIMES".repeat(50_000) + "x",
  };
  for (const [name, text] of Object.entries(hostile)) {
    await t.step(name, () => {
      const start = performance.now();
      const reading = readPattern(text, Infinity);
      assert(performance.now() - start < 2000);
      assert("problem" in reading, name);
      assert(reading.problem.length < 100, reading.problem);
      assert(!reading.problem.includes("\n"));
    });
  }
  await t.step("100 000 comparisons", () => {
    const reading = readPattern(
      `[${one.repeat(100_000)}${one.slice(0, -4)}]`,
      Infinity,
    );
    assert("pattern" in reading && reading.pattern.type === "observation");
    const { condition } = reading.pattern;
    assert(condition.type === "OR");
    assertEquals(condition.operands.length, 100_001);
  });
});

Deno.test("readPattern() reads the start of what is too long", async (t) => {
  const one = "ipv4-addr:value = '1.2.3.4' OR ";
  const text = `[${one.repeat(10)}`;
  const read1 = "[ipv4-addr:value = string:1.2.3.4] …";
  const cases: readonly [string, number, string][] = [
    ["after a comparison", one.length, read1],
    ["in the middle of a value", 2 * one.length - 6, read1],
    ["in the middle of a path", one.length + 5, read1],
    ["after an operator", one.length + 17, read1],
    ["before anything", 5, "problem: nothing of it could be read"],
    ["nothing", -1, "problem: nothing of it could be read"],
  ];
  for (const [name, length, expected] of cases) {
    await t.step(name, () => assertEquals(read(text, 1 + length), expected));
  }
  const whole: readonly [string, number, string][] = [
    ["in a list", 17, "[a:b IN string:x string:y] …"],
    ["after NOT", 27, "[a:b IN string:x string:y] …"],
    [
      "in a qualifier",
      49,
      "[(a:b IN string:x string:y AND c:d NOT = bare:1)] …",
    ],
  ];
  const long = "[a:b IN ('x', 'y') AND c:d NOT = 1] WITHIN 5 SECONDS";
  for (const [name, length, expected] of whole) {
    await t.step(name, () => assertEquals(read(long, length), expected));
  }
});

Deno.test("readPattern() takes any comparison", () => {
  fc.assert(fc.property(anyComparison, (comparison: Comparison) => {
    const pattern = { type: "observation", condition: comparison } as const;
    assertEquals(readPattern(printPattern(pattern)), { pattern, isCut: false });
  }));
});
