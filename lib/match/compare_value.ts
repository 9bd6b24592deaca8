/**
 * Compares a value that a pattern asks for with the IoCs of the alert.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import { KINDS, normalize, TEXT_KINDS, type TextKind } from "../alert/kinds.ts";
import type { Comparison } from "../opencti/pattern.ts";
import { networkOf } from "../opencti/networks.ts";
import type { AlertFacts } from "./alert_facts.ts";
import {
  holds,
  isEquality,
  type Plain,
  textOf,
  unknown,
} from "./comparison.ts";
import type { Unmet } from "./evaluate.ts";
import type { Known, Lookup } from "./known.ts";
import type { Role, Subject } from "./subject.ts";
import type { TextTest } from "./text_operators.ts";

/** What values are compared with. */
export interface ValueOptions {
  readonly iocs: readonly Ioc[];
  readonly lookup: Lookup;
  /** Whether it matters in which case a URL's path is written. */
  readonly url_case: boolean;
  readonly test: TextTest | undefined;
  /** The spellings of an IoC that OpenCTI may have. */
  readonly spell: (ioc: Ioc) => readonly string[];
  readonly alert: Pick<AlertFacts, "fieldsOf">;
}

/** An IoC, as what it was read, and the comparison that it met. */
interface Found {
  readonly known: Known;
  readonly kind: TextKind;
  readonly matched: string;
}

/** Compares a value: what is met without a doubt goes before what is not. */
export function compareValue(
  comparison: Comparison,
  { kinds, role }: ValueSubject,
  options: ValueOptions,
): Plain {
  let partly: Plain | undefined;
  let isUncompared = false;
  for (const found of find(comparison, { ...options, kinds, role })) {
    if (found === "uncompared") {
      isUncompared = true;
      continue;
    }
    const { known, kind, matched } = found;
    const alert = doubtOf(known, { ...options, kind, role });
    const met = { ...known, matched };
    if (alert === undefined) return { state: "holds", met, unmet: [] };
    const unmet = [{ comparison: matched, alert }];
    partly ??= { state: "partly", met, unmet };
  }
  if (partly !== undefined) return partly;
  return isUncompared
    ? unknown(comparison, "uncompared")
    : compareBesides(comparison, { ...options, kinds, role });
}

/** Compares a value that is none of the IoCs. */
function compareBesides(comparison: Comparison, options: FindOptions): Plain {
  const said = saidBesides(comparison, options);
  if (said !== undefined) return said;
  const others = othersThan(comparison, options);
  if (comparison.operator === "EXISTS" && others.length > 0) {
    return holds(others.map(({ value }) => value));
  }
  // Of a host there are many, of a file one hash of each kind.
  const isHash = others.some(({ kind }) => KINDS[kind].filterKey !== "value");
  return {
    ...unknown(
      comparison,
      isHash ? { says: others.map(({ value }) => value) } : "silent",
    ),
    isOther: others.length > 0,
  };
}

/** Compares the type of what a reference leads to. */
export function compareType(
  comparison: Comparison,
  role: Role,
  { iocs, alert }: Pick<ValueOptions, "iocs" | "alert">,
): Plain {
  const there = iocs.filter((ioc) => hasRole(fieldsOf(ioc, alert), role))
    .flatMap(({ kind }) => KINDS[kind].stixPaths)
    .map((path) => path.slice(0, path.indexOf(":")));
  const meeting = comparison.values.map(({ text }) => text)
    .filter((text) => there.includes(text));
  return isEquality(comparison.operator) && meeting.length > 0
    ? holds(meeting)
    : unknown(comparison);
}

type ValueSubject = Extract<Subject, { type: "value" }>;

type FindOptions = ValueOptions & Omit<ValueSubject, "type">;

function find(
  comparison: Comparison,
  options: FindOptions,
): Iterable<Found | "uncompared"> {
  const { operator } = comparison;
  if (isEquality(operator) || operator === "ISSUBSET") {
    return findByLookup(comparison, options);
  }
  return operator === "LIKE" || operator === "MATCHES"
    ? findByTest(comparison, options)
    : [];
}

function* findByLookup(
  comparison: Comparison,
  { kinds, role, lookup }: FindOptions,
): Generator<Found> {
  const literals = comparison.values.filter(({ type }) => type === "string");
  for (const literal of literals) {
    const text = role === "host_header"
      ? literal.text.replace(/:\d{1,5}$/, "")
      : literal.text;
    for (const kind of kinds) {
      const known = lookup(kind, text);
      if (known !== undefined) {
        yield { known, kind, matched: textOf(comparison, literal) };
      }
    }
  }
}

