/**
 * What waits in the spool is taken out within limits, by runs that have something
 * else to do, and by `retry`.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { makeHome } from "../stand_ins/home.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import {
  type OpenctiOptions,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import { runProgram, SLACK_MS } from "../stand_ins/program.ts";
import { startQueue } from "../stand_ins/queue.ts";
import { passTime, rowsOf, waitingIn } from "../stand_ins/spool.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;
const MATCHING = await Deno.readTextFile(`${ALERTS}suricata_alert_http.json`);
const WITHOUT_IOC = `${ALERTS}sshd_breakin.json`;
const UNKNOWN = `${ALERTS}suricata_dns_malicious.json`;
const MATCH = "indicator_partial_pattern_match";

/** The address of alerts that an OpenCTI may choose to fail for. */
const POISON = "203.0.114.66";

/** A home whose OpenCTI fails at first, with alerts that wait. */
async function makeScene(
  respond: NonNullable<OpenctiOptions["respond"]> = () => undefined,
) {
  const home = await makeHome();
  let isUp = false;
  const opencti = startOpencti(KNOWLEDGE, {
    respond: (request, count) =>
      isUp ? respond(request, count) : new Response("", { status: 503 }),
  });
  const { url, requests } = opencti;
  const rest = [TOKEN, url, "", "", "1", "0"];
  const keep = async (id: string, json = MATCHING) => {
    const path = `${home}/tmp/${id}.json`;
    await Deno.writeTextFile(path, json.replace("1795488360.207671", id));
    await runProgram(home, [path, ...rest]);
  };
  return {
    home,
    requests,
    keep,
    keepPoison: (id: string) =>
      keep(
        id,
        JSON.stringify({
          id,
          rule: { groups: ["ids"] },
          data: { srcip: POISON },
        }),
      ),
    /** Later, when all that waits is due, and OpenCTI answers. */
    recover: () => {
      isUp = true;
      passTime(home, 700);
    },
    run: (path: string, timeout = 1) =>
      runProgram(home, [path, TOKEN, url, "", "", `${timeout}`, "0"]),
    retry: () => runProgram(home, ["retry", ...rest]),
    answer: () => {
      isUp = true;
    },
    [Symbol.asyncDispose]: () => opencti[Symbol.asyncDispose](),
  };
}

function typesIn(messages: readonly string[]): readonly string[] {
  return messages.map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti.event_type
  );
}

Deno.test("a run does not wait for a spool that another program has locked, to see what waits", async () => {
  await using scene = await makeScene();
  const { home, keep, recover, run } = scene;
  await using _queue = startQueue(home);
  await keep("1");
  recover();
  const db = new DatabaseSync(`${home}/queue/opencti/spool.db`);
  try {
    db.exec("BEGIN IMMEDIATE");
    const { status, stderr, ms } = await run(WITHOUT_IOC, 10);
    assertEquals([status, stderr], [0, ""]);
    assert(ms < 600 + SLACK_MS, `${ms} ms`);
    db.exec("ROLLBACK");
  } finally {
    db.close();
  }
  assertEquals(waitingIn(home).alerts, 1);
});

Deno.test("a run looks up what waits only as long as it has time", async () => {
  await using scene = await makeScene(async () => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return undefined;
  });
  const { home, keep, recover, run } = scene;
  await using _queue = startQueue(home);
  for (let n = 0; n < 5; n++) await keep(`${n}`);
  recover();
  await run(WITHOUT_IOC);
  // The first is looked up, the second may be cut off: the rest is not tried.
  const untried = rowsOf(
    home,
    "SELECT tries FROM waiting WHERE kind = 'alert' AND tries = 1",
  );
  assert(untried.length >= 3, `${untried.length}`);
});

Deno.test("an answer that knows nothing ends an outage too", async () => {
  await using scene = await makeScene();
  const { home, keep, answer, run } = scene;
  await using queue = startQueue(home);
  await keep("1");
  answer();
  assertEquals((await run(UNKNOWN)).status, 0);
  assertEquals(typesIn(queue.waiting), ["error", "recovered"]);
});

Deno.test("retry has the time of a run for each batch of events", async () => {
  await using scene = await makeScene();
  const { home, keep, recover, retry } = scene;
  await using queue = startQueue(home);
  await keep("1");
  recover();
  const db = new DatabaseSync(`${home}/queue/opencti/spool.db`);
  const insert = db.prepare(
    `INSERT INTO waiting (kind, kept_at, due, why, tries, text, bytes)
     VALUES ('event', ?, 0, 'not sent yet', 0, '1:opencti:{}', 12)`,
  );
  db.exec("BEGIN");
  for (let n = 0; n < 201; n++) insert.run(Date.now());
  db.exec("COMMIT");
  db.close();
  await using lock = await Deno.open(`${home}/queue/opencti/lock`, {
    write: true,
  });
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await lock.lock(true);
      await new Promise((resolve) => setTimeout(resolve, 600));
      await lock.unlock();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  })();
  const { stderr } = await retry();
  isOver = true;
  await others;
  assertEquals(stderr, "");
  assertEquals(waitingIn(home).events, 0);
  assert(queue.waiting.length >= 201, `${queue.waiting.length}`);
});

Deno.test("retry gives up when OpenCTI fails for five alerts in a row, and for its own version", async () => {
  await using scene = await makeScene();
  const { home, keep, requests, retry } = scene;
  await using _queue = startQueue(home);
  for (let n = 0; n < 8; n++) await keep(`${n}`);
  const asked = requests.length;
  const { status, stdout } = await retry();
  assertEquals(status, 1);
  assertEquals(requests.length - asked, 6);
  assertStringIncludes(stdout, "still waiting: alerts 8, events 0");
});

Deno.test("retry goes on past alerts that are never answered, while OpenCTI is up", async () => {
  await using scene = await makeScene(({ body }) =>
    JSON.stringify(body).includes(POISON)
      ? new Response("", { status: 503 })
      : undefined
  );
  const { home, keep, keepPoison, recover, retry } = scene;
  await using queue = startQueue(home);
  for (let n = 0; n < 6; n++) await keepPoison(`poison-${n}`);
  await keep("good");
  {
    using db = new DatabaseSync(`${home}/queue/opencti/spool.db`);
    db.exec("UPDATE waiting SET tries = 9 WHERE key LIKE 'good %'");
  }
  recover();
  const { stdout } = await retry();
  assertStringIncludes(stdout, "alerts looked up again: 1, ");
  assertStringIncludes(stdout, "still waiting: alerts 6, ");
  assert(typesIn(queue.waiting).includes(MATCH));
});

Deno.test("retry does not count as looked up what holds nothing to look up any more", async () => {
  await using scene = await makeScene();
  const { home, keep, recover, requests, retry } = scene;
  await using _queue = startQueue(home);
  await keep("1");
  recover();
  await Deno.writeTextFile(
    `${home}/etc/opencti.json`,
    '{"ignore":{"addresses":["185.244.31.158"],"domains":["ddns.net"]}}',
  );
  const asked = requests.length;
  const { status, stdout } = await retry();
  assertEquals([status, requests.length], [0, asked]);
  assertStringIncludes(stdout, "alerts looked up again: 0, ");
  assertStringIncludes(stdout, "still waiting: alerts 0, events 0");
});
