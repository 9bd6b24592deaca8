/**
 * What an alert holds that no table of sources knows: what Wazuh's names of
 * fields say whatever the product is, and IoCs anywhere in its `data` and log.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import { memberOf } from "../json.ts";
import type { Candidate, Skipped } from "./ioc.ts";
import { hostOf, normalize, type TextKind } from "./kinds.ts";
import { isOfNoContent, isOfSite, type Meaning, meaningOf } from "./names.ts";
import { findInCommand, findInRequest } from "./sources/commands.ts";
import { MAX_GROUPS } from "./sources/select.ts";
import { eachUrlIn, urlAndHost } from "./sources/urls.ts";
import {
  addressesIn,
  before,
  emailsIn,
  fileHashesIn,
  isFileName,
  nameBefore,
  type Token,
} from "./tokens.ts";

/**
 * How much is looked for: nothing; what is sure to be one by its form or by the
 * name of its field; or bare domains and hashes too, and in the logs before.
 */
export const SWEEPS = ["off", "safe", "all"] as const;

/** See {@linkcode SWEEPS}. */
export type Sweep = typeof SWEEPS[number];

/** Finds bare domains in a text. */
export type DomainsIn = (text: string) => readonly Token[];

/** A candidate that no table gave. */
export interface Swept extends Candidate {
  /** What found it: the name of its field, or the sweep. */
  readonly source: "any_alert" | "sweep";
  /** Only a sweep for all takes it. */
  readonly isUnsure?: true;
}

/** No more texts, members of objects and characters are looked at. */
const MAX_TEXTS = 1000;
const MAX_MEMBERS = 10_000;
const MAX_CHARACTERS = 131_072;

/** What is deeper, or has a longer path, is not looked at. */
const MAX_DEPTH = 50;
const MAX_PATH_LENGTH = 1000;

/** No more is taken of one alert: it is enough to see what it is about. */
const MAX_TAKEN = 400;

/**
 * Finds what may be an IoC in any text of an alert. With no sweep, only what
 * the names of fields say that Wazuh or all products use alike.
 *
 * @param options `isRead` says which paths a table has read: it knows better.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const alert = parseAlert('{"data":{"x":{"peer":"1.2.3.4","other":"5"}}}');
 * assertEquals(sweep(alert, { mode: "safe", isRead: () => false }), [
 *   { kind: "address", text: "1.2.3.4", field: "data.x.peer", source: "sweep" },
 * ]);
 * ```
 */
export function sweep(
  alert: Alert,
  { mode, isRead, domainsIn }: {
    readonly mode: Sweep;
    /** Finds bare domains, for all. */
    readonly domainsIn?: DomainsIn | undefined;
    readonly isRead: (path: string) => boolean;
  },
): readonly (Swept | Skipped)[] {
  const reason = whyNotSwept(alert);
  if (reason !== undefined) return [{ text: "…", field: "data", reason }];
  const found: (Swept | Skipped)[] = [];
  let made: ReadonlySet<string> | undefined;
  let isServers: boolean | undefined;
  let room = MAX_CHARACTERS;
  const read = (value: NamedText): boolean => {
    const text = readable(value.text.slice(0, room));
    if (mode !== "off") room -= text.length;
    if (!isRead(value.path)) {
      const makers = () => made ??= makersOf(alert);
      isServers ??= isOfServer(alert);
      const options = { mode, domainsIn, makers, isServers };
      for (const one of candidatesIn({ ...value, text }, options)) {
        if (found.length >= MAX_TAKEN) break;
        found.push(one);
      }
    }
    return room > 0 && found.length < MAX_TAKEN;
  };
  const isWhole = textsIn(alert, { mode, read });
  if (!isWhole) {
    found.push({
      text: "…",
      field: "data",
      reason: "the sweep looked at no more of this alert",
    });
  }
  return found;
}

/**
 * A text without XML's entities, and with what people write for dots and colons
 * that nobody shall click on: hxxp://evil[.]example
 */