/** Compares each spelling that OpenCTI may have of each IoC. */
function* findByTest(
  comparison: Comparison,
  { kinds, iocs, test, spell, url_case }: FindOptions,
): Generator<Found | "uncompared"> {
  const matched = textOf(comparison);
  for (const ioc of iocs) {
    const kind = kindAmong(kinds, ioc);
    if (kind === undefined) continue;
    const hasCase = ioc.kind === "url" && url_case;
    for (const isCaseKept of hasCase ? [true, false] : [false]) {
      const results = spell(ioc).map((text) => test?.(text, { isCaseKept }));
      if (results.includes("uncompared")) yield "uncompared";
      if (!results.includes(true)) continue;
      const known = hasCase && !isCaseKept
        ? { ioc, isOtherCase: true }
        : { ioc };
      yield { known, kind, matched };
      break;
    }
  }
}

/**
 * What is asked for and the alert says, though it is no IoC: a private address, a
 * name that is not looked up.
 */
function saidBesides(
  comparison: Comparison,
  { kinds, role, alert }: FindOptions,
): Plain | undefined {
  if (!isEquality(comparison.operator)) return undefined;
  const said = comparison.values.filter(({ type }) => type === "string")
    .map(({ text }) => ({
      text,
      fields: [
        text,
        ...kinds.flatMap((kind) => normalize(kind, text)?.value ?? []),
      ]
        .flatMap(alert.fieldsOf),
    })).filter(({ fields }) => fields.length > 0);
  if (said.length === 0) return undefined;
  const inRole = said.filter(({ fields }) => hasRole(fields, role));
  return inRole.length > 0
    ? holds(inRole.map(({ text }) => text))
    : unknown(comparison, "role");
}

/** Where an alert has an IoC: it may be there more than once. */
function fieldsOf(
  { field, value }: Ioc,
  alert: ValueOptions["alert"],
): readonly string[] {
  return [field, ...alert.fieldsOf(value)];
}

/** Whether a field says that what stands there has a role. */
function hasRole(fields: readonly string[], role: Role | undefined): boolean {
  return role === undefined || fields.some((field) => ROLES[role]?.test(field));
}

/** IoCs that the comparison could be about, and that are not what it asks for. */
function othersThan(
  { operator, values }: Comparison,
  { kinds, iocs }: Pick<FindOptions, "kinds" | "iocs">,
): readonly Ioc[] {
  const isOfKind = isEquality(operator) || operator === "ISSUBSET";
  const asked = new Set(
    isOfKind
      ? values.flatMap(({ text }) => [
        networkOf(text)?.kind,
        ...kinds.map((kind) => normalize(kind, text)?.kind),
      ])
      : iocs.filter((ioc) => isItsPlace(ioc, kindAmong(kinds, ioc)))
        .map(({ kind }) => kind),
  );
  return iocs.filter(({ kind }) => asked.has(kind));
}

/** As what of these an IoC can be read. */
function kindAmong(
  kinds: readonly TextKind[],
  { kind }: Ioc,
): TextKind | undefined {
  return kinds.find((one) => TEXT_KINDS[one].kinds.includes(kind));
}

/** Why a value that is ours may still not be what is asked for. */
function doubtOf(
  { ioc, parent, isOtherCase }: Known,
  { kind, role, alert }: Pick<ValueOptions, "alert"> & {
    readonly kind: TextKind;
    readonly role?: Role | undefined;
  },
): Unmet["alert"] | undefined {
  if (parent !== undefined) return "below";
  if (isOtherCase) return "other_case";
  if (role !== undefined) {
    return hasRole(fieldsOf(ioc, alert), role) ? undefined : "role";
  }
  return isItsPlace(ioc, kind) ? undefined : "role";
}

/** Whether a value of this kind stands where it should: no address as a name. */
function isItsPlace(ioc: Ioc, kind: TextKind | undefined): boolean {
  return KINDS[ioc.kind].textKind === kind ||
    kind === "host" && ioc.kind === "domain" ||
    kind === "hostname" && ioc.kind === "domain" || kind === "hash";
}

/** The fields of alerts that say in which role a value stands. */
const ROLES: Readonly<Partial<Record<Role, RegExp>>> = {
  source: /(?:^|[._])(?:src|source|client|attacker)/i,
  destination: /(?:^|[._])(?:dst|dest|destination|remote)/i,
  sender: /(?:^|[._])(?:mail_?)?(?:from|p\d?sender|sender)(?:$|[._])/i,
  recipient: /(?:^|[._])(?:rcpt|to|recipients?)(?:$|[._[])/i,
  resolved: /(?:^|[._])(?:answers?|rdata|queryresults|grouped)(?:$|[._[])/i,
  host_header: /http.*host|(?:^|[._])(?:host_header|cs_host|vhost)$/i,
};
