/**
 * Alerts and answers that are made to take time: none takes more than in
 * proportion to its size, nor more than a run has, and the program can be
 * stopped meanwhile.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Alert, parseAlert } from "../../lib/alert/alert.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { encodeEvent } from "../../lib/wazuh/encode.ts";
import { errorEvent } from "../../lib/wazuh/event.ts";
import { matchEvent } from "../../lib/wazuh/match_event.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import { type TextKind } from "../../lib/alert/kinds.ts";
import { matchAnswer } from "../../lib/match/answer.ts";
import { matchKey } from "../../lib/match/match.ts";
import { questionFor } from "../../lib/opencti/question.ts";
import { readResponse } from "../../lib/opencti/response.ts";
import { makeFinder } from "../../lib/alert/find.ts";
import { type Sweep, SWEEPS } from "../../lib/alert/texts.ts";
import { FIND_DEFAULTS } from "../stand_ins/alerts.ts";
import { SOURCES } from "../../lib/alert/sources/mod.ts";
import { startTcp } from "../stand_ins/network.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { PLACES } from "../stand_ins/places.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram, SLACK_MS } from "../stand_ins/program.ts";
import { makeHome } from "../stand_ins/home.ts";
import { fillQueue, startQueue } from "../stand_ins/queue.ts";

/** So long SIGTERM may have to wait on a slow machine; on others half of it. */
const MOST_MS = 1000;

/** What a busy machine may add to any time. */
const NOISE_MS = 100;

/** The shortest of three times; what is quick, or far too slow, has one. */
function bestMs(prepare: () => () => void): number {
  let best = Infinity;
  for (let n = 0; n < 3 && best > NOISE_MS; n++) {
    const work = prepare();
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
    if (best > 3 * MOST_MS) break;
  }
  return best;
}

/** Twice as much takes twice as long at the most, or so; and not too long. */
function assertBounded(n: number, prepare: (n: number) => () => void): void {
  const once = bestMs(() => prepare(n));
  assert(once < MOST_MS, `${once} ms for ${n}`);
  const twice = bestMs(() => prepare(2 * n));
  const says = `${once} ms for ${n}, ${twice} ms for ${2 * n}`;
  assert(twice < 3 * once + NOISE_MS, says);
  assert(twice < MOST_MS, says);
}

/** The groups of all sources: who can write these is read by all. */
const GROUPS = SOURCES.flatMap(({ groups = [] }) => groups)
  .map((group) => group.replace("*", "x"));

/** All paths that sources read. */
const PATHS = [
  ...new Set(
    SOURCES.flatMap(({ fields }) => fields)
      .flatMap(({ path, port, host }) => [path, port ?? [], host ?? []].flat()),
  ),
];

type Members = Record<string, unknown>;

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An alert that all sources read, with something at these paths. */
function alertWith(value: unknown, paths: readonly string[] = PATHS): Members {
  const alert: Members = { rule: { groups: GROUPS } };
  for (const path of paths) {
    let owner = alert;
    const names = path.replaceAll("[]", "").split(".");
    const last = names.pop() ?? "";
    for (const name of names) {
      const inner = owner[name];
      const next = isMembers(inner) ? inner : {};
      owner[name] = next;
      owner = next;
    }
    owner[last] ??= value;
  }
  return alert;
}

function list<T>(length: number, entry: (n: number) => T): T[] {
  return Array.from({ length }, (_, n) => entry(n));
}

/** So many entries for each of all paths. */
function everywhere(length: number, entry: (n: number) => string): Members {
  return alertWith(list(Math.floor(length / PATHS.length), entry));
}

interface Hostile {
  /** The size that is doubled. */
  readonly n: number;
  /** An alert, or its JSON. */
  readonly make: (n: number) => unknown;
}

