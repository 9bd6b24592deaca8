/**
 * Compares what a STIX comparison asks for with what the alert says.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import { KINDS, normalize, type TextKind } from "../alert/kinds.ts";
import type { Comparison, Literal } from "../opencti/pattern.ts";
import type { Compare, Unmet, Verdict } from "./evaluate.ts";
import type { Known, Lookup } from "./known.ts";
import { type Role, type Subject, subjectOf } from "./subject.ts";
import { isTransport, type Traffic, transportOf } from "./traffic.ts";

/** What comparisons are compared with. */
export interface Facts {
  readonly iocs: readonly Ioc[];
  readonly lookup: Lookup;
  readonly traffic: Traffic;
}

/**
 * Makes what compares with an alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert/alert.ts";
 * import { lookupAmong } from "./known.ts";
 * import { trafficOf } from "./traffic.ts";
 *
 * const iocs = [{ kind: "ipv4", value: "1.2.3.4", spellings: [], field: "f" }] as const;
 * const compare = compareWith({
 *   iocs,
 *   lookup: lookupAmong(iocs, {
 *     networks: "narrow",
 *     url_case: true,
 *     parents: [],
 *   }),
 *   traffic: trafficOf(parseAlert('{"data": {"dstport": "8443"}}')),
 * });
 * const comparison = {
 *   type: "comparison",
 *   path: "network-traffic:dst_port",
 *   operator: "=",
 *   isNegated: false,
 *   values: [{ type: "bare", text: "443" }],
 * } as const;
 * assertEquals(compare(comparison), {
 *   state: "contradicted",
 *   unmet: [{
 *     comparison: "network-traffic:dst_port = 443",
 *     alert: { says: ["8443"] },
 *   }],
 * });
 * ```
 */
export function compareWith(facts: Facts): Compare {
  return (comparison) => {
    const verdict = compareOne(comparison, facts);
    return comparison.isNegated !== (comparison.operator === "!=")
      ? negated(verdict, comparison)
      : verdict;
  };
}

/** A verdict, before it is turned round; and what that makes of the unknown. */
type Plain = Verdict & {
  /** Whether the alert has a value of this kind, and it is another. */
  readonly isOther?: boolean;
};

function negated(
  { state, isOther, unmet: [first] }: Plain,
  comparison: Comparison,
): Verdict {
  const says = {
    comparison: textOf(comparison),
    alert: first?.alert ?? "silent",
  } as const;
  if (state === "holds") {
    const { values: [value] } = comparison;
    return {
      state: "contradicted",
      unmet: [{ ...says, alert: { says: value ? [value.text] : [] } }],
    };
  }
  return state === "contradicted" || isOther === true
    ? { state: "holds", unmet: [] }
    : { state: "unknown", unmet: [says] };
}

function compareOne(comparison: Comparison, facts: Facts): Plain {
  const subject = subjectOf(comparison.path);
  switch (subject?.type) {
    case "value":
      return compareValue(comparison, subject, facts);
    case "port":
      return comparePort(comparison, subject.side, facts.traffic);
    case "protocol":
      return compareProtocol(comparison, facts.traffic);
    case "method":
      return compareMethod(comparison, facts.traffic);
    case undefined:
      return unknown(comparison);
  }
}

function unknown(
  comparison: Comparison,
  alert: Unmet["alert"] = "silent",
): Plain {
  return {
    state: "unknown",
    unmet: [{ comparison: textOf(comparison), alert }],
  };
}

const EQUALS: ReadonlySet<string> = new Set(["=", "!=", "IN"]);

function compareValue(
  comparison: Comparison,
  { kinds, role }: Extract<Subject, { type: "value" }>,
  { iocs, lookup }: Facts,
): Plain {
  const { operator, values } = comparison;
  if (!EQUALS.has(operator) && operator !== "ISSUBSET") {
    return unknown(comparison);
  }
  for (const literal of values.filter(({ type }) => type === "string")) {
    const text = role === "host_header"
      ? withoutPort(literal.text)
      : literal.text;
    for (const kind of kinds) {
      const known = lookup(kind, text);
      if (known === undefined) continue;
      const matched = textOf(comparison, literal);
      const alert = doubtOf(known, { kind, role });
      const met = { ...known, matched };
      return alert === undefined
        ? { state: "holds", met, unmet: [] }
        : { state: "partly", met, unmet: [{ comparison: matched, alert }] };
    }
  }
  const asked = new Set(
    values.flatMap(({ text }) =>
      kinds.map((kind) => normalize(kind, text)?.kind)
    ),
  );
  const others = iocs.filter(({ kind }) => asked.has(kind));
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

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, "");
}

