/**
 * Values in the forms that people and feeds write, as OpenCTI keeps them: each
 * is found from each form that an alert has.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import { parentsOf } from "../../lib/match/parents.ts";
import type { Matches, MatchOptions } from "../../lib/match/answer.ts";
import { networkOf } from "../../lib/opencti/networks.ts";
import { lookUpIn } from "../stand_ins/look_up.ts";

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

/** Texts that are one value: of an alert, and in patterns and observables. */
const ALIKE: readonly {
  readonly kind: TextKind;
  readonly path: string;
  readonly type: string;
  readonly texts: readonly string[];
  /** Forms that no alert has. */
  readonly only?: readonly string[];
  /** What alerts have, if not the texts. */
  readonly from?: readonly string[];
}[] = [
  {
    kind: "address",
    path: "ipv4-addr:value",
    type: "IPv4-Addr",
    texts: ["198.51.100.7"],
    only: ["198.51.100.7/32"],
  },
  {
    kind: "address",
    path: "ipv6-addr:value",
    type: "IPv6-Addr",
    from: ["198.51.100.7"],
    texts: ["::ffff:198.51.100.7", "::FFFF:198.51.100.7"],
  },
  {
    kind: "address",
    path: "ipv6-addr:value",
    type: "IPv6-Addr",
    texts: [
      "2a06:98c1:3120::3",
      "2A06:98C1:3120::3",
      "2a06:98c1:3120:0:0:0:0:3",
      "2a06:98c1:3120:0000:0000:0000:0000:0003",
    ],
    only: ["2a06:98c1:3120::3/128", "2a06:98c1:3120::0003"],
  },
  {
    kind: "address",
    path: "ipv6-addr:value",
    type: "IPv6-Addr",
    texts: ["2a06:98c1:0:1:2:3:4:5"],
    only: ["2a06:98c1::1:2:3:4:5"],
  },
  {
    kind: "host",
    path: "domain-name:value",
    type: "Domain-Name",
    texts: ["evil.example", "EVIL.example", "evil.example."],
  },
  {
    kind: "host",
    path: "hostname:value",
    type: "Hostname",
    texts: ["evil.example", "Evil.Example."],
  },
  {
    kind: "host",
    path: "domain-name:value",
    type: "Domain-Name",
    texts: ["løveskateboards.com", "xn--lveskateboards-qqb.com"],
  },
  {
    kind: "host",
    path: "domain-name:value",
    type: "Domain-Name",
    texts: ["sanatfilmleriarşivi.xyz", "xn--sanatfilmleriarivi-rqd.xyz"],
  },
  {
    kind: "email",
    path: "email-addr:value",
    type: "Email-Addr",
    texts: ["Info@bücher.example", "info@xn--bcher-kva.example"],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: [
      "http://evil.example",
      "http://evil.example/",
      "http://evil.example:80",
      "http://evil.example:80/",
      "HTTP://EVIL.example/",
    ],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: [
      "https://evil.example/%C3%BC?x=%20y",
      "https://evil.example/ü?x= y",
      "https://evil.example:443/ü?x= y",
      "https://evil.example:443/%C3%BC?x=%20y",
    ],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: ["http://bücher.example/x", "http://xn--bcher-kva.example/x"],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: ["http://evil.example/it's", "http://evil.example/it%27s"],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: [
      "http://[2a06:98c1::3]/x",
      "http://[2a06:98c1:0:0:0:0:0:3]/x",
      "http://[2a06:98c1:0000:0000:0000:0000:0000:0003]/x",
    ],
  },
  {
    kind: "url",
    path: "url:value",
    type: "Url",
    texts: ["http://evil.example/~a(b)!", "http://evil.example/%7Ea%28b%29%21"],
  },
  {
    kind: "mac",
    path: "mac-addr:value",
    type: "Mac-Addr",
    texts: [
      "00:1a:2b:3c:4d:5e",
      "00-1A-2B-3C-4D-5E",
      "001a2b3c4d5e",
      "001a.2b3c.4d5e",
    ],
  },
  {
    kind: "user_agent",
    path: "user-agent:value",
    type: "User-Agent",
    texts: [`Mozilla/5.0 "it's" (x; *) \\ EXISTS`],
  },
];

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

async function assertFound(
  pattern: string,
  ioc: Ioc,
  type = "indicator_pattern_match",
): Promise<void> {
  const indicators = [{ id: "i", name: "n", pattern }];
  const { matches } = await lookUpIn({ indicators }, [ioc]);
  assertEquals(matches.map((match) => match.type), [type], pattern);
}

