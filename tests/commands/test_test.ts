/**
 * `test` on a manager on which all is right, and on one where each link is
 * broken once.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding, Link } from "../../lib/manager/checks/finding.ts";
import { ROOT_ONLY } from "../stand_ins/home.ts";
import { makeInstalled, startWritingAlerts } from "../stand_ins/installed.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { snapshot } from "../stand_ins/manager.ts";
import { getAvailablePort } from "../stand_ins/network.ts";
import { type OpenctiOptions, startOpencti } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { fillQueue } from "../stand_ins/queue.ts";

/** What is there after a run, but for what analysisd wrote, and the program. */
async function traces(home: string): Promise<Readonly<Record<string, string>>> {
  const { "logs/alerts/alerts.json": _, ...rest } = await snapshot(home);
  return Object.fromEntries(
    Object.entries(rest).filter(([path]) => !path.startsWith("integrations")),
  );
}

Deno.test(
  "test sends the match of a known value, and sees Wazuh's alert",
  ROOT_ONLY,
  async (t) => {
    await using opencti = startOpencti(KNOWLEDGE);
    const manager = await makeInstalled(opencti.url, { runs: true });
    const { home } = manager;
    await using _queue = manager.queue;
    await using _analysisd = startWritingAlerts(manager);
    const before = await traces(home);
    for (const asRoot of [true, false]) {
      await t.step(asRoot ? "as root" : "as Wazuh's user", async () => {
        const { status, stdout, stderr } = await runProgram(home, ["test"], {
          asRoot,
        });
        assertEquals(stderr, "");
        assertEquals(
          stdout.replaceAll(home, "HOME").replaceAll(opencti.url, "URL")
            .replace(/\n {12}/g, " ")
            .replace(/^custom-opencti [\d.]+/, "custom-opencti VERSION")
            .replace(/run by .*/, "run by USER").replace(/\d+ ms/g, "N ms"),
          await Deno.readTextFile(
            new URL("../testdata/test.txt", import.meta.url),
          ),
        );
        assertEquals(status, 0);
        // The home of a test is longer than others.
        for (const line of stdout.split("\n").slice(1)) {
          assert(line.length <= 80 || !/\s/.test(line.slice(12)), line);
        }
      });
    }
    await t.step(
      "it leaves nothing behind, and the alert says it is none",
      async () => {
        assertEquals(await traces(home), before);
        const alerts = (await Deno.readTextFile(
          `${home}/logs/alerts/alerts.json`,
        )).trim().split("\n").map((line) => JSON.parse(line));
        const [, alert] = alerts;
        assertEquals(alerts.length, 3);
        assertEquals(alert.rule.id, "110219");
        assertEquals(alert.rule.groups, ["integration_test"]);
        assertEquals(alert.location, "opencti");
        const { event_type, test, ...others } = alert.data.opencti;
        assertEquals([event_type, others], ["test", {}]);
        assertEquals(test.ioc.value, "http://morrishittu.ddns.net/a.sh");
      },
    );
    for (
      const [source, kind] of [
        ["syscheck", "sha256"],
        ["suricata", "url"],
        ["audit", "url"],
        ["fortigate", "url"],
      ]
    ) {
      await t.step(`with an alert of ${source}`, async () => {
        const { status, stdout } = await runProgram(home, [
          "test",
          "--json",
          "--source",
          source ?? "",
        ]);
        const { findings, user } = JSON.parse(stdout);
        assertEquals(status, 0, stdout);
        assertEquals(user, "nobody");
        const says = (link: Link) =>
          findings.find((one: Finding) => one.link === link)?.says;
        assert(says("value").startsWith(`${kind} `), stdout);
        assert(says("source").startsWith(`${source} reads it in `), stdout);
        assertStringIncludes(says("alert"), "rule 110219, level 3");
      });
    }
    await t.step("of a match in part, where there is no other", async () => {
      const { indicators } = KNOWLEDGE;
      const some = { indicators: indicators.slice(1, 2), observables: [] };
      await using opencti = startOpencti(some);
      const { status, stdout } = await runProgram(home, [
        "test",
        "--url",
        opencti.url,
        "--token-file",
        `${home}/etc/opencti.token`,
      ]);
      assertEquals(status, 0, stdout);
      assertStringIncludes(
        stdout,
        "✓ match     indicator_partial_pattern_match",
      );
    });
    await t.step("with an alert of a source of the user's own", async () => {
      await Deno.writeTextFile(
        `${home}/etc/opencti.json`,
        JSON.stringify({
          sources: [{
            name: "acme",
            groups: ["acme"],
            fields: [{ path: "data.acme.peer", kind: "address" }],
          }],
        }),
      );
      const { status, stdout } = await runProgram(home, [
        "test",
        "--source=acme",
      ]);
      await Deno.remove(`${home}/etc/opencti.json`);
      const text = stdout.replace(/\n {12}/g, " ");
      assertStringIncludes(
        text,
        "! source    acme reads it in data.acme.peer, but <group> of the block " +
          "has not acme: integratord does not hand such alerts over",
      );
      assertStringIncludes(text, "✓ alert ");
      assertEquals(status, 1);
    });
  },
);

