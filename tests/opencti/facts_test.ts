import { assert, assertEquals } from "@std/assert";
import {
  askAmounts,
  askFacts,
  INDICATORS_QUERY,
  ME_QUERY,
  OBSERVABLES_QUERY,
} from "../../lib/opencti/facts.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { assertValid } from "../stand_ins/schemas.ts";

Deno.test("The questions of doctor are valid on OpenCTI's schemas", async (t) => {
  await assertValid(t, [ME_QUERY, OBSERVABLES_QUERY, INDICATORS_QUERY]);
});

function optionsFor(baseUrl: string) {
  return {
    baseUrl,
    apiKey: TOKEN,
    client: undefined,
    timeoutMs: 5000,
    stop: new AbortController().signal,
  };
}

Deno.test("askFacts() says who asks, what may be done, and what is hidden", async () => {
  await using opencti = startOpencti(KNOWLEDGE, {
    hiddenMarkings: ["TLP:RED"],
  });
  const { version, user, capabilities, hidden, aheadMs } = await askFacts(
    optionsFor(opencti.url),
  );
  assertEquals([version, user, hidden], ["7.260817.0", "wazuh", ["TLP:RED"]]);
  assertEquals(capabilities, ["APIACCESS_USETOKEN", "KNOWLEDGE"]);
  assert(aheadMs === undefined || Math.abs(aheadMs) < 5000);
});

Deno.test("askAmounts() counts what is known, and what of it is active", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const amounts = await askAmounts(optionsFor(opencti.url));
  assertEquals(amounts.indicators, KNOWLEDGE.indicators.length);
  assertEquals(
    amounts.active,
    KNOWLEDGE.indicators.filter(({ revoked }) => revoked !== true).length,
  );
  assertEquals(
    amounts.stix,
    KNOWLEDGE.indicators.filter(({ pattern_type = "stix" }) =>
      pattern_type === "stix"
    ).length,
  );
  const byKind = (kind: string) =>
    KNOWLEDGE.observables.filter(({ entity_type }) => entity_type === kind)
      .length;
  for (const [kind, count] of Object.entries(amounts.observables)) {
    assertEquals(count, byKind(kind), kind);
  }
});
