/**
 * What happens over several runs of the program: OpenCTI and the queue go away
 * and come back, and runs are ended in the middle.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { getAvailablePort, startTcp } from "../stand_ins/network.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { type RunOptions, runProgram, SLACK_MS } from "../stand_ins/program.ts";
import { makeHome, ROOT_ONLY } from "../stand_ins/home.ts";
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

/** A home, and an OpenCTI at one address that comes and goes. */
interface Scene extends AsyncDisposable {
  readonly home: string;
  readonly url: string;
  /** How often it was asked. */
  readonly asked: () => number;
  readonly isUp: (isUp: boolean) => void;
  readonly run: (
    id: string,
    options?: RunOptions & { readonly config?: unknown; readonly debug?: true },
  ) => ReturnType<typeof runProgram>;
  readonly retry: () => ReturnType<typeof runProgram>;
}

async function makeScene(): Promise<Scene> {
  const home = await makeHome();
  let isUp = true;
  const opencti = startOpencti(KNOWLEDGE, {
    respond: () => isUp ? undefined : new Response("", { status: 503 }),
  });
  return {
    home,
    url: opencti.url,
    asked: () => opencti.requests.length,
    isUp: (value) => {
      isUp = value;
    },
    run: async (id, { config = {}, debug, ...options } = {}) => {
      const alert = `${home}/alert-${id}.json`;
      const optionsFile = `${home}/options.json`;
      await Deno.writeTextFile(alert, alertOf(id));
      await Deno.writeTextFile(optionsFile, JSON.stringify(config));
      const args = [
        alert,
        TOKEN,
        opencti.url,
        debug ? "debug" : "",
        optionsFile,
      ];
      return await runProgram(home, [...args, "3", "0"], options);
    },
    retry: () =>
      runProgram(home, ["retry", TOKEN, opencti.url, "", "", "3", "0"]),
    [Symbol.asyncDispose]: () => opencti[Symbol.asyncDispose](),
  };
}

function alertOf(id: string): string {
  return MATCHING.replace('"id":"1795488360.207671"', `"id":"${id}"`);
}

// deno-lint-ignore no-explicit-any
function eventsOf(queue: QueueStandIn): any[] {
  return [...queue.waiting].map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti
  );
}

/** The ids of the alerts of which a match came. */
function toldIds(queue: QueueStandIn): string[] {
  return eventsOf(queue).filter(({ event_type }) => event_type === MATCH)
    .map(({ source }) => source.alert_id);
}

function typesOf(queue: QueueStandIn): string[] {
  return eventsOf(queue).map(({ event_type }) => event_type);
}

Deno.test("custom-opencti keeps alerts while OpenCTI is down, and emits each match once when it is back", async () => {
  await using scene = await makeScene();
  const { home, run, isUp, asked } = scene;
  await using queue = startQueue(home);
  isUp(false);
  const statuses = [];
  for (let n = 1; n <= 7; n++) statuses.push((await run(`${n}.0`)).status);
  // After five failures it is not asked, and nothing fails.
  assertEquals(statuses, [1, 1, 1, 1, 1, 0, 0]);
  assertEquals(asked(), 5);
  assertEquals(typesOf(queue), ["error"], "one error for all");
  assertEquals(eventsOf(queue)[0].alerts, 1);
  assertEquals(waitingIn(home), { alerts: 7, events: 0 });

  passTime(home, 31);
  assertEquals((await run("8.0")).status, 1);
  assertEquals(asked(), 6, "one run tries after the pause");
  assertEquals((await run("9.0")).status, 0);
  assertEquals(asked(), 6, "and the others do not");

  passTime(home, 300);
  isUp(true);
  await run("10.0");
  await run("11.0");
  await run("12.0");
  assertEquals(toldIds(queue).sort(), [
    "1.0",
    "10.0",
    "11.0",
    "12.0",
    "2.0",
    "3.0",
    "4.0",
    "5.0",
    "6.0",
    "7.0",
    "8.0",
    "9.0",
  ]);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
  const recovered = eventsOf(queue).filter(({ event_type }) =>
    event_type === "recovered"
  );
  assertEquals(recovered.length, 1);
  assertEquals(recovered[0].recovered.alerts, 9);
  const { seconds } = recovered[0].recovered;
  assert(seconds >= 331 && seconds < 400, `${seconds} s`);
});

