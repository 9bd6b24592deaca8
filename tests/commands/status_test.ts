import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { activityIn, emittedIn } from "../../lib/manager/status.ts";
import { giveToWazuh, ROOT_ONLY } from "../stand_ins/home.ts";
import { keepAlertIn } from "../stand_ins/spool.ts";
import { makeManager } from "../stand_ins/manager.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { getAvailablePort } from "../stand_ins/network.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { startQueue } from "../stand_ins/queue.ts";

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const info = (second: number, says: string) =>
  `${at(second)} custom-opencti info: ${says}`;

Deno.test("activityIn() reads what runs write, and nothing else", () => {
  assertEquals(
    activityIn([
      "half a line",
      info(
        1,
        "Alert 1: IoCs asked for: 2, matches to emit: 1 of 3, answer after 10 ms",
      ),
      info(
        2,
        "Alert 2: IoCs asked for: 100, IoCs left out: 3, matches to emit: 0 of 0, " +
          "OpenCTI has more indicators, answer after 30 ms",
      ),
      `${at(3)} custom-opencti error: Alert 3: OpenCTI is not ready`,
      `${
        at(4)
      } another: IoCs asked for: 9, matches to emit: 9 of 9, answer after 9 ms`,
      info(5, "Alert 4: kept"),
    ]),
    {
      since: at(1),
      lastAnswer: at(2),
      alerts: 2,
      iocs: 102,
      matches: 1,
      answerMs: { median: 30, p95: 30, longest: 30 },
      errors: 1,
      lastError: `${at(3)}: Alert 3: OpenCTI is not ready`,
    },
  );
  assertEquals(activityIn([]).answerMs, undefined);
});

Deno.test("emittedIn() counts our events by type, and what was dropped", () => {
  const alert = (opencti: unknown, integration = "opencti") =>
    JSON.stringify({ data: { integration, opencti } });
  assertEquals(
    emittedIn([
      alert({ event_type: "error", kind: "dropped", alerts: "4" }),
      alert({ event_type: "error", kind: "unready" }),
      alert({ event_type: "recovered" }),
      alert({ event_type: "x\u001b[31m" }),
      alert({ event_type: "error" }, "virustotal"),
      '"opencti" is not JSON',
      "{}",
    ]),
    { byType: { error: 2, recovered: 1, other: 1 }, dropped: 4 },
  );
});

