import * as v from "valibot";
import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { encodeEvent, MAX_EVENT_BYTES } from "../../lib/wazuh/encode.ts";
import { errorEvent, recoveredEvent } from "../../lib/wazuh/event.ts";
import { parseRules } from "../../lib/wazuh/rules.ts";
import { matchEvent } from "../../lib/wazuh/match_event.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { Match } from "../../lib/match/match.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { redactor } from "../../lib/redact.ts";
import { Indicator, Observable } from "../../lib/opencti/schema.ts";

const redact = redactor(["s3cret-token"]);

function ioc(): Ioc {
  const read = toIoc({ kind: "address", text: "1.2.3.4", field: "f" });
  assert("spellings" in read);
  return read;
}

function indicatorMatch(indicator: Record<string, unknown> = {}): Match {
  return {
    type: "indicator_pattern_match",
    met: { ioc: ioc(), matched: "ipv4-addr:value = '1.2.3.4'" },
    unmet: [],
    indicator: v.parse(Indicator, { id: "i", ...indicator }),
  };
}

/** The JSON of an event, and what analysisd makes of it. */
function encode(match: Match, alert: unknown = {}) {
  const json = encodeEvent(
    matchEvent(match, {
      alert: parseAlert(JSON.stringify(alert)),
      baseUrl: "https://cti.example/base",
      latencyMs: 12,
      ...DEFAULTS,
      now: new Date("2026-06-01T00:00:00Z"),
    }),
    redact,
  );
  return { json, opencti: JSON.parse(json).opencti };
}

Deno.test("matchEvent() puts first what analysisd and the rules need", () => {
  const { json } = encode(indicatorMatch({ name: "n" }));
  const start =
    '{"integration":"opencti","opencti":{"event_type":"indicator_pattern_match","ioc":{';
  assertEquals(json.slice(0, start.length), start);
});

Deno.test("encodeEvent() leaves out nulls, empty texts, arrays and objects", () => {
  const { opencti } = encode(
    indicatorMatch({
      name: "",
      objectLabel: [],
      confidence: null,
      revoked: false,
    }),
  );
  assertEquals(opencti, {
    event_type: "indicator_pattern_match",
    ioc: { kind: "ipv4", value: "1.2.3.4", field: "f" },
    matched: "ipv4-addr:value = '1.2.3.4'",
    severity: "medium",
    state: "active",
    indicator: { id: "i", revoked: false },
    indicator_link:
      "https://cti.example/base/dashboard/observations/indicators/i",
    latency_ms: 12,
    query_key: "value",
    query_values: ["1.2.3.4"],
  });
});

Deno.test("matchEvent() says if an observable has more than one indicator", async (t) => {
  const node = { id: "i" };
  const cases: readonly (readonly [string, unknown, boolean])[] = [
    ["one", { edges: [{ node }] }, false],
    ["two", { edges: [{ node }, { node: { id: "j" } }] }, true],
    ["more than came", {
      edges: [{ node }],
      pageInfo: { hasNextPage: true },
    }, true],
  ];
  for (const [name, indicators, expected] of cases) {
    await t.step(name, () => {
      const observable = v.parse(Observable, {
        id: "o",
        entity_type: "Url",
        observable_value: "v",
        indicators,
      });
      const { opencti } = encode({
        type: "observable_with_related_indicator",
        met: { ioc: ioc(), matched: "ipv4-addr:value = '1.2.3.4'" },
        unmet: [],
        observable,
        related: observable,
        relationship: "related-to",
        indicator: v.parse(Indicator, node),
      });
      assertEquals(opencti.multipleIndicators, expected);
    });
  }
});

Deno.test("matchEvent() writes phases and references in words", () => {
  const { opencti } = encode(indicatorMatch({
    killChainPhases: [
      { kill_chain_name: "mitre-attack", phase_name: "impact" },
      { kill_chain_name: null, phase_name: "impact" },
    ],
    externalReferences: {
      edges: [
        { node: { source_name: "a", url: "https://a.example/" } },
        { node: { source_name: "b", external_id: "T1", url: null } },
        { node: { source_name: "c" } },
      ],
    },
  }));
  assertEquals(opencti.indicator.killChainPhases, [
    "mitre-attack: impact",
    "impact",
  ]);
  assertEquals(opencti.indicator.externalReferences, [
    "https://a.example/",
    "b: T1",
    "c",
  ]);
});

