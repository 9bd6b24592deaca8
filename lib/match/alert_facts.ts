/**
 * What an alert says besides IoCs, as far as patterns ask for it: of traffic,
 * of files and programs, and when it was.
 *
 * @module
 */
import { type Alert, textsAt } from "../alert/alert.ts";
import { commandLine } from "../alert/sources/audit.ts";

/** What an alert says; empty where it is silent. */
export interface AlertFacts {
  readonly sourcePorts: readonly string[];
  readonly destinationPorts: readonly string[];
  /** In lower case: `tcp`, `udp`… */
  readonly transports: readonly string[];
  /** In lower case: `dns`, `http`… */
  readonly applications: readonly string[];
  /** Of HTTP: `GET`… */
  readonly methods: readonly string[];
  /** Of HTTP: `/a?b`. */
  readonly requests: readonly string[];
  readonly userAgents: readonly string[];
  /** Names without folders. */
  readonly fileNames: readonly string[];
  readonly folders: readonly string[];
  readonly programNames: readonly string[];
  readonly commandLines: readonly string[];
  /** As `HKEY_LOCAL_MACHINE\Software`. */
  readonly registryKeys: readonly string[];
  /** Who was logged in, or wanted to be. */
  readonly users: readonly string[];
  /** Of mails. */
  readonly subjects: readonly string[];
  /** As the alert writes them, the event's own before that of its arrival. */
  readonly times: readonly string[];
  /** The fields that have just this text, in any case, be it an IoC or not. */
  readonly fieldsOf: (text: string) => readonly string[];
}

/** The facts that are texts as they are. */
export type TextFact =
  | "methods"
  | "requests"
  | "userAgents"
  | "fileNames"
  | "folders"
  | "programNames"
  | "commandLines"
  | "registryKeys"
  | "users"
  | "subjects";

const EVENTDATA = "data.win.eventdata";

const SOURCE_PORTS = [
  "data.srcport",
  "data.src_port",
  "data.spt",
  "data.source_port",
  "data.source.port",
  "data.client.port",
  "data.s_port",
  "data.src_endpoint.port",
  "data.gcp.jsonPayload.connection.src_port",
  `${EVENTDATA}.sourcePort`,
];

const DESTINATION_PORTS = [
  "data.dstport",
  "data.dest_port",
  "data.dst_port",
  "data.dpt",
  "data.destination_port",
  "data.destination.port",
  "data.server.port",
  "data.dst_endpoint.port",
  "data.gcp.jsonPayload.connection.dest_port",
  `${EVENTDATA}.destinationPort`,
  `${EVENTDATA}.destPort`,
];

const TRANSPORT_FIELDS = [
  "data.proto",
  "data.protocol",
  "data.transport",
  "data.network.transport",
  `${EVENTDATA}.protocol`,
];

/** What was loaded or written goes before the program that did it. */
const FILES = [
  "syscheck.path",
  `${EVENTDATA}.imageLoaded`,
  `${EVENTDATA}.targetFilename`,
  `${EVENTDATA}.image`,
  "data.fileinfo.filename",
  "data.filename",
  "data.virustotal.source.file",
  "data.office365.AttachmentData[].FileName",
  "data.ms-graph.evidence[].fileDetails.fileName",
  "data.audit.exe",
];

