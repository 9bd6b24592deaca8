import { assertEquals } from "@std/assert";
import { checkStarted } from "../../lib/manager/checks/arrival.ts";
import { makeHome } from "../stand_ins/home.ts";

const STARTED = new Date("2026-11-25T10:00:00");
const CHANGED = new Date("2026-11-25T11:00:00.500");

const RELOADED = "wazuh-analysisd: INFO: Ruleset reloaded successfully";

/** Which files Wazuh has not read yet, by what stands in its log. */
async function unreadWith(
  log: string,
  { pids = { 123: STARTED } }: {
    readonly pids?: Readonly<Record<string, Date>>;
  } = {},
): Promise<readonly string[]> {
  const home = await makeHome();
  for (const folder of ["var/run", "etc/rules", "etc/decoders"]) {
    await Deno.mkdir(`${home}/${folder}`, { recursive: true });
  }
  const put = async (path: string, time: Date) => {
    await Deno.writeTextFile(`${home}/${path}`, "");
    await Deno.utime(`${home}/${path}`, time, time);
  };
  const files = [
    "etc/ossec.conf",
    "etc/rules/opencti_rules.xml",
    "etc/decoders/opencti_decoder.xml",
  ];
  for (const path of files) await put(path, CHANGED);
  for (const [pid, time] of Object.entries(pids)) {
    await put(`var/run/wazuh-analysisd-${pid}.pid`, time);
  }
  await Deno.writeTextFile(`${home}/logs/ossec.log`, log);
  const said = checkStarted({ home }).map(({ says }) => says);
  return files.filter((path) => said.some((says) => says.includes(path)));
}

const ALL = [
  "etc/ossec.conf",
  "etc/rules/opencti_rules.xml",
  "etc/decoders/opencti_decoder.xml",
];

Deno.test("checkStarted() names what was changed since Wazuh read it", async (t) => {
  await t.step("when it started", async () => {
    assertEquals(await unreadWith(""), ALL);
  });
  await t.step(
    "when it reloaded its rules: ossec.conf is not read then",
    async () => {
      for (
        const who of [
          "",
          "wazuh-analysisd[7] analysisd.c:2504 at w_hotreload(): ",
        ]
      ) {
        const says = RELOADED.replace(
          "wazuh-analysisd: ",
          who || "wazuh-analysisd: ",
        );
        const log =
          `2026/11/25 10:30:00 x: INFO: x\n2026/11/25 11:00:00 ${says}\n`;
        assertEquals(await unreadWith(log), ["etc/ossec.conf"]);
      }
    },
  );
  await t.step("when it reloaded them before", async () => {
    assertEquals(await unreadWith(`2026/11/25 10:59:59 ${RELOADED}\n`), ALL);
  });
  await t.step("when it was killed before, and left its file", async () => {
    const pids = { 1: STARTED, 2: new Date("2026-11-25T11:00:01") };
    assertEquals(await unreadWith("", { pids }), []);
  });
  await t.step("not where nothing says when it started", async () => {
    assertEquals(await unreadWith("", { pids: {} }), []);
  });
});
