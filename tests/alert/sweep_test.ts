import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { type Findings, makeFinder } from "../../lib/alert/find.ts";
import type { Sweep } from "../../lib/alert/texts.ts";
import { FIND_DEFAULTS, valuesOf } from "../stand_ins/alerts.ts";
// As products write them, and what of each is to be asked for.
import seen from "../testdata/seen.json" with { type: "json" };

const FINDERS = {
  off: makeFinder(FIND_DEFAULTS),
  safe: makeFinder({ ...FIND_DEFAULTS, sweep: "safe" }),
  all: makeFinder({ ...FIND_DEFAULTS, sweep: "all" }),
};

function find(alert: object, sweep: Sweep = "safe"): Findings {
  return FINDERS[sweep](parseAlert(JSON.stringify(alert)));
}

Deno.test("the sweep and the sources find what products write", async (t) => {
  const cases = Object.entries<{ alert: object; iocs: readonly string[] }>(
    seen,
  );
  for (const [name, { alert, iocs }] of cases) {
    await t.step(name, () => assertEquals(valuesOf(find(alert)), [...iocs]));
  }
});

const MD5 = "44d88612fea8a8f36de82e1278abb02f";

Deno.test("each sweep finds what it is for in a log", async (t) => {
  const cases: Readonly<Record<string, readonly [string, string, string]>> = {
    "an address": ["from 9.8.7.6:80", "ipv4 9.8.7.6", "ipv4 9.8.7.6"],
    "a user and an address": [
      "ssh root@9.8.7.6",
      "ipv4 9.8.7.6",
      "ipv4 9.8.7.6",
    ],
    "an IPv6 address": [
      "[2a00:1450::5]:80",
      "ipv6 2a00:1450::5",
      "ipv6 2a00:1450::5",
    ],
    "a hash that says so": [`md5=${MD5}`, `md5 ${MD5}`, `md5 ${MD5}`],
    "a hash that does not": [`container ${MD5}`, "", `md5 ${MD5}`],
    "no file's hash": [`IMPHASH=${MD5} ja3 ${MD5}`, "", ""],
    "a password's hash": [`-hashes ${MD5}:${MD5}`, "", ""],
    "a folder's name": [`C:\\x\\${MD5}\\y.dll`, "", ""],
    "a bare domain": ["asked evil.ru for it", "", "domain evil.ru"],
    "a name with its address": [
      "user=x host=evil.ru [9.8.7.6]",
      "ipv4 9.8.7.6",
      "ipv4 9.8.7.6,domain evil.ru",
    ],
    "a site's header": ["200 - {www.own.ru||} {}", "", ""],
    "names in programs": ["java.lang.Thread.run logging.info", "", ""],
    "a version": ["Agent/4.14.7.1 v1.2.3.4 version 10.0.22.1", "", ""],
    "an update": ["Updated Firefox from 131.0.3.1 to 132.0.1.2", "", ""],
    "an update of an address": [
      "updated host 9.8.7.6",
      "ipv4 9.8.7.6",
      "ipv4 9.8.7.6",
    ],
    "in a terminal's colours": [
      "#033[31m9.8.7.6#033[0m",
      "ipv4 9.8.7.6",
      "ipv4 9.8.7.6",
    ],
    "an OID": ["1.3.6.1.4.1.311.2", "", ""],
    "a network, a range": ["9.8.7.0/24 9.8.7.1-9.8.7.9", "", ""],
    "files' names": ["/a/install.sh auth.log sshd.service a.b.conf", "", ""],
    "a private address": ["from 10.0.0.1", "", ""],
    "a resolver": ["forwarded to 8.8.8.8", "", ""],
    "one's own, by its name": ["local_ip=9.8.7.6 fw=9.8.7.5", "", ""],
    "who logs": ["Nov 25 10:00:00 9.8.7.6 x: y", "", ""],
    "a crawler's page": ["(Bot; +http://bot.ru/x)", "", ""],
    "a vendor's link": ["see https://www.virustotal.com/gui/x", "", ""],
    "a link, by its name": ["help_link=http://evil.ru/x", "", ""],
    "a message's id": ["message-id=<a@evil.ru> id: <b@evil.ru>", "", ""],
    "a unit of systemd": ["systemd-fsck@dev-disk.device", "", ""],
    "an e-mail address with its name": [
      "from=a@evil.ru, id=b+c@evil.ru CEF:0|a|b|1|1|x|1|suser=d@evil.ru",
      "email a@evil.ru,email b+c@evil.ru,email d@evil.ru",
      "email a@evil.ru,email b+c@evil.ru,email d@evil.ru",
    ],
    "an e-mail address in a URL": ["GET /a?x=1&to=bob@evil.ru", "", ""],
  };
  for (const [name, [full_log, safe, all]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(valuesOf(find({ full_log })).join(), safe);
      assertEquals(valuesOf(find({ full_log }, "all")).join(), all);
      assertEquals(valuesOf(find({ full_log }, "off")), []);
    });
  }
});

