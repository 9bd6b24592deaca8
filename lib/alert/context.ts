/**
 * What stands around a value in a text says of it: that it is the network's own,
 * a link for readers, a name in a program.
 *
 * @module
 */
import { type Meaning, meaningOf } from "./names.ts";
import type { NamedText } from "./texts.ts";
import { before, nameBefore } from "./tokens.ts";

/**
 * What stands before a value in a text says of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(meaningAt("lip=1.2.3.4", 4), {
 *   skip: "the network's own, by its name",
 *   isOwn: true,
 * });
 * assertEquals(meaningAt("rip=1.2.3.4", 4), undefined);
 * ```
 */
export function meaningAt(text: string, index: number): Meaning | undefined {
  if (index === 0) return undefined;
  const header = index < MAX_HEADER
    ? HEADER.exec(text.slice(0, index))
    : undefined;
  if (
    header &&
    (header.groups?.["syslog"] !== undefined ||
      TAG_OR_REQUEST.test(text.slice(index, index + MAX_HEADER)))
  ) return { skip: "the machine that writes the log", isOwn: true };
  // What belongs to an address: the name is before it all.
  const [form = ""] = /(?:::ffff:|IPV[46]\/\w{2,4}\/)$/i
    .exec(text.slice(Math.max(index - 12, 0), index)) ?? [];
  const start = index - form.length;
  if (HOST_OF_OURS.test(before(text, start))) {
    return { skip: "the network's own, by the words before it", isOwn: true };
  }
  const name = nameBefore(text, start);
  return meaningOf(labelOf(name, text) ?? name);
}

/** Whether what stands before a value in a text does not say that it is none. */
export function isMeant(text: string, index: number): boolean {
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

/**
 * The header Host of a request to a server here, ModSecurity's and nginx' names
 * for it, MikroTik's translated address…
 */
const HOST_OF_OURS =
  /(?:(?:^|[\r\n]|\\n)Host: ?|\[hostname "|, client: [^,]{1,50}, server: |\bNAT \([^()]{3,60}->|\bI=\[|\bDNS (?:server|address)s?[ :=]{1,2}|(?:\blocal|(?:^|[,;] |network )device) (?:host |machine |computer )?(?:ip|address|host|name)(?: address)?["']?(?: ?[:=]| is)? ?["']?)$/i;

/**
 * Why a URL in a text is a link that somebody put there for readers, `undefined`
 * if it is none. A crawler names its page so: `(compatible; Bot/1.0; +http://…)`
 *
 * @param options What stands before the URL, and the text that it is in.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const why = (before: string, url = "http://a.example") =>
 *   whyLink(url, { before, text: before });
 * assertEquals(why("help_url="), "a link, by its name");
 * assertEquals(why("for more see "), undefined);
 * assertEquals(
 *   why("for more see ", "https://wiki.a.example/x"),
 *   "a link, by the words before it and its host",
 * );
 * ```
 */
export function whyLink(
  url: string,
  { before, text }: { readonly before: string; readonly text: string },
): string | undefined {
  // A page's links are its author's.
  if (/<\w{1,9} [^<>]{0,40}(?:href|src|action)=["']?$/i.test(before)) return;
  if (CRAWLER.test(before)) {
    return "the page of a crawler, as its user agent has it";
  }
  // Anybody can write these words: they do for no other host.
  if (SEE.test(before) && FOR_READERS.test(url)) {
    return "a link, by the words before it and its host";
  }
  const label = labelOf(nameBefore(before, before.length), text);
  const meaning = label === undefined
    ? meaningAt(before, before.length)
    : meaningOf(label) ?? meaningOf(`its ${label}`);
  return meaning && "skip" in meaning &&
      (!meaning.isLink || /[:=>][\s"'(]{0,4}$/.test(before))
    ? meaning.skip
    : undefined;
}

/** A user agent's product, and its page: Bot/1.1; (https://…, (Bot; +https://… */
const CRAWLER =
  /[(;][^()]{0,38}\+$|(?<!\bHTTP)\/\d{1,5}(?:\.\d{1,5}){1,3}(?:[;,] ?| )\((?:compatible; )?$/;

/** What a link to a page on something is introduced with. */
const SEE =
  /(?:\b(?:see(?: also)?|refer to|(?:read|learn) more|more (?:info(?:rmation)?|details)|document(?:ation|ed)|runbook|ticket(?: created| opened)?)(?: (?:at|on|here|in))?[\s:("'-]{1,4})$/i;
const FOR_READERS =
  /^https?:\/\/(?:docs?|help|wiki|kb|support|jira|confluence|tickets?)\./i;

/** CEF names its own fields apart: cs4Label=link cs4=https://… */
function labelOf(name: string, text: string): string | undefined {
  if (!/^(?:cs|cn|c6a|flexString)\d$/i.test(name)) return undefined;
  const at = text.indexOf(`${name}Label=`);
  const start = at + name.length + 6;
  return at === -1
    ? undefined
    : text.slice(start, start + 64).replace(/ \w+=.*$/s, "");
}

/**
 * Whether a bare domain may be a host that somebody spoke to.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isHostAt({ text: "asked evil.io", name: "log" }, "evil.io"), true);
 * assertEquals(isHostAt({ text: "policy evil.io", name: "log" }, "evil.io"), false);
 * ```
 */
export function isHostAt(
  { text, name }: Pick<NamedText, "text" | "name">,
  domain: string,
  index: number = text.indexOf(domain),
): boolean {
  const before = nameBefore(text, index);
  const after = text.slice(index + domain.length);
  return !NO_HOST.test(name) && !NO_HOST.test(before) &&
    // host=evil.example [1.2.3.4] is who speaks.
    (!OWN_SITE.test(before) || /^ ?[[(][\da-f.:]{7,}/.test(after)) &&
    !isName(domain) &&
    // HAProxy's headers: {www.own.example|…
    text.charAt(index - 1) !== "{" &&
    // Who logs in, as name.example/user@1.2.3.4
    !/^\/[\w.-]{1,64}[@:]/.test(after) &&
    !/^[\w-]+\.(?:amazonaws|googleapis)\.com$/i.test(domain);
}

/** A name in a program, as Net.Auto, and a column of SQL, as o.id. */
function isName(domain: string): boolean {
  const end = domain.slice(domain.lastIndexOf(".") + 1);
  return /[A-Z]/.test(end) && /[a-z]/.test(end) ||
    /^(?:log|logger|logging|console)\.|\.[A-Z][a-z]+\./.test(domain) ||
    /^[a-z]\.[a-z]+$/i.test(domain) || /^(?:x+\.)+x+$/i.test(domain);
}

/** What is named so is called with dots, but for no host. */
const NO_HOST =
  /(?:file|path|type|service|source|level_domain|displayName|process|image|module|class|package|logger|thread|signature|provider|subscription|profile|applist|policy|app|group)(?:_?name)?$/i;

/** How servers log their own names, and who keeps a list that they use. */
const OWN_SITE = /^(?:server|host|vhost|site|virtual_?host|using)$/i;
