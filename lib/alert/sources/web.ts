/**
 * Web servers, proxies, DNS servers and mail servers.
 *
 * @module
 */
import type { Field, Source } from "./source.ts";

const CLIENT: Field = { path: ["data.srcip", "data.srcip2"], kind: "host" };

const EMAIL = "(?<email>[^\\s<>,@]{1,64}@[^\\s<>,@]{1,253})";

/** A server, as logs write it: name[address], name [address] or [address]. */
const SERVER =
  "(?:(?<host>[\\w-]+\\.[\\w.-]+) ?)?\\[(?<address>[\\da-f.:]+)\\]";

/** What mail servers say of a mail. */
const MAIL: readonly Field[] = [
  {
    path: "full_log",
    pattern: `\\b(?:from|to|orig_to|arg1)=<?${EMAIL}|>,<${EMAIL}`,
  },
  {
    path: "full_log",
    pattern: "\\bhelo=<(?<host>[^\\s<>][^\\s<>.]*\\.[^\\s<>]+)>",
  },
  // The client or the next server: name[address]
  {
    path: "full_log",
    pattern: "\\b(?:(?:RCPT|HELO|EHLO|MAIL|DATA) from |" +
      "connect(?:ion)? (?:from|to) |(?:orig_)?client=|relay=)" +
      SERVER,
  },
];

/** A name with dots in it. */
const NAME = "[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,10}";

/** The name of a site, and perhaps its port. */
const SITE = `(?<host>${NAME})(?::\\d{1,5})?`;

const OWN_SITE = {
  skip: "the site's own",
  isOwn: true,
} as const;

