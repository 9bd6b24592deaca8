import { assertEquals } from "@std/assert";
import { findIn, valuesOf } from "../../stand_ins/alerts.ts";

const EICAR = [
  "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  "md5 44d88612fea8a8f36de82e1278abb02f",
];

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
    await t.step(name, () => assertEquals(valuesOf(findIn(alert)), expected));
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
      const findings = findIn({
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
        valuesOf(findIn({ rule: { groups: ["ids"] }, data })),
        expected,
      );
    });
  }
});

Deno.test("sonicwall skips dropped packets, by the firewall's own words", async (t) => {
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
      const { iocs, skipped } = findIn(alert(log));
      assertEquals(iocs.length === 0, isDropped);
      if (isDropped) {
        assertEquals(skipped[0]?.reason, "the packet was dropped");
      }
    });
  }
  await t.step("the action, without full_log", () => {
    const { iocs } = findIn({
      ...alert("", "UDP packet dropped"),
      full_log: undefined,
    });
    assertEquals(iocs, []);
  });
});

Deno.test("sonicwall takes the host of dstname alone", () => {
  const findings = findIn({
    rule: { groups: ["sonicwall"] },
    full_log: 'a dstname="evil.example/x" b',
  });
  assertEquals(valuesOf(findings), ["domain evil.example"]);
});

Deno.test("fortigate asks for a URL on another port in both ways", () => {
  const data = { hostname: "evil.example", url: "/x", dstport: "8080" };
  assertEquals(valuesOf(findIn({ rule: { groups: ["fortigate"] }, data })), [
    "domain evil.example",
    "url http://evil.example/x",
    "url http://evil.example:8080/x",
    "url https://evil.example/x",
    "url https://evil.example:8080/x",
  ]);
});

Deno.test("fortigate skips administrative actions, whatever their case", async (t) => {
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
      const { iocs, skipped } = findIn({
        rule: { groups: ["fortigate"] },
        data: { action, srcip: "9.9.9.9" },
      });
      assertEquals(iocs.length === 0, isAdministrative);
      assertEquals(skipped.length > 0, isAdministrative);
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
      const findings = findIn({
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
