import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { makeHome } from "../stand_ins/home.ts";
import { startQueue } from "../stand_ins/queue.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;
const EVENTS = new URL("../testdata/events/", import.meta.url).pathname;
const REDIRECTION = "> /dev/null 2>&1";

/** The alerts of the golden events, and the kinds of match that they must show. */
const GOLDEN: Readonly<Record<string, readonly string[]>> = {
  syscheck_added_linux: ["indicator_pattern_match"],
  syscheck_malware_hash_99901: ["indicator_pattern_match"],
  suricata_alert_http: ["indicator_partial_pattern_match"],
  suricata_alert_test: ["observable_with_indicator"],
  suricata_dns_v2_answer: ["indicator_partial_pattern_match"],
  packetbeat_dns: ["indicator_partial_pattern_match"],
  audit_command_curl_url: [
    "indicator_pattern_match",
    "indicator_partial_pattern_match",
  ],
  sonicwall_L34: ["observable_with_related_indicator"],
  sonicwall_L34_agentfile: ["observable_with_related_indicator"],
  fortigate_L158: ["observable_with_indicator"],
  fortigate_L195: ["indicator_partial_pattern_match"],
};

Deno.test("custom-opencti gives the golden events of real alerts to the queue", async (t) => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  for (const [name, types] of Object.entries(GOLDEN)) {
    await t.step(name, async () => {
      const { status, stderr, stdout } = await runProgram(home, [
        `${ALERTS}${name}.json`,
        TOKEN,
        `${opencti.url}/graphql`,
        "",
        "",
        "10",
        "3",
        REDIRECTION,
      ]);
      assertEquals([status, stdout, stderr], [0, "", ""]);
      const messages = await queue.receive(types.length);
      assertEquals(queue.waiting, []);
      const events = messages.map((message) =>
        readMessage(message, opencti.url)
      );
      assertEquals(events.map(({ event }) => event.opencti.event_type), [
        ...types,
      ]);
      await assertGolden(name, events);
    });
  }
  const asked = opencti.requests.length;
  assertEquals(
    asked,
    2 * Object.keys(GOLDEN).length,
    "one request for the match of an alert, one for what its event says",
  );
});

/** A message of the queue, with what differs from run to run made the same. */
function readMessage(message: string, url: string) {
  const at = message.indexOf("{");
  const event = JSON.parse(
    message.slice(at).replaceAll(url, "https://cti.example"),
  );
  assert(
    Number.isInteger(event.opencti.latency_ms),
    "it says how long it took",
  );
  event.opencti.latency_ms = 0;
  return { header: message.slice(0, at), event };
}

/** Compares with the file; `UPDATE_GOLDEN=1` writes it, for a person to review. */
async function assertGolden(name: string, events: unknown): Promise<void> {
  const path = `${EVENTS}${name}.json`;
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.writeTextFile(path, JSON.stringify(events, null, 2) + "\n");
  }
  assertEquals(events, JSON.parse(await Deno.readTextFile(path)));
}

const ALERT = `${ALERTS}suricata_alert_http.json`;

// What stands after alert, API key and hook URL.
const FORMS: Readonly<Record<string, readonly string[]>> = {
  "4.0 to 4.6": [` ${REDIRECTION}`],
  "4.0 to 4.6, debug": ["debug"],
  "4.7": ["", "", REDIRECTION],
  "4.7, debug": ["debug", ""],
  "4.8 to 4.14": ["", "", "10", "3", REDIRECTION],
  "4.8 to 4.14, debug": ["debug", "", "10", "3"],
  "a person's": [],
};

Deno.test("custom-opencti takes the arguments of every Wazuh version", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  for (const [name, form] of Object.entries(FORMS)) {
    await t.step(name, async () => {
      const home = await makeHome();
      await using queue = startQueue(home);
      const { status, stderr } = await runProgram(home, [
        ALERT,
        TOKEN,
        opencti.url,
        ...form,
      ]);
      assertEquals(status, 0, stderr);
      assertEquals(stderr !== "", form.includes("debug"));
      const [message = ""] = await queue.receive(1);
      assertStringIncludes(message, "1:[001] (web01) 10.0.0.21->opencti:{");
    });
  }
});

