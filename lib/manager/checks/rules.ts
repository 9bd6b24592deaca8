/**
 * The rules that make alerts of our events, and the decoder.
 *
 * @module
 */
import { messageOf } from "../../errors.ts";
import { shellWord } from "../../shell.ts";
import {
  nodeKindIn,
  ruleFoldersIn,
  sectionsOf,
} from "../../wazuh/ossec_conf.ts";
import { type Element, parseXml } from "../../wazuh/xml.ts";
import { firstIdIn, readRuleFiles, recordOf } from "../install_files.ts";
import { DECODER, RULES } from "../layout.ts";
import {
  FIRST_ID,
  freeFirstId,
  isOurs,
  moveRuleIds,
  ruleIdsIn,
  wrongRulesIn,
} from "../rules.ts";
import { EARLIER, SHIPPED_DECODER, SHIPPED_RULES } from "../shipped.ts";
import { sha256Of } from "../steps.ts";
import { at, canRead, filesBelow, readBytes, targetAt } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { closedFindings } from "./reach.ts";
import { installCommand, type Site } from "./site.ts";

const { ok, warning, error } = findingsOf("rules");

/** Whether Wazuh loads our rules, and only ours make alerts of our events. */
export function checkRules(site: Site): readonly Finding[] {
  const { home, conf = "" } = site;
  const path = `${home}/${RULES}`;
  const content = readBytes(path);
  if (content === undefined) {
    return [error(
      `${path} does not exist: events raise no alerts`,
      nodeKindIn(conf) === "worker"
        ? "install on the master of the cluster, which has the rules of all"
        : installCommand(site),
    )];
  }
  let ids: readonly number[];
  try {
    ids = ruleIdsIn(content);
  } catch (problem) {
    return [error(
      `${path}: ${messageOf(problem)}: Wazuh does not start with it`,
      anew(site, "correct it, or take ours again:"),
    )];
  }
  const first = firstIdIn(home) ?? FIRST_ID;
  const shipped = moveRuleIds(SHIPPED_RULES, first);
  const found = [
    ...wrongRulesIn(content).map(({ id, says }) =>
      error(
        `${path}: rule ${JSON.stringify(id)}: ${says}: Wazuh does not start ` +
          "with it",
        anew(site, "correct it, or take ours again:"),
      )
    ),
    ...loadFindings(site),
    ...idFindings(site, { first, ids }),
    ...content === shipped ? [] : changedFindings(site, content, shipped),
    ...decoderFindings(site),
  ];
  return found.length > 0
    ? found
    : [ok(`${ids.length} rules, from ${first} on`)];
}

/** The commands that put our rules in place of changed ones. */
function anew(site: Site, says: string): string {
  const path = shellWord(`${site.home}/${RULES}`);
  return `${says}\nsudo rm ${path}\n${installCommand(site)}`;
}

/** Whether the file is loaded. */
function loadFindings(site: Site): readonly Finding[] {
  const { home, wazuh, conf = "" } = site;
  const path = `${home}/${RULES}`;
  const info = at(path);
  const found: Finding[] = [];
  if (info !== undefined && !canRead(info, wazuh)) {
    found.push(error(
      `${wazuh.user} may not read ${path}: Wazuh does not start`,
      `sudo chown ${wazuh.user}:${wazuh.group} ${shellWord(path)} && ` +
        `sudo chmod 0660 ${shellWord(path)}`,
    ));
  }
  found.push(...closedFindings(path, { site, link: "rules" }));
  const confPath = `${home}/etc/ossec.conf`;
  if (!ruleFoldersIn(conf).some((folder) => RULES.startsWith(`${folder}/`))) {
    found.push(error(
      `<ruleset> in ${confPath} does not name etc/rules: ours are not loaded`,
      `add <rule_dir>etc/rules</rule_dir> to <ruleset> in ${confPath}`,
    ));
  }
  const sections = sectionsOf(conf, "ruleset");
  const patterns = sections.flatMap(({ children }) => children)
    .filter(({ name, text }) => name === "rule_dir" && text === "etc/rules")
    .map(({ attributes }) => attributes.pattern);
  if (patterns.length > 0 && patterns.every((one) => one !== undefined)) {
    found.push(warning(
      `<rule_dir> of etc/rules in ${confPath} has a pattern, and doctor does ` +
        "not know whether opencti_rules.xml meets it",
      `see it in ${confPath}, and take it out unless you want that`,
    ));
  }
  const excluded = sections.flatMap(({ children }) =>
    children.filter(({ name }) => name === "rule_exclude")
  ).some(({ text }) => /(?:^|\/)opencti_rules\.xml$/.test(text));
  if (excluded) {
    found.push(error(
      `<ruleset> in ${confPath} leaves opencti_rules.xml out`,
      `take <rule_exclude> of opencti_rules.xml out of ${confPath}`,
    ));
  }
  return found;
}

