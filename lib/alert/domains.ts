/**
 * Bare domains in running text. Apart from other tokens, for only a sweep for
 * all looks for them, and the list of what domains end in is long.
 *
 * @module
 */
import { isFileName, matchesIn, type Token } from "./tokens.ts";

const DOMAIN =
  /(?:(?<![\w.@/\\$%-])|(?<=(?<!\b(?:https?|ftp|file))(?<=[a-z]):\/\/(?:[^\s@/]{1,64}@)?))(?:[a-z\d_](?:[a-z\d_-]{0,62})\.){1,20}[a-z]{2,24}(?![\w@#-]|\.\w|\()/gi;

/**
 * The domains in a text that end as domains on the Internet do.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = "resolved cdn.evil.com. by sshd.service, see auth.log";
 * assertEquals(domainsIn(text).map(({ text }) => text), ["cdn.evil.com"]);
 * assertEquals(domainsIn("irc://a@evil.com:6667/x").map(({ text }) => text), [
 *   "evil.com",
 * ]);
 * ```
 */
export function domainsIn(text: string): readonly Token[] {
  return text.includes(".")
    ? matchesIn(text, DOMAIN, (_, { text: token }) => isLikelyDomain(token))
    : [];
}

/**
 * Whether a name with dots in it is one of the Internet, and no file's: by its
 * end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isLikelyDomain("evil.ru"), true);
 * assertEquals(isLikelyDomain("System.Net.WebClient"), false);
 * assertEquals(isLikelyDomain("install.sh"), false);
 * ```
 */
export function isLikelyDomain(name: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".");
  const end = labels.at(-1) ?? "";
  return labels.length > 1 && !isFileName(name) &&
    (/^(?:[a-z]{2}|xn--[a-z\d-]+)$/.test(end) || ENDS.has(end));
}

/** What names end in, but for the two letters of countries. */
const ENDS: ReadonlySet<string> = new Set(
  ("com net org info biz name mobi pro tel jobs asia cat coop travel museum aero " +
    "int edu gov mil arpa onion xyz top site online club shop store live fun space " +
    "website tech icu vip work works click link buzz cyou bond sbs cfd lol rest " +
    "quest monster beauty hair skin makeup autos boats homes yachts mom pics life " +
    "world today email support help solutions services systems network agency " +
    "center digital media news press host hosting domains cloud app dev page web " +
    "win bid loan date racing review trade download party science stream cricket " +
    "faith accountant men gdn ooo kim red blue pink black wiki ink gold one ltd " +
    "llc inc group team company business zone plus run rocks guru ninja chat " +
    "social video games game casino bet poker porn sex adult xxx cam dating " +
    "finance money cash credit loans bank insurance capital fund exchange market " +
    "marketing consulting expert pub cafe bar restaurant tours vacations city " +
    "town land house estate properties rent build builders construction tools " +
    "parts supply supplies equipment energy solar bio health care clinic dental " +
    "doctor hospital academy school college university education training study " +
    "art design studio photo photos photography gallery graphics fashion style " +
    "jewelry shoes clothing boutique gifts flowers toys kids baby family love " +
    "wedding dog pet pets horse farm garden green eco earth global international " +
    "direct express delivery shipping taxi limo auto car cars bike moto fit " +
    "fitness yoga golf football soccer tennis ski run surf fish fishing bingo " +
    "audio music band radio film movie show tv ws io zip mov new now bot best " +
    "cool fyi goog google youtube ads foo bar dad phd prof esq day boo rsvp meme " +
    "nexus how soy blog forum community foundation church faith gay lgbt ong ngo " +
    "earth moe tokyo nyc london berlin paris wien hamburg koeln moscow istanbul " +
    "quebec swiss africa capetown durban joburg melbourne sydney vegas miami boston " +
    "security software computer technology engineering codes coffee email fail " +
    "exposed lat gratis limited reviews report tips watch webcam cheap deals sale " +
    "discount bargains promo coupons express").split(" "),
);
