/**
 * What a source of events is: which alerts it reads, and what it takes from
 * them.
 *
 * @module
 */
import { type Alert, textsAt } from "../alert.ts";
import type { Candidate, PassedOver, TextKind } from "../ioc.ts";

/** A text that may be an IoC, or one that is left alone, and why. */
export type Finding = Candidate | PassedOver;

/** A source of events. */
export interface Source {
  readonly name: string;
  /** What of an alert makes the source read it, for people. */
  readonly reads: string;
  /** What it takes, for people. */
  readonly takes: string;
  /** Whether the source reads this alert. */
  readonly isFor: (alert: Alert) => boolean;
  /** The texts of an alert that may be IoCs, in the order they are asked for. */
  readonly find: (alert: Alert) => readonly Finding[];
}

/** A path of an alert, see {@linkcode textsAt}, and what stands there. */
export type Field = readonly [path: string, kind: TextKind];

/**
 * The texts that an alert has in the fields of a table.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"data":{"srcip":"1.2.3.4"}}');
 * assertEquals(findIn(alert, [["data.srcip", "address"]]), [
 *   { kind: "address", text: "1.2.3.4", field: "data.srcip" },
 * ]);
 * ```
 */
export function findIn(alert: Alert, fields: readonly Field[]): Candidate[] {
  return fields.flatMap(([field, kind]) =>
    textsAt(alert, field).map((text) => ({ kind, text, field }))
  );
}

/**
 * A URL and its host, as candidates.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlAndHost("http://a.example/x", "f"), [
 *   { kind: "url", text: "http://a.example/x", field: "f" },
 *   { kind: "host", text: "a.example", field: "f" },
 * ]);
 * ```
 */
export function urlAndHost(text: string, field: string): Candidate[] {
  const host = URL.parse(text)?.hostname ?? "";
  return [
    { kind: "url", text, field },
    ...(host === "" ? [] : [{ kind: "host", text: host, field } as const]),
  ];
}

/**
 * A host with a port, if there is one and the host does not have it already.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withPort("a.example", "8080"), "a.example:8080");
 * assertEquals(withPort("a.example:8080", "8080"), "a.example:8080");
 * assertEquals(withPort("a.example", undefined), "a.example");
 * ```
 */
export function withPort(host: string, port: string | undefined): string {
  return port === undefined || !/^\d+$/.test(port) || /:\d+$/.test(host)
    ? host
    : `${host}:${port}`;
}

/** Whether an alert is in one of the rule groups. */
export function hasGroup(alert: Alert, ...groups: readonly string[]): boolean {
  return groups.some((group) => alert.rule.groups.includes(group));
}
