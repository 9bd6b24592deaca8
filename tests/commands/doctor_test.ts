/**
 * `doctor` on a manager that is right, and on the same manager broken in one
 * way after the other: each is named, with what mends it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { examine } from "../../lib/commands/doctor.ts";
import {
  type Finding,
  type Link,
  showFindings,
  statusOf,
} from "../../lib/manager/checks/finding.ts";
import { checkProgram } from "../../lib/manager/checks/program.ts";
import { checkLog, checkSpool } from "../../lib/manager/checks/state.ts";
import { readSite } from "../../lib/manager/checks/site.ts";
import {
  giveToGroup,
  ODD_PREFIX,
  ROOT_ONLY,
  WAZUH,
} from "../stand_ins/home.ts";
import { keepAlertIn } from "../stand_ins/spool.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { makeInstalled } from "../stand_ins/installed.ts";
import { CONF, snapshot } from "../stand_ins/manager.ts";
import {
  type OpenctiOptions,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { abandonQueue } from "../stand_ins/queue.ts";

const PROGRAM = "integrations/custom-opencti";

const ALERT = JSON.stringify({ rule: { level: 3, groups: ["ids"] } });

const context = (home: string) => ({
  home,
  stop: new AbortController().signal,
});

/** Indicators that are not revoked, so that nothing is to be said of that. */
const ACTIVE = {
  ...KNOWLEDGE,
  indicators: KNOWLEDGE.indicators.map((one) => ({ ...one, revoked: false })),
};

Deno.test(
  "doctor finds nothing wrong where nothing is, and changes nothing",
  ROOT_ONLY,
  async (t) => {
    await using opencti = startOpencti(ACTIVE);
    const { home, queue } = await makeInstalled(opencti.url);
    await using _queue = queue;
    const run = (...args: string[]) =>
      runProgram(home, ["doctor", ...args], { asRoot: true });
    const executable = Deno.env.get("CUSTOM_OPENCTI");
    if (executable !== undefined) {
      await Deno.copyFile(executable, `${home}/${PROGRAM}`);
      giveToGroup(`${home}/${PROGRAM}`, 0o750);
    }
    const before = await snapshot(home);
    const shownOf = (text: string) =>
      text.replaceAll(home, "HOME").replaceAll(opencti.url, "URL")
        .replace(/^custom-opencti [\d.]+/, "custom-opencti VERSION")
        .replace(/in \d+ ms/, "in N ms").replace(/port \d+/, "port PORT")
        .replace(/root:\w+/, "root:GROUP").replace(
          /and \w+ may/,
          "and USER may",
        ).replace(/run by \w+$/m, "run by USER")
        .replace(/(mode 0750, run by) \w+/, "$1 USER");
    await t.step("as text", async () => {
      const { status, stdout, stderr } = await run();
      assertEquals(stderr, "");
      // Paths differ in length, and so do lines.
      const joined = shownOf(stdout.replace(/\n {12}/g, " "));
      assertEquals(
        joined,
        await Deno.readTextFile(
          new URL("../testdata/doctor.txt", import.meta.url),
        ),
      );
      assertEquals(status, 0);
    });
    await t.step("as JSON", async () => {
      const { status, stdout } = await run("--json");
      const { findings, home: said, user } = JSON.parse(stdout);
      assertEquals([status, said, user], [0, home, "root"]);
      assertEquals(
        new Set(findings.map(({ level }: Finding) => level)),
        new Set(["ok"]),
      );
    });
    await t.step("nothing is changed, and no event sent", async () => {
      assertEquals(await snapshot(home), before);
      assertEquals(queue.waiting, []);
    });
    await t.step("Wazuh's user sees as much", async () => {
      const { status, stdout } = await runProgram(home, ["doctor"]);
      assertEquals(status, 0, stdout);
    });
  },
);

/** A way to break a manager, and what must be said of it. */
interface Breakage {
  readonly does?: (home: string) => unknown;
  readonly conf?: (conf: string) => string;
  readonly opencti?: OpenctiOptions;
  readonly url?: string;
  readonly link: Link;
  readonly level?: "warning" | "error";
  readonly says: string;
  readonly mend: string;
}

const { uid: WAZUH_UID = 0 } = WAZUH ?? {};

const text = (path: string, content: string) => (home: string) =>
  Deno.writeTextFileSync(`${home}/${path}`, content);
const gone = (path: string) => (home: string) =>
  Deno.removeSync(`${home}/${path}`, { recursive: true });
const mode = (path: string, to: number) => (home: string) =>
  Deno.chmodSync(`${home}/${path}`, to);
const owner = (path: string, uid: number, gid: number) => (home: string) =>
  Deno.chownSync(`${home}/${path}`, uid, gid);
const changed =
  (path: string, change: (text: string) => string) => (home: string) => {
    const before = Deno.readTextFileSync(`${home}/${path}`);
    const after = change(before);
    if (after === before) throw new Error(`${path} is not changed`);
    Deno.writeTextFileSync(`${home}/${path}`, after);
  };
/** Something else in the place of a file. */
const inPlaceOf =
  (path: string, make: (path: string) => void) => (home: string) => {
    gone(path)(home);
    make(`${home}/${path}`);
  };

/** The program with another header. */
const elf = (change: (header: DataView) => void) => (home: string) => {
  const bytes = Deno.readFileSync(`${home}/${PROGRAM}`);
  change(new DataView(bytes.buffer));
  Deno.writeFileSync(`${home}/${PROGRAM}`, bytes);
};
const conf = (change: (text: string) => string) =>
  changed("etc/ossec.conf", change);

const RULES = "etc/rules/opencti_rules.xml";

const OVERWRITE = '<group name="local,">' +
  '<rule id="110212" level="5" overwrite="yes"><if_sid>110200</if_sid>' +
  "<description>x</description></rule></group>";
const TOKEN_FILE = "etc/opencti.token";
const INSTALL = `sudo HOME/${PROGRAM} install`;

/** A line of Wazuh's log, of today. */
const ofWazuh = (says: string) =>
  text(
    "logs/ossec.log",
    `${
      new Date().toISOString().slice(0, 10).replaceAll("-", "/")
    } 10:00:00 ${says}\n`,
  );

