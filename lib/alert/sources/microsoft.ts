/**
 * Microsoft's clouds: Azure, Graph with Defender XDR, Office 365.
 *
 * @module
 */
import { hashesIn, integration, type Source } from "./source.ts";

const EVIDENCE = "data.ms-graph.evidence[]";

/** See above. */
export const MICROSOFT: readonly Source[] = [
  {
    name: "azure",
    groups: ["azure"],
    or: [{ when: [{ field: "data.azure_tag", matches: "." }] }],
    fields: [
      {
        path: [
          "data.CallerIpAddress",
          "data.callerIpAddress",
          "data.ipAddress",
          "data.IPAddress",
          "data.initiatedBy.user.ipAddress",
          "data.identity.claims.ipaddr",
          "data.properties.ipAddress",
          "data.properties.IPAddress",
          "data.properties.clientIP",
          "data.properties.clientIp",
          "data.properties.socketIp",
          "data.properties.SourceIp",
        ],
        kind: "address",
      },
      {
        path: "data.properties.DestinationIp",
        kind: "address",
        port: "data.properties.DestinationPort",
      },
      // Azure Firewall: a structured record, and a sentence.
      {
        path: [
          "data.properties.Fqdn",
          "data.properties.DestinationFqdn",
          "data.properties.QueryName",
        ],
        kind: "host",
      },
      {
        path: "data.properties.TargetUrl",
        kind: "url",
        port: "data.properties.DestinationPort",
      },
      {
        path: ["data.properties.msg", "data.msg"],
        pattern: "\\brequest from (?<address>[\\da-f.]+)(?::\\d+)? to " +
          "(?<host>[^\\s:]+)(?::(?<port>\\d+))?|\\bUrl: (?<url>[^\\s/]+/\\S*[^\\s.])",
      },
      // Front Door and Application Gateway, before the site.
      {
        path: [
          "data.properties.hostName",
          "data.properties.hostname",
          "data.properties.originalHost",
          "data.properties.host",
          "data.properties.serverRouted",
        ],
        kind: "host",
        skip: "the site's own",
        isOwn: true,
      },
      // JSON in a text.
      {
        path: ["data.HTTPRequest", "data.httpRequest"],
        pattern: '"clientIpAddress"\\s*:\\s*"(?<address>[^"]+)"',
      },
      {
        path: [
          "data.Caller",
          "data.userPrincipalName",
          "data.initiatedBy.user.userPrincipalName",
        ],
        kind: "email",
      },
      { path: "data.additionalDetails[].value", kind: "text" },
    ],
  },
  {
    name: "ms_graph",
    groups: ["ms-graph"],
    or: integration("ms-graph"),
    fields: [
      {
        path: [
          "data.ms-graph.ipAddress",
          "data.ms-graph.actor.ipAddress",
          `${EVIDENCE}.ipAddress`,
          `${EVIDENCE}.senderIp`,
          `${EVIDENCE}.sourceAddress.ipAddress`,
          `${EVIDENCE}.destinationAddress.ipAddress`,
        ],
        kind: "address",
      },
      { path: [`${EVIDENCE}.url`, `${EVIDENCE}.urls[]`], kind: "url" },
      ...hashesIn(`${EVIDENCE}.fileDetails`),
      ...hashesIn(`${EVIDENCE}.imageFile`),
      { path: `${EVIDENCE}.fileHash.value`, kind: "hash" },
      {
        path: [
          `${EVIDENCE}.p1Sender.emailAddress`,
          `${EVIDENCE}.p2Sender.emailAddress`,
          `${EVIDENCE}.recipientEmailAddress`,
        ],
        kind: "email",
      },
      {
        path: [
          `${EVIDENCE}.p1Sender.domainName`,
          `${EVIDENCE}.p2Sender.domainName`,
          `${EVIDENCE}.domainName`,
        ],
        kind: "host",
      },
      {
        path: [
          `${EVIDENCE}.processCommandLine`,
          `${EVIDENCE}.parentProcessCommandLine`,
        ],
        kind: "command",
      },
      {
        path: [
          `${EVIDENCE}.lastIpAddress`,
          `${EVIDENCE}.lastExternalIpAddress`,
          `${EVIDENCE}.deviceDnsName`,
        ],
        kind: "host",
        skip: "the device's own",
        isOwn: true,
      },
      {
        path: ["data.ms-graph.alertWebUrl", "data.ms-graph.incidentWebUrl"],
        kind: "url",
        skip: "Microsoft's portal",
      },
    ],
  },
  {
    name: "office365",
    groups: ["office365"],
    or: integration("office365"),
    fields: [
      {
        path: [
          "data.office365.ClientIP",
          "data.office365.ActorIpAddress",
          "data.office365.ClientIPAddress",
          "data.office365.SenderIp",
          "data.office365.UserIp",
        ],
        kind: "address",
      },
      { path: "data.office365.Url", kind: "url" },
      {
        path: ["data.office365.SiteUrl", "data.office365.ObjectId"],
        kind: "text",
        skip: "the tenant's own",
      },
      {
        path: [
          "data.office365.P1Sender",
          "data.office365.P2Sender",
          "data.office365.Recipients[]",
          "data.office365.UserId",
        ],
        kind: "email",
      },
      {
        path: [
          "data.office365.P1SenderDomain",
          "data.office365.P2SenderDomain",
        ],
        kind: "host",
      },
      {
        path: [
          "data.office365.AttachmentData[].SHA256",
          "data.office365.FileData.SHA256",
        ],
        kind: "sha256",
      },
      {
        path: [
          "data.office365.AttachmentData[].URL",
          "data.office365.MessageURLs[]",
        ],
        kind: "url",
      },
      // Rules of an inbox: who is forwarded to.
      {
        path: [
          "data.office365.Parameters[].Value",
          "data.office365.ExtendedProperties[].Value",
        ],
        pattern:
          "(?:^|[\\s;,:\\[<])(?<email>[^\\s;,:\\[\\]<>]+@[^\\s;,:\\[\\]<>]+)" +
          "|(?<text>https?://\\S+)",
      },
      { path: "data.office365.UserAgent", kind: "user_agent" },
    ],
  },
];
