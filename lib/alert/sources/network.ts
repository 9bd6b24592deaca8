/**
 * Firewalls, proxies and what watches the network.
 *
 * @module
 */
import { CISCO } from "./cisco.ts";
import { DETECTION } from "./detection.ts";
import { ENDS, type Source } from "./source.ts";

/** Addresses that are joined by commas. */
const LIST = "(?<address>[^,\\s]+)";

/** See above. */
export const NETWORK: readonly Source[] = [
  ...DETECTION,
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
        pattern: '(?:^|\\s)dstname="?(?<host>[^\\s"/]+)"?' +
          '(?: arg="?(?<path>/[^\\s"]+))?',
      },
      {
        path: "full_log",
        pattern: "(?:^|\\s)(?:src|dst)V6=(?<address>[\\da-f:]+)",
      },
      // src=10.0.0.1:1234:X0:name
      {
        path: "full_log",
        pattern:
          "(?:^|\\s)src=[^\\s:]{0,45}:\\d{0,5}:[^\\s:]{0,32}:(?<host>[^\\s:]+)",
        skip: "the name of who sent it, as the firewall resolves it",
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
      {
        path: "data.locip",
        kind: "address",
        skip: "the firewall's own",
        isOwn: true,
      },
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
      // What not every version of the decoder has.
      {
        path: "full_log",
        pattern: "(?:^|\\s)(?:qname|dstname|sni|botnetdomain)=" +
          '"?(?<host>[^"\\s/]+\\.[^"\\s/]+)',
      },
      // A DNS answer's: ipaddr="1.2.3.4, 5.6.7.8"
      {
        path: "full_log",
        pattern: '(?:^|\\s)(?:ipaddr|botnetip)="?(?<address>[\\da-f.:]+)' +
          "(?:, (?<address2>[\\da-f.:]+))?(?:, (?<address3>[\\da-f.:]+))?",
      },
      {
        path: "full_log",
        pattern: '(?:^|\\s)referralurl="?(?<url>[^"\\s]+)' +
          '|(?:^|\\s)(?:from|to|sender|recipient)="?<?(?<email>[^"\\s@<>]+@[^"\\s<>]+)' +
          '|(?:^|\\s)filehash="?(?<hash>[\\da-f]+)',
      },
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
      // A name that was looked up, and the domain of an alert on DNS.
      {
        path: "data.url_filename",
        pattern: '^"?(?<host>[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,20})"?$',
        when: [{
          field: "data.threat_content_type",
          matches: "spyware|dns|url",
        }],
      },
      {
        path: ["data.threat_id", "full_log"],
        pattern:
          "\\((?:generic|[a-z]+ ?dns[\\w ]{0,20}): ?(?<host>[\\w-]+(?:\\.[\\w-]+)+)\\)",
      },
      { path: "data.referer", kind: "url" },
      { path: ["data.sender", "data.recipient"], kind: "email" },
      { path: "data.x_forwarded_for", pattern: LIST },
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
        isOwn: true,
      },
      {
        path: "full_log",
        pattern: '\\b(?:resource|referrer):"(?<text>[^"]+)' +
          '|\\bfile_md5:"(?<md5>[^"]+)|\\bfile_sha1:"(?<sha1>[^"]+)' +
          '|\\bfile_sha256:"(?<sha256>[^"]+)' +
          "|\\b(?:dns_query|domain_name|tls_server_host_name|sni|http_host" +
          '|destination_dns_hostname):"(?<host>[^"]+)' +
          "|\\b(?:from|to|sender|recipient|email_address|mime_from|mime_to" +
          '|email_sender|email_recipients):"<?(?<email>[^"]+@[^"]+)',
      },
    ],
  },
  ...CISCO,
  {
    name: "juniper",
    groups: ["junos", "junos-*", "netscreenfw"],
    decoders: ["junos-*", "netscreenfw"],
    fields: [
      ...ENDS,
      { path: "data.url", kind: "url" },
      // WEBFILTER: URL=evil.example OBJ=/a, or url="evil.example" obj="/a"
      {
        path: "full_log",
        pattern: '\\burl="?(?<host>[\\w-]+(?:\\.[\\w-]+)+)"?' +
          '(?:(?: category="[^"]{0,99}"| reason="[^"]{0,99}"| profile="[^"]{0,99}"){0,3}' +
          ' obj="?(?<path>/[^\\s"]+))?',
      },
      {
        path: "full_log",
        pattern: '\\bsample-sha256="(?<sha256>[\\da-f]{64})"' +
          '|\\bfile-hash(?:-lookup)?="(?<hash>[\\da-f]{32,64})"' +
          '|\\bhttp-host="(?<host>[^"]+)"|\\bdns-(?:query|name)="(?<host2>[^"]+)"',
      },
    ],
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
          '|(?:^|\\s|")sha1sum="?(?<sha1>[\\da-f]+)' +
          '|(?:^|\\s|")sha256sum="?(?<sha256>[\\da-f]+)' +
          '|(?:^|\\s|")(?:src|dst)_domainname="?(?<host2>[^\\s"]+\\.[^\\s"]+)' +
          '|(?:^|\\s|")(?:from|to|sender|recipient)(?:_email_address)?=' +
          '"?<?(?<email>[^\\s"@<>]+@[^\\s"<>]+)',
      },
      // Without a scheme.
      {
        path: "full_log",
        pattern:
          '(?:^|\\s|")url="?(?<host>[\\w-]+(?:\\.[\\w-]+)+(?::\\d{1,5})?)' +
          '(?<path>/[^\\s"]*)?(?=["\\s]|$)',
      },
      {
        path: "full_log",
        pattern: '(?:^|\\s)(?:source|src_)ip="?(?<address>[\\da-f.:]+)' +
          '|(?:^|\\s)(?:destination|dst_)ip="?(?<address2>[\\da-f.:]+)' +
          '(?:.{0,99}?\\s(?:destination|dst_)port="?(?<port>\\d+))?',
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
      {
        path: "full_log",
        pattern: "\\bsource-ip=(?<address>[^,)\\s]+)" +
          "|\\bdestination-ip=(?<address2>[^,)\\s]+)" +
          "(?:(?:,[^,]*){0,2}?,\\s*destination-port=(?<port>\\d+))?" +
          '|\\b(?:DomainName|DnsName|QueryName)="?(?<host>[^",)\\s]+\\.[^",)\\s]+)' +
          '|\\b(?:File)?MD5="?(?<md5>[\\da-f]{32})|\\bURL="?(?<url>[^",)\\s]+)',
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
      {
        path: "full_log",
        pattern:
          '\\bdstname="(?<host>[^"/\\s]+)"(?: arg="(?<path>/[^"\\s]+)")?',
      },
      {
        path: "full_log",
        pattern: '\\b(?:sni|query|cn)="(?<host>[^"/\\s]+\\.[^"/\\s]+)"' +
          '|\\bmd5="(?<md5>[\\da-f]{32})"|\\breferer="(?<text>[^"]+)"' +
          '|\\b(?:sender|recipients?)="<?(?<email>[^"\\s@<>]+@[^"\\s<>]+)',
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
      {
        path: "data.dvchost",
        kind: "host",
        skip: "the device's own name",
        isOwn: true,
      },
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
    fields: [
      ...ENDS,
      { path: "data.url", kind: "host", skip: "the name of a service" },
    ],
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
        isOwn: true,
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
      // What it watches for: a name, an address or a URL; a part may stand in
      // brackets, as (www).evil.example and 1.2.3.4(:443)
      { path: "data.trail", kind: "host" },
      {
        path: "data.trail",
        pattern:
          "^(?:\\([\\w.-]{1,99}\\)\\.?)?(?<host>[\\w-]+(?:\\.[\\w-]+)+)" +
          "(?=\\.?\\([^)]{1,99}\\)|[/\\s]|$)",
      },
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
      {
        path: "full_log",
        pattern: "\\bcs5=(?<host>[^\\s=]+\\.[^\\s=]+)",
        when: [{ field: "full_log", matches: "\\bcs5Label=cncHost\\b" }],
      },
      {
        path: "full_log",
        pattern: "\\bcs4=(?<url>https?://\\S+)",
        skip: "the appliance's own page",
        when: [{ field: "full_log", matches: "\\bcs4Label=link\\b" }],
      },
      { path: "data.link", kind: "url", skip: "the appliance's own page" },
      { path: "data.smac", kind: "mac" },
    ],
  },
];
