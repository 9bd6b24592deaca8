import { assertEquals } from "@std/assert";
import { redactJson, redactor } from "../lib/redact.ts";

Deno.test("redactor() takes out every secret, and never makes a text longer", () => {
  const redact = redactor(["8letters", "8letters-and-more", ""]);
  assertEquals(redact("8letters 8letters"), "[API_KEY [API_KEY");
  assertEquals(redact("8letters-and-more"), "[API_KEY]");
  assertEquals(redactor(["abcd"])("abcdabcd"), "[API[API");
});

Deno.test("redactor() lets words alone: a secret of three letters is none", () => {
  assertEquals(redactor(["abc"])("abcdef"), "abcdef");
});

Deno.test("redactor() knows a token of OpenCTI by its look", () => {
  assertEquals(redactor([])("key flgrn_octi_tkn_a-b_c, x"), "key [API_KEY], x");
});

const UUID = "8d0c2e4f-1b7a-4c55-9d0e-6f3a2b1c0d9e";

Deno.test("redactJson() takes out the token, however it is written, and nothing else", async (t) => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "as it is": [`{"a":"x ${UUID} y"}`, '{"a":"x [API_KEY] y"}'],
    "with an escape": [
      `{"a":"\\u0038${UUID.slice(1)}"}`,
      '{"a":"[API_KEY]"}',
    ],
    "as a name": [`{"${UUID}":1}`, '{"[API_KEY]":1}'],
    "in a list in an object": [
      `{"a":[{"b":["${UUID}",null,1]}]}`,
      '{"a":[{"b":["[API_KEY]",null,1]}]}',
    ],
    "beside numbers, double names and blanks": [
      `{"9": 1.0, "1":12345678901234567890,"a":"\\\\","a": -0, "b":"${UUID}"}`,
      '{"9": 1.0, "1":12345678901234567890,"a":"\\\\","a": -0, "b":"[API_KEY]"}',
    ],
    "nowhere": ['{"a": 1.0, "b": "\\u00e9"}', ""],
  };
  for (const [name, [json, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(redactJson(json, UUID), expected || json);
    });
  }
});

Deno.test("redactJson() takes the token out of what is nested deep, and is quick", () => {
  const deep = `${'{"a":['.repeat(200_000)}"${UUID}"${"]}".repeat(200_000)}`;
  assertEquals(redactJson(deep, UUID), deep.replace(UUID, "[API_KEY]"));
});

Deno.test("redactJson() breaks no name for a key that is a word", () => {
  const json = '{"data":{"srcip":"1.2.3.4"}}';
  assertEquals(redactJson(json, "data"), json);
});
