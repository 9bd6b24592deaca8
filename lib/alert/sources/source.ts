/**
 * What a source of events is: which alerts it reads, and what it takes from
 * them. Sources are data, a user's as those that are built in.
 *
 * @module
 */
import type { Alert } from "../alert.ts";
import type { Candidate, Skipped } from "../ioc.ts";
import { HASH_KINDS, type TextKind } from "../kinds.ts";

/** A text that may be an IoC, or one that is skipped, and why. */
export type Finding = Candidate | Skipped;

/**
 * What a field may hold. `text` is searched for URLs, `command` for all that a
 * command line or a script names, `request` for commands that it carries.
 */
export const FIELD_KINDS = [
  "address",
  "host",
  "hostname",
  "url",
  "email",
  "hash",
  ...HASH_KINDS,
  "text",
  "command",
  "request",
  "user_agent",
  "mac",
] as const satisfies readonly (TextKind | "text" | "command" | "request")[];

/** See {@linkcode FIELD_KINDS}. */
export type FieldKind = typeof FIELD_KINDS[number];

/**
 * A condition on an alert. Regular expressions here are JavaScript's, with the
 * flags `i` and `u`.
 */
export interface Condition {
  /** A path, see {@linkcode textsAt}. */
  readonly field: string;
  /** One of the texts there is one of these. */
  readonly equals?: string | readonly string[] | undefined;
  /** One of the texts there matches this regular expression. */
  readonly matches?: string | undefined;
  /** Turns it round. */
  readonly not?: boolean | undefined;
}

/** Which alerts are read: in one of the groups or by one of the decoders… */
export interface Selector {
  /** Rule groups, exact or with `*`. */
  readonly groups?: readonly string[] | undefined;
  /** Decoders, exact or with `*`. */
  readonly decoders?: readonly string[] | undefined;
  /** …if all of this holds. */
  readonly when?: readonly Condition[] | undefined;
}

/** What stands at a path of an alert. */
export interface Field {
  /** One path or many, see {@linkcode textsAt}. */
  readonly path: string | readonly string[];
  /** What stands there. Not needed if the names of the groups say it. */
  readonly kind?: FieldKind | undefined;
  /**
   * A regular expression that takes the values out of the text, as often as it
   * matches. Its named groups are kinds (a number may follow), `value`, the
   * `port` of the addresses, or the `path` of a URL on the `host`.
   */
  readonly pattern?: string | undefined;
  /** Where the port of an address stands. */
  readonly port?: string | undefined;
  /** Where the host stands, if a URL is only a path. */
  readonly host?: string | undefined;
  /** The scheme of such a URL. Else its port says it, or both are asked for. */
  readonly scheme?: "http" | "https" | undefined;
  /** Why the values are not asked for. */
  readonly skip?: string | undefined;
  /**
   * Whether what is skipped is the network's own: an address, a host. It is not
   * asked for elsewhere in the alert either, unless a command names it.
   */
  readonly isOwn?: boolean | undefined;
  /** The field is read if all of this holds. */
  readonly when?: readonly Condition[] | undefined;
}

/** A source of events. */
export interface Source extends Selector {
  readonly name: string;
  /** Other alerts that are read as well. */
  readonly or?: readonly Selector[] | undefined;
  /** Of which alerts nothing is asked for, and why. */
  readonly leave?:
    | readonly {
      readonly when: readonly Condition[];
      readonly because: string;
    }[]
    | undefined;
  readonly fields: readonly Field[];
  /** Finds what fields cannot say. */
  readonly find?: {
    /** What it takes, for people. */
    readonly takes: string;
    readonly in: (alert: Alert, readAlert: ReadAlert) => Iterable<Finding>;
    /** A field that it takes something from, for examples of alerts. */
    readonly example?: Field;
  };
}

/** Reads an alert with all sources. */
export type ReadAlert = (alert: Alert) => readonly Finding[];

/** The longest log that analysisd takes. Regular expressions see no more. */
export const MAX_SEARCHED = 65_536;

/**
 * The names of the groups of a pattern.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(groupsOf("(?<!x)(?<address>a)|(?<host2>b)"), ["address", "host2"]);
 * ```
 */
export function groupsOf(pattern: string): string[] {
  return [...pattern.matchAll(/\(\?<([A-Za-z]\w*)>/g)]
    .map(([, name = ""]) => name);
}

/**
 * The fields of the hashes that stand side by side in an object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashesIn("data.file")[2], { path: "data.file.md5", kind: "md5" });
 * ```
 */
export function hashesIn(path: string): readonly Field[] {
  return (["sha256", "sha1", "md5"] as const)
    .map((kind) => ({ path: `${path}.${kind}`, kind }));
}

/** Wazuh's fields for who spoke, and with whom. */
export const ENDS: readonly Field[] = [
  { path: "data.srcip", kind: "address" },
  { path: "data.dstip", kind: "address", port: "data.dstport" },
];

/** Selects the alerts of one of Wazuh's modules, which write their names so. */
export function integration(name: string): readonly Selector[] {
  return [{ when: [{ field: "data.integration", equals: name }] }];
}

/**
 * The kind that a group of a pattern is named for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kindNamed("address2"), "address");
 * assertEquals(kindNamed("sha256"), "sha256");
 * assertEquals(kindNamed("value"), undefined);
 * ```
 */
export function kindNamed(name: string): FieldKind | undefined {
  return FIELD_KINDS.find((kind) => kind === name) ??
    FIELD_KINDS.find((kind) => kind === name.replace(/\d$/, ""));
}
