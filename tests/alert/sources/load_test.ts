import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../../lib/alert/alert.ts";
import { makeFinder, makeLoadingFinder } from "../../../lib/alert/find.ts";
import {
  ALL_FAMILIES,
  familiesFor,
  loadSources,
} from "../../../lib/alert/sources/load.ts";
import { SOURCES } from "../../../lib/alert/sources/mod.ts";
import { alertFiles, FIND_DEFAULTS } from "../../stand_ins/alerts.ts";

Deno.test("loadSources() loads all sources in the order they read an alert", async () => {
  assertEquals(await loadSources(ALL_FAMILIES), SOURCES);
});

Deno.test("familiesFor() names no table for an alert that nothing reads", () => {
  const alert = { rule: { groups: ["pam2"] }, data: { a: "1.2.3.4" } };
  assertEquals(familiesFor(parseAlert(JSON.stringify(alert))), []);
});

Deno.test("familiesFor() looks into an alert that is in an alert", () => {
  const embedded = { rule: { groups: ["suricata"] } };
  const alert = {
    rule: { groups: ["active_response"] },
    data: { parameters: { alert: embedded } },
  };
  assertEquals(familiesFor(parseAlert(JSON.stringify(alert))), [
    "hosts",
    "network",
  ]);
});

Deno.test("makeLoadingFinder() finds what all tables together find", async (t) => {
  const find = makeFinder(FIND_DEFAULTS);
  const findLoading = makeLoadingFinder({
    ...FIND_DEFAULTS,
    sources: undefined,
  });
  const files = await alertFiles();
  assert(files.length > 200);
  for (const { name, json } of files) {
    await t.step(name, async () => {
      const alert = parseAlert(json);
      assertEquals(await findLoading(alert), find(alert));
    });
  }
});
