/**
 * Cisco's firewalls and routers. Their messages name who spoke, and with whom,
 * in many ways; which end is the firewall's own is known by the message's number.
 *
 * @see https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog.html
 * @see https://www.cisco.com/c/en/us/td/docs/security/firepower/Syslogs/b_fptd_syslog_guide.html
 *
 * @module
 */
import { ENDS, type Field, type Source } from "./source.ts";

const ADDRESS = "[\\da-f.:]{1,44}[\\da-f]";

/** An interface, where a message has its name before an address. */
const INTERFACE = "[^\\s:/]{1,64}";

/** A message that begins with a number, and goes on so. */
function messages(rest: string): string {
  return `%(?:ASA|FTD|PIX)-\\d-${rest}`;
}

/** Who spoke, and with whom. */
const TEXT: readonly string[] = [
  // 106100: tcp outside/1.2.3.4(44321) -> inside/10.0.0.21(22)
  `${messages("106100:? ")}[^>]{0,200}? [^\\s/]{1,64}/` +
  `(?<address>${ADDRESS})\\(\\d{1,5}\\)[^>]{0,99}? -> ` +
  `[^\\s/]{1,64}/(?<address2>${ADDRESS})\\((?<port>\\d{1,5})\\)`,
  // 421001, 338xxx: outside:1.2.3.4/80 (5.6.7.8/80)
  "\\s(?:from|to|for)\\s\\S{1,99}?:(?<address>[\\da-f.:]{1,45})/(?<port>\\d+)" +
  "(?: \\((?<address2>[\\da-f.:]+)/\\d+\\))?",
  "resolved from \\S+ list: (?<host>[^\\s,/]+)(?=,|/255\\.255\\.255\\.255|$)",
  `${messages("33830[23]:? ")}Address (?<address>${ADDRESS}) ` +
  "(?:discovered for domain (?<host>\\S+)|\\((?<host2>[^)\\s]+)\\))",
  `${messages("30400[12]:? ")}[^"]{0,200}? URL (?:(?<address>${ADDRESS}):)?` +
  "(?<text>[a-z]{3,5}://\\S+)",
  // 733102: host 1.2.3.4 to shun list; 401004: Shunned packet: 1.2.3.4 = …
  "\\bhost (?<address>[\\da-f.:]*[\\da-f]) (?:to|from) shun list",
  "Shun(?:ned packet|\\s+added|\\s+deleted): (?<address>[\\da-f.:]*[\\da-f])" +
  "(?:\\s+(?:=|==>)\\s+(?<address2>[\\da-f.:]*[\\da-f]))?",
  // AnyConnect: Group <x> User <y> IP <1.2.3.4>
  "\\bIP <(?<address>[\\da-f.:]+)>",
  "\\bIP = (?<address>[\\da-f.:]*[\\da-f])",
  `\\bfaddr (?<address>${ADDRESS})(?=[/(\\s])`,
  `${messages("313004:? ")}[^"]{0,60}?from laddr (?<address>${ADDRESS}) on `,
];

/**
 * The firewall's own ends: where one logs in to it or calls it, what it
 * translates to, and its servers.
 */
