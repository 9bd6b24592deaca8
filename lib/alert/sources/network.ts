/**
 * Firewalls, network intrusion detection and remote access.
 *
 * @module
 */
import { type Field, hashesIn, type Source } from "./source.ts";

const ENDS: readonly Field[] = [
  { path: "data.srcip", kind: "address" },
  { path: "data.dstip", kind: "address", port: "data.dstport" },
];

/** Addresses that are joined by commas. */
const LIST = "(?<address>[^,\\s]+)";

/** Suricata's DNS, with all that an answer may be called. */
const DNS_ANSWERS = ["data.dns", "data.dns.answer"].flatMap((dns) => [
  `${dns}.answers[].rrname`,
  `${dns}.answers[].rdata`,
  `${dns}.grouped.A[]`,
  `${dns}.grouped.AAAA[]`,
  `${dns}.grouped.CNAME[]`,
  `${dns}.grouped.MX[]`,
  `${dns}.grouped.NS[]`,
  `${dns}.grouped.PTR[]`,
]);

/** A message of Cisco's names who spoke, and with whom, in many ways. */
const CISCO_TEXT: readonly string[] = [
  // 106100: tcp outside/1.2.3.4(44321) -> inside/10.0.0.21(22)
  "%(?:ASA|FTD)-\\d-106100: [^>]{0,200}? [^\\s/]{1,64}/" +
  "(?<address>[\\da-f.:]{2,45})\\(\\d{1,5}\\)[^>]{0,99}? -> " +
  "[^\\s/]{1,64}/(?<address2>[\\da-f.:]{2,45})\\((?<port>\\d{1,5})\\)",
  // 421001, 338xxx: outside:1.2.3.4/80 (5.6.7.8/80)
  "\\s(?:from|to|for)\\s\\S{1,99}?:(?<address>[\\da-f.:]{1,45})/(?<port>\\d+)" +
  "(?: \\((?<address2>[\\da-f.:]+)/\\d+\\))?",
  "resolved from \\S+ list: (?<host>[^\\s,/]+)(?=,|/255\\.255\\.255\\.255|$)",
  // 733102: host 1.2.3.4 to shun list; 401004: Shunned packet: 1.2.3.4 = …
  "\\bhost (?<address>[\\da-f.:]*[\\da-f]) (?:to|from) shun list",
  "Shun(?:ned packet|\\s+added|\\s+deleted): (?<address>[\\da-f.:]*[\\da-f])" +
  "(?:\\s+(?:=|==>)\\s+(?<address2>[\\da-f.:]*[\\da-f]))?",
  // AnyConnect: Group <x> User <y> IP <1.2.3.4>
  "\\bIP <(?<address>[\\da-f.:]+)>",
  "\\bIP = (?<address>[\\da-f.:]*[\\da-f])",
];

/** Cisco's names for who spoke; where they are interfaces, the text has it. */
const CISCO: readonly Field[] = [
  ...ENDS,
  {
    path: [
      "data.src_ip",
      "data.src",
      "data.address",
      "data.host_ip",
      "data.remote_peer",
      "data.client_dyn_ip",
      "data.ip",
    ],
    kind: "address",
  },
  { path: "data.dst_ip", kind: "address", port: "data.dst_port" },
  { path: "data.dst", kind: "address" },
  { path: "data.url", kind: "url" },
  { path: "data.domain", kind: "host" },
  {
    path: ["data.server", "data.origin"],
    kind: "address",
    skip: "the network's own",
  },
  ...CISCO_TEXT.map((pattern): Field => ({ path: "full_log", pattern })),
];

