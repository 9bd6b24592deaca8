/**
 * What the name of a field says of the value in it, whatever the product: that
 * it is a file's hash, a name that was looked up, a version, a link to the
 * vendor's page, or the network's own.
 *
 * @module
 */
import { HASH_KINDS, type TextKind } from "./kinds.ts";

/** What a name says. */
export type Meaning =
  /** A file's hash of a kind, a host, or a URL, perhaps without its scheme. */
  | { readonly kind: TextKind }
  /** A command line or a script. */
  | { readonly kind: "command" }
  /** Nothing of it is asked for, and why. */
  | {
    readonly skip: string;
    /** Whether it is the network's own, wherever else it stands. */
    readonly isOwn?: true;
    /** Whether only URLs and names are not: an address may follow such a word. */
    readonly isLink?: true;
  };

/**
 * What a field's name says of its value, `undefined` if nothing.
 *
 * @param name The last name of a path, or what stands before a value in a text.
 * @param parent The name above it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(meaningOf("SHA256String"), { kind: "sha256" });
 * assertEquals(meaningOf("value", "hashes"), { kind: "hash" });
 * assertEquals(meaningOf("questionName"), { kind: "host" });
 * assertEquals(meaningOf("FalconHostLink"), {
 *   skip: "a link, by its name",
 *   isLink: true,
 * });
 * assertEquals(meaningOf("src_ip"), undefined);
 * ```
 */
export function meaningOf(name: string, parent = ""): Meaning | undefined {
  const inParent = remembered.get(parent) ?? new Map<string, Remembered>();
  const known = inParent.get(name);
  if (known !== undefined) return known.meaning;
  const meaning = readName(plain(name), plain(parent));
  if (size < MAX_REMEMBERED) {
    size++;
    inParent.set(name, { meaning });
    remembered.set(parent, inParent);
  }
  return meaning;
}

/** Names come again and again; whoever writes alerts can make up others. */
const remembered = new Map<string, Map<string, Remembered>>();
const MAX_REMEMBERED = 2000;
let size = 0;

interface Remembered {
  readonly meaning: Meaning | undefined;
}

/** A longer name says nothing. */
const MAX_LENGTH = 64;

function plain(name: string): string {
  return name.slice(0, MAX_LENGTH).toLowerCase().replace(/[^a-z\d]/g, "");
}

/**
 * Whether a name says that numbers with dots are a version.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isVersion("OCS_Version"), true);
 * assertEquals(isVersion("server"), false);
 * ```
 */
export function isVersion(name: string): boolean {
  const word = plain(name);
  return saysVersion(word) || COUNTED.has(word);
}

/** What is followed by numbers with dots that are no address. */
const COUNTED = words(
  "hw sw hardware software bios uefi engine patch hotfix plugin library " +
    "licence license section chapter clause requirement benchmark rel bld " +
    "tel fax chrome firefox imagetag",
);

function readName(name: string, parent: string): Meaning | undefined {
  if (saysVersion(name)) return { skip: "a version or an id, by its name" };
  if (
    saysLink(name) && !ANYBODYS.has(name) || saysLink(parent) ||
    parent === "claims"
  ) {
    return { skip: "a link, by its name", isLink: true };
  }
  if (MAKER.has(name)) {
    return { skip: "who made it, by its name", isLink: true };
  }
  if (TRANSLATED.test(name)) {
    return { skip: "an address of the network's translation, by its name" };
  }
  if (
    isOwn(name) || isMadeOf(parent + name, OF_OURS, ITS_ENDS) ||
    OWN_PARENT.has(parent) && ITS_ENDS.has(name)
  ) {
    return { skip: "the network's own, by its name", isOwn: true };
  }
  if (ACCOUNT.test(name)) return { skip: "an account's, by its name" };
  if (COMMAND.test(name) || endsIn(name, COMMAND_ENDS)) {
    return { kind: "command" };
  }
  const hash = hashNamed(name, parent);
  if (hash !== undefined) return { kind: hash };
  if (isLookedUp(name) || isLookedUp(parent + name)) {
    return { kind: "host" };
  }
  return endsIn(name, URL_ENDS) ? { kind: "url" } : undefined;
}

