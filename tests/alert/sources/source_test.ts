import { assert, assertEquals } from "@std/assert";
import { type Alert, parseAlert } from "../../../lib/alert/alert.ts";
import { readerFor } from "../../../lib/alert/sources/read.ts";
import { selectorOf } from "../../../lib/alert/sources/select.ts";
import type {
  Field,
  Selector,
  Source,
} from "../../../lib/alert/sources/source.ts";

function isFor(source: Source, alert: Alert): boolean {
  return selectorOf([source])(alert).reading.includes(source);
}

function alertOf(alert: object): Alert {
  return parseAlert(JSON.stringify(alert));
}

Deno.test("selectorOf() selects by groups or decoders, and by all conditions", async (t) => {
  const alert = alertOf({
    rule: { groups: ["syslog", "acme_proxy_deny"] },
    decoder: { name: "acme-proxy" },
    data: { verdict: "Blocked", codes: ["7", "9"] },
  });
  const cases: readonly (readonly [string, Selector, boolean])[] = [
    ["a group", { groups: ["x", "syslog"] }, true],
    ["a part of a group", { groups: ["sys"] }, false],
    ["a group with * at its end", { groups: ["acme_*"] }, true],
    ["a group with * in it", { groups: ["acme_*_deny"] }, true],
    ["a group with * at both ends", { groups: ["*proxy*"] }, true],
    ["a group with many *", { groups: ["a*_*o*y"] }, true],
    ["a group with * that is too long", { groups: ["syslog*log"] }, false],
    [
      "a group with parts in another order",
      { groups: ["a*deny*proxy*"] },
      false,
    ],
    ["any group", { groups: ["*"] }, true],
    ["a group with * and a dot", { groups: ["acme.*"] }, false],
    ["a decoder", { decoders: ["acme-proxy"] }, true],
    ["a decoder with *", { decoders: ["*-proxy"] }, true],
    ["neither", { groups: ["x"], decoders: ["y"] }, false],
    ["one of both", { groups: ["x"], decoders: ["acme*"] }, true],
    ["nothing", {}, false],
    [
      "a condition alone",
      { when: [{ field: "data.verdict", equals: "Blocked" }] },
      true,
    ],
    [
      "equals is exact",
      { when: [{ field: "data.verdict", equals: "blocked" }] },
      false,
    ],
    [
      "equals one of many",
      { when: [{ field: "data.codes[]", equals: ["8", "9"] }] },
      true,
    ],
    [
      "matches ignores case",
      { when: [{ field: "data.verdict", matches: "^block" }] },
      true,
    ],
    [
      "equals and matches",
      { when: [{ field: "data.codes", equals: "7", matches: "9" }] },
      false,
    ],
    [
      "not",
      { when: [{ field: "data.verdict", equals: "Blocked", not: true }] },
      false,
    ],
    [
      "not, of a field that is missing",
      { when: [{ field: "data.none", matches: ".", not: true }] },
      true,
    ],
    [
      "a group, but not the condition",
      { groups: ["syslog"], when: [{ field: "data.none", matches: "." }] },
      false,
    ],
  ];
  for (const [name, selector, expected] of cases) {
    await t.step(name, () => {
      const source = { name: "x", ...selector, fields: [] };
      assertEquals(isFor(source, alert), expected);
    });
  }
  await t.step("or", () => {
    const or = [{ groups: ["y"] }, { decoders: ["acme-proxy"] }];
    assertEquals(
      isFor({ name: "x", groups: ["x"], or, fields: [] }, alert),
      true,
    );
  });
});

