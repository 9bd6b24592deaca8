import { assert, assertEquals } from "@std/assert";
import { eachUrlIn } from "../../../lib/alert/sources/urls.ts";

function urlsIn(text: string): readonly string[] {
  return eachUrlIn(text).map(({ url }) => url).toArray();
}

Deno.test("eachUrlIn() leaves out what ends a sentence or a command", async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["see http://a.example/x.", ["http://a.example/x"]],
    ["http://a.example/x:", ["http://a.example/x"]],
    ["http://a.example/x!", ["http://a.example/x"]],
    ["[http://a.example/x]", ["http://a.example/x"]],
    ["(http://a.example/x)", ["http://a.example/x"]],
    ["http://a.example/x_(y)", ["http://a.example/x_(y)"]],
    ["http://a.example/x?a=1&b=2", ["http://a.example/x?a=1&b=2"]],
    ["HTTPS://a.example/ ftp://b.example/", [
      "HTTPS://a.example/",
      "ftp://b.example/",
    ]],
    ["ssh://a.example/", []],
    ["ldap://a.example:389/x", ["ldap://a.example:389/x"]],
    ["/?u=http%3A%2F%2Fa.example%2Fx%3Fy&z=1", [
      "http://a.example/x?y",
    ]],
    ["/?u=http%3a%2f%2fa.example%2f%zz", []],
  ];
  for (const [text, urls] of cases) {
    await t.step(
      text,
      () => assertEquals(urlsIn(text), urls),
    );
  }
});

Deno.test("eachUrlIn() takes linear time", () => {
  const long = 1_000_000;
  const start = performance.now();
  urlsIn(`http://a.example/${".".repeat(long)}x`);
  urlsIn("http://".repeat(long / 10));
  urlsIn("http%3A%2F%2F".repeat(long / 10));
  assert(performance.now() - start < 2000);
});
