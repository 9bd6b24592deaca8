import { assertEquals } from "@std/assert";
import { parseAlert } from "../../../lib/alert/alert.ts";
import { makeFinder } from "../../../lib/alert/find.ts";
import type { NormalValue } from "../../../lib/alert/kinds.ts";
import { examplesOf } from "../../../lib/alert/sources/example.ts";
import { SOURCES } from "../../../lib/alert/sources/mod.ts";

const VALUES: readonly NormalValue[] = [
  { kind: "ipv4", value: "203.0.113.7" },
  { kind: "domain", value: "evil.example" },
  { kind: "url", value: "http://evil.example/a" },
  {
    kind: "sha256",
    value: "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  },
  { kind: "md5", value: "44d88612fea8a8f36de82e1278abb02f" },
];

const find = makeFinder({
  sources: SOURCES,
  kinds: {},
  sweep: "off",
  whyIgnored: () => undefined,
});

function isRead(source: (typeof SOURCES)[number], value: NormalValue): boolean {
  const options = { id: "1", groups: [], level: 3 };
  return examplesOf(source, value, options).some((json) =>
    find(parseAlert(json)).iocs.some((ioc) =>
      ioc.kind === value.kind && ioc.value === value.value &&
      ioc.source === source.name
    )
  );
}

Deno.test("examplesOf() makes an alert that the source reads", () => {
  const without = SOURCES.filter((source) =>
    !VALUES.some((value) => isRead(source, value))
  ).map(({ name }) => name);
  assertEquals(without, []);
});

Deno.test("examplesOf() meets the conditions of a source, and of a field", () => {
  const source = {
    name: "acme",
    decoders: ["acme-*"],
    when: [
      { field: "data.type", equals: ["dns", "http"] },
      { field: "data.state", matches: "^(?:open|shut)$" },
      { field: "data.no", matches: ".", not: true },
    ],
    fields: [
      { path: "data.skipped", kind: "address" as const, skip: "ours" },
      { path: "data.name", kind: "host" as const },
      {
        path: "data.ip",
        kind: "address" as const,
        when: [{ field: "data.port", matches: "." }],
      },
    ],
  };
  const made = examplesOf(source, { kind: "ipv4", value: "1.2.3.4" }, {
    id: "1",
    groups: ["local"],
    level: 5,
  }).map((json) => JSON.parse(json));
  assertEquals(made.map(({ data }) => data), [
    { type: "dns", state: "open", name: "1.2.3.4" },
    { type: "dns", state: "open", port: "test", ip: "1.2.3.4" },
  ]);
  const [{ rule, decoder, agent, location }] = made;
  assertEquals([rule.groups, rule.level], [["local"], 5]);
  assertEquals([decoder.name, agent.id], ["acme-", "000"]);
  assertEquals(location, "custom-opencti test");
});