Deno.test("custom-opencti reads the options file", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const run = async (json: string, alert = ALERT) => {
    const home = await makeHome();
    await using queue = startQueue(home);
    const options = `${home}/options.json`;
    await Deno.writeTextFile(options, json);
    const result = await runProgram(home, [
      alert,
      TOKEN,
      opencti.url,
      "",
      options,
      "10",
      "3",
      REDIRECTION,
    ]);
    return { ...result, messages: await queue.receive(1) };
  };
  await t.step("no partial matches", async () => {
    const { status, messages: [message = ""] } = await run(
      '{"partial_matches":false}',
    );
    assertEquals(status, 0);
    assertStringIncludes(message, '"event_type":"observable_with_indicator"');
  });
  await t.step("how many are emitted", async () => {
    const { status, messages } = await run(
      '{"max_ind_alerts":1,"max_obs_alerts":0}',
      `${ALERTS}audit_command_curl_url.json`,
    );
    assertEquals([status, messages.length], [0, 1]);
  });
  await t.step("what is emitted", async () => {
    const { status, stderr, messages } = await run(
      '{"min_score":70,"severity":{"critical":90},"debug":true}',
      `${ALERTS}audit_command_curl_url.json`,
    );
    assertEquals([status, messages.length], [0, 1]);
    assertStringIncludes(messages[0] ?? "", '"score":80,"severity":"medium"');
    assertStringIncludes(stderr, '"key":["x_opencti_score"],"values":["70"]');
  });
  await t.step("why something is not emitted", async () => {
    const home = await makeHome();
    const options = `${home}/tmp/x.options`;
    await Deno.writeTextFile(options, '{"markings":"TLP:GREEN","debug":true}');
    const alert = `${ALERTS}suricata_alert_test.json`;
    const args = [alert, TOKEN, opencti.url, "", options, "10", "3"];
    const { status, stderr } = await runProgram(home, args);
    assertEquals(status, 0);
    assertStringIncludes(
      stderr,
      "is filtered out: its marking TLP:AMBER is above markings TLP:GREEN",
    );
    assertStringIncludes(
      stderr,
      "is skipped: all its indicators are filtered out",
    );
  });
  await t.step("debug", async () => {
    const { stderr } = await run('{"debug":true}');
    assertStringIncludes(stderr, "sources that read it: suricata\n");
  });
  await t.step(
    "a wrong one is a wrong usage, emitted as an event too",
    async () => {
      const cases = [
        ['{"max":1}', "max: unknown"],
        ["{", "it is not JSON"],
        ['{"debug":1}', "debug: must be true or false"],
      ] as const;
      for (const [json, says] of cases) {
        const { status, lastLine, messages: [message = ""] } = await run(json);
        assertEquals(status, 2);
        assertStringIncludes(
          lastLine,
          `/etc/ossec.conf: ${says} (`,
        );
        assertStringIncludes(
          message,
          '{"event_type":"error","error":"Wrong <opt',
        );
      }
    },
  );
  await t.step("a missing one too", async () => {
    const home = await makeHome();
    await using queue = startQueue(home);
    const { status, lastLine } = await runProgram(home, [
      ALERT,
      TOKEN,
      opencti.url,
      "",
      "/no/such",
      "10",
      "3",
    ]);
    assertEquals(status, 2);
    assertStringIncludes(lastLine, "there is no such file (/no/such)");
    await queue.receive(1);
  });
});

Deno.test("custom-opencti takes an alert that a person types, without an agent", async () => {
  const home = await makeHome();
  await using opencti = startOpencti({
    indicators: [{
      id: "i",
      name: "n",
      pattern: "[ipv4-addr:value = '1.2.3.4']",
    }],
    observables: [],
  });
  await using queue = startQueue(home);
  const path = `${home}/alert.json`;
  await Deno.writeTextFile(
    path,
    '{"rule":{"groups":["ids"],"id":"31103"},"data":{"srcip":"1.2.3.4","dstip":"5.6.7.8"},"id":"test"}',
  );
  const { status } = await runProgram(home, [path, TOKEN, opencti.url]);
  assertEquals(status, 0);
  const [message = ""] = await queue.receive(1);
  assert(
    message.startsWith(
      '1:opencti:{"integration":"opencti","opencti":{"event_type":"indicator_pattern_match"',
    ),
    message,
  );
  assertEquals(JSON.parse(message.slice("1:opencti:".length)).opencti.source, {
    alert_id: "test",
    rule_id: "31103",
    srcip: "1.2.3.4",
    dstip: "5.6.7.8",
  });
});

Deno.test("custom-opencti emits the events of an agent with an IPv6 address", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const path = `${home}/alert.json`;
  await Deno.writeTextFile(
    path,
    (await Deno.readTextFile(ALERT)).replace(
      '"ip":"10.0.0.21"',
      '"ip":"2001:db8::21"',
    ),
  );
  assertEquals((await runProgram(home, [path, TOKEN, opencti.url])).status, 0);
  const [message = ""] = await queue.receive(1);
  assertStringIncludes(message, "1:[001] (web01) 2001|:db8|:|:21->opencti:{");
});

Deno.test("custom-opencti writes to a stream socket where the queue is one", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home, "stream");
  const { status, stderr } = await runProgram(home, [
    `${ALERTS}audit_command_curl_url.json`,
    TOKEN,
    opencti.url,
  ]);
  assertEquals(status, 0, stderr);
  const messages = await queue.receive(2);
  assert(
    messages.every((message) =>
      message.startsWith("1:[001] (web01) 10.0.0.21->opencti:{")
    ),
  );
});

