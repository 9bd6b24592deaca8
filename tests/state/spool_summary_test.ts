import { assertEquals, assertRejects } from "@std/assert";
import { waitingIn } from "../../lib/state/spool_summary.ts";

Deno.test("waitingIn() waits for no FIFO, and follows no link", async (t) => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/spool.db`;
  await t.step("nothing there", async () => {
    assertEquals(await waitingIn(dir), undefined);
  });
  await t.step("a FIFO", async () => {
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await assertRejects(() => waitingIn(dir), Error, "it is no file");
    await Deno.remove(path);
  });
  await t.step("a link", async () => {
    await Deno.symlink("/dev/zero", path);
    await assertRejects(() => waitingIn(dir), Error, "ELOOP");
  });
  await Deno.remove(dir, { recursive: true });
});
