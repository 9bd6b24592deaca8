import { assertEquals } from "@std/assert";
import { startAnalysisd } from "./analysisd.ts";
import { alertsOf, matchesOn } from "./story.ts";

const ONE =
  '<field name="opencti.event_type">^indicator_pattern_match$</field>';
const OTHER =
  '<field name="opencti.event_type">^observable_with_indicator$</field>';
const ACTIVE = '<field name="opencti.state">^active$</field>';
const HIGH = '<field name="opencti.severity">^high$</field>';

/** A rule under the base rule, or another; what is counted is in group g. */
function rule(
  id: string,
  body: string,
  { level = 5, more = "" }: { level?: number; more?: string } = {},
): string {
  return `<rule id="100${id}" level="${level}" ${more}>` +
    (body.includes("if_sid") ? "" : "<if_sid>100000</if_sid>") +
    `${body}</rule>`;
}

function after(...ids: readonly string[]): string {
  return `<if_sid>${ids.map((id) => `100${id}`).join()}</if_sid>`;
}

const COUNTED = "<group>g,</group>";

/** A rule that counts what is in group g, after the rules that are named. */
function counting(
  id: string,
  body: string,
  { frequency = 3, level = 13, more = "" }: {
    frequency?: number;
    level?: number;
    more?: string;
  } = {},
): string {
  return rule(id, `${body}<if_matched_group>g</if_matched_group>`, {
    level,
    more: `frequency="${frequency}" timeframe="600" ${more}`,
  });
}

function rules(...all: readonly string[]): string {
  return `<group name="t,"><rule id="100000" level="0"></rule>${
    all.join("")
  }</group>`;
}

Deno.test("analysisd tries level 0 first, then by level, then by order, then what is last", () => {
  const [a, b, c] = [rule("001", ""), rule("002", ""), rule("003", "")];
  const higher = rule("004", "", { level: 6 });
  const silent = rule("005", "", { level: 0 });
  const last = rule("006", "", { level: 16, more: 'accuracy="0"' });
  assertEquals(alertsOf("A:x", rules(a, b, c)), "001");
  assertEquals(alertsOf("A:x", rules(c, b, a)), "003");
  assertEquals(alertsOf("A:x", rules(a, higher, b)), "004");
  assertEquals(alertsOf("A:x", rules(higher, silent)), "-");
  assertEquals(alertsOf("A:x", rules(last, a)), "001");
  assertEquals(alertsOf("A:x", rules(last)), "006");
});

Deno.test("analysisd goes on to the children of a rule that matches", () => {
  const child = rule("002", after("001") + HIGH, { level: 1 });
  const xml = rules(rule("001", ""), child);
  assertEquals(alertsOf("A:x A:x:low", xml), "002 001");
});

Deno.test("analysisd takes what is missing for no match", () => {
  const field = '<field name="opencti.nothing">.*</field>';
  assertEquals(alertsOf("A:x", rules(rule("001", field))), "-");
});

Deno.test("analysisd asks for the location that a rule names", () => {
  const { receive } = startAnalysisd(
    '<group name="t,"><rule id="100001" level="3">' +
      '<location type="pcre2">^a\\z</location></rule></group>',
  );
  const ids = ["a", "a\n", "ba"].map((location) =>
    receive({ location, event: {}, at: 0 })?.id
  );
  assertEquals(ids, ["100001", undefined, undefined]);
});

Deno.test("analysisd counts each agent by itself, and anew after an alert", () => {
  const xml = rules(rule("001", COUNTED), counting("030", after("001")));
  assertEquals(alertsOf("A:x A:x B:x B:x", xml), "001 001 001 001");
  assertEquals(alertsOf("A:x A:x B:x A:x", xml), "001 001 001 030");
  assertEquals(
    alertsOf(matchesOn("A", 7), xml),
    "001 001 030 001 001 030 001",
  );
  assertEquals(alertsOf("000:x 000:x A:x 000:x", xml), "001 001 001 030");
});

Deno.test("analysisd counts all agents together if a rule says so", () => {
  const global = counting("030", `${after("001")}<global_frequency />`);
  const xml = rules(rule("001", COUNTED), global);
  assertEquals(alertsOf("A:x B:x C:x A:x", xml), "001 001 030 001");
});

Deno.test("analysisd counts within the timeframe of a rule", () => {
  const xml = rules(rule("001", COUNTED), counting("030", after("001")));
  assertEquals(alertsOf("A:x +290 A:x +290 A:x", xml), "001 001 030");
  assertEquals(alertsOf("A:x +310 A:x +310 A:x", xml), "001 001 001");
});

Deno.test("analysisd counts an event once for each place of its rule", () => {
  const types = [rule("001", ONE), rule("002", OTHER)];
  const two = rule("010", after("001", "002") + COUNTED);
  const five = counting("030", after("010"), { frequency: 5 });
  assertEquals(
    alertsOf(matchesOn("A", 4), rules(...types, two, five)),
    "010 010 030 010",
  );
  const gate = rule("009", after("001", "002"));
  const one = rule("010", after("009") + COUNTED);
  assertEquals(
    alertsOf(matchesOn("A", 3), rules(...types, gate, one, five)),
    "010 010 030",
  );
  const single = rule("010", after("001") + COUNTED);
  assertEquals(
    alertsOf(matchesOn("A", 5), rules(...types, single, five)),
    "010 010 010 010 030",
  );
});

Deno.test("analysisd tries a rule that counts once, however many parents it has", () => {
  const xml = rules(
    rule("001", ONE + COUNTED),
    rule("002", OTHER + COUNTED),
    counting("030", after("001", "002")),
  );
  assertEquals(
    alertsOf("A:x A:x:observable A:x A:x", xml),
    "001 002 030 001",
  );
});

