/**
 * What one alert, or an OpenCTI that flaps, must not do to all others: several
 * runs of the program.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeHome } from "../stand_ins/home.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import {
  type OpenctiOptions,
  type Request,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import { runProgram, SLACK_MS } from "../stand_ins/program.ts";
import {
  fillQueue,
  type QueueStandIn,
  startQueue,
} from "../stand_ins/queue.ts";
import { passTime, rowsOf, waitingIn } from "../stand_ins/spool.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;
const MATCHING = await Deno.readTextFile(`${ALERTS}suricata_alert_http.json`);
const WITHOUT_IOC = `${ALERTS}sshd_breakin.json`;
const MATCH = "indicator_partial_pattern_match";
const POISON = "203.0.114.66";

/** A home and an OpenCTI, and runs with alerts by their id. */
async function makeScene(respond?: OpenctiOptions["respond"]) {
  const home = await makeHome();
  const requests: Request[] = [];
  const opencti = startOpencti(KNOWLEDGE, {
    respond: (request) => {
      // What an event says is asked for only when OpenCTI answers.
      if (!request.body.query.startsWith("query WazuhAlert")) return undefined;
      requests.push(request);
      return respond?.(request, requests.length);
    },
  });
  const { url } = opencti;
  const configure = (config: unknown) =>
    Deno.writeTextFile(`${home}/etc/opencti.json`, JSON.stringify(config));
  const run = async (id: string, { timeout = 1, debug = "" } = {}) => {
    const alert = `${home}/alert-${id}.json`;
    const json = MATCHING.replace("1795488360.207671", id);
    await Deno.writeTextFile(
      alert,
      id.startsWith("poison")
        ? JSON.stringify({
          id,
          rule: { groups: ["ids"] },
          data: { srcip: POISON },
        })
        : json,
    );
    const args = [alert, TOKEN, url, debug, "", `${timeout}`, "0"];
    return await runProgram(home, args);
  };
  const runOther = (timeout = 1) =>
    runProgram(home, [WITHOUT_IOC, TOKEN, url, "", "", `${timeout}`, "0"]);
  const retry = () => runProgram(home, ["retry", TOKEN, url, "", "", "2", "0"]);
  const close = () => opencti[Symbol.asyncDispose]();
  return {
    home,
    url,
    requests,
    configure,
    run,
    runOther,
    retry,
    [Symbol.asyncDispose]: close,
  };
}

// deno-lint-ignore no-explicit-any
function eventsOf(queue: QueueStandIn): any[] {
  return queue.waiting.map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti
  );
}

function typesOf(queue: QueueStandIn): string[] {
  return eventsOf(queue).map(({ event_type }) => event_type);
}

function count(queue: QueueStandIn, type: string): number {
  return typesOf(queue).filter((one) => one === type).length;
}

/** Never answers the poison; answers all else if it is up. */
function poisoned(isUp: () => boolean): OpenctiOptions["respond"] {
  return ({ body }) => {
    if (!isUp()) return new Response("", { status: 503 });
    return JSON.stringify(body.variables).includes(POISON)
      ? new Promise((resolve) =>
        setTimeout(() => resolve(new Response("", { status: 503 })), 3000)
      )
      : undefined;
  };
}

