import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  buildSchema,
  getNamedType,
  Kind,
  parse,
  print,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { Config } from "../../lib/config/config.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import { type TextKind } from "../../lib/alert/kinds.ts";
import {
  type FilterGroup,
  QUERY,
  questionFor,
  type Variables,
} from "../../lib/opencti/query.ts";
import { patternsOf } from "../../lib/opencti/stix.ts";
import { smallSchema, startOpencti, TOKEN } from "../stand_ins/opencti.ts";

/** Where OpenCTI's own schemas are, if they are at hand. */
const SCHEMAS = Deno.env.get("OPENCTI_SCHEMAS");

/** The defaults narrow nothing. */
const ALONE = {
  ...DEFAULTS,
  partial: false,
  now: new Date("2026-06-01T00:00:00Z"),
};
const WITH_PARTIAL = { ...ALONE, partial: true };

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

Deno.test("QUERY is valid on OpenCTI's schemas", async (t) => {
  const schemas = new Map([["the small schema", smallSchema()]]);
  for await (const { name } of SCHEMAS ? Deno.readDir(SCHEMAS) : []) {
    if (!name.endsWith(".graphql")) continue;
    schemas.set(name, await Deno.readTextFile(`${SCHEMAS}/${name}`));
  }
  assert(!SCHEMAS || schemas.size > 1, "OPENCTI_SCHEMAS holds schemas");
  for (const [name, text] of schemas) {
    await t.step(name, () => {
      const errors = validate(buildSchema(text), parse(QUERY));
      assertEquals(errors.map(({ message }) => message), []);
    });
  }
});

Deno.test("QUERY names a root field twice at most", () => {
  const [operation] = parse(QUERY).definitions;
  assert(operation?.kind === Kind.OPERATION_DEFINITION);
  const names = operation.selectionSet.selections.map((selection) => {
    assert(selection.kind === Kind.FIELD);
    return selection.name.value;
  });
  assertEquals(names.sort(), [
    "indicators",
    "indicators",
    "stixCyberObservables",
    "stixCyberObservables",
  ]);
});

Deno.test("QUERY asks for the first few of every connection", () => {
  const types = new TypeInfo(buildSchema(smallSchema()));
  const connections: string[] = [];
  visit(
    parse(QUERY),
    visitWithTypeInfo(types, {
      Field(node) {
        const type = types.getType();
        if (!type || !getNamedType(type).name.endsWith("Connection")) return;
        const first = node.arguments?.find(({ name }) =>
          name.value === "first"
        );
        assert(first !== undefined, `${node.name.value} has first`);
        const { value } = node.alias ?? node.name;
        connections.push(`${value}: ${print(first.value)}`);
      },
    }),
  );
  assertEquals(connections.toSorted(), [
    "exact: $first",
    "externalReferences: 10",
    "files: $firstObservables",
    "indicators: $firstOfEach",
    "indicators: 5",
    "partial: $first",
    "stixCoreRelationships: 10",
    "threats: 5",
    "values: $firstObservables",
  ]);
  // What is not said is as usual.
  assertStringIncludes(
    QUERY,
    "$firstObservables: Int = 10 $firstOfEach: Int = 10",
  );
});

Deno.test("QUERY orders each list, so that the first ten are the ones to have", () => {
  const orders: string[] = [];
  visit(parse(QUERY), {
    Field({ name, arguments: args = [] }) {
      const values = Object.fromEntries(
        args.map((argument) => [argument.name.value, print(argument.value)]),
      );
      if (values["orderBy"] === undefined) return;
      orders.push(`${name.value}: ${values["orderBy"]} ${values["orderMode"]}`);
    },
  });
  assertEquals(orders, [
    "indicators: x_opencti_score desc",
    "indicators: x_opencti_score desc",
    "stixCyberObservables: updated_at desc",
    "stixCyberObservables: updated_at desc",
    "stixCoreRelationships: updated_at desc",
    "stixCoreRelationships: updated_at desc",
  ]);
});

Deno.test("QUERY leaves out the relationships of an observable to its indicators", async () => {
  const ids = Array.from({ length: 10 }, (_, n) => `indicator ${n}`);
  await using opencti = startOpencti({
    indicators: ids.map((id) => ({ id, name: id, pattern: "x" })),
    observables: [
      {
        id: "o",
        entity_type: "IPv4-Addr",
        observable_value: "1.2.3.4",
        indicators: ids,
      },
    ],
  });
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(
      questionFor([iocOf("address", "1.2.3.4")], ALONE),
    ),
  });
  const { data } = await response.json();
  const [{ node }] = data.values.edges;
  assertEquals(node.indicators.edges.length, 10);
  assertEquals(node.stixCoreRelationships.edges, []);
});

