/**
 * The integration block, and whether Wazuh raises alerts that it lets through.
 *
 * @module
 */
import {
  confValueIn,
  type IntegrationBlock,
  sectionsOf,
} from "../../wazuh/ossec_conf.ts";
import { shellWord } from "../../shell.ts";
import { suggest } from "../../suggest.ts";
import { meets } from "../../wazuh/hand_over.ts";
import { confWithoutBlock } from "../container.ts";
import { CONF } from "../layout.ts";
import { lastAlertsIn } from "../tail.ts";
import { restartCommand } from "../next.ts";
import { at, targetAt } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { installCommand, type Site } from "./site.ts";

const { ok, warning, error } = findingsOf("block");

/** Groups of which the alerts have level 3, as Wazuh's rules raise them. */
const LOW_GROUPS = ["suricata", "ids", "audit_command", "audit"];
const LOW_LEVEL = 3;

/** What is wrong with our block. */
export function checkBlock(site: Site): readonly Finding[] {
  const { home, conf, blocks } = site;
  const path = `${home}/${CONF}`;
  const [block, ...others] = blocks;
  if (conf === undefined) {
    return [error(`${path} does not exist`, "is Wazuh installed?")];
  }
  if (block === undefined) {
    const near = nearNameIn(conf);
    return [
      near === undefined
        ? error(
          `${path} has no integration block of custom-opencti`,
          installCommand(site),
        )
        : error(
          `${path} has no integration block of custom-opencti, but one of ` +
            JSON.stringify(near),
          `if that is meant to be ours, set <name>custom-opencti</name> in it`,
        ),
    ];
  }
  const found = [
    ...others.length === 0 ? [] : [warning(
      `${path} has ${blocks.length} blocks of custom-opencti: an alert that ` +
        "meets several is looked up as often",
      `leave one of them in ${path}, unless they name several OpenCTI`,
    )],
    ...blocks.flatMap((one) => checkOne(one, { site, path })),
    ...checkGlobal(conf, path),
    ...checkMounted(path),
  ];
  return found.length > 0
    ? found
    : [ok(`${shown(block.hookUrl)}, level ${block.level ?? "0"} and up`)];
}

/** The name of a block that is ours but for a slip. */
function nearNameIn(conf: string): string | undefined {
  return sectionsOf(conf, "integration").map(({ children }) =>
    children.find(({ name }) => name === "name")?.text ?? ""
  ).find((name) =>
    /^custom/i.test(name) && suggest(name, ["custom-opencti"]) !== ""
  )?.slice(0, 100);
}

/** An address without a user and password, which it should not have. */
function shown(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}

function checkMounted(path: string): readonly Finding[] {
  const mounted = confWithoutBlock();
  return mounted === undefined ? [] : [warning(
    `This container writes ${path} anew from ${mounted} when it starts, and ` +
      "there is no block in that",
    `put the block of ${path} into it, or all of it:\n` +
      `sudo cp -p ${shellWord(path)} ${shellWord(mounted)}`,
  )];
}

function checkOne(
  block: IntegrationBlock,
  { site, path }: { readonly site: Site; readonly path: string },
): readonly Finding[] {
  const { group, level, alertFormat, element, apiKey } = block;
  const groups = group?.split(",") ?? [];
  const found: Finding[] = [];
  if (alertFormat !== "json") {
    found.push(error(
      "<alert_format> is not json: no alert can be read",
      `set <alert_format>json</alert_format> in the block in ${path}`,
    ));
  }
  if (groups.some((name) => /\s/.test(name))) {
    found.push(error(
      "<group> has blanks: groups behind a blank never match",
      `take the blanks out of <group> in ${path}`,
    ));
  }
  if (group === "") {
    found.push(error("<group> is empty", `name groups in <group> in ${path}`));
  } else if (group === undefined) {
    found.push(warning(
      "<group> is missing: each alert of Wazuh starts a run",
      `name the groups that hold IoCs in <group> in ${path}`,
    ));
  }
  const low = groups.map((name) => name.trim())
    .filter((name) => LOW_GROUPS.includes(name));
  if (Number(level ?? 0) > LOW_LEVEL && low.length > 0) {
    found.push(warning(
      `<level> is ${level}, and the alerts of ${low.join(", ")} have level ` +
        `${LOW_LEVEL}: they are not looked up`,
      `set <level>${LOW_LEVEL}</level> in ${path}`,
    ));
  }
  if (level !== undefined && !/^\d+$/.test(level)) {
    found.push(error(
      "<level> is no number: Wazuh does not start",
      `set <level>${LOW_LEVEL}</level> in ${path}`,
    ));
  }
  for (const name of ["rule_id", "event_location"]) {
    if (element.children.some((child) => child.name === name)) {
      found.push(warning(
        `<${name}> is there: only alerts that meet it and all else are looked up`,
        `take <${name}> out of the block in ${path}, unless you want that`,
      ));
    }
  }
  const known = new Set(SETTINGS);
  for (const { name } of element.children) {
    if (!known.has(name)) {
      found.push(error(
        `<${name.slice(0, 40)}> is nothing that Wazuh knows in a block: it ` +
          "does not start",
        `take it out of the block in ${path}`,
      ));
    }
  }
  if (apiKey !== "" && !apiKey.startsWith("file:")) {
    found.push(warning(
      "<api_key> holds the token itself: integratord shows it to every user " +
        "of this machine, in the list of processes",
      `write it into a file FILE, then:\n${
        installCommand(site)
      } --token-file FILE`,
    ));
  }
  return found;
}

