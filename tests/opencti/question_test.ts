import { assert, assertEquals } from "@std/assert";
import type { Config } from "../../lib/config/config.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import type { FilterGroup } from "../../lib/opencti/filters.ts";
import { QUERY } from "../../lib/opencti/query.ts";
import {
  moreOf,
  type Question,
  questionFor,
  type QuestionOptions,
  type Variables,
} from "../../lib/opencti/question.ts";
import { answerTo } from "../stand_ins/look_up.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";

/** The defaults filter nothing; networks have tests of their own. */
const OPTIONS = {
  ...DEFAULTS,
  networks: "none",
  now: new Date("2026-06-01T00:00:00Z"),
} as const;

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

function ask(
  iocs: readonly Ioc[],
  options: Partial<QuestionOptions> = {},
): Question {
  return questionFor(iocs, { ...OPTIONS, ...options }).question;
}

const ADDRESS = [iocOf("address", "1.2.3.4")];

/** The filters of a group and of those in it. */
function filtersOf(
  group: FilterGroup | null | undefined,
): FilterGroup["filters"] {
  return group === null || group === undefined
    ? []
    : [...group.filters, ...group.filterGroups.flatMap(filtersOf)];
}

function allFilters({ exact, partial, values, files }: Variables) {
  return [exact, partial, values, files].flatMap(filtersOf);
}

function valuesFor(group: FilterGroup | null | undefined, key: string) {
  return filtersOf(group).filter((filter) => filter.key[0] === key)
    .flatMap(({ values }) => values);
}

Deno.test("questionFor() asks with eq up to 512 characters, as OpenCTI compares", () => {
  for (const [length, operator] of [[512, "eq"], [513, "wildcard"]] as const) {
    const start = "http://evil.example:81/";
    const url = start + "a".repeat(length - start.length);
    const { variables } = ask([iocOf("url", url)]);
    assertEquals(filtersOf(variables.values).map((filter) => filter.operator), [
      operator,
    ]);
  }
});

Deno.test("questionFor() asks for values by value and type, for files by hash", () => {
  const { variables } = ask([
    iocOf("host", "evil.example"),
    iocOf("address", "1.2.3.4"),
    iocOf("sha256", "a".repeat(64)),
    iocOf("md5", "b".repeat(32)),
  ]);
  assertEquals(variables.types, [
    "Domain-Name",
    "Hostname",
    "IPv4-Addr",
    "IPv6-Addr",
  ]);
  const filter = (key: string, ...values: string[]) => ({
    key: [key],
    values,
    operator: "eq",
    mode: "or",
  });
  assertEquals<unknown>(filtersOf(variables.values), [
    filter(
      "value",
      "evil.example",
      "1.2.3.4",
      "evil.example.",
      "1.2.3.4/32",
      "::ffff:1.2.3.4",
    ),
  ]);
  assertEquals<unknown>(filtersOf(variables.files), [
    filter("hashes.SHA-256", "a".repeat(64)),
    filter("hashes.MD5", "b".repeat(32)),
  ]);
});

Deno.test("questionFor() asks for STIX patterns alone", () => {
  const { variables } = ask(ADDRESS);
  for (const group of [variables.exact, variables.partial]) {
    assertEquals(group?.mode, "and");
    assertEquals(group?.filters, [
      { key: ["pattern_type"], values: ["stix"], operator: "eq", mode: "or" },
    ]);
  }
});

Deno.test("questionFor() asks for what the options leave, as far as OpenCTI can say", () => {
  const { variables } = ask(ADDRESS, {
    min_score: 50,
    min_confidence: 60,
    only_detection: true,
    include_revoked: false,
    include_expired: false,
  });
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
});

Deno.test("questionFor() asks for labels and markings where they filter", async (t) => {
  const cases: readonly (readonly [Partial<Config>, true | undefined])[] = [
    [{}, undefined],
    [{ labels: ["c2"] }, true],
    [{ not_labels: ["benign"] }, true],
    [{ markings: "TLP:GREEN" }, true],
  ];
  for (const [options, expected] of cases) {
    await t.step(Object.keys(options).join() || "no options", () => {
      assertEquals(ask(ADDRESS, options).variables.askMarks, expected);
    });
  }
});

