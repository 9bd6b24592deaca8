/**
 * `explain` and `lookup`, as a person types them.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { giveToGroup, makeHome, ROOT_ONLY } from "../stand_ins/home.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { snapshot } from "../stand_ins/manager.ts";
import {
  type OpenctiStandIn,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { startQueue } from "../stand_ins/queue.ts";
import { startAnalysisd } from "../stand_ins/analysisd.ts";

const DATA = new URL("../testdata/", import.meta.url);
const ALERTS = new URL("alerts/", DATA).pathname;
const RULES = await Deno.readTextFile(
  new URL("../../wazuh/opencti_rules.xml", import.meta.url),
);
const ALERT = `${ALERTS}suricata_alert_http.json`;

/** Nobody listens there. */
const DOWN = "http://127.0.0.1:9";

/** A home that is set up for an OpenCTI. */
async function homeFor(
  { url }: Pick<OpenctiStandIn, "url">,
  apiKey: string = TOKEN,
): Promise<string> {
  const home = await makeHome();
  await Deno.mkdir(`${home}/etc/rules`);
  await Deno.writeTextFile(`${home}/etc/rules/opencti_rules.xml`, RULES);
  await Deno.writeTextFile(
    `${home}/etc/ossec.conf`,
    `<ossec_config><integration>
      <name>custom-opencti</name>
      <hook_url>${url}/graphql</hook_url>
      <api_key>${apiKey}</api_key>
    </integration></ossec_config>`,
  );
  giveToGroup(`${home}/etc/ossec.conf`, 0o640);
  return home;
}

/** Whatever differs from run to run, in as many characters. */
function steady(text: string): string {
  return text.replace(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:50000")
    .replace(/after \d+ ms/g, "after 7 ms")
    .replace(/"(latency_ms)": \d+/g, '"$1": 7');
}

/** Compares with the file; `UPDATE_GOLDEN=1` writes it, for a person to review. */
async function assertGolden(name: string, text: string): Promise<void> {
  const path = new URL(`explain/${name}`, DATA);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.writeTextFile(path, steady(text));
  }
  assertEquals(steady(text), await Deno.readTextFile(path));
}

/** Sentences may be on two lines. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Text as a terminal shows it. */
function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- these are colours
  return text.replace(/\x1b\[\d+m/g, "");
}

function assertFits(screen: string): void {
  const lines = withoutColours(screen).split("\n");
  assert(lines.length <= 45, `${lines.length} lines`);
  for (const line of lines) {
    assert([...line].length <= 80 || / https?:\S+$/.test(line), line);
  }
}

const ON_TERMINAL = [
  "sh",
  "-c",
  'command="$*"; exec script -qec "$command" /dev/null',
  "sh",
];

Deno.test("explain shows an alert on one screen, and changes and sends nothing", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  await using queue = startQueue(home);
  // Where the tests run the executable, it is put there now.
  await runProgram(home, ["version"]);
  const before = await snapshot(home);
  const cases = {
    "match.txt": "suricata_alert_http",
    "related.txt": "fortigate_L158",
    "nothing_known.txt": "suricata_dns_malicious",
    "no_ioc.txt": "syscheck_added_nohash",
  };
  for (const [golden, alert] of Object.entries(cases)) {
    await t.step(golden, async () => {
      const args = ["explain", `${ALERTS}${alert}.json`];
      const { status, stdout, stderr } = await runProgram(home, args);
      assertEquals([status, stderr], [0, ""]);
      assertFits(stdout);
      await assertGolden(golden, stdout);
    });
  }
  await t.step("in colour on a terminal", async () => {
    const { stdout } = await runProgram(home, ["explain", ALERT], {
      env: { TERM: "xterm" },
      wrapper: ON_TERMINAL,
    });
    const screen = stdout.replaceAll("\r\n", "\n");
    assertFits(screen);
    await assertGolden("match_in_colour.txt", screen);
    await assertGolden("match.txt", withoutColours(screen));
  });
  await t.step("NO_COLOR", async () => {
    const { stdout } = await runProgram(home, ["explain", ALERT], {
      env: { TERM: "xterm", NO_COLOR: "1" },
      wrapper: ON_TERMINAL,
    });
    await assertGolden("match.txt", stdout.replaceAll("\r\n", "\n"));
  });
  await t.step({
    name: "as root",
    ...ROOT_ONLY,
    fn: async () => {
      const options = { asRoot: true };
      const args = ["explain", ALERT];
      const { status, stdout, stderr } = await runProgram(home, args, options);
      assertEquals([status, stderr], [0, ""]);
      await assertGolden("match.txt", stdout);
    },
  });
  await t.step("each with one question, and nothing else", async () => {
    // Of one alert, nothing is to be asked.
    const asked = Object.keys(cases).length - 1 + (ROOT_ONLY.ignore ? 2 : 3);
    const questions = opencti.requests.filter(({ body }) =>
      body.query.startsWith("query WazuhAlert")
    );
    assertEquals(questions.length, asked);
    assertEquals(queue.waiting.length, 0);
    assertEquals(await snapshot(home), before);
  });
});