/** Says in our rules that they are. */
const MARK = "events of custom-opencti";

/** Whether each id is there once. */
function idFindings(
  site: Site,
  { first, ids }: { readonly first: number; readonly ids: readonly number[] },
): readonly Finding[] {
  const { files, broken } = readRuleFiles({ ...site, conf: site.conf ?? "" });
  const copies = files.filter(({ path }) =>
    (readBytes(`${site.home}/${path}`) ?? "").includes(MARK)
  );
  const others = files.filter((file) => !copies.includes(file));
  const clashes = others.flatMap(({ path, ids: theirs }) =>
    theirs.some((id) => ids.includes(id)) ||
      theirs.some((id) => isOurs(id, first))
      ? [
        `${path} (${
          theirs.filter((id) => isOurs(id, first) || ids.includes(id)).join(
            ", ",
          )
        })`,
      ]
      : []
  );
  const taken = [...ids, ...files.flatMap((file) => file.ids)];
  const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
  return [
    ...copies.map(({ path }) => {
      const copy = `${site.home}/${path}`;
      return error(
        `${copy} is a copy of our rules: Wazuh takes one of each id, and events ` +
          "may meet either",
        "give it a name that Wazuh does not load:\n" +
          `sudo mv ${shellWord(copy)} ${shellWord(`${copy}.bak`)}`,
      );
    }),
    ...clashes.length === 0 ? [] : [error(
      `Other rules have ids of ours, and Wazuh takes one of each: ${
        clashes.join(", ")
      }`,
      `take them out, or give ours others:\n${installCommand(site)} ` +
        `--rule-ids ${freeFirstId(first, new Set(taken))}`,
    )],
    ...twice.length === 0 ? [] : [error(
      `${site.home}/${RULES} has ids twice: ${twice.join(", ")}`,
      installCommand(site),
    )],
    ...files.flatMap(({ path, overwritten }) => {
      const changed = overwritten.filter((id) => ids.includes(id));
      return changed.length === 0 ? [] : [warning(
        `${site.home}/${path} overwrites rules of ours: ${
          changed.join(", ")
        }: what an upgrade changes in these has no effect`,
        `change them in ${site.home}/${RULES} instead: install keeps that`,
      )];
    }),
    ...others.filter(({ opencti }) => opencti.length > 0).map((
      { path, opencti },
    ) =>
      warning(
        `${site.home}/${path} has rules of another integration for OpenCTI, ` +
          `for the same events: ${opencti.join(", ")}`,
        `take them out of ${site.home}/${path}`,
      )
    ),
    ...broken.map(({ path, says }) =>
      error(`${path}: ${says}: Wazuh does not start with it`, `correct ${path}`)
    ),
  ];
}