Deno.test("a link is skipped for its name or its host alone, and it is said", async (t) => {
  const url = "http://evil.ru/x";
  const cases: Readonly<Record<string, readonly [object, string]>> = {
    "after see": [{ full_log: `user clicked, see ${url}` }, ""],
    "after @": [{ full_log: `downloaded from @${url}` }, ""],
    "after a +": [{ full_log: `q=a +${url}` }, ""],
    "after an agent": [{ full_log: `200 Mozilla/5.0, ${url}` }, ""],
    "of a mail": [{ data: { link: url } }, ""],
    "of a crawler": [
      { full_log: `(compatible; Bot/1.0; +${url})` },
      "the page of a crawler, as its user agent has it",
    ],
    "of an alert": [{ data: { alert_url: url } }, "a link, by its name"],
    "of a vendor": [
      { full_log: "http://cisco.com/x", data: { peer: "9.8.7.6" } },
      "a vendor's page",
    ],
  };
  for (const [name, [alert, why]] of Object.entries(cases)) {
    await t.step(name, () => {
      const { iocs, skipped } = find(alert);
      assertEquals(iocs.some(({ kind }) => kind === "url"), why === "");
      assertEquals(skipped.map(({ reason }) => reason).join(), why);
    });
  }
  await t.step("elsewhere, it is asked for", () => {
    const { iocs, skipped } = find({
      full_log: `(Bot; +${url}) GET ${url}`,
      data: { help_url: url },
    });
    assertEquals(iocs.map(({ value }) => value), [url, "evil.ru"]);
    assertEquals(skipped, []);
  });
});

Deno.test("who speaks from outside is asked for, and what is one's own is not", async (t) => {
  const other = ["origin_ip", "workstation"];
  const own = [
    "netconn_local_ipv4",
    "action_local_ip",
    "wan_ip",
    "interface_ip",
    "firewall_ip",
    "asset_ip",
    "srv_ip",
    "host_public_ip",
    "fixed_in",
  ];
  for (const name of [...other, ...own]) {
    await t.step(name, () => {
      const found = find({ data: { [name]: "9.8.7.6" } });
      const expected = own.includes(name) ? [] : ["ipv4 9.8.7.6"];
      assertEquals(valuesOf(found), expected);
    });
  }
  await t.step("a token of a device", () => {
    const data = { debugData: { dtHash: "ab".repeat(32) } };
    assertEquals(valuesOf(find({ data })), []);
  });
});

Deno.test("a vendor's host where anybody publishes is asked for", async (t) => {
  const cases: Readonly<Record<string, boolean>> = {
    "https://customervoice.microsoft.com/Pages/x?id=1": true,
    "https://storage.cloud.google.com/evil/login.html": true,
    "https://learn.microsoft.com/x": false,
    "https://go.microsoft.com/fwlink/?x": false,
    "https://console.cloud.google.com/x": false,
    "https://microsoft.com/x": false,
  };
  for (const [url, isAsked] of Object.entries(cases)) {
    await t.step(url, () => {
      const { iocs } = find({ full_log: `clicked ${url}` });
      assertEquals(iocs.some(({ value }) => value === url), isAsked);
    });
  }
});

