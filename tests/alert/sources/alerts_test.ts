import { assertEquals } from "@std/assert";
import { findInFile, sweepFile, valuesOf } from "../../stand_ins/alerts.ts";
// Written by reading the alerts, not by running the program.
// What the sweep adds, and why each is one.
import swept from "../../testdata/swept.json" with { type: "json" };
import sweptForAll from "../../testdata/swept_all.json" with { type: "json" };
import expected from "../../testdata/iocs.json" with { type: "json" };

const ALERTS = new URL("../../testdata/alerts/", import.meta.url);

Deno.test("makeFinder() finds what a real alert holds, and nothing else", async (t) => {
  const files = await Array.fromAsync(Deno.readDir(ALERTS));
  assertEquals(
    files.map(({ name }) => name).sort(),
    Object.keys(expected).sort(),
  );
  for (const [name, values] of Object.entries(expected)) {
    await t.step(name, async () => {
      const found = await findInFile(name.replace(/\.json$/, ""));
      assertEquals(valuesOf(found).sort(), [...values].sort());
    });
  }
});

Deno.test("a sweep adds to a real alert what was reviewed, and nothing else", async (t) => {
  const safe = new Map(Object.entries<Record<string, string>>(swept));
  const all = new Map(Object.entries<Record<string, string>>(sweptForAll));
  for (const [name, values] of Object.entries(expected)) {
    await t.step(name, async () => {
      const file = name.replace(/\.json$/, "");
      const more = Object.keys(safe.get(name) ?? {});
      const ofSafe = [...values, ...more];
      assertEquals(valuesOf(await sweepFile(file)).sort(), ofSafe.sort());
      const ofAll = [...ofSafe, ...Object.keys(all.get(name) ?? {})];
      assertEquals(valuesOf(await sweepFile(file, "all")).sort(), ofAll.sort());
    });
  }
});