Deno.test("a value is found in each form that OpenCTI may have", async (t) => {
  for (
    const { kind, path, type, texts, only = [], from = texts } of ALIKE
  ) {
    for (const text of from) {
      await t.step(`${text} in ${path}`, async () => {
        const ioc = iocOf(kind, text);
        for (const held of [...texts, ...only]) {
          await assertFound(`[${path} = ${quoted(held)}]`, ioc);
          await assertFound(
            `[file:name = 'x' OR ${path}=${quoted(held)}]`,
            ioc,
          );
          await assertFound(
            `[${path} IN ('first.example', ${quoted(held)}, 'x')]`,
            ioc,
          );
          const { matches } = await lookUpIn({
            indicators: [{ id: "i", name: "n", pattern: "[file:name = 'x']" }],
            observables: [{
              id: "o",
              entity_type: type,
              observable_value: held,
              indicators: ["i"],
            }],
          }, [ioc]);
          assertEquals(
            matches.map((match) => match.type),
            ["observable_with_indicator"],
            held,
          );
        }
      });
    }
  }
});

const HASH = "1f0c8d5e".repeat(8);

/** Places in patterns where a value stands that is not its own. */
const REFERENCES: readonly [TextKind, string, string][] = [
  ["email", "drop@evil.example", "email-message:to_refs[*].value"],
  ["email", "drop@evil.example", "email-message:to_refs[0].value"],
  ["email", "drop@evil.example", "email-message:from_ref.value"],
  ["email", "drop@evil.example", "email-message:sender_ref.value"],
  ["email", "drop@evil.example", "email-message:bcc_refs[*].value"],
  ["address", "198.51.100.7", "network-traffic:src_ref.value"],
  ["address", "198.51.100.7", "network-traffic:dst_ref.value"],
  ["address", "2a06:98c1::3", "network-traffic:dst_ref.value"],
  ["address", "198.51.100.7", "domain-name:resolves_to_refs[*].value"],
  ["address", "198.51.100.7", "domain-name:resolves_to_refs[0].value"],
  [
    "address",
    "198.51.100.7",
    "process:opened_connection_refs[*].dst_ref.value",
  ],
  ["host", "evil.example", "network-traffic:dst_ref.value"],
  [
    "host",
    "evil.example",
    "network-traffic:extensions.'http-request-ext'.request_header.Host",
  ],
  [
    "host",
    "evil.example",
    "network-traffic:extensions.'http-request-ext'.request_header.'Host'",
  ],
  ["sha256", HASH, "process:image_ref.hashes.'SHA-256'"],
  ["sha256", HASH, "process:binary_ref.hashes.'SHA-256'"],
  ["sha256", HASH, "process:parent_ref.image_ref.hashes.'SHA-256'"],
  ["sha256", HASH, "file:content_ref.hashes.'SHA-256'"],
  ["md5", HASH.slice(0, 32), "file:content_ref.hashes.MD5"],
  [
    "sha256",
    HASH,
    "email-message:body_multipart[*].body_raw_ref.hashes.'SHA-256'",
  ],
];

Deno.test("a value that stands in a role is found, in part", async (t) => {
  for (const [kind, text, path] of REFERENCES) {
    await t.step(`${path}: ${text}`, async () => {
      const type = "indicator_partial_pattern_match";
      const ioc = iocOf(kind, text);
      await assertFound(`[${path} = ${quoted(text)}]`, ioc, type);
      await assertFound(`[${path} IN ('x', ${quoted(text)})]`, ioc, type);
    });
  }
});

Deno.test("a hash is found under each name of its algorithm", async (t) => {
  const names = [
    "'SHA-256'",
    '"SHA-256"',
    "sha256",
    "SHA256",
    "'sha-256'",
    "SHA_256",
  ];
  for (const object of ["file", "artifact"]) {
    for (const name of names) {
      const path = `${object}:hashes.${name}`;
      await t.step(path, async () => {
        const ioc = iocOf("sha256", HASH);
        await assertFound(`[${path} = '${HASH}']`, ioc);
        await assertFound(`[${path} IN ('x', '${HASH.toUpperCase()}')]`, ioc);
      });
    }
  }
  await t.step("not that of a certificate", async () => {
    const indicators = [{
      id: "i",
      name: "n",
      pattern: `[x509-certificate:hashes.'SHA-256' = '${HASH}']`,
    }];
    const { matches } = await lookUpIn({ indicators }, [iocOf("sha256", HASH)]);
    assertEquals(matches, []);
  });
});

