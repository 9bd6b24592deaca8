/**
 * An alert that is in an alert: Wazuh's active responses carry the one that
 * they answer.
 *
 * @module
 */
import { type Alert, alertAt } from "../alert.ts";
import type { Finding, ReadAlert } from "./source.ts";

/** Where it stands. */
export const EMBEDDED_ALERT = "data.parameters.alert";

/** What all sources find in it. */
export function findInEmbedded(
  alert: Alert,
  readAlert: ReadAlert,
): readonly Finding[] {
  const embedded = alertAt(alert, EMBEDDED_ALERT);
  return embedded === undefined ? [] : readAlert(embedded).map((finding) => ({
    ...finding,
    field: `${EMBEDDED_ALERT}.${finding.field}`,
  }));
}
