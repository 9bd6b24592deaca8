import * as v from "valibot";
import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import {
  matchAnswer,
  type Matches,
  type MatchOptions,
} from "../../lib/match/answer.ts";
import { readRegex } from "../../lib/match/regex.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { sentencesOn } from "../../lib/run/decisions.ts";
import { Answer } from "../../lib/opencti/schema.ts";

const NOW = new Date("2026-06-01T00:00:00Z");

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

/** An indicator as OpenCTI has it, as little as can be. */
function indicator(id: string, fields: Record<string, unknown> = {}) {
  return { id, name: id, pattern: "[ipv4-addr:value = '1.2.3.4']", ...fields };
}

function observable(id: string, fields: Record<string, unknown> = {}) {
  return {
    id,
    entity_type: "IPv4-Addr",
    observable_value: "1.2.3.4",
    indicators: connection(),
    stixCoreRelationships: connection(),
    ...fields,
  };
}

function connection(...nodes: unknown[]) {
  return { edges: nodes.map((node) => ({ node })) };
}

function match(
  data: Record<string, unknown>,
  { iocs = [iocOf("address", "1.2.3.4")], ...options }:
    & { readonly iocs?: readonly Ioc[] }
    & Partial<MatchOptions> = {},
): Matches & { readonly sentences: readonly string[] } {
  const matches = matchAnswer(iocs, v.parse(Answer, data), {
    ...MATCHING,
    now: NOW,
    ...options,
  });
  return {
    ...matches,
    sentences: sentencesOn(matches.decisions, MATCHING),
  };
}

function emitted({ matches }: Matches): string[] {
  return matches.map((match) =>
    `${match.type} ${
      "observable" in match ? `${match.observable.id} ` : ""
    }${match.indicator.id}`
  );
}

Deno.test("matchAnswer() parts a pattern that holds from one that may", async (t) => {
  const cases: readonly [pattern: string | null, type: string | undefined][] = [
    ["[ipv4-addr:value = '1.2.3.4']", "indicator_pattern_match"],
    ["[ IPV4-ADDR:value='1.2.3.4' ]", "indicator_pattern_match"],
    ["[ipv4-addr:value = '1.2.3.4/32']", "indicator_pattern_match"],
    [
      "[ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value = '5.6.7.8']",
      "indicator_pattern_match",
    ],
    [
      "[ipv4-addr:value = '1.2.3.4'] AND [ipv4-addr:value = '5.6.7.8']",
      "indicator_partial_pattern_match",
    ],
    [
      "[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS",
      "indicator_pattern_match",
    ],
    [
      "[ipv4-addr:value IN ('1.2.3.4', '5.6.7.8')]",
      "indicator_pattern_match",
    ],
    [
      "[network-traffic:dst_ref.value = '1.2.3.4']",
      "indicator_partial_pattern_match",
    ],
    [
      "[domain-name:resolves_to_refs[*].value = '1.2.3.4']",
      "indicator_partial_pattern_match",
    ],
    ["[domain-name:value = '1.2.3.4']", "indicator_partial_pattern_match"],
    ["[ipv6-addr:value = '::ffff:1.2.3.4']", "indicator_pattern_match"],
    ["[ipv4-addr:value = '1.2.3.4:8443']", undefined],
    ["[ipv4-addr:value = '11.2.3.45']", undefined],
    ["[ipv4-addr:value = '1.2.3.45']", undefined],
    ["[ipv4-addr:value != '1.2.3.4']", undefined],
    ["[url:value = 'http://1.2.3.4/']", undefined],
    ["[file:name = '1.2.3.4']", undefined],
    ["no pattern 1.2.3.4", undefined],
    [null, undefined],
  ];
  for (const [pattern, type] of cases) {
    await t.step(String(pattern), () => {
      const { matches, sentences } = match({
        partial: connection(indicator("a", { pattern })),
      });
      assertEquals(
        matches.map((match) => match.type),
        type === undefined ? [] : [type],
      );
      assertEquals(sentences.length, 1, "it is said why");
    });
  }
});

