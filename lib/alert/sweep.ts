/**
 * What an alert holds that no table of sources knows: what Wazuh's names of
 * fields say whatever the product is, and IoCs anywhere in its `data` and log.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import { memberOf } from "../json.ts";
import type { Candidate, Skipped } from "./ioc.ts";
import { normalize, type TextKind } from "./kinds.ts";
import { isHostAt, isMeant, meaningAt, whyLink } from "./context.ts";
import { isOfNoContent, isOfSite, isVersion, meaningOf } from "./names.ts";
import { findInCommand, findInRequest } from "./sources/commands.ts";
import { hostsOfSchemes } from "./sources/programs.ts";
import type { Finding } from "./sources/source.ts";
import { MAX_GROUPS } from "./sources/select.ts";
import { eachUrlIn, urlAndHost } from "./sources/urls.ts";
import { eachTextIn, type NamedText, type Sweep } from "./texts.ts";
import {
  addressesIn,
  emailsIn,
  fileHashesIn,
  isFileName,
  type Token,
} from "./tokens.ts";
import { isOfVendor, isVendors, makersOf } from "./vendors.ts";

/** Finds bare domains in a text. */
export type DomainsIn = (text: string) => readonly Token[];

/** A candidate that no table gave. */
export interface Swept extends Candidate {
  /** What found it: the name of its field, or the sweep. */
  readonly source: "any_alert" | "sweep";
  /** Only a sweep for all takes it. */
  readonly isUnsure?: true;
}

/** No more characters are looked at. */
const MAX_CHARACTERS = 131_072;

/** No more links for readers are said to be skipped. */
const MAX_LINKS = 50;

/** No more is taken of one alert: it is enough to see what it is about. */
const MAX_TAKEN = 400;

/**
 * Finds what may be an IoC in any text of an alert. With no sweep, only what
 * the names of fields say that Wazuh or all products use alike.
 *
 * @param options `isRead` says which paths a table has read: it knows better.
 * What `isSettled` is not looked at again.
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
  { mode, isRead, isSettled = () => false, domainsIn }: {
    readonly mode: Sweep;
    /** Finds bare domains, for all. */
    readonly domainsIn?: DomainsIn | undefined;
    readonly isRead: (path: string) => boolean;
    readonly isSettled?: ((text: string) => boolean) | undefined;
  },
): readonly (Swept | Skipped)[] {
  const reason = whyNotSwept(alert);
  if (reason !== undefined) return [{ text: "…", field: "data", reason }];
  const found: (Swept | Skipped)[] = [];
  const links: typeof found = [];
  let made: ReadonlySet<string> | undefined;
  let servers: boolean | undefined;
  const options = {
    mode,
    domainsIn,
    isSettled,
    makers: () => made ??= makersOf(alert),
    isServers: () => servers ??= isOfServer(alert),
  };
  let room = MAX_CHARACTERS;
  const namedIn = (value: NamedText, length: number): NamedText => {
    const part = value.text.slice(0, length);
    const text = mode === "off" ? part : readable(part);
    return text === value.text ? value : { ...value, text };
  };
  // What names say comes first: no other text shall crowd it out.
  const isNamedWhole = eachTextIn(alert, {
    mode: "off",
    read: (value) => {
      // A table that has read it knows better.
      if (isRead(value.path)) return true;
      const named = candidatesNamed(namedIn(value, MAX_CHARACTERS), mode) ?? [];
      found.push(
        ...named.filter((one) => "source" in one && one.source === "any_alert")
          .slice(0, MAX_TAKEN - found.length),
      );
      return found.length < MAX_TAKEN;
    },
  });
  const max = found.length + MAX_TAKEN;
  const isWhole = mode === "off" ? isNamedWhole : eachTextIn(alert, {
    mode,
    read: (value) => {
      if (isRead(value.path)) return true;
      const named = namedIn(value, room);
      room -= Math.min(value.text.length, room);
      for (const one of candidatesIn(named, options)) {
        const isLink = "reason" in one && one.isLink;
        const [list, most] = isLink ? [links, MAX_LINKS] : [found, max];
        if (list.length < most) list.push(one);
      }
      return room > 0 && found.length < max;
    },
  });
  if (!isWhole) {
    found.push({
      text: "…",
      field: "data",
      reason: "the sweep looked at no more of this alert",
    });
  }
  return [...found, ...links];
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
  const isCheck = (name: string) => CHECKS.has(name);
  return isCheck(decoder.name ?? "") ||
      rule.groups.slice(0, MAX_GROUPS).some(isCheck)
    ? "it is about a machine's settings and packages"
    : undefined;
}

const CHECKS: ReadonlySet<string> = new Set(
  ["sca", "oscap", "vulnerability-detector", "ciscat", "vuls", "qualysguard"],
);

/**
 * A text without XML's entities and a terminal's colours, and with what people write for dots and colons
 * that nobody shall click on: hxxp://evil[.]example
 */
