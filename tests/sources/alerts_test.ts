import { assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert.ts";
import { findIocs } from "../../lib/sources/mod.ts";
// Written by reading the alerts, not by running the program.
import expected from "../testdata/iocs.json" with { type: "json" };

const ALERTS = new URL("../testdata/alerts/", import.meta.url);

Deno.test("findIocs() finds what a real alert holds, and nothing else", async (t) => {
  const files = await Array.fromAsync(Deno.readDir(ALERTS));
  assertEquals(
    files.map(({ name }) => name).sort(),
    Object.keys(expected).sort(),
  );
  for (const [name, values] of Object.entries(expected)) {
    await t.step(name, async () => {
      const json = await Deno.readTextFile(new URL(name, ALERTS));
      const found = findIocs(parseAlert(json)).iocs
        .map(({ kind, value }) => `${kind} ${value}`);
      assertEquals(found.sort(), [...values].sort());
    });
  }
});
