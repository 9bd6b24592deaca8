import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { type InstallOptions, planInstall } from "../../lib/manager/install.ts";
import { nextSteps, restartCommand } from "../../lib/manager/next.ts";
import { SHIPPED_GROUPS } from "../../lib/manager/shipped.ts";
import { showPlan, type Step, takeSteps } from "../../lib/manager/steps.ts";
import { planUninstall } from "../../lib/manager/uninstall.ts";
import { readIntegrationBlocks } from "../../lib/wazuh/ossec_conf.ts";
import {
  giveToGroup,
  giveToWazuh,
  ODD_PREFIX,
  WAZUH,
} from "../stand_ins/home.ts";
import {
  CONF,
  makeManager,
  type Manager,
  snapshot,
} from "../stand_ins/manager.ts";

const TOKEN = "flgrn_octi_tkn_of_the_tests";
const ADDRESS = "https://cti.example";

type Said = Partial<InstallOptions>;

function install({ home, program }: Manager, said: Said = {}): string[] {
  const plan = planInstall({
    home,
    program,
    mayReplace: false,
    askToken: () => TOKEN,
    ...said,
  });
  takeSteps(plan.steps, home);
  return [...showPlan(plan, { home, withDiff: false })];
}

function uninstall({ home }: Manager, isPurge = false): string[] {
  const plan = planUninstall({ home, isPurge });
  takeSteps(plan.steps, home);
  return [...showPlan(plan, { home, withDiff: false })];
}

function read({ home }: Manager, path: string): string {
  return Deno.readTextFileSync(`${home}/${path}`);
}

function write({ home }: Manager, path: string, content: string): void {
  Deno.writeTextFileSync(`${home}/${path}`, content);
}

function blocks(manager: Manager) {
  return readIntegrationBlocks(read(manager, "etc/ossec.conf"));
}

function refusal(manager: Manager, said: Said = {}): string {
  return assertThrows(() => install(manager, said), UsageError).message
    .replaceAll(manager.home, "HOME");
}

Deno.test("install puts each file in its place, and says so", async () => {
  const manager = await makeManager();
  const before = await snapshot(manager.home);
  assertEquals(install(manager, { url: ADDRESS }), [
    "  make    queue/opencti",
    "  write   etc/rules/opencti_rules.xml",
    "  write   etc/decoders/opencti_decoder.xml",
    "  write   etc/opencti.schema.json",
    "  write   etc/opencti.token",
    "  copy    integrations/custom-opencti",
    "  write   etc/ossec.conf.before-opencti",
    "  change  etc/ossec.conf",
  ]);
  const after = await snapshot(manager.home);
  const ours = `${Deno.uid()}:${Deno.gid()}`;
  const [wazuh, group] = WAZUH === undefined
    ? [ours, ours]
    : [`${WAZUH.uid}:${WAZUH.gid}`, `0:${WAZUH.gid}`];
  const owned = Object.entries(after).filter(([path]) => !(path in before))
    .map(([path, what]) => `${path} ${what.split(" ", 2).join(" ")}`).sort();
  assertEquals(owned, [
    `etc/decoders/opencti_decoder.xml ${wazuh} 660`,
    `etc/opencti.schema.json ${group} 640`,
    `etc/opencti.token ${group} 640`,
    `etc/ossec.conf.before-opencti ${group} 660`,
    `etc/rules/opencti_rules.xml ${wazuh} 660`,
    `integrations/custom-opencti ${group} 750`,
    `integrations/custom-opencti.d ${ours} 700`,
    `integrations/custom-opencti.d/installed ${ours} 700`,
    `integrations/custom-opencti.d/installed/opencti.schema.json ${ours} 600`,
    `integrations/custom-opencti.d/installed/opencti_decoder.xml ${ours} 600`,
    `integrations/custom-opencti.d/installed/opencti_rules.xml ${ours} 600`,
    `integrations/custom-opencti.d/installed/ossec.conf.before-opencti ${ours} 600`,
    `queue/opencti ${wazuh} 750`,
  ]);
  assertEquals(read(manager, "etc/opencti.token"), `${TOKEN}\n`);
  assertEquals(
    read(manager, "integrations/custom-opencti"),
    read(manager, "tmp/custom-opencti"),
  );
  const [block, ...others] = blocks(manager);
  assertEquals(others, []);
  assertEquals(
    { ...block, element: undefined },
    {
      apiKey: `file:${manager.home}/etc/opencti.token`,
      hookUrl: ADDRESS,
      timeout: undefined,
      retries: undefined,
      options: "",
      level: "3",
      group: SHIPPED_GROUPS,
      alertFormat: "json",
      element: undefined,
      eventLocation: undefined,
      ruleId: undefined,
    },
  );
  assert(!after["etc/ossec.conf"]?.includes(TOKEN));
});

