/**
 * Which tables of sources an alert may need, as code: made of the tables, so
 * that a run knows without loading them.
 *
 * @module
 */
import { CLOUD } from "../lib/alert/sources/cloud.ts";
import { HOSTS } from "../lib/alert/sources/hosts.ts";
import { NETWORK } from "../lib/alert/sources/network.ts";
import type { Source } from "../lib/alert/sources/source.ts";
import { WEB } from "../lib/alert/sources/web.ts";

/** The families of sources. */
export const FAMILIES: Readonly<Record<string, readonly Source[]>> = {
  hosts: HOSTS,
  network: NETWORK,
  web: WEB,
  clouds: CLOUD,
};

/** The content of `lib/alert/sources/selectors.ts`. */
export const SELECTORS_FILE = `// deno-fmt-ignore-file
/**
 * The rule groups and decoders of each family's sources, and the first field of
 * those that are selected by conditions alone. Made by \`deno task docs\`.
 *
 * @module
 */

/** See above. */
export const SELECTORS = {
${
  Object.entries(FAMILIES).map(([name, sources]) =>
    `  ${name}: {\n${
      Object.entries(selectorsOf(sources)).map(([key, names]) =>
        `    ${key}: ${JSON.stringify(names)},\n`
      ).join("")
    }  },\n`
  ).join("")
}} as const;
`;

function selectorsOf(sources: readonly Source[]) {
  const all = sources.flatMap((source) => [source, ...source.or ?? []]);
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  return {
    groups: sorted(all.flatMap(({ groups = [] }) => groups)),
    decoders: sorted(all.flatMap(({ decoders = [] }) => decoders)),
    fields: sorted(
      all.flatMap(({ groups, decoders, when = [] }) =>
        groups === undefined && decoders === undefined
          ? when.filter(({ not }) => !not).slice(0, 1).map(({ field }) => field)
          : []
      ),
    ),
  };
}