function readable(text: string): string {
  const plain = text.includes("&amp;") || text.includes("&quot;")
    ? text.replaceAll("&quot;", '"').replaceAll("&amp;", "&")
    : text;
  return /\[[.:]\]|\bhxxp/i.test(plain)
    ? plain.replace(/\[([.:])\]/g, "$1").replace(/\bhxxp(?=s?:)/gi, "http")
    : plain;
}

/** Whether it is the log of a web server, or of a proxy before one. */
function isOfServer({ data }: Alert): boolean {
  const request = memberOf(data, "request");
  return OF_SERVER.some((name) => memberOf(data, name) !== undefined) ||
    ["remote_ip", "client_ip", "remote_addr"]
      .some((name) => memberOf(request, name) !== undefined);
}

/** Nginx's, Traefik's, Envoy's and CloudFront's names. */
const OF_SERVER = [
  "remote_addr",
  "upstream_addr",
  "ClientAddr",
  "upstream_cluster",
  "downstream_remote_address",
  "x-host-header",
  "x_host_header",
];

/** Wazuh's checks of settings and packages hold texts of their authors alone. */
function whyNotSwept({ rule, decoder }: Alert): string | undefined {
  const names = [...rule.groups.slice(0, MAX_GROUPS), decoder.name ?? ""];
  return names.some((name) => CHECKS.has(name))
    ? "it is about a machine's settings and packages"
    : undefined;
}

const CHECKS: ReadonlySet<string> = new Set(
  ["sca", "oscap", "vulnerability-detector", "ciscat"],
);

/** A text, where it stands, and what it is named. */
interface NamedText {
  readonly text: string;
  readonly path: string;
  readonly name: string;
  readonly parent: string;
  /** What the type that stands beside it says. */
  readonly said?: TextKind | undefined;
}

/** Reads the texts, and says whether all were. */
function textsIn(
  alert: Alert,
  { mode, read }: {
    readonly mode: Sweep;
    readonly read: (value: NamedText) => boolean;
  },
): boolean {
  const { data, full_log: log = "" } = alert;
  // What is decoded from JSON is in the data, with its names.
  const isDecoded = log.startsWith("{") && Object.keys(data).length > 0;
  const places: Readonly<Record<string, unknown>> = {
    data,
    ...mode !== "off" && !isDecoded && { full_log: parsed(log) },
    ...mode === "all" && {
      previous_output: alert.previous_output,
      "syscheck.diff": alert.syscheck["diff"],
    },
  };
  let members = 0;
  let texts = 0;
  return Object.entries(places).every(([path, value]) =>
    walk(value, { path, name: path, parent: "", depth: 0 })
  );

  function walk(
    value: unknown,
    place: Omit<NamedText, "text"> & { readonly depth: number },
  ): boolean {
    if (++members > MAX_MEMBERS) return false;
    if (typeof value === "string") {
      if (!isWorth(value, place.parent)) return true;
      return ++texts <= MAX_TEXTS && read({ ...place, text: value });
    }
    if (typeof value !== "object" || value === null) return true;
    const { path, name, depth } = place;
    if (depth === MAX_DEPTH || path.length > MAX_PATH_LENGTH) return false;
    if (Array.isArray(value)) {
      return value.every((one) => walk(one, { ...place, depth: depth + 1 }));
    }
    for (const key in value) {
      const inner: unknown = Reflect.get(value, key);
      // Most texts hold nothing: for these, no path is made.
      if (typeof inner === "string" && !isWorth(inner, name)) {
        members++;
        continue;
      }
      const next = {
        path: `${path}.${key}`,
        name: key,
        parent: name,
        depth: depth + 1,
        said: VALUE.test(key) ? typeBeside(value) : undefined,
      };
      if (!walk(inner, next)) return false;
    }
    return true;
  }

  function isWorth(text: string, parent: string): boolean {
    return mayHold(text, mode === "off" && parent !== "data");
  }
}