/** A match of each kind with the same indicator. */
function matchesOf(fields: Record<string, unknown>): Match[] {
  const direct = indicatorMatch(fields);
  const { met, unmet, indicator } = direct;
  const observable = v.parse(Observable, {
    id: "o",
    entity_type: "Url",
    observable_value: "v",
    indicators: null,
  });
  return [
    direct,
    { type: "indicator_partial_pattern_match", met, unmet, indicator },
    { type: "observable_with_indicator", met, unmet, indicator, observable },
    {
      type: "observable_with_related_indicator",
      met,
      unmet,
      indicator,
      observable,
      related: observable,
      relationship: "related-to",
    },
  ];
}

Deno.test("matchEvent() puts what rules need at the same place for every kind of match", async (t) => {
  const matches = matchesOf({
    x_opencti_score: 80,
    threats: {
      edges: [{ node: { to: { entity_type: "Malware", name: "AgentTesla" } } }],
    },
  });
  for (const match of matches) {
    await t.step(match.type, () => {
      const { opencti } = encode(match);
      assertEquals(Object.keys(opencti).slice(0, 7), [
        "event_type",
        "ioc",
        "matched",
        "score",
        "severity",
        "state",
        "threat",
      ]);
      assertEquals([opencti.score, opencti.severity, opencti.state], [
        80,
        "critical",
        "active",
      ]);
      assertEquals(opencti.threat, {
        names: ["AgentTesla"],
        types: ["Malware"],
        malware: ["AgentTesla"],
      });
    });
  }
});

Deno.test("matchEvent() says the severity by the score", async (t) => {
  const cases = [
    [0, "low"],
    [39, "low"],
    [40, "medium"],
    [60, "high"],
    [79, "high"],
    [80, "critical"],
    [null, "medium"],
  ] as const;
  for (const [score, severity] of cases) {
    await t.step(`${score}`, () => {
      const { opencti } = encode(indicatorMatch({ x_opencti_score: score }));
      assertEquals(opencti.severity, severity);
      assertEquals(opencti.score, score ?? undefined);
      assertEquals(opencti.threat, undefined);
    });
  }
});

Deno.test("matchEvent() says whether the indicator is active", async (t) => {
  const past = "2026-05-31T00:00:00.000Z";
  const future = "2026-06-02T00:00:00.000Z";
  const cases = [
    [false, null, "active"],
    [null, future, "active"],
    [false, "some day", "active"],
    [true, null, "revoked"],
    [true, future, "revoked"],
    [true, past, "expired"],
    [false, past, "expired"],
  ] as const;
  for (const [revoked, valid_until, state] of cases) {
    await t.step(`${revoked}, ${valid_until}`, () => {
      const { opencti } = encode(indicatorMatch({ revoked, valid_until }));
      assertEquals(opencti.state, state);
    });
  }
});

Deno.test("matchEvent() says where an indicator comes from, and how it is marked", () => {
  const fields = {
    description: "d",
    valid_from: "2026-01-01T00:00:00.000Z",
    x_opencti_score: 40,
    decay_base_score: 90,
    createdBy: { name: "CERT", x_opencti_reliability: "A - Reliable" },
    objectMarking: [
      { definition_type: "TLP", definition: "TLP:AMBER" },
      { definition_type: "PAP", definition: "PAP:RED" },
      { definition_type: "statement", definition: null },
    ],
  };
  const expected = {
    id: "i",
    description: "d",
    valid_from: "2026-01-01T00:00:00.000Z",
    x_opencti_score: 40,
    decay: { base_score: 90, score: 40 },
    createdBy: "CERT",
    x_opencti_reliability: "A - Reliable",
    markings: ["TLP:AMBER", "PAP:RED"],
  };
  for (const match of matchesOf(fields)) {
    const { opencti } = encode(match);
    assertEquals((opencti.related ?? opencti).indicator, expected);
  }
});

Deno.test("matchEvent() shows the first 500 letters of a description", () => {
  for (const letter of ["x", "😀"]) {
    const shown = (length: number) =>
      encode(indicatorMatch({ description: letter.repeat(length) })).opencti
        .indicator.description;
    assertEquals(shown(500), letter.repeat(500));
    assertEquals(shown(501), `${letter.repeat(499)}…`);
    assertEquals(shown(5000), `${letter.repeat(499)}…`);
  }
});

