/**
 * Small cases, each made after what a user of Wazuh or OpenCTI reported: an
 * alert, what OpenCTI knows, and what must be emitted.
 *
 * @module
 */
import { assert } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { findIn } from "../stand_ins/alerts.ts";
import { lookUpIn } from "../stand_ins/look_up.ts";
import type { KnownIndicator, KnownObservable } from "../stand_ins/opencti.ts";

const FOLDER = new URL("../testdata/cases/", import.meta.url);

/** A case of a pattern, or of what an observable leads to. */
interface Case {
  readonly alert: unknown;
  readonly knows: {
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
    readonly events: readonly string[];
    readonly or_events?: readonly (readonly string[])[];
  };
}

function knowledgeOf({ knows }: Case): {
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

Deno.test("matchAnswer() emits what users reported to be missed", async (t) => {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER)))
    .map(({ name }) => name).filter((name) => name.startsWith("p"));
  assert(names.length >= 7);
  for (const name of names.toSorted()) {
    await t.step(name, async () => {
      const one: Case = JSON.parse(
        await Deno.readTextFile(new URL(name, FOLDER)),
      );
      const alert = parseAlert(JSON.stringify(one.alert));
      const { iocs } = findIn(one.alert);
      const { matches } = await lookUpIn(knowledgeOf(one), iocs, { alert });
      const { events, or_events = [] } = one.expect;
      const types = JSON.stringify(matches.map(({ type }) => type));
      const expected = [events, ...or_events].map((one) => JSON.stringify(one));
      assert(expected.includes(types), `${types}, expected ${expected}`);
    });
  }
});
