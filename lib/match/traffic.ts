/**
 * What an alert says of the traffic it is about, besides IoCs: ports,
 * protocols, the method of HTTP.
 *
 * @module
 */
import { type Alert, textsAt } from "../alert/alert.ts";

/** What an alert says; empty where it is silent. */
export interface Traffic {
  readonly sourcePorts: readonly string[];
  readonly destinationPorts: readonly string[];
  /** In lower case: `tcp`, `udp`… */
  readonly transports: readonly string[];
  /** In lower case: `dns`, `http`… */
  readonly applications: readonly string[];
  /** In upper case: `GET`… */
  readonly methods: readonly string[];
}

const FIELDS: Readonly<Record<keyof Traffic, readonly string[]>> = {
  sourcePorts: [
    "srcport",
    "src_port",
    "spt",
    "source_port",
    "source.port",
    "win.eventdata.sourcePort",
  ],
  destinationPorts: [
    "dstport",
    "dest_port",
    "dst_port",
    "dpt",
    "destination_port",
    "destination.port",
    "win.eventdata.destinationPort",
  ],
  transports: [
    "proto",
    "protocol",
    "transport",
    "network.transport",
    "win.eventdata.protocol",
  ],
  applications: ["app_proto", "network.protocol"],
  methods: ["http.http_method", "http.method", "http.request.method"],
};

/** Transport protocols, and their numbers: some firewalls write these. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmp6",
  "132": "sctp",
  "ipv6-icmp": "icmp6",
};

const NO_APPLICATION: ReadonlySet<string> = new Set(["failed", "unknown", ""]);

/**
 * Reads what an alert says of its traffic.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert/alert.ts";
 *
 * const alert = parseAlert('{"data": {"dest_port": 443, "proto": "TCP"}}');
 * const { destinationPorts, transports } = trafficOf(alert);
 * assertEquals([destinationPorts, transports], [["443"], ["tcp"]]);
 * ```
 */
export function trafficOf(alert: Alert): Traffic {
  const texts = (name: keyof Traffic) =>
    [...new Set(FIELDS[name].flatMap((path) => textsAt(alert, `data.${path}`)))]
      .map((text) => text.trim()).filter((text) => text !== "");
  return {
    sourcePorts: texts("sourcePorts"),
    destinationPorts: texts("destinationPorts"),
    transports: texts("transports").map(transportOf).filter(isTransport),
    applications: texts("applications").map((text) => text.toLowerCase())
      .filter((text) => !NO_APPLICATION.has(text)),
    methods: texts("methods").map((text) => text.toUpperCase()),
  };
}

/** A transport protocol by its usual name. */
export function transportOf(text: string): string {
  const name = text.toLowerCase();
  return TRANSPORTS[name] ?? name;
}

/** Whether a protocol is one of transport, and not of what is above or below. */
export function isTransport(name: string): boolean {
  return Object.values(TRANSPORTS).includes(name);
}
