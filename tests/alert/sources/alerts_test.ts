import { assertEquals } from "@std/assert";
import { findInFile, valuesOf } from "../../stand_ins/alerts.ts";
// Written by reading the alerts, not by running the program.
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
