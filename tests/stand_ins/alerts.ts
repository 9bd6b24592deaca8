/**
 * Alerts of tests, and what is found in them.
 *
 * @module
 */
import { parseAlert } from "../../lib/alert/alert.ts";
import {
  type Findings,
  type FindOptions,
  makeFinder,
} from "../../lib/alert/find.ts";
import { domainsIn } from "../../lib/alert/domains.ts";
import { DEFAULT_IGNORE, loadIgnoreLists } from "../../lib/alert/ignore.ts";
import { SOURCES } from "../../lib/alert/sources/mod.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url);

const readLists = await loadIgnoreLists(DEFAULT_IGNORE, {
  baseUrl: "",
  readFile: () => "",
});

/** How IoCs are looked for without a configuration. */
export const FIND_DEFAULTS: FindOptions = {
  sources: SOURCES,
  kinds: {},
  sweep: "off",
  domainsIn,
  ...readLists(),
};

const find = makeFinder(FIND_DEFAULTS);

/** What is found in an alert. */
export function findIn(alert: unknown): Findings {
  return find(parseAlert(JSON.stringify(alert)));
}

/** What is found in a real alert, by the name of its file. */
export async function findInFile(name: string): Promise<Findings> {
  const json = await Deno.readTextFile(new URL(`${name}.json`, ALERTS));
  return find(parseAlert(json));
}

const SWEEPING = {
  safe: makeFinder({ ...FIND_DEFAULTS, sweep: "safe" }),
  all: makeFinder({ ...FIND_DEFAULTS, sweep: "all" }),
};

/** The same with a sweep, as it is by default or for all. */
export async function sweepFile(
  name: string,
  sweep: keyof typeof SWEEPING = "safe",
): Promise<Findings> {
  const json = await Deno.readTextFile(new URL(`${name}.json`, ALERTS));
  return SWEEPING[sweep](parseAlert(json));
}

/** The real alerts, by the names of their files. */
export async function alertFiles(): Promise<
  readonly { readonly name: string; readonly json: string }[]
> {
  const entries = await Array.fromAsync(Deno.readDir(ALERTS));
  const names = entries.map(({ name }) => name).sort();
  return await Promise.all(names.map(async (name) => ({
    name: name.replace(/\.json$/, ""),
    json: await Deno.readTextFile(new URL(name, ALERTS)),
  })));
}

/** The kinds and values of the IoCs, in their order. */
export function valuesOf({ iocs }: Findings): string[] {
  return iocs.map(({ kind, value }) => `${kind} ${value}`);
}
