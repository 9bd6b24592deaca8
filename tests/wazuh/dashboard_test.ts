/**
 * The dashboard over the golden events, those of the demo among them, and over
 * what custom-opencti says of itself. `INDEXER=http://…` asks a real indexer
 * that has Wazuh's template the same, which must show the same.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { valueAt } from "../../lib/json.ts";
import {
  errorEvent,
  recoveredEvent,
  warningEvent,
} from "../../lib/wazuh/event.ts";
import { DASHBOARD_FILE } from "../../scripts/dashboard.ts";
import { fieldsOf, type Row, show } from "../stand_ins/dashboards.ts";
import { indexedAlerts, type Sent } from "../stand_ins/indexed_alerts.ts";
import {
  fillIndexer,
  type Indexer,
  startIndexer,
} from "../stand_ins/indexer.ts";
import { asSent, sentMatch } from "../stand_ins/matches.ts";
import { importObjects, type Shown } from "../stand_ins/saved_objects.ts";

const ROOT = new URL("../../", import.meta.url);
const RULES = await read("wazuh/opencti_rules.xml");
const PANELS = importObjects(DASHBOARD_FILE)
  .filter((one): one is Shown => one.type !== "dashboard");

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

async function readGolden() {
  const names = [];
  for await (
    const { name } of Deno.readDir(new URL("tests/testdata/events", ROOT))
  ) {
    names.push(name);
  }
  return await Promise.all(
    names.sort().map(async (name) => {
      const events: readonly { header: string; event: unknown }[] = JSON.parse(
        await read(`tests/testdata/events/${name}`),
      );
      return {
        alert: await read(`tests/testdata/alerts/${name}`),
        sent: events.map(({ header, event }): Sent => ({
          location: header.replace(/^1:(\[\d+\] )?/, "").replace(/:$/, ""),
          event,
        })),
      };
    }),
  );
}

const GOLDEN = await readGolden();
const MATCHES: readonly Sent[] = [
  ...GOLDEN.flatMap(({ sent }) => sent),
  ...[9, 10, 99, 100, 999, 1000, 4999, 5000, 9999, 10_000, 123_456].map(
    (latency_ms) => ({ location: "opencti", event: matchOfActor(latency_ms) }),
  ),
];

/** A match of somebody, and how long OpenCTI took to answer. */
function matchOfActor(latency_ms: number): unknown {
  const threats = ["Intrusion-Set", "Threat-Actor-Group"].map((
    entity_type,
  ) => ({
    node: { to: { entity_type, name: `Some ${entity_type}` } },
  }));
  const event = sentMatch({
    agent: "000",
    value: "198.51.100.7",
    indicator: { x_opencti_score: 50, threats: { edges: threats } },
  });
  return {
    integration: "opencti",
    opencti: { ...Object(valueAt(event, "opencti")), latency_ms },
  };
}

const ALERT = parseAlert(GOLDEN[0]?.alert ?? "");
const HEALTH: readonly Sent[] = [
  errorEvent({ error: "No answer", kind: "network", alerts: 1 }, ALERT),
  errorEvent({ error: "No answer", kind: "network", alerts: 7 }, undefined),
  errorEvent({ error: "Too old", kind: "dropped", alerts: 2 }, undefined),
  recoveredEvent({ since: 0, now: 90_000, alerts: 8 }),
  warningEvent("The token goes in clear"),
].map((event) => ({ location: "opencti", event: asSent(event) }));

const OF_EVENTS = indexedAlerts([...MATCHES, ...HEALTH], RULES);
const [FIRST] = OF_EVENTS;
const DOCUMENTS = [
  // Without their data: two products may give a field of one name two types, and
  // an index takes but one.
  ...GOLDEN.map(({ alert }) => ({ ...JSON.parse(alert), data: {} })),
  ...OF_EVENTS,
  // Anybody can write our event into a log; here, a rule alerts on it.
  { ...Object(FIRST), location: "/var/log/app.json" },
];

const stand_in = startIndexer(DOCUMENTS);
const url = Deno.env.get("INDEXER");
const INDEXERS: readonly (() => Promise<Indexer>)[] = [
  () => Promise.resolve(stand_in),
  ...url === undefined ? [] : [() => fillIndexer(url, DOCUMENTS)],
];

/** What a panel shows. */
function rowsOf(
  id: string,
  indexer: Indexer = stand_in,
): Promise<readonly Row[]> {
  return show(panel(id), indexer);
}