function readable(written: string): string {
  // rsyslog writes a terminal's colours as #033[31m
  const text = written.includes("[") ? written.replace(COLOUR, " ") : written;
  const plain = text.includes("&amp;") || text.includes("&quot;")
    ? text.replaceAll("&quot;", '"').replaceAll("&amp;", "&")
    : text;
  return plain.includes("[.]") || plain.includes("[:]") ||
      /hxxp|\[dot\]/i.test(plain)
    ? plain.replace(/\[dot\]/gi, ".").replace(/\[([.:])\]/g, "$1").replace(
      /\bhxxp(?=s?:)/gi,
      "http",
    )
    : plain;
}

// deno-lint-ignore no-control-regex
const COLOUR = /(?:\x1b|#033|\\(?:x1b|033|u001b|e))\[[\d;]{0,12}m/gi;

function candidatesIn(
  value: NamedText,
  { mode, isSettled, makers, isServers, domainsIn = () => [] }: {
    readonly mode: Sweep;
    readonly isSettled: (text: string) => boolean;
    /** Whether it is a web server's. */
    readonly isServers: () => boolean;
    /** Who made the product that writes it. */
    readonly makers: () => ReadonlySet<string>;
    readonly domainsIn: DomainsIn | undefined;
  },
): readonly (Swept | Skipped)[] {
  const { text, path: field } = value;
  if (isServers() && isOfSite(value.name)) {
    const reason = "the site's own, by its name";
    return [{ text, field, reason, isOwn: true }];
  }
  const named = candidatesNamed(value, mode);
  if (named !== undefined) return named;
  const found: (Swept | Skipped)[] = [];
  const of = (kind: TextKind, text: string): Swept => ({
    kind,
    text,
    field,
    source: "sweep",
  });
  for (const { text: address, index } of addressesIn(text, isSettled)) {
    if (address.length === text.length && isVersion(value.name)) continue;
    const meaning = meaningAt(text, index);
    if (meaning === undefined || "kind" in meaning || meaning.isLink) {
      found.push(of("address", address));
    } else found.push(...ownOf(meaning, { text: address, field }));
  }
  for (const { url, before } of eachUrlIn(text)) {
    if (isSettled(url)) continue;
    const reason = whyLink(url, { before, text }) ??
      (isVendors(url, makers) ? "a vendor's page" : undefined);
    if (reason === undefined) found.push(...urlSwept(url, field));
    else found.push({ text: url, field, reason, isLink: true });
  }
  for (const { text: host, index } of hostsOfSchemes(text)) {
    if (isMeant(text, index)) found.push(of("host", host));
  }
  // Most texts carry no command: this is quick to see.
  if (
    text.includes("curl ") || text.includes("wget ") || CARRIES.test(text)
  ) {
    found.push(...findInRequest(text, field).map(sweptOfCommand));
  }
  for (const { text: email, index } of emailsIn(text)) {
    if (isMeant(text, index)) found.push(of("email", email));
  }
  for (const { text: hash } of fileHashesIn(text)) found.push(of("hash", hash));
  if (mode === "safe") return found;
  if (!isOfNoContent(value.name, value.parent)) {
    for (const { text: hash } of fileHashesIn(text, { isAny: true })) {
      found.push({ ...of("hash", hash), isUnsure: true });
    }
  }
  for (const { text: domain, index } of domainsIn(text)) {
    if (
      isMeant(text, index) && isHostAt(value, domain, index) &&
      !isOfVendor(domain, makers)
    ) {
      found.push({ ...of("host", domain), isUnsure: true });
    }
  }
  return found;
}

/** Log4j's lookups, and Shellshock's function. */
const CARRIES = /\$\{|%24%7b|\(\)\s{0,9}\{/i;

function urlSwept(url: string, field: string): readonly Swept[] {
  return urlAndHost(url, field).map(swept);
}

function swept(one: Candidate): Swept {
  return { ...one, source: "sweep" };
}

function sweptOfCommand(one: Finding): Swept | Skipped {
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
    // Some decoders put a name there: who spoke is who spoke.
    const host = normalize("host", text);
    if (host?.kind === "domain" && LIKE_HOST.test(host.value)) {
      return [{ kind: "host", text, field, source }];
    }
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

/** What is named the network's own is skipped wherever else it stands. */
function ownOf(
  { skip: reason, isOwn }: { readonly skip: string; readonly isOwn?: true },
  { text, field }: { readonly text: string; readonly field: string },
): readonly Skipped[] {
  return isOwn
    ? [{ text, field, reason, isOwn }]
    : eachUrlIn(text).take(MAX_LINKS)
      .map(({ url }) => ({ text: url, field, reason, isLink: true as const }))
      .toArray();
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

/** No interface's name, as ge-0/0/1.0 and eth0.100. */
const LIKE_HOST = /\.(?:[a-z]{2,}|xn--[\w-]+)$/;

/** Wazuh's static fields, which decoders of all products share. */
const STATIC_FIELDS: ReadonlyMap<string, TextKind> = new Map([
  ["data.srcip", "address"],
  ["data.dstip", "address"],
  ["data.hostname", "host"],
]);