const BREAKAGES: Readonly<Record<string, Breakage>> = {
  "the program is missing": {
    does: gone(PROGRAM),
    link: "program",
    says: `HOME/${PROGRAM} does not exist`,
    mend: "sudo ./custom-opencti install --home HOME",
  },
  "nothing is installed": {
    does: (home) => {
      gone(PROGRAM)(home);
      text("etc/ossec.conf", CONF)(home);
    },
    link: "block",
    says: "has no integration block of custom-opencti",
    mend: "sudo ./custom-opencti install --home HOME --url URL",
  },
  "the program is a link": {
    does: (home) => {
      Deno.renameSync(`${home}/${PROGRAM}`, `${home}/tmp/x`);
      Deno.symlinkSync(`${home}/tmp/x`, `${home}/${PROGRAM}`);
    },
    link: "program",
    says: "is no file, but a link",
    mend: `sudo rm -r HOME/${PROGRAM}`,
  },
  "the program is another integration's": {
    does: text(PROGRAM, "#!/bin/sh\n"),
    link: "program",
    says: "is the script of another integration",
    mend: "install --home HOME --replace",
  },
  "a script is left": {
    does: text("integrations/custom-opencti.py", "#!/usr/bin/python\n"),
    link: "program",
    level: "warning",
    says: "custom-opencti.py is left of another integration",
    mend: "sudo rm HOME/integrations/custom-opencti.py",
  },
  "the program is Wazuh's": {
    does: owner(PROGRAM, 65_534, 65_534),
    link: "program",
    says: "belongs to user 65534, and must be root's",
    mend: "chown root:",
  },
  "the program is not for Wazuh's group": {
    does: owner(PROGRAM, 0, 0),
    link: "program",
    says: "is not for the group",
    mend: "chown root:",
  },
  "the program cannot be run": {
    does: mode(PROGRAM, 0o640),
    link: "program",
    says: "may not be run by",
    mend: `chmod 0750 HOME/${PROGRAM}`,
  },
  "the program can be changed by its group": {
    does: mode(PROGRAM, 0o770),
    link: "program",
    says: "may be changed by others (mode 0770): integratord does not start it",
    mend: `chmod 0750 HOME/${PROGRAM}`,
  },
  "the program is run with the rights of root": {
    does: mode(PROGRAM, 0o4750),
    link: "program",
    says: "is run with the rights of its owner or group",
    mend: `chmod 0750 HOME/${PROGRAM}`,
  },
  "the program is in a folder for everybody": {
    does: mode("integrations", 0o777),
    link: "program",
    level: "warning",
    says: "HOME/integrations may be changed by others than root",
    mend: "sudo chmod 0750 HOME/integrations",
  },
  "the program is empty": {
    does: (home) => Deno.truncateSync(`${home}/${PROGRAM}`),
    link: "program",
    says: "cannot run: it is damaged, or made for another machine",
    mend: "sudo ./custom-opencti install --home HOME",
  },
  "the program is cut off": {
    does: elf((header) => {
      header.setUint16(58, 64, true);
      header.setUint16(60, 5000, true);
    }),
    link: "program",
    says: "cannot run: it is damaged, or made for another machine",
    mend: "sudo ./custom-opencti install --home HOME",
  },
  "the program is of another machine": {
    does: elf((header) => header.setUint16(18, 8, true)),
    link: "program",
    says: "cannot run: it is damaged, or made for another machine",
    mend: "sudo ./custom-opencti install --home HOME",
  },
  "Wazuh is somewhere else": {
    does: gone("queue/sockets"),
    link: "program",
    says: "HOME is not the home of a Wazuh manager",
    mend: "install Wazuh's manager first, if there is none",
  },
  "Wazuh cannot read its configuration": {
    does: conf((text) => text.replace("</global>", "")),
    link: "block",
    says: "Wazuh cannot read HOME/etc/ossec.conf: line ",
    mend: "correct HOME/etc/ossec.conf",
  },
  "no configuration": {
    does: gone("etc/ossec.conf"),
    link: "block",
    says: "HOME/etc/ossec.conf does not exist",
    mend: "is Wazuh installed?",
  },
  "no block": {
    does: text("etc/ossec.conf", CONF),
    link: "block",
    says: "has no integration block of custom-opencti",
    mend: `${INSTALL} --url URL`,
  },
  "two blocks": {
    does: conf((text) =>
      text.replace(/ {2}<integration>\n[^]*<\/integration>\n/, "$&$&")
    ),
    link: "block",
    level: "warning",
    says: "has 2 blocks of custom-opencti",
    mend: "leave one of them",
  },
  "no address": {
    does: conf((text) => text.replace(/<hook_url>.*<\/hook_url>/, "")),
    link: "block",
    says: "<hook_url> is not a URL",
    mend: "run this again",
  },
  "a timeout that is none": {
    does: conf((text) =>
      text.replace("<level>", "<timeout>x</timeout><level>")
    ),
    link: "block",
    says: "<timeout> must be seconds",
    mend: "run this again",
  },
  "groups with blanks": {
    does: conf((text) => text.replace(/<group>.*</, "<group>ids, web<")),
    link: "block",
    says: "<group> has blanks: groups behind a blank never match",
    mend: "take the blanks out of <group> in HOME/etc/ossec.conf",
  },
  "no groups": {
    does: conf((text) => text.replace(/ *<group>.*\n/, "")),
    link: "block",
    level: "warning",
    says: "<group> is missing: each alert of Wazuh starts a run",
    mend: "name the groups",
  },
  "an empty group": {
    does: conf((text) => text.replace(/<group>.*</, "<group><")),
    link: "block",
    says: "<group> is empty",
    mend: "name groups in <group>",
  },
  "too high a level": {
    does: conf((text) => text.replace("<level>3", "<level>7")),
    link: "block",
    level: "warning",
    says: "<level> is 7, and the alerts of audit_command, audit, suricata, ids",
    mend: "set <level>3</level>",
  },
  "a level that is none": {
    does: conf((text) => text.replace("<level>3", "<level>high")),
    link: "block",
    says: "<level> is no number: Wazuh does not start",
    mend: "set <level>3</level>",
  },
  "another format": {
    does: conf((text) => text.replace(/ *<alert_format>.*\n/, "")),
    link: "block",
    says: "<alert_format> is not json",
    mend: "set <alert_format>json</alert_format>",
  },
  "a rule id": {
    does: conf((text) =>
      text.replace("<level>", "<rule_id>5</rule_id><level>")
    ),
    link: "block",
    level: "warning",
    says: "<rule_id> is there",
    mend: "take <rule_id> out",
  },
  "a setting that Wazuh does not know": {
    does: conf((text) =>
      text.replace("<level>", "<hookurl>x</hookurl><level>")
    ),
    link: "block",
    says: "<hookurl> is nothing that Wazuh knows in a block",
    mend: "take it out",
  },
  "the token in the block": {
    does: conf((text) =>
      text.replace(/<api_key>.*<\/api_key>/, `<api_key>${TOKEN}</api_key>`)
    ),
    link: "block",
    level: "warning",
    says: "<api_key> holds the token itself",
    mend: "install --token-file FILE",
  },
  "no alerts in JSON": {
    does: conf((text) =>
      text.replace("<jsonout_output>yes", "<jsonout_output>no")
    ),
    link: "block",
    says: "<jsonout_output> is no",
    mend: "set <jsonout_output>yes</jsonout_output>",
  },
  "low alerts are not written": {
    does: conf((text) =>
      text.replace(
        "</global>",
        "</global><alerts><log_alert_level>5</log_alert_level></alerts>",
      )
    ),
    link: "block",
    level: "warning",
    says: "<log_alert_level> is 5",
    mend: "set <log_alert_level>3</log_alert_level>",
  },
  "no alert meets the block": {
    does: text("logs/alerts/alerts.json", `${ALERT.replace("ids", "pam_x")}\n`),
    link: "alerts",
    level: "warning",
    says:
      "Of the last 1 alerts of today, none meets <group> and <level> of the " +
      "block. Their groups: pam_x 1",
    mend: "add those that hold IoCs to <group>",
  },
  "alerts with a long group": {
    does: text(
      "logs/alerts/alerts.json",
      `${ALERT.replace("ids", "g".repeat(9000))}\n`,
    ),
    link: "alerts",
    level: "warning",
    says: `Their groups: ${"g".repeat(60)} 1`,
    mend: "add those that hold IoCs to <group>",
  },
  "alerts that are no JSON": {
    does: text("logs/alerts/alerts.json", "** Alert 1\n".repeat(100)),
    link: "alerts",
    level: "warning",
    says: "Nothing at the end of HOME/logs/alerts/alerts.json is an alert",
    mend: "tail -c 1000 HOME/logs/alerts/alerts.json",
  },
  "alerts in one line without end": {
    does: text("logs/alerts/alerts.json", "x".repeat(100_000)),
    link: "alerts",
    level: "warning",
    says: "Nothing at the end of HOME/logs/alerts/alerts.json is an alert",
    mend: "tail -c 1000 HOME/logs/alerts/alerts.json",
  },
  "alerts that are no file": {
    does: inPlaceOf("logs/alerts/alerts.json", Deno.mkdirSync),
    link: "alerts",
    level: "warning",
    says: "HOME/logs/alerts/alerts.json is no file",
    mend: "sudo rm -r HOME/logs/alerts/alerts.json",
  },
  "daemons that are dead": {
    does: (home) => {
      gone("var/run")(home);
      Deno.mkdirSync(`${home}/var/run`);
      text("var/run/wazuh-analysisd-99999999.pid", "")(home);
      text("var/run/wazuh-integratord-99999999.pid", "")(home);
    },
    link: "queue",
    level: "warning",
    says: "wazuh-analysisd and wazuh-integratord do not seem to run",
    mend: "restart",
  },
  "a copy of our rules": {
    does: (home) =>
      Deno.copyFileSync(
        `${home}/${RULES}`,
        `${home}/etc/rules/opencti_rules_old.xml`,
      ),
    link: "rules",
    says: "HOME/etc/rules/opencti_rules_old.xml is a copy of our rules",
    mend: "sudo mv HOME/etc/rules/opencti_rules_old.xml " +
      "HOME/etc/rules/opencti_rules_old.xml.bak",
  },
  "a pattern of rules": {
    does: conf((text) =>
      text.replace(
        "</ossec_config>",
        '<ruleset><rule_dir pattern="local_.*.xml$">etc/rules</rule_dir>' +
          "</ruleset></ossec_config>",
      ).replace(/<rule_dir>etc\/rules<\/rule_dir>/, "")
    ),
    link: "rules",
    level: "warning",
    says: "<rule_dir> of etc/rules in HOME/etc/ossec.conf has a pattern",
    mend: "take it out unless you want that",
  },
  "a decoder of others that is not closed": {
    does: text("etc/decoders/local_decoder.xml", '<decoder name="x">\n'),
    link: "rules",
    says: "HOME/etc/decoders/local_decoder.xml: line ",
    mend: "correct HOME/etc/decoders/local_decoder.xml",
  },
  "a decoder that Wazuh may not read": {
    does: (home) => {
      owner("etc/decoders/opencti_decoder.xml", 0, 0)(home);
      mode("etc/decoders/opencti_decoder.xml", 0o600)(home);
    },
    link: "rules",
    says: "may not read HOME/etc/decoders/opencti_decoder.xml: Wazuh does not",
    mend: "chmod 0660 HOME/etc/decoders/opencti_decoder.xml",
  },
  "no alerts": {
    does: gone("logs/alerts/alerts.json"),
    link: "alerts",
    level: "warning",
    says: "HOME/logs/alerts/alerts.json does not exist",
    mend: "see that Wazuh runs",
  },
  "options that are no JSON": {
    does: text("etc/opencti.json", "{"),
    link: "options",
    level: "warning",
    says: "Mistakes in the configuration HOME/etc/opencti.json: it is not JSON",
    mend: "run this again",
  },
  "an unknown option": {
    does: text("etc/opencti.json", '{"max_ind_alert": 1}'),
    link: "options",
    level: "warning",
    says: 'max_ind_alert: unknown, did you mean "max_ind_alerts"?',
    mend: "run this again",
  },
  "a wrong option in the block": {
    does: conf((text) =>
      text.replace("<level>", '<options>{"debug": 1}</options><level>')
    ),
    link: "options",
    says: "Wrong <options> in HOME/etc/ossec.conf: debug: must be",
    mend: "run this again",
  },
  "a list that is missing": {
    does: text("etc/opencti.json", '{"ignore": {"files": ["/none/list"]}}'),
    link: "options",
    level: "warning",
    says: "/none/list",
    mend: "run this again",
  },
  "options for root alone": {
    does: (home) => {
      text("etc/opencti.json", "{}")(home);
      mode("etc/opencti.json", 0o600)(home);
    },
    link: "options",
    level: "warning",
    says: "may not read HOME/etc/opencti.json: its options are not used",
    mend: "chown root:",
  },
  "options behind a link that root alone may read": {
    does: (home) => {
      text("etc/secret", "x")(home);
      mode("etc/secret", 0o600)(home);
      Deno.symlinkSync(`${home}/etc/secret`, `${home}/etc/opencti.json`);
    },
    link: "options",
    level: "warning",
    says: "may not read HOME/etc/opencti.json: its options are not used",
    mend: "see where this link leads:\nls -l HOME/etc/opencti.json",
  },
  "options that everybody may change": {
    does: (home) => {
      text("etc/opencti.json", "{}")(home);
      mode("etc/opencti.json", 0o666)(home);
    },
    link: "options",
    level: "warning",
    says: "HOME/etc/opencti.json may be changed by everybody (mode 0666)",
    mend: "chmod o-w HOME/etc/opencti.json",
  },
  "a certificate for root alone": {
    does: (home) => {
      text("etc/ca.pem", "x")(home);
      mode("etc/ca.pem", 0o600)(home);
      text("etc/opencti.json", `{"ca_file": "${home}/etc/ca.pem"}`)(home);
    },
    link: "options",
    says: "may not read HOME/etc/ca.pem: its options are not used",
    mend: "chmod 0640 HOME/etc/ca.pem",
  },
  "a certificate that is missing": {
    does: text("etc/opencti.json", '{"ca_file": "/none/ca.pem"}'),
    link: "tls",
    says: "Cannot use option",
    mend: "run this again",
  },
  "limits of no match at all": {
    does: text(
      "etc/opencti.json",
      '{"max_ind_alerts": 0, "max_obs_alerts": 0}',
    ),
    link: "options",
    level: "warning",
    says: "max_ind_alerts and max_obs_alerts are both 0",
    mend: "set one of them to 1 or more in HOME/etc/opencti.json",
  },
  "no token": {
    does: gone(TOKEN_FILE),
    link: "token",
    says: `HOME/${TOKEN_FILE} does not exist`,
    mend: `${INSTALL} --token-file FILE`,
  },
  "a token that is a folder": {
    does: inPlaceOf(TOKEN_FILE, Deno.mkdirSync),
    link: "token",
    says: `HOME/${TOKEN_FILE} is no file`,
    mend: `sudo rm -r HOME/${TOKEN_FILE}\n${INSTALL} --token-file FILE`,
  },
  "a token that is a link to nothing": {
    does: inPlaceOf(TOKEN_FILE, (path) => Deno.symlinkSync("/none/t", path)),
    link: "token",
    says: `HOME/${TOKEN_FILE} is no file`,
    mend: `sudo rm -r HOME/${TOKEN_FILE}\n${INSTALL} --token-file FILE`,
  },
  "a token that is a link to one for everybody": {
    does: (home) => {
      mode(TOKEN_FILE, 0o644)(home);
      Deno.renameSync(`${home}/${TOKEN_FILE}`, `${home}/tmp/t`);
      Deno.symlinkSync(`${home}/tmp/t`, `${home}/${TOKEN_FILE}`);
    },
    link: "token",
    says: "may be used by others",
    mend: `see where this link leads:\nls -l HOME/${TOKEN_FILE}`,
  },
  "an empty token": {
    does: text(TOKEN_FILE, "\n"),
    link: "token",
    says: "The token's file holds no token",
    mend: `write it into a file FILE, then:\n${INSTALL} --token-file FILE`,
  },
  "a token for everybody": {
    does: mode(TOKEN_FILE, 0o644),
    link: "token",
    says: "may be used by others",
    mend: `chmod o= HOME/${TOKEN_FILE}`,
  },
  "a token for root alone": {
    does: mode(TOKEN_FILE, 0o600),
    link: "token",
    says: `may not read HOME/${TOKEN_FILE}`,
    mend: "chown root:",
  },
  "a wrong token": {
    does: text(TOKEN_FILE, "flgrn_octi_tkn_of_another\n"),
    link: "opencti",
    says: "OpenCTI refuses the token",
    mend: "run this again",
  },
  "a role that may not use tokens": {
    opencti: { capabilities: ["KNOWLEDGE"] },
    link: "opencti",
    says: "Allow token usage",
    mend: "run this again",
  },
  "a role that may not read": {
    opencti: { capabilities: ["APIACCESS_USETOKEN"] },
    link: "opencti",
    says: "Access knowledge",
    mend: "run this again",
  },
  "a role that may do everything": {
    opencti: { capabilities: ["BYPASS"] },
    link: "rights",
    level: "warning",
    says: 'User "wazuh" may do everything',
    mend: "make a user whose role has two capabilities",
  },
  "markings that are hidden": {
    opencti: { hiddenMarkings: ["TLP:RED", "PAP:RED"] },
    link: "rights",
    level: "warning",
    says: "may not see what is marked TLP:RED, PAP:RED",
    mend: "allow these markings for its group",
  },
  "something else answers": {
    opencti: { respond: () => new Response("<html>", { status: 200 }) },
    link: "opencti",
    says: "OpenCTI",
    mend: "run this again",
  },
  "a clock that is wrong": {
    opencti: {
      respond: ({ body }) =>
        body.query.includes("about")
          ? Response.json({
            data: {
              about: { version: "6.4.0" },
              me: { name: "wazuh", capabilities: [{ name: "KNOWLEDGE" }] },
            },
          }, {
            headers: { date: new Date(Date.now() - 3_600_000).toUTCString() },
          })
          : undefined,
    },
    link: "opencti",
    level: "warning",
    says: "s behind ours",
    mend: "set both clocks",
  },
  "nothing is known": {
    opencti: {
      respond: ({ body }) =>
        body.query.includes("globalCount")
          ? count(0, 0, body.variables)
          : undefined,
    },
    link: "knowledge",
    level: "warning",
    says: "there is nothing to find",
    mend: "add a connector or a feed",
  },
  "most is revoked": {
    opencti: {
      respond: ({ body }) =>
        body.query.includes("globalCount")
          ? count(300, 20, body.variables)
          : undefined,
    },
    link: "knowledge",
    level: "warning",
    says: "300 indicators, 20 of them active",
    mend: "see the decay rules",
  },
  "no queue": {
    does: gone("queue/sockets/queue"),
    link: "queue",
    says: "does not exist: Wazuh does not run",
    mend: "sudo ",
  },
  "a file for the queue": {
    does: (home) => {
      Deno.removeSync(`${home}/queue/sockets/queue`);
      Deno.writeTextFileSync(`${home}/queue/sockets/queue`, "");
    },
    link: "queue",
    says: "is no socket",
    mend: "sudo rm -r HOME/queue/sockets/queue",
  },
  "a queue that is root's": {
    does: owner("queue/sockets/queue", 0, 0),
    link: "queue",
    says: "may not write to HOME/queue/sockets/queue",
    mend: "chmod 0660",
  },
  "integratord does not run": {
    does: gone(`var/run/wazuh-integratord-${Deno.pid}.pid`),
    link: "queue",
    level: "warning",
    says: "wazuh-integratord does not seem to run (no process of its pid file)",
    mend: "sudo ",
  },
  "no rules": {
    does: gone(RULES),
    link: "rules",
    says: `HOME/${RULES} does not exist: events raise no alerts`,
    mend: INSTALL,
  },
  "no rules on a worker of a cluster": {
    does: (home) => {
      gone(RULES)(home);
      conf((text) =>
        text.replace("master</node_type>", "worker</node_type>")
          .replace("<disabled>yes", "<disabled>no")
      )(home);
    },
    link: "rules",
    says: `HOME/${RULES} does not exist: events raise no alerts`,
    mend: "install on the master of the cluster, which has the rules of all",
  },
  "rules without a rule": {
    does: text(RULES, "<!-- empty -->"),
    link: "rules",
    says: "lacks rule 110200, below which all others are: events raise no",
    mend: `or take ours again:\nsudo rm HOME/${RULES}\n${INSTALL}`,
  },
  "rules that Wazuh cannot read": {
    does: text(RULES, "<group>\n<rule>"),
    link: "rules",
    says: "line 2: <rule> is not closed: Wazuh does not start with it",
    mend: `sudo rm HOME/${RULES}`,
  },
  "others' rules that Wazuh cannot read": {
    does: text("etc/rules/local_rules.xml", "<group>"),
    link: "rules",
    says: "local_rules.xml: line 1: <group> is not closed",
    mend: "correct HOME/etc/rules/local_rules.xml",
  },
  "a rule of others whose level is none": {
    does: text(
      "etc/rules/local_rules.xml",
      '<group name="x,"><rule id="100001" level="20"><description>x' +
        "</description></rule></group>",
    ),
    link: "rules",
    says: 'local_rules.xml: rule "100001": its level is none from 0 to 16: ' +
      "Wazuh does not start with it",
    mend: "correct HOME/etc/rules/local_rules.xml",
  },
  "a rule of ours without a description": {
    does: changed(
      RULES,
      (xml) => xml.replace(/<description>OpenCTI: test.*\n/, ""),
    ),
    link: "rules",
    says: 'rule "110219": it has no <description>: Wazuh does not start',
    mend: "take ours again:\nsudo rm",
  },
  "an id that another rule has": {
    does: text(
      "etc/rules/local_rules.xml",
      '<group name="x,"><rule id="110213" level="3"></rule></group>',
    ),
    link: "rules",
    says: "etc/rules/local_rules.xml (110213)",
    mend: "--rule-ids 110300",
  },
  "a rule in the place of ours": {
    does: text("etc/rules/zz_local.xml", OVERWRITE),
    link: "rules",
    level: "warning",
    says:
      "HOME/etc/rules/zz_local.xml overwrites rules of ours: 110212: what an",
    mend: "change them in HOME/etc/rules/opencti_rules.xml instead",
  },
  "a rule in the place of ours, where ours is not read yet": {
    does: text("etc/rules/local_rules.xml", OVERWRITE),
    link: "rules",
    says: "etc/rules/local_rules.xml (110212)",
    mend: "--rule-ids",
  },
  "rules of another integration": {
    does: text(
      "etc/rules/old.xml",
      '<group name="a,"><rule id="100210" level="10">' +
        '<field name="integration">opencti</field></rule></group>',
    ),
    link: "rules",
    level: "warning",
    says: "HOME/etc/rules/old.xml has rules of another integration for OpenCTI",
    mend: "take them out of HOME/etc/rules/old.xml",
  },
  "rules for root alone": {
    does: (home) => {
      Deno.chownSync(`${home}/${RULES}`, 0, 0);
      Deno.chmodSync(`${home}/${RULES}`, 0o600);
    },
    link: "rules",
    says: `may not read HOME/${RULES}: Wazuh does not start`,
    mend: "chmod 0660",
  },
  "rules that are not loaded": {
    does: conf((text) => text.replace(/ *<rule_dir>etc\/rules.*\n/, "")),
    link: "rules",
    says: "does not name etc/rules: ours are not loaded",
    mend: "add <rule_dir>etc/rules</rule_dir>",
  },
  "rules that are left out": {
    does: conf((text) =>
      text.replace(
        "</ruleset>",
        "<rule_exclude>opencti_rules.xml</rule_exclude></ruleset>",
      )
    ),
    link: "rules",
    says: "leaves opencti_rules.xml out",
    mend: "take <rule_exclude> of opencti_rules.xml out",
  },
  "a base rule that can be forged": {
    does: changed(RULES, (xml) => xml.replace(/ *<location.*\n/, "")),
    link: "rules",
    says: "Rule 110200 is not as we publish it: an agent's log could look like",
    mend: "give it back its <location> and level 0",
  },
  "a base rule that alerts": {
    does: changed(RULES, (xml) => xml.replace('level="0"', 'level="3"')),
    link: "rules",
    says: "Rule 110200 is not as we publish it",
    mend: "level 0",
  },
  "a rule that is missing": {
    does: changed(
      RULES,
      (xml) => xml.replace(/ *<rule id="110208"[^]*?<\/rule>/, ""),
    ),
    link: "rules",
    level: "warning",
    says: "Rules are missing: 110208",
    mend: "diff HOME/integrations/custom-opencti.d/installed/opencti_rules.xml",
  },
  "a counting rule that is silent": {
    does: changed(
      RULES,
      (xml) => xml.replace('frequency="5"', 'frequency="5" ignore="600"'),
    ),
    link: "rules",
    level: "warning",
    says: 'Rules that count have "ignore": 110230',
    mend: "take ignore out",
  },
  "rules of an earlier version": {
    does: (home) => {
      for (
        const path of [
          RULES,
          "integrations/custom-opencti.d/installed/opencti_rules.xml",
        ]
      ) changed(path, (xml) => `${xml}<!-- earlier -->`)(home);
    },
    link: "rules",
    level: "warning",
    says: "is of an earlier version than this program",
    mend: INSTALL,
  },
  "the decoder that loses fields": {
    does: text(
      "etc/decoders/opencti_decoder.xml",
      '<decoder name="opencti"><parent>json</parent></decoder>',
    ),
    link: "rules",
    says: "makes Wazuh lose the fields of all other JSON",
    mend: "sudo rm HOME/etc/decoders/opencti_decoder.xml",
  },
  "a log that is root's": {
    does: owner("logs/integrations.log", 0, 0),
    link: "log",
    level: "warning",
    says: "may not write to HOME/logs/integrations.log",
    mend: "chown ",
  },
  "no folder for the spool": {
    does: gone("queue/opencti"),
    link: "spool",
    level: "warning",
    says: "HOME/queue/opencti does not exist: alerts that fail are kept in " +
      "HOME/logs/opencti",
    mend: INSTALL,
  },
  "no folder for the spool, and none instead": {
    does: (home) => {
      gone("queue/opencti")(home);
      Deno.chownSync(`${home}/logs`, 0, 0);
      Deno.chmodSync(`${home}/logs`, 0o755);
    },
    link: "spool",
    says: "HOME/queue/opencti does not exist: alerts that fail are lost",
    mend: INSTALL,
  },
  "a spool that is root's": {
    does: owner("queue/opencti", 0, 0),
    link: "spool",
    level: "warning",
    says: "may not write to HOME/queue/opencti: alerts that fail are kept in",
    mend: "chown -R ",
  },
  "a spool for everybody": {
    does: mode("queue/opencti", 0o777),
    link: "spool",
    level: "warning",
    says: "may be changed by everybody (mode 0777)",
    mend: "chmod 0750 HOME/queue/opencti",
  },
  "a database that root made": {
    does: text("queue/opencti/spool.db", ""),
    link: "spool",
    level: "warning",
    says: "spool.db, which root made",
    mend: "chown -R ",
  },
  "alerts that wait": {
    does: async (home) => {
      await keepAlertIn(home, "OpenCTI is not ready");
    },
    link: "spool",
    level: "warning",
    says: "Alerts that wait in HOME/queue/opencti: 1, events: 0, since " +
      "2026-01-02T00:00:00.000Z: " +
      "OpenCTI is not ready",
    mend: "custom-opencti retry",
  },
  "an error in our log": {
    does: text(
      "logs/integrations.log",
      `${new Date().toISOString()} custom-opencti error: It is broken\n`,
    ),
    link: "lately",
    level: "warning",
    says: "Errors in the last day: 1, the last at ",
    mend: "see HOME/logs/integrations.log",
  },
  "an error in Wazuh's log, with the token": {
    does: ofWazuh(
      "wazuh-integratord: ERROR: While running custom-opencti -> " +
        `integrations. Output: ${TOKEN}`,
    ),
    link: "lately",
    level: "warning",
    says: "Of Wazuh in the last day: 1: a run failed, and said why in its last",
    mend: "see HOME/logs/integrations.log",
  },
  "a program that integratord could not start": {
    does: ofWazuh(
      "wazuh-integratord: ERROR: Couldn't execute command " +
        `(integrations/custom-opencti /tmp/x.alert ${TOKEN}). Check file and ` +
        "permissions.",
    ),
    link: "lately",
    level: "warning",
    says: "integratord could not start the program: its owner or mode is wrong",
    mend: INSTALL,
  },
  "a program that integratord did not find": {
    does: ofWazuh(
      "wazuh-integratord: ERROR: Unable to enable integration for: " +
        "'custom-opencti'. File not found inside 'integrations'.",
    ),
    link: "lately",
    level: "warning",
    says: "integratord did not find the program when it started",
    mend: INSTALL,
  },
  "a program that was killed": {
    does: ofWazuh(
      "wazuh-integratord: ERROR: Command (integrations/custom-opencti /tmp/x) " +
        "execution exited abnormally.",
    ),
    link: "lately",
    level: "warning",
    says: "the program was ended by a signal",
    mend: "journalctl -k",
  },
  "alerts that integratord cannot read": {
    does: ofWazuh(
      "wazuh-integratord: ERROR: Could not open JSON queue after 5 tries.",
    ),
    link: "lately",
    level: "warning",
    says: "integratord cannot read alerts.json",
    mend: "chown ",
  },
  "rules that analysisd does not take": {
    does: ofWazuh(
      "wazuh-analysisd: WARNING: (7617): Signature ID '110299' was not found " +
        "and will be ignored in the 'if_sid' option of rule '110213'.",
    ),
    link: "lately",
    level: "warning",
    says: "analysisd does not take a rule of ours, or leaves it out",
    mend: "sudo HOME/bin/wazuh-analysisd -t",
  },
  "a rule id that others have, as analysisd says it": {
    does: ofWazuh(
      "wazuh-analysisd: WARNING: (7612): Rule ID '110210' is duplicated. Only " +
        "the first occurrence will be considered.",
    ),
    link: "lately",
    level: "warning",
    says: "analysisd does not take a rule of ours, or leaves it out",
    mend: "sudo HOME/bin/wazuh-analysisd -t",
  },
  "an alert that is too long for integratord": {
    does: ofWazuh(
      "wazuh-integratord: WARNING: Overlong JSON alert read from " +
        "'logs/alerts/alerts.json'",
    ),
    link: "lately",
    level: "warning",
    says: "integratord skipped an alert",
    mend: "LC_ALL=C awk 'length > 65535' HOME/logs/alerts/alerts.json",
  },
  "an alert that is no JSON": {
    does: ofWazuh(
      "wazuh-integratord: WARNING: Invalid JSON alert read from " +
        "'logs/alerts/alerts.json': '{\"a\":'",
    ),
    link: "lately",
    level: "warning",
    says: "integratord skipped an alert",
    mend: "LC_ALL=C awk ",
  },
  "an analysisd that lost events": {
    does: ofWazuh("wazuh-analysisd: WARNING: Input queue is full."),
    link: "lately",
    level: "warning",
    says: "analysisd had more events than it could take, and lost some",
    mend: "grep dropped HOME/var/run/wazuh-analysisd.state",
  },
  "an analysisd that is over its limit of events": {
    does: ofWazuh(
      "wazuh-analysisd: WARNING: Queues are full and no EPS credits, dropping " +
        "events.",
    ),
    link: "lately",
    level: "warning",
    says: "analysisd had more events than it could take, and lost some",
    mend: "grep dropped HOME/var/run/wazuh-analysisd.state",
  },
  "something that Wazuh never said before": {
    does: ofWazuh("wazuh-integratord: ERROR: custom-opencti has hiccups"),
    link: "lately",
    level: "warning",
    says: "Of Wazuh in the last day: 1, the last: ",
    mend: "see HOME/logs/ossec.log",
  },
  "a queue that nobody reads": {
    does: (home) => {
      Deno.removeSync(`${home}/queue/sockets/queue`);
      abandonQueue(home);
    },
    link: "queue",
    says: "is there, but nobody reads it: wazuh-analysisd does not run",
    mend: "sudo ",
  },
  "rules that were changed since Wazuh started": {
    does: (home) => {
      const before = new Date(Date.now() - 3_600_000);
      Deno.utimeSync(
        `${home}/var/run/wazuh-analysisd-${Deno.pid}.pid`,
        before,
        before,
      );
    },
    link: "restart",
    level: "warning",
    says: "Changed after Wazuh was started, and maybe not in use yet: " +
      "HOME/etc/ossec.conf, HOME/etc/rules/opencti_rules.xml, " +
      "HOME/etc/decoders/opencti_decoder.xml",
    mend: "sudo ",
  },
  "a token in a folder that is closed": {
    does: (home) => {
      Deno.mkdirSync(`${home}/etc/closed`, { mode: 0o700 });
      Deno.renameSync(`${home}/${TOKEN_FILE}`, `${home}/etc/closed/t`);
      conf((text) => text.replace("etc/opencti.token", "etc/closed/t"))(home);
    },
    link: "token",
    says: "may not enter HOME/etc/closed, and cannot use HOME/etc/closed/t",
    mend: "sudo chgrp ",
  },
  "a certificate in a folder that is closed, outside": {
    does: (home) => {
      const folder = Deno.makeTempDirSync();
      addEventListener("unload", () => {
        Deno.removeSync(folder, { recursive: true });
      });
      Deno.writeTextFileSync(`${folder}/ca.pem`, "");
      text(
        "etc/opencti.json",
        JSON.stringify({ ca_file: `${folder}/ca.pem` }),
      )(home);
    },
    link: "options",
    says: "/ca.pem",
    mend: " to HOME/etc, and name it there",
  },
  "a program in a folder that is closed": {
    does: mode("integrations", 0o700),
    link: "program",
    says: `may not enter HOME/integrations, and cannot use HOME/${PROGRAM}`,
    mend: "sudo chmod g+rx HOME/integrations",
  },
  "a spool in a folder that is closed": {
    does: (home) => {
      Deno.mkdirSync(`${home}/etc/closed/opencti`, { recursive: true });
      Deno.chownSync(`${home}/etc/closed/opencti`, WAZUH_UID, WAZUH_UID);
      mode("etc/closed", 0o700)(home);
      text(
        "etc/opencti.json",
        JSON.stringify({ state_dir: `${home}/etc/closed/opencti` }),
      )(home);
    },
    link: "spool",
    level: "warning",
    says: "may not enter HOME/etc/closed",
    mend: "sudo chgrp ",
  },
  "a log in a folder that is closed": {
    does: mode("logs", 0o600),
    link: "log",
    level: "warning",
    says: "may not enter HOME/logs",
    mend: "sudo chgrp ",
  },
  "a queue in a folder that is closed": {
    does: mode("queue/sockets", 0o600),
    link: "queue",
    says: "may not enter HOME/queue/sockets",
    mend: "sudo chgrp ",
  },
  "rules in a folder that is closed": {
    does: mode("etc/rules", 0o700),
    link: "rules",
    says: "may not enter HOME/etc/rules",
    mend: "sudo chgrp ",
  },
  "a slip in the block's name": {
    does: conf((text) =>
      text.replace(
        "<name>custom-opencti</name>\n    <hook",
        "<name>custom-openct</name>\n    <hook",
      )
    ),
    link: "block",
    says:
      'has no integration block of custom-opencti, but one of "custom-openct"',
    mend: "set <name>custom-opencti</name> in it",
  },
  "a rule that is switched off": {
    does: changed(
      RULES,
      (text) => text.replace('"110213" level="14"', '"110213" level="0"'),
    ),
    link: "rules",
    level: "warning",
    says: "Rules of level 0 raise no alert: 110213",
    mend: "give them a level of 1 or more",
  },
  "alerts of long ago": {
    does: (home) => {
      const before = new Date(Date.now() - 3 * 86_400_000);
      Deno.utimeSync(`${home}/logs/alerts/alerts.json`, before, before);
    },
    link: "alerts",
    level: "warning",
    says: "was not written to for 3 days: Wazuh raises no alerts",
    mend: "see that Wazuh runs",
  },
  "an OpenCTI that is too old": {
    opencti: {
      respond: ({ body }) =>
        body.query.includes("about")
          ? Response.json({
            data: {
              about: { version: "5.3.17" },
              me: { name: "wazuh", capabilities: [{ name: "KNOWLEDGE" }] },
            },
          })
          : undefined,
    },
    link: "opencti",
    level: "warning",
    says: "Version 5.3.17 is older than 5.12",
    mend: "upgrade OpenCTI",
  },
};