Deno.test("what people write around a URL is no part of it", async (t) => {
  const url = "http://evil.ru/y";
  const texts = [
    `${url}…`,
    `${url}。`,
    `„${url}“`,
    `«${url}»`,
    `*${url}*`,
    `\x1b[31m${url}\x1b[0m`,
  ];
  for (const text of texts) {
    await t.step(text, () => {
      const found = find({ data: { url: text } }, "off");
      assertEquals(valuesOf(found), [`url ${url}`, "domain evil.ru"]);
    });
  }
});

Deno.test("static fields and hashes by their names are read of every alert", () => {
  const data = {
    srcip: "9.8.7.6",
    url: "x http://evil.ru/a",
    hostname: "evil.ru",
    event: { file_hash: MD5, SHA1String: "0".repeat(40), trace: MD5 },
    peer: "9.9.9.8",
  };
  const found = find({ rule: { groups: ["x"] }, data }, "off");
  assertEquals(valuesOf(found), [
    "ipv4 9.8.7.6",
    "url http://evil.ru/a",
    "domain evil.ru",
    `md5 ${MD5}`,
  ]);
  assert(found.iocs.every(({ source }) => source === "any_alert"));
});

Deno.test("no sweep asks for what a source skips, or for whose alert it is", async (t) => {
  const cases: Readonly<Record<string, object>> = {
    "a dropped packet": {
      rule: { groups: ["sonicwall"] },
      full_log: 'src=9.8.7.6 msg="packet dropped" x=http://evil.ru/a',
      data: { srcip: "9.8.7.6", other: "9.8.7.5" },
    },
    "an administrator": {
      rule: { groups: ["fortigate"] },
      full_log: "action=login x=9.8.7.5",
      data: { srcip: "9.8.7.6", action: "login" },
    },
    "a skipped field": {
      rule: { groups: ["checkpoint-smart1"] },
      full_log: "from 9.8.7.6",
      data: { origin: "9.8.7.6" },
    },
    "the host of a skipped link": {
      rule: { groups: ["fireeye"] },
      full_log: "see evil.ru",
      data: { link: "http://evil.ru/a" },
    },
    "agent, manager, sender": {
      agent: { id: "1", name: "web01.own.ru", ip: "9.8.7.6" },
      manager: { name: "wazuh.own.ru" },
      predecoder: { hostname: "9.8.7.5" },
      location: "9.8.7.4",
      full_log: "x 9.8.7.6 9.8.7.5 9.8.7.4 web01.own.ru wazuh.own.ru",
    },
  };
  for (const [name, alert] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(valuesOf(find(alert, "all")), []));
  }
});

Deno.test("no sweep calls skipped what a source asks for", () => {
  const { iocs, skipped } = find({
    rule: { groups: ["fortigate"] },
    data: { dstip: "1.1.1.1" },
    // To the sweep, a resolver that was asked.
    full_log: "dstip=1.1.1.1",
  });
  assertEquals(iocs.map(({ value }) => value), ["1.1.1.1"]);
  assertEquals(skipped, []);
});

Deno.test("the sweep crowds out nothing that a source finds", () => {
  const answers = Array.from(
    { length: 100 },
    (_, n) => ({ rdata: `9.9.8.${n}` }),
  );
  const { iocs } = find({
    rule: { groups: ["ids"] },
    data: { a: "http://evil.ru/", dns: { answers } },
  });
  assertEquals(iocs.length, 100);
  assert(iocs.every(({ source }) => source === "suricata"));
});

Deno.test("no text before them crowds out static fields and named hashes", async (t) => {
  const addresses = (count: number) =>
    Array.from({ length: count }, (_, n) => `9.9.${n >> 8}.${n & 255}`);
  const before: Readonly<Record<string, unknown>> = {
    "a text of addresses": addresses(120).join(" "),
    "more than are taken": addresses(500).join(" "),
    "more than is read": "x.".repeat(100_000),
    "many texts": addresses(2000),
  };
  for (const [name, a] of Object.entries(before)) {
    const data = { a, b: { file_hash: MD5 }, srcip: "9.8.7.6" };
    for (const mode of ["off", "safe", "all"] as const) {
      await t.step(`${name}, ${mode}`, () => {
        const { iocs } = find({ data }, mode);
        const values = iocs.map(({ value }) => value);
        assert(values.includes("9.8.7.6") && values.includes(MD5));
      });
    }
  }
});

