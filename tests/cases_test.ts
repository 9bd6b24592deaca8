/**
 * Inputs after what users met and reported: what must be asked for, and what
 * must not.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAlert } from "../lib/alert/alert.ts";
import { makeLoadingFinder } from "../lib/alert/find.ts";
import { readIgnoreLists } from "../lib/alert/ignore.ts";
import { completePlain, isPlain } from "../lib/config/plain.ts";
import { sweepOf } from "../lib/config/rules.ts";
import { matchAnswer } from "../lib/match/answer.ts";
import { questionFor } from "../lib/opencti/question.ts";
import { readResponse } from "../lib/opencti/response.ts";
import { startOpencti, TOKEN } from "./stand_ins/opencti.ts";
import { PLACES } from "./stand_ins/places.ts";

const CASES = new URL("testdata/cases/", import.meta.url);

interface Case {
  readonly alert: object;
  readonly options?: object;
  readonly knows?: { readonly indicators: readonly string[] };
  readonly expect: {
    readonly asked?: readonly string[];
    readonly not_asked?: readonly string[];
    readonly asked_nothing?: true;
    readonly events?: readonly string[];
  };
}

Deno.test("what users missed is asked for, and no more than that", async (t) => {
  const names = (await Array.fromAsync(Deno.readDir(CASES)))
    // Those that begin with p are about patterns and spellings.
    .map(({ name }) => name).filter((name) => !/^p\d/.test(name)).sort();
  assert(names.length > 70);
  for (const name of names) {
    await t.step(name, async () => {
      const json = await Deno.readTextFile(new URL(name, CASES));
      await check(JSON.parse(json));
    });
  }
});

async function check({ alert, options = {}, knows, expect }: Case) {
  assert(isPlain(options));
  const config = completePlain(options);
  const read = parseAlert(JSON.stringify(alert));
  const baseUrl = "http://opencti.corp.example";
  const { whyIgnored } = readIgnoreLists(config.ignore, {
    baseUrl,
    readFile: () => "",
  });
  const { iocs } = await makeLoadingFinder({
    ...config,
    sources: undefined,
    sweep: sweepOf(config),
    whyIgnored,
  })(read);
  if (expect.asked_nothing) return assertEquals(iocs, []);
  const now = new Date("2026-11-25T00:00:00Z");
  const { question } = questionFor(iocs, { ...config, now });
  const asked = JSON.stringify(question.variables);
  for (const value of expect.asked ?? []) assertStringIncludes(asked, value);
  for (const value of expect.not_asked ?? []) {
    assert(!asked.includes(value), `${value} is asked for`);
  }
  if (expect.events === undefined) return;
  await using opencti = startOpencti({
    indicators: (knows?.indicators ?? []).map((pattern, n) => ({
      id: `${n}`,
      name: pattern,
      pattern,
    })),
    observables: [],
  });
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(question),
  });
  const outcome = readResponse({
    status: response.status,
    location: null,
    body: await response.text(),
  }, { baseUrl, variables: question.variables, places: PLACES });
  assert("answer" in outcome);
  const { matches } = matchAnswer(iocs, outcome.answer, {
    ...config,
    now,
    alert: read,
    parents: [],
    page: 1,
  });
  assertEquals(matches.map(({ type }) => type), expect.events);
}