const HOSTILE_ALERTS: Readonly<Record<string, Hostile>> = {
  "16 000 addresses, each with its port": {
    n: 8000,
    make: (n) => ({
      rule: { groups: ["ids"] },
      data: { dest_ip: list(n, () => "1"), dest_port: list(n, () => "2") },
    }),
  },
  "as many paths, each with its host and port": {
    n: 2000,
    make: (n) => ({
      rule: { groups: ["fortigate"] },
      data: {
        url: list(n, (n) => `/${n}`),
        hostname: list(n, (n) => `h${n}.example`),
        dstport: list(n, () => "81"),
      },
    }),
  },
  "texts of quotes": {
    n: 100,
    make: (n) =>
      alertWith(list(n, () => `x${"'".repeat(4000)}x`), [
        "data.url",
        "data.srcip",
        "data.hostname",
      ]),
  },
  "one letter, over and over, in all fields": {
    n: 500_000,
    make: (n) => everywhere(n, () => "1"),
  },
  "hosts in all fields": {
    n: 100_000,
    make: (n) => everywhere(n, (n) => `h${n}.example`),
  },
  "addresses in all fields": {
    n: 150_000,
    make: (n) =>
      everywhere(n, (n) => `9.${n >> 16}.${(n >> 8) % 256}.${n % 256}`),
  },
  "hosts in an alert in an alert": {
    n: 100_000,
    make: (n) => ({
      rule: { groups: ["active_response"] },
      data: {
        parameters: { alert: everywhere(n, (n) => `h${n}.example`) },
      },
    }),
  },
  "hosts whose letters are costly": {
    n: 500,
    make: (n) => {
      const letters = String.fromCharCode(...list(1300, (n) => 0x4e00 + n));
      const name = letters.replace(/.{20}/g, "$&.");
      return alertWith(list(n, (n) => `http://h${n}.${name}`), ["data.url"]);
    },
  },
  "what looks like IPv6 addresses": {
    n: 500,
    make: (n) =>
      alertWith(list(n, (n) => `${n}${":1".repeat(2000)}`), ["data.srcip"]),
  },
  "URLs in URLs": {
    n: 500,
    make: (n) =>
      alertWith(
        list(
          n,
          (n) => `http://${n}.c;,&`.repeat(11) + "a".repeat(3800),
        ),
        ["data.url"],
      ),
  },
  "a log of XML": {
    n: 150_000,
    make: (n) => ({
      rule: { groups: GROUPS },
      full_log: "<Event>&lt;".repeat(n),
    }),
  },
  "groups": {
    n: 200_000,
    make: (n) => ({ rule: { groups: list(n, (n) => `a${n}`) } }),
  },
  "objects in the place of one": {
    n: 700_000,
    make: (n) => ({
      rule: { groups: GROUPS },
      data: { dns: list(n, () => ({})) },
    }),
  },
  "arguments": {
    n: 150_000,
    make: (n) => ({
      rule: { groups: ["audit_command"] },
      full_log: `type=EXECVE msg=audit(1:2):${
        list(n, (n) => ` a${n}=61`).join("")
      }`,
    }),
  },
};

/** For alerts that no source reads. */
const HOSTILE_UNREAD: Readonly<Record<string, Hostile>> = {
  "objects in objects": {
    n: 300_000,
    make: (n) => `{"data":${'{"a":'.repeat(n)}"1.2.3.4"${"}".repeat(n)}}`,
  },
  "a name of megabytes": {
    n: 1_000_000,
    make: (n) => ({
      data: {
        ["k".repeat(n)]: Object.fromEntries(
          list(1000, (n) => [`x${n}`, "1.2.3.4"]),
        ),
      },
    }),
  },
};

/** All that is done with an alert before OpenCTI is asked, and its error. */
function readAlert(alert: Alert, sweep: Sweep): void {
  const { iocs } = makeFinder({ ...FIND_DEFAULTS, sweep })(alert);
  questionFor(iocs, { ...DEFAULTS, now: new Date(0) });
  const error = { kind: "x", error: "x", alerts: 1 };
  encode(errorEvent(error, alert));
}

function encode(event: Parameters<typeof encodeEvent>[0]): void {
  encodeEvent(event, (text) => text.replaceAll("s3cret", ""));
}

for (const sweep of SWEEPS) {
  Deno.test(`with the sweep ${sweep}, an alert takes time in proportion, and not for long`, async (t) => {
    const all = { ...HOSTILE_ALERTS, ...HOSTILE_UNREAD };
    for (const [name, { n, make }] of Object.entries(all)) {
      await t.step(name, () => {
        assertBounded(n, (n) => {
          const made = make(n);
          const json = typeof made === "string" ? made : JSON.stringify(made);
          const alert = parseAlert(json);
          return () => readAlert(alert, sweep);
        });
      });
    }
  });
}

