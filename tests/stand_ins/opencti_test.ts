import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GraphQLError } from "graphql";
import {
  type Knowledge,
  type KnownIndicator,
  type OpenctiOptions,
  startOpencti,
  TOKEN,
} from "./opencti.ts";
import {
  byScore,
  checkFilters,
  type FilterGroup,
  passes,
  standardId,
} from "./opencti_filters.ts";

/** A filter for a pattern. */
function patternFilter(
  operator: string,
  values: readonly string[],
): FilterGroup {
  return {
    mode: "and",
    filters: [{ key: ["pattern"], values, operator, mode: "or" }],
    filterGroups: [],
  };
}

/** Whether a pattern is found. */
function finds(pattern: string, operator: string, value: string): boolean {
  const group = patternFilter(operator, [value]);
  checkFilters(group);
  return passes(group, { pattern: [pattern] });
}

Deno.test("passes() compares by eq whole, without case and accents", async (t) => {
  const cases = [
    ["Évil.example", "evil.EXAMPLE", true],
    ["evil.example", "Évil.example", true],
    ["løve.example", "love.example", true],
    ["evil.example", "evil", false],
    // What has a letter of another script is another.
    ["еvil.example", "evil.example", false],
    ["й", "и", false],
    ["a".repeat(512), "A".repeat(512), true],
    ["a".repeat(513), "a".repeat(513), false],
    ["anything", "EXISTS", true],
    ["anything", "exists", false],
    ["anything", "*", false],
  ] as const;
  for (const [pattern, value, isFound] of cases) {
    await t.step(`${value.slice(0, 40)} in ${pattern.slice(0, 40)}`, () => {
      assertEquals(finds(pattern, "eq", value), isFound);
    });
  }
});

Deno.test("passes() finds by wildcard a phrase of whole words", async (t) => {
  const cases = [
    // Between letters, and between digits, a dot joins; not between both.
    ["lab-five.example", "five.example", true],
    ["host1.evil.com", "evil.com", true],
    ["sub.lab-six.example", "lab-six.example", false],
    ["203.0.113.77", "203.0.113.7", false],
    ["203.0.113.7", "203.0.113.7", true],
    ["a.1.2.3.4", "1.2.3.4", true],
    // So do a colon between letters, a comma between digits.
    ["evil.com:x", "evil.com", false],
    ["evil.com:80", "evil.com", true],
    ["tcp://1.2.3.4:44", "1.2.3.4", true],
    ["1.2.3.4,5.6.7.8", "1.2.3.4", false],
    ["a,b", "b", true],
    // And `_`, whatever it touches.
    ["a_b", "b", false],
    ["1_b", "b", false],
    ["dst_ref.value", "dst_ref.value", true],
    ["dst_ref.value", "value", false],
    // A quote joins letters, but not with an escape before it.
    ["a'b", "b", false],
    [String.raw`[url:value = 'a\'b']`, "a'b", false],
    [String.raw`[url:value = 'a\'b']`, "a b", true],
    ["[domain-name:value = 'evil.com']", "evil.com", true],
    // All else parts words.
    ["(evil.com)/x", "evil.com", true],
    ["evil.com", "evil-com", false],
    ["evil-com", "evil com", true],
    // The words must stand in a row.
    ["a b c", "a c", false],
    ["a b c", "B C", true],
    // A star at the end, or alone.
    ["evil.com", "evil.c*", true],
    ["evil.com", "evil.d*", false],
    ["anything", "*", true],
    ["anything", "-", false],
    // Longer than eq compares.
    [`x ${"a".repeat(600)} y`, "a".repeat(600), true],
  ] as const;
  for (const [pattern, value, isFound] of cases) {
    await t.step(`${value.slice(0, 40)} in ${pattern.slice(0, 40)}`, () => {
      assertEquals(finds(pattern, "wildcard", value), isFound);
    });
  }
});

Deno.test("passes() finds everything where a group asks for nothing", () => {
  for (const mode of ["and", "or"] as const) {
    assertEquals(passes({ mode, filters: [], filterGroups: [] }, {}), true);
  }
});

Deno.test("passes() finds by EXISTS and * what has the key", () => {
  const cases = [["eq", "EXISTS"], ["wildcard", "*"]] as const;
  for (const [operator, value] of cases) {
    const group = patternFilter(operator, [value]);
    assertEquals(passes(group, { pattern: ["x"] }), true);
    assertEquals(passes(group, { pattern: [] }), false);
  }
});

/** What the search engine says of filters that it refuses, deep in the cause. */
function refusalOf(group: FilterGroup): string {
  const error = assertThrows(() => checkFilters(group), GraphQLError);
  assertEquals(error.message, "Fail to execute engine pagination");
  assertEquals(error.extensions["code"], "DATABASE_ERROR");
  return JSON.stringify(error.extensions["data"]);
}

Deno.test("checkFilters() refuses more values than the search engine takes", () => {
  const values = Array.from({ length: 1025 }, (_, n) => `${n}`);
  checkFilters(patternFilter("eq", values.slice(1)));
  const why = refusalOf(patternFilter("eq", values));
  assertStringIncludes(why, "maxClauseCount is set to 1024");
});

Deno.test("checkFilters() refuses a phrase that ends before its end", () => {
  checkFilters(patternFilter("wildcard", [String.raw`a\"b\\`]));
  for (const value of ['a"b', "a\\"]) {
    const why = refusalOf(patternFilter("wildcard", [value]));
    assertStringIncludes(why, "Failed to parse query");
  }
});

Deno.test("standardId() makes the id that OpenCTI made", () => {
  assertEquals(
    standardId("[domain-name:value = 'lab-stream.example']"),
    "indicator--6f7801a8-9927-5bad-b6fb-9f1cb6713eb9",
  );
});

