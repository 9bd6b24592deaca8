/**
 * Compares what a pattern asks for with what the alert says besides IoCs.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import type { Comparison } from "../opencti/pattern.ts";
import {
  type AlertFacts,
  isTransport,
  type TextFact,
  transportOf,
} from "./alert_facts.ts";
import {
  holds,
  isEquality,
  type Plain,
  shortened,
  unknown,
} from "./comparison.ts";
import type { TextTest } from "./text_operators.ts";

/** Compares a text that the alert may have. */
export function compareText(
  comparison: Comparison,
  fact: TextFact,
  { alert, test }: {
    readonly alert: AlertFacts;
    readonly test: TextTest | undefined;
  },
): Plain {
  const texts = alert[fact];
  if (texts.length === 0) return unknown(comparison);
  if (comparison.operator === "EXISTS") return holds(texts);
  if (test === undefined) return unknown(comparison);
  const results = texts.map((text) => test(text));
  const meeting = texts.filter((_, n) => results[n] === true);
  if (meeting.length > 0) return holds(meeting);
  if (results.includes("uncompared")) return unknown(comparison, "uncompared");
  const differs = {
    ...unknown(comparison, { says: shortened(texts) }),
    isOther: true,
  };
  // A request has one method; of all else an alert need not say all.
  return fact === "methods" ? { ...differs, state: "contradicted" } : differs;
}

/** Compares a port. */
export function comparePort(
  comparison: Comparison,
  side: "source" | "destination",
  { sourcePorts, destinationPorts }: AlertFacts,
): Plain {
  const [ports, others] = side === "source"
    ? [sourcePorts, destinationPorts]
    : [destinationPorts, sourcePorts];
  if (ports.length > 0 && comparison.operator === "EXISTS") return holds(ports);
  if (ports.length === 0 || !NUMERIC.has(comparison.operator)) {
    return unknown(comparison);
  }
  const meeting = ports.filter((port) => isNumber(comparison, port));
  if (meeting.length > 0) return holds(meeting);
  const differs = unknown(comparison, { says: ports });
  // Sources of alerts do not agree on which side is which.
  return others.some((port) => isNumber(comparison, port))
    ? differs
    : { ...differs, state: "contradicted" };
}

const NUMERIC: ReadonlySet<string> = new Set([
  "=",
  "!=",
  "IN",
  ">",
  "<",
  ">=",
  "<=",
]);

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

/** What alerts are silent of, but for the kinds of their addresses. */
const LOWER: ReadonlySet<string> = new Set(["ipv4", "ipv6", "ip", "ethernet"]);

/** Compares a protocol, of transport or above. */
export function compareProtocol(
  comparison: Comparison,
  { alert: { transports, applications }, iocs }: {
    readonly alert: AlertFacts;
    readonly iocs: readonly Ioc[];
  },
): Plain {
  if (!isEquality(comparison.operator)) return unknown(comparison);
  const asked = comparison.values.map(({ text }) => transportOf(text));
  const all = [...transports, ...applications];
  const below = iocs.map(({ kind }) => kind);
  const meeting = asked.filter((name) =>
    all.includes(name) || below.some((kind) => kind === name)
  );
  if (meeting.length > 0) return holds(meeting);
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
