import { assert, assertEquals } from "@std/assert";
import { toIoc } from "../../lib/alert/ioc.ts";
import {
  filePatternOf,
  patternsOf,
  readPattern,
} from "../../lib/opencti/stix.ts";

Deno.test("patternsOf() writes every spelling of each kind", async (t) => {
  const md5 = "44d88612fea8a8f36de82e1278abb02f";
  const cases = [
    ["address", "1.2.3.4", ["[ipv4-addr:value = '1.2.3.4']"]],
    ["address", "2a00:1450::1", [
      "[ipv6-addr:value = '2a00:1450::1']",
      "[ipv6-addr:value = '2a00:1450:0000:0000:0000:0000:0000:0001']",
    ]],
    ["host", "Evil.example", [
      "[domain-name:value = 'evil.example']",
      "[hostname:value = 'evil.example']",
    ]],
    ["md5", md5, [
      `[file:hashes.MD5 = '${md5}']`,
      `[file:hashes.'MD5' = '${md5}']`,
    ]],
    ["sha1", md5 + "00000000", [`[file:hashes.'SHA-1' = '${md5}00000000']`]],
    ["url", "http://evil.example/it's\\x", [
      "[url:value = 'http://evil.example/it\\'s/x']",
      "[url:value = 'http://evil.example/it\\'s\\\\x']",
      "[url:value = 'http://evil.example:80/it\\'s/x']",
    ]],
  ] as const;
  for (const [kind, text, patterns] of cases) {
    await t.step(`${kind} ${text}`, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(patternsOf(ioc), [...patterns]);
      for (const pattern of patternsOf(ioc)) {
        const values = readPattern(pattern)?.values;
        assertEquals(
          values,
          [{ kind: ioc.kind, value: ioc.value, isDirect: true }],
          pattern,
        );
      }
    });
  }
});

Deno.test("filePatternOf() needs one hash of each kind", () => {
  const hashes = [
    { kind: "sha256", value: "a" },
    { kind: "sha1", value: "b" },
    { kind: "md5", value: "c" },
  ] as const;
  assertEquals(filePatternOf(hashes).length, 1);
  assertEquals(filePatternOf(hashes.slice(1)), []);
  assertEquals(filePatternOf([...hashes, { kind: "md5", value: "d" }]), []);
});

