import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram, SLACK_MS } from "../stand_ins/program.ts";
import { rowsOf } from "../stand_ins/spool.ts";
import { makeHome, ROOT_ONLY } from "../stand_ins/home.ts";
import { abandonQueue, fillQueue, startQueue } from "../stand_ins/queue.ts";
import { getAvailablePort } from "../stand_ins/network.ts";

const ALERT =
  new URL("../testdata/alerts/suricata_alert_http.json", import.meta.url)
    .pathname;
const HTML = "<!DOCTYPE html><title>OpenCTI</title>";

function refusal(code: string) {
  return () =>
    Response.json({
      errors: [{ message: "no", extensions: { code } }],
      data: null,
    });
}

// What OpenCTI does, and what the sentence says.
const OPENCTI: Readonly<
  Record<string, readonly [() => Response | Promise<Response>, string]>
> = {
  "refuses the token": [
    refusal("AUTH_REQUIRED"),
    "put a valid one into <api_key> in /",
  ],
  "refuses to read knowledge": [
    refusal("FORBIDDEN_ACCESS"),
    "The token has no right to read knowledge",
  ],
  "refuses the address": [
    refusal("IP_FORBIDDEN"),
    "OpenCTI does not take requests from this address",
  ],
  "does not know a filter key": [
    refusal("UNSUPPORTED_ERROR"),
    "OpenCTI does not understand the question",
  ],
  "does not know the query": [
    refusal("GRAPHQL_VALIDATION_FAILED"),
    "OpenCTI does not understand the question",
  ],
  "has no data base": [refusal("DATABASE_ERROR"), "OpenCTI's database failed"],
  "limits the rate": [
    () => Response.json({ message: "Too many requests" }, { status: 429 }),
    "OpenCTI limits the rate of requests",
  ],
  "is starting": [
    () => new Response(HTML, { status: 503 }),
    "OpenCTI is not ready",
  ],
  "is a proxy without OpenCTI": [
    () => new Response(HTML, { status: 502 }),
    "OpenCTI is not ready",
  ],
  "is not there": [
    () => Response.json({}, { status: 404 }),
    "There is no OpenCTI at http://127.0.0.1:",
  ],
  "is its web page": [
    () => new Response(HTML),
    "There is no OpenCTI at http://127.0.0.1:",
  ],
  "redirects": [
    () => new Response(null, { status: 302, headers: { location: "/" } }),
    "There is no OpenCTI at http://127.0.0.1:",
  ],
  "is too slow": [
    () =>
      new Promise((resolve) =>
        setTimeout(() => resolve(new Response(HTML)), 1500)
      ),
    // How much of the second is left depends on the machine.
    "is too slow: no answer in 0.",
  ],
  "answers half": [
    () => new Response('{"data":{"exact":'),
    "Cannot understand OpenCTI's answer",
  ],
  "answers something else": [
    () => Response.json({ data: { exact: 1, partial: 1, values: 1 } }),
    "Cannot understand OpenCTI's answer",
  ],
};

Deno.test("custom-opencti reports that OpenCTI cannot be asked", async (t) => {
  for (const [name, [respond, says]] of Object.entries(OPENCTI)) {
    await t.step(`it ${name}`, async () => {
      const home = await makeHome();
      await using opencti = startOpencti(KNOWLEDGE, { respond });
      await using queue = startQueue(home);
      const { status, stdout, stderr, lastLine } = await runProgram(home, [
        ALERT,
        TOKEN,
        opencti.url,
        "",
        "",
        "1",
        "0",
      ]);
      assertEquals([status, stdout], [1, ""]);
      assertStringIncludes(lastLine, says);
      const [message = ""] = await queue.receive(1);
      assertStringIncludes(
        message,
        '1:[001] (web01) 10.0.0.21->opencti:{"integration":"opencti","opencti":{"event_type":"error","error":"',
      );
      const event = JSON.parse(message.slice(message.indexOf("{")));
      assertEquals(lastLine, `Alert 1795488360.207671: ${event.opencti.error}`);
      assertEquals(event.opencti.source.alert_id, "1795488360.207671");
      assertMatch(event.opencti.kind, /^[a-z_]+$/);
      const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
      assertStringIncludes(log, `error: ${lastLine}`);
      for (const text of [stderr, message, log]) {
        assert(!text.includes(TOKEN), text);
      }
    });
  }
});

