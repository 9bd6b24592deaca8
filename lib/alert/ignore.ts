/**
 * Which values are not asked for, and which list says so: built-in lists, the
 * user's own in the configuration, and files.
 *
 * @module
 */
import { isGlobal } from "./addresses.ts";
import { hostOf, isAddress, normalize, type NormalValue } from "./kinds.ts";
import type { Listed, UserLists } from "./lists.ts";

/** What is not asked for. */
export interface Ignore extends Listed {
  /** Built-in lists. */
  readonly private_networks: boolean;
  readonly empty_files: boolean;
  readonly public_resolvers: boolean;
  readonly private_names: boolean;
  readonly own_opencti: boolean;
}

/** What is not asked for unless the configuration says otherwise. */
export const DEFAULT_IGNORE: Ignore = {
  addresses: [],
  domains: [],
  urls: [],
  hashes: [],
  files: [],
  private_networks: true,
  empty_files: true,
  public_resolvers: true,
  private_names: true,
  own_opencti: true,
};

/** Says which list holds a value, `undefined` if none does. */
export type WhyIgnored = (
  value: NormalValue,
  /** The port that was spoken to, if it is an address. */
  port?: string,
) => string | undefined;

/** The lists of a run. */
export interface IgnoreLists {
  readonly whyIgnored: WhyIgnored;
  /** What is wrong with them, a sentence each. The rest is used. */
  readonly problems: readonly string[];
}

/**
 * Gives what reads the lists, and looks values up in them: on first use, for they
 * may be long. A URL is on a list if its host is, an e-mail address if its domain
 * is.
 *
 * @param options Where OpenCTI is, and how a file is read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const readLists = await loadIgnoreLists({
 *   ...DEFAULT_IGNORE,
 *   domains: ["corp.example"],
 * }, { baseUrl: "https://opencti.example", readFile: () => "" });
 * const { whyIgnored } = readLists();
 * assertEquals(
 *   whyIgnored({ kind: "domain", value: "www.corp.example" }),
 *   'ignore.domains has "corp.example"',
 * );
 * assertEquals(
 *   whyIgnored({ kind: "url", value: "http://10.0.0.1/" }),
 *   "not a global address (ignore.private_networks)",
 * );
 * assertEquals(whyIgnored({ kind: "ipv4", value: "1.2.3.4" }), undefined);
 * ```
 */
export async function loadIgnoreLists(ignore: Ignore, options: {
  readonly baseUrl: string;
  readonly readFile: (path: string) => string;
}): Promise<() => IgnoreLists> {
  const has = LISTS.some((name) => ignore[name].length > 0);
  const module = has ? await import("./lists.ts") : undefined;
  let lists: IgnoreLists | undefined;
  return () =>
    lists ??= withBuiltIn(ignore, {
      baseUrl: options.baseUrl,
      user: module?.readUserLists(ignore, options.readFile),
    });
}

const LISTS = ["addresses", "domains", "urls", "hashes", "files"] as const;

function withBuiltIn(ignore: Ignore, { baseUrl, user }: {
  readonly baseUrl: string;
  readonly user: UserLists | undefined;
}): IgnoreLists {
  let opencti: { readonly host: NormalValue | null | undefined } | undefined;
  return {
    problems: user?.problems ?? [],
    whyIgnored: (value, port) => {
      const host = hostOf(value);
      return builtIn(value, port) ?? user?.whyListed(value) ??
        (host ? builtIn(host) ?? user?.whyHostListed(host) : undefined);
    },
  };

  function builtIn(
    { kind, value }: NormalValue,
    port?: string,
  ): string | undefined {
    if (
      ignore.private_networks && isAddress({ kind, value }) && !isGlobal(value)
    ) {
      return "not a global address (ignore.private_networks)";
    }
    if (ignore.empty_files && EMPTY_FILE_HASHES.has(value)) {
      return "the hash of an empty file (ignore.empty_files)";
    }
    if (
      ignore.public_resolvers && (port === "53" || port === "853") &&
      PUBLIC_RESOLVERS.has(value)
    ) {
      return "a public DNS resolver that was asked (ignore.public_resolvers)";
    }
    if (
      ignore.private_names && kind === "domain" && PRIVATE_NAMES.test(value)
    ) {
      return "a name of private networks (ignore.private_names)";
    }
    // Found out late: most values never get so far.
    opencti ??= { host: hostOfUrl(baseUrl) };
    return ignore.own_opencti && kind === opencti.host?.kind &&
        value === opencti.host.value
      ? "the OpenCTI that is asked (ignore.own_opencti)"
      : undefined;
  }
}

function hostOfUrl(url: string): NormalValue | null | undefined {
  const value = normalize("url", url);
  return value && hostOf(value);
}

const EMPTY_FILE_HASHES: ReadonlySet<string> = new Set([
  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "d41d8cd98f00b204e9800998ecf8427e",
]);

/**
 * What names in private networks end in: by standards, by what ICANN keeps for
 * it, and by habit. Names below `arpa` are DNS's own.
 *
 * @see https://www.iana.org/assignments/special-use-domain-names
 * @see https://www.rfc-editor.org/rfc/rfc6762#appendix-G
 */
const PRIVATE_NAMES =
  /\.(?:local|localdomain|localhost|localnet|lan|internal|intern|intranet|intra|corp|corporate|home|private|priv|loc|domain|workgroup|router|gateway|belkin|ip|fritz\.box|mshome\.net|arpa|invalid|consul|docker|test)$/;

/** Cloudflare's, Google's, Quad9's, OpenDNS's and AdGuard's. */
const PUBLIC_RESOLVERS: ReadonlySet<string> = new Set([
  "1.1.1.1",
  "1.0.0.1",
  "8.8.8.8",
  "8.8.4.4",
  "9.9.9.9",
  "149.112.112.112",
  "208.67.222.222",
  "208.67.220.220",
  "94.140.14.14",
  "94.140.15.15",
  "2606:4700:4700::1111",
  "2606:4700:4700::1001",
  "2001:4860:4860::8888",
  "2001:4860:4860::8844",
  "2620:fe::fe",
  "2620:fe::9",
  "2620:119:35::35",
  "2620:119:53::53",
  "2a10:50c0::ad1:ff",
  "2a10:50c0::ad2:ff",
]);
