import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { dueIn, hasOutage } from "../../lib/state/marker.ts";
import {
  openSpool,
  type Spool,
  type SpoolOptions,
} from "../../lib/state/spool.ts";
import { Throttle } from "../../lib/state/throttle.ts";
import { wazuhNames } from "../../lib/shell.ts";
import { giveToWazuh, makeHome, ODD_PREFIX } from "../stand_ins/home.ts";
import { makeSpoolOf010 } from "../stand_ins/spool.ts";

const BASE_URL = "https://cti.example";
const SECOND = () => 1000;

/** A spool whose clock stands still until the test moves it. */
async function makeSpool(
  limits: Partial<SpoolOptions> = {},
  prefix?: string,
): Promise<
  Disposable & {
    readonly spool: Spool;
    readonly options: SpoolOptions;
    readonly dir: string;
    readonly clock: { ms: number };
    readonly problems: string[];
  }
> {
  const home = await makeHome({ prefix });
  const dir = `${home}/queue/opencti`;
  const clock = { ms: 1_800_000_000_000 };
  const problems: string[] = [];
  const options = {
    folders: [dir, `${home}/logs/opencti`],
    home,
    spool_max: 3,
    spool_max_bytes: 1000,
    spool_max_age: 60,
    now: () => clock.ms,
    onProblem: (problem: string) => void problems.push(problem),
    ...limits,
  };
  const spool = openSpool(options);
  const close = () => spool.close();
  return { spool, options, dir, clock, problems, [Symbol.dispose]: close };
}

function alert(key: string, { tries = 1, json = "{}" } = {}) {
  return { key, baseUrl: BASE_URL, json, why: "down", tries };
}

async function take(spool: Spool, dueBy: number): Promise<string[]> {
  const options = { baseUrl: BASE_URL, limit: 2, dueBy, nextDue: dueBy + 10 };
  const taken = await spool.write((tx) => tx.takeAlerts(options), SECOND);
  return taken.map(({ key }) => key);
}

Deno.test("takeAlerts() gives those that are due, and to one run at a time", async () => {
  using scene = await makeSpool({ spool_max: 10 });
  const { spool, clock } = scene;
  await spool.write((tx) => {
    for (const key of ["a", "b", "c"]) tx.keepAlert(alert(key), clock.ms);
    tx.keepAlert({ ...alert("other"), baseUrl: "https://another" }, clock.ms);
    tx.keepAlert(alert("later"), clock.ms + 5);
  }, SECOND);
  assertEquals(await take(spool, clock.ms), ["a", "b"]);
  assertEquals(await take(spool, clock.ms), ["c"]);
  assertEquals(await take(spool, clock.ms + 5), ["later"]);
  assertEquals(await take(spool, clock.ms + 20), ["a", "b"], "no run was done");
});

Deno.test("takeAlerts() gives what was tried least first, then the oldest", async () => {
  using scene = await makeSpool({ spool_max: 10 });
  const { spool, clock } = scene;
  await spool.write((tx) => {
    tx.keepAlert(alert("poison", { tries: 7 }), clock.ms);
    tx.keepAlert(alert("old", { tries: 1 }), clock.ms);
    tx.keepAlert(alert("never asked", { tries: 0 }), clock.ms);
    tx.keepAlert(alert("young", { tries: 1 }), clock.ms);
  }, SECOND);
  const keys = await spool.write((tx) => tx.alertKeys(BASE_URL), SECOND);
  assertEquals(keys, ["never asked", "old", "young", "poison"]);
  assertEquals(await take(spool, clock.ms), ["never asked", "old"]);
  assertEquals(await take(spool, clock.ms), ["young", "poison"]);
});

Deno.test("keepAlert() keeps an alert once, with the time when it was kept first", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  const keep = () =>
    spool.write((tx) => tx.keepAlert(alert("a"), clock.ms), SECOND);
  await keep();
  clock.ms += 40_000;
  await keep();
  const counts = await spool.write((tx) => tx.counts(BASE_URL), SECOND);
  assertEquals(counts, { alerts: 1, events: 0 });
  clock.ms += 30_000;
  assertEquals(
    await spool.write((tx) => {
      tx.prune();
      return [tx.hasAlert("a"), tx.dropped().keys.length];
    }, SECOND),
    [false, 1],
    "it is 70 s old, though it was tried again 30 s ago",
  );
});