/** The fields of Firepower's 430001 to 430005, `Name: value, …`. */
const FIREPOWER: readonly Field[] = [
  {
    path: "full_log",
    pattern: "\\b(?:Src|Initiator|Original ?Client(?: ?Src)?)IP: " +
      "(?<address>[^,\\s]+)" +
      "|\\b(?:Dst|Responder)IP: (?<address2>[^,\\s]+)" +
      "(?:(?:,[^,]*){0,3}?, (?:Dst|Responder)Port: (?<port>\\d+))?",
  },
  {
    path: "full_log",
    pattern: "\\b(?:UR[LI]|ReferencedHost|HTTPReferer): " +
      "(?:(?<text>[a-z]+://\\S+?)|(?<url>[^,\\s/][^,\\s/.]*\\.[^,\\s/]+/\\S*?)" +
      "|(?<host>[^,\\s/][^,\\s/.]*\\.[^,\\s/]+))(?=,?(?:\\s|$))",
  },
  {
    path: "full_log",
    pattern:
      "\\bDNSQuery: (?<host>[^,\\s]+)|\\bFileSHA256: (?<sha256>[\\da-f]+)" +
      "|\\bSHA_Disposition: \\S+ (?<sha256>[\\da-f]{64})",
  },
];

/** See above. */
export const NETWORK: readonly Source[] = [
  {
    name: "suricata",
    groups: ["suricata", "ids"],
    when: [
      { field: "decoder.name", matches: "^(?:snort|cisco.*)$", not: true },
      { field: "data.bro_engine", matches: ".", not: true },
    ],
    fields: [
      {
        path: ["data.src_ip", "data.srcip", "data.src"],
        kind: "address",
      },
      { path: "data.dest_ip", kind: "address", port: "data.dest_port" },
      { path: "data.dst_ip", kind: "address", port: "data.dst_port" },
      {
        path: ["data.dstip", "data.dst"],
        kind: "address",
        port: "data.dstport",
      },
      {
        path: [
          "data.dns.rrname",
          "data.dns.query[].rrname",
          "data.dns.queries[].rrname",
          "data.dns.rdata",
          ...DNS_ANSWERS,
          "data.dns.answer.rrname",
          "data.dns.answer.rdata",
          "data.tls.sni",
          "data.http.hostname",
        ],
        kind: "host",
      },
      {
        path: ["data.http.url", "data.http.http_user_agent"],
        kind: "request",
      },
      {
        path: ["data.http.xff", "data.xff"],
        kind: "address",
      },
      {
        path: ["data.quic.sni", "data.smtp.helo"],
        kind: "host",
      },
      {
        path: [
          "data.smtp.mail_from",
          "data.smtp.rcpt_to[]",
          "data.email.from",
          "data.email.to[]",
          "data.email.cc[]",
        ],
        kind: "email",
      },
      { path: "data.email.url[]", kind: "url" },
      { path: "data.email.attachment[]", kind: "text" },
      {
        path: "data.http.url",
        kind: "url",
        host: "data.http.hostname",
        port: "data.http.http_port",
        scheme: "http",
      },
      { path: "data.http.http_refer", kind: "url" },
      ...hashesIn("data.files[]"),
      ...hashesIn("data.fileinfo"),
      { path: "data.http.http_user_agent", kind: "user_agent" },
      { path: ["data.ether.src_mac", "data.ether.dest_mac"], kind: "mac" },
    ],
  },
  {
    name: "snort",
    decoders: ["snort"],
    // The decoder cuts addresses off, and leaves ports at them.
    fields: [
      {
        path: "full_log",
        pattern: "\\{(?:TCP|UDP)\\} (?<address>\\S+?):\\d+ -> " +
          "(?<address2>\\S+?):(?<port>\\d+)(?:\\s|$)",
      },
      {
        path: "full_log",
        pattern: "\\{(?!(?:TCP|UDP)\\})[\\w:-]+\\} (?<address>\\S+) -> " +
          "(?<address2>\\S+)",
      },
      {
        // Without it, an IPv6 address may have a port at its end, or not.
        path: ["data.srcip", "data.dstip"],
        pattern: "^(?<address>\\d+\\.\\d+\\.\\d+\\.\\d+)(?::\\d+)?$",
        when: [{ field: "full_log", matches: "\\} \\S+ -> \\S", not: true }],
      },
    ],
  },
  {
    name: "zeek",
    groups: ["zeek", "bro"],
    or: [{
      groups: ["ids"],
      when: [{ field: "data.bro_engine", matches: "." }],
    }],
    fields: [
      { path: "data.id.orig_h", kind: "address" },
      { path: "data.id.resp_h", kind: "address", port: "data.id.resp_p" },
      { path: ["data.tx_hosts[]", "data.rx_hosts[]"], kind: "address" },
      {
        path: ["data.query", "data.answers[]", "data.server_name", "data.host"],
        kind: "host",
      },
      {
        path: "data.uri",
        kind: "url",
        host: "data.host",
        port: "data.id.resp_p",
        scheme: "http",
      },
      { path: "data.referrer", kind: "url" },
      { path: ["data.uri", "data.user_agent"], kind: "request" },
      ...hashesIn("data"),
      { path: ["data.helo", "data.san.dns[]"], kind: "host" },
      { path: ["data.x_originating_ip", "data.path[]"], kind: "address" },
      {
        path: "data.proxied[]",
        pattern: "FOR -> (?<address>[^\\s,]+)(?:, ?(?<address2>[^\\s,]+))?",
      },
      { path: ["data.mailfrom", "data.rcptto[]", "data.from"], kind: "email" },
      { path: "data.user_agent", kind: "user_agent" },
    ],
  },
  {
    name: "packetbeat",
    groups: ["packetbeat"],
    or: [{
      when: [
        { field: "data.method", equals: "QUERY" },
        { field: "data.dns.question.name", matches: "." },
      ],
    }],
    fields: [
      { path: ["data.source.ip", "data.client.ip"], kind: "address" },
      {
        path: ["data.destination.ip", "data.server.ip"],
        kind: "address",
        port: "data.destination.port",
      },
      { path: "data.dns.question.name", kind: "host" },
      { path: "data.dns.answers[].data", kind: "host" },
    ],
  },
  {
    name: "sonicwall",
    groups: ["sonicwall"],
    decoders: ["sonicwall*"],
    // Only the firewall's own words count: other fields carry others' text.
    leave: [
      {
        when: [{
          field: "full_log",
          matches:
            '(?:^|\\s)msg="[^"]*\\bdropped\\b|(?:^|\\s)fw_action="?drop\\b',
        }],
        because: "the packet was dropped",
      },
      {
        when: [
          { field: "full_log", matches: '(?:^|\\s)msg="[^"]*"', not: true },
          { field: "data.action", matches: "\\bdropped\\b" },
        ],
        because: "the packet was dropped",
      },
    ],
    fields: [
      ...ENDS,
      // The decoder keeps only the first letter of `dstname`.
      {
        path: "full_log",
        pattern: '(?:^|\\s)dstname="?(?<host>[^\\s"/]+)',
      },
    ],
  },
  {
    name: "fortigate",
    groups: ["fortigate"],
    decoders: ["fortigate*"],
    leave: [{
      when: [{
        field: "data.action",
        matches: "^(?:login|logout|config)|^(?:add|edit|delete|move)$",
      }],
      because: "the action is an administrator's",
    }],
    // Not data.ip: decoder version 6 takes it from the middle of another field.
    fields: [
      ...ENDS,
      // Where an administrator comes from: ui=ssh(1.2.3.4)
      {
        path: "full_log",
        pattern: '\\bui="?\\w+\\((?<address>[\\da-f.:]+)\\)',
      },
      // The other end of a VPN.
      { path: ["data.remip", "data.tunnelip"], kind: "address" },
      { path: "data.locip", kind: "address", skip: "the firewall's own" },
      { path: ["data.hostname", "data.qname", "data.dstname"], kind: "host" },
      { path: ["data.forwardedfor", "data.trueclntip"], kind: "address" },
      {
        path: "data.url",
        kind: "url",
        host: "data.hostname",
        port: "data.dstport",
      },
      { path: "data.analyticscksum", kind: "sha256" },
      { path: "data.filehash", kind: "hash" },
      { path: ["data.srcmac", "data.dstmac"], kind: "mac" },
    ],
  },
  {
    name: "fortiddos",
    decoders: ["fortiddos*"],
    fields: ENDS,
  },
  {
    name: "fortiauth",
    groups: ["fortiauth"],
    decoders: ["fortiauth"],
    fields: [{ path: "data.nas", kind: "address" }],
  },
  {
    name: "paloalto",
    groups: ["paloalto"],
    decoders: ["paloalto"],
    fields: [
      {
        path: ["data.source_address", "data.nat_source_ip", "data.xff_address"],
        kind: "address",
      },
      {
        path: ["data.destination_address", "data.nat_destination_ip"],
        kind: "address",
        port: "data.destination_port",
      },
      {
        path: "data.url_filename",
        kind: "url",
        port: "data.destination_port",
      },
      { path: "data.file_digest", kind: "hash" },
      // LEEF, and GlobalProtect's who connects.
      { path: ["data.public_ip", "data.srcip"], kind: "address" },
      {
        path: "full_log",
        pattern:
          '\\|(?:URL|Miscellaneous|Filename)="?(?<url>[^\\s"|]+\\.[^\\s"|]*/[^\\s"|]*)',
        when: [{ field: "full_log", matches: "\\bLEEF:" }],
      },
      { path: "data.cloud", kind: "host", skip: "the product's own cloud" },
      { path: "data.user_agent", kind: "user_agent" },
    ],
  },
  {
    name: "checkpoint",
    groups: ["checkpoint-smart1"],
    decoders: ["checkpoint-*"],
    fields: [
      {
        path: [
          "data.src",
          "data.peer_gateway",
          "data.xlatesrc",
          "data.xlatedst",
        ],
        kind: "address",
      },
      { path: "data.dst", kind: "address", port: "data.service" },
      ...ENDS,
      {
        path: "data.origin",
        kind: "address",
        skip: "the gateway's own address",
      },
      {
        path: "full_log",
        pattern: '\\b(?:resource|referrer):"(?<text>[^"]+)' +
          '|\\bfile_md5:"(?<md5>[^"]+)|\\bfile_sha1:"(?<sha1>[^"]+)' +
          '|\\bfile_sha256:"(?<sha256>[^"]+)' +
          '|\\b(?:dns_query|domain_name):"(?<host>[^"]+)' +
          '|\\b(?:from|to):"(?<email>[^"]+@[^"]+)',
      },
    ],
  },
  {
    name: "cisco_asa",
    groups: ["cisco-asa", "pix", "cisco_vpn"],
    decoders: ["cisco-asa", "pix", "cisco-vpn-concentrator"],
    fields: CISCO,
  },
  {
    name: "cisco_ftd",
    groups: ["cisco-ftd"],
    decoders: ["cisco-ftd"],
    fields: [...CISCO, ...FIREPOWER],
  },
  {
    name: "cisco_ios",
    groups: ["cisco_ios"],
    decoders: ["cisco-ios"],
    fields: ENDS,
  },
  {
    name: "cisco_estreamer",
    groups: ["cisco-estreamer"],
    decoders: ["cisco-estreamer"],
    fields: ENDS,
  },
  {
    name: "juniper",
    groups: ["junos", "junos-*", "netscreenfw"],
    decoders: ["junos-*", "netscreenfw"],
    fields: [...ENDS, { path: "data.url", kind: "url" }],
  },
  {
    name: "sophos",
    groups: ["sophos-fw", "sophos"],
    decoders: ["sophos*"],
    fields: [
      { path: "data.src_ip", kind: "address" },
      { path: "data.dst_ip", kind: "address", port: "data.dst_port" },
      {
        path: "full_log",
        pattern: '(?:^|\\s|")(?:url|referer)="?(?<text>[^\\s"]+)' +
          '|(?:^|\\s|")domain(?:name)?="?(?<host>[^\\s"/]+\\.[^\\s"/]+)' +
          '|(?:^|\\s|")sha1sum="?(?<sha1>[\\da-f]+)',
      },
      { path: ["data.src_mac", "data.dst_mac"], kind: "mac" },
    ],
  },
  {
    name: "huawei",
    groups: ["huawei_usg"],
    decoders: ["huawei-usg"],
    fields: [
      ...ENDS,
      { path: "data.host", kind: "host" },
      {
        path: "full_log",
        pattern: "\\b(?:SrcIp|SourceIP)=(?<address>[^,)\\s]+)" +
          "|\\b(?:DstIp|DestinationIP)=(?<address2>[^,)\\s]+)" +
          "(?:(?:,[^,]*){0,2}?,\\s*(?:DstPort|DestinationPort)=(?<port>\\d+))?" +
          '|\\bHost="?(?<host>[^",)\\s]+)|\\bReferer="?(?<text>[^",)\\s]+)',
      },
    ],
  },
  {
    name: "pf",
    groups: ["pfsense", "opnsense"],
    decoders: ["pf"],
    // The decoder knows IPv4 alone, and shifts what IPv6 says.
    fields: [
      {
        path: "full_log",
        pattern:
          ",(?:in|out),4,(?:[^,]*,){9}(?<address>[^,]+),(?<address2>[^,]+)" +
          "(?:,\\d+,(?<port>\\d+))?",
      },
      {
        path: "full_log",
        pattern:
          ",(?:in|out),6,(?:[^,]*,){6}(?<address>[^,]+),(?<address2>[^,]+)" +
          "(?:,\\d+,(?<port>\\d+))?",
      },
      ...ENDS,
    ],
  },
  {
    name: "iptables",
    groups: ["firewall", "firewall_*"],
    decoders: ["kernel", "iptables*", "ufw*"],
    when: [{
      field: "decoder.name",
      matches: "windows|netscreen|eset",
      not: true,
    }],
    fields: ENDS,
  },
  {
    name: "watchguard",
    groups: ["watchguard*"],
    decoders: ["watchguard*"],
    fields: [
      ...ENDS,
      {
        path: "full_log",
        pattern:
          "\\b(?:Allow|Deny) .{0,100}? (?<address>[\\da-f]+[.:][\\da-f.:]+) " +
          "(?<address2>[\\da-f]+[.:][\\da-f.:]+)(?:\\s|$)",
      },
    ],
  },
  {
    name: "f5",
    groups: ["f5-bigip"],
    decoders: ["f5-bigip*"],
    fields: [
      ...ENDS,
      // X-Forwarded-For
      { path: "data.cs5", pattern: LIST },
      // The request, with its header Referer.
      { path: ["data.request", "data.cs3", "data.message"], kind: "text" },
      { path: "data.dvchost", kind: "host", skip: "the device's own name" },
    ],
  },
  {
    name: "netscaler",
    groups: ["netscaler", "netscaler-*"],
    decoders: ["netscaler"],
    fields: ENDS,
  },
  {
    name: "imperva",
    groups: ["imperva"],
    decoders: ["imperva"],
    // data.url is the name of a service.
    fields: ENDS,
  },
  {
    name: "cloudflare",
    groups: ["WAF", "Cloudflare*"],
    or: [{ when: [{ field: "data.RayID", matches: "." }] }],
    fields: [
      { path: "data.ClientIP", kind: "address" },
      { path: "data.ClientRequestURI", kind: "text" },
      {
        path: [
          "data.ClientRequestURI",
          "data.ClientRequestPath",
          "data.ClientRequestUserAgent",
          "data.ClientRequestReferer",
        ],
        kind: "request",
      },
      { path: "data.ClientRequestReferer", kind: "url" },
      {
        path: ["data.OriginIP", "data.ClientRequestHost", "data.ZoneName"],
        kind: "host",
        skip: "the site's own",
      },
      { path: "data.ClientRequestUserAgent", kind: "user_agent" },
    ],
  },
  {
    name: "maltrail",
    groups: ["maltrail*", "Maltrail*"],
    decoders: ["maltrail*"],
    fields: [
      ...ENDS,
      // What it watches for: a name, an address or a URL.
      { path: "data.trail", kind: "host" },
      {
        path: "data.trail",
        pattern: "^(?<url>[^/\\s.]+\\.[^/\\s]+/\\S*)$",
      },
    ],
  },
  {
    name: "arbor",
    groups: ["arbor"],
    decoders: ["arbor"],
    fields: [
      ...ENDS,
      { path: "data.dstcip", kind: "address" },
      { path: "data.url", kind: "url" },
    ],
  },
  {
    name: "fireeye",
    groups: ["fireeye"],
    decoders: ["*fireeye*"],
    fields: [
      ...ENDS,
      { path: "data.dstcip", kind: "address" },
      { path: ["data.host", "data.value"], kind: "host" },
      { path: "data.link", kind: "url", skip: "the appliance's own page" },
      { path: "data.smac", kind: "mac" },
    ],
  },
];
