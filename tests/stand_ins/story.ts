/**
 * Matches on several agents, written in words, and the alerts that they become.
 *
 * @module
 */
import { startAnalysisd } from "./analysisd.ts";
import { type MatchFacts, sentMatch } from "./matches.ts";

/** The words for what of a match is not as usual. */
const WORDS: Readonly<Record<string, MatchFacts>> = {
  low: { indicator: { x_opencti_score: 20 } },
  medium: { indicator: { x_opencti_score: 50 } },
  critical: { indicator: { x_opencti_score: 100 } },
  revoked: { indicator: { revoked: true } },
  expired: { indicator: { valid_until: "2026-05-01T00:00:00Z" } },
  partial: { type: "indicator_partial_pattern_match" },
  observable: { type: "observable_with_indicator" },
  related: { type: "observable_with_related_indicator" },
};

/** A match of which nothing is said: active, of high severity. */
const USUAL: MatchFacts = { indicator: { x_opencti_score: 70 } };

/**
 * Tells a story to analysisd with rules, and gives for each match the last three
 * digits of the rule whose alert it becomes, or `-`. In the story, `A:x` is a
 * match of the IoC x on agent A; `A:x:low:partial` one of which more is said;
 * `000:x` one on the manager; `+600` are seconds that pass.
 */
export function alertsOf(story: string, xml: string): string {
  const analysisd = startAnalysisd(xml);
  let at = 0;
  return story.split(" ").flatMap((word) => {
    if (word.startsWith("+")) {
      at += Number(word);
      return [];
    }
    const [agent = "", value = "", ...others] = word.split(":");
    const facts = others.map(factsOf).reduce(
      (all, { indicator, ...one }) => ({
        ...all,
        ...one,
        indicator: { ...all.indicator, ...indicator },
      }),
      USUAL,
    );
    const rule = analysisd.receive({
      location: agent === "000" ? "opencti" : `(${agent}) any->opencti`,
      event: sentMatch({ ...facts, agent, value }),
      at,
    });
    return [rule?.id.slice(-3) ?? "-"];
  }).join(" ");
}

function factsOf(word: string): MatchFacts {
  const facts = WORDS[word];
  if (facts === undefined) throw new Error(`No word: ${word}`);
  return facts;
}

/** So many matches on an agent, each of an IoC of its own. */
export function matchesOn(agent: string, count: number): string {
  return Array.from(
    { length: count },
    (_, n) => `${agent}:${agent}${n}`,
  ).join(" ");
}
