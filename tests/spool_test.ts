import { assertEquals, assertStringIncludes } from "@std/assert";
import * as z from "zod/mini";
import { dueIn } from "../lib/marker.ts";
import { openSpool, type Spool } from "../lib/spool.ts";
import { makeHome } from "./stand_ins/queue.ts";

const BASE_URL = "https://cti.example";
const NO_OWN = Number.MAX_SAFE_INTEGER;

/** A spool whose clock stands still until the test moves it. */
async function makeSpool(): Promise<
  Disposable & {
    readonly spool: Spool;
    readonly dir: string;
    readonly clock: { ms: number };
    readonly problems: string[];
  }
> {
  const home = await makeHome();
  const dir = `${home}/queue/opencti`;
  const clock = { ms: 1_800_000_000_000 };
  const problems: string[] = [];
  const spool = await openSpool({
    dir,
    home,
    spool_max: 3,
    spool_max_age: 60,
    now: () => clock.ms,
    leftMs: () => 1000,
    onProblem: (problem) => problems.push(problem),
  });
  return { spool, dir, clock, problems, [Symbol.dispose]: () => spool.close() };
}

function alert(key: string) {
  return { key, baseUrl: BASE_URL, json: "{}", why: "down", tries: 1 };
}

function take(spool: Spool, dueBy: number, after = 0): string[] {
  const options = { baseUrl: BASE_URL, limit: 2, dueBy, nextDue: dueBy + 10 };
  return spool.write((tx) => tx.takeAlerts({ ...options, after }))
    .map(({ key }) => key);
}

Deno.test("takeAlerts() gives the oldest that are due, and to one run at a time", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  spool.write((tx) => {
    for (const key of ["a", "b", "c"]) tx.keepAlert(alert(key), clock.ms);
    tx.keepAlert({ ...alert("other"), baseUrl: "https://another" }, clock.ms);
    tx.keepAlert(alert("later"), clock.ms + 5);
  });
  assertEquals(take(spool, clock.ms), ["a", "b"]);
  assertEquals(take(spool, clock.ms), ["c"]);
  assertEquals(take(spool, clock.ms + 5), ["later"]);
  assertEquals(take(spool, clock.ms + 20), ["a", "b"], "no run was done");
});

Deno.test("keepAlert() keeps an alert once, and says if it was there", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  const keep = () => spool.write((tx) => tx.keepAlert(alert("a"), clock.ms));
  assertEquals([keep(), keep()], [true, false]);
  assertEquals(spool.write((tx) => tx.counts(BASE_URL)), {
    alerts: 1,
    events: 0,
  });
});

Deno.test("keepEvent() keeps what was not told before", async () => {
  using scene = await makeSpool();
  const { spool } = scene;
  const keep = (key?: string) => spool.write((tx) => tx.keepEvent("m", key));
  const id = keep("k") ?? 0;
  assertEquals(keep("k"), undefined);
  spool.write((tx) => tx.forgetEvent(id));
  assertEquals(keep("k"), undefined, "nor when it was sent");
  assertEquals([keep() !== undefined, keep() !== undefined], [true, true]);
});

Deno.test("prune() throws out what is too old or too much, but no event of the run", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  spool.write((tx) => {
    for (const key of ["a", "b", "c", "d"]) tx.keepAlert(alert(key), clock.ms);
  });
  assertEquals(spool.write((tx) => tx.prune(NO_OWN)), 1);
  assertEquals(take(spool, clock.ms), ["b", "c"]);
  clock.ms += 61_000;
  assertEquals(spool.write((tx) => tx.prune(NO_OWN)), 3);
  const ids = spool.write((tx) =>
    ["e", "f", "g", "h"].map((text) => tx.keepEvent(text) ?? 0)
  );
  assertEquals(spool.write((tx) => tx.prune(Math.min(...ids))), 0);
});

Deno.test("write() sets the marker to when something is due, and takes it away", async () => {
  using scene = await makeSpool();
  const { spool, dir, clock } = scene;
  assertEquals(dueIn(dir), undefined);
  spool.write((tx) => tx.keepAlert(alert("a"), clock.ms + 7000));
  assertEquals(dueIn(dir), clock.ms + 7000);
  spool.write((tx) => tx.remember("error", 1, clock.ms + 3000));
  assertEquals(dueIn(dir), clock.ms + 3000);
  spool.write((tx) => tx.forget("error"));
  spool.write((tx) => tx.forgetAlert("a"));
  assertEquals(dueIn(dir), undefined);
});

Deno.test("write() changes all or nothing", async () => {
  using scene = await makeSpool();
  const { spool, clock } = scene;
  try {
    spool.write((tx) => {
      tx.keepAlert(alert("a"), clock.ms);
      throw new Error("in the middle");
    });
  } catch (error) {
    assertEquals(error instanceof Error && error.message, "in the middle");
  }
  assertEquals(spool.write((tx) => tx.counts(BASE_URL)), {
    alerts: 0,
    events: 0,
  });
});

Deno.test("recall() takes what is not as expected for nothing", async () => {
  using scene = await makeSpool();
  const { spool } = scene;
  const recall = () => spool.write((tx) => tx.recall("x", z.number()));
  assertEquals(recall(), undefined);
  spool.write((tx) => tx.remember("x", "text"));
  assertEquals(recall(), undefined);
  spool.write((tx) => tx.remember("x", 7));
  assertEquals(recall(), 7);
});

Deno.test("openSpool() goes on in memory where it cannot write, and says so once", async () => {
  const home = await makeHome();
  await Deno.writeTextFile(`${home}/queue/opencti`, "");
  const problems: string[] = [];
  const spool = await openSpool({
    dir: `${home}/queue/opencti`,
    home,
    spool_max: 3,
    spool_max_age: 60,
    now: () => 0,
    leftMs: () => 0,
    onProblem: (problem) => problems.push(problem),
  });
  spool.write((tx) => tx.keepAlert(alert("a"), 0));
  assertEquals(take(spool, 0), ["a"]);
  let hadLock = false;
  assertEquals(
    await spool.withLock(() => Promise.resolve(void (hadLock = true))),
    true,
  );
  assertEquals([hadLock, problems.length], [true, 1]);
  assertStringIncludes(problems[0] ?? "", "is no folder: remove it");
  assertEquals(spool.takeProblem(), problems[0]);
  assertEquals(spool.takeProblem(), undefined);
  spool.close();
});

Deno.test("withLock() lets one run do something at a time", async () => {
  using scene = await makeSpool();
  const { dir } = scene;
  const another = await openSpool({
    dir,
    home: dir.replace("/queue/opencti", ""),
    spool_max: 3,
    spool_max_age: 60,
    now: () => 0,
    leftMs: () => 0,
    onProblem: () => {},
  });
  await scene.spool.withLock(async () => {
    assertEquals(await another.withLock(() => Promise.resolve()), false);
  });
  assertEquals(await another.withLock(() => Promise.resolve()), true);
  another.close();
});