Deno.test("recoveredEvent() is not misled by a clock that was set back", () => {
  const { recovered } = recoveredEvent({ since: 9000, now: 4000, alerts: 1 })
    .opencti;
  assertEquals(recovered, {
    since: "1970-01-01T00:00:09.000Z",
    seconds: 0,
    alerts: 1,
  });
});

Deno.test("errorEvent() says which alert was not looked up", () => {
  const alert = parseAlert('{"id":"1.2","rule":{"id":"5"}}');
  const json = encodeEvent(
    errorEvent(
      { kind: "unready", error: "OpenCTI is not ready", alerts: 1 },
      alert,
    ),
    redact,
  );
  assertEquals(JSON.parse(json).opencti, {
    event_type: "error",
    kind: "unready",
    error: "OpenCTI is not ready",
    alerts: 1,
    source: { alert_id: "1.2", rule_id: "5" },
  });
});

Deno.test("matchEvent() links an observable by its type", async (t) => {
  for (
    const [type, page] of [
      ["Url", "observables"],
      ["StixFile", "observables"],
      ["Artifact", "artifacts"],
    ]
  ) {
    await t.step(String(type), () => {
      const observable = v.parse(Observable, {
        id: "o/1",
        entity_type: type,
        observable_value: "v",
        indicators: null,
      });
      const indicator = v.parse(Indicator, { id: "i" });
      const { opencti } = encode({
        type: "observable_with_indicator",
        met: { ioc: ioc(), matched: "ipv4-addr:value = '1.2.3.4'" },
        unmet: [],
        observable,
        indicator,
      });
      assertEquals(
        opencti.observable_link,
        `https://cti.example/base/dashboard/observations/${page}/o%2F1`,
      );
      assertEquals(opencti.multipleIndicators, false);
    });
  }
});

Deno.test("matchEvent() says what the alert is about", async (t) => {
  const cases: readonly [string, unknown, unknown][] = [
    ["the file", {
      syscheck: {
        path: "/x",
        md5_after: "m",
        sha1_after: "1",
        sha256_after: "2",
      },
    }, { file: "/x", md5: "m", sha1: "1", sha256: "2" }],
    ["the network, numbers too", {
      data: { srcip: "1.1.1.1", src_port: 5, proto: "TCP", srcMac: "c8:9c" },
    }, { srcip: "1.1.1.1", src_port: "5", proto: "TCP", srcmac: "c8:9c" }],
    [
      "Suricata's alert",
      {
        data: {
          alert: {
            signature: "s",
            signature_id: "7",
            category: "c",
            action: "allowed",
            gid: "1",
          },
        },
      },
      {
        alert: {
          signature: "s",
          signature_id: "7",
          category: "c",
          action: "allowed",
        },
      },
    ],
    [
      "DNS",
      {
        data: {
          dns: {
            rrname: "q.example",
            answers: [{ rdata: "c.example" }, { rdata: "1.2.3.4" }],
          },
        },
      },
      { queryName: "q.example", queryResults: "c.example;1.2.3.4" },
    ],
    [
      "the command line, from the log",
      {
        full_log: 'type=EXECVE msg=audit(1:2): argc=2 a0="sh" a1=6C73202D6C',
        data: { audit: { exe: "/bin/sh", uid: "0", execve: { a0: "sh" } } },
      },
      { uid: "0", exe: "/bin/sh", execve: "sh ls -l" },
    ],
    ["the command line, decoded", {
      data: { audit: { execve: { a1: "-l", a0: "ls" } } },
    }, { execve: "ls -l" }],
    [
      "the firewall",
      {
        data: {
          action: "blocked",
          devname: "fw",
          logid: "1",
          subtype: "s",
          level: "w",
          policyid: "2",
          dstuser: "u",
          status: "x",
        },
      },
      {
        action: "blocked",
        status: "x",
        devname: "fw",
        logid: "1",
        subtype: "s",
        level: "w",
        policyid: "2",
        dstuser: "u",
      },
    ],
    ["GeoLocation", {
      GeoLocation: {
        country_name: "X",
        location: { lat: 1.5, lon: -2 },
        deep: { er: [] },
      },
    }, {
      GeoLocation: { country_name: "X", location: { lat: "1.5", lon: "-2" } },
    }],
    ["the agent and the rule", {
      id: "1.2",
      rule: { id: 5, description: "d" },
      agent: { id: "001", name: "n", ip: "10.0.0.1" },
    }, {
      alert_id: "1.2",
      rule_id: "5",
      rule_description: "d",
      agent_id: "001",
      agent_name: "n",
      agent_ip: "10.0.0.1",
    }],
  ];
  for (const [name, alert, source] of cases) {
    await t.step(
      name,
      () =>
        assertEquals(encode(indicatorMatch(), alert).opencti.source, source),
    );
  }
});