Deno.test("byScore() puts what has no score last, and orders the same by id", () => {
  const indicators = [
    { pattern: "[url:value = 'a']", x_opencti_score: null },
    { pattern: "[url:value = 'b']", x_opencti_score: 0 },
    { pattern: "[url:value = 'c']" },
    { pattern: "[url:value = 'd']", x_opencti_score: 90 },
    { pattern: "[url:value = 'e']", x_opencti_score: 90 },
  ];
  const ordered = byScore(indicators);
  assertEquals(byScore(indicators.toReversed()), ordered);
  assertEquals(ordered.map((one) => one.x_opencti_score ?? null), [
    90,
    90,
    0,
    null,
    null,
  ]);
  const ids = ordered.map(({ pattern }) => standardId(pattern));
  assertEquals(ids.slice(0, 2), ids.slice(0, 2).toSorted());
  assertEquals(ids.slice(3), ids.slice(3).toSorted());
});

/** The stand-in's answer to a query. */
async function ask(
  query: string,
  knowledge: Partial<Knowledge> = {},
  options: OpenctiOptions = {},
) {
  await using opencti = startOpencti(
    { indicators: [], observables: [], ...knowledge },
    options,
  );
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ query }),
  });
  return await response.json();
}

function manyIndicators(length: number): KnownIndicator[] {
  return Array.from({ length }, (_, n) => ({
    id: `${n}`,
    name: "n",
    pattern: `[url:value = '${n}']`,
  }));
}

Deno.test("startOpencti() gives 5 000 of a list at the most, and says no more of it", async (t) => {
  const indicators = manyIndicators(5001);
  const cases = [
    [4999, 4999, true],
    [5000, 5000, true],
    [10_000, 5000, false],
  ] as const;
  for (const [first, length, hasNextPage] of cases) {
    await t.step(`first: ${first}`, async () => {
      const query = `{ indicators(first: ${first}) ` +
        "{ edges { node { id } } pageInfo { hasNextPage } } }";
      const { data } = await ask(query, { indicators });
      assertEquals(data.indicators.edges.length, length);
      assertEquals(data.indicators.pageInfo, { hasNextPage });
    });
  }
});

Deno.test("startOpencti() says of a page that is just full that there is more", async () => {
  const query = "{ indicators(first: 10) { pageInfo { hasNextPage } } }";
  const { data } = await ask(query, { indicators: manyIndicators(10) });
  assertEquals(data.indicators.pageInfo, { hasNextPage: true });
});

Deno.test("startOpencti() compares capabilities by what their names contain", async (t) => {
  const query = "{ indicators(first: 1) { edges { node { id } } } }";
  const cases = [
    [["BYPASS"], undefined],
    [["APIACCESS_USETOKEN", "KNOWLEDGE_KNUPDATE"], undefined],
    [["APIACCESS_USETOKEN", "TAXIIAPI"], "FORBIDDEN_ACCESS"],
    [["APIACCESS_USETOKEN"], "FORBIDDEN_ACCESS"],
    [["APIACCESS", "KNOWLEDGE"], "AUTH_REQUIRED"],
    [[], "AUTH_REQUIRED"],
  ] as const;
  for (const [capabilities, name] of cases) {
    await t.step(capabilities.join(), async () => {
      const { errors } = await ask(query, {}, { capabilities });
      assertEquals(errors?.[0].name, name);
    });
  }
});

Deno.test("startOpencti() refuses what cannot be executed", async (t) => {
  const cases = [
    ["{ about ", "GRAPHQL_PARSE_FAILED"],
    ["{ about { nothing } }", "GRAPHQL_VALIDATION_FAILED"],
    [
      "query ($first: Int!) { indicators(first: $first) { pageInfo { " +
      "hasNextPage } } }",
      "BAD_USER_INPUT",
    ],
  ] as const;
  for (const [query, name] of cases) {
    await t.step(name, async () => {
      const { errors, ...others } = await ask(query);
      assertEquals(errors.length, 1);
      assertEquals(errors[0].name, name);
      assertEquals(errors[0].extensions, { code: name });
      assertEquals(others, {});
    });
  }
});

Deno.test("startOpencti() orders the indicators of an observable by id", async () => {
  const indicators = manyIndicators(9);
  const ids = indicators.map(({ id }) => id);
  const observables = [{
    id: "o",
    entity_type: "Url",
    observable_value: "http://a.example/",
    indicators: ids,
  }];
  const query = "{ stixCyberObservables(first: 1) { edges { node { " +
    "indicators(first: 9) { edges { node { pattern } } } } } } }";
  const { data } = await ask(query, { indicators, observables });
  const [{ node }] = data.stixCyberObservables.edges;
  const found: readonly { readonly node: { readonly pattern: string } }[] =
    node.indicators.edges;
  const standardIds = found.map(({ node }) => standardId(node.pattern));
  assertEquals(standardIds.length, 9);
  assertEquals(standardIds, standardIds.toSorted());
});

Deno.test("startOpencti() takes no types for all, and a parent for its own", async (t) => {
  const observables = ["Url", "IPv4-Addr"].map((entity_type) => ({
    id: entity_type,
    entity_type,
    observable_value: "v",
  }));
  const cases = [
    ["[]", 2],
    ['["Stix-Cyber-Observable"]', 2],
    ['["Url"]', 1],
    ['["Indicator"]', 0],
  ] as const;
  for (const [types, length] of cases) {
    await t.step(types, async () => {
      const query = `{ stixCyberObservables(first: 5, types: ${types}) ` +
        "{ edges { node { id } } } }";
      const { data } = await ask(query, { observables });
      assertEquals(data.stixCyberObservables.edges.length, length);
    });
  }
});