/** See above. */
export const WEB: readonly Source[] = [
  {
    name: "web",
    groups: ["web", "accesslog", "apache", "nginx"],
    decoders: ["web-accesslog*", "apache-*", "nginx-*"],
    fields: [
      CLIENT,
      { path: "data.url", kind: "text" },
      { path: ["data.url", "data.user_agent"], kind: "request" },
      // The line has the request, and the header Referer. The user agent often
      // names a crawler's page: of it, as of all, what a command in it says.
      {
        path: "full_log",
        pattern: '"[A-Z]{3,10} (?<text>[^"]{1,8000}) HTTP/' +
          '|(?<!\\[ref )"(?<text2>https?://[^"]+)"',
      },
      {
        path: "full_log",
        pattern: '"(?<request>[^"]{8,8000})"',
      },
      {
        path: "full_log",
        pattern: "\\s(?<text>https?://\\S+)",
        when: [{ field: "decoder.name", matches: "iis" }],
      },
      // What a proxy is asked to connect to.
      {
        path: "full_log",
        pattern: `"CONNECT ${SITE} HTTP/`,
      },
      // IIS: time, perhaps the site's and the server's name, its address.
      {
        path: "full_log",
        pattern:
          "^\\S+ \\S+ (?:\\S+ \\S+ )?(?<address>[\\da-f.:]+) [A-Z]{3,10} /",
        skip: "the server's own address",
        isOwn: true,
        when: [{ field: "decoder.name", matches: "iis" }],
      },
      // …and, before the status, the site's name.
      {
        path: "full_log",
        pattern: `\\s${SITE} \\d{3} \\d{1,5} \\d{1,10}(?=\\s|$)`,
        ...OWN_SITE,
        when: [{ field: "decoder.name", matches: "iis" }],
      },
      // The site's name before the client or before the header Referer.
      {
        path: "full_log",
        pattern: `^${SITE} [\\da-f.:]+ \\S+ \\S+ \\[` +
          `|" \\d{3} (?:\\d+|-) (?<host2>${NAME}) "`,
        ...OWN_SITE,
      },
      // nginx: , server: a, request: "…", upstream: "http://b/", host: "a"
      {
        path: "full_log",
        pattern: `, server: (?<host>${NAME}),|, host: "(?<host2>[^"/\\s]+)"` +
          '|, upstream: "[a-z]{3,9}://(?<host3>[^"/\\s]+)' +
          // ModSecurity
          '|\\[hostname "(?<host4>[^"\\s]+)"\\]',
        ...OWN_SITE,
        when: [{ field: "decoder.name", matches: "nginx|apache-errorlog" }],
      },
      { path: "data.user_agent", kind: "user_agent" },
    ],
  },
  {
    name: "squid",
    groups: ["squid"],
    decoders: ["squid-*"],
    fields: [
      CLIENT,
      { path: "data.url", kind: "url" },
      {
        path: "full_log",
        pattern:
          "\\b(?:[A-Z]+_)*(?:DIRECT|PARENT|HIT|CARP|ROUNDROBIN|DST|PINNED)/(?:(?<address>[\\da-f.:]+)|(?<host>[^\\s/][^\\s/.]*\\.[^\\s/]+))(?=\\s)",
      },
    ],
  },
  {
    name: "bind",
    groups: ["named"],
    decoders: ["named"],
    fields: [
      CLIENT,
      { path: "data.url", kind: "host" },
      {
        path: "full_log",
        pattern: "\\bclient (?:@\\S+ )?(?<address>[\\da-f.:]+)#\\d+" +
          "(?: \\((?<host>[^)]{1,255})\\))?",
      },
      {
        path: "full_log",
        pattern:
          "\\bquery: (?<host>\\S+) IN |\\bquery \\(cache\\) '(?<host2>[^/']+)/" +
          // A response policy's zone: rewrite NAME/A/IN via …
          "|\\brpz \\S+ \\S+ rewrite (?<host3>[^/\\s]+)/",
      },
      // unexpected RCODE (REFUSED) resolving 'name/A/IN': 1.2.3.4#53
      // lame server resolving 'name' (in 'zone'?): 1.2.3.4#53
      {
        path: "full_log",
        pattern: "\\bresolving '(?<host>[^/']+)(?:/[^']*)?'" +
          "(?: \\(in '[^']*'\\??\\))?(?:: (?<address>[\\da-f.:]+)#)?",
      },
    ],
  },
  {
    name: "unbound",
    groups: ["unbound"],
    decoders: ["unbound"],
    fields: [
      CLIENT,
      { path: "data.url", kind: "host" },
      // info: 10.0.0.1 NAME. A IN; rpz: applied [zone] NAME. policy 10.0.0.1@1 …
      {
        path: "full_log",
        pattern:
          "\\binfo: (?<address>[\\da-f.:]+) (?<host>\\S+) [A-Z\\d]+ IN\\b" +
          "|\\binfo: rpz: applied \\[[^\\]]{0,99}\\] (?<host2>\\S+) \\S+ " +
          "(?<address2>[\\da-f.:]+)@",
      },
    ],
  },
  {
    name: "dnsmasq",
    groups: ["dnsmasq*", "pihole*", "pi-hole*"],
    decoders: ["dnsmasq*", "pihole*"],
    fields: [
      {
        path: "full_log",
        pattern: "\\bdnsmasq\\S{0,99} (?:\\d+ \\S+ )?" +
          "(?:query\\[[^\\]]{1,32}\\]|reply|cached(?:-stale)?|forwarded|config" +
          // Pi-hole's
          "|(?:(?:gravity|regex|exactly|special|upstream|external) )?" +
          "(?:blocked|blacklisted|denied|gravity)|/\\S{1,99}) " +
          "(?<host>\\S+)(?: (?:from|is) (?<host2>[^\\s<]+))?",
      },
    ],
  },
  {
    name: "mail",
    groups: ["postfix", "sendmail", "dovecot", "mailscanner"],
    decoders: ["postfix*", "sendmail*", "dovecot*"],
    fields: [
      CLIENT,
      { path: "data.dstip", kind: "address" },
      ...MAIL,
    ],
  },
  {
    name: "exim",
    groups: ["exim"],
    // Exim's lines look like Windows' to the decoders.
    fields: [
      CLIENT,
      { path: "data.dstip", kind: "address" },
      { path: "data.host", kind: "host" },
      { path: "data.src_email", kind: "email" },
      {
        path: "full_log",
        pattern: `\\bF=<${EMAIL}>|\\bRCPT <(?<email2>[^\\s<>]{1,320})>` +
          `|\\s(?:<=|=>|->|>>|\\*\\*) <?${EMAIL}`,
      },
      // H=name (name in HELO) [address]; … failed for (name) [address]
      {
        path: "full_log",
        pattern: "(?:\\bH=|\\bfailed for )(?:(?<host>[\\w-]+\\.[\\w.-]+) )?" +
          "(?:\\((?:(?<host2>[\\w-]+\\.[\\w.-]+)|[^)\\s]{0,255})\\) )?" +
          "\\[(?<address>[\\da-f.:]+)\\]",
      },
    ],
  },
  {
    name: "barracuda",
    groups: ["barracuda"],
    decoders: ["barracuda-*"],
    fields: [
      { path: "data.srcip", kind: "address" },
      { path: "data.extra_data", pattern: EMAIL },
      {
        path: "full_log",
        pattern: " (?<host>[\\w-]+\\.[\\w.-]+)\\[(?<address>[\\da-f.:]+)\\] ",
      },
    ],
  },
  {
    name: "fortimail",
    groups: ["fortimail"],
    decoders: ["fortimail*"],
    fields: [
      { path: ["data.srcip", "data.dstip"], kind: "address" },
      { path: "data.client.name", kind: "host" },
      { path: ["data.from", "data.hfrom", "data.to"], kind: "email" },
      { path: ["data.msg", "data.subject"], kind: "text" },
    ],
  },
  {
    name: "exchange",
    groups: ["exchange"],
    decoders: ["HTTPProxyLog", "ECPServerLog"],
    // Columns of the proxy's log: the server's name and address, the client's.
    fields: [
      {
        path: "full_log",
        pattern: "(?:^|,)(?<address>[\\da-f]{0,4}[.:][\\da-f.:]{2,45})(?=,|$)",
      },
      { path: "full_log", kind: "text" },
    ],
  },
  {
    name: "yara",
    groups: ["yara", "yara_*"],
    decoders: ["yara*"],
    fields: [
      {
        path: "full_log",
        pattern:
          "\\b(?:sha256[=: ]+(?<sha256>[\\da-f]{64})|md5[=: ]+(?<md5>[\\da-f]{32})" +
          "|sha1[=: ]+(?<sha1>[\\da-f]{40}))\\b",
      },
    ],
  },
];
