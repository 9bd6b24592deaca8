/**
 * Which IoC of the alert a value of OpenCTI is, and how.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import {
  KINDS,
  normalize,
  type NormalValue,
  type TextKind,
} from "../alert/kinds.ts";
import {
  isCounted,
  type NetworkChoice,
  networkOf,
  networksAround,
} from "../opencti/networks.ts";
import type { FoundObservable } from "../opencti/schema.ts";

/** An IoC, and what it was met by if not by its own value. */
export interface Known {
  readonly ioc: Ioc;
  /** A network that the address is in. */
  readonly network?: string;
  /** A domain that the IoC is below. */
  readonly parent?: string;
  /** Whether the path or query of the URL is written in other case. */
  readonly isOtherCase?: boolean;
}

/** A domain that an IoC is below. */
export interface Parent {
  readonly ioc: Ioc;
  readonly domain: string;
}

/** Finds the IoC that a text of OpenCTI is, `undefined` if it is none of ours. */
export type Lookup = (kind: TextKind, text: string) => Known | undefined;

/** What texts are looked up among. */
export interface LookupOptions {
  readonly networks: NetworkChoice;
  /** Whether it matters in which case a URL's path is written. */
  readonly url_case: boolean;
  readonly parents: readonly Parent[];
}

/**
 * Looks texts up among IoCs. OpenCTI ignores case, in URLs too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "ipv4", value: "198.51.100.7", spellings: [], field: "f" } as const;
 * const options = { networks: "narrow", url_case: true, parents: [] } as const;
 * const lookup = lookupAmong([ioc], options);
 * assertEquals(lookup("address", "198.51.100.7"), { ioc });
 * assertEquals(lookup("address", "198.51.100.0/24"), {
 *   ioc,
 *   network: "198.51.100.0/24",
 * });
 * assertEquals(lookup("address", "198.0.0.0/8"), undefined);
 * ```
 */
export function lookupAmong(
  iocs: readonly Ioc[],
  { networks, url_case, parents }: LookupOptions,
): Lookup {
  const byKey = new Map<string, Known>(
    parents.map(({ ioc, domain }) => [`domain ${domain}`, {
      ioc,
      parent: domain,
    }]),
  );
  for (const ioc of iocs.toReversed()) byKey.set(keyOf(ioc), { ioc });
  let byNetwork: ReadonlyMap<string, Ioc> | undefined;
  return (kind, text) => {
    const normal = normalize(kind, text);
    if (normal !== undefined) {
      const known = byKey.get(keyOf(normal));
      const isOtherCase = url_case && known?.ioc.kind === "url" &&
        canonicalUrl(known.ioc.value) !== canonicalUrl(normal.value);
      return isOtherCase ? { ...known, isOtherCase } : known;
    }
    const network = isAddressKind(kind) ? networkOf(text) : undefined;
    if (network === undefined || !isCounted(network, networks)) return;
    byNetwork ??= networksOf(iocs);
    const ioc = byNetwork.get(network.value);
    return ioc && { ioc, network: network.value };
  };
}

function isAddressKind(kind: TextKind): boolean {
  return kind === "address" || kind === "host" || kind === "hostname";
}

function networksOf(iocs: readonly Ioc[]): ReadonlyMap<string, Ioc> {
  return new Map(
    iocs.toReversed().filter(({ kind }) => kind === "ipv4" || kind === "ipv6")
      .flatMap((ioc) =>
        networksAround(ioc.value, "all").map(({ value }) => [value, ioc])
      ),
  );
}

function keyOf({ kind, value }: NormalValue): string {
  const text = kind === "url" ? canonicalUrl(value) : value;
  return `${kind} ${text.toLowerCase()}`;
}

/** A URL with the letters that its percent signs stand for, if they part nothing. */
function canonicalUrl(url: string): string {
  return url.replace(/(?:%[\da-f]{2})+/gi, (sequence) => {
    try {
      return decodeURI(sequence);
    } catch {
      return sequence.toUpperCase();
    }
  }).replaceAll("%27", "'");
}

/** What an observable stands for, and which IoC it is. */
export function knownObservable(
  observable: FoundObservable,
  lookup: Lookup,
): Known & { readonly text: string } | undefined {
  for (const { kind, text } of textsOf(observable)) {
    const known = lookup(kind, text);
    if (known !== undefined) return { ...known, text };
  }
}

function textsOf(
  { entity_type, observable_value, hashes }: FoundObservable,
): readonly { readonly kind: TextKind; readonly text: string }[] {
  return Object.values(KINDS)
    .filter(({ observableTypes }) => observableTypes.includes(entity_type))
    .flatMap(({ filterKey, textKind: kind }) =>
      filterKey === "value"
        ? [{ kind, text: observable_value }]
        : hashes.filter(({ algorithm }) =>
          lettersOf(filterKey) === lettersOf(`hashes.${algorithm}`)
        ).map(({ hash }) => ({ kind, text: hash ?? "" }))
    );
}

/** `SHA-256` is written `sha256` too. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