/** Patterns that leave a part of a value open. */
const WILDCARDS: readonly [TextKind, string, string, string?][] = [
  ["host", "a.b.evil.example", "[domain-name:value LIKE '%.evil.example']"],
  ["host", "evil.example", "[domain-name:value LIKE '%evil.example']"],
  ["host", "evil.example", "[domain-name:value LIKE 'evil.example%']"],
  [
    "host",
    "a.b.evil-one.example",
    "[file:name = 'x' OR domain-name:value MATCHES '^(.*\\\\.)?evil-one\\\\.example$']",
  ],
  ["address", "198.51.100.7", "[ipv4-addr:value LIKE '198.51.100.%']"],
  ["address", "198.51.100.7", "[ipv4-addr:value LIKE '198.51.%']"],
  [
    "url",
    "http://evil.example/gate.php?x=1",
    "[url:value LIKE 'http://evil.example/gate.php%']",
  ],
  [
    "email",
    "bob@evil.example",
    "[email-message:from_ref.value LIKE '%@evil.example']",
    "indicator_partial_pattern_match",
  ],
];

Deno.test("a value is found by a pattern that leaves a part of it open", async (t) => {
  for (const [kind, text, pattern, type] of WILDCARDS) {
    await t.step(`${text}: ${pattern}`, async () => {
      await assertFound(pattern, iocOf(kind, text), type);
    });
  }
});

/** Networks, by their choice the address that is in them, and whether it matches. */
const NETWORKS: readonly [
  string,
  string,
  Record<MatchOptions["networks"], boolean>,
][] = [
  ["198.51.100.7", "198.51.100.0/24", { narrow: true, all: true, none: false }],
  ["198.51.100.7", "198.51.100.6/31", { narrow: true, all: true, none: false }],
  ["198.51.100.7", "198.51.0.0/16", { narrow: true, all: true, none: false }],
  ["198.51.100.7", "198.50.0.0/15", { narrow: false, all: true, none: false }],
  ["198.51.100.7", "198.0.0.0/8", { narrow: false, all: true, none: false }],
  ["198.51.100.7", "0.0.0.0/0", { narrow: false, all: false, none: false }],
  ["198.51.100.7", "198.51.101.0/24", {
    narrow: false,
    all: false,
    none: false,
  }],
  ["2a06:98c1:3120::3", "2a06:98c1:3120::/48", {
    narrow: true,
    all: true,
    none: false,
  }],
  ["2a06:98c1:3120::3", "2a06:98c1:3120:0:0:0:0:0/48", {
    narrow: true,
    all: true,
    none: false,
  }],
  [
    "2a06:98c1:3120::3",
    "2A06:98C1:3120:0000:0000:0000:0000:0000/64",
    { narrow: true, all: true, none: false },
  ],
  ["2a06:98c1:3120::3", "2a06:98c1::/32", {
    narrow: true,
    all: true,
    none: false,
  }],
  ["2a06:98c1:3120::3", "2a06:98c0::/29", {
    narrow: false,
    all: true,
    none: false,
  }],
];

Deno.test("an address is found by the networks that it is in", async (t) => {
  for (const [address, network, choices] of NETWORKS) {
    const path = address.includes(":") ? "ipv6-addr" : "ipv4-addr";
    const type = path === "ipv6-addr" ? "IPv6-Addr" : "IPv4-Addr";
    for (const [networks, isFound] of Object.entries(choices)) {
      await t.step(`${address} in ${network}, ${networks}`, async () => {
        const options = { networks: networks as MatchOptions["networks"] };
        const iocs = [iocOf("address", address)];
        const written = networkOf(network)?.value;
        const said = ({ matches }: Matches) =>
          matches.map(({ type, met }) => [type, met.ioc.value, met.network]);
        const patterns = [
          `[${path}:value = '${network}']`,
          `[${path}:value ISSUBSET '${network}']`,
          `[${path}:value IN ('5.5.5.5', '${network}')]`,
          `[file:name = 'x' OR ${path}:value ISSUBSET '${network}']`,
        ];
        for (const pattern of patterns) {
          const indicators = [{ id: "i", name: "n", pattern }];
          assertEquals(
            said(await lookUpIn({ indicators }, iocs, options)),
            isFound ? [["indicator_pattern_match", address, written]] : [],
            pattern,
          );
        }
        const found = await lookUpIn(
          {
            indicators: [{ id: "i", name: "n", pattern: "[file:name = 'x']" }],
            observables: [{
              id: "o",
              entity_type: type,
              observable_value: network,
              indicators: ["i"],
            }],
          },
          iocs,
          options,
        );
        assertEquals(
          said(found),
          isFound ? [["observable_with_indicator", address, written]] : [],
        );
      });
    }
  }
});

