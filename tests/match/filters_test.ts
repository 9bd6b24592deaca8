import * as v from "valibot";
import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import type { Config } from "../../lib/config/config.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { matchEvent } from "../../lib/wazuh/event.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import { matchAnswer } from "../../lib/match/answer.ts";
import { type Filtered, filterOut } from "../../lib/match/filters.ts";
import { questionFor } from "../../lib/opencti/question.ts";
import { Answer, Indicator } from "../../lib/opencti/schema.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import {
  type KnownIndicator,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";

const NOW = new Date("2026-06-01T00:00:00Z");

function why(
  fields: Readonly<Record<string, unknown>>,
  options: Partial<Config>,
): Filtered | undefined {
  const indicator = v.parse(Indicator, { id: "i", ...fields });
  return filterOut(indicator, { ...DEFAULTS, ...options, now: NOW });
}

Deno.test("filterOut() filters nothing by default", () => {
  const worst = {
    revoked: true,
    valid_until: "2020-01-01T00:00:00Z",
    x_opencti_score: 0,
    x_opencti_detection: false,
    objectMarking: [{ definition_type: "TLP", definition: "TLP:RED" }],
  };
  assertEquals([why({}, {}), why(worst, {})], [undefined, undefined]);
});

Deno.test("filterOut() names the option that leaves an indicator out", async (t) => {
  const label = (...values: (string | null)[]) => ({
    objectLabel: values.map((value) => ({ value })),
  });
  type Case = readonly [
    fields: Record<string, unknown>,
    options: Partial<Config>,
    expected: Filtered | undefined,
  ];
  const cases: Readonly<Record<string, readonly Case[]>> = {
    "min_score": [
      [
        { x_opencti_score: 20 },
        { min_score: 50 },
        { by: "min_score", has: 20, least: 50 },
      ],
      [{ x_opencti_score: 50 }, { min_score: 50 }, undefined],
      [{}, { min_score: 1 }, { by: "min_score", has: null, least: 1 }],
      [{}, { min_score: 0 }, undefined],
    ],
    "min_confidence": [
      [
        { confidence: 20 },
        { min_confidence: 50 },
        { by: "min_confidence", has: 20, least: 50 },
      ],
      [{ confidence: 50 }, { min_confidence: 50 }, undefined],
      [
        {},
        { min_confidence: 1 },
        { by: "min_confidence", has: null, least: 1 },
      ],
    ],
    "only_detection": [true, false, null].map((flag) => [
      { x_opencti_detection: flag },
      { only_detection: true },
      flag ? undefined : { by: "only_detection" },
    ]),
    "include_revoked": [true, false].map((revoked) => [
      { revoked },
      { include_revoked: false },
      revoked ? { by: "include_revoked" } : undefined,
    ]),
    "include_expired": [
      [
        { valid_until: "2026-05-31T00:00:00.000Z", revoked: true },
        { include_expired: false },
        { by: "include_expired", at: "2026-05-31T00:00:00.000Z" },
      ],
      [
        { valid_until: "2026-06-02T00:00:00.000Z" },
        { include_expired: false },
        undefined,
      ],
      [{ valid_until: null, revoked: true }, {
        include_expired: false,
      }, undefined],
    ],
    "labels": [
      [label("C2", "x"), { labels: ["other", "c2"] }, undefined],
      [
        label("c22", null),
        { labels: ["c2"] },
        { by: "labels" },
      ],
      [{}, { labels: ["c2"] }, { by: "labels" }],
    ],
    "not_labels": [
      [
        label("x", "Benign"),
        { not_labels: ["benign"] },
        { by: "not_labels", label: "Benign" },
      ],
      [
        label("c2", "benign"),
        { labels: ["c2"], not_labels: ["benign"] },
        { by: "not_labels", label: "benign" },
      ],
      [label("x"), { not_labels: ["benign"] }, undefined],
    ],
  };
  for (const [name, steps] of Object.entries(cases)) {
    await t.step(name, () => {
      for (const [fields, options, expected] of steps) {
        assertEquals(why(fields, options), expected);
      }
    });
  }
});