Deno.test("encodeEvent() writes nothing that analysisd loses an event for", () => {
  const { json, opencti } = encode(
    indicatorMatch({ name: "a\ud800b\0c", pattern: 'quote " and \\ and \n' }),
  );
  assertEquals(opencti.indicator.name, "a\ufffdb\ufffdc");
  assertEquals(opencti.indicator.pattern, 'quote " and \\ and \n');
  assert(!json.includes("\n"));
  assert(!/\\ud8|\\u0000/i.test(json), json);
});

/** The bytes that an event must not exceed, whatever is too long in it. */
function assertFits(json: string) {
  const bytes = new TextEncoder().encode(json).byteLength;
  assert(bytes <= MAX_EVENT_BYTES, `${bytes} bytes`);
}

Deno.test("encodeEvent() shortens what is least needed first, and says so", async (t) => {
  const long = "x".repeat(100_000);
  await t.step("the alert's text before the indicator's", () => {
    const { json, opencti } = encode(
      indicatorMatch({ pattern: "p".repeat(3000) }),
      {
        rule: { description: "d".repeat(1500) },
        data: { audit: { execve: { a0: long } } },
      },
    );
    assertFits(json);
    assertEquals(opencti.truncated, ["source.execve"]);
    assertEquals(opencti.indicator.pattern.length, 3000);
    assert(opencti.source.execve.endsWith("…"), "it shows that it was cut");
    const { length } = new TextEncoder().encode(json);
    assert(length > MAX_EVENT_BYTES - 10, "no more is cut than must be");
  });
  await t.step("lists by their last elements", () => {
    const objectLabel = Array.from(
      { length: 9000 },
      (_, n) => ({ value: `label ${n}` }),
    );
    const { json, opencti } = encode(indicatorMatch({ objectLabel }));
    assertFits(json);
    assertEquals(opencti.truncated, ["indicator.labels"]);
    assertEquals(opencti.indicator.labels[0], "label 0");
  });
  await t.step("everything, if everything is too long", () => {
    const fields = Object.fromEntries(
      ["name", "pattern", "pattern_type", "valid_until"].map((
        name,
      ) => [name, long]),
    );
    const data = Object.fromEntries(
      ["srcip", "src_ip", "dstip", "proto", "action", "status", "devname"].map((
        name,
      ) => [name, long]),
    );
    const { json, opencti } = encode(
      indicatorMatch({
        ...fields,
        id: long,
        objectLabel: [{ value: long }],
        indicator_types: [long, long],
      }),
      { id: long, rule: { id: long }, data },
    );
    assertFits(json);
    assertEquals(opencti.event_type, "indicator_pattern_match");
    assert(
      opencti.indicator.labels[0].length > 0,
      "of a list something is left",
    );
  });
  await t.step("in bytes as sent, not in letters", () => {
    for (const letter of ["é", "😀", '"', "\\", "\n", "\u0001"]) {
      const { json } = encode(
        indicatorMatch({ pattern: letter.repeat(9000) }),
      );
      assertFits(json);
      assertEquals(JSON.parse(json).opencti.truncated, ["indicator.pattern"]);
    }
  });
  await t.step("not, if it fits", () => {
    const half = "p".repeat(3500);
    const { opencti } = encode(
      indicatorMatch({ pattern: half, objectLabel: [{ value: half }] }),
    );
    assertEquals(opencti.truncated, undefined);
  });
});

