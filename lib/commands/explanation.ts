/**
 * What would become of an alert, or of single values, step by step: for a person
 * who wants to see it. Nothing is written, kept or sent.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import { ALL_FAMILIES, loadSources } from "../alert/sources/load.ts";
import type { Source } from "../alert/sources/source.ts";
import { readConfig } from "../config/read_config.ts";
import { placesOf } from "../config/places.ts";
import { messageOf, OpenctiError, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { decoded } from "../manager/bytes.ts";
import { RULES } from "../manager/layout.ts";
import { SHIPPED_RULES } from "../manager/shipped.ts";
import { namesIn } from "../manager/tree.ts";
import type { Event } from "../wazuh/event.ts";
import { withLaterRules } from "../wazuh/later_rules.ts";
import { parseRules, type Rule, rulesMetBy } from "../wazuh/rules.ts";
import type { Asked } from "./asked.ts";
import type { RunContext } from "./command.ts";
import { messageFor } from "../run/emit.ts";
import { askMoreOf, askOpencti } from "../run/look_up_alert.ts";
import { type LookedUp, type Pipeline, pipelineFor } from "../run/pipeline.ts";
import { type Asking, freshBudget, redactorFor } from "../run/run.ts";

/** What explains: it is built once, for any number of alerts. */
export interface Explainer {
  readonly pipeline: Pipeline;
  /** Finds IoCs, and says of what no source reads that it is not looked up. */
  readonly find: (alert: Alert) => Promise<Findings>;
  /** Which OpenCTI is asked, and how. */
  readonly asking: Asking;
  /** All sources, the user's too. */
  readonly sources: () => Promise<readonly Source[]>;
  /** OpenCTI's address; empty if it is not known. */
  readonly baseUrl: string;
  /** What of the configuration cannot be used. */
  readonly problems: () => readonly string[];
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Asks for what was found, and says which events come of it. */
  readonly lookUp: (
    alert: Alert,
    findings: Pick<Findings, "iocs">,
  ) => Promise<Outcome>;
  /** What Wazuh would make of an event. */
  readonly explain: (event: Event, alert: Alert) => ExplainedEvent;
}

/** What asking came to. */
export type Outcome =
  /** There is nothing to ask for. */
  | { readonly type: "nothing" }
  | { readonly type: "not_asked"; readonly reason: string }
  | { readonly type: "failed"; readonly reason: string; readonly kind: string }
  | {
    readonly type: "answered";
    readonly lookedUp: LookedUp;
    readonly events: readonly ExplainedEvent[];
  };

/** An event, and what Wazuh would make of it. */
export interface ExplainedEvent {
  /** As it would be sent. */
  readonly message: string;
  /** The same, as Wazuh would read it. */
  readonly event: unknown;
  /** The rule that would alert; `undefined` if none would. */
  readonly rule: Rule | undefined;
}

