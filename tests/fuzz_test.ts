/**
 * Alerts and answers that nobody thought of: whatever comes in, what comes out
 * is valid events or one clear error.
 *
 * FUZZ_SEED repeats a run, FUZZ_RUNS makes it longer.
 */
import { assert } from "@std/assert";
import fc from "fast-check";
import { type Alert, parseAlert } from "../lib/alert/alert.ts";
import { encodeEvent } from "../lib/wazuh/encode.ts";
import { AlertError } from "../lib/errors.ts";
import { DEFAULTS } from "../lib/config/defaults.ts";
import { errorEvent, type Event } from "../lib/wazuh/event.ts";
import { matchEvent } from "../lib/wazuh/match_event.ts";
import { matchAnswer } from "../lib/match/answer.ts";
import { questionFor } from "../lib/opencti/question.ts";
import { readResponse } from "../lib/opencti/response.ts";
import { headerFor } from "../lib/wazuh/queue.ts";
import { makeFinder } from "../lib/alert/find.ts";
import { FIND_DEFAULTS } from "./stand_ins/alerts.ts";
import { SOURCES } from "../lib/alert/sources/mod.ts";
import { assertTaken } from "./stand_ins/message.ts";
import { KNOWLEDGE } from "./stand_ins/knowledge.ts";
import { PLACES } from "./stand_ins/places.ts";
import { startOpencti, TOKEN } from "./stand_ins/opencti.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 5000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Date.now() % 2 ** 31);

const FOLDER = new URL("testdata/alerts/", import.meta.url);
const ALERTS = await Promise.all(
  (await Array.fromAsync(Deno.readDir(FOLDER)))
    .map(({ name }) => Deno.readTextFile(new URL(name, FOLDER))),
);

/** What may stand anywhere in an alert or an answer. */
const strange = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: "binary" }),
  fc.constantFrom<unknown>(
    "\ud800",
    "\0",
    "x".repeat(70_000),
    "é".repeat(40_000),
    "a.".repeat(5000),
    "http://".repeat(3000),
    "1.2.3.4",
    "::ffff:1.2.3.4",
    "[ipv4-addr:value = '1.2.3.4']",
    "[".repeat(5000),
    -0,
    1e308,
    "__proto__",
    "constructor",
    Array.from({ length: 3000 }, (_, n) => `h${n}.example`),
    ["ids", "audit_command", "fortigate", "sonicwall", "syscheck_file"],
  ),
);