Deno.test("questionFor() asks for as many as may be emitted, within bounds", async (t) => {
  const cases: readonly [Partial<Config>, (number | undefined)[]][] = [
    [{}, [undefined, undefined]],
    [{ max_ind_alerts: 0, max_obs_alerts: 0 }, [undefined, undefined]],
    [{ max_ind_alerts: 70 }, [70, undefined]],
    [{ max_obs_alerts: 20 }, [undefined, 20]],
    [{ max_ind_alerts: 9999, max_obs_alerts: 9999 }, [500, 500]],
  ];
  for (const [options, expected] of cases) {
    await t.step(JSON.stringify(options), () => {
      const { first, firstObservables } = ask(ADDRESS, options).variables;
      assertEquals([first, firstObservables], expected);
    });
  }
});

Deno.test("moreOf() asks the same for more", () => {
  const question = ask(ADDRESS);
  const { query, variables } = moreOf(question, OPTIONS);
  assertEquals(query, question.query);
  assertEquals(variables, {
    ...question.variables,
    first: 500,
    firstObservables: 100,
    firstRelated: 50,
  });
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
  const question = ask(ADDRESS);
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

Deno.test("questionFor() never sends a filter or a group with nothing in it, nor two keys", async (t) => {
  const cases: Readonly<Record<string, Ioc[]>> = {
    "an address": ADDRESS,
    "a hash": [iocOf("md5", "a".repeat(32))],
    "a long URL": [iocOf("url", `http://evil.example/${"a".repeat(2000)}`)],
    "a user agent that is a star": [iocOf("user_agent", "*")],
    "a user agent that is EXISTS": [iocOf("user_agent", "EXISTS")],
    "a user agent of marks": [iocOf("user_agent", "(*) \\")],
  };
  const check = (group: FilterGroup): void => {
    assert(group.filters.length + group.filterGroups.length > 0);
    group.filterGroups.forEach(check);
  };
  for (const [name, iocs] of Object.entries(cases)) {
    await t.step(name, () => {
      const { variables } = ask(iocs, { include_expired: false });
      for (const filter of allFilters(variables)) {
        const isNil = filter.operator === "nil";
        assertEquals(filter.values.length === 0, isNil, filter.key[0]);
        assertEquals(filter.key.length, 1);
      }
      const { exact, partial, values, files } = variables;
      for (const group of [exact, partial, values, files]) {
        if (group !== null && group !== undefined) check(group);
      }
      assertEquals(variables.askPartial, partial !== null);
      assertEquals(variables.askValues, values !== null);
      assertEquals(variables.askFiles, files !== null);
    });
  }
});

Deno.test("questionFor() sends nothing that finds every row", async (t) => {
  for (const text of ["EXISTS", "*", "**", "curl*", "* *"]) {
    await t.step(text, async () => {
      await using opencti = startOpencti({
        indicators: [{ id: "i", name: "n", pattern: "[file:name = 'wget']" }],
        observables: [{
          id: "o",
          entity_type: "User-Agent",
          observable_value: "wget",
        }],
      });
      const answer = await answerTo(
        opencti.url,
        ask([iocOf("user_agent", text)]),
      );
      for (const { nodes } of Object.values(answer)) assertEquals(nodes, []);
    });
  }
});

Deno.test("questionFor() finds what is too long for eq by its phrase", async (t) => {
  // The value is short enough for eq, its pattern is not.
  const texts = [
    `http://evil.example/${"a".repeat(485)}`,
    `http://evil.example/${"a".repeat(600)}`,
    `http://evil.example/it's"${"a".repeat(600)}\\x`,
  ];
  for (const text of texts) {
    await t.step(`${text.slice(0, 30)}, ${text.length}`, async () => {
      // Its host must not become a phrase: it would find too much.
      const iocs = [iocOf("url", text), iocOf("host", "evil.example")];
      const pattern = `[url:value = '${text.replace(/[\\']/g, "\\$&")}']`;
      await using opencti = startOpencti({
        indicators: [
          { id: "ours", name: "n", pattern },
          {
            id: "another",
            name: "n",
            pattern: `[url:value = 'http://evil.example/${"b".repeat(600)}']`,
          },
        ],
        observables: [{ id: "o", entity_type: "Url", observable_value: text }],
      });
      const { exact, values } = await answerTo(opencti.url, ask(iocs));
      assertEquals(exact.nodes.map(({ id }) => id), ["ours"]);
      assertEquals(values.nodes.map(({ id }) => id), ["o"]);
    });
  }
});

/** The URLs on a host, better known than what is looked for. */
function urlsOn(host: string, count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: `url ${n}`,
    name: "a URL",
    pattern: `[url:value = 'https://${host}/x/${n}']`,
    x_opencti_score: 90,
  }));
}

