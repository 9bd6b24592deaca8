import { assert, assertEquals } from "@std/assert";
import expected from "../testdata/iocs.json" with { type: "json" };
import { publishedSchema } from "../../scripts/schema.ts";
import {
  eventTypesOf,
  meets,
  parseRules,
  pcre2,
  type Rule,
  rulesMetBy,
} from "../../lib/wazuh/rules.ts";
import { readRules } from "../../scripts/rules.ts";
import { readIntegrationBlocks } from "../../lib/wazuh/ossec_conf.ts";
import { valueAt } from "../../lib/json.ts";
import { SOURCES } from "../../lib/alert/sources/mod.ts";
import { selectorOf } from "../../lib/alert/sources/select.ts";
import { parseAlert } from "../../lib/alert/alert.ts";
import { DESCRIBED, encodeEvent } from "../../lib/wazuh/encode.ts";
import {
  errorEvent,
  recoveredEvent,
  testEvent,
  warningEvent,
} from "../../lib/wazuh/event.ts";
import { asSent, sentMatch } from "../stand_ins/matches.ts";

const EVENTS = new URL("../testdata/events/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`../../wazuh/${name}`, import.meta.url));
}

/** The elements of XML, comments left out; fails if it is not well-formed. */
function elementsOf(xml: string): string[] {
  const text = xml.replace(/<!--(?:(?!--)[^])*-->/g, "");
  const open: string[] = [];
  const names: string[] = [];
  for (
    const [tag, slash, name = ""] of text.matchAll(
      /<(\/?)([a-z_]+)((?:\s+[a-z_]+="[^"<]*")*)\s*(\/?)>/g,
    )
  ) {
    if (tag.endsWith("/>")) names.push(name);
    else if (slash === "/") assertEquals(open.pop(), name, tag);
    else {
      open.push(name);
      names.push(name);
    }
  }
  assertEquals(open, []);
  assertEquals(
    text.match(/</g)?.length,
    names.length * 2 - (text.match(/\/>/g)?.length ?? 0),
    "every < is a tag's",
  );
  return names;
}

Deno.test("wazuh/ holds well-formed XML", async (t) => {
  for (
    const name of [
      "opencti_rules.xml",
      "opencti_sources_rules.xml",
      "opencti_decoder.xml",
      "ossec.conf",
    ]
  ) {
    await t.step(
      name,
      async () => assert(elementsOf(await read(name)).length > 3),
    );
  }
});

const RULES = await readRules();

Deno.test("opencti_rules.xml has the ids and levels that users know", () => {
  const known = RULES.map((rule) =>
    [
      `${rule.id} ${rule.level} after ${rule.parents.join(" ")}:`,
      ...eventTypesOf(rule),
      ...rule.isLast ? ["(last)"] : [],
    ].join(" ")
  );
  const direct = "indicator_pattern_match observable_with_indicator";
  const possible =
    "observable_with_related_indicator indicator_partial_pattern_match";
  assertEquals(known, [
    "110200 0 after :",
    "110201 5 after 110200: error",
    "110202 12 after 110200: indicator_pattern_match (last)",
    "110203 12 after 110200: observable_with_indicator (last)",
    "110204 10 after 110200: observable_with_related_indicator (last)",
    "110205 10 after 110200: indicator_partial_pattern_match (last)",
    "110206 3 after 110200: recovered",
    "110207 5 after 110200: warning",
    "110208 7 after 110201:",
    `110210 6 after 110200: ${direct}`,
    `110211 10 after 110200: ${direct}`,
    `110212 12 after 110200: ${direct}`,
    `110213 14 after 110200: ${direct}`,
    `110214 4 after 110200: ${possible}`,
    `110215 7 after 110200: ${possible}`,
    `110216 10 after 110200: ${possible}`,
    `110217 12 after 110200: ${possible}`,
    "110220 3 after 110202 110203 110204 110205:",
    `110230 13 after 110200: ${direct} ${possible}`,
    `110231 14 after 110200 110213: ${direct} ${possible}`,
    "110219 3 after 110200: test",
  ]);
  // Not 110209 and 110218: these are for rules to come.
});

Deno.test("opencti_rules.xml takes our events alone, and has no rule that analysisd refuses", async () => {
  const rules =
    (await read("opencti_rules.xml")).match(/<rule [^]*?<\/rule>/g) ?? [];
  assertEquals(rules.length, RULES.length);
  const [base = ""] = rules;
  assert(base.includes('<rule id="110200" level="0">'), base);
  assert(
    base.includes(
      '<location type="pcre2">^(\\([^)]*\\) [^\\s>]+->)?opencti\\z</location>',
    ),
    base,
  );
  const before = new Set<string>();
  for (const [n, { id, parents, level }] of RULES.entries()) {
    assert(!before.has(id), `${id} is there once`);
    assert(/^\d{6}$/.test(id) && level >= 0 && level <= 16, id);
    // analysisd wants a rule to stand after those that it names.
    assert(parents.every((parent) => before.has(parent)), id);
    assertEquals(parents.length === 0, n === 0, id);
    before.add(id);
  }
  for (const rule of rules) {
    assert(/<description>[^<]+<\/description>/.test(rule), rule);
  }
});

/** The golden events, and one of each severity and state, of each kind. */
const GOLDEN = (await Promise.all(
  [...Deno.readDirSync(EVENTS)].map(async ({ name }) =>
    JSON.parse(await Deno.readTextFile(new URL(name, EVENTS)))
  ),
)).flat().map(({ event }) => event);

const OTHERS = [
  errorEvent({ error: "x", kind: "dropped", alerts: 1 }, parseAlert("{}")),
  recoveredEvent({ since: 0, now: 1, alerts: 1 }),
  warningEvent("x"),
];

const SCORES = { low: 39, medium: 59, high: 79, critical: 100, unknown: null };
const STATES = {
  active: {},
  revoked: { revoked: true },
  expired: { revoked: true, valid_until: "2026-05-01T00:00:00Z" },
};

/** An event of each kind of match. */
function eventsOf(
  indicator: Readonly<Record<string, unknown>>,
  alert: Readonly<Record<string, unknown>> = {},
): unknown[] {
  return ([
    "indicator_pattern_match",
    "observable_with_indicator",
    "indicator_partial_pattern_match",
    "observable_with_related_indicator",
  ] as const).map((type) => sentMatch({ type, indicator, alert }));
}

Deno.test("opencti_rules.xml raises the alert of a match by severity and state, one alone", async (t) => {
  const direct = {
    low: 110210,
    medium: 110211,
    high: 110212,
    critical: 110213,
  };
  const possible = {
    low: 110214,
    medium: 110215,
    high: 110216,
    critical: 110217,
  };
  for (const [severity, x_opencti_score] of Object.entries(SCORES)) {
    for (const [state, fields] of Object.entries(STATES)) {
      await t.step(`${severity}, ${state}`, () => {
        const name = severity === "unknown" ? "medium" : severity;
        const id = (ids: Readonly<Record<string, number>>) =>
          String(state === "active" ? ids[name] : 110220);
        const [exact, own, partial, related] = eventsOf({
          x_opencti_score,
          ...fields,
        });
        const cases = [
          [exact, "110202", id(direct)],
          [own, "110203", id(direct)],
          [partial, "110205", id(possible)],
          [related, "110204", id(possible)],
        ] as const;
        for (const [event, type, last] of cases) {
          const before = state === "active" ? ["110200"] : ["110200", type];
          assertEquals(idsMetBy(event), [...before, last]);
          assertOneChild(event);
        }
      });
    }
  }
});

function idsMetBy(event: unknown): string[] {
  return rulesMetBy(event, RULES).map(({ id }) => id);
}

/** Of the children of a rule, one matches at the most, and one that is last. */
function assertOneChild(event: unknown): void {
  for (const parent of idsMetBy(event)) {
    const children = RULES.filter((rule) =>
      rule.counts === undefined && rule.parents.includes(parent) &&
      meets(event, rule)
    );
    for (const isLast of [true, false]) {
      const ids = children.filter((rule) => rule.isLast === isLast)
        .map(({ id }) => id);
      assert(ids.length <= 1, ids.join());
    }
  }
}

Deno.test("opencti_rules.xml raises the alert of its type for a match without state or severity", () => {
  const ids = {
    indicator_pattern_match: "110202",
    observable_with_indicator: "110203",
    observable_with_related_indicator: "110204",
    indicator_partial_pattern_match: "110205",
  };
  for (const [event_type, id] of Object.entries(ids)) {
    const cases = [
      [{}, [id]],
      [{ state: "active" }, [id]],
      [{ severity: "high" }, [id]],
      [{ state: "active", severity: "odd" }, [id]],
      [{ state: "odd", severity: "high" }, [id]],
      [{ state: "expired" }, [id, "110220"]],
    ] as const;
    for (const [fields, met] of cases) {
      const event = {
        integration: "opencti",
        opencti: { event_type, ...fields },
      };
      assertEquals(idsMetBy(event), ["110200", ...met]);
      assertOneChild(event);
    }
  }
});

Deno.test("opencti_rules.xml has a rule for each golden event", () => {
  assert(GOLDEN.length > 10);
  const met = GOLDEN.map((event) => {
    assertOneChild(event);
    const { state, severity } = event.opencti;
    const rule = rulesMetBy(event, RULES).at(-1);
    assert(
      rule?.groups.includes(
        state === "active"
          ? `opencti_severity_${severity}`
          : "opencti_inactive",
      ),
    );
    return rule?.id;
  });
  assertEquals([...new Set(met)].toSorted(), [
    "110210",
    "110212",
    "110213",
    "110216",
    "110220",
  ]);
});

Deno.test("opencti_rules.xml parts what was dropped from other errors", () => {
  const idOf = (kind: string) =>
    rulesMetBy(
      asSent(errorEvent({ error: "x", kind, alerts: 1 }, undefined)),
      RULES,
    ).at(-1)?.id;
  assertEquals([idOf("dropped"), idOf("queue")], ["110208", "110201"]);
});

Deno.test("opencti_rules.xml has a rule for tests alone, in none of the others' groups", async (t) => {
  const [rule, ...rest] = RULES.filter(({ id }) => id === "110219");
  assertEquals([rule?.level, rule?.parents, rest], [3, ["110200"], []]);
  assertEquals(rule?.groups, ["integration_test"]);
  await t.step("analysisd finds a group anywhere in the text of others", () => {
    const others = RULES.filter((one) => one !== rule).flatMap((one) => [
      ...one.groups,
      ...one.counts === undefined ? [] : [one.counts.group],
    ]);
    for (const group of new Set(others)) {
      assert(!rule?.groups.join().includes(group), group);
    }
  });
  await t.step("no mail is sent", async () => {
    const xml = await read("opencti_rules.xml");
    const [text = ""] = /<rule id="110219"[^]*?<\/rule>/.exec(xml) ?? [];
    assert(text.includes("<options>no_email_alert</options>"), text);
  });
  await t.step("a test of each golden event meets it, and no other", () => {
    for (const event of GOLDEN) {
      const test = asSent(testEvent(event, { id: "1" }));
      assertEquals(idsMetBy(test), ["110200", "110219"]);
      assertOneChild(test);
    }
  });
  await t.step("no match meets it, whatever its alert says", () => {
    const says = {
      event_type: "test",
      integration: "opencti",
      opencti: { event_type: "test", test: { id: "1" } },
      "opencti.event_type": "test",
      test: { id: "1" },
    };
    const alert = {
      ...says,
      rule: { description: "test", groups: ["integration_test"] },
      data: { ...says, alert: says },
      syscheck: says,
      full_log: JSON.stringify(says),
    };
    const events = eventsOf({ name: "test" }, alert);
    assert(JSON.stringify(events).includes("test"));
    for (const event of events) {
      assert(!idsMetBy(event).includes("110219"));
      assertEquals(valueAt(event, "opencti.test"), undefined);
    }
  });
});

Deno.test("opencti_rules.xml counts active matches alone, each once", async () => {
  const counting = RULES.filter(({ counts }) => counts !== undefined);
  assertEquals(counting.map(({ id }) => id), ["110230", "110231"]);
  const xml = await read("opencti_rules.xml");
  assertEquals(
    xml.match(/<if_matched_group>(.*?)<\/if_matched_group>/g)?.length,
    2,
  );
  assert(!xml.includes("if_matched_sid"), "it takes its rule out of groups");
  for (const { groups, counts } of counting) {
    assert(!groups.includes("opencti_alert"), "an alert about one match");
    assertEquals(counts?.group, "opencti_active");
  }
  const counted = RULES.filter(isCounted);
  assertEquals(counted.map(({ id }) => id), [
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `11021${n}`),
    "110230",
    "110231",
  ]);
  for (const { id, parents, level } of counted) {
    // No rule counts an alert of 110231: its level is the highest.
    if (id !== "110231") assertEquals(parents, ["110200"], id);
    assert(level > 0, id);
  }
  const events = Object.values(STATES).flatMap((state) => eventsOf(state));
  for (const event of events) {
    const isActive = valueAt(event, "opencti.state") === "active";
    const rule = rulesMetBy(event, RULES).at(-1);
    assertEquals(rule?.groups.join().includes("opencti_alert"), isActive);
    assertEquals(rule && isCounted(rule), isActive);
  }
});

