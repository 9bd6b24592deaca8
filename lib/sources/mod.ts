/**
 * The sources of events, and the IoCs that they find in an alert.
 *
 * @module
 */
import type { Alert } from "../alert.ts";
import { type Ioc, MAX_SPELLINGS, type PassedOver, toIoc } from "../ioc.ts";
import { audit } from "./audit.ts";
import { fortigate } from "./fortigate.ts";
import { ids } from "./ids.ts";
import { sonicwall } from "./sonicwall.ts";
import type { Source } from "./source.ts";
import { syscheck } from "./syscheck.ts";

/** All sources, in the order they read an alert. */
export const SOURCES: readonly Source[] = [
  syscheck,
  ids,
  audit,
  sonicwall,
  fortigate,
];

/** More IoCs than this in one alert would make a question that OpenCTI refuses. */
const MAX_IOCS = 100;

/** What an alert holds. */
export interface Findings {
  /** The names of the sources that read the alert. */
  readonly sources: readonly string[];
  /** The names of those that find none of their fields in it. */
  readonly emptySources: readonly string[];
  /** Each IoC once. */
  readonly iocs: readonly Ioc[];
  /** Each text that is not asked for. */
  readonly passedOver: readonly PassedOver[];
  /** How many of these are IoCs that would be too many. */
  readonly tooMany: number;
}

/**
 * Finds the IoCs of an alert, with every source that reads it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const { sources, iocs, passedOver } = findIocs(parseAlert(JSON.stringify({
 *   rule: { groups: ["ids"] },
 *   data: { srcip: "10.0.0.1", dstip: "5.6.7.8" },
 * })));
 * assertEquals(sources, ["ids"]);
 * assertEquals(iocs.map(({ value }) => value), ["5.6.7.8"]);
 * assertEquals(passedOver.map(({ text }) => text), ["10.0.0.1"]);
 * ```
 */
export function findIocs(alert: Alert): Findings {
  const readers = SOURCES.filter((source) => source.isFor(alert))
    .map((source) => ({ name: source.name, findings: source.find(alert) }));
  const iocs = new Map<string, Ioc>();
  const passedOver: PassedOver[] = [];
  let tooMany = 0;
  for (const finding of readers.flatMap(({ findings }) => findings)) {
    const read = "reason" in finding ? finding : toIoc(finding);
    if ("reason" in read) {
      passedOver.push(read);
      continue;
    }
    const key = `${read.kind} ${read.value}`;
    const known = iocs.get(key);
    if (known !== undefined) {
      const spellings = new Set([...known.spellings, ...read.spellings]);
      iocs.set(key, {
        ...known,
        spellings: [...spellings].slice(0, MAX_SPELLINGS),
      });
    } else if (iocs.size < MAX_IOCS) {
      iocs.set(key, read);
    } else {
      tooMany++;
      passedOver.push({
        text: read.value,
        field: read.field,
        reason: `more than ${MAX_IOCS} IoCs in one alert`,
      });
    }
  }
  return {
    sources: readers.map(({ name }) => name),
    emptySources: readers.filter(({ findings }) => findings.length === 0)
      .map(({ name }) => name),
    iocs: [...iocs.values()],
    passedOver,
    tooMany,
  };
}