Deno.test({
  name:
    "custom-opencti stands an alert that OpenCTI never answers: no outage, no starving, and ever fewer tries",
  // What it hangs in ends with the server.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    let isUp = true;
    await using scene = await makeScene(poisoned(() => isUp));
    const { home, run, runOther, requests } = scene;
    await using queue = startQueue(home);
    const triesOf = (key: string) =>
      rowsOf(home, `SELECT tries FROM waiting WHERE key LIKE '${key} %'`)[0]
        ?.["tries"];
    await t.step(
      "each try doubles the pause, also after a recovery",
      async () => {
        await run("poison");
        for (let tries = 1; tries <= 5; tries++) {
          assertEquals(triesOf("poison"), tries);
          const asked = requests.length;
          await run(`ok-${tries}`);
          assertEquals(requests.length, asked + 1, "it is not due yet");
          passTime(home, 5 * 2 ** (tries - 1) - 2);
          await runOther();
          assertEquals(requests.length, asked + 1, "nor a little before");
          passTime(home, 3);
          await runOther();
          assertEquals(requests.length, asked + 2);
        }
      },
    );
    await t.step("one error and one recovery came of it", () => {
      assertEquals([count(queue, "error"), count(queue, "recovered")], [1, 1]);
      assertEquals(count(queue, MATCH), 5);
    });
    await t.step("what waits behind it is looked up", async () => {
      isUp = false;
      await run("waits");
      isUp = true;
      passTime(home, 700);
      const { ms } = await runOther();
      assertEquals(triesOf("waits"), undefined);
      assertEquals(triesOf("poison"), 7);
      assert(ms < 1000 + SLACK_MS, `${ms} ms`);
    });
    await t.step("five of them make no outage, and starve nobody", async () => {
      for (let n = 0; n < 5; n++) {
        await run(`poison-${n}`);
        await run(`between-${n}`);
      }
      passTime(home, 700);
      isUp = false;
      await run("last");
      isUp = true;
      passTime(home, 10);
      // A run of one second has time for one of them, which is then tried more.
      for (let n = 0; n < 15 && triesOf("last") !== undefined; n++) {
        await runOther();
      }
      assertEquals(triesOf("last"), undefined);
      const { status } = await run("now");
      assertEquals(status, 0);
    });
    await t.step("retry goes on past it", async () => {
      isUp = false;
      await run("behind");
      isUp = true;
      const { status } = await scene.retry();
      assertEquals(status, 1, "the poison waits still");
      assertEquals(triesOf("behind"), undefined);
    });
  },
});

Deno.test("custom-opencti makes not all due at once when OpenCTI is back", async () => {
  let isUp = false;
  await using scene = await makeScene(() =>
    isUp ? undefined : new Response("", { status: 503 })
  );
  const { home, run } = scene;
  await using queue = startQueue(home);
  for (const id of ["1", "2", "3"]) await run(id);
  isUp = true;
  await run("4");
  assertEquals(typesOf(queue), ["error", "recovered", MATCH]);
  assertEquals(waitingIn(home).alerts, 3, "they have a pause of their own");
  passTime(home, 6);
  await run("5");
  assertEquals(waitingIn(home).alerts, 0);
});

Deno.test("custom-opencti takes out a few of what waits in each run", async () => {
  let isUp = false;
  await using scene = await makeScene(() =>
    isUp ? undefined : new Response("", { status: 503 })
  );
  const { home, run, runOther, requests, configure } = scene;
  await configure({ error_interval: 0 });
  // Without a queue, each of these leaves an event as well.
  for (let n = 0; n < 7; n++) {
    await run(`${n}`);
    passTime(home, 31);
  }
  isUp = true;
  await using queue = startQueue(home);
  const events = waitingIn(home).events;
  assertEquals(waitingIn(home).alerts, 7);
  passTime(home, 700);
  const asked = requests.length;
  await runOther();
  assertEquals(requests.length, asked + 5);
  assertEquals(waitingIn(home).alerts, 2);
  assert(events <= 20 && queue.waiting.length >= events + 5);
});

Deno.test("custom-opencti sends twenty of the events that wait in each run", async () => {
  await using scene = await makeScene();
  const { home, run, runOther } = scene;
  for (let n = 0; n < 23; n++) await run(`${n}`, { timeout: 2 });
  assertEquals(waitingIn(home).events, 23);
  await using queue = startQueue(home);
  await runOther();
  assertEquals(queue.waiting.length, 20);
  await runOther();
  assertEquals(count(queue, MATCH), 23);
});

Deno.test("custom-opencti knows a match by a key that no other has", async () => {
  await using scene = await makeScene();
  const { home, run } = scene;
  await using _queue = startQueue(home);
  for (const id of ["1", "2"]) await run(id);
  const keys = rowsOf(home, "SELECT key FROM emitted").map(({ key }) =>
    `${key}`
  );
  assertEquals(new Set(keys).size, 2);
  for (const key of keys) assert(/^[0-9a-f]{32}$/.test(key), key);
});

