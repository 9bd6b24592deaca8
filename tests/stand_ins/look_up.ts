/**
 * Looks IoCs up in a stand-in for OpenCTI, by the functions that a run uses.
 *
 * @module
 */
import * as v from "valibot";
import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import type { Ioc } from "../../lib/alert/ioc.ts";
import { type LookedUp, pipelineFor } from "../../lib/run/pipeline.ts";
import { completePlain, isPlain } from "../../lib/config/plain.ts";
import {
  matchAnswer,
  type Matches,
  type MatchOptions,
} from "../../lib/match/answer.ts";
import { readRegex } from "../../lib/match/regex.ts";
import { type Question, questionFor } from "../../lib/opencti/question.ts";
import { Answer } from "../../lib/opencti/schema.ts";
import { MATCHING } from "./matches.ts";
import { type Knowledge, startOpencti, TOKEN } from "./opencti.ts";

/** The answer of an OpenCTI to a question. */
export async function answerTo(
  url: string,
  question: Question,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(question),
  });
  const { data, errors } = await response.json();
  assertEquals(errors, undefined);
  return v.parse(Answer, data);
}

/** What becomes of an alert, as a run with these options finds it. */
export async function lookUpAlert(
  written: object,
  { options, ...knowledge }: Partial<Knowledge> & { readonly options: object },
): Promise<{
  readonly iocs: readonly Ioc[];
  /** Nothing is asked for where no IoC is. */
  readonly lookedUp: LookedUp | undefined;
}> {
  await using opencti = startOpencti({
    indicators: [],
    observables: [],
    ...knowledge,
  });
  assert(isPlain(options));
  const pipeline = await pipelineFor({
    config: completePlain(options),
    joined: { sources: undefined, problems: [] },
    problems: [],
    mayMiss: false,
  }, { baseUrl: "http://opencti.corp.example", readFile: () => "" });
  const alert = parseAlert(JSON.stringify(written));
  const { iocs } = await pipeline.find(alert);
  if (iocs.length === 0) return { iocs, lookedUp: undefined };
  const ask = async (question: Question) => ({
    answer: await answerTo(opencti.url, question),
    problems: [],
    latencyMs: 1,
  });
  const now = new Date("2026-11-25T00:00:00Z");
  const lookedUp = await pipeline.lookUp(alert, iocs, {
    ask,
    askMore: ask,
    now,
  });
  return { iocs, lookedUp };
}

/** What is known of IoCs. */
export async function lookUpIn(
  knowledge: Partial<Knowledge>,
  iocs: readonly Ioc[],
  options: Partial<MatchOptions> = {},
): Promise<Matches> {
  await using opencti = startOpencti({
    indicators: [],
    observables: [],
    ...knowledge,
  });
  const all = { ...MATCHING, ...options };
  const { question } = questionFor([
    ...iocs,
    ...all.parents.map(({ domain: value }) => (
      { kind: "domain", value, spellings: [] } as const
    )),
  ], all);
  const answer = await answerTo(opencti.url, question);
  return matchAnswer(iocs, answer, { ...all, readRegex });
}