Deno.test("status shows on one screen what a run left", async (t) => {
  const { home } = await makeManager();
  await Deno.mkdir(`${home}/queue/opencti`);
  giveToWazuh(`${home}/queue/opencti`, 0o750);
  await t.step("nothing yet", async () => {
    const { status, stdout, stderr } = await runProgram(home, ["status"]);
    assertEquals([status, stderr], [0, ""]);
    assertEquals(
      stdout.replace(home, "HOME").replace(/[\d.]+,/, "VERSION,"),
      `custom-opencti VERSION, Wazuh in HOME

state          logs/integrations.log says nothing of a run: doctor says if all
               is right
last answer    none
looked up      alerts 0, IoCs 0, matches 0
answers in     no answer
errors         0
our alerts     none today
dropped today  0
waiting        alerts 0, events 0
`,
    );
  });
  await t.step("after a run, and with an alert that waits", async () => {
    await using opencti = startOpencti(KNOWLEDGE);
    await using _queue = startQueue(home);
    const alert = new URL(
      "../testdata/alerts/suricata_alert_http.json",
      import.meta.url,
    );
    await runProgram(home, [alert.pathname, TOKEN, opencti.url]);
    await keepAlertIn(home, "down");
    const { stdout } = await runProgram(home, ["status", "--json"]);
    const { activity, waiting } = JSON.parse(stdout);
    assertEquals(activity.alerts, 1);
    assertEquals(activity.matches, 1);
    assertEquals(activity.errors, 0);
    assertEquals(waiting, {
      alerts: 1,
      events: 0,
      since: "2026-01-02T00:00:00.000Z",
      outages: [],
      unreadable: [],
    });
  });
  await t.step("while OpenCTI does not answer, in 80 columns", async () => {
    const alert = new URL(
      "../testdata/alerts/suricata_alert_http.json",
      import.meta.url,
    );
    const url = `http://127.0.0.1:${getAvailablePort()}`;
    await using _queue = startQueue(home);
    const args = [alert.pathname, TOKEN, url, "", "", "1", "0"];
    await runProgram(home, args);
    const { stdout } = await runProgram(home, ["status"]);
    const text = stdout.replace(/\n {15}/g, " ");
    assertStringIncludes(text, `\noutage         ${url} fails since 20`);
    assertStringIncludes(
      text,
      ` UTC, failed attempts 1, alerts kept 1: Cannot reach OpenCTI at ${url}: `,
    );
    assertStringIncludes(
      text,
      "\nstate          OpenCTI does not answer, see outage\n",
    );
    // What the outage says is not said twice.
    assertEquals(text.match(/Cannot reach OpenCTI/g)?.length, 1, text);
    assert(!/\d\d\.\d{3}Z/.test(text), text);
    // The home of a test is longer than others.
    for (const line of stdout.split("\n").slice(1)) {
      assert(line.length <= 80 || !line.slice(15).includes(" "), line);
    }
    const found = async () => {
      const { stdout } = await runProgram(home, ["doctor", "--json"]);
      const { findings } = JSON.parse(stdout);
      return findings.find(({ link, says }: Record<string, string>) =>
        link === "spool" && says?.startsWith(`${url} fails since `)
      );
    };
    const { says, mend } = await found();
    assertStringIncludes(says, ", and no block asks it any more: ");
    assert(mend.endsWith("/integrations/custom-opencti retry"), mend);
    const path = `${home}/etc/ossec.conf`;
    const conf = await Deno.readTextFile(path);
    await Deno.writeTextFile(
      path,
      `<ossec_config><integration><name>custom-opencti</name>
        <hook_url>${url}/graphql</hook_url><api_key>${TOKEN}</api_key>
        <alert_format>json</alert_format></integration></ossec_config>`,
    );
    assertStringIncludes(
      (await found()).says,
      ", in a row 1, alerts kept: 1: ",
    );
    await Deno.writeTextFile(path, conf);
  });
  await t.step("what can be seen, beside a spool that is corrupt", async () => {
    const folder = `${home}/queue/opencti`;
    await Deno.rename(folder, `${home}/tmp/state`);
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/spool.db`, "none".repeat(1000));
    const { status, stdout } = await runProgram(home, ["status"]);
    const text = stdout.replace(/\n {15}/g, " ").replaceAll(home, "HOME");
    assertStringIncludes(text, "\nlast answer    20");
    assertStringIncludes(
      text,
      "\nwaiting        alerts 0, events 0 what waits in HOME/queue/opencti " +
        "cannot be read: file is not a database\n",
    );
    assertEquals(status, 1);
    await Deno.remove(folder, { recursive: true });
    await Deno.rename(`${home}/tmp/state`, folder);
  });
  await t.step("what waits in the folder of each block", async () => {
    const elsewhere = `${home}/queue/sockets/state`;
    await Deno.mkdir(elsewhere);
    for (const end of ["", "-wal"]) {
      await Deno.copyFile(
        `${home}/queue/opencti/spool.db${end}`,
        `${elsewhere}/spool.db${end}`,
      );
      giveToWazuh(`${elsewhere}/spool.db${end}`, 0o640);
    }
    giveToWazuh(elsewhere, 0o750);
    const options = JSON.stringify({ state_dir: elsewhere });
    const block = "<integration><name>custom-opencti</name>";
    const conf = await Deno.readTextFile(`${home}/etc/ossec.conf`);
    await Deno.writeTextFile(
      `${home}/etc/ossec.conf`,
      `<ossec_config>${block}</integration>${block}<options>${options}` +
        "</options></integration></ossec_config>",
    );
    const { stdout } = await runProgram(home, ["status", "--json"]);
    assertEquals(JSON.parse(stdout).waiting.alerts, 2);
    const { stdout: shown } = await runProgram(home, ["doctor", "--json"]);
    for (const folder of [`${home}/queue/opencti`, elsewhere]) {
      assertStringIncludes(shown, `Alerts that wait in ${folder}: 1, `);
    }
    await Deno.writeTextFile(`${home}/etc/ossec.conf`, conf);
  });
  await t.step("where there is no manager", async () => {
    const { status, stdout, lastLine } = await runProgram(home, [
      "status",
      "--home",
      `${home}/tmp`,
    ]);
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(lastLine, "/tmp is not the home of a Wazuh manager");
    assertEquals(lastLine.match(/--home/g)?.length, 1, lastLine);
  });
  await t.step({
    name: "where its configuration may not be read",
    ...ROOT_ONLY,
    fn: async () => {
      await Deno.chown(`${home}/etc/ossec.conf`, 0, 0);
      await Deno.chmod(`${home}/etc/ossec.conf`, 0o600);
      const { status, stdout, lastLine } = await runProgram(home, ["status"]);
      assertEquals([status, stdout], [2, ""]);
      assertStringIncludes(lastLine, "etc/ossec.conf: run it as root");
    },
  });
  await t.step("it takes no other words", async () => {
    const { status, lastLine } = await runProgram(home, ["status", "all"]);
    assertEquals([status, lastLine], [2, "status takes no words, only --json"]);
  });
});