Deno.test("matchAnswer() takes all hashes of our file for the file itself", async (t) => {
  const [a, b, c] = ["a".repeat(64), "b".repeat(40), "c".repeat(32)];
  const iocs = [iocOf("sha256", a), iocOf("sha1", b), iocOf("md5", c)];
  const cases = [
    [
      `[file:hashes.'SHA-256' = '${a}' OR file:hashes.'SHA-1' = '${b}' OR file:hashes.MD5 = '${c}']`,
      "indicator_pattern_match",
    ],
    [
      `[file:hashes.MD5 = '${c.toUpperCase()}' OR file:hashes.'SHA-256' = '${a}']`,
      "indicator_pattern_match",
    ],
    [
      `[file:hashes.MD5 = '${c}' OR file:hashes.MD5 = '${"d".repeat(32)}']`,
      "indicator_pattern_match",
    ],
    [
      `[file:hashes.MD5 = '${c}' AND file:name = 'x']`,
      "indicator_partial_pattern_match",
    ],
  ] as const;
  for (const [pattern, type] of cases) {
    await t.step(pattern, () => {
      const data = { exact: connection(indicator("x", { pattern })) };
      assertEquals(emitted(match(data, { iocs })), [`${type} x`]);
    });
  }
  await t.step("one hash of an OR is enough, of an AND it is not", () => {
    const data = (operator: string) => ({
      exact: connection(indicator("x", {
        pattern:
          `[file:hashes.'SHA-256' = '${a}' ${operator} file:hashes.MD5 = '${c}']`,
      })),
    });
    const one = { iocs: [iocOf("sha256", a)] };
    assertEquals(emitted(match(data("OR"), one)), [
      "indicator_pattern_match x",
    ]);
    const partial = match(data("AND"), one);
    assertEquals(emitted(partial), ["indicator_partial_pattern_match x"]);
    assertEquals(partial.matches[0]?.unmet, [
      { comparison: `file:hashes.MD5 = '${c}'`, alert: "silent" },
    ]);
    const d = "d".repeat(32);
    const others = { iocs: [iocOf("sha256", a), iocOf("md5", d)] };
    assertEquals(match(data("AND"), others).matches[0]?.unmet, [
      { comparison: `file:hashes.MD5 = '${c}'`, alert: { says: [d] } },
    ]);
  });
});

Deno.test("matchAnswer() takes only what says the IoC alone as full, if exact_only is true", async (t) => {
  const [a, c] = ["a".repeat(64), "c".repeat(32)];
  const files = [iocOf("sha256", a), iocOf("md5", c)];
  const address = [iocOf("address", "1.2.3.4"), iocOf("address", "5.6.7.8")];
  const cases: readonly [readonly Ioc[], string, "full" | "partial"][] = [
    [address, "[ipv4-addr:value = '1.2.3.4']", "full"],
    [
      address,
      "[ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value = '9.9.9.9']",
      "partial",
    ],
    [address, "[ipv4-addr:value IN ('1.2.3.4', '9.9.9.9')]", "partial"],
    [
      address,
      "[ipv4-addr:value = '1.2.3.4'] AND [ipv4-addr:value = '5.6.7.8']",
      "partial",
    ],
    [address, "[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS", "partial"],
    [
      files,
      `[file:hashes.'SHA-256' = '${a}' OR file:hashes.MD5 = '${c}']`,
      "full",
    ],
    [
      files.slice(1),
      `[file:hashes.'SHA-256' = '${a}' OR file:hashes.MD5 = '${c}']`,
      "full",
    ],
    [
      files,
      `[file:hashes.'SHA-256' = '${
        "b".repeat(64)
      }' OR file:hashes.MD5 = '${c}']`,
      "partial",
    ],
    [files, `[file:hashes.MD5 = '${c}' OR file:name = 'x']`, "partial"],
  ];
  for (const [iocs, pattern, expected] of cases) {
    await t.step(pattern, () => {
      const data = { exact: connection(indicator("x", { pattern })) };
      const [found] = match(data, { iocs, exact_only: true }).matches;
      assertEquals(
        found?.type,
        expected === "full"
          ? "indicator_pattern_match"
          : "indicator_partial_pattern_match",
      );
    });
  }
});