/** @see https://documentation.wazuh.com/current/user-manual/reference/ossec-conf/integration.html */
const SETTINGS = [
  "name",
  "hook_url",
  "api_key",
  "level",
  "rule_id",
  "group",
  "event_location",
  "alert_format",
  "max_log",
  "options",
  "timeout",
  "retries",
];

function checkGlobal(conf: string, path: string): readonly Finding[] {
  const found: Finding[] = [];
  if (confValueIn(conf, ["global", "jsonout_output"]) === "no") {
    found.push(error(
      "<jsonout_output> is no: integratord reads alerts in JSON alone",
      `set <jsonout_output>yes</jsonout_output> in ${path}`,
    ));
  }
  const least = leastLevelIn(conf);
  if (least > LOW_LEVEL) {
    found.push(warning(
      `<log_alert_level> is ${least}: alerts below are not written, and not ` +
        "looked up, and ours of level 3 are not seen",
      `set <log_alert_level>${LOW_LEVEL}</log_alert_level> in ${path}`,
    ));
  }
  return found;
}

/** The least level of the alerts that Wazuh writes. */
export function leastLevelIn(conf: string): number {
  const least = Number(confValueIn(conf, ["alerts", "log_alert_level"]));
  return Number.isNaN(least) ? LOW_LEVEL : least;
}

/** Whether today's alerts meet the block. */
export function checkAlerts({ home, blocks, now }: Site): readonly Finding[] {
  const { ok, warning } = findingsOf("alerts");
  const path = `${home}/logs/alerts/alerts.json`;
  const alerts = lastAlertsIn(path);
  const file = targetAt(path);
  if (file !== undefined && !file.isFile) {
    return [warning(
      `${path} is no file: Wazuh writes no alerts that can be read`,
      `sudo rm -r ${shellWord(path)} && sudo ${restartCommand(home)}`,
    )];
  }
  if (alerts === undefined) {
    return [warning(
      `${path} does not exist: no alert was raised since Wazuh was started`,
      "see that Wazuh runs, and that an agent sends something",
    )];
  }
  const age = now.getTime() - (at(path)?.mtime?.getTime() ?? now.getTime());
  if (age > DAY_MS) {
    return [warning(
      `${path} was not written to for ${
        Math.floor(age / DAY_MS)
      } days: Wazuh ` +
        "raises no alerts",
      "see that Wazuh runs, that an agent sends something, and that the disk " +
        "has room",
    )];
  }
  if (alerts.length === 0 && (file?.size ?? 0) > 0) {
    return [warning(
      `Nothing at the end of ${path} is an alert in JSON`,
      `see what it is:\ntail -c 1000 ${shellWord(path)}`,
    )];
  }
  if (alerts.length === 0) {
    return [ok("no alert yet today")];
  }
  const met = alerts.filter((alert) =>
    blocks.some((block) => meets(block, alert))
  );
  if (met.length === 0) {
    return [warning(
      `Of the last ${alerts.length} alerts of today, none meets <group> and ` +
        `<level> of the block. Their groups${
          usualOf(alerts.flatMap(({ groups }) => groups))
        }`,
      "add those that hold IoCs to <group>, or set a lower <level>",
    )];
  }
  const named = new Set(blocks.flatMap(({ group }) => group?.split(",") ?? []));
  return [ok(
    `${met.length} of the last ${alerts.length} alerts of today meet the block${
      usualOf(
        met.flatMap(({ groups }) => groups.filter((one) => named.has(one))),
      )
    }`,
  )];
}

const DAY_MS = 86_400_000;

/** So many groups are named. */
const MAX_GROUPS = 5;

/** So much of a name is shown, which an alert may have from an attacker. */
const MAX_NAME = 60;

/** What stands there most often, and how often. */
function usualOf(groups: readonly string[]): string {
  const counts = [...Map.groupBy(groups, (group) => group)]
    .map(([group, all]) => [group, all.length] as const)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MAX_GROUPS).map(([group, count]) =>
      `${group.slice(0, MAX_NAME)} ${count}`
    );
  return counts.length === 0 ? "" : `: ${counts.join(", ")}`;
}
