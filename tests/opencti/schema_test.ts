import * as v from "valibot";
import { assert, assertEquals } from "@std/assert";
import {
  Answer,
  GraphqlResponse,
  Indicator,
} from "../../lib/opencti/schema.ts";

function list<T>(length: number, entry: (n: number) => T): T[] {
  return Array.from({ length }, (_, n) => entry(n));
}

function edges(nodes: readonly unknown[]) {
  return { edges: nodes.map((node) => ({ node })) };
}

function indicators(length: number) {
  return edges(list(length, (n) => ({ id: `i${n}` })));
}

function observable(fields: Record<string, unknown>) {
  return {
    id: "o",
    entity_type: "IPv4-Addr",
    observable_value: "1.2.3.4",
    indicators: edges([]),
    stixCoreRelationships: edges([]),
    ...fields,
  };
}

Deno.test("Answer takes no more than was asked for, and says so", async (t) => {
  await t.step("indicators", () => {
    const { exact } = v.parse(Answer, { exact: indicators(600) });
    assertEquals([exact.nodes.length, exact.hasMore], [500, true]);
    assertEquals(
      v.parse(Answer, { exact: indicators(500) }).exact.hasMore,
      false,
    );
  });
  await t.step("what is more may be anything", () => {
    const broken = {
      edges: [
        ...indicators(500).edges,
        ...list(200_000, () => ({ node: {} })),
      ],
    };
    assertEquals(v.parse(Answer, { exact: broken }).exact.nodes.length, 500);
  });
  const inValues = (fields: Record<string, unknown>) => {
    const { nodes, hasMore } =
      v.parse(Answer, { values: edges([observable(fields)]) }).values;
    const [first] = nodes;
    assert(first !== undefined);
    return { first, hasMore };
  };
  await t.step("indicators of an observable", () => {
    const { first, hasMore } = inValues({ indicators: indicators(600) });
    assertEquals(first.indicators.nodes.length, 500);
    assertEquals([first.indicators.hasMore, hasMore], [true, true]);
  });
  await t.step("relationships, and indicators at their ends", () => {
    const { first } = inValues({
      stixCoreRelationships: edges(list(60, () => ({
        relationship_type: "related-to",
        from: null,
        to: observable({ indicators: indicators(60) }),
      }))),
    });
    const { nodes, hasMore } = first.stixCoreRelationships;
    assertEquals([nodes.length, hasMore], [50, true]);
    const to = nodes[0]?.to?.indicators;
    assertEquals([to?.nodes.length, to?.hasMore], [50, true]);
  });
  await t.step("hashes", () => {
    const hashes = list(200, () => ({ algorithm: "MD5", hash: "x" }));
    const { first, hasMore } = inValues({ hashes });
    assertEquals([first.hashes.length, hasMore], [100, true]);
  });
  await t.step("what an indicator has", () => {
    const threat = { to: { entity_type: "Tool", name: "x" } };
    const exact = edges([{
      id: "i",
      objectLabel: list(200, (n) => ({ value: `${n}` })),
      objectMarking: list(200, () => ({})),
      killChainPhases: list(200, () => ({})),
      indicator_types: list(200, () => "x"),
      x_mitre_platforms: list(200, () => "x"),
      externalReferences: edges(list(200, () => ({}))),
      threats: edges(list(200, () => threat)),
    }]);
    const { nodes: [first], hasMore } = v.parse(Answer, { exact }).exact;
    assertEquals(hasMore, true);
    assertEquals(
      [
        first?.objectLabel.length,
        first?.objectMarking.length,
        first?.killChainPhases.length,
        first?.indicator_types.length,
        first?.x_mitre_platforms.length,
        first?.externalReferences.nodes.length,
        first?.threats.nodes.length,
      ],
      [100, 100, 100, 100, 100, 10, 5],
    );
    assertEquals(first?.objectLabel.at(-1)?.value, "99");
  });
  await t.step("all of it together", () => {
    const values = edges(
      list(500, () => observable({ indicators: indicators(50) })),
    );
    const { nodes, hasMore } = v.parse(Answer, { values }).values;
    const read = nodes.map((one) => one.indicators.nodes.length);
    assertEquals([nodes.length, hasMore, read[0]], [500, true, 50]);
    const sum = read.reduce((sum, one) => sum + one, 0);
    assert(sum > 5000 && sum < 6000, `${sum}`);
    assertEquals(nodes.at(-1)?.indicators.hasMore, true);
  });
  await t.step("each field anew", () => {
    const values = edges(
      list(500, () => observable({ indicators: indicators(50) })),
    );
    const exact = indicators(3);
    const answer = v.parse(Answer, { values, files: values, exact });
    assertEquals(answer.files.nodes[0]?.indicators.nodes.length, 50);
    assertEquals([answer.exact.nodes.length, answer.exact.hasMore], [3, false]);
  });
});

Deno.test("Indicator takes all, if it is no part of an answer", () => {
  const objectLabel = list(200, () => ({ value: "x" }));
  v.parse(Answer, { exact: indicators(600) });
  assertEquals(
    v.parse(Indicator, { id: "i", objectLabel }).objectLabel.length,
    200,
  );
});

Deno.test("GraphqlResponse takes the first errors, and the start of what they say", () => {
  const { errors } = v.parse(GraphqlResponse, {
    errors: list(1000, () => ({
      message: "x".repeat(5000),
      path: list(1000, () => "exact"),
      extensions: { code: "y".repeat(5000) },
    })),
  });
  assertEquals(errors.length, 100);
  assertEquals(errors[0]?.message, `${"x".repeat(1000)}…`);
  assertEquals(errors[0]?.extensions?.code, `${"y".repeat(1000)}…`);
  assertEquals(errors[0]?.path, ["exact"]);
});
