import { assert, assertEquals, assertThrows } from "@std/assert";
import { SpoolError } from "../../lib/errors.ts";
import { ensureFile, ensureFolder } from "../../lib/state/folder.ts";
import { wazuhNames } from "../../lib/shell.ts";
import { makeHome, ODD_PREFIX, ROOT_ONLY } from "../stand_ins/home.ts";

Deno.test({
  ...ROOT_ONLY,
  name: "ensureFolder() refuses a folder of a user who is not Wazuh's",
  fn: async () => {
    const home = await makeHome({ prefix: ODD_PREFIX });
    const dir = `${home}/queue/opencti`;
    ensureFolder({ dir, home });
    await Deno.chown(dir, 4242, 4242);
    const { user, group } = wazuhNames(home);
    assertThrows(
      () => ensureFolder({ dir, home }),
      SpoolError,
      `belongs to another user: as root, run chown -R ${user}:${group} '${dir}'`,
    );
    await Deno.chmod(dir, 0o757);
    assertThrows(
      () => ensureFolder({ dir, home }),
      SpoolError,
      `others may write to it: chmod o= '${dir}'`,
    );
  },
});

Deno.test("ensureFolder() makes a folder for Wazuh's group alone, and its parents outside of Wazuh's home", async () => {
  const home = await makeHome({ isInstalled: false });
  const dir = `${home}-state/opencti`;
  ensureFolder({ dir, home });
  assertEquals(((await Deno.stat(dir)).mode ?? 0) & 0o777, 0o750);
  await Deno.remove(`${home}-state`, { recursive: true });
  assertThrows(
    () => ensureFolder({ dir: `${home}/none/opencti`, home }),
    SpoolError,
    `see that ${home} is Wazuh's home`,
  );
});

Deno.test("ensureFile() refuses what is no file of its own", async (t) => {
  const home = await makeHome();
  const path = `${home}/queue/opencti/spool.db`;
  const puts = {
    "a symbolic link": () => Deno.symlink(`${home}/x`, path),
    "a hard link": async () => {
      await Deno.writeTextFile(`${home}/y`, "");
      await Deno.link(`${home}/y`, path);
    },
    "a folder": () => Deno.mkdir(path),
    "a FIFO": () => new Deno.Command("mkfifo", { args: [path] }).output(),
  };
  for (const [name, put] of Object.entries(puts)) {
    await t.step(name, async () => {
      await put();
      assertThrows(
        () => ensureFile(path, { home: "/none" }),
        SpoolError,
        "is no file of its own",
      );
      await Deno.remove(path);
    });
  }
  const inode = ensureFile(path, { home: "/none" });
  assert(inode !== null);
  assertEquals(ensureFile(path, { home: "/none" }), inode);
});
