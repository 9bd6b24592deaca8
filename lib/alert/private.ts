/**
 * Which hosts are on this machine or in a private network.
 *
 * It skips nothing: what is skipped is said in `ignore.ts`.
 *
 * @module
 */
import { isGlobal } from "./addresses.ts";
import { normalize } from "./kinds.ts";

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