Deno.test("custom-opencti leaves alone what it need not look up", async (t) => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const own = `${home}/own.json`;
  await Deno.writeTextFile(
    own,
    '{"rule":{"groups":["ids"]},"location":"opencti","data":{"integration":"opencti","srcip":"185.244.31.158"}}',
  );
  for (
    const path of [
      own,
      `${ALERTS}mailscanner.json`,
      `${ALERTS}audit_command_noargs.json`,
      `${ALERTS}syscheck_deleted_linux.json`,
    ]
  ) {
    await t.step(path.replace(/^.*\//, ""), async () => {
      const { status, stdout, stderr } = await runProgram(home, [
        path,
        TOKEN,
        opencti.url,
      ]);
      assertEquals([status, stdout, stderr], [0, "", ""]);
    });
  }
  assertEquals(opencti.requests, []);
  assertEquals(queue.waiting, []);
  assertEquals(
    await Array.fromAsync(Deno.readDir(`${home}/logs`)),
    [],
    "no line for an alert that was not looked up",
  );
});

Deno.test("custom-opencti looks up what only says that it is an event of its own", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const alert = `${home}/alert.json`;
  await Deno.writeTextFile(
    alert,
    '{"rule":{"groups":["ids"]},"location":"/var/log/app.json","data":{"integration":"opencti","srcip":"185.244.31.158"}}',
  );
  await runProgram(home, [alert, TOKEN, opencti.url]);
  assertEquals((await queue.receive(1)).length, 1);
});

Deno.test("custom-opencti logs one line for an alert that was looked up", async () => {
  const home = await makeHome();
  await using opencti = startOpencti({ indicators: [], observables: [] });
  const { status, stderr } = await runProgram(home, [
    ALERT,
    TOKEN,
    opencti.url,
  ]);
  assertEquals(
    [status, stderr],
    [0, ""],
    "and needs no queue if there is no match",
  );
  const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
  assertMatch(
    log,
    /^\S+Z custom-opencti info: Alert 1795488360\.207671: IoCs asked for: 3, matches to emit: 0 of 0, answer after \d+ ms\n$/,
  );
});

Deno.test("custom-opencti logs what it left out, and what OpenCTI has more of", async () => {
  const home = await makeHome();
  await using opencti = startOpencti({
    indicators: Array.from({ length: 501 }, (_, n) => ({
      id: `${n}`,
      name: "n",
      pattern: "[ipv4-addr:value = '9.9.9.0']",
    })),
    observables: [],
  });
  await using queue = startQueue(home);
  const path = `${home}/alert.json`;
  const answers = Array.from(
    { length: 103 },
    (_, n) => ({ rdata: `9.9.9.${n}` }),
  );
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      id: "1.2",
      rule: { groups: ["ids", "fortigate"] },
      data: { dns: { answers } },
    }),
  );
  const { status, stderr } = await runProgram(home, [
    path,
    TOKEN,
    opencti.url,
    "debug",
  ]);
  assertEquals(status, 0);
  const messages = await queue.receive(4);
  assertStringIncludes(messages[3] ?? "", '"kind":"cut_off"');
  assertStringIncludes(
    messages[3] ?? "",
    "OpenCTI has more on an alert than is read of an answer (exact, partial)",
  );
  assertStringIncludes(stderr, "fortigate finds nothing in its fields");
  assertStringIncludes(
    stderr,
    "Alert 1.2: IoCs asked for: 100, IoCs left out: 3, rare spellings left out: ",
  );
  assertStringIncludes(
    stderr,
    ", matches to emit: 3 of 500, OpenCTI has more exact and partial, answer",
  );
});

Deno.test("custom-opencti prints each step when debugging, and never the API key", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const { status, stderr } = await runProgram(home, [
    ALERT,
    TOKEN,
    opencti.url,
    "debug",
  ]);
  assertEquals(status, 0);
  await queue.receive(1);
  const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
  const steps = [
    "Alert 1795488360.207671: groups ids, suricata",
    "sources that read it: suricata\n",
    "IoC: domain morrishittu.ddns.net in data.http.hostname",
    "skipped: 10.0.0.21 in data.src_ip: not a global address",
    'question: {"exact":{"mode":"and"',
    "attempt 1 of 4: HTTP 200, an answer, in ",
    'match 1: indicator_partial_pattern_match of domain morrishittu.ddns.net: indicator "Dynamic DNS command and control"',
    "active, in part (file:name = 'invoice.exe': the alert does not say), detection, score 80, confidence 75",
    "is skipped: earlier matches have its indicators",
    "bytes: 1:[001] (web01) 10.0.0.21->opencti:{",
    "IoCs asked for: 3, matches to emit: 1 of 1, answer after ",
  ];
  for (const text of [log, stderr]) {
    for (const step of steps) assertStringIncludes(text, step);
    assert(!text.includes(TOKEN), "the API key is in no line");
  }
});

Deno.test("custom-opencti says once that the log cannot be written, and goes on", async () => {
  const home = await makeHome();
  await Deno.remove(`${home}/logs`);
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const { status, stderr } = await runProgram(home, [
    ALERT,
    TOKEN,
    opencti.url,
    "debug",
  ]);
  assertEquals(status, 0);
  assertEquals((await queue.receive(1)).length, 1);
  assertEquals(
    stderr.split("\n").filter((line) => line.startsWith("Cannot write")).length,
    1,
  );
});
