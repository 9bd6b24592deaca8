/**
 * What a full spool drops is lost, but never in silence: the log names it, and
 * an event counts it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeHome } from "../stand_ins/home.ts";
import { getAvailablePort } from "../stand_ins/network.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { runProgram } from "../stand_ins/program.ts";
import { type QueueStandIn, startQueue } from "../stand_ins/queue.ts";
import { passTime, rowsOf, waitingIn } from "../stand_ins/spool.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;
const MATCHING = await Deno.readTextFile(`${ALERTS}suricata_alert_http.json`);

/** A home whose spool has room for one, and runs that ask an address. */
async function makeScene(): Promise<{
  readonly home: string;
  readonly run: (id: string, url: string) => ReturnType<typeof runProgram>;
  readonly retry: (url: string) => ReturnType<typeof runProgram>;
  readonly log: () => string;
}> {
  const home = await makeHome();
  await Deno.writeTextFile(`${home}/etc/opencti.json`, '{"spool_max":1}');
  return {
    home,
    run: async (id, url) => {
      const alert = `${home}/alert.json`;
      await Deno.writeTextFile(
        alert,
        MATCHING.replace('"id":"1795488360.207671"', `"id":"${id}"`),
      );
      return await runProgram(home, [alert, TOKEN, url, "", "", "3", "0"]);
    },
    retry: (url) => runProgram(home, ["retry", TOKEN, url, "", "", "3", "0"]),
    log: () => Deno.readTextFileSync(`${home}/logs/integrations.log`),
  };
}

/** How many the events say that were dropped. */
function countedIn(queue: QueueStandIn): readonly number[] {
  return [...queue.waiting].map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti
  ).filter(({ kind }) => kind === "dropped").map(({ alerts }) => alerts);
}

/** The ids of the alerts that the log says are dropped, and how many events. */
function loggedIn(log: string): readonly [string[], number] {
  const lines = log.split("\n").filter((line) =>
    line.includes("Dropped from the spool")
  );
  return [
    lines.flatMap((line) =>
      /\((.*)\)/.exec(line)?.[1]?.split(", ").filter(Boolean) ?? []
    ),
    lines.reduce(
      (sum, line) => sum + Number(/events (\d+)/.exec(line)?.[1]),
      0,
    ),
  ];
}

Deno.test("custom-opencti logs and counts all that a full spool drops while the queue is gone too", async () => {
  const { home, run, retry, log } = await makeScene();
  const nobody = `http://127.0.0.1:${getAvailablePort()}`;
  for (const id of ["1.0", "2.0", "3.0", "4.0"]) {
    const { stderr } = await run(id, nobody);
    assertStringIncludes(stderr, "; the alert is kept");
    const keys = rowsOf(home, "SELECT key FROM waiting WHERE kind = 'alert'");
    assertEquals(keys, [{ key: `${id} ${nobody}` }], "what is kept is there");
  }
  const [ids, events] = loggedIn(log());
  assertEquals(ids, ["1.0", "2.0", "3.0"]);
  const dropped = ids.length + events;
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  await retry(opencti.url);
  assertEquals(countedIn(queue).length, 1, "it waited, and was not dropped");
  assert((countedIn(queue)[0] ?? 0) < dropped);
  passTime(home, 3600);
  await retry(opencti.url);
  const counted = countedIn(queue).reduce((sum, one) => sum + one, 0);
  const [all, allEvents] = loggedIn(log());
  assertEquals(counted, all.length + allEvents);
});

Deno.test("custom-opencti logs and counts what it drops to keep an alert whose answer is late", async () => {
  const { home, run, log } = await makeScene();
  await run("1.0", `http://127.0.0.1:${getAvailablePort()}`);
  await using queue = startQueue(home);
  await using opencti = startOpencti(KNOWLEDGE, {
    respond: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1200));
      return undefined;
    },
  });
  await run("2.0", opencti.url);
  const [ids, events] = loggedIn(log());
  assertEquals(ids, ["1.0"]);
  assertEquals(waitingIn(home).alerts, 0);
  await run("3.0", opencti.url);
  assertEquals(countedIn(queue), [ids.length + events]);
});
