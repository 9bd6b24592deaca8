import { assertEquals, assertRejects } from "@std/assert";
import { databaseIn, openDatabase } from "../../lib/state/database.ts";
import { waitingIn } from "../../lib/state/spool_summary.ts";
import { inFolder } from "../stand_ins/folder.ts";

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

/** A database in use, with an alert that stands in its log alone. */
function openWithAlert(dir: string) {
  const db = openDatabase(dir);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.exec(
    "INSERT INTO waiting (kind, kept_at, due, why, tries, text) " +
      "VALUES ('alert', 1, 1, 'x', 0, '')",
  );
  return db;
}

/** Does something right before a copy is made. */
function whenMade(act: (path: string) => void): Disposable {
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    act(`${path}`);
    return openSync(path, options);
  };
  return {
    [Symbol.dispose]: () => {
      Deno.openSync = openSync;
    },
  };
}

Deno.test("waitingIn() counts what a run moves while it is copied", async () => {
  await inFolder(async (dir) => {
    using db = openWithAlert(dir);
    let moved = 0;
    // The database is copied, and its log is about to be.
    using _ = whenMade((path) => {
      if (!path.endsWith("-wal") || moved++ > 0) return;
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    });
    assertEquals((await waitingIn(dir))?.alerts, 1);
    assertEquals(moved > 0, true);
  });
});

Deno.test("waitingIn() ends where the database is changed all the time", async () => {
  await inFolder(async (dir) => {
    using _db = openWithAlert(dir);
    let turn = 0;
    using _ = whenMade(() => Deno.utimeSync(databaseIn(dir), 1, ++turn));
    await assertRejects(
      () => waitingIn(dir),
      Error,
      "runs change it all the time, try again",
    );
  });
});

Deno.test("waitingIn() copies no file of any size", async (t) => {
  for (const end of ["", "-wal"]) {
    await t.step(`spool.db${end}`, async () => {
      await inFolder(async (dir) => {
        const path = databaseIn(dir);
        openWithAlert(dir).close();
        await Deno.writeTextFile(path + end, "", { append: true });
        await Deno.truncate(path + end, 512 * 1024 * 1024 + 1);
        await assertRejects(
          () => waitingIn(dir),
          Error,
          "it has 536870913 bytes",
        );
      });
    });
  }
});