Deno.test("questionFor() asks with eq up to 512 characters, as OpenCTI compares", () => {
  for (const [length, operator] of [[512, "eq"], [513, "wildcard"]] as const) {
    const start = "http://evil.example:81/";
    const url = start + "a".repeat(length - start.length);
    const { variables } = questionFor([iocOf("url", url)], ALONE);
    assertEquals(filtersOf(variables.values).map((filter) => filter.operator), [
      operator,
    ]);
  }
});

/** The filters of a group and of those in it. */
function filtersOf(group: FilterGroup | null): FilterGroup["filters"] {
  return group === null
    ? []
    : [...group.filters, ...group.filterGroups.flatMap(filtersOf)];
}

function allFilters({ exact, partial, values, files }: Variables) {
  return [exact, partial, values, files].flatMap(filtersOf);
}

Deno.test("questionFor() asks for values by value and type, for files by hash", () => {
  const { variables } = questionFor([
    iocOf("host", "evil.example"),
    iocOf("address", "1.2.3.4"),
    iocOf("sha256", "a".repeat(64)),
    iocOf("md5", "b".repeat(32)),
  ], WITH_PARTIAL);
  assertEquals(variables.types, ["Domain-Name", "Hostname", "IPv4-Addr"]);
  assertEquals(filtersOf(variables.values), [
    {
      key: ["value"],
      values: ["evil.example", "1.2.3.4"],
      operator: "eq",
      mode: "or",
    },
  ]);
  assertEquals(filtersOf(variables.files), [
    {
      key: ["hashes.SHA-256"],
      values: ["a".repeat(64)],
      operator: "eq",
      mode: "or",
    },
    {
      key: ["hashes.MD5"],
      values: ["b".repeat(32)],
      operator: "eq",
      mode: "or",
    },
  ]);
});

Deno.test("questionFor() asks for OpenCTI's pattern of a file with all its hashes", () => {
  const { variables } = questionFor([
    iocOf("sha256", "a".repeat(64)),
    iocOf("sha1", "b".repeat(40)),
    iocOf("md5", "c".repeat(32)),
  ], ALONE);
  const patterns = filtersOf(variables.exact).find(({ key }) =>
    key[0] === "pattern"
  );
  assertEquals(patterns?.values, [
    `[file:hashes.'SHA-256' = '${"a".repeat(64)}']`,
    `[file:hashes.'SHA-1' = '${"b".repeat(40)}']`,
    `[file:hashes.MD5 = '${"c".repeat(32)}']`,
    `[file:hashes.'MD5' = '${"c".repeat(32)}']`,
    `[file:hashes.'SHA-256' = '${"a".repeat(64)}' OR file:hashes.'SHA-1' = '${
      "b".repeat(40)
    }' OR file:hashes.MD5 = '${"c".repeat(32)}']`,
  ]);
});

Deno.test("questionFor() asks for STIX patterns alone", () => {
  const { variables } = questionFor(
    [iocOf("address", "1.2.3.4")],
    WITH_PARTIAL,
  );
  for (const group of [variables.exact, variables.partial]) {
    assertEquals(group?.mode, "and");
    assertEquals(group?.filters, [
      { key: ["pattern_type"], values: ["stix"], operator: "eq", mode: "or" },
    ]);
  }
});

Deno.test("questionFor() narrows by what OpenCTI can leave out", () => {
  const narrowed = {
    ...WITH_PARTIAL,
    min_score: 50,
    min_confidence: 60,
    only_detection: true,
    include_revoked: false,
    include_expired: false,
  };
  const { variables } = questionFor([iocOf("address", "1.2.3.4")], narrowed);
  const filter = (key: string, operator: string, ...values: string[]) => ({
    key: [key],
    values,
    operator,
    mode: "or",
  });
  for (const asked of [variables.exact, variables.partial]) {
    assertEquals<unknown>(asked?.filters, [
      filter("pattern_type", "eq", "stix"),
      filter("x_opencti_score", "gte", "50"),
      filter("confidence", "gte", "60"),
      filter("x_opencti_detection", "eq", "true"),
      filter("revoked", "eq", "false"),
    ]);
    assertEquals(asked?.filterGroups.map(({ mode }) => mode), ["or", "or"]);
    assertEquals<unknown>(asked?.filterGroups[1]?.filters, [
      filter("valid_until", "gt", "2026-06-01T00:00:00.000Z"),
      filter("valid_until", "nil"),
    ]);
  }
  assertEquals(variables.first, 10);
});

