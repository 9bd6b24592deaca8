import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";
import { makeHome } from "../stand_ins/home.ts";
import { startQueue } from "../stand_ins/queue.ts";

const ALERTS = new URL("../testdata/alerts/", import.meta.url).pathname;

/** A product that is not built in, as its owner's rules and decoder see it. */
const ACME = {
  id: "7.1",
  rule: { id: "100100", groups: ["acme_proxy"] },
  decoder: { name: "acme" },
  data: { peer: "185.244.31.158", verdict: "blocked", own: "9.9.9.9" },
  full_log: "acme: peer=185.244.31.158 sni=morrishittu.ddns.net;",
};

const ACME_SOURCE = {
  name: "acme",
  groups: ["acme_*"],
  when: [{ field: "data.verdict", equals: "allowed", not: true }],
  fields: [
    { path: "data.peer", kind: "address" },
    { path: "full_log", pattern: "sni=(?<host>[^;]+)" },
  ],
};

const KNOWN = {
  indicators: [
    {
      id: "i1",
      name: "Peer",
      pattern: "[ipv4-addr:value = '185.244.31.158']",
    },
    {
      id: "i2",
      name: "Name",
      pattern: "[domain-name:value = 'morrishittu.ddns.net']",
    },
  ],
  observables: [],
};

