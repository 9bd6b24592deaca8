import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseAlert } from "../../lib/alert/alert.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import { compareWith } from "../../lib/match/compare.ts";
import { evaluate, type Verdict } from "../../lib/match/evaluate.ts";
import { lookupAmong } from "../../lib/match/known.ts";
import { alertFactsOf } from "../../lib/match/alert_facts.ts";
import {
  type Comparison,
  type Pattern,
  readPattern,
} from "../../lib/opencti/pattern.ts";
import { readRegex } from "../../lib/match/regex.ts";
import { sentenceOnUnmet } from "../../lib/wazuh/unmet.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { anyComparison, anyPattern, printPattern } from "../stand_ins/stix.ts";

function iocOf(kind: TextKind, text: string, field = "f"): Ioc {
  const ioc = toIoc({ kind, text, field });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

/** What the alert of these tests says. */
const IOCS = [
  iocOf("address", "1.2.3.4", "data.dest_ip"),
  iocOf("host", "evil.example", "data.http.hostname"),
  iocOf("url", "http://evil.example/a", "data.http.url"),
  iocOf("sha256", "a".repeat(64)),
];

const ALERT = alertFactsOf(parseAlert(JSON.stringify({
  timestamp: "2026-11-20T10:00:00.000+0000",
  syscheck: { path: "C:\\\\Users\\\\bob\\\\Evil.exe" },
  data: {
    src_port: "51234",
    dest_port: 8443,
    proto: "TCP",
    dstuser: "root",
    src_ip: "10.0.0.21",
    dns: { answers: [{ rdata: "1.2.3.4" }] },
    email: { subject: "Your invoice" },
    app_proto: "http",
    http: {
      http_method: "GET",
      url: "/a?b",
      http_user_agent: "curl/8.1",
    },
    win: {
      eventdata: {
        commandLine: '\\"C:\\\\x.exe\\" -enc AAA',
        targetObject: "HKLM\\\\Software\\\\Run\\\\x",
      },
    },
  },
})));

const FACTS = {
  iocs: IOCS,
  lookup: lookupAmong(IOCS, MATCHING),
  url_case: true,
  alert: ALERT,
  readRegex,
};

const compare = compareWith(FACTS);

function verdictOn(text: string): Verdict {
  const reading = readPattern(text);
  assert("pattern" in reading, JSON.stringify(reading));
  return evaluate(reading.pattern, compare, ALERT);
}

const OURS = "ipv4-addr:value = '1.2.3.4'";
const OTHER = "ipv4-addr:value = '9.9.9.9'";
const MALWARE = `file:hashes.'SHA-256' = '${"a".repeat(64)}'`;

/** What each pattern comes to, and what is said of what is not known. */
const MEANT: Readonly<Record<string, readonly [Verdict["state"], string?]>> = {
  [`[${OURS}]`]: ["holds"],
  [`[${OTHER}]`]: ["unknown", `${OTHER}: the alert does not say`],
  [`[${OURS} OR ${OTHER}]`]: ["holds"],
  [`[${OTHER} OR ${OURS}]`]: ["holds"],
  [`[${OURS} AND ${OTHER}]`]: ["partly", `${OTHER}: the alert does not say`],
  [`[${OURS} AND ${MALWARE}]`]: ["holds"],
  [`[${OURS}] AND [${MALWARE}]`]: ["holds"],
  [`[${OURS}] FOLLOWEDBY [${MALWARE}]`]: ["holds"],
  [`[${OURS}] OR [${OTHER}]`]: ["holds"],
  [`[${OURS}] AND [${OTHER}]`]: [
    "partly",
    `${OTHER}: the alert does not say`,
  ],
  [`[${OURS}] REPEATS 5 TIMES WITHIN 60 SECONDS`]: ["holds"],
  [`([${OURS}] AND [${OTHER}]) WITHIN 60 SECONDS`]: [
    "partly",
    `${OTHER}: the alert does not say`,
  ],
  "[ipv4-addr:value != '1.2.3.4']": [
    "contradicted",
    "ipv4-addr:value != '1.2.3.4': the alert says 1.2.3.4",
  ],
  "[ipv4-addr:value NOT = '1.2.3.4']": [
    "contradicted",
    "ipv4-addr:value NOT = '1.2.3.4': the alert says 1.2.3.4",
  ],
  "[ipv4-addr:value NOT IN ('1.2.3.4', '9.9.9.9')]": [
    "contradicted",
    "ipv4-addr:value NOT IN ('1.2.3.4', '9.9.9.9'): the alert says 1.2.3.4",
  ],
  "[ipv4-addr:value NOT != '1.2.3.4']": ["holds"],
  [`[${OURS} AND domain-name:value != 'other.example']`]: ["holds"],
  [`[${OURS} AND domain-name:value != 'evil.example']`]: [
    "contradicted",
    "domain-name:value != 'evil.example': the alert says evil.example",
  ],
  [`[${OURS} AND mac-addr:value != '00:00:00:00:00:01']`]: [
    "partly",
    "mac-addr:value != '00:00:00:00:00:01': the alert does not say",
  ],
  [`[${OURS} AND network-traffic:dst_port = 8443]`]: ["holds"],
  [`[${OURS} AND network-traffic:dst_port IN (443, 8443)]`]: ["holds"],
  [`[${OURS} AND network-traffic:dst_port > 8000]`]: ["holds"],
  [`[${OURS} AND network-traffic:dst_port = 443]`]: [
    "contradicted",
    "network-traffic:dst_port = 443: the alert says 8443",
  ],
  [`[${OURS} AND network-traffic:dst_port != 443]`]: ["holds"],
  [`[${OURS} AND network-traffic:dst_port NOT = 8443]`]: [
    "contradicted",
    "network-traffic:dst_port NOT = 8443: the alert says 8443",
  ],
  [`[${OURS}] AND [network-traffic:dst_port = 443]`]: [
    "partly",
    "network-traffic:dst_port = 443: the alert says 8443",
  ],
  // Which side is which, alerts do not agree on.
  [`[${OURS} AND network-traffic:src_port = 8443]`]: [
    "partly",
    "network-traffic:src_port = 8443: the alert says 51234",
  ],
  [`[${OURS} AND network-traffic:protocols[*] = 'tcp']`]: ["holds"],
  [`[${OURS} AND network-traffic:protocols[0] = 'http']`]: ["holds"],
  [`[${OURS} AND network-traffic:protocols[*] = 'udp']`]: [
    "contradicted",
    "network-traffic:protocols[*] = 'udp': the alert says tcp, http",
  ],
  [`[${OURS} AND network-traffic:protocols[*] = 'dns']`]: [
    "contradicted",
    "network-traffic:protocols[*] = 'dns': the alert says tcp, http",
  ],
  [`[${OURS} AND network-traffic:protocols[*] = 'https']`]: [
    "partly",
    "network-traffic:protocols[*] = 'https': the alert says tcp, http",
  ],
  [`[${OURS} AND network-traffic:protocols[*] = 'ipv4']`]: ["holds"],
  [`[${OURS} AND network-traffic:protocols[*] = 'ipv6']`]: [
    "partly",
    "network-traffic:protocols[*] = 'ipv6': the alert says tcp, http",
  ],
  "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4/32']":
    ["holds"],
  "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4']":
    [
      "partly",
      "network-traffic:src_ref.type = 'ipv4-addr': the alert does not say",
    ],
  [`[${OURS} AND user-account:account_login = 'ROOT']`]: ["holds"],
  [`[${OURS} AND email-message:subject LIKE '%invoice%']`]: ["holds"],
  [`[${OURS} AND network-traffic:extensions.'http-request-ext'.request_method = 'POST']`]:
    [
      "contradicted",
      "network-traffic:extensions.'http-request-ext'.request_method = 'POST': the alert says GET",
    ],
  [`[${OURS} AND file:size = 5]`]: [
    "partly",
    "file:size = 5: the alert does not say",
  ],
  [`[${OURS} AND EXISTS file:size]`]: [
    "partly",
    "EXISTS file:size: the alert does not say",
  ],
  // What the alert says besides IoCs.
  [`[${OURS} AND file:name = 'evil.exe']`]: ["holds"],
  [`[${OURS} AND file:name LIKE 'EVIL.%']`]: ["holds"],
  [`[${OURS} AND file:name MATCHES '^ev.l\\\\.exe$']`]: ["holds"],
  [`[${OURS} AND EXISTS file:name]`]: ["holds"],
  [`[${OURS} AND file:name IN ('x', 'evil.exe')]`]: ["holds"],
  [`[${OURS} AND file:parent_directory_ref.path = 'C:\\\\Users\\\\bob']`]: [
    "holds",
  ],
  [`[${OURS} AND directory:path LIKE 'C:\\\\Users\\\\%']`]: ["holds"],
  [`[${OURS} AND process:command_line = '"C:\\\\x.exe" -enc AAA']`]: ["holds"],
  [`[${OURS} AND process:command_line LIKE '%-enc%']`]: ["holds"],
  [`[${OURS} AND windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\Run']`]:
    ["holds"],
  [`[${OURS} AND network-traffic:extensions.'http-request-ext'.request_value = '/a?b']`]:
    ["holds"],
  [`[${OURS} AND network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'curl/8.1']`]:
    ["holds"],
  [`[${OURS} AND user-agent:value LIKE 'curl/%']`]: ["holds"],
  [`[${OURS} AND file:name = 'x']`]: [
    "partly",
    "file:name = 'x': the alert says Evil.exe",
  ],
  [`[${OURS} AND file:name != 'x']`]: ["holds"],
  [`[${OURS} AND file:name != 'evil.exe']`]: [
    "contradicted",
    "file:name != 'evil.exe': the alert says Evil.exe",
  ],
  [`[${OURS} AND file:name NOT LIKE '%.exe']`]: [
    "contradicted",
    "file:name NOT LIKE '%.exe': the alert says Evil.exe",
  ],
  [`[${OURS} AND file:name > 'x']`]: [
    "partly",
    "file:name > 'x': the alert does not say",
  ],
  [`[${OURS} AND file:name MATCHES '(?=x)']`]: [
    "partly",
    "file:name MATCHES '(?=x)': this is not compared, it takes too long or cannot be read",
  ],
  // Values that are no IoCs here, and those that stand in two fields.
  [`[${OURS} AND network-traffic:src_ref.value = '10.0.0.21']`]: ["holds"],
  [`[${OURS} AND ipv4-addr:value = '10.0.0.21/32']`]: ["holds"],
  [`[${OURS} AND ipv4-addr:value != '10.0.0.21']`]: [
    "contradicted",
    "ipv4-addr:value != '10.0.0.21': the alert says 10.0.0.21",
  ],
  [`[${OURS} AND network-traffic:dst_ref.value = '10.0.0.21']`]: [
    "partly",
    "network-traffic:dst_ref.value = '10.0.0.21': the alert does not say in which role",
  ],
  "[domain-name:resolves_to_refs[*].value = '1.2.3.4']": ["holds"],
  // LIKE and MATCHES, of IoCs.
  "[domain-name:value LIKE '%.example']": ["holds"],
  "[domain-name:value LIKE 'EV_L.%']": ["holds"],
  "[domain-name:value LIKE '%.evil.example']": [
    "unknown",
    "domain-name:value LIKE '%.evil.example': the alert does not say",
  ],
  "[domain-name:value MATCHES '^evil']": ["holds"],
  "[ipv4-addr:value LIKE '1.2.3.%']": ["holds"],
  "[url:value LIKE 'http://evil.example/%']": ["holds"],
  "[url:value LIKE '%/A']": [
    "partly",
    "url:value LIKE '%/A': the alert has it in other case",
  ],
  "[domain-name:value LIKE '1.2.%']": [
    "partly",
    "domain-name:value LIKE '1.2.%': the alert does not say in which role",
  ],
  [`[${OURS} AND domain-name:value NOT LIKE '%.good.example']`]: ["holds"],
  [`[${OURS} AND domain-name:value NOT LIKE '%.example']`]: [
    "contradicted",
    "domain-name:value NOT LIKE '%.example': the alert says evil.example",
  ],
  [`[${OURS} AND mac-addr:value NOT LIKE '00:%']`]: [
    "partly",
    "mac-addr:value NOT LIKE '00:%': the alert does not say",
  ],
  [`[${OURS} AND ipv4-addr:value NOT ISSUBSET '10.0.0.0/8']`]: ["holds"],
  [`[EXISTS domain-name:value AND ${OURS}]`]: ["holds"],
  // The alert's time.
  [`[${OURS}] START t'2026-11-01T00:00:00Z' STOP t'2026-12-01T00:00:00Z'`]: [
    "holds",
  ],
  [`[${OURS}] START t'2017-11-01T00:00:00Z' STOP t'2017-12-01T00:00:00Z'`]: [
    "contradicted",
    "START t'2017-11-01T00:00:00Z' STOP t'2017-12-01T00:00:00Z': the alert says 2026-11-20T10:00:00.000+0000",
  ],
  [`[${OTHER}] FOLLOWEDBY [${OURS}] START t'soon' STOP t'later'`]: [
    "partly",
    `${OTHER}: the alert does not say; START t'soon' STOP t'later': the alert does not say`,
  ],
  [`[${MALWARE}] FOLLOWEDBY [${OURS}] START t'2017-11-01T00:00:00Z' STOP t'2017-12-01T00:00:00Z'`]:
    [
      "partly",
      "START t'2017-11-01T00:00:00Z' STOP t'2017-12-01T00:00:00Z': the alert says 2026-11-20T10:00:00.000+0000",
    ],
  "[network-traffic:dst_ref.value = '1.2.3.4']": ["holds"],
  "[network-traffic:src_ref.value = '1.2.3.4']": [
    "partly",
    "network-traffic:src_ref.value = '1.2.3.4': the alert does not say in which role",
  ],
  "[network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 8443]":
    ["holds"],
  "[network-traffic:dst_ref.value != '1.2.3.4']": [
    "contradicted",
    "network-traffic:dst_ref.value != '1.2.3.4': the alert says 1.2.3.4",
  ],
  "[network-traffic:src_ref.value != '1.2.3.4']": [
    "unknown",
    "network-traffic:src_ref.value != '1.2.3.4': the alert does not say in which role",
  ],
  "[network-traffic:extensions.'http-request-ext'.request_header.Host = 'evil.example:8080']":
    ["holds"],
  "[domain-name:value = '1.2.3.4']": [
    "partly",
    "domain-name:value = '1.2.3.4': the alert does not say in which role",
  ],
  [`[file:hashes.'SHA-256' = '${"b".repeat(64)}' AND ${OURS}]`]: [
    "partly",
    `file:hashes.'SHA-256' = '${"b".repeat(64)}': the alert says ${
      "a".repeat(64)
    }`,
  ],
  [`[(${OTHER} OR ${OURS}) AND (network-traffic:dst_port = 80 OR network-traffic:dst_port = 8443)]`]:
    ["holds"],
  [`[${OURS} AND (file:size = 1 OR file:size = 2)]`]: [
    "partly",
    "file:size = 1: the alert does not say; file:size = 2: the alert does not say",
  ],
  "[ipv4-addr:value = t'1.2.3.4']": [
    "unknown",
    "ipv4-addr:value = '1.2.3.4': the alert does not say",
  ],
  // Too wide, unless the option "networks" says otherwise.
  "[ipv4-addr:value = '1.0.0.0/8']": [
    "unknown",
    "ipv4-addr:value = '1.0.0.0/8': the alert does not say",
  ],
  [`[${OURS} AND ipv4-addr:value ISSUBSET '1.2.3.0/24']`]: ["holds"],
  [`[${OURS} AND ipv4-addr:value NOT ISSUBSET '1.2.3.0/24']`]: [
    "contradicted",
    "ipv4-addr:value NOT ISSUBSET '1.2.3.0/24': the alert says 1.2.3.4",
  ],
};

Deno.test("evaluate() says what a pattern comes to, and what is not known", async (t) => {
  for (const [text, [state, says = ""]] of Object.entries(MEANT)) {
    await t.step(text, () => {
      const verdict = verdictOn(text);
      assertEquals([verdict.state, sentenceOnUnmet(verdict.unmet)], [
        state,
        says,
      ]);
    });
  }
});

Deno.test("evaluate() names the IoC that is met, and the comparison", () => {
  const { met } = verdictOn(
    `[${OTHER} OR ipv4-addr:value IN ('8.8.8.8', '1.2.3.0/24')]`,
  );
  assertEquals([met?.ioc, met?.network, met?.matched], [
    IOCS[0],
    "1.2.3.0/24",
    "ipv4-addr:value = '1.2.3.0/24'",
  ]);
});

/**
 * OASIS' own example patterns, and whether each may be a match with an alert
 * that says nothing but one value of it.
 *
 * @see https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_me3pzm77qfnf
 */
const OASIS: Readonly<Record<string, readonly [TextKind, string, string]>> = {
  "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']":
    [
      "sha256",
      "aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f",
      "holds",
    ],
  "[email-message:from_ref.value MATCHES '.+\\\\@example\\\\.com$' AND email-message:body_multipart[*].body_raw_ref.name MATCHES '^Final Report.+\\\\.exe$']":
    ["email", "a@example.com", "unknown"],
  "[file:mime_type = 'image/bmp' AND file:magic_number_hex = h'ffd8']": [
    "address",
    "1.2.3.4",
    "unknown",
  ],
  "[file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4'] FOLLOWEDBY [windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\foo\\\\bar'] WITHIN 300 SECONDS":
    ["md5", "79054025255fb1a26e4bc422aef54eb4", "partly"],
  "[user-account:account_type = 'unix' AND user-account:user_id = '1007' AND user-account:account_login = 'Peter'] AND [user-account:account_type = 'unix' AND user-account:user_id = '1008' AND user-account:account_login = 'Paul']":
    ["address", "1.2.3.4", "unknown"],
  "[artifact:mime_type = 'application/vnd.tcpdump.pcap' AND artifact:payload_bin MATCHES '\\\\xd4\\\\xc3\\\\xb2\\\\xa1\\\\x02\\\\x00\\\\x04\\\\x00']":
    ["address", "1.2.3.4", "unknown"],
  "[file:name = 'foo.dll' AND file:parent_directory_ref.path = 'C:\\\\Windows\\\\System32']":
    ["address", "1.2.3.4", "unknown"],
  "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]": [
    "address",
    "1.2.3.4",
    "unknown",
  ],
  "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.33/32']":
    ["address", "203.0.113.33", "partly"],
  "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'example.com'] REPEATS 5 TIMES WITHIN 1800 SECONDS":
    ["host", "example.com", "partly"],
  "[domain-name:value = 'www.5z8.info' AND domain-name:resolves_to_refs[*].value = '198.51.100.1/32']":
    ["host", "www.5z8.info", "partly"],
  "[url:value = 'http://example.com/foo' OR url:value = 'http://example.com/bar']":
    ["url", "http://example.com/bar", "holds"],
  "[x509-certificate:issuer = 'CN=WEBMAIL' AND x509-certificate:serial_number = '4c:0b:1d:19:74:86:a7:66:b4:1a:bf:40:27:21:76:28']":
    ["address", "1.2.3.4", "unknown"],
  "[windows-registry-key:key = 'HKEY_CURRENT_USER\\\\Software\\\\CryptoLocker\\\\Files' OR windows-registry-key:key = 'HKEY_CURRENT_USER\\\\Software\\\\Microsoft\\\\CurrentVersion\\\\Run\\\\CryptoLocker_0388']":
    ["address", "1.2.3.4", "unknown"],
  "[(file:name = 'pdf.exe' OR file:size = '371712') AND file:created = t'2014-01-13T07:03:17Z']":
    ["address", "1.2.3.4", "unknown"],
  "[email-message:sender_ref.value = 'jdoe@example.com' AND email-message:subject = 'Conference Info']":
    ["email", "jdoe@example.com", "partly"],
  "[x-usb-device:usbdrive.serial_number = '575833314133343231313937']": [
    "address",
    "1.2.3.4",
    "unknown",
  ],
  "[process:command_line MATCHES '^.+>-add GlobalSign.cer -c -s -r localMachine Root$'] FOLLOWEDBY [process:command_line MATCHES '^.+>-add GlobalSign.cer -c -s -r localMachineTrustedPublisher$'] WITHIN 300 SECONDS":
    ["address", "1.2.3.4", "unknown"],
  "[network-traffic:dst_ref.value ISSUBSET '2001:0db8:dead:beef:0000:0000:0000:0000/64']":
    ["address", "2001:db8:dead:beef::1", "partly"],
  "([ipv4-addr:value = '198.51.100.1/32' OR ipv4-addr:value = '203.0.113.33/32' OR ipv6-addr:value = '2001:0db8:dead:beef:dead:beef:dead:0001/128'] FOLLOWEDBY [domain-name:value = 'example.com']) WITHIN 600 SECONDS":
    ["address", "203.0.113.33", "partly"],
};

Deno.test("evaluate() means what OASIS' examples mean", async (t) => {
  for (const [text, [kind, value, state]] of Object.entries(OASIS)) {
    await t.step(text, () => {
      const iocs = [iocOf(kind, value)];
      const reading = readPattern(text);
      assert("pattern" in reading, JSON.stringify(reading));
      const verdict = evaluate(
        reading.pattern,
        compareWith({
          iocs,
          lookup: lookupAmong(iocs, MATCHING),
          url_case: true,
          alert: alertFactsOf(parseAlert("{}")),
        }),
      );
      assertEquals(verdict.state, state);
    });
  }
});

/** Comparisons of which the alert says something, each way. */
const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    path: fc.constant("ipv4-addr:value"),
    operator: fc.constantFrom("=" as const, "!=" as const, "IN" as const),
    text: fc.constantFrom("1.2.3.4", "9.9.9.9"),
  }),
  fc.record({
    path: fc.constant("mac-addr:value"),
    operator: fc.constant("=" as const),
    text: fc.constant("00:11:22:33:44:55"),
  }),
  fc.record({
    path: fc.constantFrom(
      "network-traffic:dst_ref.value",
      "network-traffic:src_ref.value",
    ),
    operator: fc.constant("=" as const),
    text: fc.constantFrom("1.2.3.4", "9.9.9.9"),
  }),
  fc.record({
    path: fc.constant("network-traffic:dst_port"),
    operator: fc.constantFrom("=" as const, "!=" as const, ">" as const),
    text: fc.constantFrom("443", "8443"),
  }),
).chain(({ path, operator, text }) =>
  fc.boolean().map((isNegated) => ({
    type: "comparison" as const,
    path,
    operator,
    isNegated,
    values: [{ type: "string" as const, text }],
  }))
);

