/**
 * What happens on hosts: files, processes, logons, antivirus, and Wazuh's
 * answers to alerts.
 *
 * @module
 */
import { findInCommandLine, findInRecords } from "./audit.ts";
import { findInEmbedded } from "./embedded.ts";
import { hashesIn, type Source } from "./source.ts";
import { WINDOWS } from "./windows.ts";

/** An image's registry, if that has a dot in it: `ghcr.io/a/b` */
const REGISTRY =
  "^(?<host>[^/\\s:@.]{1,63}(?:\\.[^/\\s:@.]{1,63}){1,10})(?::\\d+)?/";

/** See above. */
export const HOSTS: readonly Source[] = [
  {
    name: "syscheck",
    // The stock rule 99901 (a known malware hash) has the group malware alone.
    groups: ["syscheck_entry_added", "syscheck_entry_modified"],
    decoders: ["syscheck_*"],
    or: [{
      when: [{ field: "syscheck.event", matches: "^(?:added|modified)$" }],
    }],
    leave: [
      {
        when: [{ field: "syscheck.event", equals: "deleted" }],
        because: "the file was deleted",
      },
    ],
    fields: [
      { path: "syscheck.sha256_after", kind: "sha256" },
      { path: "syscheck.sha1_after", kind: "sha1" },
      { path: "syscheck.md5_after", kind: "md5" },
    ],
  },
  {
    name: "audit",
    groups: ["audit_command", "audit_detections"],
    or: [{
      decoders: ["auditd"],
      when: [{ field: "data.audit.execve.a0", matches: "." }],
    }],
    fields: [],
    find: {
      takes: "URLs, hosts and addresses anywhere in the command line",
      in: findInCommandLine,
      example: { path: "data.audit.execve.a0", kind: "command" },
    },
  },
  {
    // What sudo ran, and whom a program called.
    name: "audit_record",
    groups: ["audit", "audit_*"],
    decoders: ["auditd"],
    when: [{
      field: "full_log",
      matches: "\\s(?:cmd|proctitle|saddr|data)=",
    }],
    fields: [],
    find: {
      takes: "commands in `cmd`, `proctitle` and `data`, addresses in `saddr`",
      in: findInRecords,
    },
  },
  {
    name: "audit_login",
    groups: ["audit", "audit_*"],
    decoders: ["auditd"],
    when: [{ field: "data.audit.type", matches: "^(?:USER|ANOM|LOGIN|CRED)" }],
    fields: [
      { path: "data.srcip", kind: "host" },
      // Where the decoder puts `addr` of a login.
      { path: "data.audit.directory.name", kind: "address" },
    ],
  },
  ...WINDOWS,
  {
    name: "osquery",
    groups: ["osquery", "osquery_*"],
    or: [{ when: [{ field: "data.osquery.name", matches: "." }] }],
    fields: ["data.osquery.columns", "data.osquery.snapshot[]"].flatMap(
      (row) => [
        ...hashesIn(row),
        {
          path: `${row}.remote_address`,
          kind: "address",
          port: `${row}.remote_port`,
        },
        {
          path: `${row}.local_address`,
          kind: "address",
          skip: "the machine's own",
          isOwn: true,
        },
        {
          path: `${row}.address`,
          kind: "address",
          // Of hosts files and neighbours; others are of the machine itself.
          when: [{
            field: "data.osquery.name",
            matches: "resolver|interface|listening",
            not: true,
          }],
        },
        {
          path: [
            `${row}.domain`,
            `${row}.host`,
            `${row}.hostname`,
            `${row}.hostnames`,
          ],
          kind: "host",
        },
        { path: [`${row}.url`, `${row}.referrer`], kind: "url" },
        {
          path: [
            "cmdline",
            "command",
            "script_text",
            "program_arguments",
            "action",
            "args",
            "command_line_template",
          ].map((name) => `${row}.${name}`),
          kind: "command",
        },
      ],
    ),
  },
  {
    name: "docker",
    groups: ["docker"],
    or: [{ when: [{ field: "data.integration", equals: "docker" }] }],
    when: [{ field: "data.docker.Action", equals: "pull" }],
    // Only an image's id is a digest; a container's looks like one.
    fields: [
      {
        path: ["data.docker.id", "data.docker.Actor.ID"],
        pattern: `${REGISTRY}|` +
          "sha256:(?<sha256>[\\da-f]+)",
      },
      {
        path: "data.docker.Actor.Attributes.name",
        pattern: REGISTRY,
      },
    ],
  },
  {
    name: "clamav",
    groups: ["clamd", "freshclam"],
    decoders: ["clamd"],
    fields: [
      { path: "data.id", kind: "md5" },
      {
        path: "full_log",
        pattern: "\\((?<md5>[\\da-f]{32}):\\d+\\) FOUND",
      },
    ],
  },
  {
    name: "eset",
    groups: ["eset"],
    decoders: ["eset-*"],
    fields: [
      { path: "data.hash", kind: "hash" },
      { path: "data.object_uri", kind: "text" },
      {
        path: ["data.source_address", "data.target_address"],
        kind: "address",
      },
      {
        path: "data.ipv4",
        kind: "address",
        skip: "the endpoint's own address",
        isOwn: true,
      },
    ],
  },
  {
    name: "panda",
    groups: ["paps"],
    decoders: ["paps"],
    fields: [
      { path: ["data.Hash", "data.ParentHash", "data.ChildHash"], kind: "md5" },
      { path: "data.src", kind: "address" },
      { path: "data.Params", kind: "command" },
      { path: "data.MUID", kind: "md5", skip: "the machine's id" },
    ],
  },
  {
    name: "mcafee",
    groups: ["mcafee_epo"],
    decoders: ["mcafee-*"],
    fields: [
      { path: ["data.SourceProcessHash", "data.TargetHash"], kind: "hash" },
      {
        path: ["data.SourceIPV4", "data.TargetIPV4", "data.SourceIPV6"],
        kind: "address",
      },
      { path: "data.SourceURL", kind: "url" },
      {
        path: "data.ip.address",
        kind: "address",
        skip: "the endpoint's own address",
        isOwn: true,
      },
    ],
  },
  {
    name: "sshd",
    groups: ["sshd", "dropbear"],
    decoders: ["sshd", "dropbear"],
    fields: [
      { path: "data.srcip", kind: "host" },
      {
        path: "full_log",
        pattern:
          "reverse mapping checking getaddrinfo for (?<host>\\S[^\\s.]*\\.\\S+) \\[" +
          "|\\bAddress \\S+ maps to (?<host2>[^\\s,]+),",
      },
    ],
  },
  {
    name: "logins",
    groups: [
      "pam",
      "access_control",
      "vsftpd",
      "proftpd",
      "pure-ftpd",
      "ftpd",
      "smbd",
      "openvpn",
      "telnetd",
      "su",
      "macOS",
      "sqlserver",
      "mysql_log",
      "postgresql_log",
      "wordpress",
      "roundcube",
      "wazuh_api",
      "gitlab*",
      "nextcloud",
      "openldap",
    ],
    decoders: [
      "pam",
      "vsftpd",
      "proftpd",
      "pure-ftpd",
      "smbd",
      "openvpn",
      "macOS_screensharingd",
      "sqlserver",
      "wordpress",
      "roundcube",
      "wazuh-api-info",
      "openldap",
    ],
    fields: [
      {
        path: ["data.srcip", "data.ip_address", "data.remoteAddr"],
        kind: "host",
      },
      { path: "data.ip", kind: "address" },
      // Nextcloud, and Roundcube behind it.
      {
        path: "data.message",
        pattern: "Remote IP: '?(?<address>[\\da-f.:]+)",
      },
      {
        path: "full_log",
        pattern: "Login failed for \\S* from (?<address>[\\da-f.:]*[\\da-f])",
      },
      {
        path: "full_log",
        pattern: "\\brhost=(?<host>[^\\s.]+\\.[^\\s;,]+)",
      },
      // OpenLDAP: ACCEPT from IP=client:port (IP=server:port)
      {
        path: "full_log",
        pattern: "\\bACCEPT from IP=\\[?(?<address>[\\da-f.:]+?)\\]?:(?=\\d+ )",
      },
      {
        path: "full_log",
        pattern: "\\bACCEPT from \\S{1,60} \\(IP=\\[?(?<address>" +
          "[\\da-f.:]+?)\\]?:\\d+\\)",
        skip: "the server's own",
        isOwn: true,
      },
      { path: ["data.userAgent", "data.ua"], kind: "user_agent" },
    ],
  },
  {
    name: "commands",
    groups: ["cron", "crond", "sudo", "su", "snoopy*", "bash*"],
    decoders: ["cron*", "sudo", "su", "snoopy*", "bash*"],
    or: [{
      when: [{ field: "full_log", matches: "\\bCRON(?:\\[\\d+\\])?: \\(" }],
    }],
    fields: [
      { path: "data.command", kind: "command" },
      {
        path: "full_log",
        pattern: "\\bCMD \\((?<command>.+)\\)|\\bCOMMAND=(?<command2>.+)" +
          "|\\bsnoopy\\[\\d+\\]: \\[[^\\]]*\\]: (?<command3>.+)" +
          "|\\bHISTORY: (?<command4>.+)",
      },
    ],
  },
  {
    name: "racoon",
    groups: ["racoon*"],
    decoders: ["racoon*"],
    or: [{
      groups: ["errors"],
      when: [{ field: "full_log", matches: "\\bracoon(?:\\[\\d+\\])?:\\s" }],
    }],
    fields: [
      { path: ["data.srcip", "data.dstip"], kind: "address" },
      {
        path: "full_log",
        pattern: "\\bpskey for (?<address>[\\da-f.:]*[\\da-f])",
      },
    ],
  },
  {
    name: "active_response",
    groups: ["active_response"],
    decoders: ["ar_log_json"],
    fields: [{ path: "data.srcip", kind: "address" }],
    find: {
      takes: "what the alert in `data.parameters.alert` holds",
      in: findInEmbedded,
    },
  },
];