/** Configurations as they are met, and as nobody would think. */
const CONFS: Readonly<Record<string, string>> = {
  "as it comes": CONF,
  "one root": "<ossec_config>\n  <global>\n  </global>\n</ossec_config>\n",
  "CRLF": CONF.replaceAll("\n", "\r\n"),
  "no final newline": CONF.trimEnd(),
  "CRLF without a final newline": CONF.trimEnd().replaceAll("\n", "\r\n"),
  "all in one line": "<ossec_config><global></global></ossec_config>",
  "the end behind a section":
    "<ossec_config>\n  <global></global></ossec_config>\n",
  "an indented end": "<ossec_config>\n  <global/>\n\t</ossec_config>\n",
  "an empty root": "<ossec_config></ossec_config>",
  "an empty root of two lines": "<ossec_config>\n</ossec_config>",
  "a last root that is closed at once": `${CONF}<ossec_config/>\n`,
  "a comment behind the end": `${CONF}<!-- </ossec_config> -->\n`,
  "a root of agents behind ours": `${CONF}<agent_config></agent_config>\n`,
  "another encoding": CONF.replace("Manager", "Verwaltung f\xfcr \x81\xff"),
  "a byte order mark": `\xef\xbb\xbf${CONF}`,
  "other integrations": CONF.replace(
    "</ossec_config>",
    "  <integration>\n    <name>slack</name>\n    <hook_url>https://x</hook_url>\n" +
      "    <alert_format>json</alert_format>\n  </integration>\n</ossec_config>",
  ),
  "NUL and odd blanks": CONF.replace("<global>", "<global>\t \x00"),
};

Deno.test("uninstall --purge leaves what was before install, byte by byte", async (t) => {
  for (const [name, conf] of Object.entries(CONFS)) {
    await t.step(name, async () => {
      const bytes = Uint8Array.from(conf, (char) => char.charCodeAt(0));
      const manager = await makeManager({ conf: bytes });
      const before = await snapshot(manager.home);
      install(manager, { url: ADDRESS });
      const installed = await snapshot(manager.home);
      assertEquals(blocks(manager).length, 1);
      // A second time, nothing is changed.
      install(manager);
      assertEquals(await snapshot(manager.home), installed);
      uninstall(manager, true);
      assertEquals(await snapshot(manager.home), before);
    });
  }
});

Deno.test("uninstall keeps state, token and options, and what others changed", async () => {
  const manager = await makeManager({ prefix: ODD_PREFIX });
  const before = read(manager, "etc/ossec.conf");
  install(manager, { url: ADDRESS });
  write(manager, "etc/opencti.json", "{}");
  write(
    manager,
    "etc/ossec.conf",
    read(manager, "etc/ossec.conf").replace("<global>", "<global>\n<!-- 1 -->"),
  );
  write(
    manager,
    "etc/rules/opencti_rules.xml",
    read(manager, "etc/rules/opencti_rules.xml").replace('"12"', '"11"'),
  );
  assertEquals(uninstall(manager), [
    "  change  etc/ossec.conf",
    "  remove  etc/ossec.conf.before-opencti",
    "  keep    etc/rules/opencti_rules.xml: you changed it",
    "  remove  etc/decoders/opencti_decoder.xml",
    "  remove  etc/opencti.schema.json",
    "  remove  integrations/custom-opencti",
    "  keep    queue/opencti: --purge removes it, or later sudo rm -r " +
    `'${manager.home}/queue/opencti'`,
    "  keep    etc/opencti.token: --purge removes it, or later sudo rm -r " +
    `'${manager.home}/etc/opencti.token'`,
    "  keep    etc/opencti.json: it is yours",
  ]);
  assertEquals(
    read(manager, "etc/ossec.conf"),
    before.replace("<global>", "<global>\n<!-- 1 -->"),
  );
  assertEquals(read(manager, "etc/opencti.token"), `${TOKEN}\n`);
});

