import { assert } from "@std/assert";
import { SOURCES } from "../../../lib/alert/sources/mod.ts";

/** The longest log that analysisd takes. */
const LENGTH = 65_536;

/** What a hostile log may be made of, over and over. */
const PARTS = [
  "a",
  "1.",
  "a.b.",
  "::1",
  "1.2.3.4/1 ",
  " ",
  ",",
  "a@",
  "(1)a",
  "client 1#1 ",
  "RCPT from a.",
  "%ASA-1-106100: a/1(1) -> ",
  " from a:1.1/1 (",
  "Deny 1.1 ",
  "{TCP} a:1 -> ",
  ",in,6,",
  "URL: a.b",
  "http://",
  '"clientIpAddress":',
  '<Data Name="',
];

Deno.test("no pattern of a source takes long on a hostile log", async (t) => {
  const texts = PARTS.map((part) => part.repeat(LENGTH / part.length));
  for (const { name, fields, leave = [] } of SOURCES) {
    const patterns = [
      ...fields.map(({ pattern }) => pattern),
      ...leave.flatMap(({ when }) => when.map(({ matches }) => matches)),
    ].filter((pattern) => pattern !== undefined);
    if (patterns.length === 0) continue;
    await t.step(name, () => {
      for (const pattern of patterns) {
        const regex = new RegExp(pattern, "giu");
        for (const [n, text] of texts.entries()) {
          const start = performance.now();
          text.matchAll(regex).take(1000).toArray();
          const ms = performance.now() - start;
          assert(ms < 1000, `${ms} ms for ${PARTS[n]} and ${pattern}`);
        }
      }
    });
  }
});