Deno.test("docs/explain.md shows the screen as it is", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/explain.md", import.meta.url),
  );
  const screen = await Deno.readTextFile(new URL("explain/match.txt", DATA));
  assertStringIncludes(page, `\`\`\`text\n${screen}\`\`\``);
});

Deno.test("explain --json says all that does not fit a screen", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const args = ["explain", ALERT, "--json"];
  const { status, stdout } = await runProgram(home, args);
  assertEquals(status, 0);
  await assertGolden("match.json", stdout);
  const { iocs, events, outcome } = JSON.parse(stdout);
  assertEquals([iocs.length, events.length, outcome], [3, 1, "answered"]);
});

Deno.test("explain names the rule and level that analysisd would", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const names = [
    "syscheck_added_linux",
    "suricata_alert_http",
    "fortigate_L158",
    "suricata_alert_test",
  ];
  let compared = 0;
  for (const name of names) {
    await t.step(name, async () => {
      const path = `${ALERTS}${name}.json`;
      const { stdout } = await runProgram(home, ["explain", path, "--json"]);
      for (const { event, rule } of JSON.parse(stdout).events) {
        const location = "(web01) 10.0.0.21->opencti";
        const raised = startAnalysisd(RULES)
          .receive({ location, event, at: 0 });
        assertEquals([rule.id, rule.level], [raised?.id, raised?.level]);
        compared++;
      }
    });
  }
  assert(compared >= 3, `${compared}`);
});