Deno.test("install again upgrades, and keeps what the user changed", async (t) => {
  const manager = await makeManager();
  install(manager, { url: ADDRESS });
  await t.step("nothing changed", () => {
    write(manager, "tmp/custom-opencti", "\x7fELF 2");
    assertEquals(
      install(manager, {
        askToken: () => {
          throw new Error("It is there");
        },
      }),
      [
        "  keep    etc/rules/opencti_rules.xml",
        "  keep    etc/decoders/opencti_decoder.xml",
        "  keep    etc/opencti.schema.json",
        "  keep    etc/opencti.token",
        "  copy    integrations/custom-opencti",
        "  keep    etc/ossec.conf",
      ],
    );
    assertEquals(read(manager, "integrations/custom-opencti"), "\x7fELF 2");
    assertEquals(read(manager, "etc/opencti.token"), `${TOKEN}\n`);
    assert(install(manager).includes("  keep    integrations/custom-opencti"));
    // As many bytes, but others.
    write(manager, "tmp/custom-opencti", "\x7fELF 3");
    assert(install(manager).includes("  copy    integrations/custom-opencti"));
  });
  await t.step("rules of an earlier version", () => {
    const [path, record] = [
      "etc/rules/opencti_rules.xml",
      "integrations/custom-opencti.d/installed/opencti_rules.xml",
    ];
    const now = read(manager, path);
    for (const file of [path, record]) write(manager, file, `${now}<!-- -->`);
    const says = install(manager);
    assert(
      says.includes(`  write   ${path}: the new version`),
      says.join("\n"),
    );
    assertEquals(read(manager, path), now);
    assertEquals(read(manager, record), now);
  });
  await t.step("rules that the user changed", () => {
    const path = "etc/rules/opencti_rules.xml";
    const changed = read(manager, path).replace('level="14"', 'level="15"');
    write(manager, path, changed);
    for (let turn = 0; turn < 2; turn++) {
      const says = install(manager);
      assert(
        says.includes(
          `  keep    ${path}: you changed it, compare it with ` +
            "integrations/custom-opencti.d/installed/opencti_rules.xml",
        ),
        says.join("\n"),
      );
      assertEquals(read(manager, path), changed);
    }
  });
  await t.step("the block, which says other groups and more", () => {
    const conf = read(manager, "etc/ossec.conf")
      .replace(/<group>.*<\/group>/, "<group>ids</group>")
      .replace("<level>3</level>", "<level>7</level><timeout>5</timeout>");
    write(manager, "etc/ossec.conf", conf);
    install(manager);
    assertEquals(read(manager, "etc/ossec.conf"), conf);
    install(manager, { url: "https://new.example", level: "4" });
    assertEquals(
      read(manager, "etc/ossec.conf"),
      conf.replace(ADDRESS, "https://new.example").replace(
        "<level>7",
        "<level>4",
      ),
    );
    assertEquals(
      read(manager, "etc/ossec.conf.before-opencti"),
      CONF,
      "as it was without us",
    );
  });
  await t.step("a setting that the block has not", () => {
    const conf = read(manager, "etc/ossec.conf")
      .replace(/ *<group>.*<\/group>\n/, "");
    write(manager, "etc/ossec.conf", conf);
    install(manager, { groups: "ids,web" });
    assertEquals(
      read(manager, "etc/ossec.conf"),
      conf.replace(
        "<alert_format>json</alert_format>",
        "<alert_format>json</alert_format>\n    <group>ids,web</group>",
      ),
    );
  });
  await t.step("a new token", () => {
    const says = install(manager, { token: "another_token_of_opencti" });
    assert(
      says.includes("  write   etc/opencti.token: another token than before"),
      says.join("\n"),
    );
    assertEquals(
      read(manager, "etc/opencti.token"),
      "another_token_of_opencti\n",
    );
  });
  await t.step("owners and modes", async () => {
    await Deno.chmod(`${manager.home}/etc/opencti.token`, 0o644);
    await Deno.chmod(`${manager.home}/queue/opencti`, 0o755);
    install(manager);
    const { mode: token } = await Deno.stat(
      `${manager.home}/etc/opencti.token`,
    );
    const { mode: state } = await Deno.stat(`${manager.home}/queue/opencti`);
    assertEquals([(token ?? 0) % 0o1000, (state ?? 0) % 0o1000], [
      0o640,
      0o750,
    ]);
  });
});

Deno.test("install takes over what was installed by hand", async () => {
  const manager = await makeManager();
  const { home } = manager;
  const root = new URL("../../", import.meta.url);
  const shipped = await Deno.readTextFile(new URL("wazuh/ossec.conf", root));
  const conf = CONF + shipped.slice(shipped.indexOf("<ossec_config>"));
  write(manager, "etc/ossec.conf", conf);
  await Deno.copyFile(
    new URL("wazuh/opencti_rules.xml", root),
    `${home}/etc/rules/opencti_rules.xml`,
  );
  await Deno.writeTextFile(`${home}/etc/opencti.token`, "by_hand\n");
  write(manager, "integrations/custom-opencti", "\x7fELF by hand");
  await Deno.mkdir(`${home}/queue/opencti`);
  giveToWazuh(`${home}/queue/opencti`, 0o750);
  install(manager, { token: "by_hand" });
  assertEquals(
    read(manager, "etc/ossec.conf"),
    conf.replace("file:/var/ossec/", `file:${home}/`),
  );
  assertEquals(read(manager, "etc/opencti.token"), "by_hand\n");
  assertEquals(
    read(manager, "integrations/custom-opencti"),
    read(manager, "tmp/custom-opencti"),
  );
  uninstall(manager, true);
  assertEquals(
    read(manager, "etc/ossec.conf"),
    `${CONF}<ossec_config>\n</ossec_config>\n`,
  );
});

const OLD_BLOCK = `  <integration>
    <name>custom-opencti</name>
    <group>sysmon_eid1_detections, ids</group>
    <alert_format>json</alert_format>
    <api_key>11111111-2222-3333-4444-555555555555</api_key>
    <hook_url>https://old.example/graphql</hook_url>
  </integration>
`;

async function makeOld(): Promise<Manager> {
  const manager = await makeManager({
    conf: CONF.replace("  <localfile>", `${OLD_BLOCK}  <localfile>`),
  });
  const { home } = manager;
  for (const name of ["custom-opencti", "custom-opencti.py"]) {
    write(manager, `integrations/${name}`, "#!/bin/sh\nexec python3 $0.py\n");
    giveToGroup(`${home}/integrations/${name}`, 0o750);
  }
  write(
    manager,
    "etc/rules/opencti.xml",
    '<group name="opencti,"><rule id="110200" level="10">' +
      '<field name="integration">opencti</field></rule>' +
      '<rule id="110201" level="5"><if_sid>110200</if_sid></rule>' +
      '<rule id="110202" level="9" frequency="5" timeframe="60">' +
      "<if_matched_sid>110201</if_matched_sid></rule></group>\n",
  );
  return manager;
}