/** Whether a text may hold an IoC: most do not, and this is quick to see. */
function mayHold(text: string, isHashOnly: boolean): boolean {
  const { length } = text;
  if (length >= 32 && (!isHashOnly || HASH_LENGTHS.has(length))) return true;
  return !isHashOnly && length >= 4 && /[.:@%]/.test(text);
}

const HASH_LENGTHS: ReadonlySet<number> = new Set([32, 40, 64, 128]);

/** A log that is JSON, as what it says. */
function parsed(log: string): unknown {
  if (!log.startsWith("{")) return log;
  try {
    return JSON.parse(log);
  } catch {
    return log;
  }
}

function* candidatesIn(
  value: NamedText,
  { mode, makers, isServers, domainsIn = () => [] }: {
    readonly mode: Sweep;
    /** Whether it is a web server's. */
    readonly isServers: boolean;
    /** Who made the product that writes it. */
    readonly makers: () => ReadonlySet<string>;
    readonly domainsIn: DomainsIn | undefined;
  },
): Generator<Swept | Skipped> {
  const { text, path: field } = value;
  if (isServers && mode !== "off" && isOfSite(value.name)) {
    return yield {
      text,
      field,
      reason: "the site's own, by its name",
      isOwn: true,
    };
  }
  const named = candidatesNamed(value, mode);
  if (named !== undefined) return yield* named;
  if (mode === "off") return;
  const of = (kind: TextKind, text: string): Swept => ({
    kind,
    text,
    field,
    source: "sweep",
  });
  for (const { text: address, index } of addressesIn(text)) {
    const meaning = meaningAt(text, index);
    if (meaning === undefined || "kind" in meaning || meaning.isLink) {
      yield of("address", address);
    } else yield* ownOf(meaning, { text: address, field });
  }
  for (const { url, before: start } of eachUrlIn(text)) {
    if (!isLinked(start, text) && !isVendors(url, makers)) {
      yield* urlSwept(url, field);
    }
  }
  if (CARRIES.test(text)) yield* findInRequest(text, field).map(sweptOfCommand);
  for (const { text: email, index } of emailsIn(text)) {
    if (isMeant(text, index)) yield of("email", email);
  }
  for (const { text: hash } of fileHashesIn(text)) yield of("hash", hash);
  if (mode === "safe") return;
  if (!isOfNoContent(value.name, value.parent)) {
    for (const { text: hash } of fileHashesIn(text, { isAny: true })) {
      yield { ...of("hash", hash), isUnsure: true };
    }
  }
  for (const { text: domain, index } of domainsIn(text)) {
    if (
      isMeant(text, index) && isHost(domain, value, index) &&
      !isOfVendor(domain, makers)
    ) {
      yield { ...of("host", domain), isUnsure: true };
    }
  }
}

/** Whether a bare domain may be a host that somebody spoke to. */
function isHost(
  domain: string,
  { text, name }: NamedText,
  index: number,
): boolean {
  const before = nameBefore(text, index);
  return !NO_HOST.test(name) && !NO_HOST.test(before) &&
    !OWN_SITE.test(before) && !isName(domain) &&
    // Who logs in, as name.example/user@1.2.3.4
    !/^\/[\w.-]{1,64}[@:]/.test(text.slice(index + domain.length)) &&
    !/^[\w-]+\.(?:amazonaws|googleapis)\.com$/i.test(domain);
}

/** A name in a program, as Net.Auto, and a column of SQL, as o.id. */
function isName(domain: string): boolean {
  const end = domain.slice(domain.lastIndexOf(".") + 1);
  return /[A-Z]/.test(end) && /[a-z]/.test(end) ||
    /^[a-z]\.[a-z]+$/i.test(domain) || /^(?:x+\.)+x+$/i.test(domain);
}

/** What is named so is called with dots, but for no host. */
const NO_HOST =
  /(?:file|path|type|service|source|level_domain|displayName|process|image|module|class|package|logger|thread|signature|provider|subscription|profile|applist|policy|app)(?:_?name)?$/i;