/** analysisd looks for the group anywhere in the text of a rule's groups. */
function isCounted({ groups }: Rule): boolean {
  return groups.join().includes("opencti_active");
}

Deno.test("opencti_rules.xml has no rule that is silent for a time", () => {
  for (const { id, ignore } of RULES) assertEquals(ignore, 0, id);
});

Deno.test("opencti_rules.xml tries 110231 before 110230, and marks higher", () => {
  const levels = new Map(RULES.map(({ id, level }) => [id, level]));
  const levelOf = (id: string) => levels.get(id) ?? NaN;
  assert(levelOf("110231") > levelOf("110230"));
  assert(levelOf("110231") >= levelOf("110213"), "no alert becomes lower");
  for (const id of ["110210", "110211", "110212", "110217"]) {
    assert(levelOf("110230") > levelOf(id), id);
  }
});

Deno.test("opencti_rules.xml reads and shows fields that events have", async () => {
  const xml = await read("opencti_rules.xml");
  const fields = new Set([
    ...RULES.flatMap((rule) => rule.fields.map(({ name }) => name)),
    ...[...xml.matchAll(/\$\(([^)]+)\)/g)].map(([, name = ""]) => name),
    ...[...xml.matchAll(/<(?:same|different)_field>(.*?)</g)]
      .map(([, name = ""]) => name),
  ]);
  const events = [...GOLDEN, ...eventsOf({}), ...OTHERS.map(asSent)];
  for (const name of fields) {
    assert(
      events.some((event) => valueAt(event, name) !== undefined),
      `${name} is in an event`,
    );
  }
});

