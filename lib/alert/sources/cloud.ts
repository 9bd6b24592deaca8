/**
 * Clouds, and other services' own findings.
 *
 * @module
 */
import { MICROSOFT } from "./microsoft.ts";
import { hashesIn, integration, type Source } from "./source.ts";

const ACTION = "data.aws.service.action";

/** GuardDuty's addresses of the other side. */
const REMOTE_IPS = [
  `${ACTION}.networkConnectionAction.remoteIpDetails`,
  `${ACTION}.awsApiCallAction.remoteIpDetails`,
  `${ACTION}.portProbeAction.portProbeDetails[].remoteIpDetails`,
  `${ACTION}.kubernetesApiCallAction.remoteIpDetails`,
  `${ACTION}.rdsLoginAttemptAction.remoteIpDetails`,
].flatMap((remote) => [`${remote}.ipAddressV4`, `${remote}.ipAddressV6`]);

/** GuardDuty's hashes of files that are malware. */
const SCANNED =
  "scanDetections.threatDetectedByName.threatNames[].filePaths[].hash";

/** See above. */
export const CLOUD: readonly Source[] = [
  {
    name: "aws",
    groups: ["aws", "amazon", "aws_*"],
    or: integration("aws"),
    fields: [
      // An address, or the name of the service that called.
      {
        path: [
          "data.aws.sourceIPAddress",
          "data.aws.source_ip_address",
          "data.aws.srcaddr",
          "data.aws.client_ip",
          "data.aws.remote_ip",
          "data.aws.httpRequest.clientIp",
          "data.aws.policyDetails.actor.ipAddressDetails.ipAddressV4",
          "data.aws.pkt_srcaddr",
          "data.aws.pkt-srcaddr",
          ...REMOTE_IPS,
        ],
        kind: "address",
      },
      { path: "data.aws.dstaddr", kind: "address", port: "data.aws.dstport" },
      {
        path: "data.aws.destination_ip",
        kind: "address",
        when: [{ field: "data.aws.source", matches: "^[acn]lb$", not: true }],
      },
      {
        path: "data.aws.destination_ip",
        kind: "address",
        skip: "the account's own",
        isOwn: true,
        when: [{ field: "data.aws.source", matches: "^[acn]lb$" }],
      },
      {
        path: [
          `${ACTION}.dnsRequestAction.domain`,
          `${ACTION}.awsApiCallAction.domainDetails.domain`,
          "data.aws.domain",
          "data.aws.query_name",
          "data.aws.answers[].Rdata",
        ],
        kind: "host",
      },
      {
        path: "data.aws.service.runtimeDetails.context.commandLineExample",
        kind: "command",
      },
      { path: "data.aws.url", kind: "url" },
      {
        path: [
          "data.aws.referer",
          "data.aws.httpRequest.uri",
          "data.aws.httpRequest.args",
        ],
        kind: "text",
      },
      // `GET https://own.example:443/x HTTP/1.1`: what follows the own host.
      {
        path: "data.aws.request",
        pattern: "^\\S+ https?://[^/\\s]+(?<text>/\\S*)",
      },
      {
        path: "data.aws.request",
        pattern: "^\\S+ https?://[^/\\s]+(?<request>/.*)",
      },
      { path: "data.aws.httpRequest.headers.Referer", kind: "text" },
      {
        path: [
          "data.aws.httpRequest.uri",
          "data.aws.httpRequest.args",
          "data.aws.httpRequest.headers.User-Agent",
          "data.aws.httpRequest.headers.user-agent",
          "data.aws.user_agent",
          "data.aws.userAgent",
        ],
        kind: "request",
      },
      {
        path: "data.aws.service.runtimeDetails.process.executableSha256",
        kind: "sha256",
      },
      { path: "data.aws.client_port", kind: "address" },
      {
        path: "data.aws.httpRequest.headers.X-Forwarded-For",
        pattern: "(?<address>[^,\\s]+)",
      },
      { path: "data.aws.sha", kind: "hash" },
      {
        path: [
          "data.aws.service.ebsVolumeScanDetails",
          "data.aws.service.malwareScanDetails",
        ].map((scan) => `${scan}.${SCANNED}`),
        kind: "hash",
      },
      {
        path: [
          "data.aws.resource.instanceDetails.networkInterfaces[].publicIp",
          "data.aws.resource.instanceDetails.networkInterfaces[].publicDnsName",
          "data.aws.external_ip",
          "data.aws.domain_name",
          "data.aws.httpRequest.headers.Host",
          "data.aws.httpRequest.headers.host",
          "data.aws.httpRequest.host",
          "data.aws.target_port",
          "data.aws.target_ip",
          "data.aws.backend_port",
          "data.aws.resource.instanceDetails.networkInterfaces[].ipv6Addresses[]",
          `${ACTION}.networkConnectionAction.localIpDetails.ipAddressV4`,
        ],
        kind: "host",
        skip: "the account's own",
        isOwn: true,
      },
      // Of S3 it may be Amazon's, which all buckets share.
      { path: "data.aws.host_header", kind: "host", skip: "the account's own" },
      { path: "data.aws.bucket_owner", kind: "hash", skip: "an account's id" },
      {
        path: [
          "data.aws.userAgent",
          "data.aws.user_agent",
          "data.aws.httpRequest.headers.User-Agent",
        ],
        kind: "user_agent",
      },
    ],
  },
  {
    name: "aws_security_lake",
    groups: ["amazon_security_lake", "asl_*"],
    fields: [
      { path: "data.src_endpoint.ip", kind: "address" },
      {
        path: "data.dst_endpoint.ip",
        kind: "address",
        port: "data.dst_endpoint.port",
      },
      {
        path: [
          "data.src_endpoint.domain",
          "data.query.hostname",
          "data.answers[].rdata",
        ],
        kind: "host",
      },
      { path: "data.http_request.url.text", kind: "url" },
      { path: "data.http_request.user_agent", kind: "user_agent" },
    ],
  },
  {
    name: "gcp",
    groups: ["gcp"],
    or: integration("gcp"),
    fields: [
      {
        path: [
          "data.gcp.protoPayload.requestMetadata.callerIp",
          "data.gcp.jsonPayload.sourceIP",
          "data.gcp.jsonPayload.connection.src_ip",
          "data.gcp.jsonPayload.source_ip_address",
          "data.gcp.jsonPayload.destination_ip_address",
          "data.gcp.httpRequest.remoteIp",
          "data.gcp.c_ip",
        ],
        kind: "address",
      },
      {
        path: [
          "data.gcp.httpRequest.serverIp",
          "data.gcp.jsonPayload.serverIP",
        ],
        kind: "address",
        skip: "the project's own",
        isOwn: true,
      },
      {
        path: "data.gcp.jsonPayload.connection.dest_ip",
        kind: "address",
        port: "data.gcp.jsonPayload.connection.dest_port",
      },
      { path: "data.gcp.jsonPayload.queryName", kind: "host" },
      // Records of a zone file: name, seconds, IN, type, value
      {
        path: "data.gcp.jsonPayload.rdata",
        pattern: "\\bIN\\s+(?:A|AAAA|CNAME|NS|PTR)\\s+(?<host>\\S+)",
      },
      { path: "data.gcp.jsonPayload.uri_or_filename", kind: "url" },
      // What follows the load balancer's own host.
      {
        path: "data.gcp.httpRequest.requestUrl",
        pattern: "^https?://[^/\\s]+(?<text>/\\S*)",
      },
      { path: "data.gcp.httpRequest.referer", kind: "url" },
      {
        path: "data.gcp.protoPayload.authenticationInfo.principalEmail",
        kind: "email",
      },
      {
        path: [
          "data.gcp.protoPayload.requestMetadata.callerSuppliedUserAgent",
          "data.gcp.httpRequest.userAgent",
          "data.gcp.cs_user_agent",
        ],
        kind: "user_agent",
      },
    ],
  },
  ...MICROSOFT,
  {
    name: "github",
    groups: ["github", "git"],
    or: integration("github"),
    fields: [
      { path: "data.github.actor_ip", kind: "address" },
      {
        path: ["data.github.config.url", "data.github.hook.config.url"],
        kind: "url",
      },
      { path: "data.github.user_agent", kind: "user_agent" },
    ],
  },
  {
    name: "virustotal",
    groups: ["virustotal"],
    or: integration("virustotal"),
    fields: [
      {
        path: ["data.virustotal.source.md5", "data.virustotal.md5"],
        kind: "md5",
      },
      {
        path: ["data.virustotal.source.sha1", "data.virustotal.sha1"],
        kind: "sha1",
      },
      // The page on a file has its hash in it.
      {
        path: "data.virustotal.permalink",
        pattern: "/file/(?<sha256>[\\da-f]{64})(?![\\da-f])",
      },
    ],
  },
  {
    name: "maltiverse",
    groups: ["maltiverse"],
    or: integration("maltiverse"),
    fields: [
      {
        path: [
          "data.threat.indicator.ip",
          "data.maltiverse.source.ip_addr",
        ],
        kind: "address",
      },
      {
        path: [
          "data.maltiverse.source.domain",
          "data.maltiverse.source.hostname",
        ],
        kind: "host",
      },
      { path: "data.maltiverse.source.url", kind: "url" },
      ...hashesIn("data.maltiverse.source"),
      {
        path: "data.threat.indicator.name",
        kind: "host",
        when: [{
          field: "data.threat.indicator.type",
          matches: "domain|hostname|addr",
        }],
      },
      {
        path: "data.threat.indicator.name",
        kind: "url",
        when: [{ field: "data.threat.indicator.type", equals: "url" }],
      },
      {
        path: "data.threat.indicator.name",
        kind: "hash",
        when: [{ field: "data.threat.indicator.type", matches: "file|sample" }],
      },
      {
        path: "data.threat.indicator.reference",
        kind: "url",
        skip: "Maltiverse's page",
      },
    ],
  },
];