/** How servers log their own names, and who keeps a list that they use. */
const OWN_SITE = /^(?:server|host|vhost|site|virtual_?host|using)$/i;

/** Log4j's lookups, and Shellshock's function. */
const CARRIES = /\$\{|%24%7b|\(\)\s{0,9}\{/i;

function urlSwept(url: string, field: string): readonly Swept[] {
  return urlAndHost(url, field).map(swept);
}

function swept(one: Candidate): Swept {
  return { ...one, source: "sweep" };
}

function sweptOfCommand(one: Candidate): Swept {
  return { ...one, source: "sweep", isOfCommand: true };
}

/** What a field is read as for its name; `undefined` if that says nothing. */
function candidatesNamed(
  { text, path: field, name, parent, said }: NamedText,
  mode: Sweep,
): readonly (Swept | Skipped)[] | undefined {
  const source = "any_alert";
  const kind = STATIC_FIELDS.get(field);
  if (kind !== undefined && normalize(kind, text) !== undefined) {
    return [{ kind, text, field, source }];
  }
  if (kind === "address") {
    const found = addressesIn(text).map(({ text }) => text);
    // A part of an address may stand whole in the log; else it is said why not.
    return (found.length > 0 ? found : [text])
      .map((text) => ({ kind, text, field, source }));
  }
  if (field === "data.url") {
    const urls = eachUrlIn(text).toArray().flatMap(({ url }) =>
      urlAndHost(url, field).map((one): Swept => ({ ...one, source }))
    );
    return urls.length > 0 || mode === "off" || !text.includes("/")
      ? urls
      : urlWithoutScheme(text, field) ?? [];
  }
  const meaning = said === undefined ? meaningOf(name, parent) : { kind: said };
  if (meaning === undefined) return undefined;
  if ("skip" in meaning) {
    return mode === "off" ? [] : ownOf(meaning, { text, field });
  }
  if (meaning.kind === "command") {
    return mode === "off"
      ? []
      : findInCommand(text, field).map(sweptOfCommand).toArray();
  }
  if (meaning.kind === "url") {
    return mode === "off" ? undefined : urlWithoutScheme(text, field);
  }
  // AppLocker writes 0x before a hash.
  const bare = text.replace(/^0x(?=[\da-f]{32})/i, "");
  const normal = normalize(meaning.kind, bare);
  if (normal === undefined) return undefined;
  if (meaning.kind !== "host") {
    return [{ kind: meaning.kind, text: bare, field, source }];
  }
  return mode === "off" || isFileName(text)
    ? []
    : [{ kind: meaning.kind, text, field, source: "sweep" }];
}

/** What is named the network's own, to be skipped wherever else it stands. */
function ownOf(
  { skip, isOwn }: { readonly skip: string; readonly isOwn?: true },
  found: { readonly text: string; readonly field: string },
): readonly Skipped[] {
  return isOwn ? [{ ...found, reason: skip, isOwn }] : [];
}

/** A URL as products write it without its scheme; `undefined` if it is none. */
function urlWithoutScheme(
  text: string,
  field: string,
): readonly Swept[] | undefined {
  const [, host = "", path] =
    /^"?((?:[\w-]{1,63}\.){1,20}[a-z\d-]{2,63})\.?(?::\d{1,5})?(\/[^\s"]*)?"?$/i
      .exec(text.slice(0, MAX_SCHEMELESS)) ?? [];
  if (normalize("host", host) === undefined || isFileName(host)) {
    return undefined;
  }
  const bare = text.replaceAll('"', "");
  return path === undefined
    ? [{ kind: "host", text: host, field, source: "sweep" }]
    : ["http", "https"].flatMap((scheme) =>
      urlSwept(`${scheme}://${bare}`, field)
    );
}

const MAX_SCHEMELESS = 2000;