Deno.test("opencti_rules.xml has descriptions that are short enough to be shown", () => {
  for (const { id, description } of RULES) {
    const names = [...description.matchAll(/\$\(opencti\.([^)]+)\)/g)]
      .map(([, name = ""]) => name);
    // An event has one of the two names.
    const most = names.filter((name) =>
      name !== "related.indicator.name" || !names.includes("indicator.name")
    ).map((name) => DESCRIBED.get(name) ?? 30);
    const fixed = description.replace(/\$\([^)]+\)/g, "").length;
    assert(most.reduce((sum, bytes) => sum + bytes, fixed) < 1024, id);
  }
});

Deno.test("an event has fewer fields than analysisd keeps", () => {
  const leavesOf = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? Object.values(value).reduce((sum, one) => sum + leavesOf(one), 0)
      : 1;
  for (const event of GOLDEN) assert(leavesOf(event) < 128);
});

Deno.test("the base rule's location is that of our events, and of no agent's log", async () => {
  const xml = await read("opencti_rules.xml");
  const location = pcre2(
    /<location type="pcre2">(.*)<\/location>/.exec(xml)?.[1] ?? "$^",
  );
  for (
    const ours of [
      "opencti",
      "(web01) 10.0.0.21->opencti",
      "(v6) 2001:db8::21->opencti",
      "(x) any->opencti",
    ]
  ) {
    assert(location.test(ours), ours);
  }
  for (
    const forged of [
      "(web01) 10.0.0.21->/var/log/opencti",
      "(web01) any->/var/log/x ->opencti",
      "/opencti",
      "opencti2",
    ]
  ) {
    assert(!location.test(forged), forged);
  }
});