Deno.test("matchAnswer() ranks by what is best to know, and takes nulls", async (t) => {
  const partial =
    "[ipv4-addr:value = '1.2.3.4' AND ipv4-addr:value = '5.6.7.8']";
  const best = {
    revoked: false,
    x_opencti_detection: true,
    x_opencti_score: 80,
    confidence: 80,
    valid_until: "2030-01-01T00:00:00.000Z",
  };
  const worse: Readonly<Record<string, Record<string, unknown>>> = {
    "active before all else": {
      pattern: partial,
      revoked: true,
      x_opencti_score: 100,
    },
    "in full before in part": { pattern: partial, x_opencti_score: 100 },
    "not revoked": { revoked: true, x_opencti_score: 100 },
    "not in the future": {
      valid_from: "2026-06-02T00:00:00.000Z",
      x_opencti_score: 100,
    },
    "detection": { x_opencti_detection: false, x_opencti_score: 100 },
    "detection unknown": { x_opencti_detection: null, x_opencti_score: 100 },
    "score": { x_opencti_score: 79, confidence: 100 },
    "score unknown": { x_opencti_score: null, confidence: 100 },
    "confidence": { confidence: 79 },
    "confidence unknown": { confidence: null },
    "not expired": {
      valid_until: "2026-05-31T00:00:00.000Z",
      x_opencti_score: 100,
    },
  };
  for (const [name, fields] of Object.entries(worse)) {
    await t.step(name, () => {
      const nodes = [
        indicator("worse", { ...best, ...fields }),
        indicator("best", best),
      ];
      const data = { exact: connection(...nodes) };
      assertEquals(match(data).matches.map((m) => m.indicator.id), [
        "best",
        "worse",
      ]);
    });
  }
  await t.step("one that never expires is not expired", () => {
    const nodes = [
      indicator("expired", {
        ...best,
        valid_until: "2020-01-01T00:00:00.000Z",
      }),
      indicator("forever", { ...best, valid_until: null }),
    ];
    const data = { exact: connection(...nodes) };
    assertEquals(match(data).matches.map((m) => m.indicator.id), [
      "forever",
      "expired",
    ]);
  });
});

Deno.test("matchAnswer() emits an indicator once, and no more than max_ind_alerts", () => {
  const nodes = ["a", "b", "c", "d"].map((id) => indicator(id));
  const data = { exact: connection(...nodes), partial: connection(...nodes) };
  assertEquals(match(data).matches.map((m) => m.indicator.id), ["a", "b", "c"]);
  assertEquals(match(data, { max_ind_alerts: 1 }).matches.length, 1);
  const { matches, sentences } = match(data, { max_ind_alerts: 0 });
  assertEquals(matches, []);
  assert(sentences[0]?.includes("max_ind_alerts is 0"), sentences[0]);
});

Deno.test("matchAnswer() emits no partial match if partial_matches is false", () => {
  const and = "[ipv4-addr:value = '1.2.3.4' AND ipv4-addr:value = '5.6.7.8']";
  const data = {
    exact: connection(
      indicator("a"),
      indicator("b", { pattern: and }),
      indicator("c", { pattern: and.replace("AND", "OR") }),
    ),
  };
  const { matches, sentences } = match(data, {
    partial_matches: false,
  });
  assertEquals(matches.map((m) => m.indicator.id), ["a", "c"]);
  assert(
    sentences.some((sentence) => sentence.includes("partial_matches is false")),
  );
});