// Sets and ends of words: to make ready regular expressions of so many choices
// takes longer than all else that most alerts need.

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

function endsIn(name: string, ends: readonly string[]): boolean {
  return ends.some((end) => name.endsWith(end));
}

/** Whether a name is one of these starts and one of these ends. */
function isMadeOf(
  name: string,
  starts: ReadonlySet<string>,
  ends: ReadonlySet<string>,
): boolean {
  return ends.values().some((end) =>
    name.endsWith(end) && starts.has(name.slice(0, -end.length))
  );
}

function isOwn(name: string): boolean {
  return OWN.has(name) || OF_OURS.has(name) && !NOT_ALONE.has(name) ||
    OUTER.test(name) || LOCAL.test(name) || isMadeOf(name, OF_OURS, ITS_ENDS);
}

function isLookedUp(name: string): boolean {
  return LOOKED_UP.has(name) || isMadeOf(name, OF_OTHERS, NAME_ENDS);
}

function saysVersion(name: string): boolean {
  return VERSION.has(name) || endsIn(name, VERSION_ENDS) ||
    name.endsWith("ver") && !/(?:er|ol|ei|i|o|a)ver$/.test(name);
}

const VERSION = words(
  "v vers driver kernel package pkg sn serialno build buildnumber release firmware " +
    "revision rev fixedin pattern oid sysobjectid serial serialnumber ua",
);
const VERSION_ENDS = [
  "version",
  "versions",
  "versionnumber",
  "versionstring",
  "revision",
  "useragent",
  "signatureid",
  "messageid",
  "msgid",
  "oid",
  "oids",
];

function saysLink(name: string): boolean {
  return LINK.has(name) || name.startsWith("selflink") ||
    endsIn(name, LINK_ENDS);
}

const LINK = words(
  "ref refs reference references help doc docs " +
    "documentation schema xmlns namespace moreinfo advisory advisories remediation " +
    "recommendation rationale compliance see seealso vulnerability cve rule issuer " +
    "iss schemalocation",
);
/** Mails and chats name so what somebody sent. */
const ANYBODYS = words("link links href");
const LINK_ENDS = [
  "link",
  "links",
  "href",
  ...("permalink web portal html console self rule alert incident details help doc " +
    "ref reference info ticket breach case dashboard report generator panel silence runbook investigation")
    .split(" ")
    .flatMap((what) => [
      `${what}url`,
      `${what}urls`,
      `${what}uri`,
    ]),
];

/** What is told of a product or a file: its maker's pages and addresses. */
const MAKER = words(
  "company companyname vendor vendorname manufacturer publisher author authors " +
    "maintainer maintainers copyright legalcopyright legaltrademarks product " +
    "productname",
);

/** What an address is for the other side; who spoke stands in other fields. */
const TRANSLATED =
  /^(?:[sd]?nat|trans|xlate)\w*(?:ip|address|src|dst)$|(?:postnat|(?:nat|mapped|translated)(?:ip|address))$/;

/** Who a process runs as, and where an account is. */
const ACCOUNT =
  /^(?:(?:a|e|s|fs|o)?[ug]id|(?:target|subject)(?:domainname|userdomain)|(?:account|user|logon)domain)$/;

const OWN = words(
  "origin fw fwip lip laddr gaddr addrlocal deviceexternalid devextip " +
    "originsicname lastipaddress vip edgeserverip hostheader " +
    "clientprovidedhostheader routers deviceinternalip serviceurl " +
    "backendurl upstreamurl upstreamlocaladdress downstreamlocaladdress " +
    "virtualserver dnsservers nameservers nexthop backendport targetport " +
    "targetip elb myhostname mydomain nodename nodeip",
);

/** Addresses of the site as others see it. */
const OUTER =
  /^(?:last|client|device|host)*(?:external|public|host)(?:ip|addr|address|ipaddress|dnsname)$/;

/** The near end of a connection: netconn_local_ipv4. */
const LOCAL = /local(?:ip(?:v[46])?|addr)(?:addr(?:ess)?)?$/;

