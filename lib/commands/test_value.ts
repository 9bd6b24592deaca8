/**
 * What a test is made with: a value that OpenCTI knows, and an alert of a source
 * that carries it, of which a match comes.
 *
 * @module
 */
import { type Alert, parseAlert } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import type { NormalValue } from "../alert/kinds.ts";
import { examplesOf } from "../alert/sources/example.ts";
import type { Source } from "../alert/sources/source.ts";
import { OpenctiError, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import {
  failureFinding,
  type Finding,
  findingsOf,
  type Site,
} from "../manager/mod.ts";
import { connect } from "../opencti/connection.ts";
import { askKnown } from "../opencti/known.ts";
import { suggest } from "../suggest.ts";
import type { Event } from "../wazuh/event.ts";
import { meets } from "../wazuh/hand_over.ts";
import type { IntegrationBlock } from "../wazuh/ossec_conf.ts";
import { sentencesOn } from "../run/decisions.ts";
import type { Explainer, Outcome } from "./explanation.ts";

/** What a test is to be made with. */
export interface TestValueOptions {
  readonly site: Site;
  /** The source whose alert is made, if one is chosen. */
  readonly source: string | undefined;
  /** Sources whose alerts are tried, in this order. */
  readonly sources: readonly Source[];
  /** Ends the asking at once. */
  readonly stop: AbortSignal;
}

/** A value, the alert that was made of it, and what came of that. */
export interface Chosen {
  readonly value: NormalValue;
  readonly source: Source;
  readonly alert: Alert;
  readonly field: string;
  readonly answered: Extract<Outcome, { readonly type: "answered" }>;
}

/** Sources of which most managers have alerts; they are tried first. */
const USUAL = ["suricata", "sshd", "syscheck", "sysmon", "audit", "web"];

/** So many values of a kind are tried: the first of a source mostly does. */
const MAX_OF_KIND = 10;
const MAX_LOOK_UPS = 10;

/** Looks for a value of OpenCTI's of which a match comes; else says why none. */
export async function choose(
  explainer: Explainer,
  options: TestValueOptions,
): Promise<Chosen | Finding> {
  const { sources } = options;
  const { opencti, config, places } = explainer.asking;
  const client = await connect(config, { readFile, places });
  const tried = new Map<string, number>();
  let lookUps = 0;
  let reason: string | undefined;
  let partial: Chosen | undefined;
  try {
    const known = askKnown({
      ...opencti,
      client,
      stop: options.stop,
    });
    for await (const value of known) {
      const count = (tried.get(value.kind) ?? 0) + 1;
      tried.set(value.kind, count);
      if (count > MAX_OF_KIND) continue;
      const made = await alertWith(value, { explainer, sources, options });
      if (typeof made === "string") {
        reason ??= made;
        continue;
      }
      if (++lookUps > MAX_LOOK_UPS) break;
      const answered = await explainer.lookUp(made.alert, made.findings);
      if (answered.type !== "answered") return failureOf(answered);
      const [best] = answered.lookedUp.events;
      if (best !== undefined) {
        const chosen = { value, ...made, answered };
        if (isPlain(best.event)) return chosen;
        partial ??= chosen;
        continue;
      }
      const { found, ranking } = answered.lookedUp;
      const [sentence] = sentencesOn(found.decisions, ranking);
      reason = `${value.value}: ${sentence ?? "no match came of it"}`;
    }
  } catch (error) {
    return failureFinding(error);
  } finally {
    client?.close();
  }
  return partial ??
    noValue([...tried.keys()], { reason, source: options.source });
}

/** Whether a match is what a person expects: active, and in full. */
function isPlain({ opencti }: Event): boolean {
  return opencti["state"] === "active" && opencti["unmet"] === "";
}

function noValue(
  kinds: readonly string[],
  { reason, source }: {
    readonly reason: string | undefined;
    readonly source: string | undefined;
  },
): Finding {
  const { error } = findingsOf("value");
  if (kinds.length === 0) {
    return error(
      "OpenCTI knows no value that an alert could hold, of those that the " +
        "token's user may see",
      "add a connector or a feed to OpenCTI, or allow the user to see more",
    );
  }
  return error(
    `OpenCTI knows values (${kinds.join(", ")}), but no match comes of them` +
      `${source === undefined ? "" : ` in an alert of ${source}`}${
        reason === undefined ? "" : `, as of ${reason}`
      }`,
    source === undefined
      ? "see why with custom-opencti lookup VALUE, and correct the options"
      : "name another source, or see why with custom-opencti lookup VALUE",
  );
}

/**
 * The sources whose alerts are made, in the order in which they are tried.
 *
 * @throws {UsageError} If there is no such source.
 */
export async function sourcesFor(
  { sources }: Explainer,
  { source: name, site: { blocks } }: Pick<TestValueOptions, "source" | "site">,
): Promise<readonly Source[]> {
  const all = await sources();
  if (name !== undefined) {
    const found = all.filter((source) => source.name === name);
    if (found.length > 0) return found;
    const names = all.map((source) => source.name);
    throw new UsageError(
      `There is no such source${
        suggest(name, names) || `, there are ${names.join(", ")}`
      }`,
    );
  }
  const usual = USUAL.flatMap((one) =>
    all.filter((source) => source.name === one)
  );
  const inOrder = [...new Set([...usual, ...all])];
  const handedOver = inOrder.filter(({ groups = [] }) =>
    areHandedOver(groups, blocks)
  );
  return [...new Set([...handedOver, ...inOrder])];
}

/** An alert that a source reads, with the value in it; else why there is none. */
async function alertWith(
  value: NormalValue,
  { explainer: { pipeline }, sources, options }: {
    readonly explainer: Explainer;
    readonly sources: readonly Source[];
    readonly options: TestValueOptions;
  },
): Promise<
  | (Pick<Chosen, "alert" | "source" | "field"> & {
    readonly findings: Findings;
  })
  | string
> {
  const [block] = options.site.blocks;
  let reason = `${value.value}: no alert with a ${value.kind} can be made`;
  for (const source of sources) {
    const examples = examplesOf(source, value, {
      id: `test.${crypto.randomUUID()}`,
      groups: block?.group?.split(",") ?? [],
      level: Math.max(Number(block?.level) || 0, LEAST_LEVEL),
    });
    for (const json of examples) {
      const alert = parseAlert(json);
      const findings = await pipeline.find(alert);
      const ioc = findings.iocs.find((one) =>
        one.kind === value.kind && one.value === value.value &&
        one.source === source.name
      );
      if (ioc !== undefined) {
        return { alert, source, field: ioc.field, findings };
      }
      const [skipped] = findings.skipped;
      if (skipped !== undefined) {
        reason = `${value.value}: it is skipped, ${skipped.reason}`;
      }
    }
  }
  return reason;
}

const LEAST_LEVEL = 3;

/** Whether integratord hands alerts of these groups over, if their level does. */
export function areHandedOver(
  groups: readonly string[],
  blocks: readonly IntegrationBlock[],
): boolean {
  return blocks.some(({ group }) =>
    meets({ group }, { level: 0, groups, ruleId: "", location: undefined })
  );
}

/** Why OpenCTI did not answer. */
export function failureOf(outcome: Outcome): Finding {
  return failureFinding(
    outcome.type === "failed"
      ? new OpenctiError(outcome.reason, outcome.kind)
      : new Error("reason" in outcome ? outcome.reason : "nothing was asked"),
  );
}