function panel(id: string): Shown {
  const found = PANELS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is no ${id}`);
  return found;
}

/** A field of each match, an empty list where one has it not. */
function ofMatches(field: string): readonly unknown[] {
  return MATCHES.map(({ event }) => valueAt(event, `opencti.${field}`) ?? []);
}

/** How often there is each value, as rows: those that are there most first. */
function counted(values: readonly unknown[]): readonly Row[] {
  const groups = Map.groupBy(values.flat(), String);
  return [...groups].map(([value, { length }]) => [value, length] as const)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

Deno.test("opencti_dashboard.ndjson is what the script makes", async () => {
  assertEquals(await read("wazuh/opencti_dashboard.ndjson"), DASHBOARD_FILE);
});

Deno.test("importObjects() refuses what the Wazuh dashboard would not take", async (t) => {
  const faults: readonly {
    readonly name: string;
    readonly from: string | RegExp;
    readonly to: string;
    readonly says: string;
  }[] = [
    {
      name: "a newer version",
      from: '"visualization":"7.10.0"',
      to: '"visualization":"7.17.0"',
      says: 'received "7.17.0"',
    },
    {
      name: "an unknown attribute",
      from: '"hits":0',
      to: '"hits":0,"owner":"x"',
      says: '"owner"',
    },
    {
      name: "JSON with a fault",
      from: '"visState":"{',
      to: '"visState":"{{',
      says: "Expected property name",
    },
    {
      name: "an unknown index pattern",
      from: /"id":"wazuh-alerts-\*"/,
      to: '"id":"wazuh-*"',
      says: "opencti-numbers: no wazuh-*",
    },
    {
      name: "a panel that is not there",
      from: '"id":"opencti-iocs","name"',
      to: '"id":"x","name"',
      says: "opencti: no x",
    },
    {
      name: "a reference that nothing needs",
      from: '"name":"panel_0"',
      to: '"name":"panel_99"',
      says: "opencti: panel_0",
    },
    {
      name: "an unknown field of TSVB",
      from: '\\"pivot_id\\"',
      to: '\\"pivot\\"',
      says: 'Expected "pivot_id"',
    },
    {
      name: "an unknown aggregation",
      from: '\\"type\\":\\"terms\\"',
      to: '\\"type\\":\\"term\\"',
      says: 'received "term"',
    },
    {
      name: "an aggregation in the wrong place",
      from: '\\"schema\\":\\"bucket\\"',
      to: '\\"schema\\":\\"row\\"',
      says: "table row",
    },
    {
      name: "an id twice",
      from: '"id":"opencti-agents","m',
      to: '"id":"opencti-iocs","m',
      says: "An id is there twice",
    },
  ];
  for (const { name, from, to, says } of faults) {
    await t.step(name, () => {
      const broken = DASHBOARD_FILE.replace(from, () => to);
      assert(broken !== DASHBOARD_FILE);
      assertThrows(() => importObjects(broken), Error, says);
    });
  }
});

Deno.test("The dashboard has each panel once, in full rows", () => {
  const [dashboard] = importObjects(DASHBOARD_FILE)
    .filter((one) => one.type === "dashboard");
  assert(dashboard !== undefined);
  assertEquals(
    dashboard.references.map(({ id }) => id),
    PANELS.map(({ id }) => id),
  );
  const taken = dashboard.attributes.panelsJSON.flatMap(({ gridData }) =>
    Array.from(
      { length: gridData.w * gridData.h },
      (_, n) =>
        48 * (gridData.y + Math.floor(n / gridData.w)) + gridData.x +
        n % gridData.w,
    )
  );
  assertEquals(
    taken.toSorted((a, b) => a - b),
    Array.from(taken, (_, n) => n),
  );
});

for (const [n, start] of INDEXERS.entries()) {
  const name = n === 0 ? "the stand-in" : "a real indexer";
  Deno.test(`The panels' fields are in the alerts of ${name}, as keywords`, async (t) => {
    await using indexer = await start();
    for (const shown of PANELS) {
      await t.step(shown.id, async () => {
        const { all, aggregated } = fieldsOf(shown);
        assert(all.size > 1);
        for (const field of all) {
          const type = await indexer.typeOf(field);
          assert(type !== undefined, `${field} is in no alert`);
          const isLevel = field === "rule.level" && type === "long";
          assert(isLevel || type === "keyword", `${field} is ${type}`);
        }
        for (const field of aggregated) {
          assert(all.has(field) || field === "timestamp", field);
        }
      });
    }
  });
}