Deno.test("install --replace puts a Python integration away, and uninstall brings it back", async () => {
  const manager = await makeOld();
  const before = await snapshot(manager.home);
  assertEquals(
    refusal(manager),
    "Another integration for OpenCTI is here (integrations/custom-opencti.py, " +
      "integrations/custom-opencti, etc/rules/opencti.xml): add --replace to " +
      "put it away, uninstall brings it back",
  );
  assertEquals(await snapshot(manager.home), before);
  write(
    manager,
    "etc/rules/mine.xml",
    '<group name="x,"><rule id="100400" level="3">' +
      "<if_sid>110201</if_sid><description>x</description></rule></group>",
  );
  const says = install(manager, {
    mayReplace: true,
    askToken: () => undefined,
  });
  assertEquals(
    says.filter((line) => line.startsWith("!")).map((line) =>
      line.replaceAll(manager.home, "HOME")
    ),
    [
      "! HOME/etc/rules/mine.xml builds upon rules that are put away: 110201: " +
      "give its rules ours as parents",
      "! <group> was sysmon_eid1_detections, ids, <level> was 0: it is now as " +
      "of a new installation, say --groups and --level for others",
    ],
  );
  await Deno.remove(`${manager.home}/etc/rules/mine.xml`);
  const [block, ...others] = blocks(manager);
  assertEquals(others, []);
  assertEquals(block?.hookUrl, "https://old.example");
  assertEquals(block?.apiKey, `file:${manager.home}/etc/opencti.token`);
  assertEquals(
    read(manager, "etc/opencti.token"),
    "11111111-2222-3333-4444-555555555555\n",
  );
  const after = await snapshot(manager.home);
  for (
    const path of ["integrations/custom-opencti.py", "etc/rules/opencti.xml"]
  ) assert(!(path in after), path);
  install(manager);
  uninstall(manager, true);
  assertEquals(await snapshot(manager.home), before);
});

Deno.test("a second install --replace keeps what the first one put away", async () => {
  const manager = await makeOld();
  install(manager, { mayReplace: true, askToken: () => undefined });
  const before = "integrations/custom-opencti.d/before";
  const block = read(manager, `${before}/integration.xml`);
  const script = read(manager, `${before}/integrations/custom-opencti.py`);
  write(manager, "integrations/custom-opencti.py", "# newer\n");
  install(manager, { mayReplace: true, askToken: () => undefined });
  assertEquals(read(manager, `${before}/integration.xml`), block);
  assertEquals(
    read(manager, `${before}/integrations/custom-opencti.py`),
    script,
  );
});

/** Takes a plan's first steps alone, as if it were killed then. */
function begin({ home }: Manager, steps: readonly Step[], count: number): void {
  takeSteps(steps.slice(0, count), home);
}

/** Trees to install on, and what is said there. */
const TREES: Readonly<
  Record<string, readonly [() => Promise<Manager>, Said]>
> = {
  "a new manager": [makeManager, { url: ADDRESS }],
  "with ids of rules that are moved": [
    makeManager,
    { url: ADDRESS, firstId: 120_200 },
  ],
  "in the place of a Python integration": [makeOld, { mayReplace: true }],
  "in the place of a Python program without a wrapper": [async () => {
    const manager = await makeOld();
    await Deno.remove(`${manager.home}/integrations/custom-opencti`);
    return manager;
  }, { mayReplace: true }],
  "in the place of files of the same names": [async () => {
    const manager = await makeOld();
    for (const path of ["rules/opencti_rules", "decoders/opencti_decoder"]) {
      write(manager, `etc/${path}.xml`, "<!-- another -->\n");
    }
    return manager;
  }, { mayReplace: true }],
};

Deno.test("install and uninstall may end after any step, and go on from there", async (t) => {
  for (const [name, [make, said]] of Object.entries(TREES)) {
    const planOf = ({ home, program }: Manager) =>
      planInstall({
        home,
        program,
        mayReplace: false,
        askToken: () => TOKEN,
        ...said,
      }).steps;
    const removalOf = ({ home }: Manager) =>
      planUninstall({ home, isPurge: true }).steps;
    await t.step(name, async () => {
      const whole = await make();
      const steps = planOf(whole);
      takeSteps(steps, whole.home);
      const installed = relative(await snapshot(whole.home), whole);
      for (let count = 0; count <= steps.length; count++) {
        const manager = await make();
        const before = await snapshot(manager.home);
        begin(manager, planOf(manager), count);
        takeSteps(planOf(manager), manager.home);
        const now = relative(await snapshot(manager.home), manager);
        assertEquals(now, installed, `installed again after ${count}`);
        uninstall(manager, true);
        assertEquals(await snapshot(manager.home), before, `after ${count}`);
      }
      for (let count = 0; count <= steps.length; count++) {
        const manager = await make();
        const before = await snapshot(manager.home);
        begin(manager, planOf(manager), count);
        uninstall(manager, true);
        assertEquals(await snapshot(manager.home), before, `after ${count}`);
      }
      for (let count = 0; count <= removalOf(whole).length; count++) {
        const manager = await make();
        const before = await snapshot(manager.home);
        takeSteps(planOf(manager), manager.home);
        begin(manager, removalOf(manager), count);
        uninstall(manager, true);
        assertEquals(
          await snapshot(manager.home),
          before,
          `out after ${count}`,
        );
      }
    });
  }
});