Deno.test("readerFor() reads each kind of field", async (t) => {
  const alert = alertOf({
    data: {
      ip: "1.2.3.4",
      port: 53,
      ips: ["1.2.3.4", { x: 1 }, null, "5.6.7.8"],
      url: "/a?b",
      host: "evil.example",
      mail: "<Bob@evil.example>",
      text: "see http://a.example/ and ldap://b.example:389/x",
      cef: "r=http://a.example/?q\\=1",
      win: { x: "http://a.example/?a=1&amp;b=&lt;2" },
    },
    full_log: "src=1.2.3.4:53 dst=5.6.7.8:80 name=evil.example",
  });
  const cases: readonly (readonly [string, Field, readonly string[]])[] = [
    ["a path", { path: "data.ip", kind: "address" }, ["address 1.2.3.4"]],
    [
      "paths",
      { path: ["data.none", "data.ip"], kind: "address" },
      ["address 1.2.3.4"],
    ],
    [
      "a list",
      { path: "data.ips[]", kind: "address" },
      ["address 1.2.3.4", "address 5.6.7.8"],
    ],
    [
      "a port",
      { path: "data.ip", kind: "address", port: "data.port" },
      ["address 1.2.3.4 at 53"],
    ],
    [
      "a pattern, as often as it matches",
      {
        path: "full_log",
        pattern: "(?:src|dst)=(?<address>[\\d.]+):(?<port>\\d+)",
      },
      ["address 1.2.3.4 at 53", "address 5.6.7.8 at 80"],
    ],
    [
      "a pattern's value",
      { path: "full_log", kind: "host", pattern: "name=(?<value>\\S+)" },
      ["host evil.example"],
    ],
    [
      "groups with numbers",
      {
        path: "full_log",
        pattern: "src=(?<address>[\\d.]+).*dst=(?<address2>[\\d.]+)",
      },
      ["address 1.2.3.4", "address 5.6.7.8"],
    ],
    [
      "a URL of path and host",
      { path: "data.url", kind: "url", host: "data.host", scheme: "http" },
      ["host evil.example", "url http://evil.example/a?b"],
    ],
    [
      "a URL of path, host and port",
      { path: "data.url", kind: "url", host: "data.host", port: "data.port" },
      [
        "host evil.example",
        "url http://evil.example/a?b",
        "url http://evil.example:53/a?b",
        "url https://evil.example/a?b",
        "url https://evil.example:53/a?b",
      ],
    ],
    [
      "a path without host",
      { path: "data.url", kind: "url" },
      ["not /a?b: a path, and the host is not known"],
    ],
    [
      "an e-mail address",
      { path: "data.mail", kind: "email" },
      ["email <Bob@evil.example>", "host evil.example"],
    ],
    [
      "a text",
      { path: "data.text", kind: "text" },
      [
        "url http://a.example/",
        "host a.example",
        "url ldap://b.example:389/x",
        "host b.example",
      ],
    ],
    [
      "a text of CEF",
      { path: "data.cef", kind: "text" },
      ["url http://a.example/?q=1", "host a.example"],
    ],
    [
      "XML's entities",
      { path: "data.win.x", kind: "url" },
      ["url http://a.example/?a=1&b=<2", "host a.example"],
    ],
    [
      "what is skipped",
      { path: "data.ip", kind: "address", skip: "our own" },
      ["not 1.2.3.4: our own"],
    ],
    [
      "a condition that holds",
      {
        path: "data.ip",
        kind: "address",
        when: [{ field: "data.port", equals: "53" }],
      },
      ["address 1.2.3.4"],
    ],
    [
      "a condition that does not",
      {
        path: "data.ip",
        kind: "address",
        when: [{ field: "data.port", equals: "53", not: true }],
      },
      [],
    ],
  ];
  for (const [name, field, expected] of cases) {
    await t.step(name, () => {
      const found =
        readerFor({ name: "x", fields: [field] }).read(alert).findings;
      assertEquals(
        found.map((one) =>
          "reason" in one
            ? `not ${one.text}: ${one.reason}`
            : `${one.kind} ${one.text}${
              one.port === undefined ? "" : ` at ${one.port}`
            }`
        ),
        expected,
      );
    });
  }
});

Deno.test("readerFor() takes nothing from an alert that a source leaves", () => {
  const alert = alertOf({ data: { ip: "1.2.3.4", action: "login" } });
  assertEquals(
    readerFor({
      name: "x",
      leave: [{
        when: [{ field: "data.action", equals: "login" }],
        because: "it is an administrator's",
      }],
      fields: [{ path: "data.ip", kind: "address" }],
    }).read(alert).findings,
    [{
      text: "1.2.3.4",
      field: "data.ip",
      reason: "it is an administrator's",
    }],
  );
});

Deno.test("readerFor() searches no more of a text than analysisd takes, and says so", () => {
  const alert = alertOf({ full_log: `${"x".repeat(65_536)} ip=1.2.3.4` });
  assertEquals(
    readerFor({
      name: "x",
      fields: [{ path: "full_log", pattern: "ip=(?<address>[\\d.]+)" }],
    }).read(alert).findings,
    [{
      text: `${"x".repeat(40)}…`,
      field: "full_log",
      reason: "only its first 65536 characters were searched",
    }],
  );
});

