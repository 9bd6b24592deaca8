/**
 * The events that are given to Wazuh, and those that are no match: what failed,
 * what works again, what should be changed, and a test.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import { type JsonObject, sourceOf } from "./event_source.ts";

/** An event. All but `integration` stands under `opencti`. */
export interface Event {
  readonly integration: "opencti";
  readonly opencti: { readonly event_type: string } & JsonObject;
}

/**
 * Makes the event of an error: of which kind it is, to how many alerts
 * it happened, and which was the last, if that could be read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const facts = { error: "Cannot read alert", kind: "alert", alerts: 2 };
 * assertEquals(errorEvent(facts, undefined).opencti, {
 *   event_type: "error",
 *   ...facts,
 *   source: undefined,
 * });
 * ```
 */
export function errorEvent(
  { error, kind, alerts }: {
    readonly error: string;
    readonly kind: string;
    readonly alerts: number;
  },
  alert: Alert | undefined,
): Event {
  const source = alert === undefined ? undefined : sourceOf(alert);
  return {
    integration: "opencti",
    opencti: { event_type: "error", error, kind, alerts, source },
  };
}

/**
 * Makes the event that says that OpenCTI answers again.
 *
 * @param outage When it began, when it ended, in milliseconds since 1970, and
 * how many alerts waited.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const outage = { since: 0, now: 90_000, alerts: 12 };
 * assertEquals(recoveredEvent(outage).opencti, {
 *   event_type: "recovered",
 *   recovered: { since: "1970-01-01T00:00:00.000Z", seconds: 90, alerts: 12 },
 * });
 * ```
 */
export function recoveredEvent(
  outage: {
    readonly since: number;
    readonly now: number;
    readonly alerts: number;
  },
): Event {
  const { since, now, alerts } = outage;
  return {
    integration: "opencti",
    opencti: {
      event_type: "recovered",
      recovered: {
        since: new Date(since).toISOString(),
        // The clock may have been set back.
        seconds: Math.max(Math.round((now - since) / 1000), 0),
        alerts,
      },
    },
  };
}

/**
 * Makes the event that says what should be changed, though nothing failed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(warningEvent("The token goes in clear").opencti, {
 *   event_type: "warning",
 *   warning: "The token goes in clear",
 * });
 * ```
 */
export function warningEvent(warning: string): Event {
  return {
    integration: "opencti",
    opencti: { event_type: "warning", warning },
  };
}

/**
 * Makes the event of a test of a match's. Its type and place are no match's, so
 * that only the rule for tests meets it; no alert can make one, for the event of
 * an alert has the type of its match.
 *
 * @param id By which the test's own alert is known.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const match = { event_type: "indicator_pattern_match", score: 80 };
 * assertEquals(
 *   testEvent({ integration: "opencti", opencti: match }, { id: "1" }).opencti,
 *   {
 *     event_type: "test",
 *     test: { id: "1", event_type: "indicator_pattern_match", score: 80 },
 *   },
 * );
 * ```
 */
export function testEvent(
  { integration, opencti }: Event,
  { id }: { readonly id: string },
): Event {
  return {
    integration,
    opencti: { event_type: "test", test: { id, ...opencti } },
  };
}