Deno.test("explain names the rules of yours that stand above ours", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const folder = `${home}/etc/rules`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/opencti_rules.xml`, RULES);
  const path = `${ALERTS}suricata_alert_http.json`;
  const explain = async () => {
    const { stdout } = await runProgram(home, ["explain", path, "--json"]);
    const { events, problems } = JSON.parse(stdout);
    const [{ rule }] = events;
    return [rule?.id, rule?.level, ...problems];
  };
  const [id, level] = await explain();
  const with_ = (inner: string) => `<group name="mine,">${inner}</group>`;
  const child = (more: string) =>
    with_(
      `<rule id="100300" level="15"><if_sid>${id}</if_sid>${more}</rule>`,
    );
  const files: Readonly<Record<string, readonly [string, unknown]>> = {
    "zz.xml": [
      with_(`<rule id="${id}" level="4" overwrite="yes"></rule>`),
      [id, 4],
    ],
    "zy.xml": [child(""), ["100300", 15]],
    "zx.xml": [
      with_(
        '<rule id="100301" level="0"><if_group>opencti_active</if_group></rule>',
      ),
      [undefined, undefined],
    ],
    // What is read before ours finds none of them.
    "local_rules.xml": [child(""), [id, level]],
    "zw.xml": [
      child('<field name="opencti.severity" type="pcre2">^none$</field>'),
      [id, level],
    ],
    "zv.xml": [child("<time>6 pm - 8 am</time>"), [
      id,
      level,
      "Rules of yours build upon ours, and ask for more than is compared " +
      "here: 100300: an event may meet these",
    ]],
  };
  for (const [name, [xml, expected]] of Object.entries(files)) {
    await t.step(name, async () => {
      await Deno.writeTextFile(`${folder}/${name}`, xml);
      assertEquals(await explain(), expected);
      await Deno.remove(`${folder}/${name}`);
    });
  }
  await t.step("a broken one", async () => {
    await Deno.writeTextFile(`${folder}/zz.xml`, "<group>");
    const [found, , problem] = await explain();
    assertEquals(found, id);
    assertStringIncludes(problem, "Rules of yours are left out, for ");
  });
});

Deno.test("explain begins with whether integratord hands the alert over", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const conf = `${home}/etc/ossec.conf`;
  const block = await Deno.readTextFile(conf);
  const withConditions = (...all: readonly string[]) =>
    all.map((conditions) =>
      block.replace("</api_key>", `</api_key>${conditions}`)
    ).join("");
  const no = "integratord does not hand this alert over: ";
  const cases: Readonly<Record<string, [string, boolean, string]>> = {
    "a block that lets it through": [
      withConditions("<level>3</level><group>ids,sca</group>"),
      true,
      "integratord hands this alert over",
    ],
    "one of two blocks": [
      withConditions("<level>16</level>", "<group>suricata</group>"),
      true,
      "integratord hands this alert over",
    ],
    "its level": [
      withConditions("<level>16</level>"),
      false,
      `${no}its level 3 is below <level>16</level>`,
    ],
    "its groups": [
      withConditions("<group>sca</group>"),
      false,
      `${no}none of its groups is in <group>: ids,suricata`,
    ],
    "its rule": [
      withConditions("<rule_id>5710</rule_id>"),
      false,
      `${no}its rule 86601 is not in <rule_id>`,
    ],
    "where it came from": [
      withConditions("<event_location>syslog</event_location>"),
      false,
      `${no}its location does not match <event_location>: `,
    ],
    "no block": [
      "<ossec_config></ossec_config>",
      false,
      `${no}${conf} has no integration block of custom-opencti`,
    ],
  };
  for (const [name, [xml, isHandedOver, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await Deno.writeTextFile(conf, xml);
      const { stdout } = await runProgram(home, ["explain", ALERT]);
      assert(oneLine(stdout).startsWith(`Block ${says}`), stdout);
      const { stdout: json } = await runProgram(home, [
        "explain",
        ALERT,
        "--json",
      ]);
      assertEquals(JSON.parse(json).handed_over, isHandedOver);
    });
  }
  await t.step("a configuration that cannot be read", async () => {
    await Deno.remove(conf);
    const { stdout } = await runProgram(home, ["explain", ALERT, "--json"]);
    const { handed_over, not_handed_over } = JSON.parse(stdout);
    assertEquals([handed_over, not_handed_over], [
      null,
      [`Cannot read ${conf}: there is no such file`],
    ]);
  });
});

Deno.test("explain - reads the alert from a pipe", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const pathForWazuh = `${home}/tmp/alert.json`;
  await Deno.copyFile(ALERT, pathForWazuh);
  for (const name of ["-", "/dev/stdin"]) {
    const { status, stdout } = await runProgram(home, ["explain", name], {
      wrapper: ["sh", "-c", `cat "$0" | "$@"`, pathForWazuh],
    });
    assertEquals(status, 0);
    await assertGolden("match.txt", stdout);
  }
});

Deno.test("explain takes ids and levels from the manager's rules", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  await Deno.writeTextFile(
    `${home}/etc/rules/opencti_rules.xml`,
    RULES.replaceAll('"1102', '"1203').replaceAll(">1102", ">1203"),
  );
  const { stdout } = await runProgram(home, ["explain", ALERT]);
  assertStringIncludes(stdout, "rule 120316 alerts with level 10");
  await Deno.remove(`${home}/etc/rules/opencti_rules.xml`);
  const shipped = await runProgram(home, ["explain", ALERT]);
  assertStringIncludes(shipped.stdout, "rule 110216 alerts with level 10");
  assertStringIncludes(oneLine(shipped.stdout), "those of a new install");
});

Deno.test("explain --send sends the events, and still keeps nothing", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  await using queue = startQueue(home);
  await runProgram(home, ["version"]);
  const before = await snapshot(home);
  const args = ["explain", ALERT, "--send"];
  const { status, stdout } = await runProgram(home, args);
  assertEquals(status, 0);
  assertStringIncludes(stdout, "1 of 1 to Wazuh's queue");
  const [message = ""] = await queue.receive(1);
  assertStringIncludes(message, "1:[001] (web01) 10.0.0.21->opencti:{");
  assertEquals(await snapshot(home), before);
});

Deno.test("explain --send says that the queue is not there", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const args = ["explain", ALERT, "--send"];
  const { status, lastLine } = await runProgram(home, args);
  assertEquals(status, 1);
  assertStringIncludes(lastLine, "Cannot write to Wazuh's queue");
});

Deno.test("explain says why OpenCTI is not asked, or does not answer", async (t) => {
  await t.step("OpenCTI is down", async () => {
    const home = await homeFor({ url: DOWN });
    await runProgram(home, ["version"]);
    const before = await snapshot(home);
    const { status, stdout } = await runProgram(home, ["explain", ALERT]);
    assertEquals(status, 1);
    assertStringIncludes(
      oneLine(stdout),
      `Answer Cannot reach OpenCTI at ${DOWN}`,
    );
    assert(!stdout.includes("is kept"), stdout);
    assert(!stdout.includes("is lost"), stdout);
    assertEquals(await snapshot(home), before);
  });
  await t.step("no configuration", async () => {
    const home = await makeHome();
    const { status, stdout } = await runProgram(home, ["explain", ALERT]);
    assertEquals(status, 2);
    assertStringIncludes(oneLine(stdout), "185.244.31.158");
    assertStringIncludes(oneLine(stdout), "none, OpenCTI is not asked");
    assertStringIncludes(oneLine(stdout), "--url and --token-file");
  });
  await t.step("a configuration without a block", async () => {
    const home = await makeHome();
    await Deno.writeTextFile(`${home}/etc/ossec.conf`, "<ossec_config/>");
    const { status, stdout } = await runProgram(home, ["explain", ALERT]);
    assertEquals(status, 2);
    assertStringIncludes(oneLine(stdout), "no integration block");
  });
  await t.step("a token that this user may not read", async () => {
    const home = await homeFor({ url: DOWN }, "file:/nobody/has/this");
    const { status, stdout } = await runProgram(home, ["explain", ALERT]);
    assertEquals(status, 2);
    assertStringIncludes(
      oneLine(stdout),
      "run this as root or as Wazuh's user",
    );
    assert(!/chmod|chown/.test(stdout), stdout);
  });
  await t.step("a wrong option of the block", async () => {
    const home = await homeFor({ url: DOWN });
    await Deno.writeTextFile(`${home}/etc/opencti.json`, '{"min_scroe":1}');
    const { stdout } = await runProgram(home, ["explain", ALERT]);
    assertStringIncludes(oneLine(stdout), 'did you mean "min_score"?');
  });
});

Deno.test("explain says where a refused token and a wrong address come from", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await makeHome();
  const token = `${home}/etc/opencti.token`;
  await Deno.writeTextFile(token, "another-token");
  giveToGroup(token, 0o640);
  const configured = await homeFor(opencti, `file:${token}`);
  const cases: Readonly<Record<string, readonly [string[], string]>> = {
    "the file that <api_key> names": [[], `put a valid one into ${token}`],
    "--token-file": [
      ["--token-file", token],
      "put a valid one into the file of --token-file",
    ],
    "--url": [
      ["--url", "cti.example"],
      "--url is not a URL of http or https, for it has no https:// before it: " +
      "set it to",
    ],
  };
  for (const [name, [args, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { stdout, stderr } = await runProgram(
        configured,
        ["explain", ALERT, ...args],
      );
      assertStringIncludes(oneLine(stdout + stderr), says);
    });
  }
});

Deno.test("explain shows the IoCs where an option keeps it from asking", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  await Deno.writeTextFile(
    `${home}/etc/opencti.json`,
    '{"ca_file":"/nonexistent/ca.pem"}',
  );
  const { status, stdout } = await runProgram(home, ["explain", ALERT]);
  assertEquals(status, 2);
  assertStringIncludes(stdout, "185.244.31.158");
  assertStringIncludes(oneLine(stdout), 'Cannot use option "ca_file"');
});

Deno.test("explain says of what only a sweep for all finds that it is not looked up", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const path = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(
    path,
    '{"data":{"x":{"thing":"morrishittu.ddns.net"}}}',
  );
  const skipped = async () => {
    const { stdout } = await runProgram(home, ["explain", path, "--json"]);
    return JSON.parse(stdout).skipped;
  };
  assertEquals(await skipped(), [{
    text: "morrishittu.ddns.net",
    field: "data.x.thing",
    reason: 'only "sweep": "all" looks it up',
  }]);
  await Deno.writeTextFile(`${home}/etc/opencti.json`, '{"sweep":"all"}');
  assertEquals(await skipped(), []);
});

Deno.test("explain says that the sweep found what no source reads", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const path = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(path, '{"data":{"x":{"peer":"185.244.31.158"}}}');
  const { stdout } = await runProgram(home, ["explain", path]);
  assertStringIncludes(stdout, "none reads it; the sweep found what is below");
});

Deno.test("explain asks what --url and --token-file say", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor({ url: DOWN });
  const token = `${home}/tmp/token`;
  await Deno.writeTextFile(token, `${TOKEN}\n`);
  const url = `--url=${opencti.url}`;
  await t.step("both", async () => {
    const args = ["explain", ALERT, url, "--token-file", token];
    const { status, stdout } = await runProgram(home, args);
    assertEquals(status, 0);
    assertStringIncludes(stdout, "rule 110216 alerts with level 10");
  });
  await t.step("an address that has no token", async () => {
    const { status, stdout } = await runProgram(home, ["explain", ALERT, url]);
    assertEquals(status, 2);
    assertStringIncludes(stdout, "say --token-file");
  });
  await t.step(
    "an address of the configuration, whose token is known",
    async () => {
      const home = await homeFor(opencti);
      const { status } = await runProgram(home, ["explain", ALERT, url]);
      assertEquals(status, 0);
    },
  );
  await t.step("a token's file that holds none", async () => {
    await Deno.writeTextFile(`${home}/tmp/empty`, "two words\n");
    const args = ["explain", ALERT, url, "--token-file", `${home}/tmp/empty`];
    const { status, lastLine } = await runProgram(home, args);
    assertEquals(status, 2);
    assertStringIncludes(lastLine, "--token-file holds no token");
  });
  await t.step({
    name: "any user, who may read nothing of Wazuh's",
    ...ROOT_ONLY,
    fn: async () => {
      // The program must be reached, and nothing else.
      for (const path of ["", "/integrations", "/tmp"]) {
        await Deno.chmod(home + path, 0o755);
      }
      await Deno.chmod(`${home}/etc`, 0o700);
      await Deno.chown(`${home}/etc`, 0, 0);
      await Deno.chmod(token, 0o644);
      const asOther = {
        asRoot: true,
        wrapper: [
          "setpriv",
          "--reuid=65533",
          "--regid=65533",
          "--clear-groups",
        ],
      };
      const args = ["explain", ALERT, url, "--token-file", token];
      const { status, stdout, stderr } = await runProgram(home, args, asOther);
      assertEquals([status, stderr], [0, ""]);
      assertStringIncludes(stdout, "rule 110216 alerts with level 10");
      const without = await runProgram(home, ["explain", ALERT], asOther);
      assertEquals(without.status, 2);
      assertStringIncludes(
        oneLine(without.stdout),
        "say --url and --token-file",
      );
    },
  });
});

Deno.test("explain says what is wrong with its words and its alert", async (t) => {
  const home = await makeHome();
  await Deno.writeTextFile(
    `${home}/tmp/alerts.json`,
    '{"id":"1"}\n{"id":"2"}\n',
  );
  const cases: Readonly<Record<string, readonly [string[], number, string]>> = {
    "no alert": [["explain"], 2, "needs the file of one alert"],
    "two alerts": [["explain", ALERT, ALERT], 2, "the file of one alert"],
    "an unknown option": [
      ["explain", ALERT, "--sned"],
      2,
      'did you mean "--send"?',
    ],
    "no file": [
      ["explain", "/nowhere.json"],
      1,
      "Cannot read /nowhere.json: there",
    ],
    "no JSON": [
      ["explain", `${ALERTS}../opencti.graphql`],
      1,
      "opencti.graphql: it is not JSON",
    ],
    "several alerts": [
      ["explain", `${home}/tmp/alerts.json`],
      1,
      `has several alerts, and one is needed, as by tail -n 1 ${home}/tmp/` +
      "alerts.json | custom-opencti explain -",
    ],
    "a wrong address": [["explain", ALERT, "--url", "x"], 2, "--url is not"],
  };
  for (const [name, [args, expected, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { status, stdout, lastLine } = await runProgram(home, args);
      assertEquals([status, stdout], [expected, ""]);
      assertStringIncludes(lastLine, says);
      assert(!lastLine.includes("is lost"), lastLine);
    });
  }
});

Deno.test("explain shows no token and no control character of an alert", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const path = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      id: "1.2",
      rule: {
        description: `\x1b[2J\u009b31m${TOKEN} ${TOKEN}`,
        groups: ["ids"],
      },
      agent: { name: `a${TOKEN}` },
      data: { src_ip: `\x1b]0;x\x07${TOKEN}`, dest_ip: "9.9.9.9\x1b[0m" },
      decoder: { name: "json" },
    }),
  );
  for (const rest of [[], ["--json"]]) {
    // The stand-in looks for the token.
    const { stdout } = await runProgram(home, ["explain", path, ...rest]);
    // deno-lint-ignore no-control-regex -- they must not be there
    assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(stdout), stdout);
    assertStringIncludes(stdout, "[API_KEY]");
  }
});

Deno.test("explain does not look up an alert of our own", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  const path = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(
    path,
    '{"id":"1","location":"opencti","data":{"integration":"opencti"}}',
  );
  const { status, stdout } = await runProgram(home, ["explain", path]);
  assertEquals([status, opencti.requests.length], [0, 0]);
  assertStringIncludes(stdout, "it is an alert of custom-opencti's events");
});

Deno.test("lookup shows what OpenCTI knows of values, and keeps and sends nothing", async (t) => {
  await using opencti = startOpencti(KNOWLEDGE);
  const home = await homeFor(opencti);
  await using queue = startQueue(home);
  await runProgram(home, ["version"]);
  const before = await snapshot(home);
  const values = [
    "185.244.31.158",
    "http://morrishittu.ddns.net/virus/eicar.com?a=1",
    "morrishittu.ddns.net",
    "10.0.0.1",
    "not-a-value",
    "44d88612fea8a8f36de82e1278abb02f",
    "somebody@example.com",
    "00:11:22:33:44:55",
  ];
  const args = ["lookup", ...values];
  await t.step("values", async () => {
    const { status, stdout, stderr } = await runProgram(home, args);
    assertEquals([status, stderr], [2, ""], "not-a-value is none");
    assertFits(stdout);
    await assertGolden("values.txt", stdout);
  });
  await t.step("stdin, as JSON", async () => {
    const list = `${home}/tmp/values`;
    await Deno.writeTextFile(list, values.join("\n") + "\n\n185.244.31.158\n");
    const { status, stdout } = await runProgram(home, ["lookup", "--json"], {
      wrapper: ["sh", "-c", `exec "$@" < ${list}`, "sh"],
    });
    assertEquals(status, 2);
    await assertGolden("values.json", stdout);
  });
  await t.step({
    name: "as root",
    ...ROOT_ONLY,
    fn: async () => {
      const { stdout } = await runProgram(home, args, { asRoot: true });
      await assertGolden("values.txt", stdout);
    },
  });
  await t.step("too many", async () => {
    const many = Array.from({ length: 101 }, (_, n) => `9.9.9.${n}`);
    const { status, lastLine } = await runProgram(home, ["lookup", ...many]);
    assertEquals(status, 2);
    assertStringIncludes(lastLine, "100 values at a time");
  });
  await t.step("none that is one", async () => {
    for (const value of ["x y", "999.1.1.1", "218.92.0.0/16", ""]) {
      const { status, stdout } = await runProgram(home, ["lookup", value]);
      assertEquals(status, 2, value);
      assertStringIncludes(
        oneLine(stdout),
        `${
          value || '""'
        }: no address, domain, URL, hash, e-mail or MAC address`,
      );
    }
  });
  await t.step("nothing was written or sent", async () => {
    await Deno.remove(`${home}/tmp/values`);
    assertEquals(queue.waiting.length, 0);
    assertEquals(await snapshot(home), before);
  });
});
