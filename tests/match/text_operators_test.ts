import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readRegex } from "../../lib/match/regex.ts";
import { MAX_STEPS, textTestOf } from "../../lib/match/text_operators.ts";

function test(
  operator: "=" | "LIKE" | "MATCHES" | ">",
  asked: string,
  { text, isCaseKept = false, left = MAX_STEPS }: {
    readonly text: string;
    readonly isCaseKept?: boolean;
    readonly left?: number;
  },
) {
  return textTestOf({
    type: "comparison",
    path: "file:name",
    operator,
    isNegated: false,
    values: [{ type: "string", text: asked }],
  }, { work: { left }, readRegex })?.(text, { isCaseKept });
}

Deno.test("textTestOf() compares by LIKE as by a regular expression", () => {
  const letters = fc.constantFrom("a", "b", "%", "_", ".", "*", "\\", "ü");
  const text = fc.array(letters, { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, text, (like, text) => {
      const regex = like.replace(/[.*\\]/g, "\\$&").replaceAll("%", "[^]*")
        .replaceAll("_", "[^]");
      const expected = new RegExp(`^${regex}$`).test(text);
      assertEquals(test("LIKE", like, { text }), expected);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("textTestOf() compares in any case, unless it is said", async (t) => {
  const cases = [
    ["=", "A.exe"],
    ["LIKE", "A.%"],
    ["MATCHES", "^A\\.exe$"],
  ] as const;
  for (const [operator, asked] of cases) {
    await t.step(operator, () => {
      const of = (text: string, isCaseKept: boolean) =>
        test(operator, asked, { text, isCaseKept });
      assertEquals([of("A.exe", true), of("a.EXE", true)], [true, false]);
      assertEquals([of("a.EXE", false), of("b.exe", false)], [true, false]);
    });
  }
  assertEquals(test(">", "a", { text: "b" }), undefined);
});

Deno.test("textTestOf() says what it does not compare", () => {
  const text = "evil.example";
  assertEquals(test("LIKE", "%x%", { text, left: 3 }), "uncompared");
  assertEquals(test("MATCHES", "x", { text, left: 3 }), "uncompared");
  assertEquals(test("MATCHES", "x", { text, left: 21_000 }), "uncompared");
  // RE2 neither looks ahead nor back.
  for (const regex of ["(?=x)", "(a)\\1", "(", "x".repeat(1001)]) {
    assertEquals(test("MATCHES", regex, { text }), "uncompared", regex);
  }
});

/** What others may write, by a size. */
const HOSTILE: Readonly<
  Record<string, (n: number) => readonly ["LIKE" | "MATCHES", string, string]>
> = {
  "%": (n) => ["LIKE", "%".repeat(n), "a".repeat(4096)],
  "%a": (n) => ["LIKE", "%a".repeat(n), "a".repeat(4096)],
  "%_": (n) => ["LIKE", `${"%_".repeat(n)}b`, "a".repeat(4096)],
  "a long end": (n) => ["LIKE", `%${"a".repeat(n / 5)}b`, "a".repeat(4096)],
  "repeated in what is repeated": (n) => [
    "MATCHES",
    `(${"a*".repeat(n % 400)})*b`,
    "a".repeat(4096),
  ],
  "counted":
    () => ["MATCHES", "(?:a{1,30}){1,30}b".repeat(40), "a".repeat(4096)],
};

Deno.test("textTestOf() never takes long", async (t) => {
  for (const [name, make] of Object.entries(HOSTILE)) {
    await t.step(name, () => {
      const work = { left: MAX_STEPS };
      const start = performance.now();
      for (let n = 0; n < 1000; n++) {
        const [operator, asked, text] = make(10_000);
        textTestOf({
          type: "comparison",
          path: "file:name",
          operator,
          isNegated: false,
          values: [{ type: "string", text: asked }],
        }, { work, readRegex })?.(text);
      }
      const took = performance.now() - start;
      assert(took < 3000, `${took} ms`);
    });
  }
});