Deno.test("questionFor() asks for more where we leave out ourselves", async (t) => {
  const cases: readonly Partial<Config>[] = [
    { labels: ["c2"] },
    { not_labels: ["benign"] },
    { markings: "TLP:GREEN" },
  ];
  for (const options of cases) {
    await t.step(Object.keys(options).join(), () => {
      const { variables } = questionFor([iocOf("address", "1.2.3.4")], {
        ...ALONE,
        ...options,
      });
      assertEquals(variables.first, 50);
      assertEquals(variables.exact.filters.length, 1);
    });
  }
});

Deno.test("questionFor() asks for as many as may be told, within bounds", async (t) => {
  const cases: readonly [Partial<Config>, (number | undefined)[]][] = [
    [{}, [10, undefined, undefined]],
    [{ max_ind_alerts: 0, max_obs_alerts: 0 }, [10, undefined, undefined]],
    [{ max_ind_alerts: 20 }, [20, undefined, undefined]],
    [{ max_obs_alerts: 20 }, [10, 20, undefined]],
    [{ max_ind_alerts: 20, labels: ["c2"] }, [50, undefined, 50]],
    [{ max_ind_alerts: 70, labels: ["c2"] }, [70, undefined, 50]],
    [{ max_ind_alerts: 9999, max_obs_alerts: 9999 }, [500, 500, undefined]],
  ];
  for (const [options, expected] of cases) {
    await t.step(JSON.stringify(options), () => {
      const { variables } = questionFor([iocOf("address", "1.2.3.4")], {
        ...ALONE,
        ...options,
      });
      const { first, firstObservables, firstOfEach } = variables;
      assertEquals([first, firstObservables, firstOfEach], expected);
    });
  }
});

