import { assert, assertEquals } from "@std/assert";
import { type Candidate, toIoc } from "../../lib/alert/ioc.ts";
import {
  hostOf,
  KINDS,
  normalize,
  type TextKind,
} from "../../lib/alert/kinds.ts";

const SHA256 =
  "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

const NORMAL: readonly (readonly [TextKind, string, string | undefined])[] = [
  ["sha256", SHA256, `sha256 ${SHA256}`],
  ["sha256", ` ${SHA256.toUpperCase()} `, `sha256 ${SHA256}`],
  ["sha256", SHA256.slice(1), undefined],
  ["sha256", SHA256.replace("2", "g"), undefined],
  ["sha1", SHA256, undefined],
  ["sha1", "0".repeat(40), undefined],
  ["md5", "xxx", undefined],
  ["address", "1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "1.2.3.4:443", undefined],
  ["address", "1[.]2[.]3[.]4", "ipv4 1.2.3.4"],
  ["address", "1.2.3(.)4", "ipv4 1.2.3.4"],
  ["address", "2a00[:]1450::1", "ipv6 2a00:1450::1"],
  ["host", "evil[.]example", "domain evil.example"],
  ["host", "evil[dot]example", "domain evil.example"],
  ["host", "evil[.example", undefined],
  ["host", `${"[".repeat(2000)}.${"]".repeat(2000)}`, undefined],
  ["url", "hxxps://evil[.]example/a", "url https://evil.example/a"],
  ["url", "hxxp[:]//evil.example/a", "url http://evil.example/a"],
  ["email", "bob[@]evil[.]example", "email bob@evil.example"],
  ["user_agent", "hxxp:evil[.]example", "user_agent hxxp:evil[.]example"],
  ["address", "1.2.3.4/32", "ipv4 1.2.3.4"],
  ["address", "1.2.3.0/24", undefined],
  ["address", "::ffff:1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "::FFFF:102:304", "ipv4 1.2.3.4"],
  [
    "address",
    "2A00:1450:400F:080D:0000:0000:0000:200E",
    "ipv6 2a00:1450:400f:80d::200e",
  ],
  ["address", "2a00:1450:400f:80d:0:0:0:200e", "ipv6 2a00:1450:400f:80d::200e"],
  ["address", "[2a00:1450::1]:8080", undefined],
  ["address", "[2a00:1450::1]", undefined],
  ["address", "2a00:1450::1/128", "ipv6 2a00:1450::1"],
  ["address", "fe80::1%eth0", undefined],
  ["address", "::1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "::1", "ipv6 ::1"],
  ["address", "::ffff:0:1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "64:ff9b:1::1.2.3.4", "ipv6 64:ff9b:1::102:304"],
  ["address", "64:ff9b::1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "185.244.31", undefined],
  ["address", "22", undefined],
  ["address", "0x7f.1", undefined],
  ["address", "010.1.2.3", undefined],
  ["address", "256.1.1.1", undefined],
  ["address", "-", undefined],
  ["address", "", undefined],
  ["address", "xxx.xxx.xxx.xxx", undefined],
  ["host", "Evil.Example.", "domain evil.example"],
  ["host", "evil.example:8080", undefined],
  ["host", "*.evil.example", undefined],
  ["host", "_dmarc.evil.example", "domain _dmarc.evil.example"],
  ["host", "1.2.3.4", "ipv4 1.2.3.4"],
  ["host", "[2a00:1450::1]", undefined],
  ["host", "bücher.example", "domain xn--bcher-kva.example"],
  ["host", "evil.example/ü", undefined],
  ["host", "a@evil.example?ü", undefined],
  ["host", "evil.example\\ü", undefined],
  ["host", "bücher.example.", "domain xn--bcher-kva.example"],
  ["host", "localhost", undefined],
  ["host", "localhost.", undefined],
  ["host", "1.2.3", undefined],
  ["host", "evil..example", undefined],
  ["host", ".example", undefined],
  ["host", "evil example.com", undefined],
  ["host", "evil'.example", undefined],
  ["host", 'evil".example', undefined],
  ["host", "evil\\.example", undefined],
  ["host", "evil\n.example", undefined],
  ["host", `${"a".repeat(64)}.example`, undefined],
  ["host", `${"a.".repeat(130)}example`, undefined],
  ["host", "v=spf1 include:example.com", undefined],
  ["url", "http://evil.example/a.sh", "url http://evil.example/a.sh"],
  [
    "url",
    "HTTP://EVIL.example:80/A.sh?B=C#d",
    "url http://evil.example/A.sh?B=C",
  ],
  ["url", "https://evil.example", "url https://evil.example/"],
  ["url", "http://user:secret@evil.example/", "url http://evil.example/"],
  ["url", "ftp://evil.example/x", "url ftp://evil.example/x"],
  ["url", "http://evil.example./x#y", "url http://evil.example/x"],
  ["url", "http://evil.example/it's", "url http://evil.example/it's"],
  ["url", 'http://evil.example/"x"', "url http://evil.example/%22x%22"],
  ["url", `http://evil.example/${"ü".repeat(1000)}`, undefined],
  ["url", "/only/a/path", undefined],
  ["url", "javascript:alert(1)", undefined],
  ["url", "http://", undefined],
  ["url", "https://*.evil.example/", undefined],
  ["url", `http://evil.example/${"a".repeat(5000)}`, undefined],
  ["sha512", "AB".repeat(64), `sha512 ${"ab".repeat(64)}`],
  ["hash", "AB".repeat(64), `sha512 ${"ab".repeat(64)}`],
  ["hash", "AB".repeat(32), `sha256 ${"ab".repeat(32)}`],
  ["hash", "AB".repeat(20), `sha1 ${"ab".repeat(20)}`],
  ["hash", "AB".repeat(16), `md5 ${"ab".repeat(16)}`],
  ["hash", "AB".repeat(17), undefined],
  ["hash", "sha256-redacted", undefined],
  ["hostname", "EvilPC", "hostname evilpc"],
  ["hostname", "evil.example.", "domain evil.example"],
  ["hostname", "1.2.3.4", "ipv4 1.2.3.4"],
  ["hostname", "22", undefined],
  ["hostname", "a b", undefined],
  ["email", "Evil@EVIL.example", "email evil@evil.example"],
  ["email", "a#EXT#@b.onmicrosoft.com", "email a#ext#@b.onmicrosoft.com"],
  ["email", "evil@localhost", undefined],
  ["email", "@evil.example", undefined],
  ["email", "evil.example", undefined],
  ["email", "a@b@evil.example", undefined],
  ["email", "a b@evil.example", undefined],
  ["user_agent", "Evil/1.0 (x)", "user_agent Evil/1.0 (x)"],
  ["user_agent", "", undefined],
  ["mac", "AA-BB-CC-00-11-22", "mac aa:bb:cc:00:11:22"],
  ["mac", "aabb.cc00.1122", "mac aa:bb:cc:00:11:22"],
  ["mac", "34e6d73c4809", "mac 34:e6:d7:3c:48:09"],
  ["mac", "aa:bb:cc:00:11", undefined],
];

Deno.test("normalize() brings each kind of value to its normal form", async (t) => {
  for (const [kind, text, expected] of NORMAL) {
    await t.step(`${kind} ${JSON.stringify(text.slice(0, 60))}`, () => {
      const normal = normalize(kind, text);
      assertEquals(normal && `${normal.kind} ${normal.value}`, expected);
      if (normal === undefined) return;
      const again = normalize(kind, normal.value);
      assertEquals(again, normal, "the normal form is its own normal form");
    });
  }
});

Deno.test("normalize() keeps the path of a URL", () => {
  assertEquals(
    normalize("url", "http://A.example/A/b?C")?.value,
    "http://a.example/A/b?C",
  );
});

const WRAPPED: readonly (readonly [TextKind, string, string])[] = [
  ["address", "1.2.3.4:443", "ipv4 1.2.3.4"],
  ["address", "[2a00:1450::1]:8080", "ipv6 2a00:1450::1"],
  ["address", "[2a00:1450::1]", "ipv6 2a00:1450::1"],
  ["address", "2a00:1450::1%eth0", "ipv6 2a00:1450::1"],
  ["host", "Evil.example:8080", "domain evil.example"],
  ["host", "*.evil.example", "domain evil.example"],
  ["host", "[2a00:1450::1]", "ipv6 2a00:1450::1"],
  ["host", "1.2.3.4:80", "ipv4 1.2.3.4"],
  ["address", '"11.22.33.44"', "ipv4 11.22.33.44"],
  ["host", "(11)morrishittu(4)ddns(3)net(0)", "domain morrishittu.ddns.net"],
  ["address", "1.2.3.4,", "ipv4 1.2.3.4"],
  ["address", "1.2.3.4]", "ipv4 1.2.3.4"],
  ["address", "1.2.3.4;", "ipv4 1.2.3.4"],
  ["address", "4.3.2.1.in-addr.arpa", "ipv4 1.2.3.4"],
  ["host", "evil.example,", "domain evil.example"],
  ["email", "<evil@evil.example>", "email evil@evil.example"],
  ["sha256", `"${"ab".repeat(32)}"`, `sha256 ${"ab".repeat(32)}`],
];

Deno.test("toIoc() takes off what only alerts write around a value", async (t) => {
  for (const [kind, text, expected] of WRAPPED) {
    await t.step(text, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(`${ioc.kind} ${ioc.value}`, expected);
      assertEquals(normalize(kind, text), undefined, "OpenCTI does not");
    });
  }
});

/** What OpenCTI holds as something else. */
const READ_AS: readonly (readonly [TextKind, string, string])[] = [
  ["host", "4.3.2.1.IN-ADDR.ARPA.", "ipv4 1.2.3.4"],
  [
    "host",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.ip6.arpa",
    "ipv6 2a00:1450::1",
  ],
  ["url", "http://evil.example/a,", "url http://evil.example/a"],
];

Deno.test("toIoc() reads what stands for another value as that", async (t) => {
  for (const [kind, text, expected] of READ_AS) {
    await t.step(text, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(`${ioc.kind} ${ioc.value}`, expected);
    });
  }
});

const SPELLED: readonly (readonly [TextKind, string, readonly string[]])[] = [
  ["address", "2A00:1450::1", ["2a00:1450::1"]],
  ["url", "http://evil.example", [
    "http://evil.example/",
    "http://evil.example",
  ]],
  ["url", "http://evil.example:80/a b#c", [
    "http://evil.example/a%20b",
    "http://evil.example:80/a b#c",
  ]],
  ["url", "ftp://evil.example/A", ["ftp://evil.example/A"]],
  ["url", "HTTPS://evil.example/A", ["https://evil.example/A"]],
  ["url", "http://evil.example:8080/a", ["http://evil.example:8080/a"]],
  ["url", "http://me:secret@evil.example:81/a", ["http://evil.example:81/a"]],
  ["url", "http://[2a00:1450::1]:81/x", ["http://[2a00:1450::1]:81/x"]],
  ["host", "Bücher.example.", ["xn--bcher-kva.example", "bücher.example"]],
];

Deno.test("toIoc() gives the normal form, and how the alert writes it", async (t) => {
  for (const [kind, text, spellings] of SPELLED) {
    await t.step(text, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(ioc.spellings, spellings);
    });
  }
});

const SKIPPED: readonly (readonly [TextKind, string, string])[] = [
  ["address", "-", "not an IP address"],
  ["address", "22", "not an IP address"],
  ["address", "185.244.31", "not an IP address"],
  ["address", "10.0.0.0-10.255.255.255", "not an IP address"],
  ["host", "localhost", "no IP address, and no domain with a dot in it"],
  ["hostname", "-", "no IP address, and no name"],
  ["url", "/a", "not a URL of http, https or ftp"],
  ["url", "http://intranet/a", "no IP address, and no domain with a dot in it"],
  ["md5", "xxx", "not a md5 hash"],
  ["hash", "xxx", "not a hash"],
  ["email", "bob", "not an e-mail address"],
  ["user_agent", " ", "empty"],
  ["mac", "eth0", "not a MAC address"],
  ["host", "a".repeat(5000), "longer than 4096 characters"],
];

Deno.test("toIoc() says why a text is not asked for", async (t) => {
  for (const [kind, text, reason] of SKIPPED) {
    await t.step(`${kind} ${text.slice(0, 60)}`, () => {
      const skipped = toIoc({ kind, text, field: "f" });
      assertEquals(skipped, { text, field: "f", reason });
    });
  }
});

Deno.test("hostOf() gives the host of a URL and the domain of an e-mail address", () => {
  const cases: readonly [TextKind, string, string | null | undefined][] = [
    ["url", "http://[2a00:1450::1]:8080/", "ipv6 2a00:1450::1"],
    ["url", "http://evil.example./", "domain evil.example"],
    ["url", "http://intranet/", null],
    ["email", "a@evil.example", "domain evil.example"],
    ["md5", "ab".repeat(16), undefined],
  ];
  for (const [kind, text, expected] of cases) {
    const value = normalize(kind, text);
    assert(value !== undefined, text);
    const host = hostOf(value);
    assertEquals(host ? `${host.kind} ${host.value}` : host, expected);
  }
});

Deno.test("each kind's own patterns are read as that kind again", () => {
  const samples: Record<keyof typeof KINDS, string> = {
    sha512: "ab".repeat(64),
    sha256: "ab".repeat(32),
    sha1: "ab".repeat(20),
    md5: "ab".repeat(16),
    ipv4: "1.2.3.4",
    ipv6: "2a00:1450::1",
    domain: "evil.example",
    hostname: "evilpc",
    url: "http://evil.example/",
    email: "a@evil.example",
    user_agent: "Evil/1.0",
    mac: "aa:bb:cc:00:11:22",
  };
  for (const [kind, text] of Object.entries(samples)) {
    const { textKind }: { textKind: Candidate["kind"] } =
      Object.entries(KINDS).find(([name]) => name === kind)?.[1] ?? KINDS.md5;
    assertEquals(normalize(textKind, text)?.kind, kind);
  }
});

Deno.test("toIoc() takes no time for a text of quotes", () => {
  const start = performance.now();
  for (let n = 0; n < 200; n++) {
    toIoc({ kind: "host", text: `x${"'".repeat(4000)}x`, field: "f" });
  }
  const ms = performance.now() - start;
  assert(ms < 500, `${ms} ms`);
});