/** What a tree is, wherever it is. */
function relative(
  files: Readonly<Record<string, string>>,
  { home }: Manager,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([path, what]) => [
      path,
      what.replaceAll(home, "HOME"),
    ]),
  );
}

Deno.test("install takes a block that was not replaced for another's, as uninstall does", async () => {
  const manager = await makeOld();
  const { home } = manager;
  // As a version did that kept the block last: it ended before that.
  const { steps } = planInstall({
    home,
    program: manager.program,
    mayReplace: true,
    askToken: () => TOKEN,
  });
  takeSteps(
    steps.filter(({ path }) => !/integration\.xml|conf/.test(path)),
    home,
  );
  const conf = read(manager, "etc/ossec.conf");
  assertEquals(
    planUninstall({ home, isPurge: false }).steps.filter(({ path }) =>
      path === "etc/ossec.conf"
    ),
    [],
  );
  assertEquals(read(manager, "etc/ossec.conf"), conf);
  install(manager);
  assertEquals(blocks(manager)[0]?.apiKey, `file:${home}/etc/opencti.token`);
});

Deno.test("install --replace leaves a block of ours as it is", async () => {
  const manager = await makeOld();
  install(manager, { mayReplace: true });
  const conf = read(manager, "etc/ossec.conf")
    .replace("<level>3</level>", "<level>7</level>");
  write(manager, "etc/ossec.conf", conf);
  // Somebody copies the script back beside it.
  write(manager, "integrations/custom-opencti.py", "# left\n");
  install(manager, { mayReplace: true });
  assertEquals(read(manager, "etc/ossec.conf"), conf);
});

/** As the README of a published integration has them. */
const PUBLISHED_RULES = `<group name="threat_intel,">
  <rule id="100210" level="10">
    <field name="integration">opencti</field>
    <description>OpenCTI</description>
  </rule>
  <rule id="100212" level="12">
    <if_sid>100210</if_sid>
    <field name="opencti.event_type">indicator_pattern_match</field>
    <description>OpenCTI: $(opencti.indicator.name)</description>
  </rule>
</group>
`;

Deno.test("install knows another integration's rules by what they ask for", async (t) => {
  await t.step("in a file of their own, --replace puts them away", async () => {
    const manager = await makeManager();
    write(manager, "etc/rules/opencti.xml", PUBLISHED_RULES);
    const before = await snapshot(manager.home);
    assertEquals(
      refusal(manager, { url: ADDRESS }),
      "Another integration for OpenCTI is here (etc/rules/opencti.xml): add " +
        "--replace to put it away, uninstall brings it back",
    );
    install(manager, { url: ADDRESS, mayReplace: true });
    assert(!("etc/rules/opencti.xml" in await snapshot(manager.home)));
    uninstall(manager, true);
    assertEquals(await snapshot(manager.home), before);
  });
  await t.step("among others, it names them, and leaves them", async () => {
    const manager = await makeManager();
    const path = "etc/rules/local_rules.xml";
    const rules = read(manager, path) + PUBLISHED_RULES;
    write(manager, path, rules);
    const says = install(manager, { url: ADDRESS });
    assertEquals(
      says.at(-1)?.replaceAll(manager.home, "HOME"),
      "! HOME/etc/rules/local_rules.xml has rules of another integration for " +
        "OpenCTI, for the same events: take them out: 100210, 100212",
    );
    assertEquals(read(manager, path), rules);
  });
  await t.step("a user's rules upon ours are no others", async () => {
    const manager = await makeManager();
    write(
      manager,
      "etc/rules/mine.xml",
      '<group name="local,"><rule id="100300" level="13">' +
        "<if_group>opencti_active</if_group>" +
        '<field name="integration">opencti</field>' +
        "<description>Mine</description></rule></group>\n",
    );
    const says = install(manager, { url: ADDRESS });
    assertEquals(says.filter((line) => line.startsWith("!")), []);
  });
});

Deno.test("uninstall leaves a Python integration alone", async () => {
  const manager = await makeOld();
  const before = await snapshot(manager.home);
  uninstall(manager, true);
  assertEquals(await snapshot(manager.home), before);
});

