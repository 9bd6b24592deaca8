import { assert, assertEquals } from "@std/assert";
import { findIn, valuesOf } from "../stand_ins/alerts.ts";

Deno.test("makeFinder() finds an IoC once, whichever field and source has it", () => {
  const findings = findIn({
    rule: { groups: ["ids", "fortigate"] },
    data: {
      srcip: "1.2.3.4",
      src_ip: "::ffff:1.2.3.4",
      dstip: "1.2.3.4",
      hostname: "1.2.3.4",
    },
  });
  assertEquals(findings.sources, ["suricata", "fortigate"]);
  assertEquals(valuesOf(findings), ["ipv4 1.2.3.4"]);
});

Deno.test("makeFinder() says what it leaves out of an alert with too many IoCs", () => {
  const answers = Array.from(
    { length: 250 },
    (_, n) => ({ rdata: `9.9.9.${n}` }),
  );
  const { iocs, skipped, tooMany } = findIn({
    rule: { groups: ["ids"] },
    data: { dns: { answers } },
  });
  assertEquals(iocs.length, 100);
  assertEquals([skipped.length, tooMany], [150, 150]);
  assertEquals(skipped[0]?.reason, "more than 100 IoCs in one alert");
});

Deno.test("makeFinder() asks for all spellings that an IoC has in an alert", () => {
  const { iocs } = findIn({
    rule: { groups: ["audit_command"] },
    data: {
      audit: {
        execve: { a1: "http://a.example/x", a2: "http://a.example/./x" },
      },
    },
  });
  assertEquals(iocs[0]?.spellings, [
    "http://a.example/x",
    "http://a.example/./x",
  ]);
});

Deno.test("makeFinder() bounds the spellings of an IoC", () => {
  const urls = Array.from(
    { length: 2000 },
    (_, n) => `http://a.example/${n}/../x`,
  );
  const start = performance.now();
  const { iocs } = findIn({
    rule: { groups: ["audit_command"] },
    data: { audit: { execve: { a1: urls.join(" ") } } },
  });
  assertEquals(iocs.map(({ value }) => value), [
    "http://a.example/x",
    "a.example",
  ]);
  assertEquals(iocs[0]?.spellings.length, 4);
  assert(performance.now() - start < 2000);
});

Deno.test("makeFinder() says which source finds nothing", () => {
  const { sources, emptySources } = findIn({
    rule: { groups: ["fortigate", "ids"] },
    data: { src_ip: "9.9.9.9" },
  });
  assertEquals(sources, ["suricata", "fortigate"]);
  assertEquals(emptySources, ["fortigate"]);
});

Deno.test("makeFinder() says that it reads no more groups, and reads the first", () => {
  const others = Array.from({ length: 1001 }, (_, n) => `other${n}`);
  const data = { src_ip: "9.9.9.9" };
  const late = findIn({ rule: { groups: [...others, "ids"] }, data });
  assertEquals(late.sources, []);
  assertEquals(late.skipped, [{
    text: "2 more",
    field: "rule.groups",
    reason: "only the first 1000 groups were read",
  }]);
  const early = findIn({ rule: { groups: ["ids", ...others] }, data });
  assertEquals(valuesOf(early), ["ipv4 9.9.9.9"]);
});

Deno.test("makeFinder() shortens what it skips", () => {
  const { skipped } = findIn({
    rule: { groups: ["ids"] },
    data: { src_ip: "x".repeat(1_000_000) },
  });
  assertEquals(skipped.map(({ text }) => text.length), [4097]);
});

Deno.test("makeFinder() takes as much of an alert in an alert as of one", () => {
  const dns = {
    answers: Array.from({ length: 900 }, (_, n) => ({ rdata: `10.0.0.${n}` })),
  };
  const { iocs } = findIn({
    rule: { groups: ["active_response"] },
    data: {
      parameters: {
        alert: {
          rule: { groups: ["ids", "fortigate"] },
          data: { dns, srcip: "1.1.1.1", remip: "5.6.7.8" },
        },
      },
    },
  });
  assertEquals(iocs.map(({ value }) => value), ["1.1.1.1", "5.6.7.8"]);
});