Deno.test("matchAnswer() emits an observable of indicators that were not emitted", async (t) => {
  await t.step("with an indicator", () => {
    const data = {
      values: connection(
        observable("o", {
          indicators: connection(indicator("i", { pattern: "yara" })),
        }),
      ),
    };
    assertEquals(emitted(match(data)), ["observable_with_indicator o i"]);
  });
  await t.step("the best of its indicators", () => {
    const indicators = connection(
      indicator("low", { x_opencti_score: 10 }),
      indicator("high", { x_opencti_score: 90 }),
    );
    assertEquals(
      emitted(match({ values: connection(observable("o", { indicators })) })),
      ["observable_with_indicator o high"],
    );
  });
  await t.step("another one than was emitted directly", () => {
    const data = {
      exact: connection(indicator("first", { x_opencti_score: 90 })),
      values: connection(observable("o", {
        indicators: connection(
          indicator("first", { x_opencti_score: 90 }),
          indicator("new", { pattern: "yara" }),
        ),
      })),
    };
    assertEquals(emitted(match(data)), [
      "indicator_pattern_match first",
      "observable_with_indicator o new",
    ]);
  });
  await t.step(
    "not if all were emitted directly, nor then of related ones",
    () => {
      const data = {
        exact: connection(indicator("first")),
        values: connection(observable("o", {
          indicators: connection(indicator("first")),
          stixCoreRelationships: connection({
            relationship_type: "related-to",
            from: observable("o"),
            to: observable("p", {
              observable_value: "5.6.7.8",
              indicators: connection(indicator("other")),
            }),
          }),
        })),
      };
      assertEquals(emitted(match(data)), ["indicator_pattern_match first"]);
    },
  );
  await t.step("no more than max_obs_alerts, the best first", () => {
    const iocs = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map((text) =>
      iocOf("address", text)
    );
    const values = connection(...iocs.map(({ value }, n) =>
      observable(value, {
        observable_value: value,
        indicators: connection(
          indicator(`of ${value}`, { pattern: "yara", x_opencti_score: n }),
        ),
      })
    ));
    assertEquals(emitted(match({ values }, { iocs })), [
      "observable_with_indicator 3.3.3.3 of 3.3.3.3",
      "observable_with_indicator 2.2.2.2 of 2.2.2.2",
    ]);
    assertEquals(match({ values }, { iocs, max_obs_alerts: 0 }).matches, []);
  });
});

Deno.test("matchAnswer() emits an observable of related ones, whichever end they are", async (t) => {
  const o = observable("o");
  const p = observable("p", {
    observable_value: "5.6.7.8",
    indicators: connection(indicator("i", { pattern: "yara" })),
  });
  const cases = [
    ["to", { from: o, to: p }, ["observable_with_related_indicator o i"]],
    ["from", { from: p, to: o }, ["observable_with_related_indicator o i"]],
    ["itself", {
      from: { ...o, indicators: p.indicators },
      to: { ...o, indicators: p.indicators },
    }, []],
    ["no observable", { from: o, to: {} }, []],
    ["nothing", { from: o, to: null }, []],
  ] as const;
  for (const [name, ends, expected] of cases) {
    await t.step(name, () => {
      const stixCoreRelationships = connection({
        relationship_type: "related-to",
        ...ends,
      });
      const data = { values: connection({ ...o, stixCoreRelationships }) };
      assertEquals(emitted(match(data)), [...expected]);
    });
  }
  await t.step("not if the related indicator was emitted directly", () => {
    const data = {
      exact: connection(indicator("i")),
      values: connection({
        ...o,
        stixCoreRelationships: connection({
          relationship_type: "related-to",
          from: o,
          to: p,
        }),
      }),
    };
    assertEquals(emitted(match(data)), ["indicator_pattern_match i"]);
  });
  await t.step("its own indicator comes first, whatever the score", () => {
    const iocs = [iocOf("address", "1.2.3.4"), iocOf("address", "9.9.9.9")];
    const own = observable("own", {
      observable_value: "9.9.9.9",
      indicators: connection(
        indicator("mine", { pattern: "yara", x_opencti_score: 1 }),
      ),
    });
    const stixCoreRelationships = connection({
      relationship_type: "related-to",
      from: o,
      to: {
        ...p,
        indicators: connection(
          indicator("i", { x_opencti_score: 99, pattern: "yara" }),
        ),
      },
    });
    const values = connection({ ...o, stixCoreRelationships }, own);
    assertEquals(emitted(match({ values }, { iocs })), [
      "observable_with_indicator own mine",
      "observable_with_related_indicator o i",
    ]);
  });
});

