/**
 * Alerts of tests, and what is found in them.
 *
 * @module
 */
import { parseAlert } from "../../lib/alert/alert.ts";
import {
  findDefaults,
  type Findings,
  makeFinder,
} from "../../lib/alert/find.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url);

const find = makeFinder(findDefaults());

/** What is found in an alert. */
export function findIn(alert: unknown): Findings {
  return find(parseAlert(JSON.stringify(alert)));
}

/** What is found in a real alert, by the name of its file. */
export async function findInFile(name: string): Promise<Findings> {
  const json = await Deno.readTextFile(new URL(`${name}.json`, ALERTS));
  return find(parseAlert(json));
}

/** The kinds and values of the IoCs, in their order. */
export function valuesOf({ iocs }: Findings): string[] {
  return iocs.map(({ kind, value }) => `${kind} ${value}`);
}
