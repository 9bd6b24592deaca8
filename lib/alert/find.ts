/**
 * Finds the IoCs of alerts.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import {
  type Collected,
  type CollectOptions,
  collectorFor,
} from "./collect.ts";
import { ownOf } from "./own.ts";
import { familiesFor, type Family, loadSources } from "./sources/load.ts";
import {
  type Context,
  type Reader,
  readerFor,
  type Room,
  roomForAlert,
  type SourceReading,
} from "./sources/read.ts";
import { MAX_GROUPS, selectorOf } from "./sources/select.ts";
import type { Source } from "./sources/source.ts";
import { type DomainsIn, sweep } from "./sweep.ts";
import type { Sweep } from "./texts.ts";

/** How IoCs are looked for. */
export interface FindOptions extends Omit<CollectOptions, "whyOwn"> {
  readonly sources: readonly Source[];
  /** How much is looked for besides what the sources know. */
  readonly sweep: Sweep;
  /** Finds bare domains, for the sweep for all. */
  readonly domainsIn?: DomainsIn | undefined;
}

/** What an alert holds. */
export interface Findings extends Collected {
  /** The names of the sources that read the alert. */
  readonly sources: readonly string[];
  /** The names of those that find none of their fields in it. */
  readonly emptySources: readonly string[];
  /** The names of those whose conditions alone keep them from it. */
  readonly unmet: readonly string[];
}

/** Finds the IoCs of an alert; all that it needs is loaded. */
export type Find = (alert: Alert) => Findings;

/**
 * Makes what finds the IoCs of alerts, with every source that reads them: once
 * for a configuration, for any number of alerts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const find = makeFinder({
 *   sources: [{
 *     name: "acme",
 *     groups: ["acme"],
 *     fields: [{ path: ["data.srcip", "data.dstip"], kind: "address" }],
 *   }],
 *   kinds: {},
 *   sweep: "off",
 *   whyIgnored: ({ value }) => value === "10.0.0.1" ? "mine" : undefined,
 * });
 * const { sources, iocs, skipped } = find(parseAlert(JSON.stringify({
 *   rule: { groups: ["acme"] },
 *   data: { srcip: "10.0.0.1", dstip: "5.6.7.8" },
 * })));
 * assertEquals(sources, ["acme"]);
 * assertEquals(iocs.map(({ value }) => value), ["5.6.7.8"]);
 * assertEquals(skipped.map(({ text }) => text), ["10.0.0.1"]);
 * ```
 */
export function makeFinder(options: FindOptions): Find {
  const read = alertReader(options);
  return (alert) => {
    const { reading, unmet } = read(alert, roomForAlert());
    const whyOwn = ownOf(alert, reading);
    const collector = collectorFor(alert, { ...options, whyOwn });
    if (alert.rule.groups.length > MAX_GROUPS) {
      collector.skip({
        text: `${alert.rule.groups.length - MAX_GROUPS} more`,
        field: "rule.groups",
        reason: `only the first ${MAX_GROUPS} groups were read`,
      });
    }
    for (const { name, findings } of reading) {
      for (const finding of findings) collector.take(finding, name);
    }
    // What a source leaves, no other way looks at either.
    if (!reading.some(({ isLeft }) => isLeft)) {
      const isRead = (path: string) =>
        reading.some(({ paths }) => paths.has(path));
      collector.takeSwept((isSettled) =>
        sweep(alert, { ...options, mode: options.sweep, isRead, isSettled })
      );
    }
    return {
      sources: reading.map(({ name }) => name),
      emptySources: reading.filter(({ findings }) => findings.length === 0)
        .map(({ name }) => name),
      unmet: unmet.map(({ name }) => name),
      ...collector.all(),
    };
  };
}

/**
 * The same, where only a few alerts come: the tables of the sources that are
 * built in are loaded when the first alert comes that may need them.
 *
 * @param options Without sources, those that are built in.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const find = makeLoadingFinder({
 *   sources: undefined,
 *   kinds: {},
 *   sweep: "off",
 *   whyIgnored: () => undefined,
 * });
 * const { iocs } = await find(parseAlert(JSON.stringify({
 *   rule: { groups: ["fortigate"] },
 *   data: { dstip: "5.6.7.8" },
 * })));
 * assertEquals(iocs.map(({ value }) => value), ["5.6.7.8"]);
 * ```
 */
export function makeLoadingFinder(
  { sources, ...options }: Omit<FindOptions, "sources"> & {
    readonly sources: FindOptions["sources"] | undefined;
  },
): (alert: Alert) => Promise<Findings> {
  const finders = new Map<string, Promise<Find>>();
  return async (alert) => {
    const families = familiesFor(alert);
    const key = sources === undefined ? families.join() : "";
    const find = finders.get(key) ?? makeFor(families);
    finders.set(key, find);
    return (await find)(alert);
  };

  async function makeFor(families: readonly Family[]): Promise<Find> {
    const needed = sources ?? await loadSources(families);
    const domains = options.sweep === "all" && await import("./domains.ts");
    return makeFinder({ ...options, ...domains, sources: needed });
  }
}

/** What the sources find in an alert. */
interface ReadResult {
  readonly reading: readonly (SourceReading & Pick<Reader, "paths"> & {
    readonly name: string;
  })[];
  readonly unmet: readonly Source[];
}

function alertReader(
  { sources }: FindOptions,
): (alert: Alert, room: Room) => ReadResult {
  const select = selectorOf(sources);
  const ready = new Map<Source, Reader>();
  return (alert, room) =>
    readWith(alert, {
      room,
      // What it takes is counted when this alert's source takes it. An alert
      // that is in an embedded one in turn is not read.
      readAlert: (embedded) =>
        readWith(embedded, { room: { ...room }, readAlert: () => [] })
          .reading.flatMap(({ findings }) => findings),
    });

  function readWith(alert: Alert, context: Context): ReadResult {
    const { reading, unmet } = select(alert);
    return {
      unmet,
      reading: reading.map((source) => {
        const { read, paths } = readerOf(source);
        return { name: source.name, paths, ...read(alert, context) };
      }),
    };
  }

  function readerOf(source: Source): Reader {
    const made = ready.get(source) ?? readerFor(source);
    ready.set(source, made);
    return made;
  }
}