Deno.test("custom-opencti emits one error and one recovery in error_interval for a rate limit on every second alert", async () => {
  let asked = 0;
  await using scene = await makeScene(() =>
    asked++ % 2 === 0
      ? new Response("", { status: 429, headers: { "retry-after": "60" } })
      : undefined
  );
  const { home, run, runOther } = scene;
  await using queue = startQueue(home);
  // Fewer than take the five seconds after which one is tried again.
  for (let n = 0; n < 12; n++) await run(`${n}`);
  assertEquals([count(queue, "error"), count(queue, "recovered")], [1, 1]);
  assertEquals(count(queue, MATCH), 6);
  // Then what was counted is said, and that it is over.
  passTime(home, 301);
  asked = 1;
  await runOther();
  for (let n = 20; n < 24; n++) {
    asked = 1;
    await run(`${n}`);
  }
  assertEquals(
    eventsOf(queue).filter(({ kind }) => kind).map((e) => e.alerts),
    [
      1,
      5,
    ],
  );
  assertEquals(count(queue, "recovered"), 2);
});

Deno.test("custom-opencti drops no alert from a full spool when it says that OpenCTI is back", async () => {
  let isUp = false;
  await using scene = await makeScene(() =>
    isUp ? undefined : new Response("", { status: 503 })
  );
  const { home, run, configure } = scene;
  await using queue = startQueue(home);
  await configure({ spool_max: 3 });
  for (const id of ["1", "2", "3"]) await run(id);
  isUp = true;
  await run("4");
  assertEquals(typesOf(queue), ["error", "recovered", MATCH]);
  passTime(home, 60);
  await run("5");
  const ids = eventsOf(queue).filter(({ event_type }) => event_type === MATCH)
    .map(({ source }) => source.alert_id);
  assertEquals(ids.sort(), ["1", "2", "3", "4", "5"]);
});

Deno.test("custom-opencti says that an alert is lost which the spool has no room for", async () => {
  await using scene = await makeScene(() => new Response("", { status: 503 }));
  const { home, run, configure } = scene;
  await using queue = startQueue(home);
  await configure({ spool_max_bytes: 100 });
  const { lastLine } = await run("1");
  assert(lastLine.endsWith("; the alert is lost"), lastLine);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
  const [error, dropped] = eventsOf(queue);
  assert(error.error.endsWith("; the alert is lost"), error.error);
  assertEquals(dropped.kind, "dropped");
});

Deno.test("custom-opencti keeps the spool within spool_max_bytes, and gives the disk back", async () => {
  let isUp = false;
  await using scene = await makeScene(() =>
    isUp ? undefined : new Response("", { status: 503 })
  );
  const { home, url, configure, retry } = scene;
  await using queue = startQueue(home);
  await configure({ spool_max_bytes: 7_000_000 });
  const json = (id: number) =>
    MATCHING.replace("1795488360.207671", `${id}`)
      .replace('"data":{', `"data":{"x":"${"x".repeat(3_000_000)}",`);
  for (const id of [1, 2, 3]) {
    const alert = `${home}/alert.json`;
    await Deno.writeTextFile(alert, json(id));
    await runProgram(home, [alert, TOKEN, url, "", "", "1", "0"]);
  }
  assertEquals(waitingIn(home).alerts, 2);
  assertEquals(eventsOf(queue).map(({ kind }) => kind), ["unready", "dropped"]);
  const size = () => Deno.statSync(`${home}/queue/opencti/spool.db`).size;
  isUp = true;
  assertEquals((await retry()).status, 0);
  assert(size() < 500_000, `${size()}`);
});

Deno.test("custom-opencti forgets a kept alert whose IoCs are on a list meanwhile, and asks nothing empty", async () => {
  let isUp = false;
  await using scene = await makeScene(() =>
    isUp ? undefined : new Response("", { status: 503 })
  );
  const { home, run, runOther, configure, requests } = scene;
  await using queue = startQueue(home);
  await run("1");
  isUp = true;
  await configure({
    ignore: { addresses: ["185.244.31.158"], domains: ["ddns.net"] },
  });
  passTime(home, 60);
  await runOther();
  assertEquals(requests.length, 1);
  assertEquals(waitingIn(home).alerts, 0);
  assertEquals(typesOf(queue), ["error"]);
});