Deno.test("a domain is found by its parents, in part, if they are asked for", async (t) => {
  const indicators = [
    { id: "i", name: "n", pattern: "[domain-name:value = 'evil.co.uk']" },
    { id: "suffix", name: "n", pattern: "[domain-name:value = 'co.uk']" },
  ];
  const iocs = [iocOf("host", "a.b.evil.co.uk")];
  await t.step("not asked for", async () => {
    assertEquals((await lookUpIn({ indicators }, iocs)).matches, []);
  });
  await t.step("asked for", async () => {
    const parents = parentsOf(iocs);
    const { matches } = await lookUpIn({ indicators }, iocs, { parents });
    assertEquals(
      matches.map(({ type, met, unmet, indicator: { id } }) => [
        type,
        id,
        met.ioc.value,
        met.parent,
        unmet,
      ]),
      [[
        "indicator_partial_pattern_match",
        "i",
        "a.b.evil.co.uk",
        "evil.co.uk",
        [{ comparison: "domain-name:value = 'evil.co.uk'", alert: "below" }],
      ]],
    );
  });
});

Deno.test("of a list, what is met in full goes before what is met in part", async () => {
  const iocs = [
    iocOf("host", "a.evil.example"),
    iocOf("url", "http://x.example/A"),
  ];
  const patterns = [
    "[domain-name:value IN ('evil.example', 'a.evil.example')]",
    "[url:value IN ('http://x.example/a', 'http://x.example/A')]",
  ];
  for (const pattern of patterns) {
    const { matches } = await lookUpIn(
      { indicators: [{ id: "i", name: "n", pattern }] },
      iocs,
      { parents: parentsOf(iocs) },
    );
    assertEquals(matches.map(({ type }) => type), ["indicator_pattern_match"]);
  }
});

Deno.test("parentsOf() goes up to what can be registered, and not too far", () => {
  const domainsOf = (...names: string[]) =>
    parentsOf(names.map((name) => iocOf("host", name)))
      .map(({ domain }) => domain);
  assertEquals(domainsOf("evil.co.uk"), []);
  assertEquals(domainsOf("co.uk"), []);
  assertEquals(domainsOf("a.x.github.io"), ["x.github.io"]);
  assertEquals(domainsOf("a.evil.example", "b.evil.example"), ["evil.example"]);
  assertEquals(domainsOf("a.evil.example", "evil.example"), []);
  assertEquals(domainsOf(`${"a.".repeat(50)}evil.example`).length, 8);
});

Deno.test("what is not looked for is not found", async (t) => {
  const cases: readonly [TextKind, string, string][] = [
    ["address", "198.51.100.7", "[ipv4-addr:value = '198.51.100.77']"],
    ["address", "198.51.100.7", "[url:value = 'http://198.51.100.7/']"],
    ["address", "198.51.100.7", "[file:name = '198.51.100.7']"],
    ["host", "evil.example", "[domain-name:value = 'sub.evil.example']"],
    ["host", "evil.example", "[url:value = 'http://evil.example/']"],
    ["host", "evil.example", "[email-addr:value = 'a@evil.example']"],
    ["url", "http://evil.example/a", "[url:value = 'http://evil.example/a/b']"],
    ["url", "http://evil.example/a", "[url:value = 'http://evil.example/']"],
    [
      "url",
      "http://evil.example/a%2Fb",
      "[url:value = 'http://evil.example/a/b']",
    ],
    ["email", "a@evil.example", "[email-addr:value = 'b.a@evil.example']"],
  ];
  for (const [kind, text, pattern] of cases) {
    await t.step(`${text}: ${pattern}`, async () => {
      const indicators = [{ id: "i", name: "n", pattern }];
      const { matches } = await lookUpIn({ indicators }, [iocOf(kind, text)]);
      assertEquals(matches, []);
    });
  }
});