Deno.test("filterOut() compares the highest TLP with markings", async (t) => {
  const cases: readonly (readonly [
    definitions: readonly string[],
    markings: Config["markings"],
    isEmitted: boolean,
  ])[] = [
    [[], "TLP:CLEAR", true],
    [["TLP:CLEAR"], "TLP:CLEAR", true],
    [["TLP:WHITE"], "TLP:CLEAR", true],
    [["tlp:green"], "TLP:GREEN", true],
    [["TLP:GREEN"], "TLP:CLEAR", false],
    [["TLP:AMBER"], "TLP:AMBER", true],
    [["TLP:AMBER+STRICT"], "TLP:AMBER", false],
    [["TLP:AMBER+STRICT"], "TLP:AMBER+STRICT", true],
    [["TLP:RED"], "TLP:RED", true],
    [["TLP:CLEAR", "TLP:RED"], "TLP:AMBER", false],
    [["TLP:OURS"], "TLP:AMBER+STRICT", false],
    [["TLP:OURS"], "TLP:RED", true],
    [["PAP:RED"], "TLP:CLEAR", true],
    [["TLP:RED"], undefined, true],
  ];
  for (const [definitions, markings, isEmitted] of cases) {
    await t.step(`${definitions.join(" and ")} for ${markings}`, () => {
      const objectMarking = definitions.map((definition) => ({
        definition_type: definition.split(":")[0],
        definition,
      }));
      const reason = why({ objectMarking }, { markings });
      assertEquals(reason === undefined, isEmitted);
    });
  }
  assertEquals(
    why(
      { objectMarking: [{ definition_type: "TLP", definition: "TLP:RED" }] },
      { markings: "TLP:GREEN" },
    ),
    { by: "markings", has: "TLP:RED", most: "TLP:GREEN" },
  );
});

/** As good as can be. */
const GOOD = {
  x_opencti_score: 80,
  confidence: 80,
  x_opencti_detection: true,
  revoked: false,
  valid_until: "2030-01-01T00:00:00.000Z",
  labels: ["c2"],
  markings: ["TLP:GREEN"],
};

/** The same but for one thing, and the option that leaves it out for it. */
const WORSE: Readonly<
  Record<string, readonly [Partial<KnownIndicator>, Partial<Config>]>
> = {
  "a low score": [{ x_opencti_score: 20 }, { min_score: 50 }],
  "no score": [{ x_opencti_score: null }, { min_score: 50 }],
  "a low confidence": [{ confidence: 20 }, { min_confidence: 50 }],
  "not for detection": [{ x_opencti_detection: false }, {
    only_detection: true,
  }],
  "revoked": [{ revoked: true }, { include_revoked: false }],
  "expired": [{ valid_until: "2026-05-01T00:00:00.000Z" }, {
    include_expired: false,
  }],
  "another label": [{ labels: ["x"] }, { labels: ["C2"] }],
  "an unwanted label": [{ labels: ["c2", "benign"] }, {
    not_labels: ["benign"],
  }],
  "marked higher": [{ markings: ["TLP:RED"] }, { markings: "TLP:AMBER" }],
};

/** What cannot be asked for in the same request. */
const OURS_ALONE = ["labels", "not_labels", "markings"];

Deno.test("each option leaves out rows of the answer and events, of every kind", async (t) => {
  for (const [name, [fields, options]] of Object.entries(WORSE)) {
    await t.step(name, async () => {
      const before = await lookUp({ ...GOOD, ...fields }, {});
      const after = await lookUp({ ...GOOD, ...fields }, options);
      const isAsked = !OURS_ALONE.includes(Object.keys(options)[0] ?? "");
      assertEquals(before.rows, { exact: 2, partial: 4 });
      assertEquals(
        after.rows,
        isAsked ? { exact: 1, partial: 2 } : before.rows,
      );
      assertEquals(before.askMarks, undefined);
      assertEquals(after.askMarks, isAsked ? undefined : true);
      assertEquals(before.emitted.toSorted(), [
        "indicator_partial_pattern_match good partial",
        "indicator_partial_pattern_match worse partial",
        "indicator_pattern_match good",
        "indicator_pattern_match worse",
        "observable_with_indicator worse own",
        "observable_with_related_indicator worse of another",
      ]);
      assertEquals(after.emitted.toSorted(), [
        "indicator_partial_pattern_match good partial",
        "indicator_pattern_match good",
      ]);
    });
  }
});

