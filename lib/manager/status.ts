/**
 * What went on lately, as far as the log and Wazuh's alerts tell it.
 *
 * @module
 */

/** What the log says, from its first line that was read. */
export interface Activity {
  /** The time of that line, as it is written; nothing if there is none. */
  readonly since: string | undefined;
  /** When OpenCTI answered last. */
  readonly lastAnswer: string | undefined;
  /** Alerts that were looked up, and their IoCs. */
  readonly alerts: number;
  readonly iocs: number;
  readonly matches: number;
  /** Of OpenCTI's answers. */
  readonly answerMs: Times | undefined;
  readonly errors: number;
  readonly lastError: string | undefined;
}

/** Times of many answers, in milliseconds. */
export interface Times {
  readonly median: number;
  /** 95 of 100 took no longer. */
  readonly p95: number;
  readonly longest: number;
}

const LINE = /^(\S+) custom-opencti (info|error): (.*)$/;
const LOOKED_UP =
  /IoCs asked for: (\d+), .{0,60}matches to emit: (\d+) of \d+.{0,80}, answer after (\d+) ms$/;

/**
 * Reads what runs wrote into the log.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { alerts, iocs, matches, answerMs } = activityIn([
 *   "2026-01-01T00:00:00.000Z custom-opencti info: Alert 1.2: " +
 *   "IoCs asked for: 3, matches to emit: 1 of 1, answer after 40 ms",
 * ]);
 * assertEquals([alerts, iocs, matches, answerMs?.median], [1, 3, 1, 40]);
 * ```
 */
export function activityIn(lines: readonly string[]): Activity {
  let since: string | undefined;
  let lastAnswer: string | undefined;
  let lastError: string | undefined;
  let [iocs, matches, errors] = [0, 0, 0];
  const times: number[] = [];
  for (const line of lines) {
    const [, time, level, says = ""] = LINE.exec(line) ?? [];
    if (time === undefined) continue;
    since ??= time;
    if (level === "error") {
      errors++;
      lastError = `${time}: ${says}`;
      continue;
    }
    const [, asked, emitted, ms] = LOOKED_UP.exec(`${says}`) ?? [];
    if (ms === undefined) continue;
    lastAnswer = time;
    iocs += Number(asked);
    matches += Number(emitted);
    times.push(Number(ms));
  }
  return {
    since,
    lastAnswer,
    alerts: times.length,
    iocs,
    matches,
    answerMs: timesOf(times),
    errors,
    lastError,
  };
}

function timesOf(times: readonly number[]): Times | undefined {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return sorted.length === 0
    ? undefined
    : { median: at(0.5), p95: at(0.95), longest: at(1) };
}

/** What Wazuh's alerts of today tell of our events. */
export interface Emitted {
  /** How many alerts there are, by the type of their event. */
  readonly byType: Readonly<Record<string, number>>;
  /** What was dropped: alerts and events that will not be tried again. */
  readonly dropped: number;
}

/**
 * Counts the alerts that are about our events. Rules of level 0 to 2 raise
 * none: what they take is not counted.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const data = { integration: "opencti", opencti: { event_type: "error" } };
 * assertEquals(emittedIn([JSON.stringify({ data })]).byType, { error: 1 });
 * ```
 */
export function emittedIn(lines: readonly string[]): Emitted {
  const byType: Record<string, number> = {};
  let dropped = 0;
  for (const line of lines) {
    // Most alerts are others'.
    if (!line.includes('"opencti"')) continue;
    const event = eventIn(line);
    if (event === undefined) continue;
    byType[event.type] = (byType[event.type] ?? 0) + 1;
    if (event.kind === "dropped") dropped += event.alerts;
  }
  return { byType, dropped };
}

function eventIn(line: string) {
  try {
    const { data } = JSON.parse(line);
    if (data?.integration !== "opencti") return undefined;
    const { event_type, kind, alerts } = data.opencti ?? {};
    return {
      type: /^[a-z_]{1,60}$/.test(event_type) ? String(event_type) : "other",
      kind: String(kind),
      alerts: Number(alerts) || 1,
    };
  } catch {
    return undefined;
  }
}