const PATTERN = "[ipv4-addr:value = '9.9.9.9' OR ipv4-addr:value = '1.2.3.4']";

function edges(nodes: readonly unknown[]) {
  return { edges: nodes.map((node) => ({ node })) };
}

function observable(id: string, fields: Members = {}): Members {
  return {
    id,
    entity_type: "IPv4-Addr",
    observable_value: "9.9.9.9",
    indicators: edges([]),
    stixCoreRelationships: edges([]),
    ...fields,
  };
}

function indicators(length: number, fields: Members = {}): Members {
  return edges(list(length, (n) => ({ id: `i${n}`, ...fields })));
}

/** By name: the size that is doubled, and the response. */
const HOSTILE_ANSWERS: Readonly<Record<string, Hostile>> = {
  "80 000 indicators": {
    n: 40_000,
    make: (n) => ({ data: { exact: indicators(n, { pattern: PATTERN }) } }),
  },
  "indicators of no match": {
    n: 80_000,
    make: (n) => ({ data: { exact: indicators(n) } }),
  },
  "indicators that are left out": {
    n: 20_000,
    make: (n) => ({
      data: { exact: indicators(n, { pattern: PATTERN, confidence: 1 }) },
    }),
  },
  "indicators that are none": {
    n: 200_000,
    make: (n) => ({ data: { exact: edges(list(n, () => ({}))) } }),
  },
  "observables, each with an indicator": {
    n: 30_000,
    make: (n) => ({
      data: {
        values: edges(
          list(
            n,
            (n) =>
              observable(`o${n}`, { indicators: edges([{ id: `i${n}` }]) }),
          ),
        ),
      },
    }),
  },
  "an observable with many indicators": {
    n: 100_000,
    make: (n) => ({
      data: {
        values: edges([observable("o", { indicators: indicators(n) })]),
      },
    }),
  },
  "an observable with many relationships": {
    n: 40_000,
    make: (n) => ({
      data: {
        values: edges([
          observable("o", {
            stixCoreRelationships: edges(list(n, (n) => ({
              relationship_type: "related-to",
              from: observable(`p${n}`, { indicators: indicators(3) }),
              to: observable("o"),
            }))),
          }),
        ]),
      },
    }),
  },
  "labels, markings and phases that are none": {
    n: 400_000,
    make: (n) => {
      const none = list(n, () => 1);
      return {
        data: {
          exact: indicators(4, {
            pattern: PATTERN,
            objectLabel: none,
            objectMarking: none,
            killChainPhases: none,
          }),
        },
      };
    },
  },
  "a pattern of 14 MB": {
    n: 1_750_000,
    make: (n) => ({
      data: {
        exact: indicators(1, {
          pattern: `[ipv4-addr:value IN (${"'1',".repeat(n)}`,
        }),
      },
    }),
  },
  "patterns of costly addresses": {
    n: 2000,
    make: (n) => ({
      data: {
        exact: indicators(200, {
          pattern: `[ipv6-addr:value IN (${"'2a00::1',".repeat(n)}`,
        }),
      },
    }),
  },
  "errors": {
    n: 10_000,
    make: (n) => ({ errors: list(n, (n) => ({ message: `m${n}` })) }),
  },
};

function iocOf(kind: TextKind, text: string): Ioc {
  const ioc = toIoc({ kind, text, field: "f" });
  assert("spellings" in ioc, `${text} is an IoC`);
  return ioc;
}

const IOCS = [iocOf("address", "9.9.9.9"), iocOf("md5", "b".repeat(32))];

/** All that is done with an answer. */
function readAnswer(body: string, alert: Alert): void {
  const outcome = readResponse({ status: 200, location: null, body }, {
    baseUrl: "https://cti.example",
    variables: { askPartial: true, askValues: true, askFiles: true },
    places: PLACES,
  });
  if ("failure" in outcome) return;
  const options = {
    ...DEFAULTS,
    max_ind_alerts: 50,
    max_obs_alerts: 50,
    now: new Date(0),
  };
  for (const min_confidence of [0, 50]) {
    const { matches } = matchAnswer(IOCS, outcome.answer, {
      ...MATCHING,
      ...options,
      alert,
      min_confidence,
    });
    for (const match of matches) {
      const baseUrl = "https://cti.example";
      matchKey(match);
      encode(matchEvent(match, { ...options, alert, baseUrl, latencyMs: 1 }));
    }
  }
}

