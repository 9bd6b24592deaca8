/**
 * Shows what happens to real alerts: OpenCTI and Wazuh's queue are stand-ins in
 * this process, the program is the real one, run as integratord runs it.
 *
 * @module
 */
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { runProgram } from "../tests/stand_ins/program.ts";
import { makeHome } from "../tests/stand_ins/home.ts";
import { startQueue } from "../tests/stand_ins/queue.ts";
import { rulesMetBy } from "../lib/wazuh/rules.ts";
import { readRules } from "./rules.ts";
import { parseAlert } from "../lib/alert/alert.ts";
import { makeLoadingFinder } from "../lib/alert/find.ts";
import { loadIgnoreLists } from "../lib/alert/ignore.ts";
import { sweepOf } from "../lib/config/allowed_values.ts";
import { DEFAULTS } from "../lib/config/defaults.ts";
import { valueAt } from "../lib/json.ts";

/** Alerts of some sources, and the fields that show what each is about. */
const ALERTS: readonly (readonly [name: string, fields: readonly string[]])[] =
  [
    ["syscheck_added_linux", ["syscheck.path", "syscheck.sha256_after"]],
    ["suricata_alert_http", [
      "data.dest_ip",
      "data.http.hostname",
      "data.http.url",
    ]],
    ["audit_command_curl_url", [
      "data.audit.execve.a0",
      "data.audit.execve.a2",
    ]],
    ["sonicwall_L34", ["data.action", "data.dstip"]],
    ["fortigate_L158", ["data.msg", "data.url", "data.analyticscksum"]],
  ];

const FOLDER = new URL("../tests/testdata/alerts/", import.meta.url).pathname;

const rules = await readRules();
const home = await makeHome();
await using opencti = startOpencti(KNOWLEDGE);
await using queue = startQueue(home);
const readLists = await loadIgnoreLists(DEFAULTS.ignore, {
  baseUrl: opencti.url,
  readFile: (path) => Deno.readTextFileSync(path),
});
const find = makeLoadingFinder({
  kinds: DEFAULTS.kinds,
  sources: undefined,
  sweep: sweepOf(DEFAULTS),
  ...readLists(),
});

await print(`
custom-opencti looks up the IoCs of a Wazuh alert in OpenCTI, and emits an event
for each match. Here it does so for five real alerts. OpenCTI and Wazuh's queue
are stand-ins in this process: nothing leaves this machine.
`);

let last = "";
for (const [n, [name, fields]] of ALERTS.entries()) {
  const path = `${FOLDER}${name}.json`;
  const alert = JSON.parse(await Deno.readTextFile(path));
  await print(`
${n + 1}. A Wazuh alert: ${alert.rule.description}
   rule ${alert.rule.id}, level ${alert.rule.level}, agent ${alert.agent.name}
${list(fields.map((field) => `${field}: ${valueAt(alert, field)}`))}`);

  const before = opencti.requests.length;
  const { status, stderr, ms } = await runProgram(home, [
    path,
    TOKEN,
    `${opencti.url}/graphql`,
    "",
    "",
    "10",
    "3",
    "> /dev/null 2>&1",
  ]);
  if (status !== 0) {
    await print(stderr);
    Deno.exit(1);
  }
  const { iocs } = await find(parseAlert(JSON.stringify(alert)));
  const requests = opencti.requests.length - before;
  await print(
    `   custom-opencti asks OpenCTI in ${
      requests === 1 ? "one request" : `${requests} requests`
    } for
${list(iocs.map(({ kind, value }) => `${kind} ${value}`))}`,
  );

  // What the program has sent may not all have been read yet.
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const message of await queue.receive(queue.waiting.length)) {
    await print(
      shownOf(JSON.parse(message.slice(message.indexOf("{")))),
    );
    last = message;
  }
  await print(`   in ${Math.round(ms)} ms, from source\n`);
}

const at = last.indexOf("{");
await print(`
The last event whole, as Wazuh's queue gets it (there in one line):
${last.slice(0, at)}
${JSON.stringify(JSON.parse(last.slice(at)), null, 2)}

To see each step for an alert of your own:
  deno task compile && dist/custom-opencti alert.json API_KEY HOOK_URL debug
`);

/** What of an event is shown. */
interface ShownEvent {
  readonly event_type: string;
  readonly ioc: { readonly kind: string; readonly value: string };
  readonly score: number;
  readonly severity: string;
  readonly state: string;
  readonly indicator: { readonly name: string };
  readonly indicator_link: string;
  readonly related?: Pick<ShownEvent, "indicator" | "indicator_link"> & {
    readonly relationship: string;
    readonly value: string;
  };
}

/** The fields of an event that an analyst reads first. */
function shownOf(whole: { readonly opencti: ShownEvent }): string {
  const rule = rulesMetBy(whole, rules).at(-1);
  const event = whole.opencti;
  const { indicator, indicator_link } = event.related ?? event;
  const lines = [
    `event_type: ${event.event_type}`,
    `ioc: ${event.ioc.kind} ${event.ioc.value}`,
    ...event.related
      ? [`related: ${event.related.relationship} ${event.related.value}`]
      : [],
    `indicator: ${indicator.name}, score ${event.score}`,
    `severity: ${event.severity}, ${event.state}`,
    `indicator_link: ${indicator_link}`,
  ];
  return `   and emits an event, for which Wazuh's rule ${rule?.id} alerts ` +
    `with level ${rule?.level}\n${list(lines)}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `     ${line}\n`).join("");
}

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