Deno.test("install gives its rules ids that no others have", async (t) => {
  const manager = await makeManager();
  write(
    manager,
    "etc/rules/local_rules.xml",
    '<group name="local,"><rule id="110210" level="5"></rule>' +
      '<rule id="110300" level="5"></rule><rule id="5" level="5"></rule></group>',
  );
  await t.step("it says which are taken, and which are free", () => {
    assertEquals(
      refusal(manager, { url: ADDRESS }),
      "Other rules have ids from 110200 to 110239: etc/rules/local_rules.xml " +
        "(110210): take them out, or give ours others with --rule-ids 110400",
    );
  });
  await t.step("--rule-ids moves all of them", () => {
    install(manager, { url: ADDRESS, firstId: 120_200 });
    const rules = read(manager, "etc/rules/opencti_rules.xml");
    assert(!/\b1102\d\d\b/.test(rules));
    assert(rules.includes("<if_sid>120200,120213</if_sid>"));
  });
  await t.step("an upgrade leaves them there", () => {
    const says = install(manager);
    assert(says.includes("  keep    etc/rules/opencti_rules.xml"));
  });
  await t.step("they can be moved again", () => {
    install(manager, { firstId: 130_000 });
    assert(
      read(manager, "etc/rules/opencti_rules.xml").includes('"130000"'),
    );
  });
  await t.step("rules that the user changed are not moved", () => {
    const path = "etc/rules/opencti_rules.xml";
    const rules = read(manager, path);
    write(manager, path, rules.replace('level="14"', 'level="15"'));
    assertEquals(
      refusal(manager, { firstId: 140_000 }),
      `--rule-ids: you changed HOME/${path}, and it is kept as it is: give its ` +
        "rules other ids there, or move it away first",
    );
    // What they are already is no change.
    install(manager, { firstId: 130_000 });
    write(manager, path, rules);
  });
  await t.step("ids that Wazuh would not take", () => {
    for (const firstId of [NaN, 99_999, 999_961, 110_200.5]) {
      assertEquals(
        refusal(manager, { firstId }),
        "--rule-ids must be a number from 100000 to 999960, as 120200",
      );
    }
  });
});

Deno.test("install takes a user's rules for no integration, whatever their ids", async () => {
  const manager = await makeManager();
  for (const more of ["", '<rule id="100001" level="5"></rule>']) {
    write(
      manager,
      "etc/rules/local_rules.xml",
      `<group name="local,"><rule id="110225" level="5"></rule>${more}</group>`,
    );
    const before = await snapshot(manager.home);
    assertEquals(
      refusal(manager, { url: ADDRESS, mayReplace: true }),
      "Other rules have ids from 110200 to 110239: etc/rules/local_rules.xml " +
        "(110225): take them out, or give ours others with --rule-ids 110300",
    );
    assertEquals(await snapshot(manager.home), before);
  }
});

Deno.test("install says what rules would stop Wazuh", async () => {
  const manager = await makeManager();
  write(manager, "etc/rules/bad.xml", '<group name="x,">\n<rule id="1">');
  const rule = (attributes: string) =>
    `<rule ${attributes}><description>x</description></rule>`;
  write(
    manager,
    "etc/rules/wrong.xml",
    `<group name="x,">${rule('id="1234567" level="3"')}${
      rule('id="100002" level="17"')
    }<rule id="100003" level="3"></rule>${
      rule('id="100004" level="16"')
    }<rule id="5716" level="3" overwrite="yes"></rule></group>`,
  );
  const says = install(manager, { url: ADDRESS });
  assertEquals(
    says.filter((line) => line.startsWith("!")).map((line) =>
      line.replaceAll(`${manager.home}/etc/rules/`, "")
        .replace(": Wazuh will not start with it", "")
    ),
    [
      "! bad.xml: line 2: <rule> is not closed",
      '! wrong.xml: rule "1234567": its id is no number of six digits at the ' +
      "most",
      '! wrong.xml: rule "100002": its level is none from 0 to 16',
      '! wrong.xml: rule "100003": it has no <description>',
    ],
  );
});

Deno.test("install says that a container writes its configuration anew", async () => {
  const manager = await makeManager({ prefix: ODD_PREFIX });
  const mount = `${manager.home}/tmp/mount`;
  await Deno.mkdir(`${mount}/etc`, { recursive: true });
  const warned = (conf: string) => {
    write(manager, "tmp/mount/etc/ossec.conf", conf);
    return install(manager, { url: ADDRESS, configMount: mount })
      .filter((line) => line.startsWith("!"))
      .map((line) => line.replaceAll(manager.home, "HOME"));
  };
  assertEquals(warned(CONF), [
    "! This container writes HOME/etc/ossec.conf anew from " +
    "HOME/tmp/mount/etc/ossec.conf when it starts: put the same block there, " +
    "or copy it: sudo cp -p 'HOME/etc/ossec.conf' " +
    "'HOME/tmp/mount/etc/ossec.conf'",
  ]);
  assertEquals(warned(read(manager, "etc/ossec.conf")), []);
  assertEquals(warned("<ossec_config>"), []);
});

Deno.test(
  "install works where root moved folders by links, as containers have them",
  {
    ignore: WAZUH === undefined,
  },
  async () => {
    const manager = await makeManager();
    const { home } = manager;
    for (const folder of ["etc", "integrations", "queue"]) {
      await Deno.mkdir(`${home}/tmp/volumes`, { recursive: true });
      await Deno.rename(`${home}/${folder}`, `${home}/tmp/volumes/${folder}`);
      await Deno.symlink(`${home}/tmp/volumes/${folder}`, `${home}/${folder}`);
    }
    const before = await snapshot(home);
    install(manager, { url: ADDRESS });
    assertEquals(blocks(manager).length, 1);
    uninstall(manager, true);
    assertEquals(await snapshot(home), before);
  },
);