Deno.test("keepEvent() keeps what was not emitted before", async () => {
  using scene = await makeSpool();
  const { spool } = scene;
  const keep = (key?: string) =>
    spool.write((tx) => tx.keepEvent("m", key), SECOND);
  const id = await keep("k") ?? 0;
  assertEquals(await keep("k"), undefined);
  await spool.write((tx) => tx.forgetEvent(id), SECOND);
  assertEquals(await keep("k"), undefined, "nor when it was sent");
  assert(await keep() !== undefined && await keep() !== undefined);
});

Deno.test("takeOver() gives alerts to another OpenCTI, each alert once", async () => {
  using scene = await makeSpool({ spool_max: 10 });
  const { spool, clock } = scene;
  const keep = (id: string, baseUrl: string) => ({
    ...alert(`${id} ${baseUrl}`),
    baseUrl,
  });
  await spool.write((tx) => {
    tx.keepAlert(keep("1", ""), clock.ms);
    tx.keepAlert(keep("2", ""), clock.ms);
    tx.keepAlert(keep("2", BASE_URL), clock.ms);
    tx.keepAlert(keep("3", "https://gone"), clock.ms);
    tx.keepAlert(keep("4", "https://known"), clock.ms);
  }, SECOND);
  const keys = () => spool.write((tx) => tx.alertKeys(BASE_URL), SECOND);
  const ours = (...ids: string[]) => ids.map((id) => `${id} ${BASE_URL}`);
  await spool.write(
    (tx) => tx.takeOver({ from: "none", baseUrl: BASE_URL }),
    SECOND,
  );
  assertEquals(await keys(), ours("1", "2"));
  const known = [BASE_URL, "https://known"];
  await spool.write(
    (tx) => tx.takeOver({ from: { known }, baseUrl: BASE_URL }),
    SECOND,
  );
  assertEquals(await keys(), ours("1", "2", "3"));
});

Deno.test("prune() drops the oldest of what is too much, but no event of the run", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  const prune = (firstId?: number) =>
    spool.write((tx) => {
      tx.prune(firstId);
      const { keys, events } = tx.dropped();
      return keys.length + events;
    }, SECOND);
  await spool.write((tx) => {
    for (const key of ["a", "b", "c", "d"]) tx.keepAlert(alert(key), clock.ms);
  }, SECOND);
  assertEquals(await prune(), 1);
  const ids = await spool.write(
    (tx) => ["e", "f"].map((text) => tx.keepEvent(text) ?? 0),
    SECOND,
  );
  assertEquals(await prune(ids[0]), 0, "they are about to be sent");
  assertEquals(await take(spool, clock.ms), ["b", "c"]);
  assertEquals(await prune(), 2, "they were not sent, and are not the run's");
});

Deno.test("prune() drops and counts no event that is held", async () => {
  using scene = await makeSpool({ spool_max: 1 });
  const { spool, clock } = scene;
  const [id = 0] = await spool.write((tx) => {
    const held = tx.keepEvent("it says what was dropped") ?? 0;
    tx.holdEvent(held);
    tx.keepAlert(alert("1 x"), clock.ms);
    return [held, tx.keepEvent("m")];
  }, SECOND);
  const prune = () =>
    spool.write((tx) => {
      tx.prune();
      return tx.dropped();
    }, SECOND);
  assertEquals(await prune(), { keys: ["1 x"], events: 0 });
  clock.ms += 61_000;
  assertEquals(await prune(), { keys: [], events: 1 });
  const found = await spool.write((tx) => {
    const before = [tx.event(id)?.id, tx.holdsEvent()];
    tx.forgetEvent(id);
    return [...before, tx.holdsEvent()];
  }, SECOND);
  assertEquals(found, [id, true, false]);
});

Deno.test("prune() drops the oldest of what has too many bytes together", async () => {
  using scene = await makeSpool({ spool_max: 10 });
  const { spool, clock } = scene;
  const kept = await spool.write((tx) => {
    for (const [key, length] of [["a", 600], ["b", 100], ["é", 450]] as const) {
      const json = JSON.stringify(key.repeat(length));
      tx.keepAlert(alert(key, { json }), clock.ms);
    }
    tx.prune();
    return [tx.alertKeys(BASE_URL), tx.dropped().keys.length];
  }, SECOND);
  // é has two bytes: with its 902, the 102 of b would be too much.
  assertEquals(kept, [["é"], 2]);
});