const OWN = messages(`(?:${
  [
    // Login denied from 1.2.3.4/5 to outside:8.7.6.5/ssh
    `(?:60500[45]|71000[1-7]):? [^"]{0,120}? to ` +
    `${INTERFACE}:(?<address>${ADDRESS})/`,
    // SSL handshake with client outside:1.2.3.4/5 to 8.7.6.5/443
    `7250\\d\\d:? [^"]{0,80}? with client \\S{1,120} to ` +
    `(?:${INTERFACE}:)?(?<address>${ADDRESS})/`,
    `313004:? [^"]{0,120}? on interface \\S{1,64} to (?<address>${ADDRESS}):`,
    `30501[12]:? [^"]{0,60}? translation from \\S{1,120} to ` +
    `${INTERFACE}:(?<address>${ADDRESS})/`,
    // inside:10.0.0.21/1234 (8.7.6.5/1234)
    `30201[3-8]:? [^"]{0,80}? (?:for|from) ${INTERFACE}:` +
    `(?:(?<real>${ADDRESS})/\\d+ \\((?!\\k<real>/)(?<address>${ADDRESS})/\\d+\\)` +
    `|\\S{1,60} \\(\\S{1,60}\\))[^"]{0,80}? to ${INTERFACE}:` +
    `(?<real2>${ADDRESS})/\\d+ \\((?!\\k<real2>/)(?<address2>${ADDRESS})/\\d+\\)`,
    `30202[01]:? [^"]{0,120}? gaddr (?<address>${ADDRESS})[/(]` +
    `\\S{0,64} (?:\\S{1,99} )?laddr (?<address2>${ADDRESS})[/(]`,
    `402\\d{3}:? IPSEC: [^"]{0,120}? from ${ADDRESS} ` +
    `(?:\\(user= ?\\S{0,64}\\) )?to (?<address>${ADDRESS})`,
    `60230[34]:? IPSEC: [^"]{0,120}? between (?<address>${ADDRESS}) `,
    `75\\d{4}:? Local:(?<address>${ADDRESS}):\\d`,
    `113\\d{3}:? [^"]{0,120}? server = {1,4}(?<address>${ADDRESS})`,
  ].join("|")
})`);

const ADAPTIVE: readonly Field[] = [
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
    isOwn: true,
  },
  ...TEXT.map((pattern): Field => ({ path: "full_log", pattern })),
  {
    path: "full_log",
    pattern: OWN,
    skip: "the firewall's own",
    isOwn: true,
  },
  {
    path: "full_log",
    pattern: `${messages("338310:? ")}[^"]{0,80}? updater server ` +
      "(?<url>https?://[^\\s,]+)",
    skip: "Cisco's server for updates",
  },
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
    pattern:
      "\\b(?:UR[LI]|ReferencedHost|HTTP_?(?:Referer|Hostname|URI)|SSLServerName" +
      "|TLS_?SNI|ServerNameIndication): " +
      "(?:(?<text>[a-z]+://\\S+?)|(?<url>[^,\\s/][^,\\s/.]*\\.[^,\\s/]+/\\S*?)" +
      "|(?<host>[^,\\s/][^,\\s/.]*\\.[^,\\s/]+))(?=,?(?:\\s|$))",
  },
  {
    path: "full_log",
    pattern:
      "\\bDNSQuery: (?<host>[^,\\s]+)|\\bFileSHA256: (?<sha256>[\\da-f]+)" +
      "|\\bArchiveSHA256: (?<sha2562>[\\da-f]+)" +
      "|\\bSHA_Disposition: \\S+ (?<sha2563>[\\da-f]{64})" +
      "|\\bEmail(?:Sender|Recipient): <?(?<email>[^\\s,<>]+@[^\\s,<>]+)",
  },
  {
    path: "full_log",
    pattern: "\\b(?:NAT_?|Xlate_?)(?:Initiator|Responder|Src|Dst)IP: " +
      "(?<address>[^,\\s]+)",
    skip: "an address of the network's translation",
  },
];

/** See above. */
export const CISCO: readonly Source[] = [
  {
    name: "cisco_asa",
    groups: ["cisco-asa", "pix", "cisco_vpn"],
    decoders: ["cisco-asa", "pix", "cisco-vpn-concentrator"],
    fields: ADAPTIVE,
  },
  {
    name: "cisco_ftd",
    groups: ["cisco-ftd"],
    decoders: ["cisco-ftd"],
    fields: [...ADAPTIVE, ...FIREPOWER],
  },
  {
    name: "cisco_ios",
    groups: ["cisco_ios"],
    decoders: ["cisco-ios"],
    fields: [
      ...ENDS,
      // IPsec's packets that nobody asked for.
      {
        path: "full_log",
        pattern:
          `%CRYPTO-\\d-\\w+: [^"]{0,120}?\\bdestaddr=(?<address>${ADDRESS})`,
        skip: "the router's own",
        isOwn: true,
      },
      {
        path: "full_log",
        pattern:
          `%CRYPTO-\\d-\\w+: [^"]{0,200}?\\bsrcaddr=(?<address>${ADDRESS})`,
      },
    ],
  },
  {
    name: "cisco_estreamer",
    groups: ["cisco-estreamer"],
    decoders: ["cisco-estreamer"],
    fields: ENDS,
  },
];