Deno.test("custom-opencti looks up what waits in a run that has nothing to look up itself", async () => {
  await using scene = await makeScene();
  const { home, run, isUp, url } = scene;
  await using queue = startQueue(home);
  isUp(false);
  await run("1.0");
  isUp(true);
  passTime(home, 60);
  const { status, stderr } = await runProgram(home, [WITHOUT_IOC, TOKEN, url]);
  assertEquals([status, stderr], [0, ""]);
  assertEquals(typesOf(queue), ["error", "recovered", MATCH]);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
  const names = (await Array.fromAsync(Deno.readDir(`${home}/queue/opencti`)))
    .map(({ name }) => name);
  const markers = names.filter((name) => ["waiting", "outage"].includes(name));
  assertEquals(markers, [], "nothing waits");
});

Deno.test("custom-opencti throttles errors, and says of how many alerts one is", async () => {
  await using scene = await makeScene();
  const { home, run, isUp } = scene;
  await using queue = startQueue(home);
  isUp(false);
  const config = { error_interval: 60 };
  for (const id of ["1.0", "2.0", "3.0"]) await run(id, { config });
  assertEquals(eventsOf(queue).map(({ alerts }) => alerts), [1]);
  passTime(home, 61);
  await run("4.0", { config });
  assertEquals(eventsOf(queue).map(({ alerts }) => alerts), [1, 3]);
  // An error of another kind is emitted at once.
  await run("5.0", { config: { nonsense: 1 } });
  assertEquals(eventsOf(queue).length, 3);
});

Deno.test("custom-opencti emits counted errors when their time has come, though no other came", async () => {
  const home = await makeHome();
  await using queue = startQueue(home);
  await using opencti = startOpencti(KNOWLEDGE);
  for (let n = 0; n < 3; n++) {
    await runProgram(home, ["/no/such/alert", TOKEN, opencti.url]);
  }
  assertEquals(eventsOf(queue).map(({ alerts }) => alerts), [1]);
  passTime(home, 301);
  await runProgram(home, [WITHOUT_IOC, TOKEN, opencti.url]);
  assertEquals(eventsOf(queue).map(({ alerts }) => alerts), [1, 2]);
});

Deno.test("custom-opencti retry takes out all that waits", async (t) => {
  await using scene = await makeScene();
  const { home, run, isUp, retry, url } = scene;
  isUp(false);
  for (let n = 1; n <= 8; n++) await run(`${n}.0`);
  isUp(true);
  await run("9.0"); // kept: OpenCTI is not asked yet
  await t.step("it needs to know which OpenCTI", async () => {
    const { status, lastLine } = await runProgram(home, ["retry"]);
    assertEquals(status, 2);
    assertStringIncludes(lastLine, `${home}/etc/ossec.conf: there is no such`);
  });
  await t.step("an option that is wrong is a wrong usage", async () => {
    const options = `${home}/wrong.json`;
    await Deno.writeTextFile(options, "{");
    const { status, lastLine } = await runProgram(home, [
      "retry",
      TOKEN,
      url,
      "",
      options,
    ]);
    assertEquals(status, 2);
    assertStringIncludes(lastLine, "it is not JSON");
  });
  await t.step("it fails while the queue does", async () => {
    const { status, lastLine } = await retry();
    assertEquals(status, 1);
    assertStringIncludes(lastLine, "Wazuh's queue");
  });
  await using queue = startQueue(home);
  await t.step("it knows OpenCTI from ossec.conf", async () => {
    await Deno.writeTextFile(
      `${home}/etc/ossec.conf`,
      `<ossec_config><!-- <integration><name>custom-opencti</name></integration> -->
       <integration><name>slack</name><hook_url>x</hook_url></integration>
       <integration>
         <name>custom-opencti</name>
         <hook_url>${url}/graphql</hook_url>
         <api_key>${TOKEN}</api_key>
         <options>{"debug": false}</options>
       </integration></ossec_config>`,
    );
    const { status, stdout, stderr } = await runProgram(home, ["retry"]);
    assertEquals([status, stderr], [0, ""]);
    assertStringIncludes(
      stdout,
      `${url}: events that waited and are sent: `,
    );
    assertStringIncludes(stdout, "still waiting: alerts 0, events 0\n");
  });
  assertEquals(
    toldIds(queue).sort(),
    Array.from({ length: 9 }, (_, n) => `${n + 1}.0`),
  );
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
});

Deno.test("custom-opencti retry looks up what waits for an address that was wrong", async () => {
  await using scene = await makeScene();
  const { home, url } = scene;
  await using queue = startQueue(home);
  const alert = `${ALERTS}suricata_alert_http.json`;
  for (const port of [getAvailablePort(), getAvailablePort()]) {
    const wrong = `http://127.0.0.1:${port}`;
    const args = [alert, TOKEN, wrong, "", "", "1", "0"];
    assertEquals((await runProgram(home, args)).status, 1);
  }
  await Deno.writeTextFile(
    `${home}/etc/ossec.conf`,
    `<ossec_config><integration>
       <name>custom-opencti</name>
       <hook_url>${url}</hook_url>
       <api_key>${TOKEN}</api_key>
     </integration></ossec_config>`,
  );
  const { status, stdout } = await runProgram(home, ["retry"]);
  assertEquals(status, 0);
  assertEquals(
    stdout,
    `${url}: events that waited and are sent: 0, alerts taken over from ` +
      "OpenCTI addresses that are no longer in ossec.conf: 2, the same alert, " +
      "looked up once: 1, alerts looked up again: 1, matches in these: 1, " +
      "still waiting: alerts 0, events 0\n",
  );
  assertEquals(
    rowsOf(home, "SELECT name FROM remembered WHERE name LIKE 'outage %'"),
    [],
  );
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
  assertEquals(toldIds(queue).length, 1);
});