Deno.test("After one match, no panel lacks a field that its editor must know", () => {
  for (const shown of PANELS) {
    const { type, attributes } = shown;
    // TSVB asks for any field; lists show what there is.
    if (type === "search" || attributes.visState.type === "metrics") continue;
    for (const field of fieldsOf(shown).aggregated) {
      for (const { event } of GOLDEN.flatMap(({ sent }) => sent)) {
        const [alert] = indexedAlerts([{ location: "opencti", event }], RULES);
        assert(valueAt(alert, field) !== undefined, `${shown.id}: ${field}`);
      }
    }
  }
});

if (url !== undefined) {
  Deno.test("A real indexer shows what the stand-in shows", async (t) => {
    await using indexer = await fillIndexer(url, DOCUMENTS);
    for (const { id } of PANELS) {
      await t.step(
        id,
        async () => assertEquals(await rowsOf(id, indexer), await rowsOf(id)),
      );
    }
  });
}

Deno.test("The numbers are those of the matches and of the errors", async () => {
  const agents = new Set(MATCHES.map(({ location }) => location));
  assertEquals(await rowsOf("opencti-numbers"), [[
    MATCHES.length,
    new Set(ofMatches("ioc.value")).size,
    agents.size,
    new Set(ofMatches("source.alert_id").flat()).size,
  ]]);
  assertEquals(await rowsOf("opencti-error-number"), [[3]]);
});

Deno.test("The tables of threats count their matches", async (t) => {
  for (
    const [id, field] of [
      ["opencti-malware", "threat.malware"],
      ["opencti-intrusion-sets", "threat.intrusion_set"],
      ["opencti-threat-actors", "threat.threat_actor"],
    ] as const
  ) {
    await t.step(id, async () => {
      const expected = counted(ofMatches(field));
      assert(expected.length > 0);
      const rows = await rowsOf(id);
      assertEquals(rows.map(([name, count]) => [name, count]), expected);
    });
  }
});

Deno.test("The bars count the matches", async (t) => {
  await t.step("opencti-sources", async () => {
    assertEquals(
      await rowsOf("opencti-sources"),
      counted(ofMatches("ioc.source")),
    );
  });
  await t.step("opencti-agents", async () => {
    assertEquals(
      await rowsOf("opencti-agents"),
      counted(
        MATCHES.map(({ location }) =>
          location === "opencti" ? "manager" : "web01"
        ),
      ),
    );
  });
});

Deno.test("The bars over time count each match once", async (t) => {
  for (
    const [id, expected] of [
      ["opencti-matches-over-time", counted(ofMatches("severity"))],
      ["opencti-errors", [["error", 2], ["lost", 1], ["recovered", 1], [
        "warning",
        1,
      ]]],
      ["opencti-answer-times", [
        // The golden events say 0 ms.
        ["0 to 0.1 s", GOLDEN.flatMap(({ sent }) => sent).length + 3],
        ["0.1 to 1 s", 2],
        ["1 to 5 s", 2],
        ["5 to 10 s", 2],
        ["more than 10 s", 2],
      ]],
    ] as const
  ) {
    await t.step(id, async () => {
      const rows = await rowsOf(id);
      assert(rows.every(([at]) => typeof at === "number"));
      const sums = Map.groupBy(rows, ([, value]) => value);
      assertEquals(
        [...sums].map(([value, all]) => [
          value,
          all.reduce((sum, [, , count]) => sum + Number(count), 0),
        ]),
        expected.map((row) => [...row]),
      );
    });
  }
});

Deno.test("The table of IoCs has their kinds, matches and agents", async () => {
  const rows = await rowsOf("opencti-iocs");
  assertEquals(
    rows.map(([value, , count]) => [value, count]),
    counted(ofMatches("ioc.value")).map((row) => [...row]),
  );
  for (const [value, kind, , agents] of rows) {
    const of = MATCHES.filter(({ event }) =>
      valueAt(event, "opencti.ioc.value") === value
    );
    assertEquals(kind, valueAt(of[0]?.event, "opencti.ioc.kind"));
    assertEquals(agents, new Set(of.map(({ location }) => location)).size);
  }
});

