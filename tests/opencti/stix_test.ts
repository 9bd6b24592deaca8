import { assert, assertEquals } from "@std/assert";
import { toIoc } from "../../lib/alert/ioc.ts";
import { patternsOf } from "../../lib/opencti/stix.ts";
import { lookupAmong } from "../../lib/match/known.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { readPattern } from "../../lib/opencti/pattern.ts";

Deno.test("patternsOf() writes every spelling of each kind", async (t) => {
  const md5 = "44d88612fea8a8f36de82e1278abb02f";
  const cases = [
    ["address", "1.2.3.4", [
      "[ipv4-addr:value = '1.2.3.4']",
      "[ipv4-addr:value = '1.2.3.4/32']",
      "[ipv6-addr:value = '::ffff:1.2.3.4']",
    ]],
    ["address", "2a00:1450::1", [
      "[ipv6-addr:value = '2a00:1450::1']",
      "[ipv6-addr:value = '2a00:1450:0000:0000:0000:0000:0000:0001']",
      "[ipv6-addr:value = '2a00:1450:0:0:0:0:0:1']",
      "[ipv6-addr:value = '2a00:1450::1/128']",
      "[ipv6-addr:value = '2a00:1450::0001']",
    ]],
    ["host", "Evil.example", [
      "[domain-name:value = 'evil.example']",
      "[hostname:value = 'evil.example']",
      "[domain-name:value = 'evil.example.']",
      "[hostname:value = 'evil.example.']",
    ]],
    ["md5", md5, [
      `[file:hashes.MD5 = '${md5}']`,
      `[file:hashes.'MD5' = '${md5}']`,
    ]],
    ["sha1", md5 + "00000000", [`[file:hashes.'SHA-1' = '${md5}00000000']`]],
    ["url", "http://evil.example/it's\\x", [
      "[url:value = 'http://evil.example/it\\'s/x']",
      "[url:value = 'http://evil.example/it\\'s\\\\x']",
      "[url:value = 'http://evil.example:80/it\\'s/x']",
      "[url:value = 'http://evil.example/it%27s/x']",
    ]],
  ] as const;
  for (const [kind, text, patterns] of cases) {
    await t.step(`${kind} ${text}`, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(patternsOf(ioc, "none"), [...patterns]);
      const lookup = lookupAmong([ioc], MATCHING);
      for (const pattern of patternsOf(ioc, "none")) {
        const reading = readPattern(pattern);
        assert("pattern" in reading && reading.pattern.type === "observation");
        const { condition } = reading.pattern;
        assert(condition.type === "comparison");
        assertEquals(
          condition.values.map(({ text }) => lookup(kind, text)?.ioc),
          [ioc],
          pattern,
        );
      }
    });
  }
});