Deno.test("matchAnswer() filters as the options say, and says why", async (t) => {
  const low = { x_opencti_score: 20 };
  const high = { x_opencti_score: 80 };
  const options = { min_score: 50 };
  const yara = (id: string, fields: Record<string, unknown>) =>
    indicator(id, { pattern: "yara", ...fields });
  const filtered =
    'indicator "low" (low) is filtered out: its score 20 is below ' +
    "min_score 50";
  await t.step("of the indicators, said once", () => {
    const exact = connection(indicator("low", low), indicator("high", high));
    const values = connection(
      observable("o", { indicators: connection(indicator("low", low)) }),
    );
    const found = match({ exact, partial: exact, values }, options);
    assertEquals(emitted(found), ["indicator_pattern_match high"]);
    assertEquals(found.found, 1);
    assertEquals(
      found.sentences.filter((sentence) => sentence === filtered).length,
      1,
    );
  });
  await t.step("of an observable's indicators", () => {
    const indicators = connection(yara("low", low), yara("high", high));
    const values = connection(observable("o", { indicators }));
    const found = match({ values }, options);
    assertEquals(emitted(found), ["observable_with_indicator o high"]);
    assert(found.sentences.includes(filtered));
  });
  const relatedTo = (...indicators: unknown[]) =>
    connection({
      relationship_type: "related-to",
      from: observable("o"),
      to: observable("p", {
        observable_value: "5.6.7.8",
        indicators: connection(...indicators),
      }),
    });
  await t.step("all of them: what is related does not stand for it", () => {
    const values = connection(observable("o", {
      indicators: connection(yara("low", low)),
      stixCoreRelationships: relatedTo(yara("high", high)),
    }));
    const found = match({ values }, options);
    assertEquals(emitted(found), []);
    assertEquals(found.sentences, [
      filtered,
      'observable "1.2.3.4" (o) is skipped: all its indicators are filtered out',
    ]);
  });
  await t.step("of a related one's indicators", () => {
    const of = (...indicators: unknown[]) =>
      match({
        values: connection(observable("o", {
          stixCoreRelationships: relatedTo(...indicators),
        })),
      }, options);
    const found = of(yara("low", low), yara("high", high));
    assertEquals(emitted(found), ["observable_with_related_indicator o high"]);
    assert(found.sentences.includes(filtered));
    assertEquals(emitted(of(yara("low", low))), []);
  });
});

Deno.test("matchAnswer() compares an observable with our IoCs", async (t) => {
  const sha256 = "a".repeat(64);
  const iocs = [
    iocOf("address", "2a00:1450::1"),
    iocOf("host", "evil.example"),
    iocOf("url", "http://evil.example/"),
    iocOf("sha256", sha256),
  ];
  const cases: readonly [
    string,
    Record<string, unknown>,
    string | undefined,
  ][] = [
    ["exploded IPv6", {
      entity_type: "IPv6-Addr",
      observable_value: "2A00:1450:0000:0000:0000:0000:0000:0001",
    }, "ipv6"],
    ["a hostname", {
      entity_type: "Hostname",
      observable_value: "EVIL.example",
    }, "domain"],
    ["a URL without slash", {
      entity_type: "Url",
      observable_value: "http://evil.example",
    }, "url"],
    ["a file", {
      entity_type: "StixFile",
      hashes: [{ algorithm: "MD5", hash: null }, {
        algorithm: "SHA-256",
        hash: sha256.toUpperCase(),
      }],
    }, "sha256"],
    ["a file whose algorithm is written in other ways", {
      entity_type: "Artifact",
      hashes: [{ algorithm: "sha256", hash: sha256 }],
    }, "sha256"],
    ["a file whose hash is of another kind", {
      entity_type: "StixFile",
      hashes: [{ algorithm: "SHA-512", hash: sha256 }],
    }, undefined],
    ["another value", {
      entity_type: "Domain-Name",
      observable_value: "notevil.example",
    }, undefined],
    ["another type", {
      entity_type: "User-Account",
      observable_value: "evil.example",
    }, undefined],
  ];
  for (const [name, fields, kind] of cases) {
    await t.step(name, () => {
      const indicators = connection(indicator("i", { pattern: "yara" }));
      const { matches } = match({
        values: connection(observable("o", { ...fields, indicators })),
      }, { iocs });
      assertEquals(
        matches.map(({ met: { ioc } }) => ioc.kind),
        kind === undefined ? [] : [kind],
      );
    });
  }
});

