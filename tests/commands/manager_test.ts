/**
 * The program on a manager as the installer leaves it: its folders, owners and
 * modes, and who runs it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  giveToGroup,
  giveToWazuh,
  makeHome,
  ODD_PREFIX,
  ROOT_ONLY,
} from "../stand_ins/home.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { type QueueStandIn, startQueue } from "../stand_ins/queue.ts";
import { makeSpoolOf010, passTime, waitingIn } from "../stand_ins/spool.ts";
import { getAvailablePort } from "../stand_ins/network.ts";

const ALERT =
  new URL("../testdata/alerts/suricata_alert_http.json", import.meta.url)
    .pathname;
const MATCH = "indicator_partial_pattern_match";
const NOBODY = `http://127.0.0.1:${getAvailablePort()}`;

// deno-lint-ignore no-explicit-any
function eventsOf(queue: QueueStandIn): any[] {
  return queue.waiting.map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti
  );
}

function typesOf(queue: QueueStandIn): string[] {
  return eventsOf(queue).map(({ event_type }) => event_type);
}

function run(home: string, url: string, asRoot = false) {
  const args = [ALERT, TOKEN, url, "", "", "1", "0"];
  return runProgram(home, args, { asRoot });
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

/** What Wazuh's user and group are called here, as the system says. */
const NAMES = new TextDecoder().decode(
  (await new Deno.Command("stat", {
    args: ["-c", "%U:%G", `${await makeHome()}/queue/sockets`],
  }).output()).stdout,
).trim();
const [user, group] = NAMES.split(":");

Deno.test(
  "custom-opencti keeps state in logs/opencti where queue/opencti is missing, and says so once a day",
  ROOT_ONLY,
  async (t) => {
    const home = await makeHome({ isInstalled: false, prefix: ODD_PREFIX });
    await Deno.writeTextFile(
      `${home}/etc/opencti.json`,
      '{"spool_max_age": 864000}',
    );
    await using opencti = startOpencti(KNOWLEDGE);
    await using queue = startQueue(home);
    await t.step("what fails is kept", async () => {
      const { status, lastLine } = await run(home, NOBODY);
      assertEquals(status, 1);
      assert(lastLine.endsWith("; the alert is kept"), lastLine);
      assertEquals(waitingIn(home, "logs/opencti"), { alerts: 1, events: 0 });
      assertEquals(await namesIn(`${home}/queue`), ["sockets"]);
    });
    await t.step("a warning says what mends it", async () => {
      await run(home, NOBODY);
      assertEquals(typesOf(queue), ["error", "warning"]);
      assertStringIncludes(
        eventsOf(queue)[1].warning,
        `State is kept in ${home}/logs/opencti for the time being: ` +
          `${home}/queue/opencti is missing, and Wazuh's user cannot make it: ` +
          `as root, run install -d -o ${user} -g ${group} -m 0750 ` +
          `'${home}/queue/opencti'`,
      );
      passTime(home, 86_401, "logs/opencti");
      await run(home, NOBODY);
      assertEquals(
        typesOf(queue).filter((type) => type === "warning").length,
        2,
      );
    });
    await t.step("a match is emitted once, and without an error", async () => {
      await queue.receive(queue.waiting.length);
      await run(home, opencti.url);
      await run(home, opencti.url);
      assertEquals(typesOf(queue), [MATCH]);
    });
    await t.step("what waits is taken over when there is one", async () => {
      await Deno.mkdir(`${home}/queue/opencti`);
      giveToWazuh(`${home}/queue/opencti`, 0o750);
      await queue.receive(queue.waiting.length);
      const before = waitingIn(home, "logs/opencti").alerts;
      assert(before > 0);
      passTime(home, 3600, "logs/opencti");
      await run(home, NOBODY);
      assertEquals(waitingIn(home, "logs/opencti"), { alerts: 0, events: 0 });
      assertEquals(waitingIn(home).alerts, before);
      await run(home, opencti.url);
      assertEquals(
        typesOf(queue).filter((type) => type === MATCH),
        [],
        "what was emitted is remembered",
      );
    });
  },
);

Deno.test(
  "custom-opencti keeps state in logs/opencti where root made queue/opencti for itself",
  ROOT_ONLY,
  async (t) => {
    const spoils = {
      "the folder is root's": (dir: string) => Deno.chownSync(dir, 0, 0),
      "the database is root's": (dir: string) => {
        Deno.writeTextFileSync(`${dir}/spool.db`, "");
        giveToGroup(`${dir}/spool.db`, 0o640);
      },
    };
    for (const [name, spoil] of Object.entries(spoils)) {
      await t.step(name, async () => {
        const home = await makeHome({ prefix: ODD_PREFIX });
        await using queue = startQueue(home);
        spoil(`${home}/queue/opencti`);
        await run(home, NOBODY);
        assertEquals(waitingIn(home, "logs/opencti").alerts, 1);
        assertEquals(typesOf(queue), ["error", "warning"]);
        assertStringIncludes(
          eventsOf(queue)[1].warning,
          `as root, run chown -R ${NAMES} '${home}/queue/opencti'`,
        );
      });
    }
  },
);