/** Feeds and cases write a value, and beside it of what type it is. */
function typeBeside(object: object): TextKind | undefined {
  for (const name of TYPE_NAMES) {
    const type = memberOf(object, name);
    if (typeof type !== "string") continue;
    const kind = TYPES.get(type.toLowerCase().replace(/[^a-z\d]/g, ""));
    if (kind !== undefined) return kind;
  }
  return undefined;
}

const TYPE_NAMES = [
  "type",
  "Type",
  "dataType",
  "data_type",
  "ioc_type",
  "indicator_type",
  "observable_type",
  "kind",
];

/** What the value is named beside its type. */
const VALUE =
  /^(?:value\d?|indicator|ioc|ioc_value|observable|data|artifact)$/i;

const TYPES: ReadonlyMap<string, TextKind> = new Map([
  ...["domain", "hostname", "fqdn", "host", "domainname", "hostnameport"]
    .map((type) => [type, "host"] as const),
  ...[
    "ip",
    "ipv4",
    "ipv6",
    "ipsrc",
    "ipdst",
    "ipaddress",
    "ipv4addr",
    "ipv6addr",
  ]
    .map((type) => [type, "address"] as const),
  ...["url", "uri"].map((type) => [type, "url"] as const),
  ...["hash", "md5", "sha1", "sha256", "sha512", "filehash", "file"]
    .map((type) => [type, "hash"] as const),
  ...["email", "emailsrc", "emailaddr", "mail"]
    .map((type) => [type, "email"] as const),
]);

/** Wazuh's static fields, which decoders of all products share. */
const STATIC_FIELDS: ReadonlyMap<string, TextKind> = new Map([
  ["data.srcip", "address"],
  ["data.dstip", "address"],
  ["data.hostname", "host"],
]);

/** What stands before a value in a text says of it. */
function meaningAt(text: string, index: number): Meaning | undefined {
  if (index === 0) return undefined;
  const header = index < MAX_HEADER
    ? HEADER.exec(text.slice(0, index))
    : undefined;
  if (
    header &&
    (header.groups?.["syslog"] !== undefined ||
      TAG_OR_REQUEST.test(text.slice(index, index + MAX_HEADER)))
  ) return { skip: "who logs", isOwn: true };
  // An IPv4 address in IPv6's form: the name is before it all.
  const start = /::ffff:$/i.test(text.slice(Math.max(index - 7, 0), index))
    ? index - 7
    : index;
  return HOST_OF_OURS.test(before(text, start))
    ? { skip: "a host of ours, by what is before it", isOwn: true }
    : meaningOf(nameBefore(text, start));
}

/** Whether what stands before a value in a text does not say that it is none. */
function isMeant(text: string, index: number): boolean {
  const meaning = meaningAt(text, index);
  return meaning === undefined || "kind" in meaning;
}

/**
 * Right after the time, syslog writes who logs, and Wazuh's `name->address`.
 * After a date in digits and a blank, it may be anybody: it is who logs if a
 * program's name or, as IIS has it, a request follows.
 */
const HEADER =
  /^(?:<\d{1,3}>\d? ?)?(?:(?<syslog>(?:\d{4} )?[A-Z][a-z]{2} [\d ]?\d |\d{4}-\d\d-\d\dT)|[\w ,:.+/-]*?)\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)? (?:[\w.-]{1,40}->)?$/;
const TAG_OR_REQUEST = /^\S+ (?:[A-Z]{3,10} \/|[\w.()/-]{1,48}(?:\[\d+\])?: )/;
const MAX_HEADER = 80;

/** The header Host of a request to a server here, ModSecurity's name for it… */
const HOST_OF_OURS =
  /(?:(?:^|[\r\n]|\\n)Host: ?|\[hostname "|\blocal (?:host |machine |computer )?(?:ip|address|host|name)(?: address)?["']? ?[:=] ?["']?)$/i;