/** What these are, alone or with its address or name: gateway, deviceAddress. */
const OF_OURS = words(
  "dev device dvc sensor agent manager computer machine endpoint observer " +
    "reporter collector local loc nas mgmt management gateway gw listen " +
    "listener edge vserver dnsserver nameserver resolver backend upstream " +
    "assigned bind networkdevice unifidevice firewall wan interface asset srv",
);
/** Alone, these are something else. */
const NOT_ALONE = words(
  "agent endpoint dev device local loc listen edge management mgmt assigned bind " +
    "wan interface asset srv",
);
const ITS_ENDS = words(
  "ip ips ipv4 ipv6 ipaddress ipaddresses ipv4address ipv6address addr address " +
    "name host hostname fqdn dnsname externalip publicip localip id identifier",
);

/** What stands in these is of the machine that says it, too. */
const OWN_PARENT = words(
  "host predecoder hostinfo agentrealtimeinfo localipdetails",
);

const COMMAND =
  /^(?:(?:process|parent|target|child|audit)?command|cmd|scriptblock(?:text)?|exec?(?:utable)?args)$/;
const COMMAND_ENDS = [
  "commandline",
  "cmdline",
  "commandlinetemplate",
  "commandlineexample",
  "scripttext",
  "scriptcontent",
  "processarguments",
  "programarguments",
];

const LOOKED_UP = words(
  "dnsquery dnsquestion dnsrequest rrname sni tlssni sslsni quicsni " +
    "servername servernameindication tlsservername sslservername qh query " +
    "actionexternalhostname externalhostname connectionhostname " +
    "netconndomain rdata targetfqdn targetdomain indicatordomains",
);

/** What is asked or called, with its name: queryName, dst_host. */
const OF_OTHERS = words(
  "q query question lookup requested dst dest destination remote url " +
    "malicious dnsquery dnsquestion dnsq dns indicator http",
);
const NAME_ENDS = words("name host hostname domain fqdn");

/** What is named so is a URL, though products leave its scheme out. */
const URL_ENDS = ["url", "urls", "uri", "uris"];

/**
 * Whether a name says that a hash is none of a file's content: no store has it
 * as such.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isOfNoContent("IMPHASH"), true);
 * assertEquals(isOfNoContent("hash", "ja3"), true);
 * assertEquals(isOfNoContent("container"), false);
 * ```
 */
export function isOfNoContent(name: string, parent = ""): boolean {
  return [plain(name), plain(parent)].some((one) =>
    NO_CONTENT.some((word) => one.includes(word))
  );
}

const NO_CONTENT = [
  "imphash",
  "ja3",
  "ja4",
  "hassh",
  "pehash",
  "richhash",
  "thumbprint",
  "fingerprint",
];

/**
 * Whether a name says, in the log of a web server or a proxy before one, that it
 * is the site's own.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isOfSite("http_host"), true);
 * assertEquals(isOfSite("referer"), false);
 * ```
 */
export function isOfSite(name: string): boolean {
  // Most names are none: this is quick to see.
  return /host|server|authority|addr/i.test(name) && OF_SITE.test(plain(name));
}

const OF_SITE =
  /^(?:(?:http|v|virtual|request|cs|xforwarded)?host|server(?:name|addr|ip)|(?:request)?authority|requestaddr|xhostheader)$/;

/** No file's: of a handshake, a certificate, a login… */
const OF_NO_FILE =
  ("imp ja3 ja4 hassh ssdeep tlsh cert tls ssl x509 thumb finger " +
    "auth context sess pass pwd token key salt nonce container trace span commit etag " +
    "dthash cookie block rule user cache pehash rich hmac").split(" ");

function hashNamed(name: string, parent: string): TextKind | undefined {
  const kind = HASH_KINDS.find((kind) => name.includes(kind));
  const isHash = kind !== undefined || saysHash(name) ||
    VALUE.has(name) && saysHash(parent);
  if (
    !isHash ||
    OF_NO_FILE.some((word) => name.includes(word) || parent.includes(word))
  ) return undefined;
  return kind ?? "hash";
}

function saysHash(name: string): boolean {
  return name === "digest" || endsIn(name, HASH_ENDS);
}

const HASH_ENDS = [
  ...["hash", "hashes"].flatMap((one) => [one, `${one}value`, `${one}string`]),
  "checksum",
  "shasum",
  "cksum",
  "filedigest",
];

/** What a hash is named in an object of hashes. */
const VALUE = words("value content hex data");