Deno.test("readerFor() says what it does not take, and takes the first", async (t) => {
  const list = (length: number, entry: (n: number) => string) =>
    Array.from({ length }, (_, n) => entry(n));
  /** How many values, and what is said of the others. */
  const read = (field: Field, data: object) => {
    const found =
      readerFor({ name: "x", fields: [field] }).read(alertOf({ data }))
        .findings;
    const reasons = found.filter((one) => "reason" in one);
    const { length } = found;
    return { values: length - reasons.length, reasons, found };
  };
  await t.step("entries of a list", () => {
    const ip = list(1002, (n) => `9.9.${n >> 8}.${n % 256}`);
    const { values, reasons } = read({ path: "data.ip", kind: "address" }, {
      ip,
    });
    assertEquals(values, 1000);
    assertEquals(reasons, [{
      text: "2 more",
      field: "data.ip",
      reason: "only the first 1000 entries were read",
    }]);
  });
  await t.step("matches of a text", () => {
    const { values, reasons } = read(
      { path: "data.log", pattern: "(?<address>\\d+);" },
      { log: list(1001, (n) => `${n};`).join("") },
    );
    assertEquals(values, 1000);
    assertEquals(reasons, [{
      text: "0;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16…",
      field: "data.log",
      reason: "only its first 1000 matches were taken",
    }]);
  });
  await t.step("characters of texts in a list", () => {
    const log = [`http://a.example/ ${"x".repeat(65_510)}`, "y http://b.c/x"];
    const { reasons, found } = read({ path: "data.log", kind: "text" }, {
      log: [...log, "http://c.example/"],
    });
    assertEquals(found.slice(0, 2).map(({ text }) => text), [
      "http://a.example/",
      "a.example",
    ]);
    assertEquals(reasons, [{
      text: "y http://b.c/x",
      field: "data.log",
      reason: "only the field's first 65536 characters were searched",
    }]);
  });
  await t.step("texts of an alert", () => {
    const data = Object.fromEntries(
      list(6, (n) => `ip${n}`).map((name) => [name, list(1000, String)]),
    );
    const path = Object.keys(data).map((name) => `data.${name}`);
    const { values, reasons } = read({ path, kind: "address" }, data);
    assertEquals(values, 4000);
    assertEquals(reasons, [{
      text: "0",
      field: "data.ip4",
      reason:
        "more than 4000 texts, or 1000000 characters of them, in one alert",
    }]);
  });
  await t.step("characters of the texts of an alert", () => {
    const url = list(300, (n) => `http://a.example/${n}/${"x".repeat(4000)}`);
    const { values, reasons } = read({ path: "data.url", kind: "url" }, {
      url,
    });
    assertEquals([values > 400, values < 600], [true, true]);
    assertEquals(reasons.length, 1);
  });
});

Deno.test("readerFor() takes from long lists what stands in one row", async (t) => {
  const field: Field = {
    path: "data.ip",
    kind: "address",
    port: "data.port",
  };
  const portsWith = (ips: number, ports: number) => {
    const data = {
      ip: Array.from({ length: ips }, () => "1.2.3.4"),
      port: Array.from({ length: ports }, (_, n) => n),
    };
    return readerFor({ name: "x", fields: [field] }).read(alertOf({ data }))
      .findings
      .flatMap((one) => "reason" in one ? [] : [one.port]);
  };
  await t.step("if both are as long", () => {
    assertEquals(
      portsWith(1500, 1500),
      Array.from({ length: 1000 }, (_, n) => String(n)),
    );
  });
  await t.step("not if one is longer than the other", () => {
    assertEquals(new Set(portsWith(1500, 1600)), new Set([undefined]));
    assertEquals(new Set(portsWith(1000, 1600)), new Set([undefined]));
  });
});

Deno.test("selectorOf() searches no more of a list than of a text", () => {
  const when = [{ field: "data.log", matches: "evil" }];
  const source = { name: "x", when, fields: [] };
  const log = (before: number) => ["x".repeat(before), "evil"];
  assertEquals(isFor(source, alertOf({ data: { log: log(65_000) } })), true);
  assertEquals(isFor(source, alertOf({ data: { log: log(65_536) } })), false);
});

Deno.test("readerFor() takes no time for what looks like a host", () => {
  const url = Array.from({ length: 200 }, (_, n) => `${n}${".a".repeat(2000)}`);
  const fields: Field[] = [{ path: "data.url", kind: "url" }];
  const start = performance.now();
  readerFor({ name: "x", fields }).read(alertOf({ data: { url } }));
  const ms = performance.now() - start;
  assert(ms < 300, `${ms} ms`);
});