Deno.test("encodeEvent() keeps an event short enough to be counted", async () => {
  const xml = await Deno.readTextFile(
    new URL("../../wazuh/opencti_rules.xml", import.meta.url),
  );
  const counted = parseRules(xml).flatMap(({ counts }) =>
    counts === undefined ? [] : [counts.frequency - 1]
  );
  const { json } = encode(indicatorMatch({ pattern: "é".repeat(20_000) }));
  for (const earlier of counted) {
    const output = Array.from({ length: earlier }, () => json).join("\n");
    const { length } = new TextEncoder().encode(output);
    assert(length <= 32_766, `${length} bytes in previous_output`);
  }
  assertEquals(Math.max(...counted), 4);
});

Deno.test("encodeEvent() leaves a text a text, where analysisd would make a list of it", async (t) => {
  const nameOf = (name: string) =>
    encode(indicatorMatch({ name })).opencti.indicator.name;
  for (
    const text of [
      "[1]",
      "[ -1.5]",
      "[\u0001true]",
      "[false]",
      "[null]",
      "[]",
      "[[]]",
      '[{"a":1}]',
      '["a", "b"]',
    ]
  ) await t.step(text, () => assertEquals(nameOf(text), ` ${text}`));
  for (
    const text of [
      "[ipv4-addr:value = '1.2.3.4']",
      "[network-traffic:dst_port = 1]",
      "[file:name = 'a']",
      "[1] and more",
      "x[1]",
      "[",
    ]
  ) await t.step(text, () => assertEquals(nameOf(text), text));
  await t.step("but not what is in a list", () => {
    const { opencti } = encode(
      indicatorMatch({ objectLabel: [{ value: "[1]" }] }),
    );
    assertEquals(opencti.indicator.labels, ["[1]"]);
  });
});

Deno.test("encodeEvent() takes the API key out of an alert's text", () => {
  const execve = { a0: "curl", a1: "--token=s3cret-token" };
  const { json, opencti } = encode(
    indicatorMatch({ objectLabel: [{ value: "s3cret-token" }] }),
    { data: { audit: { execve } } },
  );
  assert(!json.includes("s3cret"), json);
  assertEquals(opencti.source.execve, "curl --token=[API_KEY]");
  assertEquals(opencti.indicator.labels, ["[API_KEY]"]);
});

Deno.test("encodeEvent() cuts no letter in two", () => {
  for (let n = 0; n < 8; n++) {
    const name = "x".repeat(n) + "😀".repeat(1000);
    const { json } = encode(indicatorMatch({ name }));
    assert(!/\\ud[89a-f]/i.test(json), `after ${n} letters`);
  }
});

Deno.test("encodeEvent() keeps what rules show short enough to be shown", () => {
  const long = "😀".repeat(1000);
  const { opencti } = encode(indicatorMatch({ name: long }));
  assert(new TextEncoder().encode(opencti.indicator.name).byteLength <= 450);
  assertEquals(opencti.truncated, ["indicator.name"]);
  const url = `http://evil.example/${"x".repeat(1000)}`;
  const read = toIoc({ kind: "url", text: url, field: "f" });
  assert("spellings" in read);
  const ofUrl = encode({
    ...indicatorMatch(),
    met: { ioc: read, matched: "x" },
  }).opencti;
  assertEquals(ofUrl.truncated, ["ioc.value"]);
  assert(ofUrl.ioc.value.length <= 450);
  assert(ofUrl.query_values.includes(url), "there it is whole");
  const observable = v.parse(Observable, {
    id: "o",
    entity_type: "Url",
    observable_value: long,
    indicators: null,
  });
  const related = encode({
    type: "observable_with_related_indicator",
    met: { ioc: ioc(), matched: "ipv4-addr:value = '1.2.3.4'" },
    unmet: [],
    observable,
    related: { ...observable, observable_value: "v" },
    relationship: "related-to",
    indicator: v.parse(Indicator, { id: "i", name: long }),
  }).opencti;
  assertEquals(related.truncated, [
    "observable_value",
    "related.indicator.name",
  ]);
  const error = JSON.parse(
    encodeEvent(
      errorEvent({ kind: "x", error: long, alerts: 1 }, undefined),
      redact,
    ),
  ).opencti;
  assert(new TextEncoder().encode(error.error).byteLength <= 900);
});