/** What stands around addresses, over and over. */
const UNITS: readonly string[] = [
  "CEF:0|a|b|9.8.7.6|",
  "cs1Label=x cs1=9.8.7.6 ",
  "docker a:9.8.7.6 ",
  "9.8.7.6.80 > ",
  "2a00:",
  "2a00:1:9.8.7.6",
  "::ffff:",
  "0:0:0:0:0:ffff:1",
  "upgraded to 9.8.7.6 from ",
  "NAT (9.8.7.6->",
  "IPV4/UDP/9.8.7.6/",
  "serial no. ",
  "npm a=9.8.7.6",
  ", client: ",
  "a.A",
];

Deno.test("a log takes time in proportion, whatever stands around addresses", async (t) => {
  for (const unit of UNITS) {
    await t.step(unit, () => {
      const [once = 0, twice = 0] = [60_000, 120_000].map((length) => {
        const full_log = unit.repeat(length / unit.length);
        const times = [1, 2, 3].map(() => {
          const start = performance.now();
          find({ full_log }, "all");
          return performance.now() - start;
        });
        return Math.min(...times);
      });
      assert(twice < 3 * once + 50 && twice < 500, `${once} ms, ${twice} ms`);
    });
  }
});

Deno.test("only a sweep for all reads the logs before, and is unsure of it", () => {
  const alert = {
    previous_output: "asked evil.ru",
    syscheck: { diff: "9.8.7.6" },
  };
  assertEquals(valuesOf(find(alert)), []);
  const { iocs } = find(alert, "all");
  assertEquals(iocs.map(({ value, isUnsure }) => [value, isUnsure]), [
    ["evil.ru", true],
    ["9.8.7.6", undefined],
  ]);
});

Deno.test("an address that a decoder cut off is asked for whole", async (t) => {
  const cases: Readonly<Record<string, readonly [string, string, string]>> = {
    "at its end": ["185.244.31.15", "src=185.244.31.158 x", "185.244.31.158"],
    "at its start": ["85.244.31.158", "src=185.244.31.158 x", "185.244.31.158"],
    "by a number": [
      "185.244.31",
      "{ICMP} 185.244.31.158 -> x",
      "185.244.31.158",
    ],
    "not at all": [
      "185.244.31.15",
      "185.244.31.15 185.244.31.158",
      "185.244.31.15",
    ],
    "IPv6, in its last group": [
      "2a02:4780:6:c0de::1",
      "src=2a02:4780:6:c0de::10 x",
      "2a02:4780:6:c0de::10",
    ],
    "IPv6, at its start": [
      "a02:4780:6:c0de::1",
      "src=2a02:4780:6:c0de::1 x",
      "2a02:4780:6:c0de::1",
    ],
    "IPv6 before a port and a dot": [
      "2a02:4780::6",
      "from 2a02:4780::6:443, 2a02:4780::6.",
      "2a02:4780::6",
    ],
    "IPv4 in IPv6": [
      "::ffff:185.244.31.15",
      "src=::ffff:185.244.31.158 x",
      "185.244.31.158",
    ],
    "where a dot ends it": [
      "185.244.31.15",
      "from 185.244.31.15.",
      "185.244.31.15",
    ],
  };
  for (const [name, [srcip, full_log, expected]] of Object.entries(cases)) {
    for (const group of ["sonicwall", "no_source"]) {
      await t.step(`${name}, ${group}`, () => {
        const alert = { rule: { groups: [group] }, full_log, data: { srcip } };
        const kind = expected.includes(":") ? "ipv6" : "ipv4";
        assertEquals(valuesOf(find(alert, "off")), [`${kind} ${expected}`]);
      });
    }
  }
});
