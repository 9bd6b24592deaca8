import { assertThrows } from "@std/assert";
import { assertTaken } from "./message.ts";

const START = '{"integration":"opencti","opencti":{';

function messageOf(fields: unknown, header = "1:opencti:"): string {
  return header +
    JSON.stringify({ integration: "opencti", opencti: fields });
}

Deno.test("assertTaken() lets through what analysisd and the indexer take", async (t) => {
  for (
    const header of [
      "1:opencti:",
      "1:[001] (web01) 10.0.0.21->opencti:",
      "1:[004] (v6) 2001|:db8|:|:21->opencti:",
    ]
  ) {
    await t.step(header, () =>
      assertTaken(messageOf({
        event_type: "x",
        pattern: "[ipv4-addr:value = '1.2.3.4']",
        labels: ["[1]"],
      }, header)));
  }
});

Deno.test("assertTaken() refuses what would be lost", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    [
      "an address without escapes",
      messageOf({ a: 1 }, "1:[1] (v6) 2::1->opencti:"),
    ],
    ["another place", messageOf({ a: 1 }, "1:/tmp/opencti:")],
    ["another event", '1:opencti:{"integration":"x","opencti":{}}'],
    ["a lone surrogate", messageOf({ a: "\ud800" })],
    ["a NUL", messageOf({ a: "\0" })],
    ["more than is counted", messageOf({ a: "x".repeat(8190 - START.length) })],
    [
      "too many fields",
      messageOf(
        Object.fromEntries(Array.from({ length: 256 }, (_, n) => [`f${n}`, n])),
      ),
    ],
    ["two names in one", messageOf({ srcMac: "a", srcmac: "b" })],
    ["a name that nests", messageOf({ a: { b: 1 }, "a.b": 2 })],
    ["an empty text", messageOf({ a: { b: "" } })],
    ["null", messageOf({ a: null })],
    ["a text that is a list", messageOf({ a: '[{"b":1}]' })],
    ["one with control characters", messageOf({ a: '["\u0001"]' })],
    ["a list of numbers", messageOf({ a: [1] })],
  ];
  for (const [name, message] of cases) {
    await t.step(name, () => {
      assertThrows(() => assertTaken(message), Error);
    });
  }
});