Deno.test("write() marks when something is due and that there is an outage, and takes it away", async () => {
  using scene = await makeSpool();
  const { spool, options: { folders }, clock } = scene;
  const write = (change: Parameters<Spool["write"]>[0]) =>
    spool.write(change, SECOND);
  assertEquals(dueIn(folders), undefined);
  await write((tx) => tx.keepAlert(alert("a"), clock.ms + 7000));
  assertEquals(dueIn(folders), clock.ms + 7000);
  await write((tx) => tx.remember("error", 1, clock.ms + 3000));
  assertEquals(dueIn(folders), clock.ms + 3000);
  await write((tx) => tx.remember("outage x", 1));
  await write((tx) => tx.forget("error"));
  await write((tx) => tx.forgetAlert("a"));
  assertEquals([dueIn(folders), hasOutage(folders)], [undefined, true]);
  await write((tx) => tx.forget("outage x"));
  assertEquals([dueIn(folders), hasOutage(folders)], [undefined, false]);
});

Deno.test("write() changes all or nothing, and the next run looks", async () => {
  using scene = await makeSpool();
  const { spool, clock, options: { folders } } = scene;
  let message = "";
  try {
    await spool.write((tx) => {
      tx.keepAlert(alert("a"), clock.ms + 9000);
      throw new Error("in the middle");
    }, SECOND);
  } catch (error) {
    if (error instanceof Error) message = error.message;
  }
  assertEquals(message, "in the middle");
  assertEquals(dueIn(folders), clock.ms);
  const counts = await spool.write((tx) => tx.counts(BASE_URL), SECOND);
  assertEquals(counts, { alerts: 0, events: 0 });
});

Deno.test("write() gives the disk back what an empty spool does not need", async () => {
  using scene = await makeSpool({ spool_max: 100, spool_max_bytes: 1e9 });
  const { spool, clock, dir } = scene;
  const json = JSON.stringify("x".repeat(100_000));
  const keys = Array.from({ length: 40 }, (_, n) => `${n}`);
  const bytes = () =>
    ["", "-wal"].map((end) => Deno.statSync(`${dir}/spool.db${end}`).size)
      .reduce((a, b) => a + b);
  await spool.write((tx) => {
    tx.keepEvent("m", "emitted");
    for (const key of keys) tx.keepAlert(alert(key, { json }), clock.ms);
  }, SECOND);
  assert(bytes() > 4_000_000);
  await spool.write((tx) => keys.forEach(tx.forgetAlert), SECOND);
  assert(bytes() > 4_000_000, "an event still waits");
  const id = await spool.write((tx) => tx.events(1)[0]?.id ?? 0, SECOND);
  await spool.write((tx) => tx.forgetEvent(id), SECOND);
  assert(bytes() < 200_000, `${bytes()}`);
  const again = await spool.write((tx) => tx.keepEvent("m", "emitted"), SECOND);
  assertEquals(again, undefined, "what was emitted is remembered");
});

Deno.test("write() keeps the log of changes short, while others have the spool open", async () => {
  using scene = await makeSpool({ spool_max: 100, spool_max_bytes: 1e9 });
  const { spool, clock, dir } = scene;
  const json = JSON.stringify("x".repeat(100_000));
  await spool.write((tx) => tx.keepAlert(alert("0"), clock.ms), SECOND);
  using other = new DatabaseSync(`${dir}/spool.db`);
  const alerts = () => other.prepare("SELECT count(*) AS n FROM waiting").get();
  const log = () => Deno.statSync(`${dir}/spool.db-wal`).size;
  for (let n = 1; n <= 40; n++) {
    await spool.write((tx) => tx.keepAlert(alert(`${n}`, { json }), 0), SECOND);
    assert(log() <= 1024 * 1024, `${log()} bytes after ${n} changes`);
  }
  assertEquals(alerts()?.["n"], 41);
});

/** Locks a spool as another process does. */
function lockSpool(dir: string): Disposable {
  const db = new DatabaseSync(`${dir}/spool.db`);
  db.exec("BEGIN IMMEDIATE");
  return db;
}

