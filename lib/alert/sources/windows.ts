/**
 * What Windows logs, and Sysmon (for Linux too).
 *
 * @module
 */
import type { Field, Source } from "./source.ts";

const EVENTDATA = "data.win.eventdata";

/** `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`; the last is no hash of the file. */
const HASHES =
  "(?:^|[,>]|\\sHashes: +)(?:SHA1=(?<sha1>[0-9A-F]+)|MD5=(?<md5>[0-9A-F]+)" +
  "|SHA256=(?<sha256>[0-9A-F]+))";

/** `type:  5 a.example;::ffff:1.2.3.4;` */
const QUERY_RESULTS = "(?:^|;)\\s*(?:type:\\s*\\d+\\s+)?(?<host>[^;\\s]+)";

/** Where Sysmon's fields stand, of Windows and of Linux. */
const SYSMON = [EVENTDATA, "data.eventdata"];

/** Sysmon for Linux begins the same names with a capital letter, in places. */
function sysmonPaths(...names: readonly string[]): readonly string[] {
  return SYSMON.flatMap((data) =>
    names.flatMap((name) => [
      `${data}.${name}`,
      `${data}.${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    ])
  );
}

/** An alert of a channel of Windows; a child rule's groups may say nothing. */
function channel(provider: string) {
  return [{
    decoders: ["windows_eventchannel"],
    when: [{ field: "data.win.system.providerName", matches: provider }],
  }];
}

/** See above. */
export const WINDOWS: readonly Source[] = [
  {
    name: "sysmon",
    groups: ["sysmon", "sysmon_*"],
    decoders: ["sysmon-linux*"],
    or: channel("Sysmon"),
    fields: [
      { path: sysmonPaths("hashes", "hash"), pattern: HASHES },
      { path: sysmonPaths("sourceIp"), kind: "address" },
      ...SYSMON.map((data): Field => ({
        path: [`${data}.destinationIp`, `${data}.DestinationIp`],
        kind: "address",
        port: `${data}.destinationPort`,
      })),
      {
        path: sysmonPaths("sourceHostname", "destinationHostname", "queryName"),
        kind: "host",
      },
      { path: sysmonPaths("queryResults"), pattern: QUERY_RESULTS },
      {
        path: sysmonPaths(
          "commandLine",
          "parentCommandLine",
          // Event 15: what the stream Zone.Identifier says of a download.
          "contents",
        ),
        kind: "command",
      },
      // Event 24: `user: EX\\bob ip: 1.2.3.4 hostname: x`
      {
        path: sysmonPaths("clientInfo"),
        pattern: "\\bip:\\s*(?<address>[\\da-f.:]+)",
      },
      // Sysmon for Linux may have no decoder.
      {
        path: "full_log",
        pattern: HASHES,
        when: [{ field: "full_log", matches: "<Event>|WinEvtLog" }],
      },
      {
        path: "full_log",
        pattern: '<Data Name="(?:(?:Source|Destination)Ip">(?<address>[^<]+)' +
          '|(?:Source|Destination)Hostname">(?<host>[^<\\s-][^<]*)' +
          '|QueryName">(?<host2>[^<]+)|(?:Parent)?CommandLine">(?<command>[^<]+))',
      },
      // What agents of Windows before channels sent, `QueryName: evil.example`.
      {
        path: "full_log",
        pattern: "\\s(?:(?:Source|Destination)Ip: +(?<address>[\\da-f.:]+)" +
          "|(?:Source|Destination)Hostname: +(?<host>[^\\s:]+\\.[^\\s:]+)" +
          "|QueryName: +(?<host2>\\S+))",
        when: [{ field: "full_log", matches: "WinEvtLog: .{0,99}Sysmon" }],
      },
      {
        path: "full_log",
        pattern: "\\sQueryResults: +(?:type: +\\d+ +)?(?<host>[^;\\s]+)",
        when: [{ field: "full_log", matches: "WinEvtLog: .{0,99}Sysmon" }],
      },
    ],
  },
  {
    name: "windows_logon",
    groups: ["windows", "win_evt_channel"],
    decoders: ["windows_eventchannel"],
    when: [{
      field: "data.win.system.providerName",
      matches: "Sysmon|Defender|DNS|PowerShell|Firewall",
      not: true,
    }],
    fields: [
      {
        path: [`${EVENTDATA}.ipAddress`, `${EVENTDATA}.clientAddress`],
        kind: "address",
      },
    ],
  },
  {
    // 4688, and what else says which program was started.
    name: "windows_process",
    groups: ["windows"],
    decoders: ["windows_eventchannel"],
    when: [
      { field: `${EVENTDATA}.commandLine`, matches: "." },
      {
        field: "data.win.system.providerName",
        matches: "Sysmon",
        not: true,
      },
    ],
    fields: [
      {
        path: [
          `${EVENTDATA}.commandLine`,
          `${EVENTDATA}.processCommandLine`,
          `${EVENTDATA}.parentCommandLine`,
        ],
        kind: "command",
      },
    ],
  },
  {
    // Services and scheduled tasks that are made: 7045, 4697, 4698, 4702.
    name: "windows_service",
    groups: ["windows"],
    decoders: ["windows_eventchannel"],
    when: [{
      field: "data.win.system.eventID",
      equals: ["7045", "4697", "4698", "4702", "106", "200"],
    }],
    fields: [
      {
        path: [
          `${EVENTDATA}.imagePath`,
          `${EVENTDATA}.serviceFileName`,
          `${EVENTDATA}.taskContent`,
          `${EVENTDATA}.taskContentNew`,
          `${EVENTDATA}.actionName`,
        ],
        kind: "command",
      },
    ],
  },
  {
    name: "windows_rdp",
    groups: ["windows"],
    decoders: ["windows_eventchannel"],
    when: [{ field: "data.win.system.channel", matches: "TerminalServices" }],
    or: channel("TerminalServices"),
    fields: [
      {
        path: "data.win.eventXML.param3",
        kind: "address",
      },
    ],
  },
  {
    name: "windows_defender",
    groups: ["windows_defender"],
    or: channel("Windows Defender"),
    fields: [
      { path: `${EVENTDATA}.path`, kind: "command" },
      // Network protection: 1125 and 1126.
      {
        path: `${EVENTDATA}.destination`,
        pattern:
          "^(?:(?<text>[a-z]{3,5}://\\S+)|(?<host>[^\\s/:]+\\.[^\\s/:]+))",
      },
      {
        path: `${EVENTDATA}.fWLink`,
        kind: "url",
        skip: "Microsoft's page on the threat",
      },
    ],
  },
  {
    name: "powershell",
    groups: ["powershell"],
    or: channel("PowerShell"),
    fields: [
      {
        path: [
          `${EVENTDATA}.scriptBlockText`,
          `${EVENTDATA}.payload`,
          `${EVENTDATA}.contextInfo`,
          `${EVENTDATA}.data`,
        ],
        kind: "command",
      },
    ],
  },
  {
    name: "windows_firewall",
    groups: ["windows_firewall"],
    or: channel("Windows Firewall"),
    fields: [
      {
        path: `${EVENTDATA}.remoteAddresses`,
        // One address, or a network of one.
        pattern: "(?:^|,)\\s*(?:(?<address>[\\d.]+)(?:/(?:32|255[\\d.]+255))?" +
          "|(?<address2>[\\da-f]*:[\\da-f.:]*)(?:/128)?)(?=\\s*(?:,|$))",
      },
    ],
  },
  {
    name: "windows_filtering",
    groups: ["windows"],
    decoders: ["windows_eventchannel"],
    when: [{ field: `${EVENTDATA}.destAddress`, matches: "." }],
    fields: [
      { path: `${EVENTDATA}.sourceAddress`, kind: "address" },
      {
        path: `${EVENTDATA}.destAddress`,
        kind: "address",
        port: `${EVENTDATA}.destPort`,
      },
    ],
  },
  {
    name: "windows_dns",
    groups: ["dns", "windows_dns"],
    or: channel("DNS"),
    fields: [
      { path: [`${EVENTDATA}.queryName`, `${EVENTDATA}.qNAME`], kind: "host" },
      { path: `${EVENTDATA}.source`, kind: "address" },
      { path: `${EVENTDATA}.queryResults`, pattern: QUERY_RESULTS },
      // The server's debug log: `UDP Rcv 1.2.3.4 … A (4)evil(7)example(0)`
      {
        path: "full_log",
        pattern: "\\bPACKET\\s+\\S+\\s+(?:UDP|TCP)\\s+(?:Rcv|Snd)\\s+" +
          "(?<address>[\\da-f.:]+)",
      },
      {
        path: "full_log",
        pattern: "(?<host>(?:\\(\\d{1,2}\\)[^()\\s]{1,63}){2,127}\\(0\\))",
      },
    ],
  },
];
