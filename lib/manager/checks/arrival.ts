/**
 * Whether Wazuh knows what is in its files now, and why no alert came of an
 * event that its queue took.
 *
 * @module
 */
import { restartCommand } from "../next.ts";
import { CONF, DECODER, RULES } from "../layout.ts";
import { at, namesIn } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { checkRules } from "./rules.ts";
import type { Site } from "./site.ts";

/** What is read only when Wazuh starts. */
const READ_AT_START = [CONF, RULES, DECODER] as const;

/**
 * Files that were changed since Wazuh was started. Where its process ids are not
 * to be seen, nothing is said.
 */
export function checkStarted({ home }: Site): readonly Finding[] {
  const [pid] = namesIn(`${home}/var/run`)
    .filter((name) => /^wazuh-analysisd-\d+\.pid$/.test(name));
  const started = at(`${home}/var/run/${pid}`)?.mtime?.getTime();
  if (pid === undefined || started === undefined) return [];
  const changed = READ_AT_START.map((path) => `${home}/${path}`)
    .filter((path) => (at(path)?.mtime?.getTime() ?? 0) > started);
  return changed.length === 0 ? [] : [
    findingsOf("restart").warning(
      `Changed after Wazuh was started, and maybe not in use yet: ${
        changed.join(", ")
      }`,
      `sudo ${restartCommand(home)}`,
    ),
  ];
}

/** Why no alert came of an event that the queue took. */
export function checkArrival(
  site: Site,
  { seconds }: { readonly seconds: number },
): readonly Finding[] {
  const { error } = findingsOf("alert");
  const causes = [...checkRules(site), ...checkStarted(site)]
    .filter(({ level }) => level !== "ok");
  const { home } = site;
  return [
    ...causes,
    error(
      `Wazuh took the event, and wrote no alert of it to ` +
        `${home}/logs/alerts/alerts.json within ${seconds} s`,
      causes.length > 0
        ? "correct what is above, and run this again"
        : `see what ${home}/logs/ossec.log says of wazuh-analysisd, or wait ` +
          "longer: --wait 120",
    ),
  ];
}