Deno.test("custom-opencti reports that nobody listens where OpenCTI should", async () => {
  const home = await makeHome();
  await using queue = startQueue(home);
  const url = `http://127.0.0.1:${getAvailablePort()}`;
  const { status, lastLine } = await runProgram(home, [
    ALERT,
    TOKEN,
    url,
    "",
    "",
    "1",
    "0",
  ]);
  assertEquals(status, 1);
  assertStringIncludes(lastLine, `Cannot reach OpenCTI at ${url}: `);
  const [message = ""] = await queue.receive(1);
  assertStringIncludes(message, '"event_type":"error"');
});

Deno.test("custom-opencti never prints the API key, whoever says it", async (t) => {
  const home = await makeHome();
  await using queue = startQueue(home);
  const outputs = async (alert: string, url: string) => {
    const { stdout, stderr } = await runProgram(home, [
      alert,
      TOKEN,
      url,
      "debug",
      "",
      "1",
      "0",
    ]);
    const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
    return [stdout, stderr, log, ...await queue.receive(1)];
  };
  await t.step("OpenCTI in an error", async () => {
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: () =>
        Response.json({ errors: [{ message: `no ${TOKEN}` }], data: null }),
    });
    for (const output of await outputs(ALERT, opencti.url)) {
      assert(!output.includes(TOKEN), output);
    }
  });
  await t.step("the alert", async () => {
    await using opencti = startOpencti(KNOWLEDGE);
    const path = `${home}/alert.json`;
    await Deno.writeTextFile(
      path,
      `{${IDS},"data":{"srcip":"${MATCHING}","action":"key ${TOKEN}"}}`,
    );
    const all = await outputs(path, opencti.url);
    for (const output of all) assert(!output.includes(TOKEN), output);
    assertStringIncludes(all.at(-1) ?? "", '"action":"key [API_KEY]"');
  });
});

Deno.test("custom-opencti tries again as often as RETRIES says", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE, {
    respond: (_, count) =>
      count < 3 ? new Response("", { status: 503 }) : undefined,
  });
  await using queue = startQueue(home);
  const { status } = await runProgram(home, [
    ALERT,
    TOKEN,
    opencti.url,
    "",
    "",
    "1",
    "2",
  ]);
  assertEquals(status, 0);
  // The last is for what the event says.
  assertEquals(opencti.requests.length, 4);
  assertStringIncludes(
    (await queue.receive(1))[0] ?? "",
    "indicator_partial_pattern_match",
  );
});

Deno.test("custom-opencti emits what an answer holds, and the error of the rest", async () => {
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE, {
    respond: () =>
      Response.json({
        errors: [{
          message: "no",
          path: ["values"],
          extensions: { code: "FORBIDDEN_ACCESS" },
        }],
        data: {
          exact: {
            edges: [{
              node: {
                id: "i",
                name: "n",
                pattern: "[ipv4-addr:value = '185.244.31.158']",
              },
            }],
          },
          partial: { edges: [] },
          values: null,
        },
      }),
  });
  await using queue = startQueue(home);
  const { status, lastLine } = await runProgram(home, [
    ALERT,
    TOKEN,
    opencti.url,
    "",
    "",
    "1",
    "0",
  ]);
  assertEquals(status, 1);
  assertStringIncludes(lastLine, "no right to read knowledge");
  const messages = await queue.receive(2);
  assertStringIncludes(
    messages[0] ?? "",
    '"event_type":"indicator_pattern_match"',
  );
  assertStringIncludes(messages[1] ?? "", '"event_type":"error"');
});

Deno.test("custom-opencti names the queue that takes no event, and does not hang", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const run = async (home: string) => {
    const path = `${home}/queue/sockets/queue`;
    const result = await runProgram(home, [
      ALERT,
      TOKEN,
      opencti.url,
      "",
      "",
      "1",
      "0",
    ]);
    assertEquals(result.status, 1);
    assertStringIncludes(result.lastLine, path);
    const left = await Array.fromAsync(Deno.readDir(`${home}/tmp`));
    assertEquals(left, [], "it leaves no path behind");
    return result;
  };
  await t.step("there is none", async () => {
    const { lastLine } = await run(await makeHome());
    assertStringIncludes(lastLine, "it does not exist");
  });
  await t.step("nobody reads it", async () => {
    const home = await makeHome();
    abandonQueue(home);
    assertStringIncludes((await run(home)).lastLine, "nobody reads it");
  });
  await t.step("its buffer is full", async () => {
    const home = await makeHome();
    const empty = await fillQueue(home);
    const { lastLine, ms } = await run(home);
    // What asking left of the budget of 1 s, said to the tenth.
    assert(/takes nothing for (?:0\.\d|1) s/.test(lastLine), lastLine);
    assert(ms < 1000 + SLACK_MS, `${ms} ms`);
    await empty();
  });
});

