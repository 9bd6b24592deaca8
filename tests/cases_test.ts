/**
 * Small cases, each made after what a user of Wazuh or OpenCTI reported: an
 * alert, what must be asked for and what must not, what OpenCTI knows, and what
 * must be emitted.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAlert } from "../lib/alert/alert.ts";
import { makeLoadingFinder } from "../lib/alert/find.ts";
import { readIgnoreLists } from "../lib/alert/ignore.ts";
import { completePlain, isPlain } from "../lib/config/plain.ts";
import { sweepOf } from "../lib/config/allowed_values.ts";
import { questionFor } from "../lib/opencti/question.ts";
import { lookUpIn } from "./stand_ins/look_up.ts";
import type { KnownIndicator, KnownObservable } from "./stand_ins/opencti.ts";

const CASES = new URL("testdata/cases/", import.meta.url);

interface Case {
  readonly alert: object;
  readonly options?: object;
  readonly knows?: {
    readonly indicators?: readonly (string | {
      readonly pattern: string;
      /** The ids of the observables that it is based on. */
      readonly based_on?: readonly string[];
    })[];
    readonly observables?: readonly {
      readonly id: string;
      readonly entity_type: string;
      readonly value: string;
    }[];
  };
  readonly expect: {
    readonly asked?: readonly string[];
    readonly not_asked?: readonly string[];
    readonly asked_nothing?: true;
    readonly events?: readonly string[];
    readonly or_events?: readonly (readonly string[])[];
  };
}

Deno.test("what users missed is asked for and emitted, and no more than that", async (t) => {
  const names = (await Array.fromAsync(Deno.readDir(CASES)))
    .map(({ name }) => name).sort();
  assert(names.length > 80);
  for (const name of names) {
    await t.step(name, async () => {
      const json = await Deno.readTextFile(new URL(name, CASES));
      await check(JSON.parse(json));
    });
  }
});

async function check({ alert: written, options = {}, knows, expect }: Case) {
  assert(isPlain(options));
  const config = completePlain(options);
  const alert = parseAlert(JSON.stringify(written));
  const { whyIgnored } = readIgnoreLists(config.ignore, {
    baseUrl: "http://opencti.corp.example",
    readFile: () => "",
  });
  const { iocs } = await makeLoadingFinder({
    ...config,
    sources: undefined,
    sweep: sweepOf(config),
    whyIgnored,
  })(alert);
  if (expect.asked_nothing) return assertEquals(iocs, []);
  const now = new Date("2026-11-25T00:00:00Z");
  const { question } = questionFor(iocs, { ...config, now });
  const asked = JSON.stringify(question.variables);
  for (const value of expect.asked ?? []) assertStringIncludes(asked, value);
  for (const value of expect.not_asked ?? []) {
    assert(!asked.includes(value), `${value} is asked for`);
  }
  if (expect.events === undefined) return;
  const { matches } = await lookUpIn(knowledgeOf(knows), iocs, { alert });
  const types = JSON.stringify(matches.map(({ type }) => type));
  const allowed = [expect.events, ...expect.or_events ?? []]
    .map((events) => JSON.stringify(events));
  assert(allowed.includes(types), `${types}, expected ${allowed}`);
}

function knowledgeOf(knows: Case["knows"] = {}): {
  readonly indicators: readonly KnownIndicator[];
  readonly observables: readonly KnownObservable[];
} {
  const indicators = (knows.indicators ?? []).map((one, n) => ({
    id: `i${n}`,
    name: `n${n}`,
    ...typeof one === "string" ? { pattern: one } : one,
  }));
  const observables = (knows.observables ?? []).map((one) => ({
    id: one.id,
    entity_type: one.entity_type,
    observable_value: one.value,
    indicators: indicators.filter((indicator) =>
      "based_on" in indicator && indicator.based_on?.includes(one.id)
    ).map(({ id }) => id),
  }));
  return { indicators, observables };
}
