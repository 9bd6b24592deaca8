/**
 * Events of matches, as the program makes and sends them.
 *
 * @module
 */
import * as v from "valibot";
import { parseAlert } from "../../lib/alert/alert.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { encodeEvent } from "../../lib/wazuh/encode.ts";
import { type Event } from "../../lib/wazuh/event.ts";
import { matchEvent } from "../../lib/wazuh/match_event.ts";
import type { Match } from "../../lib/match/match.ts";
import { Indicator, Observable } from "../../lib/opencti/schema.ts";

/** What is compared by, where a test does not care. */
export const MATCHING = {
  ...DEFAULTS,
  alert: parseAlert("{}"),
  parents: [],
  page: 1,
  now: new Date("2026-06-01T00:00:00Z"),
} as const;

/** A match of the IoC and the agent that are named. */
export interface MatchFacts {
  readonly type?: Match["type"];
  readonly agent?: string;
  readonly value?: string;
  /** Fields of the indicator that matter, by OpenCTI's names. */
  readonly indicator?: Readonly<Record<string, unknown>>;
  /** What the alert says, besides its agent. */
  readonly alert?: Readonly<Record<string, unknown>>;
}

/** The event of a match, read back from what is sent. */
export function sentMatch(
  {
    type = "indicator_pattern_match",
    agent = "001",
    value = "1.2.3.4",
    indicator: fields = {},
    alert = {},
  }: MatchFacts,
): unknown {
  const indicator = v.parse(Indicator, { id: "i", name: "n", ...fields });
  const ioc = { kind: "ipv4", value, spellings: [value], field: "f" } as const;
  const observable = v.parse(Observable, {
    id: "o",
    entity_type: "IPv4-Addr",
    observable_value: value,
    indicators: null,
  });
  const met = { ioc, matched: "ipv4-addr:value = '1.2.3.4'" };
  const found = { met, unmet: [], indicator };
  const matches: Readonly<Record<Match["type"], Match>> = {
    indicator_pattern_match: { type: "indicator_pattern_match", ...found },
    indicator_partial_pattern_match: {
      type: "indicator_partial_pattern_match",
      ...found,
    },
    observable_with_indicator: {
      type: "observable_with_indicator",
      ...found,
      observable,
    },
    observable_with_related_indicator: {
      type: "observable_with_related_indicator",
      ...found,
      observable,
      related: observable,
      relationship: "related-to",
    },
  };
  return asSent(matchEvent(matches[type], {
    alert: parseAlert(JSON.stringify({ ...alert, agent: { id: agent } })),
    baseUrl: "https://cti.example",
    latencyMs: 1,
    ...DEFAULTS,
    now: new Date("2026-06-01T00:00:00Z"),
  }));
}

/** An event, read back from what is sent. */
export function asSent(event: Event): unknown {
  return JSON.parse(encodeEvent(event, String));
}
