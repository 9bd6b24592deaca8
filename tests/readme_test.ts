import { assertEquals } from "@std/assert";

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
