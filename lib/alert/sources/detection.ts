/**
 * What watches a network: intrusion detection, and records of its traffic.
 *
 * @module
 */
import { type Field, hashesIn, type Source } from "./source.ts";

/** The name in a certificate's subject, if it is a host's. */
const COMMON_NAME =
  "(?:^|[,/\\s])CN=(?<host>(?:\\*\\.)?[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,20})(?=[,/\\s]|$)";

/** INVITE sip:100@1.2.3.4:5060 */
const SIP = "\\bsips?:(?:[^@\\s;>]{1,64}@)?(?<host>[\\w.-]{3,253})";

/** \\\\1.2.3.4\\share */
const SHARE = "^\\\\{2,4}(?<host>[\\w.-]{3,253})(?=\\\\|$)";

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

/** Zeek's types of what is known to be bad, and what they are. */
const INTEL = [
  ["ADDR", "address"],
  ["DOMAIN", "host"],
  ["URL", "url"],
  ["EMAIL", "email"],
  ["FILE_HASH", "hash"],
] as const;

/** See above. */
export const DETECTION: readonly Source[] = [
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
          "data.email.bcc[]",
          "data.email.reply_to",
        ],
        kind: "email",
      },
      {
        path: ["data.email.url[]", "data.http.redirect"],
        kind: "url",
      },
      {
        path: ["data.email.attachment[]", "data.ftp.command_data"],
        kind: "text",
      },
      { path: "data.tls.subjectaltname[]", kind: "host" },
      { path: "data.tls.subject", pattern: COMMON_NAME },
      { path: ["data.sip.uri", "data.sip.request_line"], pattern: SIP },
      { path: ["data.smb.share", "data.smb.filename"], pattern: SHARE },
      {
        path: [
          "data.http.request_headers[].value",
          "data.http2.request_headers[].value",
        ],
        kind: "request",
      },
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
      {
        path: "data.host",
        kind: "host",
        skip: "the sensor's own name",
        isOwn: true,
      },
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
      {
        path: [
          "data.mailfrom",
          "data.rcptto[]",
          "data.from",
          "data.to[]",
          "data.cc[]",
          "data.reply_to",
          "data.san.email[]",
        ],
        kind: "email",
      },
      {
        path: ["data.subject", "data.certificate.subject"],
        pattern: COMMON_NAME,
      },
      { path: ["data.san.ip[]", "data.data_channel.resp_h"], kind: "address" },
      { path: ["data.san.uri[]", "data.arg", "data.sub"], kind: "text" },
      // SOCKS: what was asked for.
      { path: ["data.request.host", "data.request.name"], kind: "host" },
      { path: "data.path", pattern: SHARE },
      // notice.log
      { path: ["data.src", "data.dst"], kind: "address" },
      // intel.log: what a feed names.
      ...INTEL.map(([type, kind]): Field => ({
        path: "data.seen.indicator",
        kind,
        when: [{ field: "data.seen.indicator_type", equals: `Intel::${type}` }],
      })),
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
      {
        path: [
          "data.dns.answers[].data",
          "data.dns.resolved_ip[]",
          "data.url.domain",
          "data.destination.domain",
          "data.tls.client.server_name",
        ],
        kind: "host",
      },
      { path: ["data.url.full", "data.http.request.referrer"], kind: "url" },
    ],
  },
];
