/**
 * Small cases, each made after what a user of Wazuh or OpenCTI reported: an
 * alert, what must be asked for and what must not, what OpenCTI knows, and what
 * must be emitted.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LookedUp } from "../lib/run/pipeline.ts";
import { lookUpAlert } from "./stand_ins/look_up.ts";
import type { Knowledge, KnownObservable } from "./stand_ins/opencti.ts";

const CASES = new URL("testdata/cases/", import.meta.url);
const FORMS = new URL("testdata/known_forms.jsonl", import.meta.url);

interface Case {
  readonly alert: object;
  readonly options?: object;
  readonly knows?: {
    readonly indicators?: readonly (string | {
      readonly pattern: string;
      /** The ids of the observables that it is based on. */
      readonly based_on?: readonly string[];
    })[];
    readonly observables?:
      readonly (Omit<KnownObservable, "observable_value"> & {
        readonly value: string;
      })[];
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

async function check({ alert, options = {}, knows, expect }: Case) {
  const { iocs, lookedUp } = await lookUpAlert(alert, {
    ...knowledgeOf(knows),
    options,
  });
  if (expect.asked_nothing) return assertEquals(iocs, []);
  const asked = JSON.stringify(lookedUp?.question.variables ?? {});
  for (const value of expect.asked ?? []) assertStringIncludes(asked, value);
  for (const value of expect.not_asked ?? []) {
    assert(!asked.includes(value), `${value} is asked for`);
  }
  if (expect.events !== undefined) {
    assertEvents(lookedUp, [expect.events, ...expect.or_events ?? []]);
  }
}

/** Checks that the events are of these types, or of those. */
function assertEvents(
  lookedUp: LookedUp | undefined,
  allowed: readonly (readonly string[])[],
): void {
  const types = JSON.stringify(
    (lookedUp?.events ?? []).map(({ event }) => event.opencti.event_type),
  );
  const texts = allowed.map((events) => JSON.stringify(events));
  assert(texts.includes(types), `${types}, expected ${texts}`);
}

interface KnownForm extends Pick<Case, "alert" | "options" | "knows"> {
  readonly name: string;
  readonly events: readonly string[];
}

/** What alerts of this file have that say nothing else. */
const ALERT = {
  timestamp: "2026-11-20T10:00:00.000+0000",
  rule: { groups: ["ids", "suricata"] },
  decoder: { name: "json" },
};

Deno.test("what OpenCTI knows in other forms, or in longer patterns, is emitted as the pattern says", async (t) => {
  const lines = await Deno.readTextFile(FORMS);
  const forms = lines.trim().split("\n").map((line): KnownForm =>
    JSON.parse(line)
  );
  assert(forms.length > 140);
  for (const { name, alert, options = {}, knows, events } of forms) {
    await t.step(name, async () => {
      const { lookedUp } = await lookUpAlert({ ...ALERT, ...alert }, {
        ...knowledgeOf(knows),
        options,
      });
      assertEvents(lookedUp, [events]);
    });
  }
});

function knowledgeOf(knows: Case["knows"] = {}): Knowledge {
  const indicators = (knows.indicators ?? []).map((one, n) => ({
    id: `i${n}`,
    name: `n${n}`,
    ...typeof one === "string" ? { pattern: one } : one,
  }));
  const observables = (knows.observables ?? []).map((
    { value, ...one },
  ) => ({
    ...one,
    observable_value: value,
    indicators: one.indicators ??
      indicators.filter((indicator) =>
        "based_on" in indicator && indicator.based_on?.includes(one.id)
      ).map(({ id }) => id),
  }));
  return { indicators, observables };
}
