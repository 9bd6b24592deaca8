import { assert, assertEquals } from "@std/assert";
import { isGlobal, normalize, type TextKind, toIoc } from "../lib/ioc.ts";

const SHA256 =
  "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

const NORMAL: readonly (readonly [TextKind, string, string | undefined])[] = [
  ["sha256", SHA256, `sha256 ${SHA256}`],
  ["sha256", ` ${SHA256.toUpperCase()} `, `sha256 ${SHA256}`],
  ["sha256", SHA256.slice(1), undefined],
  ["sha256", SHA256.replace("2", "g"), undefined],
  ["sha1", SHA256, undefined],
  ["md5", "xxx", undefined],
  ["address", "1.2.3.4", "ipv4 1.2.3.4"],
  ["address", "1.2.3.4:443", undefined],
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
  ["address", "::1.2.3.4", undefined],
  ["address", "64:ff9b::1.2.3.4", "ipv6 64:ff9b::102:304"],
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

// From IANA's registries: an address in each block, and those beside it.
const GLOBAL = [
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.0.9",
  "192.0.0.10",
  "192.0.1.0",
  "192.31.196.1",
  "192.52.193.1",
  "192.175.48.1",
  "192.167.255.255",
  "198.17.255.255",
  "198.20.0.0",
  "198.51.99.255",
  "203.0.112.255",
  "223.255.255.255",
  "2001:200::1",
  "2001:1::1",
  "2001:1::2",
  "2001:1::3",
  "2001:3::1",
  "2001:4:112::1",
  "2001:20::1",
  "2001:30::1",
  "2002::1",
  "2620:4f:8000::1",
  "2a00:1450::1",
  "64:ff9b::1",
];
const SPECIAL = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "100.64.0.1",
  "127.0.0.1",
  "169.254.1.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.0.8",
  "192.0.2.1",
  "192.168.1.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "64:ff9b:1::1",
  "100::1",
  "100:0:0:1::1",
  "2001::1",
  "2001:2::1",
  "2001:10::1",
  "2001:db8::1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fdff::1",
  "fe80::1",
  "ff02::1",
];

Deno.test("isGlobal() follows IANA's special-purpose registries", async (t) => {
  for (const address of GLOBAL) {
    await t.step(`${address} is global`, () => assert(isGlobal(address)));
  }
  for (const address of SPECIAL) {
    await t.step(`${address} is not`, () => assert(!isGlobal(address)));
  }
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

const SPELLED: readonly (readonly [TextKind, string, readonly string[]])[] = [
  ["address", "2A00:1450::1", [
    "2a00:1450::1",
    "2a00:1450:0000:0000:0000:0000:0000:0001",
  ]],
  ["url", "http://evil.example", [
    "http://evil.example/",
    "http://evil.example",
    "http://evil.example:80/",
  ]],
  ["url", "http://evil.example:80/a b#c", [
    "http://evil.example/a%20b",
    "http://evil.example:80/a b#c",
    "http://evil.example:80/a%20b",
  ]],
  ["url", "ftp://evil.example/A", [
    "ftp://evil.example/A",
    "ftp://evil.example:21/A",
  ]],
  ["url", "HTTPS://evil.example/A", [
    "https://evil.example/A",
    "https://evil.example:443/A",
  ]],
  ["url", "http://evil.example:8080/a", ["http://evil.example:8080/a"]],
  ["url", "http://me:secret@evil.example:81/a", ["http://evil.example:81/a"]],
  ["url", "http://[2a00:1450::1]:81/x", ["http://[2a00:1450::1]:81/x"]],
  ["host", "Bücher.example.", ["xn--bcher-kva.example", "bücher.example"]],
];

Deno.test("toIoc() gives every spelling that OpenCTI may have stored", async (t) => {
  for (const [kind, text, spellings] of SPELLED) {
    await t.step(text, () => {
      const ioc = toIoc({ kind, text, field: "f" });
      assert("spellings" in ioc);
      assertEquals(ioc.spellings, spellings);
    });
  }
});

const PASSED_OVER: readonly (readonly [TextKind, string, string])[] = [
  ["address", "10.0.0.1", "not a global address"],
  ["address", "::ffff:10.0.0.1", "not a global address"],
  ["address", "-", "not an IP address"],
  ["host", "localhost", "no IP address, and no domain with a dot in it"],
  ["host", "192.168.0.1", "not a global address"],
  ["url", "/a", "not a URL of http, https or ftp"],
  ["url", "http://10.0.0.1/a", "not a global address"],
  ["url", "http://intranet/a", "no IP address, and no domain with a dot in it"],
  ["md5", "xxx", "not a md5 hash"],
  ["md5", "D41D8CD98F00B204E9800998ECF8427E", "the hash of an empty file"],
  [
    "sha1",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "the hash of an empty file",
  ],
  [
    "sha256",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "the hash of an empty file",
  ],
  ["host", "a".repeat(5000), "longer than 4096 characters"],
];

Deno.test("toIoc() says why a text is not asked for", async (t) => {
  for (const [kind, text, reason] of PASSED_OVER) {
    await t.step(`${kind} ${text.slice(0, 60)}`, () => {
      const passedOver = toIoc({ kind, text, field: "f" });
      assertEquals(passedOver, { text, field: "f", reason });
    });
  }
});