Deno.test(
  "test finds its alert where another file takes the place of alerts.json",
  ROOT_ONLY,
  async () => {
    await using opencti = startOpencti(KNOWLEDGE);
    const manager = await makeInstalled(opencti.url, { runs: true });
    await using _queue = manager.queue;
    await using _analysisd = startWritingAlerts(manager, { rotates: true });
    const { status, stdout } = await runProgram(manager.home, ["test"]);
    assertEquals(status, 0, stdout);
  },
);

/** A way to break the way, and where the test must stop. */
interface Break {
  readonly does?: (home: string) => unknown;
  readonly opencti?: OpenctiOptions;
  readonly knowledge?: typeof KNOWLEDGE;
  readonly url?: string;
  /** Whether analysisd writes alerts, and of which level on. */
  readonly least?: number | "none";
  readonly asRoot?: boolean;
  readonly args?: readonly string[];
  readonly link: Link;
  readonly says: string;
  readonly mend: string;
  /** Whether the event was sent. */
  readonly isSent?: boolean;
}

const conf = (change: (text: string) => string) => (home: string) => {
  const path = `${home}/etc/ossec.conf`;
  Deno.writeTextFileSync(path, change(Deno.readTextFileSync(path)));
};

const BREAKS: Readonly<Record<string, Break>> = {
  "no manager": {
    does: (home) =>
      Deno.removeSync(`${home}/queue/sockets`, { recursive: true }),
    link: "program",
    says: "HOME is not the home of a Wazuh manager",
    mend: "install Wazuh's manager first",
  },
  "no block": {
    does: conf((text) =>
      text.replace(/<integration>\n[^]*?<\/integration>\n/, "")
    ),
    link: "block",
    says: "has no integration block of custom-opencti",
    mend: "install --url URL",
  },
  "a block that names no URL": {
    does: conf((text) => text.replace(/<hook_url>.*</, "<hook_url>cti<")),
    link: "block",
    says: "<hook_url> is not a URL",
    mend: "correct that",
  },
  "a password in the URL": {
    does: conf((text) =>
      text.replace("<hook_url>http://", "<hook_url>http://wazuh:hunter2@")
    ),
    link: "block",
    says: "<hook_url> holds a user or password",
    mend: "correct that",
  },
  "no token": {
    does: (home) => Deno.removeSync(`${home}/etc/opencti.token`),
    link: "token",
    says: "HOME/etc/opencti.token does not exist",
    mend: "install --token-file FILE",
  },
  "no OpenCTI": {
    url: `http://127.0.0.1:${getAvailablePort()}`,
    link: "http",
    says: "Cannot reach OpenCTI at ",
    mend: "correct that",
  },
  "a wrong token": {
    does: (home) =>
      Deno.writeTextFileSync(`${home}/etc/opencti.token`, "another_token\n"),
    link: "opencti",
    says: "OpenCTI refuses the token: if it is wrong or expired, put a valid " +
      "one into HOME/etc/opencti.token",
    mend: "correct that",
  },
  "nothing known": {
    knowledge: { indicators: [], observables: [] },
    link: "value",
    says: "OpenCTI knows no value that an alert could hold",
    mend: "add a connector or a feed",
  },
  "nothing known that the source reads": {
    knowledge: {
      indicators: KNOWLEDGE.indicators.slice(2, 3),
      observables: [],
    },
    args: ["--source", "syscheck"],
    link: "value",
    says:
      "OpenCTI knows values (url), but no match comes of them in an alert " +
      "of syscheck, as of http://morrishittu.ddns.net/a.sh: no alert with a " +
      "url can be made",
    mend: "name another source",
  },
  "values that are skipped": {
    does: (home) =>
      Deno.writeTextFileSync(
        `${home}/etc/opencti.json`,
        '{"ignore": {"domains": ["morrishittu.ddns.net"]}}',
      ),
    knowledge: {
      indicators: KNOWLEDGE.indicators.slice(2, 3),
      observables: [],
    },
    link: "value",
    says: "it is skipped, ",
    mend: "custom-opencti lookup VALUE",
  },
  "filters that leave all out": {
    does: (home) =>
      Deno.writeTextFileSync(`${home}/etc/opencti.json`, '{"min_score": 99}'),
    knowledge: {
      indicators: KNOWLEDGE.indicators.slice(2, 3),
      observables: [],
    },
    link: "value",
    says: "OpenCTI knows values (url), but no match comes of them, as of " +
      "http://morrishittu.ddns.net/a.sh: ",
    mend: "correct the options",
  },
  "no queue": {
    does: (home) => Deno.removeSync(`${home}/queue/sockets/queue`),
    link: "queue",
    says: "HOME/queue/sockets/queue does not exist: Wazuh does not run",
    mend: "restart",
  },
  "a queue that is root's": {
    does: (home) => Deno.chownSync(`${home}/queue/sockets/queue`, 0, 0),
    asRoot: false,
    link: "queue",
    says: "may not write to HOME/queue/sockets/queue",
    mend: "chown ",
  },
  "rules that are not there": {
    does: (home) => Deno.removeSync(`${home}/etc/rules/opencti_rules.xml`),
    least: "none",
    args: ["--wait", "1"],
    link: "alert",
    says: "wrote no alert of it",
    mend: "correct what is above",
    isSent: true,
  },
  "rules without the one for tests": {
    does: (home) => {
      const path = `${home}/etc/rules/opencti_rules.xml`;
      const xml = Deno.readTextFileSync(path);
      const less = xml.replace(/<rule id="110219"[^]*?<\/rule>/, "");
      Deno.writeTextFileSync(path, less);
    },
    link: "alert",
    says: "No rule of this manager is for the event of a test",
    mend: "diff HOME/",
    isSent: true,
  },
  "rules that Wazuh has not read yet": {
    does: (home) => {
      const before = new Date(Date.now() - 60_000);
      Deno.utimeSync(
        `${home}/var/run/wazuh-analysisd-${Deno.pid}.pid`,
        before,
        before,
      );
    },
    least: "none",
    args: ["--wait", "1"],
    link: "alert",
    says: "wrote no alert of it to HOME/logs/alerts/alerts.json within 1 s",
    mend: "correct what is above",
    isSent: true,
  },
  "alerts of level 3 that are not written": {
    does: conf((text) =>
      text.replace(
        "</global>",
        "</global><alerts><log_alert_level>5</log_alert_level></alerts>",
      )
    ),
    least: 5,
    link: "alert",
    says: "Rule 110219 has level 3, and <log_alert_level> is 5: Wazuh writes " +
      "no alert of it",
    mend: "set <log_alert_level>3</log_alert_level> in HOME/etc/ossec.conf",
    isSent: true,
  },
  "alerts that cannot be read": {
    does: (home) => Deno.chmodSync(`${home}/logs/alerts/alerts.json`, 0),
    asRoot: false,
    link: "alert",
    says: "This user may not read HOME/logs/alerts/alerts.json, so that " +
      "nothing is sent",
    mend: "run it as root",
  },
  "an analysisd that writes nothing": {
    least: "none",
    args: ["--wait", "1"],
    link: "alert",
    says: "Wazuh took the event, and wrote no alert of it",
    mend: "see what HOME/logs/ossec.log says of wazuh-analysisd",
    isSent: true,
  },
};
Deno.test(
  "test stops at each link that is broken, and names what mends it",
  ROOT_ONLY,
  async (t) => {
    for (const [name, broken] of Object.entries(BREAKS)) {
      await t.step(name, async () => {
        const { does, link, says, mend, asRoot = true, args = [] } = broken;
        await using opencti = startOpencti(
          broken.knowledge ?? KNOWLEDGE,
          broken.opencti,
        );
        const manager = await makeInstalled(broken.url ?? opencti.url, {
          runs: true,
        });
        const { home, queue } = manager;
        await using _queue = queue;
        const { least = 3 } = broken;
        await using _analysisd = least === "none"
          ? undefined
          : startWritingAlerts(manager, { least });
        does?.(home);
        const { status, stdout, stderr } = await runProgram(
          home,
          ["test", "--json", ...args],
          { asRoot },
        );
        assertEquals(stderr, "");
        const findings: readonly Finding[] = JSON.parse(stdout).findings;
        const last = findings.at(-1);
        assertEquals(last?.level, "error", stdout);
        assertEquals([last?.link, status], [link, 2], stdout);
        assertStringIncludes(last?.says.replaceAll(home, "HOME") ?? "", says);
        assertStringIncludes(last?.mend?.replaceAll(home, "HOME") ?? "", mend);
        assertEquals(
          findings.some((one) => one.link === "queue" && one.level === "ok"),
          broken.isSent ?? false,
        );
      });
    }
  },
);

