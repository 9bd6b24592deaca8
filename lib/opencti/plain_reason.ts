/**
 * Says in plain words what the libraries of network and TLS say.
 *
 * @module
 */

type Say = (...groups: readonly string[]) => string;

/** What they say, and what that means. */
const PLAIN: readonly (readonly [RegExp, Say])[] = [
  [
    /failed to lookup address information: Temporary failure/,
    () => "no name server answers",
  ],
  [
    /failed to lookup address information/,
    () => "DNS and /etc/hosts do not know its name",
  ],
  [/InvalidContentType/, () => "it speaks no TLS"],
  [
    /certificate expired: .*? not valid after (\d{1,10})\b/,
    (seconds = "") => `its certificate expired on ${dayOf(seconds)}`,
  ],
  [
    /certificate not valid yet: .*? not valid before (\d{1,10})\b/,
    (seconds = "") => `its certificate is not valid before ${dayOf(seconds)}`,
  ],
  [
    /certificate not valid for name "([^"]*)"; certificate is only valid for (.*)/,
    (name = "", others = "") => {
      const names = [...others.matchAll(/"([^"]*)"|IpAddress\(([^)]*)\)/g)]
        .map(([, dns, ip]) => dns ?? ip);
      return `its certificate is not for ${name}, but for ${names.join(", ")}`;
    },
  ],
  [
    /certificate is not valid for any names/,
    () => "its certificate is for no name",
  ],
  [
    /connection closed before message completed/,
    () => "it closed the connection before it answered",
  ],
];

/**
 * A reason in plain words, as far as it is a known one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   plainReason("tcp connect error: Connection refused (os error 111)"),
 *   "Connection refused",
 * );
 * assertEquals(
 *   plainReason(
 *     "invalid peer certificate: certificate expired: verification time " +
 *       "1795633290 (UNIX), but certificate is not valid after 1609459200 " +
 *       "(186174090 seconds ago)",
 *   ),
 *   "its certificate expired on 2021-01-01",
 * );
 * ```
 */
export function plainReason(reason: string): string {
  for (const [pattern, say] of PLAIN) {
    const [found, ...groups] = pattern.exec(reason) ?? [];
    if (found !== undefined) return say(...groups);
  }
  return reason
    .replace(/^error sending request [^]*?: client error \(\w+\): /, "")
    .replace(/^(?:tcp connect|dns) error: /, "")
    .replace(/Other\(OtherError\((\w+)\)\)/, "$1")
    .replace(/ \(os error \d+\)/g, "");
}

/** @param seconds Since 1970. */
function dayOf(seconds: string): string {
  return new Date(1000 * Number(seconds)).toISOString().slice(0, 10);
}