/** Why a value that is ours may still not be what is asked for. */
function doubtOf(
  { ioc, parent, isOtherCase }: Known,
  { kind, role }: { readonly kind: TextKind; readonly role?: Role | undefined },
): Unmet["alert"] | undefined {
  if (parent !== undefined) return "below";
  if (isOtherCase) return "other_case";
  if (role !== undefined) {
    return ROLES[role]?.test(ioc.field) ? undefined : "role";
  }
  // domain-name:value = '1.2.3.4'
  const isItsPlace = KINDS[ioc.kind].textKind === kind ||
    kind === "host" && ioc.kind === "domain" ||
    kind === "hostname" && ioc.kind === "domain" || kind === "hash";
  return isItsPlace ? undefined : "role";
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

function comparePort(
  comparison: Comparison,
  side: "source" | "destination",
  { sourcePorts, destinationPorts }: Traffic,
): Plain {
  const [ports, others] = side === "source"
    ? [sourcePorts, destinationPorts]
    : [destinationPorts, sourcePorts];
  if (ports.length === 0 || !NUMERIC.has(comparison.operator)) {
    return unknown(comparison);
  }
  if (ports.some((port) => isNumber(comparison, port))) return HOLDS;
  const differs = unknown(comparison, { says: ports });
  // Sources of alerts do not agree on which side is which.
  return others.some((port) => isNumber(comparison, port))
    ? differs
    : { ...differs, state: "contradicted" };
}

const NUMERIC: ReadonlySet<string> = new Set([...EQUALS, ">", "<", ">=", "<="]);

const HOLDS: Plain = { state: "holds", unmet: [] };

function isNumber({ operator, values }: Comparison, text: string): boolean {
  const number = Number(text);
  return values.some((literal) => {
    const asked = Number(literal.text);
    switch (operator) {
      case "=":
      case "!=":
      case "IN":
        return number === asked;
      case ">":
        return number > asked;
      case "<":
        return number < asked;
      case ">=":
        return number >= asked;
      default:
        return number <= asked;
    }
  });
}

/** What is spoken in one and the same connection. */
const WEB: ReadonlySet<string> = new Set([
  "http",
  "https",
  "ssl",
  "tls",
  "quic",
]);

/** What alerts are silent of. */
const LOWER: ReadonlySet<string> = new Set(["ipv4", "ipv6", "ip", "ethernet"]);

function compareProtocol(
  comparison: Comparison,
  { transports, applications }: Traffic,
): Plain {
  if (!EQUALS.has(comparison.operator)) return unknown(comparison);
  const asked = comparison.values.map(({ text }) => transportOf(text));
  const all = [...transports, ...applications];
  if (asked.some((name) => all.includes(name))) return HOLDS;
  const isContradicted = asked.length > 0 &&
    asked.every((name) =>
      isTransport(name)
        ? transports.length > 0
        : !LOWER.has(name) && applications.length > 0 &&
          !(WEB.has(name) && applications.some((one) => WEB.has(one)))
    );
  const differs = unknown(
    comparison,
    all.length > 0 ? { says: all } : "silent",
  );
  return isContradicted ? { ...differs, state: "contradicted" } : differs;
}

function compareMethod(comparison: Comparison, { methods }: Traffic): Plain {
  if (!EQUALS.has(comparison.operator) || methods.length === 0) {
    return unknown(comparison);
  }
  return comparison.values.some(({ text }) =>
      methods.includes(text.toUpperCase())
    )
    ? HOLDS
    : { ...unknown(comparison, { says: methods }), state: "contradicted" };
}

/** A comparison as it is written, or one of its values alone. */
function textOf(comparison: Comparison, literal?: Literal): string {
  const { path, operator, isNegated, values } = comparison;
  const not = isNegated ? "NOT " : "";
  if (operator === "EXISTS") return `${not}EXISTS ${path}`;
  const [first] = values;
  const one = literal ?? (values.length === 1 ? first : undefined);
  return one === undefined
    ? `${path} ${not}${operator} (${
      values.slice(0, 3).map(written).join(", ")
    }${values.length > 3 ? ", …" : ""})`
    : `${path} ${not}${operator === "IN" ? "=" : operator} ${written(one)}`;
}

function written({ type, text }: Literal): string {
  const short = text.length > MAX_WRITTEN
    ? `${text.slice(0, MAX_WRITTEN)}…`
    : text;
  return type === "bare" ? short : `'${short.replace(/[\\']/g, "\\$&")}'`;
}

/** Of a long value no more is said. */
const MAX_WRITTEN = 500;
