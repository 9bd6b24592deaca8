/**
 * Looks IoCs up in a stand-in for OpenCTI, by the functions that a run uses.
 *
 * @module
 */
import * as v from "valibot";
import { assertEquals } from "@std/assert";
import type { Ioc } from "../../lib/alert/ioc.ts";
import {
  matchAnswer,
  type Matches,
  type MatchOptions,
} from "../../lib/match/answer.ts";
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
  return matchAnswer(iocs, await answerTo(opencti.url, question), all);
}
