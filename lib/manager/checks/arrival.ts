/**
 * Whether Wazuh knows what is in its files now, and why no alert came of an
 * event that its queue took.
 *
 * @module
 */
import { restartCommand } from "../next.ts";
import { CONF, DECODER, RULES } from "../layout.ts";
import { lastLinesIn } from "../tail.ts";
import { at, namesIn } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { checkRules } from "./rules.ts";
import type { Site } from "./site.ts";

/** What is read when Wazuh starts, and whether also when it reloads its rules. */
const READ_AT_START: readonly (readonly [path: string, isReloaded: boolean])[] =
  [[CONF, false], [RULES, true], [DECODER, true]];

/**
 * Files that were changed since Wazuh was started. Where its process ids are not
 * to be seen, nothing is said.
 */
export function checkStarted({ home }: Pick<Site, "home">): readonly Finding[] {
  // One that was killed leaves its file behind.
  const started = namesIn(`${home}/var/run`)
    .filter((name) => /^wazuh-analysisd-\d+\.pid$/.test(name))
    .map((name) => at(`${home}/var/run/${name}`)?.mtime?.getTime() ?? 0)
    .reduce((last, time) => Math.max(last, time), 0);
  if (started === 0) return [];
  const reloaded = Math.max(started, lastReload(home));
  const changed = READ_AT_START.filter(([path, isReloaded]) =>
    (at(`${home}/${path}`)?.mtime?.getTime() ?? 0) >
      (isReloaded ? reloaded : started)
  ).map(([path]) => `${home}/${path}`);
  return changed.length === 0 ? [] : [
    findingsOf("restart").warning(
      `Changed after Wazuh was started, and maybe not in use yet: ${
        changed.join(", ")
      }`,
      `sudo ${restartCommand(home)}`,
    ),
  ];
}

/**
 * When analysisd read its rules again while it ran, as Wazuh's dashboard lets it
 * do, in milliseconds since 1970; 0 if its log does not say.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/analysisd/analysisd.c#L2504
 */
function lastReload(home: string): number {
  const line = (lastLinesIn(`${home}/logs/ossec.log`) ?? []).findLast((line) =>
    /wazuh-analysisd.*: Ruleset reloaded successfully/.test(line)
  );
  const [, date = "", time = ""] =
    /^(\d{4}\/\d\d\/\d\d) (\d\d:\d\d:\d\d) /.exec(line ?? "") ?? [];
  // Wazuh writes local time, and no parts of a second.
  const reloadedAt = Date.parse(`${date.replaceAll("/", "-")}T${time}`) + 999;
  return Number.isNaN(reloadedAt) ? 0 : reloadedAt;
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
