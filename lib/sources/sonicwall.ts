/**
 * SonicWall firewalls.
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
} from "./source.ts";

const FIELDS: readonly Field[] = [
  ["data.srcip", "address"],
  ["data.dstip", "address"],
];

/** See {@linkcode Source}. */
export const sonicwall: Source = {
  name: "sonicwall",
  reads: "`sonicwall`",
  takes: "source and destination address, the host in `dstname=` of " +
    "`full_log`; not for dropped packets",
  isFor: (alert) => hasGroup(alert, "sonicwall"),
  find,
};

function find(alert: Alert): Finding[] {
  const found = [...findIn(alert, FIELDS), ...destinationName(alert)];
  return isDropped(alert)
    ? found.map(({ text, field }) => ({
      text,
      field,
      reason: "the packet was dropped",
    }))
    : found;
}

/** The decoder keeps only the first letter of `dstname`. */
function destinationName({ full_log }: Alert): Candidate[] {
  const text = /(?:^|\s)dstname="?([^\s"/]+)/.exec(full_log ?? "")?.[1];
  return text === undefined
    ? []
    : [{ kind: "host", text, field: "full_log dstname" }];
}

/** Only the firewall's own words count: other fields carry others' text. */
function isDropped(alert: Alert): boolean {
  const log = alert.full_log ?? "";
  const message = /(?:^|\s)msg="([^"]*)"/.exec(log)?.[1] ??
    textAt(alert, "data.action") ?? "";
  return /\bdropped\b/i.test(message) ||
    /(?:^|\s)fw_action="?drop\b/.test(log);
}