Deno.test("custom-opencti keeps an alert without the token that stands in it, and with all else", async () => {
  await using scene = await makeScene(() => new Response("", { status: 503 }));
  const { home, url } = scene;
  const escaped = TOKEN.replace("f", "\\u0066");
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(
    alert,
    `{"id":"1","rule":{"groups":["ids"]},"data":{"srcip":"185.244.31.158",` +
      `"a":"x ${TOKEN} y","b":"${escaped}","${TOKEN}":1,"n":1.50}}`,
  );
  const options = `${home}/options.json`;
  // A password that is also the name of a field.
  await Deno.writeTextFile(
    options,
    '{"proxy":"http://user:data@127.0.0.1:9"}',
  );
  await runProgram(home, [alert, TOKEN, url, "", options, "1", "0"]);
  const [row] = rowsOf(home, "SELECT text FROM waiting WHERE kind = 'alert'");
  assertEquals(
    row?.["text"],
    '{"id":"1","rule":{"groups":["ids"]},"data":{"srcip":"185.244.31.158",' +
      '"a":"x [API_KEY] y","b":"[API_KEY]","[API_KEY]":1,"n":1.50}}',
  );
});

Deno.test("custom-opencti keeps an alert whose IoCs it may miss, for the configuration is wrong", async (t) => {
  const inFile = async (home: string, json: string) => {
    await Deno.writeTextFile(`${home}/etc/opencti.json`, json);
    return [];
  };
  const inOptions = async (home: string, json: string) => {
    await Deno.writeTextFile(`${home}/options.json`, json);
    return ["", `${home}/options.json`];
  };
  const right = '{"sweep":"all"}';
  const wrongs = {
    "a comma too much in the file": [inFile, '{"sweep":"all",}', ""],
    "a source in the file": [
      inFile,
      '{"sources":[{"name":"x","groups":["zzz"],"fields":[{"path":"data.srcip","kind":"ip"}]}]}',
      "",
    ],
    "an unknown option": [inOptions, '{"sweep":"all","max_ind":5}', ""],
    "a wrong call with right options": [inOptions, right, "cti.example"],
  } as const;
  for (const [name, [write, json, wrongUrl]] of Object.entries(wrongs)) {
    await t.step(name, async () => {
      await using scene = await makeScene();
      const { home, url } = scene;
      await using queue = startQueue(home);
      const alert = `${home}/alert.json`;
      await Deno.writeTextFile(
        alert,
        '{"id":"1","rule":{"groups":["zzz"]},"data":{"note":"asked morrishittu.ddns.net"}}',
      );
      const rest = await write(home, json);
      const { lastLine } = await runProgram(home, [
        alert,
        TOKEN,
        wrongUrl || url,
        ...rest,
      ]);
      assert(lastLine.endsWith("; the alert is kept"), lastLine);
      assertEquals(waitingIn(home).alerts, 1);
      passTime(home, 60);
      const again = await write(home, right);
      await runProgram(home, [WITHOUT_IOC, TOKEN, url, ...again]);
      assertEquals(typesOf(queue), ["error", MATCH]);
    });
  }
});

Deno.test("custom-opencti shows no token in an event's header, nor in the spool's keys", async () => {
  await using scene = await makeScene(() => new Response("", { status: 503 }));
  const { home, url } = scene;
  await using queue = startQueue(home);
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(
    alert,
    JSON.stringify({
      id: TOKEN,
      agent: { id: "001", name: TOKEN },
      rule: { groups: ["ids"] },
      data: { srcip: "185.244.31.158" },
    }),
  );
  // What is written is searched for the token.
  await runProgram(home, [alert, TOKEN, url, "", "", "1", "0"]);
  assertEquals((await queue.receive(1)).length, 1);
  assertEquals(waitingIn(home).alerts, 1);
});

