import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  buildSchema,
  getNamedType,
  Kind,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import { DETAILS, QUERY } from "../../lib/opencti/query.ts";
import { questionFor } from "../../lib/opencti/question.ts";
import { smallSchema, startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { assertValid } from "../stand_ins/schemas.ts";

const OPTIONS = { ...DEFAULTS, now: new Date("2026-06-01T00:00:00Z") };

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

Deno.test("QUERY and DETAILS are valid on OpenCTI's schemas", async (t) => {
  await assertValid(t, [QUERY, DETAILS]);
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

Deno.test("QUERY and DETAILS ask for the first few of every connection", () => {
  const types = new TypeInfo(buildSchema(smallSchema()));
  const connections: string[] = [];
  visit(
    parse(QUERY + DETAILS),
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
    "exact: $first",
    "externalReferences: 10",
    "files: $firstObservables",
    "indicators: $first",
    "indicators: $firstRelated",
    "partial: $first",
    "stixCoreRelationships: $firstRelated",
    "threats: 5",
    "values: $firstObservables",
  ]);
  // What is not said is as usual.
  assertStringIncludes(
    QUERY,
    "$first: Int = 50 $firstObservables: Int = 10 $firstRelated: Int = 10",
  );
});

/** What costs OpenCTI a search for each indicator. */
const COSTLY = [
  "createdBy",
  "externalReferences",
  "killChainPhases",
  "threats",
];

Deno.test("QUERY asks for nothing that costs a search for each indicator", () => {
  for (const name of COSTLY) {
    assert(!QUERY.includes(name), name);
    assertStringIncludes(DETAILS, name);
  }
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
      questionFor([iocOf("address", "1.2.3.4")], OPTIONS).question,
    ),
  });
  const { data } = await response.json();
  const [{ node }] = data.values.edges;
  assertEquals(node.indicators.edges.length, 10);
  assertEquals(node.stixCoreRelationships.edges, []);
});
