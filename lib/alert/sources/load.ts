/**
 * Loads the tables of sources, and no more of them than an alert needs: most
 * are for other alerts, and integratord starts the program for each alert.
 *
 * @module
 */
import { type Alert, alertAt, textsAt } from "../alert.ts";
import { EMBEDDED_ALERT } from "./embedded.ts";
import { isNamedBy, MAX_GROUPS } from "./select.ts";
import { SELECTORS } from "./selectors.ts";
import type { Source } from "./source.ts";

/** Sources that are loaded together. */
export type Family = keyof typeof SELECTORS;

const TABLES: Readonly<Record<Family, () => Promise<readonly Source[]>>> = {
  hosts: async () => (await import("./hosts.ts")).HOSTS,
  network: async () => (await import("./network.ts")).NETWORK,
  web: async () => (await import("./web.ts")).WEB,
  clouds: async () => (await import("./cloud.ts")).CLOUD,
};

/** In the order in which their sources read an alert. */
export const ALL_FAMILIES = ["hosts", "network", "web", "clouds"] as const;

/**
 * The families of all sources that may read an alert, or one that is in it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"rule":{"groups":["fortigate"]}}');
 * assertEquals(familiesFor(alert), ["network"]);
 * ```
 */
export function familiesFor(alert: Alert): readonly Family[] {
  const embedded = alertAt(alert, EMBEDDED_ALERT);
  return ALL_FAMILIES.filter((family) =>
    mayRead(family, alert) ||
    embedded !== undefined && mayRead(family, embedded)
  );
}

function mayRead(family: Family, alert: Alert): boolean {
  const { groups, decoders, fields } = SELECTORS[family];
  const { decoder, rule } = alert;
  return rule.groups.slice(0, MAX_GROUPS).some((group) =>
    groups.some((pattern) => isNamedBy(pattern, group))
  ) ||
    decoders.some((pattern) => isNamedBy(pattern, decoder.name ?? "")) ||
    fields.some((field) => textsAt(alert, field).length > 0);
}

/** The sources of families, in the order in which they read an alert. */
export async function loadSources(
  families: readonly Family[],
): Promise<readonly Source[]> {
  const tables = await Promise.all(families.map((family) => TABLES[family]()));
  return tables.flat();
}