Deno.test("write() waits for another process as long as there is time, then uses the next folder", async () => {
  using scene = await makeSpool();
  const { spool, clock, dir, options, problems } = scene;
  await spool.write((tx) => tx.keepAlert(alert("a"), clock.ms), SECOND);
  let lock: Disposable | undefined = lockSpool(dir);
  setTimeout(() => {
    lock?.[Symbol.dispose]();
    lock = undefined;
  }, 400);
  await spool.write((tx) => tx.keepAlert(alert("b"), clock.ms), () => 5000);
  assertEquals([lock, problems], [undefined, []]);
  lock = lockSpool(dir);
  const start = performance.now();
  const until = start + 300;
  const isDurable = await spool.write((tx) => {
    tx.keepAlert(alert("c"), clock.ms);
    return tx.isDurable;
  }, () => Math.max(until - performance.now(), 0));
  const ms = performance.now() - start;
  assert(ms >= 290 && ms < 600, `${ms} ms`);
  assertEquals([isDurable, problems], [true, []]);
  assertStringIncludes(
    spool.whyElsewhere() ?? "",
    "see which program holds it open",
  );
  lock?.[Symbol.dispose]();
  const next = openSpool(options);
  const keys = await next.write((tx) => tx.alertKeys(BASE_URL), SECOND);
  assertEquals([keys, next.whyElsewhere()], [["a", "b", "c"], undefined]);
  next.close();
});

Deno.test("write() waits for other runs that use the next folder too", async () => {
  using scene = await makeSpool();
  const { spool, clock, dir, options, problems } = scene;
  const other = options.folders[1] ?? "";
  const there = openSpool({ ...options, folders: [other] });
  for (const one of [spool, there]) await one.write(() => {}, SECOND);
  there.close();
  using _lock = lockSpool(dir);
  const lock = lockSpool(other);
  // The first folder's is waited for 100 ms, then this one's.
  setTimeout(() => lock[Symbol.dispose](), 150);
  const isDurable = await spool.write((tx) => {
    tx.keepAlert(alert("a"), clock.ms);
    return tx.isDurable;
  }, () => 0);
  assertEquals([isDurable, problems], [true, []]);
});

Deno.test("write() goes on in memory where each folder's database is locked", async () => {
  using scene = await makeSpool();
  const { spool, dir, options, problems } = scene;
  const other = options.folders[1] ?? "";
  const there = openSpool({ ...options, folders: [other] });
  for (const one of [spool, there]) await one.write(() => {}, SECOND);
  there.close();
  using _lock = lockSpool(dir);
  using _other = lockSpool(other);
  const isDurable = await spool.write((tx) => tx.isDurable, () => 0);
  assertEquals([isDurable, problems.length], [false, 1]);
  assertStringIncludes(problems[0] ?? "", "see which program holds it open");
});

Deno.test("tryWrite() changes nothing while another process has the lock, and that is no problem", async () => {
  using scene = await makeSpool();
  const { spool, clock, dir, problems } = scene;
  await spool.write((tx) => tx.keepAlert(alert("a"), clock.ms), SECOND);
  {
    using _lock = lockSpool(dir);
    const got = await spool.tryWrite((tx) => tx.counts(BASE_URL), () => 0);
    assertEquals(got, undefined);
  }
  const got = await spool.tryWrite((tx) => tx.counts(BASE_URL), () => 0);
  assertEquals(got?.alerts, 1);
  assertEquals(problems, []);
});

Deno.test("takeAlerts() gives what was kept while the clock was far ahead", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  const month = 30 * 86_400_000;
  await spool.write(
    (tx) => tx.keepAlert(alert("a"), clock.ms + month),
    SECOND,
  );
  assertEquals(await take(spool, clock.ms), ["a"]);
});

Deno.test("openSpool() takes no events from another run that sends them", async () => {
  using scene = await makeSpool();
  const { spool, options } = scene;
  const [, second = ""] = options.folders;
  await Deno.mkdir(second);
  giveToWazuh(second, 0o750);
  const sender = openSpool({ ...options, folders: [second] });
  await sender.write((tx) => tx.keepEvent("m"), SECOND);
  const unlock = await sender.lock(() => 0);
  const count = () => spool.write((tx) => tx.events(9).length, SECOND);
  assertEquals(await count(), 0);
  spool.close();
  unlock?.release();
  assertEquals(await count(), 1);
  sender.close();
});

