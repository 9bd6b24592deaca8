/**
 * Collects the IoCs of an alert from what its sources and the sweep find: each
 * once, and what is skipped with its reason.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import { tunnelledIpv4 } from "./addresses.ts";
import type { WhyIgnored } from "./ignore.ts";
import {
  type Candidate,
  type Ioc,
  MAX_SPELLINGS,
  type Skipped,
  toIoc,
} from "./ioc.ts";
import {
  hostOf,
  type IocKind,
  KINDS,
  MAX_TEXT_LENGTH,
  normalize,
  type NormalValue,
} from "./kinds.ts";
import type { WhyOwn } from "./own.ts";
import type { Finding } from "./sources/source.ts";
import type { Swept } from "./sweep.ts";
import { addressesIn } from "./tokens.ts";

/** More IoCs than this in one alert would make a question that OpenCTI refuses. */
const MAX_IOCS = 100;

/** What is asked for. */
export interface CollectOptions {
  /** Which kinds are asked for, where it is not as usual. */
  readonly kinds: Readonly<Partial<Record<IocKind, boolean>>>;
  readonly whyIgnored: WhyIgnored;
  readonly whyOwn: WhyOwn;
}

/** What was collected. */
export interface Collected {
  /** Each IoC once. */
  readonly iocs: readonly Ioc[];
  /** Each text that is not asked for, once for its field and reason. */
  readonly skipped: readonly Skipped[];
  /** How many of these are IoCs that would be too many. */
  readonly tooMany: number;
}

/** Takes findings for IoCs, unless they are none, or are not asked for. */
export interface Collector {
  readonly take: (finding: Finding, source: string) => void;
  readonly takeSwept: (sweepWith: SweepWith) => void;
  readonly skip: (skipped: Skipped) => void;
  readonly all: () => Collected;
}

/** Sweeps an alert for what the sources have neither taken nor skipped. */
type SweepWith = (
  isSettled: (text: string) => boolean,
) => readonly (Swept | Skipped)[];

/** Makes what collects the IoCs of one alert. */
export function collectorFor(
  alert: Alert,
  options: CollectOptions,
): Collector {
  const iocs = new Map<string, Ioc>();
  const skipped = new Map<string, Skipped>();
  const tooMany = new Set<string>();
  return { take, takeSwept, skip, all };

  function take(finding: Finding, source: string): void {
    if ("reason" in finding) return skip(finding);
    for (const reading of readingsOf(wholeIn(alert, finding))) {
      const read = unlessIgnored(reading, options);
      if ("reason" in read) skip(read);
      else put({ ...read, source });
    }
  }

  function put(ioc: Ioc): void {
    const key = `${ioc.kind} ${ioc.value}`;
    const known = iocs.get(key);
    if (known !== undefined) iocs.set(key, joined(known, ioc));
    else if (iocs.size < MAX_IOCS) iocs.set(key, ioc);
    else {
      tooMany.add(key);
      const reason = `more than ${MAX_IOCS} IoCs in one alert`;
      skip({ text: ioc.value, field: ioc.field, reason });
    }
  }

  /** What the sources skip is not taken from elsewhere either. */
  function takeSwept(sweepWith: SweepWith): void {
    const settled = new Set<string>();
    for (const { value } of iocs.values()) settled.add(value);
    for (const { text } of skipped.values()) settled.add(text);
    const found = sweepWith((text) => settled.has(text));
    const own: Skipped[] = [];
    for (const one of found) {
      if (!("reason" in one)) continue;
      // Nobody asks why a field that is named the network's own is none.
      if (one.isOwn) own.push(one);
      else if (!one.isLink) skip(one);
    }
    let values: ReadonlySet<string> | undefined;
    const isKnown = (value: string): boolean =>
      (values ??= new Set([...own, ...skipped.values()].flatMap(valuesOf)))
        .has(value);
    for (const one of found) {
      if ("reason" in one) continue;
      // Any resolver that an alert names is one that was asked.
      const candidate = { ...wholeIn(alert, one), port: "53" };
      for (const reading of readingsOf(candidate)) takeReading(reading, one);
    }
    // A link stands in a field, and in the log again: it is named once.
    const links = new Set<string>();
    for (const one of found) {
      if (!("reason" in one) || !one.isLink) continue;
      const { value = one.text } = normalize("url", one.text) ?? {};
      if (links.has(value)) continue;
      links.add(value);
      if (!iocs.has(`url ${value}`) && !isKnown(value)) skip(one);
    }

    function takeReading(reading: Reading, one: Swept): void {
      const read = unlessIgnored(reading, options);
      if ("reason" in read) {
        if (!settled.has(read.text) && !valuesOf(read).some(isKnown)) {
          skip(read);
        }
        return;
      }
      const { kind, value, spellings, field } = read;
      const { source, isUnsure } = one;
      if (
        iocs.has(`${kind} ${value}`) ||
        !one.isOfCommand && valuesIn(read).some(isKnown)
      ) return;
      put({
        kind,
        value,
        spellings,
        field,
        source,
        ...isUnsure ? { isUnsure } : {},
      });
    }
  }

  function skip({ text, field, reason }: Skipped): void {
    // A text of megabytes would take its time as a key.
    const isLong = text.length > MAX_TEXT_LENGTH;
    const start = isLong ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    const key = `${field}\n${reason}\n${text.length}\n${start}`;
    if (!skipped.has(key)) skipped.set(key, { text: start, field, reason });
  }

  function all(): Collected {
    return {
      iocs: [...iocs.values()],
      skipped: [...skipped.values()],
      tooMany: tooMany.size,
    };
  }
}