/** What a link to a page on something is introduced with. */
const SEE =
  /(?:\b(?:see(?: also)?|refer to|read more|learn more|more (?:info|information|details)|documentation|documented)(?: (?:at|on|here|in))?[\s:("'-]{1,4})$/i;

/** A crawler names its page so: `(compatible; Bot/1.0; +http://…)` */
function isLinked(before: string, text: string): boolean {
  // A page's links are its author's.
  if (/<\w{1,9} [^<>]{0,40}(?:href|src|action)=["']?$/i.test(before)) {
    return false;
  }
  return before.endsWith("+") || before.endsWith("@") || SEE.test(before) ||
    !isMeant(before, before.length) || isNamedLink(before, text);
}

/** CEF names its own fields apart: cs4Label=link cs4=https://… */
function isNamedLink(before: string, text: string): boolean {
  const [, name] = /\b((?:cs|flexString)\d)=$/i.exec(before) ?? [];
  if (name === undefined) return false;
  const at = text.indexOf(`${name}Label=`);
  if (at === -1) return false;
  const label = text.slice(at + name.length + 6, at + name.length + 70)
    .replace(/ \w+=.*$/s, "");
  const meaning = meaningOf(label);
  return meaning !== undefined && "skip" in meaning;
}

function isVendors(url: string, makers: () => ReadonlySet<string>): boolean {
  const host = normalize("url", url);
  const name = host && hostOf(host);
  return name ? isOfVendor(name.value, makers) : false;
}

/** Whether a host is of a known vendor, or of who made the product. */
function isOfVendor(
  host: string,
  makers: () => ReadonlySet<string>,
): boolean {
  const labels = host.toLowerCase().split(".");
  return labels.some((_, n) => VENDORS.has(labels.slice(n).join("."))) ||
    makers().has(labels.at(-2) ?? "");
}

/** Who made the product: the header of CEF and LEEF says it, and fields do. */
function makersOf({ data, full_log: log = "" }: Alert): ReadonlySet<string> {
  const [, ...ofHeader] =
    /\b(?:CEF|LEEF): ?[\d.]{1,4}\|([^|]{1,40})\|([^|]{1,40})\|/.exec(
      log.slice(0, MAX_CEF_HEADER),
    ) ?? [];
  const names = [...ofHeader, ...MAKERS.map((name) => memberOf(data, name))];
  return new Set(
    names.filter((name) => typeof name === "string")
      .map((name) => name.toLowerCase().replace(/[^a-z\d]/g, ""))
      // A shorter name is many a site's.
      .filter((name) => name.length > 4),
  );
}

const MAX_CEF_HEADER = 300;
const MAKERS = [
  "vendor",
  "vendor_name",
  "vendorName",
  "device_vendor",
  "deviceVendor",
  "DeviceVendor",
  "product",
  "product_name",
  "deviceProduct",
  "device_product",
];

/** Whose pages on threats, schemas and products alerts link to. */
const VENDORS: ReadonlySet<string> = new Set(
  ("aka.ms attack.mitre.org aws.amazon.com cisa.gov cisco.com checkpoint.com cloudflare.com " +
    "crowdstrike.com cve.org elastic.co emergingthreats.net eset.com " +
    "fireeye.com first.org fortiguard.com fortinet.com go.microsoft.com cloud.google.com accounts.google.com www.googleapis.com " +
    "graph.windows.net management.azure.com management.core.windows.net " +
    "login.microsoftonline.com sts.windows.net iana.org " +
    "ietf.org json-schema.org kaspersky.com learn.microsoft.com malwarebytes.com " +
    "mandiant.com maltiverse.com mcafee.com microsoft.com mitre.org nist.gov " +
    "oasis-open.org opengis.net openxmlformats.org owasp.org paloaltonetworks.com " +
    "portal.azure.com proofpoint.com qualys.com rapid7.com redhat.com " +
    "security.microsoft.com sentinelone.com sentinelone.net snort.org sonicwall.com " +
    "sophos.com splunk.com suricata-ids.org suricata.io symantec.com " +
    "technet.microsoft.com tenable.com trellix.com trendmicro.com virustotal.com " +
    "w3.org watchguard.com wazuh.com wikipedia.org xml.org xmlsoap.org").split(
      " ",
    ),
);