Deno.test("matchAnswer() takes an answer that holds nothing", () => {
  for (
    const data of [{}, { exact: null, values: { edges: null } }, {
      exact: { edges: [null, { node: null }] },
    }]
  ) {
    assertEquals(match(data), {
      matches: [],
      found: 0,
      cutOff: [],
      hasMore: false,
      decisions: [],
      sentences: [],
    });
  }
});

Deno.test("matchAnswer() says when OpenCTI has more", () => {
  const exact = {
    ...connection(indicator("a")),
    pageInfo: { hasNextPage: true },
  };
  assertEquals(match({ exact }).cutOff, ["exact"]);
  assertEquals(match({ exact: connection(indicator("a")) }).cutOff, []);
});

Deno.test("matchAnswer() says when OpenCTI has more about an observable", () => {
  const more = { edges: [], pageInfo: { hasNextPage: true } };
  const cutOff = (fields: Record<string, unknown>) =>
    match({ values: connection(observable("o", fields)) }).cutOff;
  assertEquals(cutOff({ indicators: more }), ["indicators"]);
  assertEquals(cutOff({ stixCoreRelationships: more }), ["relationships"]);
  const to = observable("p", { indicators: more });
  const node = { relationship_type: "x", from: null, to };
  assertEquals(cutOff({ stixCoreRelationships: { edges: [{ node }] } }), [
    "related indicators",
  ]);
  // What is related matters only for what has no indicator.
  const indicators = connection(indicator("i", { pattern: "yara" }));
  assertEquals(cutOff({ indicators, stixCoreRelationships: more }), []);
  assertEquals(cutOff({}), []);
});

Deno.test("matchAnswer() emits an indicator of two observables once for an IoC", () => {
  const indicators = connection(indicator("i", { pattern: "yara" }));
  const known = (type: string, value: string) =>
    observable(`${type} ${value}`, {
      entity_type: type,
      observable_value: value,
      indicators,
    });
  const values = connection(
    known("Domain-Name", "a.example"),
    known("Hostname", "a.example"),
    known("Domain-Name", "b.example"),
  );
  const { matches, sentences } = match({ values }, {
    iocs: [iocOf("host", "a.example"), iocOf("host", "b.example")],
  });
  assertEquals(matches.map(({ met: { ioc } }) => ioc.value), [
    "a.example",
    "b.example",
  ]);
  assert(
    sentences.some((sentence) =>
      sentence.startsWith("skipped, an earlier match has its indicator:")
    ),
  );
});

Deno.test("matchAnswer() takes a URL in other case in part, unless url_case is false", async (t) => {
  const cases = [
    ["http://evil.example/virus", false],
    ["http://evil.example/VIRUS", true],
    ["HTTP://EVIL.example/VIRUS", true],
    ["http://evil.example/V%49RUS", true],
  ] as const;
  for (const [url, isSame] of cases) {
    await t.step(url, () => {
      const data = {
        exact: connection(
          indicator("i", { pattern: `[url:value = '${url}']` }),
        ),
      };
      const iocs = [iocOf("url", "http://evil.example/VIRUS")];
      const found = match(data, { iocs });
      assertEquals(
        emitted(found),
        isSame
          ? ["indicator_pattern_match i"]
          : ["indicator_partial_pattern_match i"],
      );
      assertEquals(
        found.matches[0]?.unmet,
        isSame
          ? []
          : [{ comparison: `url:value = '${url}'`, alert: "other_case" }],
      );
      assertEquals(emitted(match(data, { iocs, url_case: false })), [
        "indicator_pattern_match i",
      ]);
    });
  }
});