Deno.test("custom-opencti retry ends, with status 1, while OpenCTI is down", async () => {
  await using scene = await makeScene();
  const { home, run, isUp, retry, asked } = scene;
  await using _queue = startQueue(home);
  isUp(false);
  for (let n = 1; n <= 3; n++) await run(`${n}.0`);
  const { status, stdout } = await retry();
  assertEquals(status, 1);
  assertEquals(asked(), 6, "it goes on past one that fails");
  assertStringIncludes(stdout, "still waiting: alerts 3, events 0");
});

Deno.test(
  "custom-opencti retry fails, and takes nothing away, where the spool cannot be used",
  ROOT_ONLY,
  async () => {
    await using scene = await makeScene();
    const { home, run, isUp, retry, asked } = scene;
    await using _queue = startQueue(home);
    isUp(false);
    await run("1.0");
    isUp(true);
    const before = asked();
    const folder = `${home}/queue/opencti`;
    await Deno.chown(`${folder}/spool.db`, 0, 0);
    // Nor can the other folder be made.
    await Deno.mkdir(`${home}/logs/opencti`);
    const { status, stdout, lastLine } = await retry();
    assertEquals([status, stdout], [1, ""]);
    assertStringIncludes(
      lastLine,
      "What waits cannot be taken out of the spool, and is still there",
    );
    assertEquals([asked(), waitingIn(home).alerts], [before, 1]);
  },
);

Deno.test("custom-opencti sends what the queue did not take, once", async () => {
  await using scene = await makeScene();
  const { home, run, retry } = scene;
  for (const id of ["1.0", "2.0"]) assertEquals((await run(id)).status, 1);
  assertEquals(waitingIn(home), { alerts: 0, events: 2 });
  await using queue = startQueue(home);
  await run("3.0");
  await retry();
  assertEquals(toldIds(queue).sort(), ["1.0", "2.0", "3.0"]);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
});

Deno.test("custom-opencti emits a match once for one alert id", async () => {
  await using scene = await makeScene();
  const { home, run } = scene;
  await using queue = startQueue(home);
  await run("1.0");
  const { status, stderr } = await run("1.0", { debug: true });
  assertEquals(status, 0);
  assertStringIncludes(stderr, "emitted before, or waiting to be: event of ");
  await run("2.0");
  assertEquals(toldIds(queue), ["1.0", "2.0"]);
});

Deno.test("custom-opencti drops what is too much or too old, and says how much", async () => {
  await using scene = await makeScene();
  const { home, run, isUp } = scene;
  await using queue = startQueue(home);
  isUp(false);
  const config = { spool_max: 2, spool_max_age: 3600 };
  for (const id of ["1.0", "2.0", "3.0"]) await run(id, { config });
  assertEquals(
    rowsOf(home, "SELECT key FROM waiting").map(({ key }) =>
      `${key}`.split(" ")[0]
    ),
    ["2.0", "3.0"],
    "the oldest goes",
  );
  const [, dropped] = eventsOf(queue);
  assertStringIncludes(dropped.error, "dropped from the spool: mend");
  assertEquals(dropped.kind, "dropped");
  passTime(home, 3601);
  isUp(true);
  await run("4.0", { config });
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
  assertEquals(toldIds(queue), ["4.0"]);
  assertEquals(
    eventsOf(queue).filter(({ kind }) => kind === "dropped")
      .map(({ alerts }) => alerts),
    [1, 2],
  );
});

/** A run that is sent a signal a while after its start. */
async function runAndSignal(
  { home, url, signal, afterMs }: {
    readonly home: string;
    readonly url: string;
    readonly signal: Deno.Signal;
    readonly afterMs: number;
  },
) {
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(alert, alertOf("1.0"));
  let killedAt = 0;
  const result = await runProgram(
    home,
    [alert, TOKEN, url, "", "", "10", "0"],
    {
      onStart: (process) =>
        void setTimeout(() => {
          killedAt = performance.now();
          process.kill(signal);
        }, afterMs),
    },
  );
  return { ...result, endedAfterMs: performance.now() - killedAt };
}