Deno.test("recall() takes what is not as expected for nothing", async () => {
  using scene = await makeSpool();
  const { spool } = scene;
  const recall = () => spool.write((tx) => tx.recall("x", v.number()), SECOND);
  assertEquals(await recall(), undefined);
  await spool.write((tx) => tx.remember("x", "text"), SECOND);
  assertEquals(await recall(), undefined);
  await spool.write((tx) => tx.remember("x", 7), SECOND);
  assertEquals(await recall(), 7);
});

Deno.test("openSpool() goes on in memory where it cannot write, and says so once", async () => {
  using scene = await makeSpool();
  const { spool, dir, problems } = scene;
  await Deno.remove(dir);
  await Deno.writeTextFile(dir, "");
  await spool.write((tx) => tx.keepAlert(alert("a"), 0), SECOND);
  assertEquals(await take(spool, 0), ["a"]);
  (await spool.lock(() => 0))?.release();
  assertEquals(problems.length, 1);
  assertStringIncludes(problems[0] ?? "", "is no folder: remove it");
  assertEquals(spool.takeProblem(), problems[0]);
  assertEquals(spool.takeProblem(), undefined);
});

Deno.test("openSpool() keeps nothing on disk where there is no folder for it", async () => {
  using scene = await makeSpool({ folders: [] });
  const { spool, dir, problems } = scene;
  const isDurable = await spool.write((tx) => {
    tx.keepAlert(alert("a"), 0);
    return tx.isDurable;
  }, SECOND);
  assertEquals([isDurable, problems], [false, []]);
  assertEquals(await Array.fromAsync(Deno.readDir(dir)), []);
});

Deno.test("openSpool() takes what had to be kept elsewhere for a while", async () => {
  using scene = await makeSpool({ spool_max: 10 });
  const { spool, options, clock, problems } = scene;
  const [first = "", second = ""] = options.folders;
  await Deno.mkdir(second);
  giveToWazuh(second, 0o750);
  const counted = { emittedAt: 1, error: "e" };
  const elsewhere = openSpool({ ...options, folders: [second] });
  await elsewhere.write((tx) => {
    tx.keepAlert(alert("a"), clock.ms);
    tx.keepEvent("m", "k");
    tx.remember("outage x", 1);
    tx.remember("error x", { ...counted, suppressed: 2 });
  }, SECOND);
  elsewhere.close();
  assertEquals(dueIn(options.folders), clock.ms);
  const beside = openSpool({ ...options, folders: [first] });
  await beside.write(
    (tx) => tx.remember("error x", { ...counted, suppressed: 3 }),
    SECOND,
  );
  beside.close();
  const moved = await spool.write((tx) => [
    tx.alertKeys(BASE_URL),
    tx.events(9).map(({ message }) => message),
    tx.keepEvent("m", "k"),
    tx.recall("outage x", v.number()),
    tx.recall("error x", Throttle)?.suppressed,
  ], SECOND);
  assertEquals(moved, [["a"], ["m"], undefined, 1, 5]);
  assertEquals([dueIn([first]), dueIn([second])], [clock.ms, undefined]);
  assertEquals(problems, []);
});

Deno.test("openSpool() sets aside what cannot be read of what was kept elsewhere", async () => {
  using scene = await makeSpool();
  const { spool, options, problems } = scene;
  const [, second = ""] = options.folders;
  await Deno.mkdir(second);
  await Deno.writeTextFile(`${second}/spool.db`, "no database ".repeat(1000));
  const isDurable = await spool.write((tx) => tx.isDurable, SECOND);
  assertEquals([isDurable, problems.length], [true, 1]);
  const aside = (await Array.fromAsync(Deno.readDir(second)))
    .find(({ name }) => name.includes("corrupt"));
  assertStringIncludes(problems[0] ?? "", `${second}/${aside?.name}`);
});

Deno.test("write() uses the new database where another run has set the old one aside", async () => {
  using scene = await makeSpool();
  const { spool, options, clock, dir } = scene;
  await spool.write((tx) => tx.keepAlert(alert("a"), clock.ms), SECOND);
  await Deno.rename(`${dir}/spool.db`, `${dir}/spool.db.corrupt`);
  await spool.write((tx) => tx.keepAlert(alert("b"), clock.ms), SECOND);
  const another = openSpool(options);
  const keys = await another.write((tx) => tx.alertKeys(BASE_URL), SECOND);
  another.close();
  assertEquals(keys, ["b"]);
});