Deno.test("custom-opencti says what is wrong with its call", async (t) => {
  const home = await makeHome();
  const alert = `${home}/alert.json`;
  await Deno.copyFile(ALERT, alert);
  const cases: readonly (readonly [string[], string])[] = [
    [[alert], `To see what becomes of it, run custom-opencti explain ${alert}`],
    [["/nowhere.json"], "There is no such file, see custom-opencti help"],
    [[ALERT, TOKEN], "Wrong number of arguments"],
    [[ALERT, TOKEN, "not a url"], "<hook_url>"],
    [[ALERT, "", "http://127.0.0.1"], "<api_key> is empty"],
    [[ALERT, TOKEN, "http://127.0.0.1", "", "", "x"], "<timeout> must"],
    [["--nonsense", ALERT, TOKEN, "http://127.0.0.1"], "Unknown option"],
    [["alert", ALERT, TOKEN, "http://127.0.0.1"], "There is no command word"],
    [["alert"], "There is no command word for an alert"],
    [["retry", TOKEN], "retry needs no arguments, or API_KEY and HOOK_URL"],
  ];
  for (const [args, says] of cases) {
    await t.step(says, async () => {
      const { status, stderr, lastLine } = await runProgram(home, args);
      assertEquals(status, 2);
      assertStringIncludes(lastLine, says);
      assert(!stderr.includes(TOKEN), stderr);
    });
  }
});

Deno.test("custom-opencti keeps the alert of a call with too few arguments, and logs it", async () => {
  const home = await makeHome();
  const { stderr } = await runProgram(home, [ALERT, TOKEN]);
  assertStringIncludes(stderr, "; the alert is kept");
  const waiting = rowsOf(home, "SELECT kind, base_url FROM waiting");
  assertEquals(waiting[0], { kind: "alert", base_url: "" });
  assertStringIncludes(
    await Deno.readTextFile(`${home}/logs/integrations.log`),
    "Wrong number of arguments: 2",
  );
});

Deno.test({
  name: "custom-opencti says first and only that another user cannot run it",
  ...ROOT_ONLY,
  fn: async () => {
    const home = await makeHome();
    // The program must be reached, and nothing else.
    for (const path of ["", "/integrations", "/tmp"]) {
      await Deno.chmod(home + path, 0o755);
    }
    for (const path of ["queue", "logs", "etc"]) {
      await Deno.chmod(`${home}/${path}`, 0o750);
    }
    const { status, stderr } = await runProgram(home, [
      ALERT,
      TOKEN,
      "http://127.0.0.1:9",
    ], {
      asRoot: true,
      wrapper: ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"],
    });
    assertEquals(status, 2);
    assertEquals(
      stderr,
      `This user may not look into ${home}, so that nothing can be kept or ` +
        "sent: run this as Wazuh's user (wazuh, before Wazuh 4.3 ossec)\n",
    );
  },
});

const IDS = '"rule":{"groups":["ids"]}';
const MEGABYTES = (n: number) => "x".repeat(n * 1024 * 1024);

// Alerts that nobody can read: status 1 and one clear line.
const UNREADABLE: Readonly<
  Record<string, readonly [string | Uint8Array, string]>