Deno.test("analysisd silences a rule for all, and its parent fires instead", () => {
  const xml = rules(
    rule("001", COUNTED),
    counting("030", after("001"), { more: 'ignore="100"' }),
  );
  // What did not fire begins the count anew as well.
  assertEquals(
    alertsOf("A:x A:x A:x B:x B:x B:x +101 B:x B:x", xml),
    "001 001 030 001 001 001 001 001",
  );
  assertEquals(
    alertsOf("A:x A:x A:x +99 B:x B:x B:x +1 C:x C:x C:x", xml),
    "001 001 030 001 001 001 001 001 030",
  );
});

Deno.test("analysisd does not count what is of level 0, or stands after", () => {
  const three = counting("030", after("001"));
  assertEquals(
    alertsOf(
      matchesOn("A", 4),
      rules(rule("001", ONE), rule("002", after("001") + COUNTED), three),
    ),
    "002 002 030 002",
  );
  assertEquals(
    alertsOf(
      matchesOn("A", 4),
      rules(rule("001", ONE), three, rule("002", after("001") + COUNTED)),
    ),
    "002 002 002 002",
  );
  const silent = rule("002", ONE + COUNTED, { level: 0 });
  assertEquals(
    alertsOf(
      "A:x A:x A:x:observable A:x:observable A:x:observable",
      rules(silent, rule("001", OTHER + COUNTED), three),
    ),
    "- - 001 001 030",
  );
});

Deno.test("analysisd finds a group anywhere in the text of the groups", () => {
  const xml = rules(
    rule("001", "<group>a,edge,</group>"),
    counting("030", after("001")),
  );
  assertEquals(alertsOf(matchesOn("A", 3), xml), "001 001 030");
});

Deno.test("analysisd counts what is the same, or different, as in the last event", () => {
  const count = (fields: string) =>
    rules(
      rule("001", COUNTED),
      counting("030", `${after("001")}<global_frequency />${fields}`),
    );
  const same = count("<same_field>opencti.ioc.value</same_field>");
  assertEquals(alertsOf("A:x A:y A:x A:y A:x", same), "001 001 001 001 030");
  const agent = "opencti.source.agent_id";
  const different = count(`<different_field>${agent}</different_field>`);
  assertEquals(alertsOf("A:x A:x B:x", different), "001 001 030");
  assertEquals(alertsOf("A:x B:x A:x", different), "001 001 001");
  const missing = "opencti.nothing";
  assertEquals(
    alertsOf("A:x A:x A:x", count(`<same_field>${missing}</same_field>`)),
    "001 001 001",
  );
  assertEquals(
    alertsOf(
      "A:x A:x A:x",
      count(`<different_field>${missing}</different_field>`),
    ),
    "001 001 030",
  );
});

Deno.test("analysisd counts no further back than a rule of the same or a higher level did", () => {
  const base = rule("001", COUNTED);
  const each = (level: number) => counting("030", after("001"), { level });
  const all = (level: number) =>
    counting("031", `${after("001")}<global_frequency />`, {
      level,
      frequency: 4,
    });
  const story = "A:x A:x A:x B:x C:x D:x";
  // The alert of 030 is not counted; the match before it is marked.
  assertEquals(
    alertsOf(story, rules(base, each(13), all(13))),
    "001 001 030 001 001 001",
  );
  assertEquals(
    alertsOf(story, rules(base, each(14), all(13))),
    "001 001 030 001 001 001",
  );
  assertEquals(
    alertsOf(story, rules(base, each(13), all(14))),
    "001 001 030 001 031 001",
  );
});

/** What was there before: matches counted twice, and two who were silent. */
const BEFORE = `<group name="opencti,">
  <rule id="110200" level="0">
    <location type="pcre2">^(\\([^)]*\\) \\S+->)?opencti$</location>
  </rule>
  <rule id="110202" level="12">
    <if_sid>110200</if_sid>
    ${ONE}
    <group>opencti_alert,</group>
  </rule>
  <rule id="110203" level="12">
    <if_sid>110200</if_sid>
    ${OTHER}
    <group>opencti_alert,</group>
  </rule>
  <rule id="110212" level="12">
    <if_sid>110202,110203</if_sid>
    ${ACTIVE}
    ${HIGH}
    <group>opencti_alert,opencti_severity_high,</group>
  </rule>
  <rule id="110230" level="13" frequency="5" timeframe="600" ignore="600">
    <if_sid>110212</if_sid>
    <if_matched_group>opencti_alert</if_matched_group>
    <group>opencti_correlation,</group>
  </rule>
  <rule id="110231" level="13" frequency="3" timeframe="3600" ignore="3600">
    <if_sid>110212</if_sid>
    <if_matched_group>opencti_alert</if_matched_group>
    <global_frequency />
    <same_field>opencti.ioc.value</same_field>
    <different_field>opencti.source.agent_id</different_field>
    <group>opencti_correlation,</group>
  </rule>
</group>`;

Deno.test("analysisd counted twice with the rules that were, and was silent then", () => {
  assertEquals(
    alertsOf(`${matchesOn("A", 3)} ${matchesOn("B", 5)}`, BEFORE),
    "212 212 230 212 212 212 212 212",
  );
  assertEquals(
    alertsOf("A:x B:x C:x A:y B:y C:y D:y", BEFORE),
    "212 231 212 212 212 212 212",
  );
  const { receive } = startAnalysisd(BEFORE);
  const event = { opencti: { event_type: "indicator_pattern_match" } };
  const location = "(web01) any->/var/log/app/x->opencti";
  assertEquals(receive({ location, event, at: 0 })?.id, "110202");
});
