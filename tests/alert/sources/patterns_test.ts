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
  "H=(",
  "client 1#1 (",
  "dnsmasq-",
  "dnsmasq query[",
];

/** With what a log may begin that goes on with one of the runs. */
const STARTS = [
  "DIRECT/a.",
  "URL: ",
  "RCPT from a",
  " from a:",
  "H=",
  "H=(",
  "query: ",
  "url=",
  "IP <",
  "helo=<",
  "reverse mapping checking getaddrinfo for ",
];
const RUNS = [".", "::", "a.", "a", "=", "(1)a", "[", "@"];

Deno.test("no pattern of a source takes long on a hostile log", async (t) => {
  const logs = new Map(
    PARTS.map((part) => [part, part.repeat(LENGTH / part.length)]),
  );
  for (const start of STARTS) {
    for (const run of RUNS) {
      const log = `${start}${run.repeat(LENGTH / run.length)}`.slice(0, LENGTH);
      logs.set(`${start} and ${run}`, `${log.slice(0, -1)}!`);
    }
  }
  for (const { name, fields, leave = [] } of SOURCES) {
    const patterns = [
      ...fields.map(({ pattern }) => pattern),
      ...leave.flatMap(({ when }) => when.map(({ matches }) => matches)),
    ].filter((pattern) => pattern !== undefined);
    if (patterns.length === 0) continue;
    await t.step(name, () => {
      for (const pattern of patterns) {
        const regex = new RegExp(pattern, "giu");
        for (const [name, text] of logs) {
          const start = performance.now();
          text.matchAll(regex).take(1000).toArray();
          const ms = performance.now() - start;
          assert(ms < 1000, `${ms} ms for ${name} and ${pattern}`);
        }
      }
    });
  }
});