/** The values that a skipped text may stand for. */
function valuesOf({ text }: Skipped): readonly string[] {
  return (["url", "email", "hostname", "hash"] as const).flatMap((kind) => {
    const value = normalize(kind, text);
    return value === undefined ? [] : valuesIn(value);
  });
}

/** A value, and the host in it. */
function valuesIn(value: NormalValue): readonly string[] {
  const host = hostOf(value);
  return host ? [value.value, host.value] : [value.value];
}

/** An IoC that is found again, perhaps in another spelling. */
function joined(known: Ioc, again: Ioc): Ioc {
  if (again.spellings.every((one) => known.spellings.includes(one))) {
    return known;
  }
  const spellings = [...new Set([...known.spellings, ...again.spellings])];
  return { ...known, spellings: spellings.slice(0, MAX_SPELLINGS) };
}

/** What a candidate is. */
interface Reading {
  readonly candidate: Candidate;
  readonly ioc: Ioc | Skipped;
}

/** What is read, unless it is no IoC, or is not asked for. */
function unlessIgnored(
  { candidate, ioc }: Reading,
  { kinds, whyIgnored, whyOwn }: CollectOptions,
): Ioc | Skipped {
  if ("reason" in ioc) return ioc;
  const { text, field } = candidate;
  const port = candidate.port ?? /^[^:]+:(\d{1,5})$/.exec(text)?.[1];
  const reason = kinds[ioc.kind] ?? !KINDS[ioc.kind].isOff
    ? whyIgnored(ioc, port) ?? whyOwn(ioc, candidate)
    : `kinds.${ioc.kind} is false`;
  return reason === undefined ? ioc : { text, field, reason };
}

/**
 * A candidate, or those that a list in its field has; and the address behind one
 * that a tunnel made.
 */
function readingsOf(candidate: Candidate): readonly Reading[] {
  const { kind, text } = candidate;
  const ioc = toIoc(candidate);
  if (!("reason" in ioc)) {
    const behind = ioc.kind === "ipv6" ? tunnelledIpv4(ioc.value) : undefined;
    return [{ candidate, ioc }, ...behind === undefined ? [] : [read(behind)]];
  }
  const isListed = kind === "address" || kind === "host";
  const hosts = kind === "host" && text.length <= MAX_TEXT_LENGTH &&
      /[,;|]/.test(text)
    ? text.split(/[\s,;|]+/).filter((one) => normalize("host", one))
    : [];
  const listed = hosts.length > 0 || !isListed || text.length > MAX_TEXT_LENGTH
    ? hosts
    : addressesIn(text).map(({ text }) => text);
  return listed.length === 0
    ? [{ candidate, ioc }]
    : listed.slice(0, MAX_LISTED).map(read);

  function read(text: string): Reading {
    const one = { ...candidate, text };
    return { candidate: one, ioc: toIoc(one) };
  }
}

/** No more values are read of a list in one field. */
const MAX_LISTED = 50;

/**
 * An address that a decoder cut off, whole: where the log has it only with more
 * digits, these are meant. A port may follow an IPv6 address behind a colon: of
 * one, only the last group is made whole.
 */
function wholeIn(
  { full_log: log }: Alert,
  candidate: Candidate,
): Candidate {
  const { kind, text, field } = candidate;
  if (
    log === undefined || kind !== "address" && kind !== "host" ||
    !field.startsWith("data.") ||
    !/^(?:\d{1,3}(?:\.\d{1,3}){2,3}|[\da-f]{0,4}:[\da-f:]{1,36}[\d.]{0,16})$/i
      .test(text)
  ) return candidate;
  const digit = text.includes(":") ? /[\da-f.]/i : /[\d.]/;
  let whole: string | undefined;
  let at = log.indexOf(text);
  for (let n = 0; at !== -1 && n < MAX_OCCURRENCES; n++) {
    let start = at;
    let end = at + text.length;
    while (digit.test(log.charAt(start - 1)) && at - start < 16) start--;
    while (digit.test(log.charAt(end)) && end - start < MAX_ADDRESS) end++;
    const found = log.slice(start, end).replace(/^\.+|\.+$/g, "");
    if (found === text) return candidate;
    if (normalize("address", found) !== undefined) whole ??= found;
    at = log.indexOf(text, at + 1);
  }
  return whole === undefined ? candidate : { ...candidate, text: whole };
}

/** No address is longer. */
const MAX_ADDRESS = 45;

/** So often is an address looked for in a log. */
const MAX_OCCURRENCES = 20;
