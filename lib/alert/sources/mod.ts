/**
 * The sources of events that are built in.
 *
 * @module
 */
import { type Alert, alertAt } from "../alert.ts";
import { CLOUD } from "./cloud.ts";
import { HOSTS } from "./hosts.ts";
import { NETWORK } from "./network.ts";
import type { Finding, ReadAlert, Source } from "./source.ts";
import { WEB } from "./web.ts";

/** Wazuh's answers to alerts, and the alerts that they answer. */
const ACTIVE_RESPONSE: Source = {
  name: "active_response",
  groups: ["active_response"],
  decoders: ["ar_log_json"],
  fields: [{ path: "data.srcip", kind: "address" }],
  find: {
    takes: "what the alert in `data.parameters.alert` holds",
    in: findInEmbedded,
  },
};

function findInEmbedded(
  alert: Alert,
  readAlert: ReadAlert,
): readonly Finding[] {
  const path = "data.parameters.alert";
  const embedded = alertAt(alert, path);
  return embedded === undefined ? [] : readAlert(embedded)
    .map((finding) => ({ ...finding, field: `${path}.${finding.field}` }));
}

/** All sources that are built in, in the order they read an alert. */
export const SOURCES: readonly Source[] = [
  ...HOSTS,
  ...NETWORK,
  ...WEB,
  ...CLOUD,
  ACTIVE_RESPONSE,
];
