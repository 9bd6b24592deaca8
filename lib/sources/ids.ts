/**
 * Network intrusion detection: Suricata's EVE records of all three DNS
 * versions, Snort, Zeek, and packetbeat's DNS records.
 *
 * @see https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
 *
 * @module
 */
import { type Alert, textAt } from "../alert.ts";
import type { Candidate } from "../ioc.ts";
import {
  type Field,
  findIn,
  hasGroup,
  type Source,
  urlAndHost,
  withPort,
} from "./source.ts";

const FIELDS: readonly Field[] = [
  // Suricata, Cisco, Zeek, packetbeat; Cisco's may be names of interfaces
  ...fields("address", [
    "data.src_ip",
    "data.dest_ip",
    "data.dst_ip",
    "data.srcip",
    "data.dstip",
    "data.src",
    "data.dst",
    "data.id.orig_h",
    "data.id.resp_h",
    "data.source.ip",
    "data.destination.ip",
  ]),
  // Suricata's DNS: version 1 is flat, 2 has query[] and answers[] (answer{} in
  // alerts), 3 has queries[]. What an answer holds may be a name or an address.
  ...fields("host", [
    "data.dns.rrname",
    "data.dns.query.rrname",
    "data.dns.queries.rrname",
    "data.dns.rdata",
    ...["data.dns", "data.dns.answer"].flatMap((dns) => [
      `${dns}.answers.rrname`,
      `${dns}.answers.rdata`,
      `${dns}.grouped.A`,
      `${dns}.grouped.AAAA`,
      `${dns}.grouped.CNAME`,
      `${dns}.grouped.MX`,
      `${dns}.grouped.NS`,
      `${dns}.grouped.PTR`,
    ]),
    "data.dns.answer.rrname",
    "data.dns.answer.rdata",
  ]),
  // packetbeat's DNS: `data` is an address in A and AAAA answers alone
  ["data.dns.question.name", "host"],
  ["data.dns.answers.data", "address"],
  // Zeek's DNS
  ["data.query", "host"],
  ["data.answers", "host"],
  ["data.tls.sni", "host"],
  ["data.server_name", "host"],
  ["data.http.hostname", "host"],
  // Suricata names files[] in alerts and fileinfo else; Zeek has them flat.
  ...["data.files", "data.fileinfo", "data"].flatMap((file) =>
    (["sha256", "sha1", "md5"] as const).map((kind): Field => [
      `${file}.${kind}`,
      kind,
    ])
  ),
];

/** See {@linkcode Source}. */
export const ids: Source = {
  name: "ids",
  reads: "`ids`; packetbeat's DNS records (`data.method` is `QUERY`)",
  takes: "source and destination address; names and addresses in DNS queries " +
    "and answers (packetbeat: the question, A and AAAA answers); TLS server " +
    "name; HTTP host and full URL; file hashes",
  isFor: (alert) => hasGroup(alert, "ids") || isPacketbeatDns(alert),
  find: (alert) =>
    snortAddresses(alert) ?? [...findIn(alert, FIELDS), ...httpUrl(alert)],
};

function fields(kind: Field[1], paths: readonly string[]): Field[] {
  return paths.map((path) => [path, kind]);
}

function isPacketbeatDns(alert: Alert): boolean {
  return textAt(alert, "data.method") === "QUERY" &&
    textAt(alert, "data.dns.question.name") !== undefined;
}

function httpUrl(alert: Alert): Candidate[] {
  const url = textAt(alert, "data.http.url");
  const host = textAt(alert, "data.http.hostname");
  const port = textAt(alert, "data.http.http_port");
  if (url === undefined) return [];
  // A path, or absolute in what goes to a proxy.
  if (!url.startsWith("/")) return urlAndHost(url, "data.http.url");
  if (host === undefined) return [];
  return [{
    kind: "url",
    text: `http://${withPort(host, port)}${url}`,
    field: "data.http.hostname + data.http.url",
  }];
}

/**
 * The addresses of a Snort alert. The decoder leaves the port at the
 * destination, where it looks like a part of an IPv6 address, and takes off the
 * last number of a source without port; `full_log` has both whole.
 */
function snortAddresses(
  { decoder, full_log = "" }: Alert,
): Candidate[] | undefined {
  const found = /\{([\w:-]+)\} (\S+) -> (\S+)/.exec(full_log);
  if (decoder.name !== "snort" || found === null) return undefined;
  const [, protocol = "", ...ends] = found;
  const hasPorts = /^(?:TCP|UDP)$/i.test(protocol);
  return ends.map((end) => ({
    kind: "address",
    text: hasPorts ? end.replace(/:\d+$/, "") : end,
    field: "full_log",
  }));
}