Deno.test("custom-opencti waits for no full queue where a run has nothing to send", async () => {
  await using scene = await makeScene();
  const { home, run, runOther } = scene;
  const empty = await fillQueue(home);
  await run("1");
  assertEquals(waitingIn(home), { alerts: 0, events: 1 });
  const { status, ms } = await runOther(10);
  assertEquals(status, 0);
  assert(ms < 400 + SLACK_MS, `${ms} ms`);
  await empty();
  await using queue = startQueue(home);
  await runOther();
  await runOther();
  assertEquals(typesOf(queue), [MATCH], "once, whatever was tried before");
});

Deno.test("custom-opencti looks up what a wrong call kept, when a right one comes", async () => {
  await using scene = await makeScene();
  const { home, url, run, runOther } = scene;
  await using queue = startQueue(home);
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(alert, MATCHING.replace("1795488360.207671", "1"));
  const { status } = await runProgram(home, [
    alert,
    TOKEN,
    url.replace("http://", ""),
    "",
    "",
    "1",
    "0",
  ]);
  assertEquals([status, waitingIn(home).alerts], [2, 1]);
  passTime(home, 60);
  await runOther();
  assertEquals(waitingIn(home).alerts, 0);
  await run("1");
  assertEquals(typesOf(queue), ["error", MATCH], "it is one alert");
});

Deno.test("custom-opencti keeps where it will look, whatever is wrong with the options", async () => {
  await using scene = await makeScene();
  const { home, url, configure, runOther } = scene;
  await using queue = startQueue(home);
  await configure({ state_dir: `${home}/queue/sockets/state` });
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(alert, MATCHING);
  const options = `${home}/options.json`;
  await Deno.writeTextFile(options, '{"max":1}');
  const { status } = await runProgram(home, [alert, TOKEN, url, "", options]);
  assertEquals(status, 2);
  assertEquals(waitingIn(home, "queue/sockets/state").alerts, 1);
  passTime(home, 60, "queue/sockets/state");
  await runOther();
  assertEquals(typesOf(queue), ["error", MATCH]);
});

Deno.test("custom-opencti retry ends well while others send, however long it takes", async () => {
  let isUp = false;
  await using scene = await makeScene(async () => {
    if (!isUp) return new Response("", { status: 503 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return undefined;
  });
  const { home, url, run } = scene;
  for (let n = 0; n < 5; n++) await run(`${n}`);
  isUp = true;
  await using queue = startQueue(home);
  await using lock = await Deno.open(`${home}/queue/opencti/lock`, {
    write: true,
  });
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await lock.lock(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await lock.unlock();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  // Each alert has a second: together they take more.
  const args = ["retry", TOKEN, url, "", "", "1", "0"];
  const { status, stderr, ms } = await runProgram(home, args);
  isOver = true;
  await others;
  assertEquals([status, stderr], [0, ""]);
  assert(ms > 1500, `${ms} ms`);
  assertEquals(count(queue, MATCH), 5);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
});

Deno.test("custom-opencti ends in its time where a name is never resolved", async (t) => {
  const { success } = await new Deno.Command("unshare", {
    args: ["--mount", "true"],
  }).output().catch(() => ({ success: false }));
  await t.step({
    name: "the resolver says nothing",
    ignore: !success,
    fn: async () => {
      const home = await makeHome();
      await using queue = startQueue(home);
      const silent = Deno.listenDatagram({
        transport: "udp",
        hostname: "127.0.0.53",
        port: 53,
      });
      const resolv = `${home}/resolv.conf`;
      await Deno.writeTextFile(resolv, "nameserver 127.0.0.53\n");
      const mounted = `mount --bind ${resolv} /etc/resolv.conf && ` +
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups " + '"$@"';
      const { status, ms, lastLine } = await runProgram(
        home,
        [
          `${ALERTS}suricata_alert_http.json`,
          TOKEN,
          "http://opencti.example.com",
          "",
          "",
          "2",
          "0",
        ],
        {
          asRoot: true,
          wrapper: ["unshare", "--mount", "sh", "-c", mounted, "sh"],
        },
      );
      silent.close();
      assertEquals(status, 1);
      assertStringIncludes(lastLine, "is too slow");
      assert(ms < 2000 + SLACK_MS, `${ms} ms`);
      assertEquals(typesOf(queue), ["error"]);
    },
  });
});