Deno.test("an answer takes time in proportion, and not for long", async (t) => {
  for (const [name, { n, make }] of Object.entries(HOSTILE_ANSWERS)) {
    await t.step(name, () => {
      assertBounded(n, (n) => {
        const body = JSON.stringify(make(n));
        const alert = parseAlert("{}");
        return () => readAnswer(body, alert);
      });
    });
  }
});

Deno.test("the events of a long alert take time in proportion, and not for long", async (t) => {
  const cases: Readonly<Record<string, Hostile>> = {
    "answers of DNS": {
      n: 150_000,
      make: (n) => ({
        data: { dns: { answers: list(n, () => ({ rdata: "1" })) } },
      }),
    },
    "arguments": {
      n: 100_000,
      make: (n) => ({
        full_log: `type=EXECVE msg=audit(1:2):${
          list(n, (n) => ` a${n}=61`).join("")
        }`,
      }),
    },
    "an argument in hexadecimal digits": {
      n: 500_000,
      make: (n) => ({
        full_log: `type=EXECVE msg=audit(1:2): a0=${"61".repeat(n)}`,
      }),
    },
  };
  const exact = indicators(50, { pattern: PATTERN });
  const body = JSON.stringify({ data: { exact } });
  for (const [name, { n, make }] of Object.entries(cases)) {
    await t.step(name, () => {
      assertBounded(n, (n) => {
        const alert = parseAlert(JSON.stringify(make(n)));
        return () => readAnswer(body, alert);
      });
    });
  }
});

/** A call of the program, and when it must end. */
interface BoundedCall {
  readonly alert: unknown;
  readonly url: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly onStart?: (process: Deno.ChildProcess) => void;
}

async function run(
  home: string,
  { alert, url, options, onStart }: BoundedCall,
) {
  const path = `${home}/alert.json`;
  await Deno.writeTextFile(path, JSON.stringify(alert));
  const optionsFile = options === undefined ? "" : `${home}/options.json`;
  if (options) await Deno.writeTextFile(optionsFile, JSON.stringify(options));
  return await runProgram(
    home,
    [path, TOKEN, url, "", optionsFile, "10", "0"],
    onStart && { onStart },
  );
}

const MALICIOUS = "185.244.31.158";

/** An alert of 64 kB, and what OpenCTI knows of it. */
const LONG_ALERT = {
  rule: { groups: ["ids"] },
  data: {
    src_ip: MALICIOUS,
    dest_ip: list(16_000, () => "1"),
    dest_port: list(16_000, () => "2"),
  },
};
const KNOWN = {
  indicators: list(25, (n) => ({
    id: `i${n}`,
    name: `n${n}`,
    pattern: `[ipv4-addr:value = '${MALICIOUS}'${" ".repeat(n)}]`,
    x_opencti_score: n,
  })),
  observables: [],
};

function typesOf(messages: readonly string[]): string[] {
  return messages.map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti.event_type
  );
}

/** 80 000 indicators, where fifty were asked for, then five hundred. */
function startLavish() {
  const pattern = `[ipv4-addr:value = '${MALICIOUS}']`;
  const empty = edges([]);
  const data = {
    exact: indicators(80_000, { pattern }),
    partial: empty,
    values: empty,
  };
  return startOpencti(KNOWN, { respond: () => Response.json({ data }) });
}

Deno.test("custom-opencti ends in time, however long the alert or the answer", async (t) => {
  await t.step("an alert with 16 000 entries", async () => {
    const home = await makeHome();
    await using opencti = startOpencti({
      ...KNOWN,
      indicators: KNOWN.indicators.slice(0, 1),
    });
    await using queue = startQueue(home);
    const { status, stderr, ms } = await run(home, {
      alert: LONG_ALERT,
      url: opencti.url,
      options: { total_timeout: 1 },
    });
    assertEquals(status, 0, stderr);
    assertEquals(typesOf(await queue.receive(1)), ["indicator_pattern_match"]);
    assert(ms < 1000 + SLACK_MS, `${ms} ms`);
  });
  await t.step("an answer with 80 000 indicators", async () => {
    const home = await makeHome();
    await using opencti = startLavish();
    await using queue = startQueue(home);
    const { status, stderr, ms } = await run(home, {
      alert: { rule: { groups: ["ids"] }, data: { src_ip: MALICIOUS } },
      url: opencti.url,
      options: { total_timeout: 2 },
    });
    assertEquals(status, 0, stderr);
    assertEquals(typesOf(await queue.receive(4)), [
      ...Array(3).fill("indicator_pattern_match"),
      "error",
    ]);
    assert(ms < 2000 + SLACK_MS, `${ms} ms`);
    const log = await Deno.readTextFile(`${home}/logs/integrations.log`);
    assertStringIncludes(
      log,
      "matches to emit: 3 of 500, OpenCTI has more exact",
    );
  });
});