Deno.test("openSpool() goes on with what an older version kept and emitted", async () => {
  using scene = await makeSpool({ spool_max_bytes: 2047 });
  const { spool, dir, clock, problems } = scene;
  {
    using db = makeSpoolOf010(`${dir}/spool.db`);
    db.prepare(
      `INSERT INTO waiting (kind, kept_at, due, key, base_url, why, tries, text)
       VALUES ('alert', ?, 0, 'a', ?, 'down', 3, '{"é":1}')`,
    ).run(clock.ms, BASE_URL);
    db.exec(`INSERT INTO told (key) VALUES ('k');
      INSERT INTO remembered VALUES ('error x kind',
        '{"toldAt":5,"untold":2,"error":"e"}', 9);
      INSERT INTO remembered VALUES ('outage x', '{"since":5,"failures":1,
        "pausedUntil":0,"alerts":1,"kind":"k","says":"s"}', 99)`);
  }
  const { Outage } = await import("../../lib/state/circuit_breaker.ts");
  const found = await spool.write((tx) => [
    tx.keepEvent("m", "k"),
    tx.recall("error x kind", Throttle),
    tx.recall("outage x", Outage)?.isEmitted,
    tx.alertKeys(BASE_URL),
  ], SECOND);
  assertEquals(found, [
    undefined,
    { emittedAt: 5, suppressed: 2, error: "e" },
    true,
    ["a"],
  ]);
  const dropped = await spool.write((tx) => {
    tx.prune();
    return tx.dropped().keys.length;
  }, SECOND);
  assertEquals(dropped, 1, "it counts as a usual alert");
  assertEquals(problems, []);
});

Deno.test("lock() lets one run do something at a time", async () => {
  using scene = await makeSpool();
  const { spool, options } = scene;
  const another = openSpool(options);
  const open = (one: Spool) => one.write(() => {}, SECOND);
  await open(spool);
  await open(another);
  const unlock = await spool.lock(() => 0);
  assertEquals(await another.lock(() => 0), undefined);
  unlock?.release();
  const other = await another.lock(() => 0);
  assert(other !== undefined);
  other.release();
  another.close();
});

Deno.test("lock() remembers what was sent, for the database that it was sent from", async () => {
  using scene = await makeSpool();
  const { spool, options, dir } = scene;
  await spool.write((tx) => tx.keepEvent("m"), SECOND);
  const lock = await spool.lock(() => 0);
  lock?.add(1);
  lock?.add(22);
  lock?.release();
  const another = openSpool(options);
  await another.write(() => {}, SECOND);
  const next = await another.lock(() => 0);
  assertEquals(next?.sent(), [1, 22]);
  next?.add(3);
  next?.remove([1, 22]);
  assertEquals(next?.sent(), [3], "it was added in the meantime");
  next?.remove([3]);
  assertEquals(next?.sent(), []);
  next?.add(4);
  next?.release();
  another.close();
  await Deno.rename(`${dir}/spool.db`, `${dir}/spool.db.old`);
  await spool.write(() => {}, SECOND);
  const last = await spool.lock(() => 0);
  assertEquals(last?.sent(), [], "its ids mean other events");
  last?.release();
});

Deno.test("lock() waits for another run as long as there is time", async () => {
  using scene = await makeSpool();
  const { spool, options } = scene;
  const another = openSpool(options);
  for (const one of [spool, another]) await one.write(() => {}, SECOND);
  const unlock = await spool.lock(() => 0);
  const start = performance.now();
  setTimeout(() => unlock?.release(), 200);
  const other = await another.lock(SECOND);
  assert(other !== undefined);
  assert(performance.now() - start >= 190);
  other.release();
  another.close();
});