async function sayNothing(connection: Deno.TcpConn): Promise<void> {
  while (await connection.read(new Uint8Array(4096)) !== null);
}

Deno.test("custom-opencti loses nothing when a run is ended in the middle", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const retry = (home: string) =>
    runProgram(home, ["retry", TOKEN, opencti.url]);
  /** Makes what was kept for a silent OpenCTI be asked of one that speaks. */
  const runSilent = async (home: string, signal: Deno.Signal) => {
    await using silent = startTcp(sayNothing);
    const url = `http://127.0.0.1:${silent.port}`;
    const result = await runAndSignal({ home, url, signal, afterMs: 2500 });
    assertEquals(waitingIn(home), { alerts: 1, events: 0 });
    return { result, url };
  };
  await t.step(
    "SIGTERM while OpenCTI is asked: it ends by itself",
    async () => {
      const home = await makeHome();
      const { result } = await runSilent(home, "SIGTERM");
      assertEquals([result.status, result.signal], [1, null]);
      assertStringIncludes(result.lastLine, "Stopped before OpenCTI answered");
      assert(result.endedAfterMs < 500 + SLACK_MS, `${result.endedAfterMs} ms`);
    },
  );
  await t.step("SIGKILL while OpenCTI is asked", async () => {
    const home = await makeHome();
    const { result } = await runSilent(home, "SIGKILL");
    assertEquals(result.signal, "SIGKILL");
  });
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await t.step(`${signal} while the queue takes nothing`, async () => {
      const home = await makeHome();
      const { url } = opencti;
      const empty = await fillQueue(home);
      const result = await runAndSignal({ home, url, signal, afterMs: 2500 });
      assertEquals(result.signal, signal === "SIGKILL" ? signal : null);
      assertEquals(waitingIn(home), { alerts: 0, events: 1 });
      await empty();
      await using queue = startQueue(home);
      await retry(home);
      await retry(home);
      assertEquals(toldIds(queue), ["1.0"]);
    });
  }
});

Deno.test("custom-opencti makes its files for Wazuh's group alone", async () => {
  await using scene = await makeScene();
  const { home, run, isUp } = scene;
  await using _queue = startQueue(home);
  isUp(false);
  await run("1.0");
  const modeOf = async (path: string) =>
    ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assertEquals(await modeOf(`${home}/queue/opencti`), 0o750);
  const entries = await Array.fromAsync(Deno.readDir(`${home}/queue/opencti`));
  assertEquals(entries.map(({ name }) => name).sort(), [
    "lock",
    "outage",
    "spool.db",
    "spool.db-shm",
    "spool.db-wal",
    "waiting",
  ]);
  for (const { name } of entries) {
    assertEquals(await modeOf(`${home}/queue/opencti/${name}`), 0o640, name);
  }
});

Deno.test("custom-opencti keeps nothing and opens no spool when all went well", async () => {
  await using scene = await makeScene();
  const { home, url } = scene;
  for (const name of ["sshd_breakin", "suricata_dns_malicious"]) {
    const args = [`${ALERTS}${name}.json`, TOKEN, url];
    assertEquals((await runProgram(home, args)).status, 0);
  }
  assertEquals(
    (await Array.fromAsync(Deno.readDir(`${home}/queue`))).map(({ name }) =>
      name
    ),
    ["sockets", "opencti"],
  );
  assertEquals(
    await Array.fromAsync(Deno.readDir(`${home}/queue/opencti`)),
    [],
  );
});

Deno.test("custom-opencti keeps the spool where state_dir says", async () => {
  await using scene = await makeScene();
  const { home, run, isUp } = scene;
  await using _queue = startQueue(home);
  isUp(false);
  await run("1.0", { config: { state_dir: `${home}-state/opencti` } });
  const { size } = await Deno.stat(`${home}-state/opencti/spool.db`);
  assert(size > 0);
  await Deno.remove(`${home}-state`, { recursive: true });
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
});

Deno.test("custom-opencti warns once a day that the token goes in clear", async () => {
  const home = await makeHome();
  await using queue = startQueue(home);
  const url = `http://9.9.9.9:${getAvailablePort()}`;
  const run = () =>
    runProgram(home, [
      `${ALERTS}suricata_alert_http.json`,
      TOKEN,
      url,
      "",
      "",
      "2",
      "0",
    ]);
  const warnings = () =>
    eventsOf(queue).filter(({ event_type }) => event_type === "warning");
  await run();
  await run();
  assertEquals(warnings().length, 1);
  assertStringIncludes(
    warnings()[0].warning,
    "goes in clear to http://9.9.9.9",
  );
  passTime(home, 86_401);
  await run();
  assertEquals(warnings().length, 2);
});