Deno.test("custom-opencti acts on SIGTERM at once, however long the alert or the answer", async (t) => {
  /** How long after the signal it ended. It would go on: the queue is full. */
  async function stop(
    call: Omit<BoundedCall, "onStart">,
    when: Promise<unknown>,
  ): Promise<number> {
    let stoppedAt = Infinity;
    const home = await makeHome();
    const empty = await fillQueue(home);
    const { signal } = await run(home, {
      ...call,
      onStart: async (process) => {
        await when;
        stoppedAt = performance.now();
        process.kill("SIGTERM");
      },
    });
    const endedAt = performance.now();
    await empty();
    assertEquals(signal, null, "it ends by itself");
    return endedAt - stoppedAt;
  }
  await t.step("an alert with 16 000 entries", async () => {
    // It says nothing.
    await using silent = startTcp(async (connection) => {
      while (await connection.read(new Uint8Array(4096)) !== null);
    });
    const ms = await stop(
      { alert: LONG_ALERT, url: `http://127.0.0.1:${silent.port}` },
      new Promise((resolve) => setTimeout(resolve, 1000 + SLACK_MS)),
    );
    assert(ms < 500 + SLACK_MS, `${ms} ms`);
  });
  await t.step("an answer with 80 000 indicators", async () => {
    const asked = Promise.withResolvers<void>();
    await using lavish = startLavish();
    await using front = startOpencti(KNOWN, {
      respond: async (_, count) => {
        const { body } = await fetch(`${lavish.url}/graphql`, {
          method: "POST",
          body: "{}",
        });
        // Until then it has the answer, and reads it.
        if (count === 1) setTimeout(asked.resolve, 300);
        return new Response(body);
      },
    });
    const ms = await stop({
      alert: { rule: { groups: ["ids"] }, data: { src_ip: MALICIOUS } },
      url: front.url,
    }, asked.promise);
    assert(ms < 500 + SLACK_MS, `${ms} ms`);
  });
});

Deno.test("custom-opencti emits as many indicators and observables as the options say", async (t) => {
  const observables = list(25, (n) => ({
    id: `o${n}`,
    entity_type: "IPv4-Addr",
    observable_value: MALICIOUS,
    indicators: [`i${n}`],
  }));
  const cases = [
    ["indicators", KNOWN, { max_ind_alerts: 20 }, "indicator_pattern_match"],
    [
      "observables",
      {
        indicators: KNOWN.indicators.map((one) => ({ ...one, pattern: "x" })),
        observables,
      },
      { max_obs_alerts: 20 },
      "observable_with_indicator",
    ],
  ] as const;
  for (const [name, knowledge, options, type] of cases) {
    await t.step(name, async () => {
      const home = await makeHome();
      await using opencti = startOpencti(knowledge);
      await using queue = startQueue(home);
      const { status, stderr } = await run(home, {
        alert: { rule: { groups: ["ids"] }, data: { src_ip: MALICIOUS } },
        url: opencti.url,
        options,
      });
      assertEquals(status, 0, stderr);
      const types = typesOf(await queue.receive(20));
      assertEquals(types, list(20, () => type));
      assertEquals(queue.waiting, []);
    });
  }
});

Deno.test("custom-opencti is quick with an alert that is no JSON, and mostly empty lines", async () => {
  const home = await makeHome();
  await using _queue = startQueue(home);
  const path = `${home}/tmp/alert.json`;
  await Deno.writeTextFile(path, `}${"\n".repeat(400_000)}x`);
  const { status, ms } = await runProgram(home, [
    path,
    TOKEN,
    "https://cti.example",
  ]);
  assertEquals(status, 1);
  assert(ms < SLACK_MS + 5000, `${ms} ms`);
});