Deno.test("install says that a file is mounted, where it cannot be replaced", {
  ignore: WAZUH === undefined,
}, async () => {
  const manager = await makeManager();
  const conf = `${manager.home}/etc/ossec.conf`;
  const run = async (program: string, ...args: readonly string[]) =>
    (await new Deno.Command(program, { args: [...args] }).output()).success;
  // Where mounting is not allowed, as in some containers, there is no such case.
  if (!await run("mount", "--bind", conf, conf)) return;
  try {
    const message = refusal(manager, { url: ADDRESS });
    assert(
      message.startsWith(
        "Cannot change HOME/etc/ossec.conf: it is mounted from outside, and " +
          "cannot be replaced here: make the change that --dry-run shows in " +
          "the file that is mounted; ",
      ),
      message,
    );
    assertEquals(read(manager, "etc/ossec.conf"), CONF);
  } finally {
    await run("umount", conf);
  }
});

Deno.test("install on a worker leaves the rules to the master", async () => {
  const conf = CONF.replace("master", "worker")
    .replace("<disabled>yes", "<disabled>no");
  const manager = await makeManager({ conf });
  const says = install(manager, { url: ADDRESS });
  assertEquals(
    says.at(-1),
    "! This node is a worker: it gets rules and decoder from the master, " +
      "install there too",
  );
  assert(!("etc/rules/opencti_rules.xml" in await snapshot(manager.home)));
});

Deno.test("install refuses what it cannot do, and changes nothing", async (t) => {
  const cases: Readonly<
    Record<string, readonly [string, Said, ((home: string) => void)?]>
  > = {
    "no address": ["OpenCTI's address is not known: say --url URL", {}],
    "no token": [
      "The token is not known: say --token-file FILE, or run it on a terminal, " +
      "where it asks",
      { url: ADDRESS, askToken: () => undefined },
    ],
    "no token, but something else": [
      "That is no token of OpenCTI: copy it again, and nothing else",
      { url: ADDRESS, askToken: () => "two words" },
    ],
    "a configuration that Wazuh cannot read": [
      "Wazuh cannot read HOME/etc/ossec.conf: line 1: <ossec_config> is not " +
      "closed, correct it first",
      { url: ADDRESS },
      (home) =>
        Deno.writeTextFileSync(`${home}/etc/ossec.conf`, "<ossec_config>"),
    ],
    "a configuration without a root": [
      "Wazuh cannot read HOME/etc/ossec.conf: it has no <ossec_config>, " +
      "correct it first",
      { url: ADDRESS },
      (home) => Deno.writeTextFileSync(`${home}/etc/ossec.conf`, "\n"),
    ],
    "no configuration": [
      "HOME/etc/ossec.conf does not exist: is Wazuh installed?",
      { url: ADDRESS },
      (home) => Deno.removeSync(`${home}/etc/ossec.conf`),
    ],
    "no manager": [
      "HOME is not the home of a Wazuh manager: it has no queue/sockets. Give " +
      "the right one with --home",
      { url: ADDRESS },
      (home) => Deno.removeSync(`${home}/queue/sockets`),
    ],
    "a link for a file": [
      "HOME/etc/opencti.token is a link, and could lead anywhere: put what it " +
      "leads to in its place",
      { url: ADDRESS },
      (home) => Deno.symlinkSync("/etc/hostname", `${home}/etc/opencti.token`),
    ],
    "a link for the configuration": [
      "HOME/etc/ossec.conf is a link, and could lead anywhere: put what it " +
      "leads to in its place",
      { url: ADDRESS },
      (home) => {
        Deno.renameSync(`${home}/etc/ossec.conf`, `${home}/etc/real.conf`);
        Deno.symlinkSync("real.conf", `${home}/etc/ossec.conf`);
      },
    ],
    "a folder for a file": [
      "HOME/etc/rules/opencti_rules.xml is no file: move it away",
      { url: ADDRESS },
      (home) => Deno.mkdirSync(`${home}/etc/rules/opencti_rules.xml`),
    ],
    "two blocks": [
      "HOME/etc/ossec.conf has 2 blocks of custom-opencti: leave one, or say " +
      "neither --url, --level, --groups nor --token-file",
      { url: ADDRESS },
      (home) =>
        Deno.writeTextFileSync(
          `${home}/etc/ossec.conf`,
          `<ossec_config>${OLD_BLOCK}${OLD_BLOCK}</ossec_config>`,
        ),
    ],
  };
  for (const [name, [message, said, spoil]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const manager = await makeManager();
      spoil?.(manager.home);
      const before = await snapshot(manager.home);
      assertEquals(refusal(manager, said), message);
      assertEquals(await snapshot(manager.home), before);
    });
  }
});

Deno.test("install follows no link that Wazuh's user laid", {
  ignore: WAZUH === undefined,
}, async (t) => {
  const cases: Readonly<Record<string, string>> = {
    "a folder of rules": "etc/rules",
    "the state": "queue/opencti",
    "the program": "integrations/custom-opencti",
    "the backup": "etc/ossec.conf.before-opencti",
  };
  for (const [name, path] of Object.entries(cases)) {
    await t.step(name, async () => {
      const manager = await makeManager();
      const { home } = manager;
      const outside = await Deno.makeTempDir();
      await Deno.writeTextFile(`${outside}/secret`, "x");
      if (path === "etc/rules") {
        await Deno.remove(`${home}/${path}`, { recursive: true });
      }
      await Deno.symlink(
        path.includes(".") ? `${outside}/secret` : outside,
        `${home}/${path}`,
      );
      const { uid = 0, gid = 0 } = WAZUH ?? {};
      await new Deno.Command("chown", {
        args: ["-h", `${uid}:${gid}`, `${home}/${path}`],
      }).output();
      const before = await snapshot(outside);
      assertThrows(
        () => install(manager, { url: ADDRESS }),
        UsageError,
        "is a link, and could lead anywhere",
      );
      assertEquals(await snapshot(outside), before);
      await Deno.remove(outside, { recursive: true });
    });
  }
});

