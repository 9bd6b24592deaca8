import { assertEquals } from "@std/assert";
import { completeConfig, parseOptions } from "../lib/config/config_file.ts";
import { SOURCES } from "../lib/alert/sources/mod.ts";
import { joinSources } from "../lib/config/own_sources.ts";

Deno.test("README.md shows an event as it is", async () => {
  const readme = await Deno.readTextFile(
    new URL("../README.md", import.meta.url),
  );
  const [golden] = JSON.parse(
    await Deno.readTextFile(
      new URL("testdata/events/suricata_alert_http.json", import.meta.url),
    ),
  );
  const shown = JSON.parse(
    /```json\n(\{\s+"integration"[^]*?)```/.exec(readme)?.[1] ?? "{}",
  );
  golden.event.opencti.latency_ms = shown.opencti.latency_ms;
  assertEquals(shown, golden.event);
});

Deno.test("README.md shows configuration files without a mistake", async () => {
  const readme = await Deno.readTextFile(
    new URL("../README.md", import.meta.url),
  );
  const shown = [...readme.matchAll(/```json\n([^]*?)```/g)]
    .map(([, json = ""]) => json)
    .filter((json) => !json.includes('"integration"'));
  assertEquals(shown.length, 2);
  for (const json of shown) {
    const { options, problems } = parseOptions(json);
    assertEquals(problems, []);
    const { sources } = completeConfig(options);
    assertEquals(joinSources(SOURCES, sources).problems, []);
  }
});
