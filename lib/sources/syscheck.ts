/**
 * File integrity monitoring: the hashes of a file that came or changed.
 *
 * @module
 */
import { type Alert, textAt } from "../alert.ts";
import { type Field, findIn, hasGroup, type Source } from "./source.ts";

const FIELDS: readonly Field[] = [
  ["syscheck.sha256_after", "sha256"],
  ["syscheck.sha1_after", "sha1"],
  ["syscheck.md5_after", "md5"],
];

/** See {@linkcode Source}. */
export const syscheck: Source = {
  name: "syscheck",
  reads: "`syscheck_file` with `syscheck_entry_added` or " +
    "`syscheck_entry_modified`; any alert whose `syscheck.event` is `added` " +
    "or `modified`",
  takes: "sha256, sha1 and md5 of the file after the change",
  isFor,
  find: (alert) => findIn(alert, FIELDS),
};

function isFor(alert: Alert): boolean {
  // A child rule's groups replace its parent's: the stock rule 99901 (a known
  // malware hash) has the group malware alone, but the same syscheck object.
  const event = textAt(alert, "syscheck.event");
  return event === "added" || event === "modified" ||
    hasGroup(alert, "syscheck_file") &&
      hasGroup(alert, "syscheck_entry_added", "syscheck_entry_modified");
}