/** Runs one alert with this configuration file; how many events must come? */
async function run(
  { config, alert = ACME, options, events, files = {} }: {
    readonly config?: unknown;
    readonly alert?: object | string;
    readonly options?: object;
    readonly events: number;
    readonly files?: Readonly<Record<string, string>>;
  },
) {
  const home = await makeHome();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${home}/${name}`, text);
  }
  const inHome = (value: unknown) =>
    JSON.stringify(value).replaceAll("HOME", home);
  if (config !== undefined) {
    const text = typeof config === "string" ? config : inHome(config);
    await Deno.writeTextFile(`${home}/etc/opencti.json`, text);
  }
  const file = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(
    file,
    typeof alert === "string"
      ? await Deno.readTextFile(`${ALERTS}${alert}.json`)
      : JSON.stringify(alert),
  );
  const optionsFile = options === undefined ? "" : `${home}/tmp/options.json`;
  if (options !== undefined) {
    await Deno.writeTextFile(optionsFile, inHome(options));
  }
  await using opencti = startOpencti(KNOWN);
  await using queue = startQueue(home);
  const { status, stderr } = await runProgram(home, [
    file,
    TOKEN,
    opencti.url,
    "debug",
    optionsFile,
  ]);
  const messages = await queue.receive(events);
  assertEquals(queue.waiting, []);
  return {
    home,
    status,
    log: stderr,
    asked: opencti.requests.map(({ body }) => body.variables),
    events: messages.map((message) =>
      JSON.parse(message.slice(message.indexOf("{"))).opencti
    ),
  };
}

function valuesOf(events: readonly { readonly ioc?: { value: string } }[]) {
  return events.map(({ ioc }) => ioc?.value).sort();
}

Deno.test("a source of the user's own is read from the configuration file", async () => {
  const { status, log, events } = await run({
    config: { $schema: "opencti.schema.json", sources: [ACME_SOURCE] },
    events: 2,
  });
  assertEquals(status, 0);
  assertStringIncludes(log, "sources that read it: acme\n");
  assertEquals(valuesOf(events), ["185.244.31.158", "morrishittu.ddns.net"]);
});

Deno.test("a source of the user's own reads an alert in an alert, too", async () => {
  const { log, events } = await run({
    config: { sources: [ACME_SOURCE] },
    alert: {
      id: "7.2",
      rule: { groups: ["active_response"] },
      data: { parameters: { alert: ACME } },
    },
    events: 2,
  });
  assertStringIncludes(log, "in data.parameters.alert.data.peer\n");
  assertEquals(valuesOf(events), ["185.244.31.158", "morrishittu.ddns.net"]);
});

Deno.test("the options may name another configuration file", async () => {
  const { events } = await run({
    options: { config: "HOME/etc/other.json" },
    files: { "etc/other.json": JSON.stringify({ sources: [ACME_SOURCE] }) },
    events: 2,
  });
  assertEquals(valuesOf(events), ["185.244.31.158", "morrishittu.ddns.net"]);
});

Deno.test("a condition of a source is kept to", async () => {
  const { status, log } = await run({
    config: { sources: [ACME_SOURCE], sweep: "off" },
    alert: { ...ACME, data: { ...ACME.data, verdict: "allowed" } },
    events: 0,
  });
  assertEquals(status, 0);
  assertStringIncludes(log, "sources that read it: none\n");
  assertStringIncludes(log, "by their conditions, not for: acme\n");
});

Deno.test("a source that is built in can be switched off, or read other fields", async (t) => {
  const sshd = "sshd_accepted";
  await t.step("as it is", async () => {
    const { events } = await run({ alert: sshd, events: 1 });
    assertEquals(valuesOf(events), ["185.244.31.158"]);
  });
  await t.step("switched off", async () => {
    const { log } = await run({
      alert: sshd,
      config: { sources: [{ name: "sshd", enabled: false }], sweep: "all" },
      events: 0,
    });
    assertStringIncludes(
      log,
      "skipped: 185.244.31.158 in data.srcip: the source is switched off",
    );
  });
  await t.step("other fields", async () => {
    const { log } = await run({
      alert: sshd,
      config: {
        sources: [{
          name: "sshd",
          fields: [{ path: "data.dstuser", kind: "host" }],
        }],
      },
      events: 0,
    });
    assertStringIncludes(log, "skipped: bob in data.dstuser: no IP");
    assertStringIncludes(
      log,
      "skipped: 185.244.31.158 in data.srcip: the source reads other fields",
    );
  });
});

Deno.test("a mistake is reported with its place, and the rest works", async (t) => {
  const cases = {
    "an unknown word": [
      { sources: [{ ...ACME_SOURCE, feilds: [] }] },
      'sources[0].feilds: unknown, did you mean "fields"?',
    ],
    "no JSON": ['{"sources": [', "opencti.json: it is not JSON"],
    "a new source without fields": [
      { sources: [{ name: "acme", groups: ["acme"] }] },
      'Mistakes in the configuration: sources: "acme" is not built in, so it',
    ],
    "a list that is not there": [
      { ignore: { files: ["/none.txt"] } },
      "Cannot read the list /none.txt of ignore.files: there is no such file",
    ],
  } as const;
  for (const [name, [config, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { home, status, log, events } = await run({
        config,
        alert: "sshd_accepted",
        events: 2,
      });
      assertEquals(status, 0);
      const error = events.find(({ event_type }) => event_type === "error");
      assertStringIncludes(error?.error ?? "", says);
      assertStringIncludes(log, says);
      if (name === "an unknown word") {
        assertStringIncludes(log, `${home}/etc/opencti.json: sources`);
      }
      const match = events.find(({ ioc }) => ioc !== undefined);
      assertEquals(match?.ioc.value, "185.244.31.158");
    });
  }
  await t.step(
    "a file that the options name, and that is not there",
    async () => {
      const { status, events } = await run({
        options: { config: "/none.json" },
        alert: "sshd_accepted",
        events: 2,
      });
      assertEquals(status, 0);
      assert(
        events.some(({ error }) =>
          error?.includes("the configuration /none.json: it cannot be read: ")
        ),
      );
    },
  );
});

Deno.test("the sweep finds what no source reads, as far as it is wanted", async (t) => {
  const alert = {
    id: "8.1",
    rule: { groups: ["own"] },
    data: {
      app: {
        SrcIP: "185.244.31.158",
        srcip: "none",
        dns: [{ queryName: "morrishittu.ddns.net" }],
        version: "16.0.5.1",
        resolver: "9.9.9.9",
      },
    },
  };
  await t.step("off", async () => {
    const { asked } = await run({ alert, config: { sweep: "off" }, events: 0 });
    assertEquals(asked, []);
  });
  const found = {
    "by default": {},
    "generic": { sweep: "off", generic: true },
  };
  for (const [name, config] of Object.entries(found)) {
    await t.step(name, async () => {
      const { log, events } = await run({ alert, config, events: 2 });
      assertEquals(valuesOf(events), [
        "185.244.31.158",
        "morrishittu.ddns.net",
      ]);
      assertEquals(
        events.map(({ ioc }) => ioc?.source),
        ["sweep", "sweep"],
      );
      for (const text of ["16.0.5.1", "9.9.9.9"]) {
        assert(!log.includes(text), "what is no IoC by its name");
      }
    });
  }
  await t.step("what only all finds is less severe", async () => {
    const log = {
      id: "8.2",
      full_log: "lookup of morrishittu.ddns.net failed",
    };
    const { events } = await run({
      alert: log,
      config: { sweep: "all" },
      events: 1,
    });
    assertEquals(events.map(({ severity }) => severity), ["low"]);
  });
});

Deno.test("what is on a list is not asked for, and the debug log says which", async (t) => {
  const config = (ignore: object) => ({ sources: [ACME_SOURCE], ignore });
  const cases: Readonly<Record<string, readonly [object, string, string]>> = {
    "addresses": [
      { addresses: ["185.244.0.0/16"] },
      'ignore.addresses has "185.244.0.0/16"',
      "morrishittu.ddns.net",
    ],
    "domains": [
      { domains: ["ddns.net"] },
      'ignore.domains has "ddns.net"',
      "185.244.31.158",
    ],
    "a file": [
      { files: ["HOME/etc/list.txt"] },
      '/etc/list.txt has "185.244.31.158/32"',
      "morrishittu.ddns.net",
    ],
    "a warning list of MISP": [
      { files: ["HOME/etc/misp.json"] },
      '/etc/misp.json has "ddns.net"',
      "185.244.31.158",
    ],
  };
  for (const [name, [ignore, says, left]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { log, events, asked } = await run({
        config: config(ignore),
        files: {
          "etc/list.txt": "# ours\n185.244.31.158\n",
          "etc/misp.json": '{"type":"hostname","list":["ddns.net"]}',
        },
        events: 1,
      });
      assertStringIncludes(log, says);
      assertEquals(valuesOf(events), [left]);
      assertEquals(JSON.stringify(asked).includes(left), true);
    });
  }
});

Deno.test("kinds says which kinds are asked for", async (t) => {
  const alert = {
    id: "9.1",
    rule: { groups: ["paloalto"] },
    data: { user_agent: "Evil/1.0", source_address: "185.244.31.158" },
  };
  await t.step("user agents are off", async () => {
    const { log } = await run({ alert, events: 1 });
    assertStringIncludes(
      log,
      "skipped: Evil/1.0 in data.user_agent: kinds.user_agent is false",
    );
  });
  await t.step("user agents on, addresses off", async () => {
    const { log, asked } = await run({
      alert,
      config: { kinds: { user_agent: true, ipv4: false } },
      events: 0,
    });
    assertStringIncludes(log, "kinds.ipv4 is false");
    assertEquals(asked[0]?.["types"], ["User-Agent"]);
    assertStringIncludes(
      JSON.stringify(asked[0]?.["exact"]),
      "[user-agent:value = 'Evil/1.0']",
    );
  });
});