/** A change to JSON: at which of its places, what, and how. */
const change = fc.record({
  place: fc.nat(),
  how: fc.constantFrom("replace", "delete", "add", "nest", "repeat"),
  key: fc.oneof(
    fc.string(),
    fc.constantFrom("__proto__", "constructor", "a.b", "toString"),
  ),
  value: strange,
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Changes a JSON value at a few of its places. */
function mutate(json: string, changes: readonly Change[]): unknown {
  let root: unknown = JSON.parse(json);
  for (const { place, how, key, value } of changes) {
    const places = placesIn(root);
    const at = places[place % places.length];
    if (at === undefined) return value;
    const { owner, name } = at;
    const old = owner[name];
    if (how === "delete") delete owner[name];
    else if (how === "add") define(owner, key, value);
    else if (how === "nest") define(owner, name, { [key]: old });
    else if (how === "repeat") define(owner, name, [old, old, value]);
    else define(owner, name, value);
    root = JSON.parse(JSON.stringify(root));
  }
  return root;
}

/** As JSON.parse() does: `__proto__` is a key like others. */
function define(owner: Record<string, unknown>, key: string, value: unknown) {
  // JSON has no way to say how long a list is.
  if (Array.isArray(owner) && key === "length") return;
  Object.defineProperty(owner, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly name: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((
    name,
  ) => [{ owner, name }, ...placesIn(owner[name])]);
}

/** Runs a property; if it fails, the error says the seed and the smallest case. */
function check<T>(
  name: string,
  runs: number,
  property: fc.IAsyncProperty<T>,
): Promise<void> {
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${name}: ${runs} runs, FUZZ_SEED=${SEED}\n`),
  );
  return fc.assert(property, { numRuns: runs, seed: SEED });
}

function assertSendable(event: Event, alert: Alert | undefined): void {
  assertTaken(headerFor(alert?.agent) + encodeEvent(event, String));
}

/** The options: nothing is left out. */
const WHATEVER = { ...DEFAULTS, now: new Date(0) };

const opencti = startOpencti(KNOWLEDGE);

/** What the stand-in answers to an alert's question. */
async function answerTo(alert: Alert): Promise<string> {
  const { iocs } = makeFinder(FIND_DEFAULTS)(alert);
  const response = await fetch(`${opencti.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(questionFor(iocs, WHATEVER).question),
  });
  return await response.text();
}

const MATCHING = parseAlert(
  await Deno.readTextFile(new URL("suricata_alert_http.json", FOLDER)),
);
const FILE = parseAlert(
  await Deno.readTextFile(new URL("syscheck_added_linux.json", FOLDER)),
);
const ANSWERS = await Promise.all([MATCHING, FILE].map(answerTo));
await opencti[Symbol.asyncDispose]();

/** All that is between an alert and its messages, with a given answer. */
function lookUp(alert: Alert, body: string): void {
  const { iocs } = makeFinder(FIND_DEFAULTS)(alert);
  assert(iocs.length <= 100);
  const { question } = questionFor(iocs, WHATEVER);
  JSON.stringify(question);
  const outcome = readResponse(
    { status: 200, location: null, body },
    {
      baseUrl: "https://cti.example",
      variables: question.variables,
      places: PLACES,
    },
  );
  if ("failure" in outcome) {
    const { kind, says } = outcome.failure;
    const error = { kind, error: says, alerts: 1 };
    return assertSendable(errorEvent(error, alert), alert);
  }
  const { matches } = matchAnswer(iocs, outcome.answer, {
    ...WHATEVER,
    alert,
    parents: [],
    page: 1,
    max_ind_alerts: 10,
    max_obs_alerts: 10,
  });
  for (const match of matches) {
    const context = {
      ...WHATEVER,
      alert,
      baseUrl: "https://cti.example",
      latencyMs: 1,
    };
    assertSendable(matchEvent(match, context), alert);
  }
}

Deno.test("a mutated alert never crashes, and its events can be sent", async () => {
  let read = 0;
  await check(
    "mutated alerts",
    RUNS,
    fc.asyncProperty(
      fc.constantFrom(...ALERTS),
      fc.array(change, { maxLength: 6 }),
      // deno-lint-ignore require-await
      async (json, changes) => {
        const mutated = JSON.stringify(mutate(json, changes)) ?? "";
        let alert: Alert;
        try {
          alert = parseAlert(mutated);
        } catch (error) {
          assert(error instanceof AlertError, String(error));
          return;
        }
        for (const answer of ANSWERS) lookUp(alert, answer);
        assertSendable(
          errorEvent({ kind: "x", error: "x", alerts: 1 }, alert),
          alert,
        );
        read++;
      },
    ),
  );
  assert(read > RUNS / 2, `${read} of ${RUNS} were read`);
});

Deno.test("an alert that is cut off or garbled is read, or is one clear error", async () => {
  await check(
    "garbled alerts",
    RUNS / 2,
    fc.asyncProperty(
      fc.constantFrom(...ALERTS),
      fc.nat(),
      fc.string({ unit: "binary", maxLength: 4 }),
      // deno-lint-ignore require-await
      async (json, place, garbage) => {
        const at = place % json.length;
        for (
          const text of [
            json.slice(0, at),
            json.slice(0, at) + garbage + json.slice(at + 1),
          ]
        ) {
          try {
            lookUp(parseAlert(text), ANSWERS[0] ?? "");
          } catch (error) {
            assert(error instanceof AlertError, String(error));
          }
        }
      },
    ),
  );
});

Deno.test("a mutated answer never crashes, and its events can be sent", async () => {
  await check(
    "mutated answers",
    Math.max(2000, RUNS / 2),
    fc.asyncProperty(
      fc.constantFrom(...ANSWERS),
      fc.array(change, { maxLength: 6 }),
      fc.nat(),
      // deno-lint-ignore require-await
      async (json, changes, cut) => {
        const mutated = JSON.stringify(mutate(json, changes)) ?? "";
        for (const alert of [MATCHING, FILE]) {
          lookUp(alert, mutated);
          lookUp(alert, mutated.slice(0, cut % (mutated.length + 1)));
        }
      },
    ),
  );
});

Deno.test("10 MB in a field take less than a second", async (t) => {
  const texts = {
    "one letter": "a".repeat(10 << 20),
    "the start of a URL": "http://".repeat(1_500_000),
    "URLs": "http://a.example/x ".repeat(550_000),
    "hex digits": "6375726c20".repeat(1 << 20),
    "blanks and quotes": `' "`.repeat(3_500_000),
    "names and dots": "a.b.".repeat(2_500_000),
    "brackets": "[(".repeat(5 << 20),
    "dstname": "dstname=".repeat(1_300_000),
    "arguments": "a0=61 a1=62 ".repeat(870_000),
  };
  const groups = SOURCES.flatMap(({ groups = [] }) => groups)
    .map((group) => group.replace("*", "x"));
  const alertsWith = (text: string) => [
    { rule: { groups }, full_log: text },
    { rule: { groups }, data: { audit: { execve: { a0: text } } } },
    { rule: { groups }, data: { srcip: text, hostname: text, url: text } },
    {
      rule: { groups },
      data: { dns: { rrname: text }, http: { hostname: text, url: text } },
    },
  ];
  for (const [name, text] of Object.entries(texts)) {
    await t.step(name, () => {
      for (const alert of alertsWith(text)) {
        const read = parseAlert(JSON.stringify(alert));
        // No alert is read by all of them.
        for (const source of SOURCES) {
          const start = performance.now();
          const options = { ...FIND_DEFAULTS, sources: [source] };
          questionFor(makeFinder(options)(read).iocs, WHATEVER);
          const ms = performance.now() - start;
          assert(ms < 1000, `${ms} ms: ${source.name}, ${Object.keys(alert)}`);
        }
      }
    });
  }
});
