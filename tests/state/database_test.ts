import { assert, assertEquals } from "@std/assert";
import { inodeOf, openDatabase, setAside } from "../../lib/state/database.ts";
import { transactionOn } from "../../lib/state/transaction.ts";
import { makeHome } from "../stand_ins/home.ts";

Deno.test("setAside() moves no database that another run has begun meanwhile", async () => {
  const dir = `${await makeHome()}/queue/opencti`;
  const path = `${dir}/spool.db`;
  await Deno.writeTextFile(path, "corrupt");
  const inode = inodeOf(path);
  const aside = setAside(dir, { inode, now: 0 });
  assertEquals(aside, `${path}.corrupt-1970-01-01T00-00-00-000Z`);
  // The inode of the first is still in use: the second has another.
  await Deno.writeTextFile(path, "new");
  assertEquals(setAside(dir, { inode, now: 1 }), undefined);
  assertEquals(await Deno.readTextFile(path), "new");
  assertEquals(setAside(dir, { inode: null, now: 1 }), undefined);
});

Deno.test("a match that was emitted is forgotten after 100 000 others", async () => {
  const dir = `${await makeHome()}/queue/opencti`;
  using db = openDatabase(dir);
  const tx = transactionOn(db, {
    now: () => 0,
    isDurable: true,
    spool_max: 10,
    spool_max_bytes: 1000,
    spool_max_age: 60,
  });
  db.exec("BEGIN");
  const insert = db.prepare("INSERT INTO emitted (key) VALUES (?)");
  for (let n = 0; n <= 100_001; n++) insert.run(`${n}`);
  tx.prune();
  assertEquals(tx.keepEvent("m", "100001"), undefined);
  assertEquals(tx.keepEvent("m", "2"), undefined, "it is remembered");
  assert(tx.keepEvent("m", "1") !== undefined, "it is forgotten");
  db.exec("COMMIT");
});
