/**
 * Finds the IoCs of alerts.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import type { WhyIgnored } from "./ignore.ts";
import {
  type Candidate,
  type Ioc,
  MAX_SPELLINGS,
  type Skipped,
  toIoc,
} from "./ioc.ts";
import { type IocKind, KINDS, MAX_TEXT_LENGTH } from "./kinds.ts";
import { findByName } from "./sources/generic.ts";
import {
  ALL_FAMILIES,
  familiesFor,
  type Family,
  loadSources,
} from "./sources/load.ts";
import {
  type Context,
  readerFor,
  type ReadSource,
  type Room,
  roomForAlert,
} from "./sources/read.ts";
import { MAX_GROUPS, selectorOf } from "./sources/select.ts";
import type { Finding, Source } from "./sources/source.ts";

/** How IoCs are looked for. */
export interface FindOptions {
  readonly sources: readonly Source[];
  /** Which kinds are asked for, where it is not as usual. */
  readonly kinds: Readonly<Partial<Record<IocKind, boolean>>>;
  readonly whyIgnored: WhyIgnored;
  /** Whether alerts that no source reads are searched by names of fields. */
  readonly generic: boolean;
}

/** More IoCs than this in one alert would make a question that OpenCTI refuses. */
const MAX_IOCS = 100;

/** What an alert holds. */
export interface Findings {
  /** The names of the sources that read the alert. */
  readonly sources: readonly string[];
  /** The names of those that find none of their fields in it. */
  readonly emptySources: readonly string[];
  /** The names of those whose conditions alone keep them from it. */
  readonly unmet: readonly string[];
  /** Each IoC once. */
  readonly iocs: readonly Ioc[];
  /** Each text that is not asked for, once for its field and reason. */
  readonly skipped: readonly Skipped[];
  /** How many of these are IoCs that would be too many. */
  readonly tooMany: number;
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
 *   generic: false,
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
    const taken = basketOf(options);
    if (alert.rule.groups.length > MAX_GROUPS) {
      taken.skip({
        text: `${alert.rule.groups.length - MAX_GROUPS} more`,
        field: "rule.groups",
        reason: `only the first ${MAX_GROUPS} groups were read`,
      });
    }
    for (const { findings } of reading) findings.forEach(taken.take);
    return {
      sources: reading.map(({ name }) => name),
      emptySources: reading.filter(({ findings }) => findings.length === 0)
        .map(({ name }) => name),
      unmet: unmet.map(({ name }) => name),
      ...taken.all(),
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
 *   generic: false,
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
    const families = options.generic ? ALL_FAMILIES : familiesFor(alert);
    const key = sources === undefined ? families.join() : "";
    const find = finders.get(key) ?? makeFor(families);
    finders.set(key, find);
    return (await find)(alert);
  };

  async function makeFor(families: readonly Family[]): Promise<Find> {
    const needed = sources ?? await loadSources(families);
    return makeFinder({ ...options, sources: needed });
  }
}

/** Takes findings for IoCs, unless they are none, or are not asked for. */
function basketOf(options: FindOptions): {
  readonly take: (finding: Finding) => void;
  readonly skip: (skipped: Skipped) => void;
  readonly all: () => Pick<Findings, "iocs" | "skipped" | "tooMany">;
} {
  const iocs = new Map<string, Ioc>();
  const skipped = new Map<string, Skipped>();
  let tooMany = 0;
  return {
    take: (finding) => {
      const read = "reason" in finding ? finding : asIoc(finding, options);
      if ("reason" in read) return skip(read);
      const key = `${read.kind} ${read.value}`;
      const known = iocs.get(key);
      if (known !== undefined) iocs.set(key, joined(known, read));
      else if (iocs.size < MAX_IOCS) iocs.set(key, read);
      else {
        tooMany++;
        const reason = `more than ${MAX_IOCS} IoCs in one alert`;
        skip({ text: read.value, field: read.field, reason });
      }
    },
    skip,
    all: () => ({
      iocs: [...iocs.values()],
      skipped: [...skipped.values()],
      tooMany,
    }),
  };

  function skip({ text, field, reason }: Skipped): void {
    // A text of megabytes would take its time as a key.
    const isLong = text.length > MAX_TEXT_LENGTH;
    const start = isLong ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    const key = `${field}\n${reason}\n${text.length}\n${start}`;
    if (!skipped.has(key)) skipped.set(key, { text: start, field, reason });
  }
}

/** An IoC that is found again, perhaps in another spelling. */
function joined(known: Ioc, again: Ioc): Ioc {
  if (again.spellings.every((one) => known.spellings.includes(one))) {
    return known;
  }
  const spellings = [...new Set([...known.spellings, ...again.spellings])];
  return { ...known, spellings: spellings.slice(0, MAX_SPELLINGS) };
}

/** Takes a candidate for an IoC, unless it is none, or is not asked for. */
function asIoc(
  candidate: Candidate,
  { kinds, whyIgnored }: FindOptions,
): Ioc | Skipped {
  const ioc = toIoc(candidate);
  if ("reason" in ioc) return ioc;
  const { text, field } = candidate;
  const port = candidate.port ?? /^[^:]+:(\d{1,5})$/.exec(text)?.[1];
  const reason = kinds[ioc.kind] ?? !KINDS[ioc.kind].isOff
    ? whyIgnored(ioc, port)
    : `kinds.${ioc.kind} is false`;
  return reason === undefined ? ioc : { text, field, reason };
}

/** What the sources find in an alert. */
interface ReadResult {
  readonly reading: readonly {
    readonly name: string;
    readonly findings: readonly Finding[];
  }[];
  readonly unmet: readonly Source[];
}

function alertReader(
  { sources, generic }: FindOptions,
): (alert: Alert, room: Room) => ReadResult {
  const select = selectorOf(sources);
  const ready = new Map<Source, ReadSource>();
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
    const read = reading.map((source) => ({
      name: source.name,
      findings: readerOf(source)(alert, context),
    }));
    return {
      unmet,
      reading: generic && read.length === 0
        ? [{ name: "generic", findings: findByName(alert, sources) }]
        : read,
    };
  }

  function readerOf(source: Source): ReadSource {
    const made = ready.get(source) ?? readerFor(source);
    ready.set(source, made);
    return made;
  }
}