> = {
  "empty": ["", "it is empty"],
  "blank": [" \n\t\n", "it is empty"],
  "no JSON": ["Nov 20 10:15:30 host sshd[1]: failed", "it is not JSON"],
  "cut in half": [`{${IDS},"data":{"srcip":"185.24`, "it is cut off"],
  "cut after a key": [`{${IDS},"data"`, "JSON"],
  "two in one file": [
    `{${IDS}}\n{${IDS}}\n`,
    "it has several alerts, and one is needed",
  ],
  "an array": ["[]", "not an object"],
  "null": ["null", "not an object"],
  "a text": ['"alert"', "not an object"],
  "5 MB": [`{${IDS},"full_log":"${MEGABYTES(5)}"}`, "bytes"],
  "10 MB": [`{${IDS},"full_log":"${MEGABYTES(10)}"}`, "bytes"],
  "binary": [new Uint8Array([0, 1, 2, 0xff, 0xfe, 0x80]), "it is not JSON"],
  "NaN": [`{${IDS},"data":{"srcport":NaN}}`, "it is not JSON"],
};

// Alerts with something strange in them, and what is asked for all the same.
const MATCHING = "185.244.31.158";
const STRANGE: Readonly<Record<string, readonly [string, boolean]>> = {
  "no fields": ["{}", false],
  "null fields": [
    '{"id":null,"rule":null,"agent":null,"data":null,"syscheck":null,"full_log":null,"decoder":null}',
    false,
  ],
  "numbers for objects": [
    '{"id":1,"rule":2,"agent":3,"data":4,"syscheck":5,"full_log":6}',
    false,
  ],
  "arrays for objects": [
    '{"id":[],"rule":[],"agent":[],"data":[],"syscheck":[],"full_log":[]}',
    false,
  ],
  "texts for objects": [
    '{"rule":"a","agent":"b","data":"c","syscheck":"d"}',
    false,
  ],
  "groups that are a text": [
    `{"rule":{"groups":"ids"},"data":{"srcip":"${MATCHING}"}}`,
    true,
  ],
  "groups with null and numbers": [
    `{"rule":{"groups":[null,1," ids "]},"data":{"srcip":"${MATCHING}"}}`,
    true,
  ],
  "no agent": [`{${IDS},"data":{"srcip":"${MATCHING}"}}`, true],
  "an agent without address": [
    `{${IDS},"agent":{"id":"007","name":"x"},"data":{"srcip":"${MATCHING}"}}`,
    true,
  ],
  "an agent of numbers": [
    `{${IDS},"agent":{"id":7,"name":8,"ip":9},"data":{"srcip":"${MATCHING}"}}`,
    true,
  ],
  "addresses in an array": [
    `{${IDS},"data":{"srcip":["10.0.0.1","${MATCHING}",null,{}]}}`,
    true,
  ],
  "a null address": [
    `{${IDS},"data":{"srcip":null,"dstip":"${MATCHING}"}}`,
    true,
  ],
  "a number for an address": [
    `{${IDS},"data":{"srcip":22,"dstip":"${MATCHING}"}}`,
    true,
  ],
  "an object for an address": [
    `{${IDS},"data":{"srcip":{"a":"b"},"dstip":"${MATCHING}"}}`,
    true,
  ],
  "an address with a port": [
    `{${IDS},"data":{"srcip":"${MATCHING}:443"}}`,
    true,
  ],
  "an address with blanks": [`{${IDS},"data":{"srcip":" ${MATCHING} "}}`, true],
  "half an address": [`{${IDS},"data":{"srcip":"185.244.31"}}`, false],
  "DNS that is a text": [
    `{${IDS},"data":{"dns":"x","srcip":"${MATCHING}"}}`,
    true,
  ],
  "DNS answers of nulls": [
    `{${IDS},"data":{"dns":{"answers":[null,[],{"rdata":null},{"rdata":"${MATCHING}"}]}}}`,
    true,
  ],
  "hashes of other types": [
    '{"syscheck":{"event":"added","sha256_after":1,"md5_after":null,"sha1_after":["x"]}}',
    false,
  ],
  "an event that is an array": [
    '{"syscheck":{"event":["added"],"md5_after":"xxx"}}',
    false,
  ],
  "arguments of other types": [
    '{"rule":{"groups":["audit_command"]},"data":{"audit":{"execve":{"a0":1,"a1":null,"a2":[],"a3":{}}}}}',
    false,
  ],
  "an execve that is a text": [
    '{"rule":{"groups":["audit_command"]},"data":{"audit":{"execve":"x"}}}',
    false,
  ],
  "a lone surrogate": [
    `{${IDS},"data":{"srcip":"${MATCHING}","proto":"\\ud800"}}`,
    true,
  ],
  "NUL and newlines": [
    `{${IDS},"id":"a\\u0000\\nb","data":{"srcip":"${MATCHING}","proto":"\\u0000"}}`,
    true,
  ],
  "prototype keys": [
    `{${IDS},"__proto__":{"x":1},"constructor":"y","data":{"__proto__":{"srcip":"1.1.1.1"},"srcip":"${MATCHING}"}}`,
    true,
  ],
  "deep nesting": [
    `{${IDS},"data":{"deep":${"[".repeat(5000)}${
      "]".repeat(5000)
    },"srcip":"${MATCHING}"}}`,
    true,
  ],
  "deep nesting on the way": [
    `{${IDS},"data":{"dns":${'{"answers":['.repeat(500)}${
      "]}".repeat(500)
    },"srcip":"${MATCHING}"}}`,
    true,
  ],
  "a thousand answers": [
    `{${IDS},"data":{"srcip":"${MATCHING}","dns":{"answers":[${
      Array.from({ length: 1000 }, (_, n) => `{"rdata":"h${n}.example"}`).join()
    }]}}}`,
    true,
  ],
  "2 MB in a field": [
    `{${IDS},"data":{"srcip":"${MATCHING}","action":"${MEGABYTES(2)}"}}`,
    true,
  ],
  "a byte order mark": [`\ufeff{${IDS},"data":{"srcip":"${MATCHING}"}}`, true],
  "a key twice": [
    `{${IDS},"data":{"srcip":"10.0.0.1","srcip":"${MATCHING}"}}`,
    true,
  ],
};