Deno.test("Each match leads to OpenCTI", async () => {
  const [indicators, observables] = await Promise.all(
    ["opencti-indicators", "opencti-observables"].map((id) => rowsOf(id)),
  );
  const leads = (rows: readonly Row[] = []) =>
    new Map(
      rows.map(([key, name]) => [addressOf("opencti-indicators", key), name]),
    );
  const names = new Map([...leads(indicators), ...leads(observables)]);
  for (const { event } of MATCHES) {
    const [name] = ["indicator_link", "observable_link"].flatMap((field) =>
      names.get(String(valueAt(event, `opencti.${field}`))) ?? []
    );
    assert(name !== undefined && name !== "", JSON.stringify(event));
  }
  const odd = "https://cti.example/?a=1&b='c'";
  assertEquals(addressOf("opencti-indicators", odd), odd);
  for (const address of names.keys()) {
    assertMatch(address, /^https:\/\/cti\.example\/dashboard\/observations\//);
  }
});

Deno.test("A forged link that is no https leads nowhere", async () => {
  const forged = structuredClone(Object(FIRST));
  forged.data.opencti.indicator_link = "javascript:alert(1)//https://x";
  await using indexer = startIndexer([forged]);
  assertEquals(await rowsOf("opencti-numbers", indexer), [[1, 1, 1, 1]]);
  assertEquals(await rowsOf("opencti-indicators", indexer), []);
});

Deno.test("Each alert with a match is led to, the newest first", async () => {
  const rows = await rowsOf("opencti-alerts");
  const ids = [...new Set(ofMatches("source.alert_id").flat())];
  assertEquals(rows.map(([id]) => id), ids.map(String).sort().reverse());
  for (const [id, severity, ioc, rule, agent, count] of rows) {
    const hash = addressOf("opencti-alerts", id).replace(/^discover#/, "");
    const state = new URL(hash, "https://wazuh.example").searchParams;
    assertEquals(state.get("_g"), "(time:(from:now-1y,to:now))");
    const [, index, query = ""] =
      /^\(index:'([^']+)',query:\(language:lucene,query:'([^']+)'\)\)$/
        .exec(state.get("_a") ?? "") ?? [];
    assertEquals(index, "wazuh-alerts-*");
    const response = await stand_in.search({
      size: 9,
      query: { query_string: { query } },
    });
    const cause = valueAt(response, "hits.hits.0._source");
    assertEquals(valueAt(response, "hits.total.value"), 1);
    assertEquals(valueAt(cause, "rule.description"), rule);
    const matches = OF_EVENTS.filter((one) =>
      valueAt(one, "data.opencti.source.alert_id") === id &&
      valueAt(one, "data.opencti.severity") !== undefined
    );
    const [worst] = matches.toSorted((a, b) =>
      Number(valueAt(b, "rule.level")) - Number(valueAt(a, "rule.level"))
    );
    assertEquals([severity, ioc, agent, count], [
      valueAt(worst, "data.opencti.severity"),
      valueAt(worst, "data.opencti.ioc.value"),
      valueAt(worst, "agent.name"),
      matches.length,
    ]);
  }
});

Deno.test("The lists hold all events, each once", async () => {
  const lists = await Promise.all(
    ["opencti-matches", "opencti-health"].map((id) => rowsOf(id)),
  );
  assertEquals(lists.map(({ length }) => length), [
    MATCHES.length,
    HEALTH.length,
  ]);
  const ids = lists.flat().map(([, id]) => id);
  assertEquals(
    ids.toSorted(),
    OF_EVENTS.map((one) => valueAt(one, "id")).toSorted(),
  );
  for (const rows of lists) {
    const times = rows.map(([time]) => String(time));
    assertEquals(times, times.toSorted().reverse());
  }
});

Deno.test("A match that a user's own rule takes is on the dashboard", async () => {
  const rule = { id: "100200", level: 13, groups: ["local"] };
  await using indexer = startIndexer([{ ...Object(FIRST), rule }]);
  assertEquals(await rowsOf("opencti-numbers", indexer), [[1, 1, 1, 1]]);
});

/** Where the first column of a row leads to, filled in as Handlebars does. */
function addressOf(id: string, key: unknown): string {
  const shown = panel(id);
  const template = shown.type === "visualization" &&
    valueAt(shown.attributes.visState.params, "drilldown_url");
  const escaped = String(key).replace(
    /[&<>"'`=]/g,
    (letter) => `&#${letter.charCodeAt(0)};`,
  );
  return String(template).replaceAll("{{{key}}}", () => String(key))
    .replaceAll("{{key}}", () => escaped);
}