Deno.test("the spool waits for no FIFO, and follows no link, that is named as a file of its own", async (t) => {
  const kinds = {
    FIFO: (path: string) =>
      new Deno.Command("mkfifo", { args: [path] }).output(),
    link: (path: string) => Deno.symlink("/nonexistent/x", path),
  };
  for (const [kind, put] of Object.entries(kinds)) {
    for (const name of ["-journal", "-wal", "-shm"]) {
      await t.step(`${kind} spool.db${name}`, async () => {
        using scene = await makeSpool();
        const { spool, dir, problems } = scene;
        await put(`${dir}/spool.db${name}`);
        const isDurable = await spool.write((tx) => tx.isDurable, SECOND);
        assertEquals([isDurable, problems.length], [false, 1]);
        assertStringIncludes(problems[0] ?? "", `spool.db${name} is no file`);
      });
    }
    for (const name of ["lock", "waiting", "outage"]) {
      await t.step(`${kind} ${name}`, async () => {
        using scene = await makeSpool();
        const { spool, dir, clock, problems } = scene;
        await put(`${dir}/${name}`);
        await spool.write((tx) => {
          tx.keepAlert(alert("a"), clock.ms);
          tx.remember("outage x", 1);
        }, SECOND);
        (await spool.lock(() => 0))?.release();
        assertEquals(dueIn([dir]), clock.ms);
        assertEquals(problems, []);
        assert((await Deno.lstat(`${dir}/${name}`)).isFile);
      });
    }
  }
});

Deno.test("lock() without a folder knows what this process has sent", async () => {
  using scene = await makeSpool({ folders: [] });
  const { spool } = scene;
  const first = await spool.lock(() => 0);
  first?.add(7);
  first?.add(8);
  first?.remove([7]);
  first?.release();
  assertEquals((await spool.lock(() => 0))?.sent(), [8]);
});

Deno.test("write() waits for another run that makes a new database in place of a corrupt one", async () => {
  using scene = await makeSpool();
  const { spool, dir, clock, problems } = scene;
  await Deno.writeTextFile(`${dir}/spool.db`, "none".repeat(2000));
  using _ = whenMoved(() => {
    const other = new DatabaseSync(`${dir}/spool.db`);
    other.exec("BEGIN EXCLUSIVE");
    setTimeout(() => other.close(), 60);
  });
  const isDurable = await spool.write((tx) => {
    tx.keepAlert(alert("a"), clock.ms);
    return tx.isDurable;
  }, SECOND);
  assertEquals(isDurable, true, problems.join());
  assertEquals(problems.length, 1);
  assertStringIncludes(problems[0] ?? "", "The spool is corrupt");
  assertEquals(await take(spool, clock.ms), ["a"]);
});

/** Does something when the first file is moved away. */
function whenMoved(act: () => void): Disposable {
  const { renameSync } = Deno;
  Deno.renameSync = (from, to) => {
    renameSync(from, to);
    Deno.renameSync = renameSync;
    act();
  };
  return {
    [Symbol.dispose]: () => {
      Deno.renameSync = renameSync;
    },
  };
}

Deno.test("write() makes no change again because something failed behind it", async () => {
  using scene = await makeSpool();
  const { spool, clock, problems } = scene;
  await spool.write((tx) => tx.keepAlert(alert("a"), clock.ms), SECOND);
  let changes = 0;
  using _ = failing("SELECT 1 FROM waiting LIMIT 1");
  await spool.write((tx) => {
    changes++;
    tx.keepAlert(alert("b"), clock.ms);
  }, SECOND);
  assertEquals([changes, problems], [1, []]);
});

/** Lets a statement fail, as on a disk with faults. */
function failing(sql: string): Disposable {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (text) {
    if (text === sql) {
      throw Object.assign(new Error("disk I/O error"), {
        code: "ERR_SQLITE_ERROR",
      });
    }
    return prepare.call(this, text);
  };
  return {
    [Symbol.dispose]: () => {
      DatabaseSync.prototype.prepare = prepare;
    },
  };
}

Deno.test("write() says a command that can be pasted where the files cannot be written", async () => {
  using scene = await makeSpool({}, ODD_PREFIX);
  const { spool, dir, problems, options: { home } } = scene;
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    if (sql === "BEGIN IMMEDIATE") {
      throw Object.assign(new Error("attempt to write a readonly database"), {
        code: "ERR_SQLITE_ERROR",
      });
    }
    return exec.call(this, sql);
  };
  try {
    await spool.write(() => {}, SECOND).catch(() => {});
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
  const { user, group } = wazuhNames(home);
  assertStringIncludes(
    problems[0] ?? "",
    `chown -R ${user}:${group} '${dir}' && chmod -R u+rwX '${dir}'`,
  );
});