Deno.test("matchAnswer() says of an observable what the alert says against its indicator", () => {
  const and = indicator("i", {
    pattern: "[ipv4-addr:value = '1.2.3.4' AND network-traffic:dst_port = 443]",
  });
  const found = match({
    partial: connection(and),
    values: connection(observable("o", { indicators: connection(and) })),
  }, { alert: parseAlert('{"data": {"dstport": "8443"}}') });
  assertEquals(emitted(found), ["observable_with_indicator o i"]);
  assertEquals(found.matches[0]?.unmet, [{
    comparison: "network-traffic:dst_port = 443",
    alert: { says: ["8443"] },
  }]);
});

Deno.test("matchAnswer() takes an observable in part for a partial match", async (t) => {
  const indicators = connection(indicator("i", { pattern: "yara" }));
  const url = iocOf("url", "http://evil.example/VIRUS");
  const domain = iocOf("host", "a.evil.example");
  const cases: readonly [
    string,
    Ioc,
    Record<string, unknown>,
    "other_case" | "below",
  ][] = [
    ["a URL in other case", url, {
      entity_type: "Url",
      observable_value: "http://evil.example/virus",
    }, "other_case"],
    ["a domain above", domain, {
      entity_type: "Domain-Name",
      observable_value: "evil.example",
    }, "below"],
  ];
  for (const [name, ioc, fields, alert] of cases) {
    const options = {
      iocs: [ioc],
      parents: [{ ioc: domain, domain: "evil.example" }],
    };
    const known = (rest: Record<string, unknown>) => ({
      values: connection(observable("o", { ...fields, ...rest })),
    });
    await t.step(name, () => {
      const found = match(known({ indicators }), options);
      assertEquals(emitted(found), ["indicator_partial_pattern_match o i"]);
      assertEquals(found.matches[0]?.unmet.map((one) => one.alert), [alert]);
    });
    await t.step(`${name}, partial_matches false`, () => {
      const stixCoreRelationships = connection({
        relationship_type: "related-to",
        from: null,
        to: observable("p", { observable_value: "5.6.7.8", indicators }),
      });
      for (const rest of [{ indicators }, { stixCoreRelationships }]) {
        const found = match(known(rest), {
          ...options,
          partial_matches: false,
        });
        assertEquals(emitted(found), []);
        assert(found.sentences[0]?.endsWith("partial_matches is false"));
      }
    });
  }
});

Deno.test("matchAnswer() takes no more of an answer than was asked for", async (t) => {
  const exact = connection(
    ...Array.from({ length: 600 }, (_, n) => indicator(`i${n}`)),
  );
  const indicators = connection(indicator("i", { pattern: "yara" }));
  const values = connection(
    ...Array.from(
      { length: 60 },
      (_, n) => observable(`o${n}`, { indicators }),
    ),
  );
  const cases: readonly [Partial<MatchOptions>, [number, number]][] = [
    [{}, [50, 10]],
    [{ max_ind_alerts: 70 }, [70, 10]],
    [{ max_obs_alerts: 30 }, [50, 30]],
    [{ page: 2 }, [500, 60]],
  ];
  for (const [options, [ofExact, ofValues]] of cases) {
    await t.step(JSON.stringify(options), () => {
      const found = match({ exact }, options);
      assertEquals([found.found, found.cutOff], [ofExact, ["exact"]]);
      const observables = match({ values }, options);
      assertEquals(
        [observables.found, observables.cutOff],
        [ofValues, ofValues < 60 ? ["values"] : []],
      );
    });
  }
});