Deno.test("opencti_decoder.xml meets our events where the stock decoder json ends", async () => {
  const xml = await read("opencti_decoder.xml");
  const prematch =
    /<prematch offset="after_parent">\^(.*)<\/prematch>/.exec(xml)?.[1] ??
      "none";
  // The stock decoder takes the body's first two characters.
  assert(
    encodeEvent(
      errorEvent({ kind: "x", error: "x", alerts: 1 }, undefined),
      String,
    ).slice(2).startsWith(
      prematch,
    ),
  );
  assert(xml.includes("<parent>json</parent>"));
});

Deno.test("opencti_decoder.xml leaves all other JSON to its last child of json", async () => {
  const xml = (await read("opencti_decoder.xml"))
    .replace(/<!--[^]*?-->/g, "");
  const decoders = xml.match(/<decoder [^]*?<\/decoder>/g) ?? [];
  assertEquals(decoders.length, 2);
  for (const decoder of decoders) {
    assert(decoder.includes("<parent>json</parent>"));
    assert(decoder.includes("<plugin_decoder>JSON_Decoder</plugin_decoder>"));
  }
  const [ours = "", others = ""] = decoders;
  assert(ours.includes("<prematch") && ours.includes("<use_own_name>"));
  // Nothing is left that it does not take, and all keeps the name json.
  assert(!others.includes("<prematch") && !others.includes("<regex"));
  assert(!others.includes("<use_own_name>"));
});

