import { assert, assertEquals } from "@std/assert";
import { readRules } from "../scripts/rules.ts";
import { SOURCES } from "../lib/sources/mod.ts";
import { parseAlert } from "../lib/alert.ts";
import { encodeEvent } from "../lib/encode.ts";
import { errorEvent } from "../lib/event.ts";

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`../wazuh/${name}`, import.meta.url));
}

/** The elements of XML, comments left out; fails if it is not well-formed. */
function elementsOf(xml: string): string[] {
  const text = xml.replace(/<!--(?:(?!--)[^])*-->/g, "");
  const open: string[] = [];
  const names: string[] = [];
  for (
    const [tag, slash, name = ""] of text.matchAll(
      /<(\/?)([a-z_]+)((?:\s+[a-z_]+="[^"<]*")*)\s*>/g,
    )
  ) {
    if (slash === "/") assertEquals(open.pop(), name, tag);
    else {
      open.push(name);
      names.push(name);
    }
  }
  assertEquals(open, []);
  assertEquals(
    text.match(/</g)?.length,
    names.length * 2,
    "every < is a tag's",
  );
  return names;
}

Deno.test("wazuh/ holds well-formed XML", async (t) => {
  for (
    const name of ["opencti_rules.xml", "opencti_decoder.xml", "ossec.conf"]
  ) {
    await t.step(
      name,
      async () => assert(elementsOf(await read(name)).length > 3),
    );
  }
});

Deno.test("opencti_rules.xml has the ids and levels that users know", async () => {
  assertEquals(await readRules(), [
    { id: "110201", level: "5", eventType: "error" },
    { id: "110202", level: "12", eventType: "indicator_pattern_match" },
    { id: "110203", level: "12", eventType: "observable_with_indicator" },
    {
      id: "110204",
      level: "10",
      eventType: "observable_with_related_indicator",
    },
    { id: "110205", level: "10", eventType: "indicator_partial_pattern_match" },
    { id: "110206", level: "3", eventType: "recovered" },
    { id: "110207", level: "5", eventType: "warning" },
  ]);
});

Deno.test("opencti_rules.xml takes our events alone, and has no rule that analysisd refuses", async () => {
  const rules =
    (await read("opencti_rules.xml")).match(/<rule [^]*?<\/rule>/g) ?? [];
  assertEquals(rules.length, 8);
  const [base = "", ...others] = rules;
  assert(base.includes('<rule id="110200" level="0">'), base);
  assert(
    base.includes(
      '<location type="pcre2">^(\\([^)]*\\) \\S+->)?opencti$</location>',
    ),
    base,
  );
  for (const rule of others) {
    assert(rule.includes("<if_sid>110200</if_sid>"), rule);
  }
  for (const rule of rules) {
    assert(/<description>[^<]+<\/description>/.test(rule), rule);
  }
});

Deno.test("the base rule's location is that of our events, and of no agent's log", async () => {
  const xml = await read("opencti_rules.xml");
  const location = new RegExp(
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
    encodeEvent(errorEvent({ kind: "x", error: "x", alerts: 1 }, undefined), {
      maxBytes: 65_000,
      redact: String,
    }).slice(2).startsWith(
      prematch,
    ),
  );
  assert(xml.includes("<parent>json</parent>"));
});

Deno.test("ossec.conf lets through what the sources read", async () => {
  const xml = await read("ossec.conf");
  const groups = (/<group>(.*)<\/group>/.exec(xml)?.[1] ?? "").split(",");
  assert(groups.every((group) => group === group.trim()), "no spaces");
  assert(xml.includes("<level>3</level>"));
  for (
    const group of [
      "syscheck_file",
      "ids",
      "audit_command",
      "sonicwall",
      "fortigate",
    ]
  ) {
    assert(groups.includes(group), group);
    const alert = parseAlert(
      JSON.stringify({ rule: { groups: [group, "syscheck_entry_added"] } }),
    );
    assertEquals(SOURCES.filter(({ isFor }) => isFor(alert)).length, 1, group);
  }
});