/** A command as it can be pasted: the home's name has a semicolon. */
function assertQuoted(mend: string): void {
  const commands = mend.match(
    /\b(?:sudo|chown|chmod|diff|install -[do]|runuser|ls) [^,]*/g,
  );
  for (const command of commands ?? []) {
    assert(!/(?<!')HOME/.test(command), mend);
  }
}

/** How many there are: of all that is known, or of what is asked for. */
function count(
  all: number,
  active: number,
  { a }: Readonly<Record<string, unknown>>,
): Response {
  const of = (globalCount: number) => ({ pageInfo: { globalCount } });
  return Response.json({
    data: { a: of(a === null ? all : active), b: of(active) },
  });
}

Deno.test(
  "doctor names each breakage, and what mends it",
  ROOT_ONLY,
  async (t) => {
    assert(Object.keys(BREAKAGES).length >= 30);
    for (const [name, breakage] of Object.entries(BREAKAGES)) {
      await t.step(name, async () => {
        const { does, link, level = "error", says, mend } = breakage;
        await using opencti = startOpencti(ACTIVE, breakage.opencti);
        const { home, queue } = await makeInstalled(
          breakage.url ?? opencti.url,
          { prefix: ODD_PREFIX },
        );
        await using _queue = queue;
        await does?.(home);
        const before = await snapshot(home);
        const findings = await examine(context(home));
        assertEquals(await snapshot(home), before);
        const wrong = findings.filter((one) => one.level !== "ok");
        const shown = JSON.stringify(wrong, null, 2).replaceAll(home, "HOME");
        assert(!shown.includes(TOKEN), shown);
        const found = wrong.find((one) =>
          one.link === link && one.level === level &&
          one.says.replaceAll(home, "HOME").includes(says)
        );
        assert(found !== undefined, shown);
        const mends = wrong.map((one) => one.mend?.replaceAll(home, "HOME"));
        for (const one of mends) assertQuoted(one ?? "");
        const ofFound = found.mend?.replaceAll(home, "HOME") ?? "";
        assertStringIncludes(
          ofFound.replace(/'(HOME[^' ]*)'/g, "$1"),
          mend,
        );
        assertEquals(
          statusOf(findings),
          wrong.some((one) => one.level === "error") ? 2 : 1,
        );
      });
    }
  },
);

Deno.test(
  "doctor names a program that is not the one that looks",
  ROOT_ONLY,
  async () => {
    const { home, queue } = await makeInstalled("http://127.0.0.1");
    await using _queue = queue;
    const { site } = readSite(home);
    assert(site !== undefined);
    const levelsFor = (path: string) =>
      checkProgram(site, path).map(({ level }) => level);
    assertEquals(levelsFor(`${home}/${PROGRAM}`), ["ok"]);
    assertEquals(levelsFor(`${home}/tmp/custom-opencti`), ["ok"]);
    elf((header) => header.setUint8(9, 1))(home);
    assertEquals(levelsFor(`${home}/tmp/custom-opencti`), ["warning"]);
  },
);

Deno.test(
  "doctor names what is mounted for reading alone",
  ROOT_ONLY,
  async () => {
    const { home, queue } = await makeInstalled("http://127.0.0.1");
    await using _queue = queue;
    await keepAlertIn(home, "OpenCTI is not ready");
    const { site } = readSite(home);
    assert(site !== undefined);
    const run = async (program: string, ...args: readonly string[]) =>
      (await new Deno.Command(program, { args: [...args] }).output()).success;
    for (
      const [path, look] of [
        ["logs/integrations.log", () => checkLog(site)],
        [
          "queue/opencti/spool.db",
          () => checkSpool(site, [`${home}/queue/opencti`]),
        ],
      ] as const
    ) {
      const file = `${home}/${path}`;
      const says = () => Promise.resolve(look()).then(([one]) => one?.says);
      assert(!(await says())?.includes("cannot be changed"));
      // Where mounting is not allowed, as in some containers, there is no case.
      if (!await run("mount", "--bind", file, file)) return;
      try {
        assert(await run("mount", "-o", "remount,bind,ro", file));
        assertStringIncludes(
          await says() ?? "",
          `${file} cannot be changed, even by who may: `,
        );
      } finally {
        await run("umount", file);
      }
    }
  },
);

Deno.test(
  "doctor is content where OpenCTI answered after an error, or nothing came yet",
  ROOT_ONLY,
  async () => {
    await using opencti = startOpencti(ACTIVE);
    const { home, queue } = await makeInstalled(opencti.url);
    await using _queue = queue;
    const at = (ms: number) => new Date(Date.now() - ms).toISOString();
    text(
      "logs/integrations.log",
      `${at(9000)} custom-opencti error: It is broken\n` +
        `${at(5000)} custom-opencti info: Alert 1: IoCs asked for: 1, ` +
        "matches to emit: 0 of 0, answer after 9 ms\n",
    )(home);
    text("logs/alerts/alerts.json", "")(home);
    const findings = await examine(context(home));
    assertEquals(statusOf(findings), 0, JSON.stringify(findings));
    const says = findings.map((one) => one.says).join("\n");
    assertStringIncludes(says, "errors in the last day: 1, the last at ");
    assertStringIncludes(says, "OpenCTI answered since, at ");
    assertStringIncludes(says, "no alert yet today");
  },
);

Deno.test("showFindings() breaks a word that is longer than a line", () => {
  const says = `OpenCTI says ${"x".repeat(500)}`;
  const lines = showFindings(
    [{ link: "opencti", level: "error", says, mend: "x" }],
    { ok: String, warning: String, error: String },
  );
  assert(lines.every((line) => line.length <= 80), lines.join("\n"));
  assertStringIncludes(lines.join("").replace(/\s/g, ""), "x".repeat(500));
});

Deno.test("showFindings() is 80 columns wide, with and without colour", () => {
  const finding = (level: Finding["level"], says: string): Finding => ({
    link: "opencti",
    level,
    says,
    mend: level === "ok"
      ? undefined
      : "chown -R wazuh:wazuh /var/ossec/queue/o",
  } as Finding);
  const findings = [
    finding("ok", "version 7"),
    finding("warning", "word ".repeat(30).trim()),
    finding("error", "wrong"),
  ];
  assertEquals(
    showFindings(findings, {
      ok: String,
      warning: String,
      error: String,
    }),
    [
      "✓ opencti   version 7",
      "! opencti   word word word word word word word word word word word word word",
      "            word word word word word word word word word word word word word",
      "            word word word word",
      "            → chown -R wazuh:wazuh /var/ossec/queue/o",
      "✗ opencti   wrong",
      "            → chown -R wazuh:wazuh /var/ossec/queue/o",
    ],
  );
  const colored = showFindings(findings, {
    ok: (text) => `<ok>${text}`,
    warning: (text) => `<warning>${text}`,
    error: (text) => `<error>${text}`,
  });
  assertEquals(colored[0], "<ok>✓ opencti   version 7");
  assertEquals(colored[1]?.slice(0, 10), "<warning>!");
  assertEquals(colored[5], "<error>✗ opencti   wrong");
});

Deno.test(
  "doctor, test and status say what this user may not see",
  ROOT_ONLY,
  async (t) => {
    const { home, queue } = await makeInstalled("http://127.0.0.1:9", {
      runs: true,
    });
    await using _queue = queue;
    giveToGroup(`${home}/queue`, 0o700);
    for (const [word, expected] of [["doctor", 1], ["test", 2]] as const) {
      await t.step(word, async () => {
        const { status, stdout } = await runProgram(home, [word]);
        assertEquals(status, expected);
        const text = stdout.replaceAll(home, "HOME").replace(/\n {12}/g, " ");
        assertStringIncludes(
          text,
          "program   This user may not look at HOME/queue/sockets " +
            "→ run it as root: sudo before the command",
        );
      });
    }
    await t.step("parts that are closed", async () => {
      giveToGroup(`${home}/queue`, 0o750);
      await Deno.chown(`${home}/etc`, 0, 0);
      await Deno.chmod(`${home}/etc`, 0o700);
      await Deno.chmod(`${home}/logs/alerts`, 0);
      const findings = await asWazuh(home);
      const unseen = findings.filter(({ says }) =>
        says.includes("may not look")
      );
      assertEquals(
        unseen.map(({ link, level, says }) =>
          `${level} ${link} ${says.replaceAll(home, "HOME")}`
        ),
        [
          "warning block This user may not look at HOME/etc/ossec.conf",
          `warning rules This user may not look at HOME/${RULES}`,
        ],
      );
    });
    await t.step("install and status name it too", async () => {
      for (const word of ["install", "uninstall"]) {
        const { status, lastLine } = await runProgram(home, [
          word,
          "--dry-run",
        ]);
        assertEquals(status, 2);
        assertStringIncludes(lastLine, "put sudo before the command");
      }
    });
  },
);

/** What `doctor` finds, run as Wazuh's user from elsewhere. */
async function asWazuh(home: string): Promise<readonly Finding[]> {
  const { stdout } = await runProgram(home, ["doctor", "--json"]);
  return JSON.parse(stdout).findings;
}

Deno.test(
  "doctor shows what is wrong in 80 columns, with and without colour",
  ROOT_ONLY,
  async (t) => {
    await using opencti = startOpencti(ACTIVE, {
      hiddenMarkings: ["TLP:RED"],
    });
    const { home, queue } = await makeInstalled(opencti.url);
    await using _queue = queue;
    for (
      const name of [
        "the program can be changed by its group",
        "groups with blanks",
        "too high a level",
        "no alert meets the block",
        "an unknown option",
        "a token for everybody",
        "a queue that is root's",
        "a base rule that can be forged",
        "a log that is root's",
        "a spool for everybody",
        "an error in our log",
      ]
    ) await BREAKAGES[name]?.does?.(home);
    const findings = (await examine(context(home))).map((finding) =>
      JSON.parse(
        JSON.stringify(finding).replaceAll(home, "/var/ossec")
          .replaceAll(opencti.url, "http://10.0.0.9:8080")
          .replace(/\bnobody\b|\bnogroup\b/g, "wazuh")
          .replace(/in \d+ ms/, "in 31 ms").replace(/port \d+/, "port 8080")
          .replace(/at 20[\d-]+T[\d:.]+Z/, "at 2026-01-01T00:00:00.000Z")
          .replaceAll("127.0.0.1", "10.0.0.9")
          .replaceAll(
            "/var/ossec/bin/wazuh-control restart",
            "systemctl restart wazuh-manager",
          ),
      )
    );
    const plain = { ok: String, warning: String, error: String };
    const ansi = (code: number) => (text: string) =>
      `\x1b[${code}m${text}\x1b[39m`;
    const coloured = { ok: ansi(32), warning: ansi(33), error: ansi(31) };
    for (
      const [name, paints] of [
        ["doctor_wrong.txt", plain],
        ["doctor_wrong_coloured.txt", coloured],
      ] as const
    ) {
      await t.step(name, async () => {
        const lines = showFindings(findings, paints);
        for (const line of lines) {
          // deno-lint-ignore no-control-regex
          const { length } = line.replace(/\x1b\[\d+m/g, "");
          assert(length <= 80, line);
        }
        const path = new URL(`../testdata/${name}`, import.meta.url);
        const text = `${lines.join("\n")}\n`;
        if (Deno.env.get("UPDATE_GOLDEN") === "1") {
          await Deno.writeTextFile(path, text);
        }
        assertEquals(text, await Deno.readTextFile(path));
      });
    }
  },
);