Deno.test("matchAnswer() says when a pattern is too long to be read", async (t) => {
  const other = "ipv4-addr:value = '9.9.9.9' OR ";
  const ours = "ipv4-addr:value = '1.2.3.4'";
  const long = other.repeat(10_000);
  await t.step("and finds what is at its start", () => {
    const exact = connection(
      indicator("a", { pattern: `[${ours} OR ${long}${ours}]` }),
    );
    const found = match({ exact });
    assertEquals(emitted(found), ["indicator_partial_pattern_match a"]);
    assertEquals(found.cutOff, []);
  });
  await t.step("and not what is at its end", () => {
    const exact = connection(
      indicator("a", { pattern: `[${long}${ours}]` }),
    );
    const { matches, cutOff, sentences } = match({ exact });
    assertEquals(matches, []);
    assertEquals(cutOff, ["of a pattern"]);
    const [sentence = ""] = sentences;
    assert(
      sentence.includes("the first 262144 characters of its pattern"),
      sentence,
    );
    assert(sentence.length < 1500, "it is not said whole");
  });
  await t.step("and reads the others", () => {
    const exact = connection(
      indicator("a", { pattern: `[${long}${ours}]` }),
      indicator("b"),
      indicator("c", { pattern: `[${other.repeat(100)}${ours}]` }),
    );
    assertEquals(emitted(match({ exact })), [
      "indicator_pattern_match b",
      "indicator_pattern_match c",
    ]);
  });
});

Deno.test("matchAnswer() says when a pattern cannot be compared", () => {
  const pattern = "[ipv4-addr:value MATCHES '(?=1.2)']";
  const { matches, cutOff, sentences } = match({
    partial: connection(indicator("a", { pattern })),
  });
  assertEquals([matches, cutOff], [[], ["of a pattern"]]);
  assert(sentences[0]?.includes("as far as its pattern could be compared"));
});

Deno.test("matchAnswer() takes linear time for patterns of others", async (t) => {
  const iocs = Array.from({ length: 100 }, (_, n) => [
    iocOf("host", `a${n}.xn--bcher-kva.example`),
    iocOf("url", `http://a${n}.example/${"a".repeat(300)}`),
  ]).flat();
  const one: Readonly<Record<string, string>> = {
    "equal": "url:value = 'http://x.example/a%20b'",
    "LIKE": "domain-name:value LIKE '%.x.y'",
    "LIKE, hostile": "url:value LIKE '%a%a%b'",
    "NOT LIKE": "domain-name:value NOT LIKE '%x'",
    "MATCHES": "url:value MATCHES '(a*)*b'",
    "ISSUBSET": "ipv4-addr:value ISSUBSET '9.9.9.0/24'",
  };
  for (const [name, comparison] of Object.entries(one)) {
    await t.step(name, () => {
      const pattern = `[${Array(4000).fill(comparison).join(" OR ")}]`;
      const start = performance.now();
      match({ exact: connection(indicator("a", { pattern })) }, {
        iocs,
        readRegex,
      });
      // A tenth of that, if nothing else runs.
      assert(performance.now() - start < 4000);
    });
  }
});

Deno.test("matchAnswer() says no more than a thousand things, none at length", () => {
  const name = "x".repeat(100_000);
  const exact = connection(
    ...Array.from({ length: 500 }, (_, n) => indicator(`a${n}`, { name })),
  );
  const partial = connection(
    ...Array.from({ length: 500 }, (_, n) => indicator(`b${n}`, { name })),
  );
  const indicators = connection(indicator("c", { pattern: "yara", name }));
  const values = connection(
    ...Array.from(
      { length: 50 },
      (_, n) => observable(`o${n}`, { indicators }),
    ),
  );
  const { sentences } = match({ exact, partial, values }, {
    max_ind_alerts: 500,
    max_obs_alerts: 50,
  });
  assertEquals(sentences.length, 1001);
  assertEquals(sentences.at(-1), "and 50 notes more");
  assert(sentences.every((sentence) => sentence.length < 2500));
});