Deno.test("test says that a full queue takes nothing", ROOT_ONLY, async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const { home, queue } = await makeInstalled(opencti.url, { runs: true });
  await queue[Symbol.asyncDispose]();
  const end = await fillQueue(home);
  try {
    const { status, stdout, ms } = await runProgram(home, ["test", "--json"]);
    const last = JSON.parse(stdout).findings.at(-1);
    assertEquals([status, last.link], [2, "queue"]);
    assertStringIncludes(last.says, "takes nothing for 10 s");
    assert(ms < 20_000);
  } finally {
    await end();
  }
});

Deno.test("test says that it was stopped", ROOT_ONLY, async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const { home, queue } = await makeInstalled(opencti.url, { runs: true });
  await using _queue = queue;
  const { status, stdout } = await runProgram(home, ["test", "--json"], {
    onStart: async (process) => {
      // Its event has come, and nobody makes an alert of it.
      await queue.receive(1);
      // It has come before the program knows that it has.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      process.kill("SIGTERM");
    },
  });
  const last = JSON.parse(stdout).findings.at(-1);
  assertEquals([status, last.link, last.level], [2, "alert", "error"]);
  assertEquals(last.says, "Stopped before Wazuh's alert came");
});

Deno.test("test names what its own words should be", async (t) => {
  const { home, queue } = await makeInstalled("https://cti.example", {
    runs: true,
  });
  await using _queue = queue;
  const cases: Readonly<Record<string, string>> = {
    "all": "test takes options alone: write --source NAME",
    "--wait 0": "--wait must be seconds, from 1 to 3600",
    "--wait x": "--wait must be seconds, from 1 to 3600",
    "--nothing": "Unknown option --nothing: see custom-opencti help test",
  };
  for (const [args, message] of Object.entries(cases)) {
    await t.step(args, async () => {
      const { status, lastLine } = await runProgram(home, [
        "test",
        ...args.split(" "),
      ]);
      assertEquals(status, 2);
      assertStringIncludes(lastLine, message);
    });
  }
  await t.step("a source that is none", async () => {
    await using opencti = startOpencti(KNOWLEDGE);
    const { home, queue } = await makeInstalled(opencti.url, { runs: true });
    await using _queue = queue;
    const args = ["test", "--source", "sshdd"];
    const { status, lastLine } = await runProgram(home, args);
    assertEquals(
      [status, lastLine],
      [2, 'There is no such source, did you mean "sshd"?'],
    );
  });
});
