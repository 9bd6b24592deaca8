/**
 * FortiGate firewalls.
 *
 * @module
 */
import { type Alert, textAt } from "../alert.ts";
import type { Candidate } from "../ioc.ts";
import {
  type Field,
  findIn,
  type Finding,
  hasGroup,
  type Source,
  urlAndHost,
  withPort,
} from "./source.ts";

// Not data.ip: decoder version 6 takes it from the middle of another field.
const FIELDS: readonly Field[] = [
  ["data.srcip", "address"],
  ["data.dstip", "address"],
  ["data.hostname", "host"],
  ["data.analyticscksum", "sha256"],
];

/** See {@linkcode Source}. */
export const fortigate: Source = {
  name: "fortigate",
  reads: "`fortigate`",
  takes:
    "source and destination address, `hostname`, `hostname` and `url` as " +
    "a URL, `analyticscksum`; not for administrative actions",
  isFor: (alert) => hasGroup(alert, "fortigate"),
  find,
};

function find(alert: Alert): Finding[] {
  const found = [...findIn(alert, FIELDS), ...requestUrl(alert)];
  return isAdministrative(alert)
    ? found.map(({ text, field }) => ({
      text,
      field,
      reason: "the action is an administrator's",
    }))
    : found;
}

function isAdministrative(alert: Alert): boolean {
  const action = textAt(alert, "data.action") ?? "";
  return /^(?:login|logout|config)|^(?:add|edit|delete|move)$/i.test(action);
}

/** `url` is a path, or absolute in what the antivirus writes. */
function requestUrl(alert: Alert): Candidate[] {
  const url = textAt(alert, "data.url");
  const host = textAt(alert, "data.hostname");
  const port = textAt(alert, "data.dstport");
  if (url === undefined) return [];
  if (!url.startsWith("/")) return urlAndHost(url, "data.url");
  if (host === undefined) return [];
  const isTls = /https|ssl/i.test(textAt(alert, "data.service") ?? "") ||
    port === "443";
  const scheme = isTls ? "https" : "http";
  return [host, withPort(host, port)].map((at) => ({
    kind: "url",
    text: `${scheme}://${at}${url}`,
    field: "data.hostname + data.url",
  }));
}
