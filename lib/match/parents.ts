/**
 * The domains above the alert's, up to the one that can be registered. Loads
 * the public suffix list: most runs do without.
 *
 * @module
 */
import { getDomain } from "tldts";
import type { Ioc } from "../alert/ioc.ts";
import type { Parent } from "./known.ts";

/** Deeper names are made by machines. */
const MAX_PARENTS = 8;

/**
 * The parents of the alert's domains, each once, the nearest first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "domain", value: "a.b.evil.co.uk", spellings: [], field: "f" } as const;
 * assertEquals(parentsOf([ioc]).map(({ domain }) => domain), [
 *   "b.evil.co.uk",
 *   "evil.co.uk",
 * ]);
 * ```
 */
export function parentsOf(iocs: readonly Ioc[]): readonly Parent[] {
  const known = new Set(iocs.map(({ value }) => value));
  return iocs.filter(({ kind }) => kind === "domain").flatMap((ioc) =>
    domainsAbove(ioc.value).filter((domain) => {
      const isNew = !known.has(domain);
      known.add(domain);
      return isNew;
    }).map((domain) => ({ ioc, domain }))
  );
}

function domainsAbove(name: string): readonly string[] {
  const top = getDomain(name, { allowPrivateDomains: true });
  if (top === null || top === name) return [];
  const labels = name.slice(0, -top.length - 1).split(".");
  const domains = labels.map((_, n) => [...labels.slice(n + 1), top].join("."));
  return domains.slice(-MAX_PARENTS);
}