Deno.test(
  "custom-opencti run by root leaves nothing in Wazuh's home, and works otherwise",
  ROOT_ONLY,
  async (t) => {
    await using opencti = startOpencti(KNOWLEDGE);
    /** All that is in a home, with its owners and times. */
    const listOf = async (home: string) => {
      const { stdout } = await new Deno.Command("find", {
        args: [home, "-printf", "%p %U:%G %m %s\n"],
      }).output();
      return new TextDecoder().decode(stdout).split("\n").sort();
    };
    const NOTICE = `runuser -u ${user} -- `;
    for (const isInstalled of [true, false]) {
      const title = isInstalled ? "installed" : "not installed";
      await t.step(
        `${title}: a match is emitted, nothing is written`,
        async () => {
          const home = await makeHome({ isInstalled });
          await using queue = startQueue(home);
          await run(home, opencti.url, true);
          await queue.receive(1);
          // The executable's own place is linked in by the first run.
          const before = await listOf(home);
          const { status, stderr } = await run(home, opencti.url, true);
          assertEquals(status, 0);
          assertEquals(typesOf(queue), [MATCH]);
          assertEquals(stderr.trim().split("\n").length, 1);
          assertStringIncludes(stderr, NOTICE);
          assertEquals(await listOf(home), before);
        },
      );
      await t.step(`${title}: what fails is lost, and said to be`, async () => {
        const home = await makeHome({ isInstalled });
        await using queue = startQueue(home);
        const { status, lastLine } = await run(home, NOBODY, true);
        assertEquals(status, 1);
        assert(lastLine.endsWith("; the alert is lost"), lastLine);
        assertStringIncludes(eventsOf(queue)[0].error, "; the alert is lost");
        assertEquals(await namesIn(`${home}/logs`), []);
        assertEquals(waitingIn(home), { alerts: 0, events: 0 });
      });
    }
    await t.step(
      "a link that Wazuh's user has laid is not followed",
      async () => {
        const home = await makeHome({ prefix: ODD_PREFIX });
        await using _queue = startQueue(home);
        const target = `${home}/integrations/target`;
        for (
          const name of [
            "logs/integrations.log",
            "queue/opencti/waiting",
            "queue/opencti/outage",
            "queue/opencti/lock",
            "queue/opencti/spool.db",
          ]
        ) await Deno.symlink(target, `${home}/${name}`);
        await run(home, NOBODY, true);
        assert(!(await namesIn(`${home}/integrations`)).includes("target"));
      },
    );
    await t.step("retry says who must run it", async () => {
      const home = await makeHome({ prefix: ODD_PREFIX });
      const { status, lastLine } = await runProgram(
        home,
        ["retry", TOKEN, opencti.url],
        { asRoot: true },
      );
      assertEquals(status, 2);
      assertStringIncludes(
        lastLine,
        `${NOTICE}'${home}/integrations/custom-opencti' retry`,
      );
    });
    await t.step("in a home of its own, it logs and keeps", async () => {
      const home = await makeHome({ prefix: ODD_PREFIX });
      for (
        const folder of ["logs", "queue", "queue/sockets", "queue/opencti"]
      ) {
        await Deno.chown(`${home}/${folder}`, 0, 0);
      }
      const { stderr } = await run(home, NOBODY, true);
      assert(!stderr.includes(NOTICE), stderr);
      assertEquals(waitingIn(home).alerts, 1);
      assertEquals(await namesIn(`${home}/logs`), ["integrations.log"]);
    });
  },
);

Deno.test("custom-opencti goes on with what version 0.1.0 kept and emitted", async () => {
  const home = await makeHome({ prefix: ODD_PREFIX });
  await using opencti = startOpencti(KNOWLEDGE);
  await using queue = startQueue(home);
  const { url } = opencti;
  const json = await Deno.readTextFile(ALERT);
  const { id } = JSON.parse(json);
  const path = `${home}/queue/opencti/spool.db`;
  {
    using db = makeSpoolOf010(path);
    const keep = db.prepare(
      `INSERT INTO waiting (kind, kept_at, due, key, base_url, why, tries, text)
       VALUES (?, ?, 0, ?, ?, 'down', 1, ?)`,
    );
    keep.run("alert", Date.now(), `other ${url}`, url, json);
    const event = '{"integration":"opencti","opencti":{}}';
    keep.run("event", Date.now(), null, null, `1:opencti:${event}`);
    // What the alert's match was known by.
    const match = `${MATCH} domain morrishittu.ddns.net ` +
      "1d9e6f5a-dd25-4000-8000-000000000002";
    const hash = new Uint8Array(
      await crypto.subtle.digest(
        "SHA-256",
        new TextEncoder().encode(`${id} ${url} ${match}`),
      ),
    );
    db.prepare("INSERT INTO told (key) VALUES (?)")
      .run(hash.slice(0, 16).toHex());
    db.prepare("INSERT INTO remembered VALUES (?, ?, ?)").run(
      `outage ${url}`,
      JSON.stringify({
        since: Date.now() - 60_000,
        failures: 5,
        pausedUntil: 0,
        alerts: 1,
        kind: "unready",
        says: "OpenCTI is not ready",
      }),
      Date.now() + 365 * 86_400_000,
    );
  }
  giveToWazuh(path, 0o640);
  const { status } = await run(home, url);
  assertEquals(status, 0);
  // Its own match was emitted before; that of the alert that waited was not.
  assertEquals(typesOf(queue), ["recovered", undefined, MATCH]);
  assertEquals(waitingIn(home), { alerts: 0, events: 0 });
});
