import { assert, assertEquals, assertThrows } from "@std/assert";
import { readApiKey } from "../../lib/config/api_key.ts";
import { UsageError } from "../../lib/errors.ts";
import { readFile } from "../../lib/files.ts";
import { makeHome } from "../stand_ins/home.ts";

Deno.test("readApiKey() takes a token as it is, or out of a file", async () => {
  assertEquals(
    readApiKey("flgrn_octi_tkn_x", readFile),
    "flgrn_octi_tkn_x",
  );
  const path = `${await makeHome()}/token`;
  await Deno.writeTextFile(path, "flgrn_octi_tkn_y\n", { mode: 0o600 });
  assertEquals(
    readApiKey(`file:${path}`, readFile),
    "flgrn_octi_tkn_y",
  );
});

Deno.test("readApiKey() refuses a file that is no secret, or holds no token", async (t) => {
  const path = `${await makeHome()}/token`;
  const cases = [
    [0o604, "secret", "may be used by others, run custom-opencti doctor"],
    [0o602, "secret", "may be used by others, run custom-opencti doctor"],
    [0o600, "", "holds no token"],
    [0o600, "secret of two words", "holds no token"],
    [0o600, "x".repeat(5000), "holds no token"],
  ] as const;
  for (const [mode, text, says] of cases) {
    await t.step(`${mode.toString(8)} ${text.slice(0, 20)}`, async () => {
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, mode);
      const error = assertThrows(
        () => readApiKey(`file:${path}`, readFile),
        UsageError,
        says,
      );
      assert(!error.message.includes("secret"), error.message);
    });
  }
  await t.step("there is none", () => {
    assertThrows(
      () => readApiKey("file:/no/such/token", readFile),
      UsageError,
      "Cannot read the token: /no/such/token: there is no such file",
    );
  });
  await t.step("a folder", () => {
    assertThrows(
      () => readApiKey("file:/tmp", readFile),
      UsageError,
      "Cannot read the token: /tmp: it is no file",
    );
  });
  await t.step("no path", () => {
    assertThrows(
      () => readApiKey("file:token", readFile),
      UsageError,
      "<api_key> names no file",
    );
  });
});
