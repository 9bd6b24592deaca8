import { assertEquals } from "@std/assert";
import { parseAlert } from "../../../lib/alert/alert.ts";
import { findByName } from "../../../lib/alert/sources/generic.ts";

const SOURCES = [{
  name: "a",
  fields: [{ path: "data.srcip", kind: "address" as const }],
}];

function find(data: unknown) {
  return findByName(parseAlert(JSON.stringify({ data })), SOURCES);
}

function nested(depth: number, value: unknown): unknown {
  return depth === 0 ? value : { a: nested(depth - 1, value) };
}

const FOUND = { kind: "address", text: "1.2.3.4" } as const;

Deno.test("findByName() says what it does not look at, and looks at the first", async (t) => {
  const srcip = "1.2.3.4";
  const many = Array.from({ length: 10_001 }, () => 7);
  const cases: readonly [string, unknown, readonly object[]][] = [
    ["values", { srcip, others: Array.from({ length: 1000 }, () => "x") }, [
      { ...FOUND, field: "data.srcip" },
      {
        text: "…",
        field: "data",
        reason: "only its first 1000 values were looked at",
      },
    ]],
    ["members", { srcip, many, x: { srcip } }, [
      { ...FOUND, field: "data.srcip" },
      {
        text: "…",
        field: "data",
        reason: "only its first 10000 members were looked at",
      },
    ]],
    ["depth", { deep: nested(60, { srcip }), srcip }, [
      { ...FOUND, field: "data.srcip" },
      {
        text: "…",
        field: `data.deep${".a".repeat(49)}`,
        reason: "too deep, or its path too long",
      },
    ]],
    ["a long path", { ["k".repeat(2000)]: { srcip }, srcip }, [
      { ...FOUND, field: "data.srcip" },
      {
        text: "…",
        field: `data.${"k".repeat(995)}`,
        reason: "too deep, or its path too long",
      },
    ]],
    ["nothing, if it is not deep", nested(20, { srcip }), [
      { ...FOUND, field: `data${".a".repeat(20)}.srcip` },
    ]],
  ];
  for (const [name, data, expected] of cases) {
    await t.step(name, () => assertEquals<unknown>(find(data), expected));
  }
});