Deno.test("encodeEvent() is quick with what is far too long", () => {
  const start = performance.now();
  const json = encode(indicatorMatch({
    pattern: "\u0001".repeat(5_000_000),
    objectLabel: Array.from({ length: 100_000 }, () => ({ value: "label" })),
  })).json;
  assertFits(json);
  assert(performance.now() - start < 2000);
});

Deno.test("encodeEvent() reads no more of a text than may be sent", async (t) => {
  const encodeWith = (fields: Record<string, string | string[]>) => {
    let length = 0;
    const opencti = { event_type: "x", ...fields };
    const json = encodeEvent({ integration: "opencti", opencti }, (text) => {
      length += text.length;
      return redact(text);
    });
    assertFits(json);
    return { length, opencti: JSON.parse(json).opencti };
  };
  const fields = <T>(value: T) =>
    Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`f${n}`, value] as const),
    );
  await t.step("of texts", () => {
    const { length, opencti } = encodeWith(fields("x".repeat(1_000_000)));
    assert(length < 16 * MAX_EVENT_BYTES, `${length} characters`);
    assertEquals(opencti.truncated.length, 30);
    assert(opencti.f29.length > 100);
  });
  await t.step("of lists", () => {
    const list = Array.from({ length: 50_000 }, () => "label");
    const { length, opencti } = encodeWith(fields(list));
    assert(length < 16 * MAX_EVENT_BYTES, `${length} characters`);
    assertEquals(opencti.truncated.length, 30);
  });
  await t.step("not even if that makes it short enough", () => {
    const secrets = "s3cret-token".repeat(20_000);
    const { opencti } = encodeWith({ f0: "x", f1: secrets, f2: "x" });
    assertEquals(opencti.truncated, ["f1"]);
    assertEquals(opencti.f2, "x");
  });
  await t.step("and no part of a secret", () => {
    for (let n = 0; n < 12; n++) {
      const f0 = "x".repeat(n) + "s3cret-token".repeat(20_000);
      const { opencti } = encodeWith({ f0, f1: f0, f2: f0 });
      assert(!JSON.stringify(opencti).includes("s3"), `after ${n}`);
    }
  });
});

Deno.test("matchEvent() links no more of an id than ids have", () => {
  const { opencti } = encode(indicatorMatch({ id: "ü".repeat(100_000) }));
  assert(opencti.indicator_link.length < 4000);
});

Deno.test("matchEvent() says the severity of a match in part one step lower, unless lower_partial is false", () => {
  const severityOf = (x_opencti_score: number, lower_partial: boolean) => {
    const { opencti } = matchEvent({
      ...indicatorMatch({ x_opencti_score }),
      unmet: [{ comparison: "file:name = 'x'", alert: "silent" }],
    }, { ...MATCHING, lower_partial, baseUrl: "", latencyMs: 1 });
    return opencti["severity"];
  };
  const scores = [90, 70, 50, 10];
  assertEquals(scores.map((score) => severityOf(score, true)), [
    "high",
    "medium",
    "low",
    "low",
  ]);
  assertEquals(scores.map((score) => severityOf(score, false)), [
    "critical",
    "high",
    "medium",
    "low",
  ]);
});

Deno.test("matchEvent() says that an indicator is of the future, unless future_is_active is true", () => {
  const stateOf = (future_is_active: boolean) =>
    matchEvent(
      indicatorMatch({ valid_from: "2026-06-02T00:00:00Z" }),
      { ...MATCHING, future_is_active, baseUrl: "", latencyMs: 1 },
    ).opencti["state"];
  assertEquals([stateOf(false), stateOf(true)], ["future", "active"]);
});

Deno.test("matchEvent() names the network, the parent and what is not known", () => {
  const match = indicatorMatch();
  const { opencti } = encode({
    ...match,
    met: { ...match.met, network: "1.2.3.0/24", parent: "a.example" },
    unmet: [{ comparison: "file:name = 'x'", alert: "silent" }],
  });
  assertEquals(
    [opencti.ioc.network, opencti.ioc.parent, opencti.matched, opencti.unmet],
    [
      "1.2.3.0/24",
      "a.example",
      "ipv4-addr:value = '1.2.3.4'",
      "file:name = 'x': the alert does not say",
    ],
  );
});
