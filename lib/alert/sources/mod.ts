/**
 * The sources of events, and the IoCs that they find in an alert.
 *
 * @module
 */
import { type Alert, alertAt } from "../alert.ts";
import { DEFAULT_IGNORE, readIgnoreLists, type WhyIgnored } from "../ignore.ts";
import {
  type Candidate,
  type Ioc,
  MAX_SPELLINGS,
  type Skipped,
  toIoc,
} from "../ioc.ts";
import { type IocKind, KINDS, MAX_TEXT_LENGTH } from "../kinds.ts";
import { CLOUD } from "./cloud.ts";
import { findByName } from "./generic.ts";
import { HOSTS } from "./hosts.ts";
import { NETWORK } from "./network.ts";
import {
  type Finding,
  isFor,
  isNamed,
  MAX_GROUPS,
  type ReadAlert,
  readSource,
  type Room,
  roomForAlert,
  type Source,
} from "./source.ts";
import { WEB } from "./web.ts";

/** Wazuh's answers to alerts, and the alerts that they answer. */
const ACTIVE_RESPONSE: Source = {
  name: "active_response",
  groups: ["active_response"],
  decoders: ["ar_log_json"],
  fields: [{ path: "data.srcip", kind: "address" }],
  find: {
    takes: "what the alert in `data.parameters.alert` holds",
    in: findInEmbedded,
  },
};

/** All sources that are built in, in the order they read an alert. */
export const SOURCES: readonly Source[] = [
  ...HOSTS,
  ...NETWORK,
  ...WEB,
  ...CLOUD,
  ACTIVE_RESPONSE,
];

/** How IoCs are looked for. */
export interface FindOptions {
  readonly sources: readonly Source[];
  /** Which kinds are asked for, where it is not as usual. */
  readonly kinds: Readonly<Partial<Record<IocKind, boolean>>>;
  readonly whyIgnored: WhyIgnored;
  /** Whether alerts that no source reads are searched by names of fields. */
  readonly generic: boolean;
}

/** How IoCs are looked for without a configuration. */
export function findDefaults(): FindOptions {
  return {
    sources: SOURCES,
    kinds: {},
    generic: false,
    ...readIgnoreLists(DEFAULT_IGNORE, { baseUrl: "", readFile: () => "" }),
  };
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

/**
 * Finds the IoCs of an alert, with every source that reads it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const { sources, iocs, skipped } = findIocs(parseAlert(JSON.stringify({
 *   rule: { groups: ["fortigate"] },
 *   data: { srcip: "10.0.0.1", dstip: "5.6.7.8" },
 * })));
 * assertEquals(sources, ["fortigate"]);
 * assertEquals(iocs.map(({ value }) => value), ["5.6.7.8"]);
 * assertEquals(skipped.map(({ text }) => text), ["10.0.0.1"]);
 * ```
 */
export function findIocs(
  alert: Alert,
  options: FindOptions = findDefaults(),
): Findings {
  const readers = readersOf(alert, { ...options, room: roomForAlert() });
  const iocs = new Map<string, Ioc>();
  const skipped = new Map<string, Skipped>();
  const skip = ({ text, field, reason }: Skipped) => {
    // A text of megabytes would take its time as a key.
    const start = text.slice(0, MAX_TEXT_LENGTH);
    const key = [field, reason, text.length, start].join("\n");
    skipped.set(key, {
      text: start.length < text.length ? `${start}…` : text,
      field,
      reason,
    });
  };
  if (alert.rule.groups.length > MAX_GROUPS) {
    skip({
      text: `${alert.rule.groups.length - MAX_GROUPS} more`,
      field: "rule.groups",
      reason: `only the first ${MAX_GROUPS} groups were read`,
    });
  }
  let tooMany = 0;
  for (const finding of readers.flatMap(({ findings }) => findings)) {
    const read = "reason" in finding ? finding : take(finding, options);
    if ("reason" in read) {
      skip(read);
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
      skip({
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
    unmet: options.sources.filter((source) =>
      source.when !== undefined && isNamed(source, alert) &&
      !readers.some(({ name }) => name === source.name)
    ).map(({ name }) => name),
    iocs: [...iocs.values()],
    skipped: [...skipped.values()],
    tooMany,
  };
}

/** A source, and what it finds in an alert. */
interface Reader {
  readonly name: string;
  readonly findings: readonly Finding[];
}

function readersOf(
  alert: Alert,
  { sources, generic, room }: Pick<FindOptions, "sources" | "generic"> & {
    readonly room: Room;
  },
): readonly Reader[] {
  // What is in an embedded alert in turn is left alone.
  const readAlert = (embedded: Alert) =>
    readersOf(embedded, {
      sources: sources.filter(({ find }) => find?.in !== findInEmbedded),
      generic,
      // What it takes is counted when this alert's source takes it.
      room: { ...room },
    }).flatMap(({ findings }) => findings);
  const readers = sources.filter((source) => isFor(source, alert))
    .map((source) => ({
      name: source.name,
      findings: readSource(source, alert, { readAlert, room }),
    }));
  return generic && readers.length === 0
    ? [{ name: "generic", findings: findByName(alert, sources) }]
    : readers;
}

/** Takes a candidate for an IoC, unless it is none, or is not asked for. */
function take(
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

function findInEmbedded(
  alert: Alert,
  readAlert: ReadAlert,
): readonly Finding[] {
  const path = "data.parameters.alert";
  const embedded = alertAt(alert, path);
  return embedded === undefined ? [] : readAlert(embedded)
    .map((finding) => ({ ...finding, field: `${path}.${finding.field}` }));
}