/** Builds what explains. */
export async function explainerFor(
  { target, optionsJson, places, whyNot }: Asked,
  { home, stop }: RunContext,
): Promise<Explainer> {
  const read = await readConfig({ optionsFile: "", optionsJson, home });
  const { config } = read;
  const { apiKey, baseUrl } = target;
  const redact = redactorFor(apiKey, config);
  const pipeline = await pipelineFor(read, { baseUrl, readFile });
  const rules = rulesOf(home);
  const problems = () => [
    ...read.error === undefined ? [] : [read.error.message],
    ...rules.problem === undefined ? [] : [rules.problem],
    ...pipeline.problems(),
  ];
  const asking = {
    opencti: target,
    config,
    places: { ...placesOf({ ...read, home, apiKey: "" }), ...places },
  };
  const sources = async () =>
    read.joined.sources ?? await loadSources(ALL_FAMILIES);
  return {
    pipeline,
    find,
    asking,
    sources,
    baseUrl,
    redact,
    problems,
    lookUp,
    explain,
  };

  async function find(alert: Alert): Promise<Findings> {
    const findings = await pipeline.find(alert);
    const all = await pipelineFor(
      { ...read, config: { ...config, sweep: "all" } },
      { baseUrl, readFile },
    );
    const said = new Set(
      [
        ...findings.iocs.map(({ value }) => value),
        ...findings.skipped.map(
          ({ text }) => text,
        ),
      ],
    );
    const missed = (await all.find(alert)).iocs
      .filter(({ value }) => !said.has(value))
      .map(({ value, field }) => ({ text: value, field, reason: ONLY_ALL }));
    return { ...findings, skipped: [...findings.skipped, ...missed] };
  }

  async function lookUp(
    alert: Alert,
    { iocs }: Pick<Findings, "iocs">,
  ): Promise<Outcome> {
    if (iocs.length === 0) return { type: "nothing" };
    if (whyNot !== undefined) return { type: "not_asked", reason: whyNot };
    try {
      const options = {
        ...asking,
        log: SILENT,
        budget: freshBudget({ opencti: target, config, stop }),
        stop,
      };
      const lookedUp = await pipeline.lookUp(alert, iocs, {
        now: new Date(),
        ask: (question) =>
          askOpencti(question, { ...options, retries: target.retries }),
        askMore: (question) => askMoreOf(question, options),
      });
      const events = lookedUp.events.map(({ event }) => explain(event, alert));
      return { type: "answered", lookedUp, events };
    } catch (error) {
      if (error instanceof UsageError) {
        return { type: "not_asked", reason: redact(error.message) };
      }
      if (!(error instanceof OpenctiError)) throw error;
      const { kind, message } = error;
      return { type: "failed", reason: redact(message), kind };
    }
  }

  function explain(made: Event, alert: Alert): ExplainedEvent {
    const message = messageFor(made, alert, { redact });
    const event: unknown = JSON.parse(message.slice(message.indexOf("{")));
    // The base rule alone raises nothing.
    const rule = rulesMetBy(event, rules.rules).at(-1);
    return {
      message,
      event,
      rule: rule === undefined || rule.level === 0 ? undefined : rule,
    };
  }
}

/** The exit status: 1 if not all was answered, 2 if nothing could be asked. */
export function exitStatusFor(outcome: Outcome): 0 | 1 | 2 {
  switch (outcome.type) {
    case "nothing":
      return 0;
    case "answered":
      return outcome.lookedUp.reply.problems.length === 0 ? 0 : 1;
    case "failed":
      return 1;
    case "not_asked":
      return 2;
  }
}

/** Of what a look at all texts finds, and the configured one does not. */
const ONLY_ALL = 'only "sweep": "all" looks it up';

/** A trial leaves no traces. */
const SILENT = { isDebug: false, debug: (): void => {} };

/**
 * The manager's rules, which may have other ids, and those that are read after
 * them; else those of a new install.
 */
function rulesOf(home: string): {
  readonly rules: readonly Rule[];
  readonly problem?: string;
} {
  const path = `${home}/${RULES}`;
  let ours: readonly Rule[];
  try {
    ours = parseRules(readFile(path));
  } catch (error) {
    return {
      rules: parseRules(decoded(SHIPPED_RULES)),
      problem: `Rules and levels are those of a new install: ${RULES} cannot ` +
        `be read, ${messageOf(error)}`,
    };
  }
  try {
    const later = rulesAfter(path).map(readFile);
    const { rules, notJudged } = withLaterRules(ours, later);
    return notJudged.length === 0 ? { rules } : {
      rules,
      problem: "Rules of yours build upon ours, and ask for more than is " +
        `compared here: ${notJudged.join(", ")}: an event may meet these`,
    };
  } catch (error) {
    return {
      rules: ours,
      problem:
        "Rules of yours are left out, for one of their files cannot be " +
        `read: ${messageOf(error)}`,
    };
  }
}

/** The files of rules that Wazuh reads after one, in its order. */
function rulesAfter(path: string): readonly string[] {
  const [, folder = "", name = ""] = /^(.*)\/([^/]*)$/.exec(path) ?? [];
  return namesIn(folder).filter((one) => one.endsWith(".xml") && one > name)
    .toSorted().map((one) => `${folder}/${one}`);
}