Deno.test("questionFor() finds a pattern although its host has many URLs", async (t) => {
  const cases = [
    ["host", "code.example", "domain-name:value = 'code.example'"],
    [
      "host",
      "code.example",
      "domain-name:value IN ('a.example', 'code.example')",
    ],
    ["address", "1.2.3.4", "ipv4-addr:value = '1.2.3.4'"],
    [
      "address",
      "1.2.3.4",
      "ipv4-addr:value IN ('5.5.5.5', '1.2.3.4', '6.6.6.6')",
    ],
    ["address", "1.2.3.4", "network-traffic:dst_ref.value = '1.2.3.4'"],
  ] as const;
  for (const [kind, text, comparison] of cases) {
    await t.step(comparison, async () => {
      const pattern = `[file:name = 'x' OR ${comparison}]`;
      await using opencti = startOpencti({
        indicators: [
          ...urlsOn(text, 600),
          { id: "ours", name: "n", pattern, x_opencti_score: 10 },
        ],
        observables: [],
      });
      const { partial } = await answerTo(opencti.url, ask([iocOf(kind, text)]));
      assertEquals(partial.nodes.map(({ id }) => id), ["ours"]);
    });
  }
});

Deno.test("questionFor() bears as many IoCs as an alert may have", async (t) => {
  const many: Readonly<Record<string, (n: number) => Ioc>> = {
    "addresses": (n) => iocOf("address", `8.8.${n}.8`),
    "IPv6 addresses": (n) => iocOf("address", `2a06:98c1:${n}::1:2:3`),
    "domains": (n) => iocOf("host", `bücher-${n}.a-b-c-d-e.example`),
    "URLs": (n) =>
      iocOf("url", `http://evil.example/${n}/${"a/".repeat(200)}?ü`),
    "addresses of e-mail": (n) => iocOf("email", `a.b.c.d-${n}@evil.example`),
    "hashes": (n) => iocOf("sha256", String(n).padStart(64, "a")),
  };
  for (const [name, make] of Object.entries(many)) {
    await t.step(name, async () => {
      const iocs = Array.from({ length: 100 }, (_, n) => make(n));
      await using opencti = startOpencti({ indicators: [], observables: [] });
      const { question } = questionFor(iocs, {
        ...OPTIONS,
        networks: "narrow",
      });
      await answerTo(opencti.url, question);
      for (const { values } of allFilters(question.variables)) {
        assert(values.length <= 300, `${values.length}`);
      }
      // The likeliest spelling of each is asked for.
      const { exact, values, files } = question.variables;
      const asked = [
        ...valuesFor(exact, "pattern"),
        ...valuesFor(values, "value"),
        ...valuesFor(files, "hashes.SHA-256"),
      ].join("\n");
      for (const { value } of iocs) assert(asked.includes(value), value);
    });
  }
});

Deno.test("questionFor() says how much it leaves out", () => {
  const leftOut = (count: number) =>
    questionFor(
      Array.from({ length: count }, (_, n) => iocOf("address", `8.8.${n}.8`)),
      { ...OPTIONS, networks: "narrow" },
    ).leftOut;
  assertEquals(leftOut(1), 0);
  assertEquals(leftOut(3), 0);
  assert(leftOut(100) > 1000);
});

Deno.test("questionFor() leaves nothing out for the alerts that there are most of", () => {
  const iocs = [
    iocOf("address", "2a06:98c1:3120::3"),
    iocOf("address", "1.2.3.4"),
    iocOf("host", "www.evil.example"),
    iocOf("url", "http://www.evil.example/some/path?a=b&c=d"),
  ];
  const { leftOut } = questionFor(iocs, { ...OPTIONS, networks: "narrow" });
  assertEquals(leftOut, 0);
});

Deno.test("questionFor() cannot be changed by a quote, a backslash or a newline", () => {
  // As hostile as can be, past the normal form that would refuse it.
  const value = "evil'] OR [file:name = 'x\\\"\n.example";
  const { query, variables } = ask([{
    kind: "domain",
    value,
    spellings: [value],
    field: "f",
  }]);
  assertEquals(query, QUERY);
  const inStix = "'evil\\'] OR [file:name = \\'x\\\\\"\n.example'";
  assertEquals(
    valuesFor(variables.exact, "pattern")[0],
    `[domain-name:value = ${inStix}]`,
  );
  // In Elasticsearch's query string it is one phrase to the end.
  for (const phrase of valuesFor(variables.partial, "pattern")) {
    assert(!/["\\]/.test(phrase), phrase);
  }
  assertEquals(JSON.parse(JSON.stringify({ query, variables })), {
    query,
    variables,
  });
});
