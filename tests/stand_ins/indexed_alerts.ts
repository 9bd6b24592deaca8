/**
 * Alerts as they are in Wazuh's index: what analysisd makes of our events, and
 * Filebeat sends.
 *
 * @module
 */
import { startAnalysisd } from "./analysisd.ts";

/** An event in the queue. */
export interface Sent {
  /** As `(web01) 10.0.0.21->opencti`. */
  readonly location: string;
  readonly event: unknown;
}

/** The alerts that events become, one a minute. */
export function indexedAlerts(
  events: readonly Sent[],
  rulesXml: string,
): readonly unknown[] {
  const analysisd = startAnalysisd(rulesXml);
  const start = Date.parse("2026-11-24T04:00:00.000Z");
  return events.flatMap(({ location, event }, n) => {
    const rule = analysisd.receive({ location, event, at: 60 * n });
    if (rule === undefined) return [];
    const { id, level, description, groups } = rule;
    const at = start + 60_000 * n;
    const [, name] = /^\(([^)]*)\) /.exec(location) ?? [];
    return [{
      timestamp: new Date(at).toISOString().replace("Z", "+0000"),
      rule: { id, level, description, groups, firedtimes: 1, mail: false },
      agent: name === undefined
        ? { id: "000", name: "manager" }
        : { id: "001", name },
      manager: { name: "manager" },
      id: `${at / 1000}.${n}`,
      decoder: { name: "json" },
      data: asTexts(event),
      // W_JSON_ParseLocation(): what is after the first ">".
      location: location.replace(/^\([^>]*>/, ""),
    }];
  });
}

/** analysisd makes a text of each value. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, asTexts(one)]),
  );
}
