/**
 * What an event says of the alert that it is about.
 *
 * @module
 */
import { type Alert, textAt, textsAt } from "../alert/alert.ts";
import { commandLine } from "../alert/sources/audit.ts";

/** What an event may hold. */
export type Json = string | number | boolean | readonly Json[] | JsonObject;

/** Fields by their names; what is null or undefined is not written. */
export interface JsonObject {
  readonly [name: string]: Json | null | undefined;
}

/** Fields of `source` that are one field of the alert, by its path. */
const SOURCE_FIELDS: readonly (readonly [name: string, path: string])[] = [
  ["alert_id", "id"],
  ["rule_id", "rule.id"],
  ["rule_description", "rule.description"],
  ["agent_id", "agent.id"],
  ["agent_name", "agent.name"],
  ["agent_ip", "agent.ip"],
  ["file", "syscheck.path"],
  ["md5", "syscheck.md5_after"],
  ["sha1", "syscheck.sha1_after"],
  ["sha256", "syscheck.sha256_after"],
  ...[
    "srcip",
    "src_ip",
    "srcport",
    "src_port",
    "dstip",
    "dest_ip",
    "dstport",
    "dest_port",
    "in_iface",
    "srcintf",
    "dstintf",
    "src_mac",
    "dst_mac",
    "proto",
    "app_proto",
    "action",
    "status",
    "devname",
    "logid",
    "subtype",
    "level",
    "policyid",
    "dstuser",
  ].map((name) => [name, `data.${name}`] as const),
  // analysisd takes keys that differ in case for one.
  ["srcmac", "data.srcMac"],
  ["srcmac", "data.srcmac"],
  ["dstmac", "data.dstMac"],
  ["dstmac", "data.dstmac"],
  ...[
    "success",
    "key",
    "uid",
    "gid",
    "euid",
    "egid",
    "exe",
    "exit",
    "pid",
  ].map((name) => [name, `data.audit.${name}`] as const),
];

/** What the alert says of the event that it is about, made once for all. */
export function sourceOf(alert: Alert): JsonObject {
  const source = sources.get(alert) ?? makeSource(alert);
  sources.set(alert, source);
  return source;
}

const sources = new WeakMap<Alert, JsonObject>();

function makeSource(alert: Alert): JsonObject {
  const facts = Object.fromEntries(
    SOURCE_FIELDS.map(([name, path]) => [name, textAt(alert, path)] as const)
      .filter(([, text]) => text !== undefined),
  );
  return {
    ...facts,
    alert: textsOf(alert, "data.alert", [
      "signature",
      "signature_id",
      "category",
      "action",
    ]),
    queryName: first(alert, [
      "data.dns.question.name",
      "data.dns.query.rrname",
      "data.dns.queries.rrname",
      "data.dns.rrname",
      "data.dns.answer.rrname",
    ]),
    GeoLocation: {
      ...textsOf(alert, "GeoLocation", [
        "country_name",
        "region_name",
        "city_name",
      ]),
      location: textsOf(alert, "GeoLocation.location", ["lat", "lon"]),
    },
    queryResults: [
      "data.dns.answers.data",
      "data.dns.answers.rdata",
      "data.dns.answer.answers.rdata",
      "data.dns.answer.rdata",
      "data.dns.rdata",
    ].flatMap((path) => textsAt(alert, path)).join(";"),
    execve: commandLine(alert),
  };
}

function first(alert: Alert, paths: readonly string[]): string | undefined {
  return paths.flatMap((path) => textsAt(alert, path))[0];
}

function textsOf(
  alert: Alert,
  path: string,
  names: readonly string[],
): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, textAt(alert, `${path}.${name}`)]),
  );
}
