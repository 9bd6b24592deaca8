import { assertEquals } from "@std/assert";
import { joinSources, type UserSource } from "../../lib/config/user_sources.ts";
import type { Source } from "../../lib/alert/sources/source.ts";

const FIELDS = [{ path: "data.ip", kind: "address" as const }];
const DOCKER: Source = { name: "docker", groups: ["docker"], fields: FIELDS };
const AUDIT: Source = {
  name: "audit",
  groups: ["audit"],
  fields: [],
  find: { takes: "something", in: () => [] },
};
const BUILT_IN = [DOCKER, AUDIT];

Deno.test("joinSources() adds, changes and switches off", async (t) => {
  const cases: Readonly<
    Record<string, readonly [UserSource, readonly Source[]]>
  > = {
    "a new one": [
      { name: "acme", groups: ["acme"], fields: FIELDS },
      [...BUILT_IN, { name: "acme", groups: ["acme"], fields: FIELDS }],
    ],
    "other groups": [
      { name: "docker", groups: ["podman"] },
      [{ ...DOCKER, groups: ["podman"] }, AUDIT],
    ],
    "other fields in place of code": [
      { name: "audit", fields: FIELDS },
      [DOCKER, { name: "audit", groups: ["audit"], fields: FIELDS }],
    ],
    "off": [{ name: "docker", enabled: false }, [{
      ...DOCKER,
      leave: [{ when: [], because: "the source is switched off (sources)" }],
    }, AUDIT]],
    "other fields": [
      { name: "docker", fields: [{ path: "data.x", kind: "address" }] },
      [{
        ...DOCKER,
        fields: [{ path: "data.x", kind: "address" }, {
          path: ["data.ip"],
          skip: "the source reads other fields (sources)",
          kind: "text",
        }],
      }, AUDIT],
    ],
    "one's own, off": [
      { name: "acme", enabled: false, groups: ["acme"], fields: FIELDS },
      BUILT_IN,
    ],
    "on": [{ name: "docker", enabled: true }, BUILT_IN],
  };
  for (const [name, [own, sources]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(joinSources(BUILT_IN, [own]), { sources, problems: [] });
    });
  }
});

Deno.test("joinSources() reports what it cannot use", async (t) => {
  const acme = { name: "acme", groups: ["acme"], fields: FIELDS };
  const cases: Readonly<
    Record<string, readonly [readonly UserSource[], readonly Source[], string]>
  > = {
    "one that is not there is switched off": [
      [{ name: "dokcer", enabled: false }],
      BUILT_IN,
      'sources: "dokcer" is not built in, did you mean "docker"?',
    ],
    "a new one without fields": [
      [{ name: "acme", groups: ["acme"] }],
      BUILT_IN,
      'sources: "acme" is not built in, so it needs "fields", and "groups", ' +
      '"decoders" or "when"',
    ],
    "a new one that reads nothing": [
      [{ name: "acme", fields: FIELDS }],
      BUILT_IN,
      'sources: "acme" is not built in, so it needs "fields", and "groups", ' +
      '"decoders" or "when"',
    ],
    "two of one name": [
      [{ ...acme, groups: ["x"] }, acme],
      [...BUILT_IN, acme],
      'sources: two are named "acme", the last is used',
    ],
  };
  for (const [name, [own, sources, problem]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(joinSources(BUILT_IN, own), {
        sources,
        problems: [problem],
      });
    });
  }
});
