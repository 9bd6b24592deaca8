/**
 * An explanation as JSON, for programs. Members are added, and not renamed or
 * taken out.
 *
 * @module
 */
import type { Findings } from "../alert/find.ts";
import { escapeControls } from "../log.ts";
import { sentencesOn } from "../run/decisions.ts";
import type { Outcome } from "./explanation.ts";

/** JSON for people too: indented, and without what moves a terminal's cursor. */
export function jsonOf(
  value: unknown,
  redact: (text: string) => string,
): string {
  const withoutSecrets = (_: string, member: unknown) =>
    typeof member === "string" ? redact(member) : member;
  return JSON.stringify(value, withoutSecrets, 2).split("\n")
    .map(escapeControls).join("\n") + "\n";
}

/** IoCs, question, answer, ranking and events; what there was not is `null`. */
export function outcomeJson(
  outcome: Outcome,
  { iocs, baseUrl }: Pick<Findings, "iocs"> & { readonly baseUrl: string },
): Readonly<Record<string, unknown>> {
  const looked = outcome.type === "answered" ? outcome : undefined;
  const found = looked?.lookedUp.found;
  return {
    iocs,
    opencti: baseUrl === "" ? null : baseUrl,
    outcome: outcome.type,
    reason: "reason" in outcome ? outcome.reason : null,
    question: looked?.lookedUp.question.variables ?? null,
    answer: looked === undefined ? null : {
      latency_ms: looked.lookedUp.latencyMs,
      problems: looked.lookedUp.reply.problems.map(({ says }) => says),
      more: found?.cutOff ?? [],
    },
    matches: found?.found ?? 0,
    ranking: looked === undefined ? [] : sentencesOn(
      looked.lookedUp.found.decisions,
      looked.lookedUp.ranking,
    ),
    events: (looked?.events ?? []).map(({ event, rule }) => ({
      rule: rule === undefined
        ? null
        : { id: rule.id, level: rule.level, groups: rule.groups },
      event,
    })),
  };
}