Deno.test("the stand-in refuses a filter that OpenCTI would refuse", async (t) => {
  await using opencti = startOpencti({
    indicators: [{
      id: "i",
      name: "n",
      pattern: "x",
      x_opencti_score: 5,
      revoked: false,
      valid_until: "2030-01-01T00:00:00.000Z",
    }],
    observables: [],
  });
  const question = questionFor([iocOf("address", "1.2.3.4")], ALONE);
  const cases = [
    [{ key: ["x_opencti_scor"], values: ["5"], operator: "gte" }, false],
    [{ key: ["x_opencti_score"], values: ["5"], operator: "gte" }, true],
    [{ key: ["x_opencti_score"], values: ["high"], operator: "gte" }, false],
    [{ key: ["x_opencti_score"], values: [], operator: "gte" }, false],
    [{ key: ["x_opencti_score"], values: ["5"], operator: "wildcard" }, false],
    [{ key: ["revoked"], values: ["no"], operator: "eq" }, false],
    [{ key: ["valid_until"], values: ["soon"], operator: "gt" }, false],
    [{ key: ["valid_until"], values: [], operator: "nil" }, true],
    [{ key: ["valid_until"], values: ["x"], operator: "nil" }, false],
    [{ key: ["valid_until"], values: ["x"], operator: "within" }, false],
  ] as const;
  for (const [filter, isTaken] of cases) {
    await t.step(JSON.stringify(filter), async () => {
      const exact = { mode: "and", filters: [filter], filterGroups: [] };
      const response = await fetch(`${opencti.url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify({
          ...question,
          variables: { ...question.variables, exact },
        }),
      });
      const { errors } = await response.json();
      assertEquals(errors === undefined, isTaken);
    });
  }
});

Deno.test("questionFor() never sends a filter without values, nor one with two keys", async (t) => {
  const cases: Readonly<Record<string, Ioc[]>> = {
    "an address": [iocOf("address", "1.2.3.4")],
    "a hash": [iocOf("md5", "a".repeat(32))],
    "a long URL": [iocOf("url", `http://evil.example/${"a".repeat(2000)}`)],
  };
  for (const [name, iocs] of Object.entries(cases)) {
    for (const partial of [true, false]) {
      await t.step(`${name}, partial ${partial}`, () => {
        const { variables } = questionFor(iocs, {
          ...ALONE,
          partial,
          include_expired: false,
        });
        for (const filter of allFilters(variables)) {
          const isNil = filter.operator === "nil";
          assertEquals(filter.values.length === 0, isNil, filter.key[0]);
          assertEquals(filter.key.length, 1);
        }
        assertEquals(variables.askPartial, variables.partial !== null);
        assertEquals(variables.askValues, variables.values !== null);
        assertEquals(variables.askFiles, variables.files !== null);
        assertEquals(variables.askPartial, partial);
      });
    }
  }
});

Deno.test("questionFor() finds what is too long for eq by its phrase", async (t) => {
  // The value is short enough for eq, its pattern is not.
  const cases = [
    ["a pattern", `http://evil.example/${"a".repeat(485)}`, "eq"],
    ["a value", `http://evil.example/${"a".repeat(600)}`, "wildcard"],
    [
      "a value with quotes",
      `http://evil.example/it's"${"a".repeat(600)}`,
      "wildcard",
    ],
  ] as const;
  for (const [name, text, operator] of cases) {
    await t.step(name, () => {
      // Its host must not become a phrase: it would find too much.
      const iocs = [iocOf("url", text), iocOf("host", "evil.example")];
      const { variables } = questionFor(iocs, ALONE);
      const [url] = iocs;
      const phrases = (group: FilterGroup | null) =>
        filtersOf(group).filter((filter) => filter.operator === "wildcard")
          .flatMap(({ values }) => values);
      assertEquals(
        phrases(variables.exact),
        iocs.slice(0, 1).flatMap(patternsOf)
          .map((pattern) => pattern.replace(/[\\"]/g, "\\$&")),
      );
      assertEquals(
        phrases(variables.values),
        operator === "eq"
          ? []
          : url?.spellings.map((value) => value.replaceAll('"', '\\"')),
      );
    });
  }
});

Deno.test("questionFor() finds a pattern that contains an IoC, whatever its form", async (t) => {
  const md5 = "a".repeat(32);
  const iocs = [
    iocOf("address", "1.2.3.4"),
    iocOf("host", "evil.example"),
    iocOf("url", "http://evil.example/x"),
    iocOf("md5", md5),
  ];
  const patterns = [
    "[ipv4-addr:value = '9.9.9.9' OR ipv4-addr:value = '1.2.3.4']",
    "[ipv4-addr:value IN ('9.9.9.9', '1.2.3.4')]",
    "[network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 443]",
    "[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[0].value = '1.2.3.4']",
    "[domain-name:value = 'evil.example' AND url:value = 'http://b.example/']",
    "[domain-name:value IN ('evil.example', 'a.example')]",
    "[hostname:value = 'evil.example' OR hostname:value = 'a.example']",
    "[url:value = 'http://b.example/' OR url:value = 'http://evil.example/x']",
    `[file:hashes.'MD5' = '${md5}' OR file:hashes.MD5 = '${"b".repeat(32)}']`,
    `[file:hashes.MD5 = '${md5}' AND file:name = 'x']`,
  ];
  await using opencti = startOpencti({
    indicators: patterns.map((pattern) => ({
      id: pattern,
      name: "n",
      pattern,
    })),
    observables: [],
  });
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(questionFor(iocs, WITH_PARTIAL)),
  });
  const { data } = await response.json();
  const found = data.partial.edges.map(({ node }: { node: { id: string } }) =>
    node.id
  );
  for (const pattern of patterns) {
    await t.step(pattern, () => assert(found.includes(pattern)));
  }
});

Deno.test("questionFor() finds an OR pattern although its host has many URLs", async () => {
  const pattern =
    "[ipv4-addr:value = '9.9.9.9' OR domain-name:value = 'code.example']";
  await using opencti = startOpencti({
    indicators: [
      ...Array.from({ length: 15 }, (_, n) => ({
        id: `url ${n}`,
        name: "a URL",
        pattern: `[url:value = 'https://code.example/x/${n}']`,
        x_opencti_score: 90,
      })),
      { id: "or", name: "what we look for", pattern, x_opencti_score: 10 },
    ],
    observables: [],
  });
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(
      questionFor([iocOf("host", "code.example")], WITH_PARTIAL),
    ),
  });
  const { data } = await response.json();
  assertEquals(
    data.partial.edges.map(({ node }: { node: { id: string } }) => node.id),
    ["or"],
  );
});

Deno.test("questionFor() cannot be changed by a quote, a backslash or a newline", () => {
  // As hostile as can be, past the normal form that would refuse it.
  const value = "evil'] OR [file:name = 'x\\\"\n.example";
  const { query, variables } = questionFor([{
    kind: "domain",
    value,
    spellings: [value],
    field: "f",
  }], WITH_PARTIAL);
  assertEquals(query, QUERY);
  const inStix = "'evil\\'] OR [file:name = \\'x\\\\\"\n.example'";
  const [pattern] = filtersOf(variables.exact).at(-1)?.values ?? [];
  assertEquals(pattern, `[domain-name:value = ${inStix}]`);
  // In Elasticsearch's query string it is one phrase to the end.
  const [phrase = ""] = filtersOf(variables.partial).at(-1)?.values ?? [];
  assert(/^(?:[^"\\]|\\.)*$/s.test(phrase), phrase);
  assertEquals(
    phrase.replace(/\\(.)/gs, "$1"),
    `domain-name:value = ${inStix}`,
  );
  assertEquals(JSON.parse(JSON.stringify({ query, variables })), {
    query,
    variables,
  });
});
