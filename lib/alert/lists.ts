/**
 * What the user wants not to be asked for: lists in the configuration, and files.
 * Apart from the built-in lists, for most configurations have none.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import { bitsOf, type Network, readNetwork } from "./addresses.ts";
import {
  isAddress,
  normalize,
  type NormalValue,
  type TextKind,
} from "./kinds.ts";

/** What the user lists. */
export interface Listed {
  /** Addresses and networks. */
  readonly addresses: readonly string[];
  /** Domains, with their subdomains. */
  readonly domains: readonly string[];
  /** What URLs start with. */
  readonly urls: readonly string[];
  readonly hashes: readonly string[];
  /** Paths of files: an entry a line, or a warning list of MISP. */
  readonly files: readonly string[];
}

/** Lists that are read. */
export interface UserLists {
  /** Which entry of a list holds a value. */
  readonly whyListed: (value: NormalValue) => string | undefined;
  /** The same for the host of a value, in lists that are not for one alone. */
  readonly whyHostListed: (host: NormalValue) => string | undefined;
  /** What is wrong with them, a sentence each. The rest is used. */
  readonly problems: readonly string[];
}

/**
 * Reads the lists, and looks values up in them. A URL is on a list if its host
 * is, an e-mail address if its domain is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { whyListed } = readUserLists({
 *   addresses: [],
 *   domains: ["corp.example"],
 *   urls: [],
 *   hashes: [],
 *   files: [],
 * }, () => "");
 * assertEquals(
 *   whyListed({ kind: "domain", value: "www.corp.example" }),
 *   'ignore.domains has "corp.example"',
 * );
 * ```
 */
export function readUserLists(
  ignore: Listed,
  readFile: (path: string) => string,
): UserLists {
  const problems: string[] = [];
  const lists = [
    ...CONFIGURED.filter((name) => ignore[name].length > 0).map((name) =>
      listOf(ignore[name], { name: `ignore.${name}`, form: name, problems })
    ),
    ...ignore.files.map((path) => readList(path, readFile, problems)),
  ];
  const notExact = lists.filter(({ isExact }) => !isExact);
  return {
    problems,
    whyListed: (value) => inOneOf(lists, value),
    whyHostListed: (host) => inOneOf(notExact, host),
  };
}

/** The lists in the configuration. */
const CONFIGURED = ["addresses", "domains", "urls", "hashes"] as const;

/** What an entry of a list may be. */
const FORMS: Readonly<
  Record<typeof CONFIGURED[number] | "file", {
    readonly kinds: readonly TextKind[];
    readonly says: string;
  }>
> = {
  addresses: { kinds: ["address"], says: "no address or network" },
  domains: { kinds: ["hostname"], says: "no domain" },
  urls: { kinds: ["url"], says: "no URL of http, https or ftp" },
  hashes: { kinds: ["hash"], says: "no hash" },
  file: {
    kinds: ["address", "hash", "hostname", "url", "email"],
    says: "no address, network, domain, URL, hash or e-mail address",
  },
};

interface List {
  /** Says which entry holds a value. */
  readonly why: (value: NormalValue) => string | undefined;
  /** Whether an entry is for one value alone, not for all that is below. */
  readonly isExact: boolean;
}

function inOneOf(
  lists: readonly List[],
  value: NormalValue,
): string | undefined {
  for (const { why } of lists) {
    const found = why(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** So many wrong entries of a list are named. */
const NAMED = 3;

/** A list of entries of any form. */
function listOf(
  entries: readonly string[],
  { name, form, isExact = false, problems }: {
    readonly name: string;
    readonly form: keyof typeof FORMS;
    readonly isExact?: boolean;
    readonly problems: string[];
  },
): List {
  const { kinds, says } = FORMS[form];
  const networks: Network[] = [];
  const values = new Set<string>();
  const urls: string[] = [];
  const wrong: string[] = [];
  for (const written of entries) {
    // As blockers' lists write "and all that is below".
    const entry = written.replace(/^\*?\./, "");
    const network = kinds.includes("address") ? networkOf(entry) : undefined;
    if (network !== undefined) {
      networks.push(network);
      continue;
    }
    const value = kinds.values().map((kind) => normalize(kind, entry))
      .find((value) => value !== undefined);
    if (value === undefined || isAddress(value)) wrong.push(written);
    else if (value.kind === "url") urls.push(value.value.toLowerCase());
    else values.add(value.value.toLowerCase());
  }
  if (wrong.length > 0) {
    const some = wrong.slice(0, NAMED).map((one) => JSON.stringify(one));
    const more = wrong.length > NAMED
      ? ` and ${wrong.length - NAMED} more`
      : "";
    problems.push(
      `${name}: ${says}: ${some.join(", ")}${more}; correct it or take it out`,
    );
  }
  const findNetwork = onDemand(() => networkLookup(networks));
  const findUrl = onDemand(() =>
    isExact ? exactLookup(urls) : startLookup(urls)
  );
  return namedList(name, { isExact, entryFor });

  function entryFor({ kind, value }: NormalValue): string | undefined {
    const text = value.toLowerCase();
    if (isAddress({ kind, value })) return findNetwork(value);
    if (kind === "url") return findUrl(text);
    // What else has dots in it has nothing above it.
    const isName = kind === "domain" || kind === "hostname";
    return isName && !isExact
      ? parentsOf(text).find((parent) => values.has(parent))
      : values.has(text)
      ? text
      : undefined;
  }
}

/**
 * Says which entry of a list holds a value. A list may be long, and is asked for
 * each value: what depends on its length is done once.
 */
type Lookup = (value: string) => string | undefined;

function onDemand(make: () => Lookup): Lookup {
  let lookup: Lookup | undefined;
  return (value) => (lookup ??= make())(value);
}

function exactLookup(entries: readonly string[]): Lookup {
  const all = new Set(entries);
  return (text) => all.has(text) ? text : undefined;
}

/** Says which entry a text starts with. */
function startLookup(entries: readonly string[]): Lookup {
  const starts: string[] = [];
  for (const entry of entries.toSorted()) {
    // What starts with an entry comes right after it, and adds nothing.
    const last = starts.at(-1);
    if (last === undefined || !entry.startsWith(last)) starts.push(entry);
  }
  return (text) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? "") <= text) low = middle + 1;
      else high = middle;
    }
    // What stands between a start of the text and the text has that start too.
    const nearest = starts[low - 1];
    return nearest !== undefined && text.startsWith(nearest)
      ? nearest
      : undefined;
  };
}