Deno.test("ossec.conf lets through what the sources read", async (t) => {
  const xml = await read("ossec.conf");
  const groups = (/<group>(.*)<\/group>/.exec(xml)?.[1] ?? "").split(",");
  assert(xml.includes("<level>3</level>"));
  await t.step("no spaces, none twice, none that no source reads", () => {
    assertEquals(groups.map((group) => group.trim()), groups);
    assertEquals([...new Set(groups)], groups);
    // Files are known by their decoder.
    const byDecoder = ["malware", "syscheck_file"];
    for (const group of groups) {
      const alert = parseAlert(JSON.stringify({ rule: { groups: [group] } }));
      const isRead = SOURCES.some((source) =>
        [source, ...source.or ?? []].some((selector) =>
          selector.groups !== undefined &&
          selectorOf([{ name: "", groups: selector.groups, fields: [] }])(alert)
              .reading.length > 0
        )
      );
      assertEquals(isRead, !byDecoder.includes(group), group);
    }
  });
  for (const [name, iocs] of Object.entries(expected)) {
    // Without a group of its own: a rule of one's own must give it one.
    if (iocs.length === 0 || name.startsWith("racoon")) continue;
    await t.step(name, async () => {
      const { rule } = parseAlert(
        await Deno.readTextFile(
          new URL(`../testdata/alerts/${name}`, import.meta.url),
        ),
      );
      assert(
        rule.groups.some((group) => groups.includes(group)),
        rule.groups.join(),
      );
    });
  }
});

Deno.test("opencti.schema.json is the schema of a configuration file", async () => {
  assertEquals(await read("opencti.schema.json"), publishedSchema());
});

Deno.test("the rules for what an attacker has say so in MITRE's ids", async () => {
  const xml = await read("opencti_rules.xml");
  for (const [rule] of xml.matchAll(/<rule [^]*?<\/rule>/g)) {
    const isMatch = /opencti_(?:severity_|correlation)/.test(rule);
    assertEquals(
      [...rule.matchAll(/<id>(.*?)<\/id>/g)].map(([, id]) => id),
      isMatch ? ["T1583", "T1588"] : [],
    );
  }
});

Deno.test("opencti_sources_rules.xml raises alerts that get through to a source", async (t) => {
  const rules = parseRules(await read("opencti_sources_rules.xml"));
  const block = readIntegrationBlocks(await read("ossec.conf"))[0];
  const groups = block?.group?.split(",") ?? [];
  const taken = new Set(RULES.map(({ id }) => id));
  assertEquals(rules.map(({ id }) => id), [
    "110250",
    "110251",
    "110252",
    "110253",
    "110254",
    "110255",
  ]);
  for (const rule of rules) {
    assert(!taken.has(rule.id), rule.id);
    assertEquals(rule.level, Number(block?.level), rule.id);
    assert(rule.groups.some((group) => groups.includes(group)), rule.id);
  }
  // Records as Wazuh decodes them, and the rule that must take each.
  const records: Readonly<Record<string, string>> = {
    suricata_dns_v2_answer: "110250",
    suricata_http_malicious: "110251",
    packetbeat_dns: "110254",
  };
  for (const [name, id] of Object.entries(records)) {
    await t.step(name, async () => {
      const { data } = JSON.parse(
        await Deno.readTextFile(
          new URL(`../testdata/alerts/${name}.json`, import.meta.url),
        ),
      );
      const met = rules.filter((rule) =>
        rule.fields.length > 0 && meets(data, rule)
      );
      assertEquals(met.map((rule) => rule.id), [id]);
      const [rule] = met;
      const alert = parseAlert(
        JSON.stringify({ id: "1", rule: { groups: rule?.groups }, data }),
      );
      assert(selectorOf(SOURCES)(alert).reading.length > 0, name);
    });
  }
});