const IPV4 = "ipv4 1.2.3.4";
const READ: readonly (readonly [
  pattern: string,
  values: string[] | undefined,
  isQualified?: boolean,
])[] = [
  ["[ipv4-addr:value = '1.2.3.4']", [IPV4]],
  ["  [ipv4-addr:value='1.2.3.4']\n", [IPV4]],
  ["[IPv4-Addr:Value == '1.2.3.4']", [IPV4]],
  ["([ipv4-addr:value = '1.2.3.4'])", [IPV4]],
  ["[(ipv4-addr:value = '1.2.3.4')]", [IPV4]],
  ["[ipv4-addr:value = '1.2.3.4/32']", [IPV4]],
  ["[ipv4-addr:value ISSUBSET '1.2.3.4/32']", [IPV4]],
  ["[ipv4-addr:value ISSUBSET '1.2.3.0/24']", ["none"]],
  ["[ipv6-addr:value = '::ffff:1.2.3.4']", [IPV4]],
  ["[ipv4-addr:value IN ('1.2.3.4', '5.6.7.8')]", [IPV4, "ipv4 5.6.7.8"]],
  ["[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'A.example']", [
    IPV4,
    "domain a.example",
  ]],
  ["[ipv4-addr:value = '1.2.3.4'] AND [url:value = 'http://a.example/x']", [
    IPV4,
    "url http://a.example/x",
  ]],
  [
    "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 443]",
    ["none", IPV4, "none"],
  ],
  ["[domain-name:resolves_to_refs[*].value = '1.2.3.4']", [IPV4]],
  ["[ipv4-addr:value != '1.2.3.4']", ["none"]],
  ["[ipv4-addr:value NOT = '1.2.3.4']", ["none"]],
  ["[ipv4-addr:value NOT IN ('1.2.3.4')]", ["none"]],
  ["[ipv4-addr:value NOT = '5.6.7.8' AND ipv4-addr:value = '1.2.3.4']", [
    "none",
    IPV4,
  ]],
  ["[ipv4-addr:value NOT = '5.6.7.8'] AND [ipv4-addr:value = '1.2.3.4']", [
    "none",
    IPV4,
  ]],
  ["[file:size = 7 AND ipv4-addr:value IN ('1.2.3.4')]", ["none", IPV4]],
  ["[url:value = 'http://a.example/' AND ipv4-addr:value IN ('1.2.3.4')]", [
    "url http://a.example/",
    IPV4,
  ]],
  ["[NOT ipv4-addr:value = '1.2.3.4']", ["none"]],
  ["[ipv4-addr:value LIKE '1.2.3.%']", ["none"]],
  ["[ipv4-addr:value MATCHES '^1']", ["none"]],
  ["[url:value = 'http://1.2.3.4/']", ["url http://1.2.3.4/"]],
  ["[ipv4-addr:value = '11.2.3.45']", ["ipv4 11.2.3.45"]],
  ["[email-addr:value = '1.2.3.4']", ["none"]],
  ["[file:hashes.MD5 = '44D88612FEA8A8F36DE82E1278ABB02F']", [
    "md5 44d88612fea8a8f36de82e1278abb02f",
  ]],
  ["[file:hashes.'MD5' = '44d88612fea8a8f36de82e1278abb02f']", [
    "md5 44d88612fea8a8f36de82e1278abb02f",
  ]],
  ["[file:hashes.\"SHA-1\" = '3395856ce81f2b7382dee72602f798b642f14140']", [
    "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  ]],
  ["[file:hashes.SHA1 = '3395856ce81f2b7382dee72602f798b642f14140']", [
    "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  ]],
  ["[artifact:hashes.'SHA-1' = '3395856ce81f2b7382dee72602f798b642f14140']", [
    "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  ]],
  ["[url:value = 'http://a.example/it\\'s\\\\x']", [
    "url http://a.example/it's/x",
  ]],
  ["[windows-registry-key:values[0].name = 'a' AND EXISTS ipv4-addr:value]", [
    "none",
    "none",
  ]],
  ["[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS", [IPV4], true],
  [
    "[ipv4-addr:value = '1.2.3.4'] START t'2020-01-01T00:00:00Z' STOP t'2030-01-01T00:00:00Z'",
    [IPV4],
    true,
  ],
  ["[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [ipv4-addr:value = '1.2.3.4']", [
    IPV4,
    IPV4,
  ], true],
  ["[ipv4-addr:value = '1.2.3.4'] REPEATS 5 TIMES", [IPV4], true],
  ["[ipv4-addr:value = '1.2.3.4", undefined],
  ["rule x { condition: true }", undefined],
  ["title: 1.2.3.4", undefined],
  ["", undefined],
];

Deno.test("readPattern() reads what a pattern looks for", async (t) => {
  for (const [pattern, values, isQualified = false] of READ) {
    await t.step(pattern, () => {
      const read = readPattern(pattern);
      assertEquals(
        read?.values.map((value) =>
          value ? `${value.kind} ${value.value}` : "none"
        ),
        values,
      );
      assertEquals(read?.isQualified ?? false, isQualified);
    });
  }
});

Deno.test("readPattern() takes linear time", () => {
  const start = performance.now();
  readPattern(`[file:name = '${"\\'".repeat(500_000)}`);
  readPattern("a".repeat(1_000_000));
  readPattern("a-".repeat(500_000) + ":b");
  readPattern("[".repeat(1_000_000));
  assert(performance.now() - start < 2000);
});

Deno.test("readPattern() reads the start of what is too long, and says no more of it", async (t) => {
  const one = "ipv4-addr:value = '1.2.3.4' OR ";
  const values = (pattern: string, maxLength?: number) => {
    const read = readPattern(pattern, maxLength);
    return read && [read.values.length, read.isQualified];
  };
  const cases: readonly [string, number, [number, boolean] | undefined][] = [
    ["after a comparison", one.length, [1, true]],
    ["in the middle of a value", 2 * one.length - 6, [1, true]],
    ["in the middle of a path", one.length + 5, [1, true]],
    ["before anything", 5, undefined],
    ["nothing", 0, undefined],
  ];
  for (const [name, length, expected] of cases) {
    await t.step(name, () => {
      assertEquals(values(`[${one.repeat(10)}`, 1 + length), expected);
    });
  }
  await t.step("some thousand comparisons", () => {
    const [count = 0, isQualified] = values(`[${one.repeat(100_000)}`) ?? [];
    assert(typeof count === "number" && count > 5000, `${count}`);
    assertEquals(isQualified, true);
  });
});