Deno.test("an indicator without valid_until is emitted if include_expired is false", async () => {
  const { rows, emitted } = await lookUp({ ...GOOD, valid_until: null }, {
    include_expired: false,
  });
  assertEquals(rows, { exact: 2, partial: 4 });
  assertEquals(emitted.length, 6);
});

Deno.test("what is filtered out by its labels does not crowd out what is emitted", async () => {
  await using opencti = startOpencti({
    indicators: [
      ...Array.from({ length: 40 }, (_, n) => ({
        id: `benign ${n}`,
        name: "n",
        pattern: "[ipv4-addr:value = '1.2.3.4']",
        x_opencti_score: 90,
        labels: ["benign"],
      })),
      {
        id: "wanted",
        name: "n",
        pattern: "[ipv4-addr:value = '1.2.3.4']",
        x_opencti_score: 1,
      },
    ],
    observables: [],
  });
  const { emitted } = await ask(opencti.url, [iocOf("1.2.3.4")], {
    not_labels: ["Benign"],
  });
  assertEquals(emitted, ["indicator_pattern_match wanted"]);
});

/** Looks up addresses of which each kind of match says something. */
async function lookUp(
  worse: Partial<KnownIndicator>,
  options: Partial<Config>,
) {
  const indicator = (
    id: string,
    pattern: string,
    fields: Partial<KnownIndicator> = worse,
  ) => ({ id, name: id, pattern, ...fields });
  const exact = "[ipv4-addr:value = '1.2.3.4']";
  const partial =
    "[ipv4-addr:value = '1.2.3.4' AND ipv4-addr:value = '9.9.9.9']";
  const address = (id: string) => ({
    id,
    entity_type: "IPv4-Addr",
    observable_value: id,
  });
  await using opencti = startOpencti({
    indicators: [
      indicator("good", exact, GOOD),
      indicator("worse", exact),
      indicator("good partial", partial, GOOD),
      indicator("worse partial", partial),
      indicator("worse own", "x"),
      indicator("worse of another", "x"),
    ],
    observables: [
      { ...address("5.5.5.5"), indicators: ["worse own"] },
      {
        ...address("6.6.6.6"),
        related: [{ to: "7.7.7.7", relationship_type: "related-to" }],
      },
      { ...address("7.7.7.7"), indicators: ["worse of another"] },
    ],
  });
  const iocs = ["1.2.3.4", "5.5.5.5", "6.6.6.6"].map(iocOf);
  return await ask(opencti.url, iocs, options);
}

function iocOf(text: string): Ioc {
  const ioc = toIoc({ kind: "address", text, field: "f" });
  assert("spellings" in ioc);
  return ioc;
}

async function ask(
  url: string,
  iocs: readonly Ioc[],
  options: Partial<Config>,
) {
  const config = { ...MATCHING, max_ind_alerts: 9, ...options, now: NOW };
  const { question } = questionFor(iocs, config);
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(question),
  });
  const { data, errors } = await response.json();
  assertEquals(errors, undefined);
  const answer = v.parse(Answer, data);
  const { matches } = matchAnswer(iocs, answer, config);
  return {
    askMarks: question.variables.askMarks,
    rows: {
      exact: answer.exact.nodes.length,
      partial: answer.partial.nodes.length,
    },
    emitted: matches.map((match) => {
      const { opencti } = matchEvent(match, {
        ...config,
        alert: parseAlert("{}"),
        baseUrl: url,
        latencyMs: 1,
      });
      return `${opencti.event_type} ${match.indicator.id}`;
    }),
  };
}