function networkOf(entry: string): Network | undefined {
  const text = entry.trim();
  const address = normalize("address", text);
  return address === undefined || !isAddress(address)
    ? readNetwork(text)
    : readNetwork(`${address.value}/${address.kind === "ipv4" ? 32 : 128}`);
}

/** Says which network holds an address. */
function networkLookup(networks: readonly Network[]): Lookup {
  const names = new Map<string, string>();
  const lengths = new Set<number>();
  for (const { kind, prefix, name } of networks) {
    names.set(`${kind} ${prefix}`, name);
    lengths.add(prefix.length);
  }
  return (value) => {
    if (names.size === 0) return undefined;
    const bits = bitsOf(value) ?? "";
    const kind = bits.length === 32 ? "ipv4" : "ipv6";
    return lengths.values()
      .map((length) => names.get(`${kind} ${bits.slice(0, length)}`))
      .find((name) => name !== undefined);
  };
}

/**
 * A domain and all that it is in: a.b.example, b.example, example. What has no
 * dot in it has only itself.
 */
function parentsOf(domain: string): string[] {
  const labels = domain.split(".");
  return labels.map((_, n) => labels.slice(n).join("."));
}

/**
 * A list in a file: an entry a line, with comments after `#`, or a warning list
 * of MISP.
 *
 * @see https://github.com/MISP/misp-warninglists
 */
function readList(
  path: string,
  readFile: (path: string) => string,
  problems: string[],
): List {
  try {
    const text = readFile(path).trim();
    if (text.startsWith("{")) return warningList(text, { path, problems });
    const entries = text.split("\n")
      .map((line) => line.replace(/(?:^|\s)#.*/, "").trim())
      .filter((line) => line !== "");
    return listOf(entries, { name: path, form: "file", problems });
  } catch (error) {
    problems.push(
      `Cannot read the list ${path} of ignore.files: ${messageOf(error)}`,
    );
    return { why: () => undefined, isExact: true };
  }
}

function warningList(
  json: string,
  { path, problems }: { readonly path: string; readonly problems: string[] },
): List {
  const value: object = JSON.parse(json);
  const { type, list } = { type: "string", list: undefined, ...value };
  if (!Array.isArray(list)) throw new Error('it has no "list"');
  const entries = Array.from<unknown>(list)
    .filter((entry) => typeof entry === "string");
  const options = { name: path, form: "file", problems } as const;
  switch (type) {
    case "cidr":
    case "hostname":
      return listOf(entries, options);
    case "string":
      return listOf(entries, { ...options, isExact: true });
    case "substring": {
      const parts = entries.map((entry) =>
        [entry, entry.toLowerCase()] as const
      );
      const entryFor = ({ value }: NormalValue) => {
        const text = value.toLowerCase();
        return parts.find(([, part]) => text.includes(part))?.[0];
      };
      return namedList(path, { isExact: false, entryFor });
    }
    case "regex": {
      // As PHP writes them: /…/i
      const patterns = entries.map((entry) => {
        const [, body = entry] = /^\/(.*)\/[a-z]*$/s.exec(entry) ?? [];
        return [entry, new RegExp(body, "i")] as const;
      });
      const entryFor = ({ value }: NormalValue) =>
        patterns.find(([, pattern]) => pattern.test(value))?.[0];
      return namedList(path, { isExact: false, entryFor });
    }
    default:
      throw new Error(
        `its type is ${JSON.stringify(type)}, where cidr, hostname, string, ` +
          "substring and regex are read",
      );
  }
}

/** A list that says its name, and which entry holds a value. */
function namedList(name: string, { isExact, entryFor }: {
  readonly isExact: boolean;
  readonly entryFor: (value: NormalValue) => string | undefined;
}): List {
  return {
    isExact,
    why: (value) => {
      const entry = entryFor(value);
      return entry && `${name} has ${JSON.stringify(entry)}`;
    },
  };
}