Deno.test("custom-opencti says in one line what is wrong with an alert", async (t) => {
  const path = `${await makeHome()}/alert.json`;
  const run = async (alertFile: string, says: string) => {
    const home = await makeHome();
    await using queue = startQueue(home);
    const { status, stderr, lastLine } = await runProgram(home, [
      alertFile,
      TOKEN,
      "http://127.0.0.1",
    ]);
    assertEquals(status, 1, stderr);
    assertEquals(stderr.split("\n").length, 2, `one line: ${stderr}`);
    assertStringIncludes(lastLine, "Cannot read alert: ");
    assertStringIncludes(lastLine, says);
    const [message = ""] = await queue.receive(1);
    assertStringIncludes(
      message,
      '1:opencti:{"integration":"opencti","opencti":{"event_type":"error"',
    );
  };
  for (const [name, [content, says]] of Object.entries(UNREADABLE)) {
    await t.step(name, async () => {
      await Deno.writeFile(
        path,
        typeof content === "string"
          ? new TextEncoder().encode(content)
          : content,
      );
      await run(path, says);
    });
  }
  await t.step(
    "no such file",
    () => run("/no/such/alert", "/no/such/alert: there is no such file"),
  );
  await t.step("a folder", () => run("/", "it is no file"));
  await t.step("a FIFO, which would never end", async () => {
    const fifo = `${await makeHome()}/fifo`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    await run(fifo, "it is no file");
  });
  await t.step(
    "what integratord could not write",
    () => run("", "integratord could not write its file"),
  );
});

Deno.test("custom-opencti takes strange alerts", async (t) => {
  assert(Object.keys(UNREADABLE).length + Object.keys(STRANGE).length >= 30);
  const home = await makeHome();
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const path = `${home}/alert.json`;
  for (const [name, [json, isMatch]] of Object.entries(STRANGE)) {
    await t.step(name, async () => {
      await Deno.writeTextFile(path, json);
      const { status, stdout, stderr } = await runProgram(home, [
        path,
        TOKEN,
        opencti.url,
        "",
        "",
        "2",
        "0",
      ]);
      assertEquals([status, stdout, stderr], [0, "", ""]);
      if (isMatch) {
        const [message = ""] = await queue.receive(1);
        assert(new TextEncoder().encode(message).byteLength <= 65_535);
        assertStringIncludes(
          message,
          ':{"integration":"opencti","opencti":{"event_type":"indicator_partial_pattern_match"',
        );
        JSON.parse(message.slice(message.indexOf("{")));
      }
      assertEquals(queue.waiting, []);
    });
  }
  const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
  for (const line of log.trimEnd().split("\n")) {
    assert(/^\S+Z custom-opencti info: Alert /.test(line), line);
  }
});
