/**
 * What was said of us lately, by runs and by Wazuh, and what it means.
 *
 * @module
 */
import { shellWord } from "../../shell.ts";
import { activityIn } from "../status.ts";
import { lastLinesIn } from "../tail.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { installCommand, type Site } from "./site.ts";

const { ok, warning } = findingsOf("lately");

const DAY_MS = 86_400_000;

/** Nobody reads more of a line. */
const MAX_SAID = 600;

/** What Wazuh says of us, and what that means. */
interface Explanation {
  readonly says: RegExp;
  readonly means: string;
  readonly mend: (site: Site) => string;
}

/**
 * The sentences of integratord and analysisd. What no expression meets is shown
 * as it is.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/os_integrator/integrator.c
 */
const EXPLANATIONS: readonly Explanation[] = [
  {
    says: /Unable to enable integration .*File not found/,
    means: "integratord did not find the program when it started",
    mend: installCommand,
  },
  {
    says: /Couldn't execute command/,
    means:
      "integratord could not start the program: its owner or mode is wrong, " +
      "or the folder for temporary files is full",
    mend: installCommand,
  },
  {
    says: /execution exited abnormally/,
    means:
      "the program was ended by a signal, by the kernel if memory was short",
    mend: () => "see journalctl -k, and give this machine more memory",
  },
  {
    says: /While running .* Output: |Unable to run integration|Exit status was/,
    means: "a run failed, and said why in its last line",
    mend: ({ home }) => `see ${home}/logs/integrations.log`,
  },
  {
    says: /Could not open JSON queue/,
    means: "integratord cannot read alerts.json, so that no alert is looked up",
    mend: ({ home, wazuh: { user, group } }) =>
      `sudo chown ${user}:${group} ${
        shellWord(`${home}/logs/alerts/alerts.json`)
      }`,
  },
  {
    says:
      /analysisd.*(?:opencti_rules|opencti_decoder|[Rr]ule (?:ID )?'?"?1102\d\d)/,
    means: "analysisd does not take a rule of ours, or leaves it out",
    mend: ({ home }) => `sudo ${shellWord(`${home}/bin/wazuh-analysisd`)} -t`,
  },
  {
    says: /(?:Overlong|Invalid) JSON alert read/,
    means:
      "integratord skipped an alert, for it is 65536 bytes or longer, or " +
      "no JSON: it was not looked up",
    mend: ({ home }) =>
      "give their rule the option no_full_log; see which they are:\n" +
      `LC_ALL=C awk 'length > 65535' ${
        shellWord(`${home}/logs/alerts/alerts.json`)
      } | cut -c 1-400`,
  },
  {
    says: /(?:Input queue is|Queues are) full/,
    means:
      "analysisd had more events than it could take, and lost some: ours " +
      "may be among them",
    mend: ({ home }) =>
      "give analysisd more processors, or less to do; see what it lost:\n" +
      `grep dropped ${shellWord(`${home}/var/run/wazuh-analysisd.state`)}`,
  },
];

/** What of Wazuh's log is about us. */
const ABOUT_US =
  /custom-opencti|opencti_(?:rules|decoder)\.xml|integratord.*JSON (?:queue|alert)|analysisd.*(?:[Rr]ule (?:ID )?'?"?1102\d\d|(?:Input queue is|Queues are) full)/;

/** What was said of us in the last day. */
export function checkLately(
  site: Site,
  redact: (text: string) => string,
): readonly Finding[] {
  const { home, now } = site;
  const since = now.getTime() - DAY_MS;
  const ours = `${home}/logs/integrations.log`;
  const lines = lastLinesIn(ours) ?? [];
  const errors = lines.flatMap((line) => {
    const [, time = "", says] =
      /^(\S+) custom-opencti error: (.*)$/.exec(line) ?? [];
    return says !== undefined && Date.parse(time) >= since
      ? [{ time, says }]
      : [];
  });
  const { lastAnswer = "" } = activityIn(lines);
  // Wazuh writes local time, so that a day more is looked at.
  const ofWazuh = (lastLinesIn(`${home}/logs/ossec.log`) ?? [])
    .filter((line) => {
      const [, date = ""] = /^(\d{4}\/\d\d\/\d\d) /.exec(line) ?? [];
      return /: (?:ERROR|CRITICAL|WARNING):/.test(line) &&
        ABOUT_US.test(line) &&
        Date.parse(date.replaceAll("/", "-")) >= since - DAY_MS;
    });
  const last = errors.at(-1);
  // Both are written in one form, in which later is greater.
  const isOver = last !== undefined && last.time < lastAnswer;
  const found = [
    ...last === undefined || isOver ? [] : [warning(
      `Errors in the last day: ${errors.length}, the last at ${last.time}: ${
        redact(last.says.slice(0, MAX_SAID))
      }`,
      `see ${ours}`,
    )],
    ...explained(ofWazuh, site, redact),
  ];
  if (found.length > 0) return found;
  return [ok(
    isOver
      ? `errors in the last day: ${errors.length}, the last at ${last.time}; ` +
        `OpenCTI answered since, at ${lastAnswer}`
      : "no errors in the last day",
  )];
}

/** Lines of Wazuh's log, by what they mean. */
function explained(
  lines: readonly string[],
  site: Site,
  redact: (text: string) => string,
): readonly Finding[] {
  const byMeaning = Map.groupBy(
    lines,
    (line) => EXPLANATIONS.find(({ says }) => says.test(line)),
  );
  return [...byMeaning].map(([explanation, all]) => {
    const last = redact((all.at(-1) ?? "").slice(0, MAX_SAID));
    const count = `Of Wazuh in the last day: ${all.length}`;
    return explanation === undefined
      ? warning(
        `${count}, the last: ${last}`,
        `see ${site.home}/logs/ossec.log`,
      )
      : warning(
        `${count}: ${explanation.means}; the last: ${last}`,
        explanation.mend(site),
      );
  });
}