/** What differs from the rules that we publish. */
function changedFindings(
  site: Site,
  content: string,
  shipped: string,
): readonly Finding[] {
  const path = `${site.home}/${RULES}`;
  const isEarlier = EARLIER.has(sha256Of(content)) ||
    content === readBytes(`${site.home}/${recordOf(RULES)}`);
  if (isEarlier) {
    return [warning(
      `${path} is of an earlier version than this program`,
      installCommand(site),
    )];
  }
  const [ours, theirs] = [rulesIn(shipped), rulesIn(content)];
  const base = [...ours.keys()][0] ?? "";
  const missing = [...ours.keys()].filter((id) => !theirs.has(id));
  const isGuarded = textOf(theirs.get(base), "location") ===
      textOf(ours.get(base), "location") &&
    theirs.get(base)?.attributes.level === "0";
  const counted = [...ours].filter(([id, rule]) =>
    rule.attributes.frequency !== undefined &&
    theirs.get(id)?.attributes.ignore !== undefined
  ).map(([id]) => id);
  const diff = `diff ${shellWord(`${site.home}/${recordOf(RULES)}`)} ` +
    shellWord(path);
  const found: Finding[] = [];
  if (!isGuarded && theirs.has(base)) {
    found.push(error(
      `Rule ${base} is not as we publish it: an agent's log could look like a ` +
        "match, or any event of ours raise an alert",
      `give it back its <location> and level 0:\n${diff}`,
    ));
  }
  const mend = anew(site, `see what differs:\n${diff}\nor take ours again:`);
  if (!theirs.has(base)) {
    found.push(error(
      `${path} lacks rule ${base}, below which all others are: events raise ` +
        "no alerts",
      mend,
    ));
  } else if (missing.length > 0) {
    found.push(warning(`Rules are missing: ${missing.join(", ")}`, mend));
  }
  const silent = [...theirs].filter(([id, rule]) =>
    rule.attributes.level === "0" &&
    (ours.get(id)?.attributes.level ?? "0") !== "0"
  ).map(([id]) => id);
  if (silent.length > 0) {
    found.push(warning(
      `Rules of level 0 raise no alert: ${silent.join(", ")}`,
      `give them a level of 1 or more in ${path}, unless you want that`,
    ));
  }
  if (counted.length > 0) {
    found.push(warning(
      `Rules that count have "ignore": ${
        counted.join(", ")
      }: they are silent ` +
        "for all agents after one alert",
      `take ignore out of them in ${path}`,
    ));
  }
  return found.length > 0 ? found : [ok(`${path} is changed by you`)];
}

function rulesIn(xml: string): ReadonlyMap<string, Element> {
  const rulesOf = (element: Element): Element[] =>
    element.name === "rule" ? [element] : element.children.flatMap(rulesOf);
  return new Map(
    parseXml(xml).flatMap(rulesOf).map((
      rule,
    ) => [rule.attributes.id ?? "", rule]),
  );
}

function textOf(element: Element | undefined, name: string) {
  return element?.children.find((child) => child.name === name)?.text;
}

/**
 * Decoders that stop Wazuh; and one of an earlier version took the fields from
 * all other JSON.
 */
function decoderFindings(site: Site): readonly Finding[] {
  const { home, wazuh } = site;
  const path = `${home}/${DECODER}`;
  const folder = `${home}/etc/decoders`;
  const stopping = filesBelow(folder).filter((name) => name.endsWith(".xml"))
    .map((name) => `${folder}/${name}`).flatMap((file) => {
      const info = targetAt(file);
      if (info?.isFile !== true) return [];
      if (!canRead(info, wazuh)) {
        return [error(
          `${wazuh.user} may not read ${file}: Wazuh does not start`,
          `sudo chown ${wazuh.user}:${wazuh.group} ${shellWord(file)} && ` +
            `sudo chmod 0660 ${shellWord(file)}`,
        )];
      }
      try {
        parseXml(readBytes(file) ?? "");
        return [];
      } catch (problem) {
        if (!(problem instanceof SyntaxError)) throw problem;
        return [error(
          `${file}: ${messageOf(problem)}: Wazuh does not start with it`,
          `correct ${file}`,
        )];
      }
    });
  if (stopping.length > 0) return stopping;
  const content = readBytes(path);
  if (content === undefined || content === SHIPPED_DECODER) return [];
  return content.includes("json-not-opencti") ? [] : [error(
    `${path} makes Wazuh lose the fields of all other JSON`,
    `sudo rm ${shellWord(path)}\n${installCommand(site)}`,
  )];
}