const pattern = anyPattern(comparison);

/** As it is read again from what is printed. */
function verdictOf(pattern: Pattern): Verdict {
  return verdictOn(printPattern(pattern));
}

Deno.test("evaluate() lets an OR hold when one side holds, an AND when both do", () => {
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      const [one, other] = [verdictOf(a), verdictOf(b)];
      const holds = [one, other].map(({ state }) => state === "holds");
      const of = (type: "OR" | "AND" | "FOLLOWEDBY") =>
        verdictOf({ type, operands: [a, b] });
      assertEquals(of("OR").state === "holds", holds.some((one) => one));
      assertEquals(of("AND").state === "holds", holds.every((one) => one));
      assertEquals(
        of("FOLLOWEDBY").state === "holds",
        holds.every((one) => one),
      );
      if (holds.every((one) => one)) {
        assertEquals(of("AND").unmet, []);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("evaluate() is turned round by NOT", () => {
  const opposite: Readonly<Record<string, readonly string[]>> = {
    holds: ["contradicted", "unknown"],
    contradicted: ["holds"],
    partly: ["unknown"],
    unknown: ["unknown", "holds"],
  };
  fc.assert(
    fc.property(comparison, (one) => {
      const of = (comparison: Comparison) =>
        verdictOf({ type: "observation", condition: comparison });
      const plain = of(one);
      const turned = of({ ...one, isNegated: !one.isNegated });
      const states = opposite[plain.state] ?? [];
      assert(
        states.includes(turned.state) ||
          opposite[turned.state]?.includes(plain.state),
        `${plain.state}, ${turned.state}`,
      );
      assert(plain.state !== "holds" || turned.state !== "holds");
    }),
  );
});

Deno.test("evaluate() meets an IoC only where one is looked for", () => {
  fc.assert(
    fc.property(pattern, (one) => {
      const { met } = verdictOf(one);
      if (met !== undefined) {
        assertEquals(met.ioc.value, "1.2.3.4");
        assert(printPattern(one).includes("'1.2.3.4'"));
      }
    }),
  );
});

Deno.test("evaluate() comes to a verdict, whatever is asked for", () => {
  const paths = fc.constantFrom(
    "domain-name:value",
    "url:value",
    "file:name",
    "network-traffic:dst_ref.value",
    "network-traffic:dst_ref.type",
    "network-traffic:dst_port",
    "network-traffic:protocols[*]",
    "network-traffic:extensions.'http-request-ext'.request_header.Host",
    "file:hashes.MD5",
    "user-agent:value",
  );
  const regex = fc.array(
    fc.constantFrom("a", ".", "*", "+", "(", ")", "[", "]", "\\", "{2,9}", "|"),
    { maxLength: 12 },
  ).map((all) => all.join(""));
  const asked = fc.tuple(anyComparison, paths, regex, fc.boolean()).map((
    [one, path, text, isRegex],
  ) => ({
    ...one,
    path,
    ...isRegex && {
      operator: "MATCHES" as const,
      values: [{ type: "string" as const, text }],
    },
  }));
  const states = new Set<string>();
  fc.assert(
    fc.property(anyPattern(asked), (one) => {
      const { state, met } = evaluate(one, compareWith(FACTS), ALERT);
      states.add(state);
      assert(state !== "contradicted" || met === undefined);
    }),
    { numRuns: 2000 },
  );
  assertEquals(states.size, 4);
});

Deno.test("evaluate() takes linear time for a path that is no path", () => {
  const start = performance.now();
  const path = `x:${"a".repeat(60_000)}_b`;
  assertEquals(verdictOn(`[${path} = '1.2.3.4']`).state, "unknown");
  assert(performance.now() - start < 1000);
});

Deno.test("evaluate() says no more than is read of a pattern with much in it", () => {
  const others = Array.from(
    { length: 1000 },
    (_, n) => `file:name = 'x${n}'`,
  );
  const { state, unmet } = verdictOn(`[${[OURS, ...others].join(" AND ")}]`);
  assertEquals([state, unmet.length], ["partly", 20]);
  const says = sentenceOnUnmet(unmet);
  assert(says.endsWith("; and 15 more"), says);
});
