import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  DEFAULT_IGNORE,
  type Ignore,
  loadIgnoreLists,
} from "../../lib/alert/ignore.ts";
import { normalize, type TextKind } from "../../lib/alert/kinds.ts";

async function listsOf(
  ignore: Partial<Ignore>,
  files: Readonly<Record<string, string>> = {},
) {
  const readLists = await loadIgnoreLists({ ...DEFAULT_IGNORE, ...ignore }, {
    baseUrl: "https://opencti.corp.example:8443/cti",
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error("there is no such file");
      return text;
    },
  });
  return readLists();
}

function whyOf(
  [kind, text, port]: readonly [TextKind, string, string?],
  lists: Awaited<ReturnType<typeof listsOf>>,
): string | undefined {
  const value = normalize(kind, text);
  assert(value !== undefined, text);
  return lists.whyIgnored(value, port);
}

Deno.test("loadIgnoreLists() has built-in lists, each with its switch", async (t) => {
  const cases: readonly (readonly [
    keyof Ignore,
    readonly [TextKind, string, string?],
    string,
  ])[] = [
    ["private_networks", ["address", "10.0.0.1"], "not a global address"],
    ["private_networks", ["address", "::ffff:10.0.0.1"], "not a global"],
    ["private_networks", ["url", "http://10.0.0.1/a"], "not a global address"],
    ["empty_files", ["md5", "d41d8cd98f00b204e9800998ecf8427e"], "empty file"],
    [
      "empty_files",
      ["sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
      "empty file",
    ],
    [
      "empty_files",
      [
        "sha256",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      ],
      "empty file",
    ],
    [
      "empty_files",
      [
        "sha512",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
      ],
      "empty file",
    ],
    ["public_resolvers", ["address", "8.8.8.8", "53"], "public DNS resolver"],
    ["public_resolvers", ["address", "2620:fe::fe", "853"], "public DNS"],
    ["private_names", ["host", "router.home.arpa"], "private networks"],
    ["private_names", ["host", "dc01.corp"], "private networks"],
    ["private_names", ["url", "http://wiki.intranet/x"], "private networks"],
    ["private_names", ["email", "bob@mail.lan"], "private networks"],
    ["own_opencti", ["host", "opencti.corp.example"], "OpenCTI that is asked"],
    ["own_opencti", ["url", "http://opencti.corp.example/x"], "that is asked"],
  ];
  for (const [list, value, why] of cases) {
    await t.step(`${list}: ${value.join(" ")}`, async () => {
      const reason = whyOf(value, await listsOf({}));
      assertStringIncludes(reason ?? "", why);
      assertStringIncludes(reason ?? "", `(ignore.${list})`);
      assertEquals(whyOf(value, await listsOf({ [list]: false })), undefined);
    });
  }
  await t.step("a resolver that was not asked as one", async () => {
    assertEquals(
      whyOf(["address", "8.8.8.8", "443"], await listsOf({})),
      undefined,
    );
    assertEquals(whyOf(["address", "8.8.8.8"], await listsOf({})), undefined);
  });
});

Deno.test("loadIgnoreLists() takes the user's lists, and says which entry it was", async (t) => {
  const lists = await listsOf({
    addresses: ["9.9.9.9", "185.244.0.0/16", "2a00:1450::/32"],
    domains: ["Corp.example", "*.cdn.example", ".ads.example"],
    urls: ["https://evil.example/Static/"],
    hashes: ["AB".repeat(16)],
  });
  const cases: readonly (readonly [TextKind, string, string | undefined])[] = [
    ["address", "9.9.9.9", 'ignore.addresses has "9.9.9.9/32"'],
    ["address", "185.244.31.158", 'ignore.addresses has "185.244.0.0/16"'],
    ["address", "185.245.0.1", undefined],
    ["address", "2a00:1450::1", 'ignore.addresses has "2a00:1450::/32"'],
    ["url", "http://9.9.9.9/x", 'ignore.addresses has "9.9.9.9/32"'],
    ["host", "corp.example", 'ignore.domains has "corp.example"'],
    ["host", "a.b.corp.example", 'ignore.domains has "corp.example"'],
    ["host", "notcorp.example", undefined],
    ["host", "x.cdn.example", 'ignore.domains has "cdn.example"'],
    ["host", "x.ads.example", 'ignore.domains has "ads.example"'],
    ["email", "bob@corp.example", 'ignore.domains has "corp.example"'],
    ["url", "http://www.corp.example/", 'ignore.domains has "corp.example"'],
    [
      "url",
      "https://EVIL.example/static/x",
      'ignore.urls has "https://evil.example/static/"',
    ],
    ["url", "https://evil.example/other", undefined],
    ["hash", "ab".repeat(16), `ignore.hashes has "${"ab".repeat(16)}"`],
    ["hash", "cd".repeat(16), undefined],
  ];
  assertEquals(lists.problems, []);
  for (const [kind, text, why] of cases) {
    await t.step(`${kind} ${text}`, () => {
      assertEquals(whyOf([kind, text], lists), why);
    });
  }
});

Deno.test("loadIgnoreLists() reads files: an entry a line, or a warning list of MISP", async (t) => {
  const files = {
    "/lists/own.txt":
      "# ours\n\ncorp.example # the domain\n9.9.9.0/24\r\nhttp://evil.example/ok/\n",
    "/lists/cidr.json": '{"name":"x","type":"cidr","list":["1.1.1.0/24"]}',
    "/lists/hostname.json": '{"type":"hostname","list":["google.com"]}',
    "/lists/string.json": `{"type":"string","list":["${
      "ab".repeat(20)
    }",7,"duckdns.org"]}`,
    "/lists/substring.json": '{"type":"substring","list":["Oogl"]}',
    "/lists/regex.json":
      '{"type":"regex","list":["/^evil[0-9]\\\\.example$/im"]}',
  };
  const lists = await listsOf({ files: Object.keys(files) }, files);
  const cases: readonly (readonly [TextKind, string, string | undefined])[] = [
    ["host", "www.corp.example", '/lists/own.txt has "corp.example"'],
    ["address", "9.9.9.9", '/lists/own.txt has "9.9.9.0/24"'],
    [
      "url",
      "http://evil.example/ok/1",
      '/lists/own.txt has "http://evil.example/ok/"',
    ],
    ["address", "1.1.1.1", '/lists/cidr.json has "1.1.1.0/24"'],
    ["host", "www.google.com", '/lists/hostname.json has "google.com"'],
    ["hash", "ab".repeat(20), `/lists/string.json has "${"ab".repeat(20)}"`],
    ["host", "duckdns.org", '/lists/string.json has "duckdns.org"'],
    ["host", "evil.duckdns.org", undefined],
    ["url", "http://duckdns.org/x", undefined],
    ["host", "google.example", '/lists/substring.json has "Oogl"'],
    ["url", "http://google.example/", '/lists/substring.json has "Oogl"'],
    [
      "host",
      "evil7.example",
      '/lists/regex.json has "/^evil[0-9]\\\\.example$/im"',
    ],
    ["host", "evilx.example", undefined],
  ];
  assertEquals(lists.problems, []);
  for (const [kind, text, why] of cases) {
    await t.step(`${kind} ${text}`, () => {
      assertEquals(whyOf([kind, text], lists), why);
    });
  }
});

Deno.test("loadIgnoreLists() reports what is wrong, and uses the rest", async () => {
  const lists = await listsOf({
    addresses: ["9.9.9.9", "10.0.0.0/99", "evil.example"],
    domains: ["a b", "1.2.3.4", "c d", "e f"],
    urls: ["evil.example"],
    hashes: ["abc"],
    files: ["/none", "/broken.json", "/type.json", "/list.json"],
  }, {
    "/broken.json": "{",
    "/type.json": '{"type":"colour","list":["red"]}',
    "/list.json": '{"type":"cidr"}',
  });
  assertEquals(
    whyOf(["address", "9.9.9.9"], lists)?.slice(0, 16),
    "ignore.addresses",
  );
  const says = [
    'ignore.addresses: no address or network: "10.0.0.0/99", "evil.example"; ',
    'ignore.domains: no domain: "a b", "1.2.3.4", "c d" and 1 more; correct it',
    'ignore.urls: no URL of http, https or ftp: "evil.example"; ',
    'ignore.hashes: no hash: "abc"; ',
    "/none of ignore.files: there is no such file",
    "/broken.json of ignore.files",
    'its type is "colour"',
    'it has no "list"',
  ];
  assertEquals(lists.problems.length, says.length);
  says.forEach((text, n) =>
    assertStringIncludes(lists.problems[n] ?? "", text)
  );
});

Deno.test("loadIgnoreLists() finds what a URL starts with among many", async (t) => {
  const lists = await listsOf({
    urls: ["http://a.b/x/", "http://a.b/x/y", "http://a.b/xa", "http://b.c/"],
  });
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["http://a.b/x/", "http://a.b/x/"],
    ["http://a.b/x/y/z", "http://a.b/x/"],
    ["http://a.b/xab", "http://a.b/xa"],
    ["http://a.b/x", undefined],
    ["http://a.b/y", undefined],
    ["http://0.b/", undefined],
    ["http://z.b/", undefined],
  ];
  for (const [url, entry] of cases) {
    await t.step(url, () => {
      assertEquals(
        whyOf(["url", url], lists),
        entry && `ignore.urls has "${entry}"`,
      );
    });
  }
});

