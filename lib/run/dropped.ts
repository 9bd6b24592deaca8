/**
 * What is said of what a full spool drops, or of what waited too long: it is
 * lost, but never in silence.
 *
 * @module
 */
import type { Dropped, Transaction } from "../state/transaction.ts";
import type { Run } from "./run.ts";

/** So many alerts are named in one line. */
const MAX_NAMED = 100;

/** Logs what a change that is made has dropped. */
export function logDropped(
  { keys, events }: Dropped,
  { log }: Pick<Run, "log">,
): void {
  if (keys.length + events === 0) return;
  // As keyOf() writes it.
  const ids = keys.slice(0, MAX_NAMED)
    .map((key) => key.slice(0, key.lastIndexOf(" ")))
    .concat(keys.length > MAX_NAMED ? "…" : []).join(", ");
  log.error(
    `Dropped from the spool, so lost: events ${events}, alerts ${keys.length} (${ids})`,
  );
}

/** What an event says of all that was dropped since the one before. */
export function sentenceOnDropped({ places }: Pick<Run, "places">): string {
  return "Alerts or events waited too long, or were too many, and were " +
    "dropped from the spool: mend what they wait for, or raise " +
    `"spool_max_age", "spool_max_bytes" or ${places.option("spool_max")}; ` +
    "what was dropped is lost";
}

/**
 * How long errors of a kind are counted before an event says so. What was
 * dropped is counted as long as the event before waits still.
 */
export function intervalOf(
  kind: string,
  { tx, config }: {
    readonly tx: Transaction;
    readonly config: Pick<Run["config"], "error_interval">;
  },
): number {
  return kind === "dropped" && tx.holdsEvent()
    ? Infinity
    : config.error_interval * 1000;
}
