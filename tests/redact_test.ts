import { assertEquals } from "@std/assert";
import { redactJson, redactor } from "../lib/redact.ts";

const TOKEN = "flgrn_octi_tkn_4f1d0c2e";

Deno.test("redactor() takes out every secret, and never makes a text longer", () => {
  const redact = redactor(["8letters", "8letters-and-more", ""]);
  assertEquals(redact("8letters 8letters"), "[API_KEY [API_KEY");
  assertEquals(redact("8letters-and-more"), "[API_KEY]");
  assertEquals(redactor(["abcd"])("abcdabcd"), "[API[API");
});

Deno.test("redactor() lets words alone: a secret of three letters is none", () => {
  assertEquals(redactor(["abc"])("abcdef"), "abcdef");
});

Deno.test("redactJson() takes out the token, however it is written, and nothing else", async (t) => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "as it is": [`{"a":"x ${TOKEN} y"}`, '{"a":"x [API_KEY] y"}'],
    "with an escape": [
      `{"a":"\\u0066${TOKEN.slice(1)}"}`,
      '{"a":"[API_KEY]"}',
    ],
    "as a name": [`{"${TOKEN}":1}`, '{"[API_KEY]":1}'],
    "in a list in an object": [
      `{"a":[{"b":["${TOKEN}",null,1]}]}`,
      '{"a":[{"b":["[API_KEY]",null,1]}]}',
    ],
    "nowhere": ['{"a": 1.0, "big": 12345678901234567890}', ""],
    "nowhere, with escapes": ['{"a": 1.0, "b": "\\u00e9"}', ""],
  };
  for (const [name, [json, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(redactJson(json, TOKEN), expected || json);
    });
  }
});

Deno.test("redactJson() takes the token out of what is nested too deep to be read", () => {
  const deep = `${'{"a":['.repeat(200_000)}"${TOKEN}"${"]}".repeat(200_000)}`;
  assertEquals(redactJson(deep, TOKEN), deep.replace(TOKEN, "[API_KEY]"));
});

Deno.test("redactJson() takes out a token that JSON has to escape", () => {
  assertEquals(redactJson('{"a":"to\\"ken"}', 'to"ken'), '{"a":"[API_K"}');
});