Deno.test("loadIgnoreLists() takes an e-mail address for no part of another", async () => {
  const files = { "/list": "bob@corp.example" };
  const lists = await listsOf({ files: ["/list"] }, files);
  assertEquals(
    whyOf(["email", "bob@corp.example"], lists),
    '/list has "bob@corp.example"',
  );
  assertEquals(whyOf(["email", "x.bob@corp.example"], lists), undefined);
});

Deno.test("loadIgnoreLists() looks many values up in long lists in short time", async (t) => {
  const list = (entry: (n: number) => string) =>
    Array.from({ length: 50_000 }, (_, n) => entry(n)).join("\n");
  const files: Readonly<Record<string, readonly [string, TextKind]>> = {
    "9.9": [list((n) => `9.9.${n >> 8}.${n % 256}`), "address"],
    "networks": [list((n) => `9.${n >> 8}.${n % 256}.0/24`), "address"],
    "h": [list((n) => `http://h${n}.example/x`), "url"],
    "d": [list((n) => `h${n}.example`), "email"],
  };
  for (const [name, [text, kind]] of Object.entries(files)) {
    await t.step(name, async () => {
      const lists = await listsOf({ files: ["/l"] }, { "/l": text });
      const values = Array.from({ length: 5000 }, (_, n) => ({
        address: `8.8.${n >> 8}.${n % 256}`,
        url: `http://other${n}.example/x`,
        email: `${"a.".repeat(1000)}a@other${n}.example`,
      })).map((texts) =>
        kind === "address" || kind === "url" ? texts[kind] : texts.email
      );
      const start = performance.now();
      for (const value of values) whyOf([kind, value], lists);
      const ms = performance.now() - start;
      assert(ms < 2000, `${ms} ms`);
    });
  }
});
