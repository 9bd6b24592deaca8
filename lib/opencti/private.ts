/**
 * Whether the way to OpenCTI is one's own: this machine, or a private network.
 *
 * @module
 */
import { isGlobal } from "../alert/addresses.ts";
import { normalize } from "../alert/ioc.ts";

/** A resolver that hangs must not keep the run. */
const RESOLVE_MS = 1000;

/**
 * Whether a URL's host is on this machine or in a private network,
 * `undefined` if its name does not say.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isPrivate("10.1.2.3"), true);
 * assertEquals(isPrivate("[::1]"), true);
 * assertEquals(isPrivate("localhost"), true);
 * assertEquals(isPrivate("9.9.9.9"), false);
 * assertEquals(isPrivate("opencti.example.com"), undefined);
 * ```
 */
export function isPrivate(host: string): boolean | undefined {
  if (/^(?:.*\.)?localhost$/.test(host)) return true;
  const address = normalize("address", host.replace(/^\[|\]$/g, ""));
  return address === undefined ? undefined : !isGlobal(address.value);
}

/**
 * Whether all addresses of a name are private; `undefined` if it has none, or
 * they are not known in time.
 */
export async function isNameOfPrivate(
  name: string,
  timeoutMs: number,
): Promise<boolean | undefined> {
  const { lookup } = await import("node:dns/promises");
  const late = new Promise<[]>((resolve) =>
    Deno.unrefTimer(
      setTimeout(() => resolve([]), Math.min(timeoutMs, RESOLVE_MS)),
    )
  );
  const addresses = await Promise.race([
    lookup(name, { all: true }).catch(() => []),
    late,
  ]);
  return addresses.length === 0
    ? undefined
    : addresses.every(({ address }) => isPrivate(address) === true);
}
