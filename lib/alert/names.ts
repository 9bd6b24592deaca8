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
  /** A file's hash of a kind, or a host. */
  | { readonly kind: TextKind }
  /** A command line or a script. */
  | { readonly kind: "command" }
  /** Nothing of it is asked for, and why. */
  | { readonly skip: string };

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
 * assertEquals(meaningOf("FalconHostLink"), { skip: "a link, by its name" });
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
  return VERSION.test(plain(name));
}

function readName(name: string, parent: string): Meaning | undefined {
  if (VERSION.test(name)) return { skip: "a version or an id, by its name" };
  if (LINK.test(name) || LINK.test(parent) || parent === "claims") {
    return { skip: "a link, by its name" };
  }
  if (OWN.test(name) || OWN_PARENT.test(parent) && OF_PARENT.test(name)) {
    return { skip: "the network's own, by its name" };
  }
  if (COMMAND.test(name)) return { kind: "command" };
  const hash = hashNamed(name, parent);
  if (hash !== undefined) return { kind: hash };
  return LOOKED_UP.test(name) || parent === "question" && name === "name"
    ? { kind: "host" }
    : undefined;
}

const VERSION =
  /versions?(?:number|string)?$|^(?:os|sw|fw|hw|app|client|agent|db|file|product|pkg|engine)?vers?$|^(?:v|build|release|firmware|revision|rev|oid|serial(?:number)?)$|useragent|^ua$|signatureid$|(?:message|msg)id$|^(?:event|rule|session|trace|span|request)id$/;

const LINK =
  /selflink|(?:link|href|permalink|webur[il]|portalur[il]|htmlur[il]|consoleur[il]|selfur[il]|ruleur[il]|alertur[il]|incidentur[il]|detailsur[il]|helpur[il]|docur[il]|refur[il]|referenceur[il]|infour[il]|ticketur[il])s?$|^(?:ref|refs|references?|help|docs?|documentation|schema|xmlns|namespace|moreinfo|advisory|remediation|recommendation)(?:ur[il])?$/;

const OWN =
  /^(?:fw|fwip|lip|laddr|gaddr|loc(?:al)?(?:ip|addr(?:ess)?|host(?:name)?)|dev(?:ice)?(?:ip|addr(?:ess)?|name|host(?:name)?|extip)?|dvc(?:ip|host)?|origin(?:ip|sicname)?|gateway(?:ip|name)?|gw|nas(?:ip(?:address)?|id(?:entifier)?)?|agent(?:ip|name|host(?:name)?)|sensor(?:ip|name|host(?:name)?)?|computer(?:name)?|machine(?:name)?|manager(?:ip|name)?|external(?:ip|addr(?:ess)?)|public(?:ip(?:address)?|dnsname)|lastexternalip(?:address)?|lastipaddress|endpoint(?:ip|name|address)|observer(?:ip|name)?|collector(?:ip)?|reporter|listen(?:er)?(?:ip|addr(?:ess)?)?|vip|edge(?:server)?ip|upstream|transrcip|srcpostnat|natsrcip|xlatesrc|nasipv[46]address|resolver|dnsservers?|nameservers?|nexthop|backend(?:ip|port|addr(?:ess)?)?|targetport|targetip|elb|workstation(?:name)?)$/;

const COMMAND =
  /commandline$|cmdline$|^(?:proc(?:ess)?|parent|target|child|initiatingprocess|audit)?(?:commandline|cmdline|command|cmd)$|scriptblock(?:text)?$|^exe(?:c|cutable)?args?$/;

/** What stands in these is of the machine that says it. */
const OWN_PARENT =
  /^(?:agent|observer|host|device|manager|sensor|computer|endpoint|machine|collector|predecoder|hostinfo|agentrealtimeinfo)$/;
const OF_PARENT =
  /^(?:ip|ips|ipv4|ipv6|ipaddress(?:es)?|addr(?:ess)?|name|hostname|fqdn|dnsname|externalip|publicip|localip)$/;

const LOOKED_UP =
  /^(?:dns)?(?:q|query|question|lookup|requested)(?:name|host(?:name)?|domain|fqdn)$|^dns(?:query|question|domain|host|request)$|^rrname$|^(?:tls|ssl|quic)?sni$|^(?:tls|ssl)?servername(?:indication)?$|^(?:dst|dest|destination|remote)(?:name|host(?:name)?|domain|fqdn)$|^url(?:domain|host)$|^malicious(?:domain|host)$|^qh$/;

/** No file's: of a handshake, a certificate, a login… */
const OF_NO_FILE =
  /imp|ja[34]|hassh|ssdeep|tlsh|cert|tls|ssl|x509|thumb|finger|auth|context|sess|pass|pwd|token|key|salt|nonce|container|trace|span|commit|etag|cookie|block|rule|user|cache|pehash|rich/;

function hashNamed(name: string, parent: string): TextKind | undefined {
  const both = `${parent} ${name}`;
  if (OF_NO_FILE.test(both)) return undefined;
  const kind = HASH_KINDS.find((kind) => name.includes(kind));
  if (kind !== undefined) return kind;
  const isHash = IS_HASH.test(name) ||
    IS_HASH.test(parent) && /^(?:value|content|hex|data|\d+)$/.test(name);
  return isHash ? "hash" : undefined;
}

const IS_HASH =
  /(?:hash(?:es)?(?:value|string)?|checksum|cksum|filedigest|^digest)$/;