Deno.test("install changes no ossec.conf that another has changed meanwhile", async () => {
  const manager = await makeManager();
  const says = refusal(manager, {
    url: ADDRESS,
    askToken: () => {
      write(manager, "etc/ossec.conf", `${CONF}<!-- new -->\n`);
      return TOKEN;
    },
  });
  assertEquals(
    says,
    "HOME/etc/ossec.conf was changed meanwhile: run this again",
  );
  assertEquals(read(manager, "etc/ossec.conf"), `${CONF}<!-- new -->\n`);
});

Deno.test("what is to be typed next can be pasted", () => {
  const lines = nextSteps("/srv/it's", { isInstalled: true });
  assertEquals(
    lines.filter((line) => line.startsWith("  sudo ") && line.includes("/")),
    [
      "  sudo '/srv/it'\\''s/bin/wazuh-analysisd' -t",
      ...restartCommand("/srv/it's").includes("/")
        ? ["  sudo '/srv/it'\\''s/bin/wazuh-control' restart"]
        : [],
      "  sudo '/srv/it'\\''s/integrations/custom-opencti' doctor",
      "  sudo '/srv/it'\\''s/integrations/custom-opencti' test",
    ],
  );
});

/** What a run leaves that is killed before a file takes its place. */
const LEFT = [
  "etc/opencti.token",
  "etc/ossec.conf",
  "etc/ossec.conf.before-opencti",
  "etc/opencti.schema.json",
  "etc/rules/opencti_rules.xml",
  "etc/decoders/opencti_decoder.xml",
  "integrations/custom-opencti",
  "integrations/custom-opencti.d/installed/opencti_rules.xml",
  "integrations/custom-opencti.d/before/integration.xml",
].map((path) => `${path}.e29c8cf9-0f4e-4b7c-9a51-3d1f0c6b7a88`);

Deno.test("install and uninstall remove what a killed run left", async (t) => {
  const leave = (manager: Manager) => {
    for (const path of LEFT) {
      const folder = `${manager.home}/${path}`.replace(/\/[^/]*$/, "");
      Deno.mkdirSync(folder, { recursive: true });
      write(manager, path, TOKEN);
    }
  };
  await t.step("install", async () => {
    const manager = await makeManager();
    leave(manager);
    install(manager, { url: ADDRESS });
    const after = Object.keys(await snapshot(manager.home));
    assertEquals(after.filter((path) => LEFT.includes(path)), []);
  });
  for (const isPurge of [true, false]) {
    await t.step(`uninstall, purge ${isPurge}`, async () => {
      const manager = await makeManager();
      const before = await snapshot(manager.home);
      leave(manager);
      const mine = "etc/opencti.token.before-e29c8cf9";
      write(manager, mine, "mine");
      uninstall(manager, isPurge);
      assertEquals(read(manager, mine), "mine");
      await Deno.remove(`${manager.home}/${mine}`);
      assertEquals(await snapshot(manager.home), before);
    });
  }
});

Deno.test("a file of the user's with the name of our backup comes back", async () => {
  const manager = await makeManager();
  const path = "etc/ossec.conf.before-opencti";
  write(manager, path, "mine");
  const before = await snapshot(manager.home);
  uninstall(manager, true);
  assertEquals(await snapshot(manager.home), before);
  const conf = read(manager, "etc/ossec.conf");
  install(manager, { url: ADDRESS });
  assertEquals(read(manager, path), conf);
  install(manager, { level: "5" });
  assertEquals(read(manager, path), conf);
  uninstall(manager, true);
  assertEquals(await snapshot(manager.home), before);
});

Deno.test("a file in the place of the state's folder is refused, and stays", async () => {
  const manager = await makeManager();
  write(manager, "queue/opencti", "mine");
  const before = await snapshot(manager.home);
  assertEquals(
    refusal(manager, { url: ADDRESS }),
    "HOME/queue/opencti must be a folder: move it away",
  );
  assertEquals(await snapshot(manager.home), before);
});

Deno.test("install refuses what is too long for Wazuh", async () => {
  const manager = await makeManager();
  const groups = Array.from({ length: 5000 }, (_, n) => `g${n}`).join(",");
  const tooLong = "--url or --groups is longer than Wazuh can read";
  assertEquals(refusal(manager, { url: ADDRESS, groups }), tooLong);
  assertEquals(refusal(manager, { url: `${ADDRESS}/${groups}` }), tooLong);
  const long = `<a>${groups}</a>`;
  write(manager, "etc/ossec.conf", `<ossec_config>${long}</ossec_config>`);
  assertEquals(
    refusal(manager, { url: ADDRESS }),
    "Wazuh cannot read HOME/etc/ossec.conf: line 1: <a> is too long, correct " +
      "it first",
  );
});
