/**
 * Numbers with dots that are a version, or count something, and no address: what
 * stands around them in a text says so.
 *
 * @module
 */
import { isVersion } from "./names.ts";

/**
 * Whether what stands around numbers with dots says that they are no address.
 *
 * @param index Where they start.
 * @param options Where they end, the name before them, and what stands right
 * before them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const isIt = (text: string, name = "") => {
 *   const index = text.search(/\d/);
 *   const end = index + 7;
 *   return isVersionAt(text, { index, end, name, before: text.slice(0, index) });
 * };
 * assertEquals(isIt("release 1.2.3.4", "release"), true);
 * assertEquals(isIt("S/N: 1.2.3.4"), true);
 * assertEquals(isIt("installed 1.2.3.4"), true);
 * assertEquals(isIt("installed from 1.2.3.4"), false);
 * ```
 */
export function isVersionAt(
  text: string,
  { index, end, name, before }: {
    readonly index: number;
    readonly end: number;
    readonly name: string;
    readonly before: string;
  },
): boolean {
  const previous = text.charAt(index - 1);
  return isVersion(name) && !OPTION.test(before) || OF_VERSION.test(before) ||
    // A product's, and the number of its language: Tool, 1.2.3.4, 1033, 0
    /^, \d{4}, \d/.test(text.slice(end, end + 9)) ||
    CHANGED.test(before) &&
      (!FROM.test(before) || /^ to v?\d/.test(text.slice(end, end + 6))) ||
    UPDATED_TO.test(before) ||
    UPDATED.test(before) && /^ to v?\d/.test(text.slice(end, end + 6)) ||
    (previous === "=" || previous === "@") && OF_PACKAGE.test(before) &&
      !FILTERED.test(before) ||
    previous === "|" &&
      CEF_HEADER.test(text.slice(Math.max(index - MAX_CEF_HEADER, 0), index));
}

/** nc -v 1.2.3.4, mstsc /v:1.2.3.4 */
const OPTION = /(?:^|\s)[/-]v[\s:=]$/i;

/**
 * The other of two versions (version 1.2.3.4 from 1.2.3.3), a file's, a serial
 * number, what is numbered.
 */
const OF_VERSION =
  /\bver(?:sion)?s?[\s.:]{0,3}[\d.]{3,20} (?:to|from|and|or|->|=>) $|\.(?:exe["']?,|(?:dll|sys)["']?(?:,| \()) ?["']?$|\bversion \/d ["']?$|\b(?:[sp]\/n|[fhs]\/w|(?:serial|part|build|asset|model|product|order) ?(?:no|nr|num|number|tag|id)?)[.:#=\s]{0,4}$/i;

/**
 * What is put in place has a version; where it is from is an address, but for an
 * upgrade to 1.2.3.4 from 1.2.3.3.
 */
const CHANGED = /\b(?:up|down)grad|\binstall/i;
const FROM =
  /(?<!grade?d? (?:to )?[\d.]{3,20} )\b(?:from|by|at|via|on|server|host|source|mirror) ["'([]?$/i;

/** Updated Tool from 1.2.3.3 to 1.2.3.4; what is updated else is an address, too. */
const UPDATED = /\bupdat\w{1,3} .{0,30}\bfrom v?$/i;
const UPDATED_TO = /\bupdat\w{1,3} .{0,30}\bfrom v?[\d.]{5,20} to v?$/i;

/** foo==1.2.3.4, apt install foo=1.2.3.4, npm i foo@1.2.3.4 */
const OF_PACKAGE =
  /\w[=>~]=$|\b(?:apt(?:-get)?|dnf|yum|apk|brew|conda|gem|npm|pnpm|yarn|npx|choco|winget|zypper) [^;|&]{0,36}\w[=@]$/i;

/** An address that a filter compares: ip.src==1.2.3.4 */
const FILTERED =
  /(?:ip|addr\w{0,4}|src|dst|host|peer|client|server|remote)==$/i;

/** The version of what writes CEF or LEEF. */
const CEF_HEADER = /\b(?:CEF|LEEF): ?[\d.]{1,4}\|[^|]{0,50}\|[^|]{0,50}\|$/;
const MAX_CEF_HEADER = 120;
