import { assertEquals } from "@std/assert";
import {
  check,
  findingsOf,
  showFindings,
} from "../../lib/manager/checks/finding.ts";

const paint = (text: string) => text;
const PAINTS = { ok: paint, warning: paint, error: paint };

Deno.test("showFindings() lets no text of others change a terminal", () => {
  const { error } = findingsOf("rules");
  const shown = showFindings([error("\x1b[2Jall is right", "ls \x07")], PAINTS)
    .join("\n");
  assertEquals(shown.includes("\x1b") || shown.includes("\x07"), false);
  assertEquals(shown.includes("all is right"), true);
});

Deno.test("check() makes a finding of whatever goes wrong", async () => {
  const found = await check("log", () => {
    throw new Deno.errors.FilesystemLoop("Too many links");
  });
  assertEquals(found.map(({ level, says }) => [level, says]), [
    ["error", "Too many links"],
  ]);
});
