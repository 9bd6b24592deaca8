/**
 * How many alerts one process reads in a second: each alert of the tests is
 * parsed, and its IoCs are found, over and over.
 *
 * @module
 */
import { parseAlert } from "../lib/alert/alert.ts";
import { makeFinder } from "../lib/alert/find.ts";
import { alertFiles, FIND_DEFAULTS } from "../tests/stand_ins/alerts.ts";

/** Each round takes so long; the best counts, for others use the machine too. */
const ROUND_MS = 100;
const ROUNDS = 40;

/** A line for each way of finding: alerts a second, on one core. */
export async function measureRates(): Promise<string> {
  const alerts = (await alertFiles()).map(({ json }) => json);
  const find = makeFinder(FIND_DEFAULTS);
  const findSafe = makeFinder({ ...FIND_DEFAULTS, sweep: "safe" });
  const findAll = makeFinder({ ...FIND_DEFAULTS, sweep: "all" });
  const lines = [
    ["parsing alone", parseAlert],
    ["parsing and finding", (json: string) => find(parseAlert(json))],
    ["… with the sweep safe", (json: string) => findSafe(parseAlert(json))],
    ["… with the sweep all", (json: string) => findAll(parseAlert(json))],
  ] as const;
  return lines.map(([name, read]) => `${rateOf(alerts, read)}  ${name}\n`)
    .join("");
}

function rateOf(
  alerts: readonly string[],
  read: (json: string) => unknown,
): string {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let count = 0;
    let ms = 0;
    while (ms < ROUND_MS) {
      for (const json of alerts) read(json);
      count += alerts.length;
      ms = performance.now() - start;
    }
    best = Math.max(best, count / ms * 1000);
  }
  return best.toFixed(0).padStart(7);
}
