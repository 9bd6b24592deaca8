import { assertEquals, assertThrows } from "@std/assert";
import {
  parseAlert,
  readerOf,
  textAt,
  textsAt,
} from "../../lib/alert/alert.ts";
import { AlertError } from "../../lib/errors.ts";

Deno.test("parseAlert() takes whatever is not as expected as missing", async (t) => {
  const strange = [null, 1, true, "text", [], [[]], {}, [null, { a: 1 }]];
  for (
    const name of [
      "id",
      "rule",
      "agent",
      "full_log",
      "data",
      "syscheck",
      "GeoLocation",
    ]
  ) {
    for (const value of strange) {
      await t.step(`${name} is ${JSON.stringify(value)}`, () => {
        const alert = parseAlert(JSON.stringify({ [name]: value }));
        for (const object of [alert.data, alert.syscheck, alert.GeoLocation]) {
          assertEquals(Array.isArray(object), false);
          assertEquals(typeof object, "object");
        }
        for (const text of [alert.id, alert.full_log, alert.agent.id]) {
          assertEquals(["string", "undefined"].includes(typeof text), true);
        }
        assertEquals(Array.isArray(alert.rule.groups), true);
      });
    }
  }
});

Deno.test("parseAlert() trims rule groups, and takes one text for a list of one", () => {
  const groups = (json: unknown) =>
    parseAlert(JSON.stringify({ rule: { groups: json } })).rule.groups;
  assertEquals(groups(["WAF", " Cloudflare", 7, null]), ["WAF", "Cloudflare"]);
  assertEquals(groups(" ids "), ["ids"]);
  assertEquals(groups(null), []);
});

Deno.test("parseAlert() keeps what is right beside what is missing", () => {
  const { rule, agent } = parseAlert('{"rule":{"id":"5"},"agent":{"name":7}}');
  assertEquals([rule.id, rule.description, rule.groups], ["5", undefined, []]);
  assertEquals([agent.id, agent.name, agent.ip], [undefined, "7", undefined]);
  assertEquals(parseAlert('{"id":" 1.2 "}').id, "1.2");
});

Deno.test("parseAlert() says what is wrong with what is no alert", async (t) => {
  const cases = [
    ["", "it is empty"],
    [" \n", "it is empty"],
    ['{"id":"1","data":{"srcip":"1.2', "it is cut off before its JSON ends"],
    ["{", "it is cut off before its JSON ends"],
    ["not json", "it is not JSON"],
    ["[1]", "it is JSON, but not an object"],
    ["null", "it is JSON, but not an object"],
  ] as const;
  for (const [json, message] of cases) {
    await t.step(JSON.stringify(json), () => {
      assertThrows(() => parseAlert(json), AlertError, message);
    });
  }
});

Deno.test("textsAt() goes through arrays and leaves out what is no text", () => {
  const alert = parseAlert(JSON.stringify({
    data: {
      a: [
        { b: " x " },
        { b: ["y", ""] },
        { b: null },
        { b: 3 },
        { b: {} },
        "z",
      ],
    },
  }));
  assertEquals(textsAt(alert, "data.a.b"), ["x", "y", "3"]);
  assertEquals(textsAt(alert, "data.a"), ["z"]);
  assertEquals(textAt(alert, "data.none.at.all"), undefined);
});

Deno.test("textsAt() takes prototype keys for plain data", () => {
  const alert = parseAlert('{"data":{"__proto__":{"srcip":"1.2.3.4"}}}');
  assertEquals(textsAt(alert, "data.srcip"), []);
  assertEquals(textsAt(alert, "data.constructor.name"), []);
  assertEquals(textsAt(alert, "data.__proto__.srcip"), ["1.2.3.4"]);
});

Deno.test("readerOf() says how many entries of lists it leaves out", async (t) => {
  const entries = (length: number) => Array.from({ length }, (_, n) => `${n}`);
  const cases: readonly [string, unknown, number, number][] = [
    ["none", entries(1000), 1000, 0],
    ["of a list", entries(1003), 1000, 3],
    ["of a list of objects", entries(1003).map((b) => ({ b })), 1000, 3],
    ["of lists in a list", [{ b: entries(999) }, { b: entries(4) }], 1000, 3],
    [
      "what comes after a full list",
      [{ b: entries(1000) }, { b: "x" }, { b: [] }],
      1000,
      1,
    ],
  ];
  for (const [name, a, length, leftOut] of cases) {
    await t.step(name, () => {
      const alert = parseAlert(JSON.stringify({ data: { a } }));
      const path = name === "none" || name === "of a list"
        ? "data.a"
        : "data.a[].b";
      const read = readerOf(path)(alert);
      assertEquals([read.texts.length, read.leftOut], [length, leftOut]);
      assertEquals(textsAt(alert, path), read.texts);
    });
  }
});