const PROGRAMS = [`${EVENTDATA}.image`, "data.audit.exe"];

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
 * Reads what an alert says besides IoCs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert/alert.ts";
 *
 * const alert = parseAlert(
 *   '{"data": {"dest_port": 443, "proto": "TCP"}, "syscheck": {"path": "/a/b"}}',
 * );
 * const { destinationPorts, transports, fileNames } = alertFactsOf(alert);
 * assertEquals([destinationPorts, transports], [["443"], ["tcp"]]);
 * assertEquals(fileNames, ["b"]);
 * ```
 */
export function alertFactsOf(alert: Alert): AlertFacts {
  const texts = (...paths: readonly string[]) =>
    unique(paths.flatMap((path) => textsAt(alert, path)));
  const first = (paths: readonly string[]) =>
    paths.map((path) => texts(path)).find(({ length }) => length > 0) ?? [];
  const files = first(FILES).map(plainPath);
  const lines = texts(`${EVENTDATA}.commandLine`, "data.command");
  return {
    sourcePorts: texts(...SOURCE_PORTS),
    destinationPorts: texts(...DESTINATION_PORTS),
    transports: texts(...TRANSPORT_FIELDS).map(transportOf).filter(isTransport),
    applications: texts("data.app_proto", "data.network.protocol")
      .map((text) => text.toLowerCase())
      .filter((text) => !NO_APPLICATION.has(text)),
    methods: texts(
      "data.http.http_method",
      "data.http.method",
      "data.http.request.method",
    ),
    requests: texts("data.http.url", "data.url"),
    userAgents: texts(
      "data.http.http_user_agent",
      "data.http.user_agent",
      "data.user_agent",
      "data.userAgent",
    ),
    fileNames: unique(files.map((path) => cutAtName(path).name)),
    folders: unique(files.map((path) => cutAtName(path).folder)),
    programNames: unique(
      first(PROGRAMS).map((path) => cutAtName(plainPath(path)).name),
    ),
    commandLines: unique([
      ...lines.map((line) => plainPath(line).replaceAll('\\"', '"')),
      commandLine(alert),
    ]),
    registryKeys: unique(
      texts(`${EVENTDATA}.targetObject`, "syscheck.path").map(plainPath)
        .flatMap(registryKeysOf),
    ),
    users: texts(
      "data.srcuser",
      "data.dstuser",
      "data.user",
      `${EVENTDATA}.targetUserName`,
      `${EVENTDATA}.subjectUserName`,
    ),
    subjects: texts("data.email.subject", "data.office365.Subject"),
    times: texts(
      "data.win.system.systemTime",
      "data.timestamp",
      "data.@timestamp",
      "timestamp",
    ),
    fieldsOf: fieldFinder(alert),
  };
}

/** No more texts of an alert are looked at. */
const MAX_TEXTS = 5000;

/** Most patterns ask for nothing else than IoCs: the fields are read on demand. */
function fieldFinder(alert: Alert): AlertFacts["fieldsOf"] {
  let fields: ReadonlyMap<string, readonly string[]> | undefined;
  return (text) => {
    fields ??= fieldsByText(alert);
    return fields.get(text.toLowerCase()) ?? [];
  };
}

function fieldsByText(
  { data, syscheck }: Alert,
): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  const left: [path: string, value: unknown][] = Object.entries({
    data,
    syscheck,
  });
  for (let count = 0; count < MAX_TEXTS; count++) {
    const [path, value] = left.pop() ?? [];
    if (path === undefined) break;
    if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        left.push([`${path}.${name}`, member]);
      }
    } else {
      const text = String(value).trim().toLowerCase();
      fields.set(text, fields.get(text) ?? []);
      fields.get(text)?.push(path);
    }
  }
  return fields;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** Wazuh's agents for Windows double each backslash. */
function plainPath(path: string): string {
  return path.replace(/\\{2,}/g, "\\");
}

function cutAtName(path: string): {
  readonly folder: string;
  readonly name: string;
} {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return { folder: path.slice(0, Math.max(end, 0)), name: path.slice(end + 1) };
}

const HIVES: Readonly<Record<string, string>> = {
  HKLM: "HKEY_LOCAL_MACHINE",
  HKCU: "HKEY_CURRENT_USER",
  HKCR: "HKEY_CLASSES_ROOT",
  HKU: "HKEY_USERS",
};

/** A key, and what is above it: the last part may be the name of a value. */
function registryKeysOf(path: string): readonly string[] {
  const [, hive = "", rest = ""] = /^(HK[A-Z_]+)(\\.*)?$/i.exec(path) ?? [];
  if (hive === "") return [];
  const key = (HIVES[hive.toUpperCase()] ?? hive) + rest;
  return [key, cutAtName(key).folder];
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
