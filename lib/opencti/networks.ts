/**
 * Networks: written as OpenCTI's feeds write them, and those that an address is
 * in.
 *
 * @module
 */
import { bitsOf, readIpv6 } from "../alert/addresses.ts";
import type { NETWORKS } from "../config/defaults.ts";

/** A network, with the host's bits set to zero. */
export interface Network {
  readonly kind: "ipv4" | "ipv6";
  /** As `198.51.100.0/24`. */
  readonly value: string;
  /** How many bits count. */
  readonly prefix: number;
}

/** Which networks count: up to a usual size, all, or none. */
export type NetworkChoice = typeof NETWORKS[number];

/** The shortest prefix that counts; IPv6 sites have /32 at the widest. */
const SHORTEST = {
  narrow: { ipv4: 16, ipv6: 32 },
  all: { ipv4: 8, ipv6: 8 },
  none: { ipv4: 33, ipv6: 129 },
} as const;

/** What feeds write most comes first, then what is usual, then all else. */
const LIKELY = {
  ipv4: [24, 16, 22, 23, 20, 21, 19, 18, 17],
  ipv6: [64, 48, 32, 56, 40, 44, 36, 52, 60, 29, 112, 96, 120],
} as const;

/**
 * Reads a network, `undefined` if it is none, or one address alone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(networkOf("198.51.100.7/24"), {
 *   kind: "ipv4",
 *   value: "198.51.100.0/24",
 *   prefix: 24,
 * });
 * assertEquals(networkOf("198.51.100.7/32"), undefined);
 * assertEquals(networkOf("198.51.100.7"), undefined);
 * ```
 */
export function networkOf(text: string): Network | undefined {
  const [, start = "", digits = ""] =
    /^\s*([\da-f:.]{2,45})\/(\d{1,3})\s*$/i.exec(text) ?? [];
  const bits = bitsOf(start);
  const prefix = Number(digits);
  return bits === undefined || prefix === 0 || prefix >= bits.length
    ? undefined
    : networkOfBits(bits, prefix);
}

/**
 * The networks that an address is in, the likeliest first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const networks = networksAround("198.51.100.7", "narrow");
 * assertEquals(networks.length, 16);
 * assertEquals(networks.slice(0, 2).map(({ value }) => value), [
 *   "198.51.100.0/24",
 *   "198.51.0.0/16",
 * ]);
 * ```
 */
export function networksAround(
  address: string,
  choice: NetworkChoice,
): readonly Network[] {
  if (choice === "none") return [];
  const bits = bitsOf(address) ?? "";
  const kind = kindOf(bits);
  const prefixes = new Set([
    ...LIKELY[kind],
    ...Array.from(bits, (_, n) => bits.length - 1 - n),
  ]);
  return [...prefixes].filter((prefix) =>
    prefix >= SHORTEST[choice][kind] && prefix < bits.length
  ).map((prefix) => networkOfBits(bits, prefix));
}

/** Whether a network is not too wide to say something of an address in it. */
export function isCounted(
  { kind, prefix }: Network,
  choice: NetworkChoice,
): boolean {
  return prefix >= SHORTEST[choice][kind];
}

function kindOf(bits: string): "ipv4" | "ipv6" {
  return bits.length === 32 ? "ipv4" : "ipv6";
}

function networkOfBits(bits: string, prefix: number): Network {
  const start = bits.slice(0, prefix).padEnd(bits.length, "0");
  const kind = kindOf(bits);
  const text = kind === "ipv4"
    ? numbersIn(start, 8).join(".")
    : numbersIn(start, 16).map((part) => part.toString(16)).join(":");
  const shortest = kind === "ipv4" ? text : readIpv6(text) ?? text;
  return { kind, value: `${shortest}/${prefix}`, prefix };
}

function numbersIn(bits: string, length: number): readonly number[] {
  return Array.from(
    { length: bits.length / length },
    (_, n) => parseInt(bits.slice(n * length, (n + 1) * length), 2),
  );
}
