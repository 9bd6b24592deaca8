/**
 * What an answer comes to: the requests that a hit takes, and what is emitted
 * where OpenCTI has much, or fails half-way.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AskMore, readAnswer } from "../../lib/run/answer.ts";
import type { MatchOptions } from "../../lib/match/answer.ts";
import { OpenctiError } from "../../lib/errors.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import { type Question, questionFor } from "../../lib/opencti/question.ts";
import { answerTo } from "../stand_ins/look_up.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import {
  type Knowledge,
  type KnownIndicator,
  startOpencti,
} from "../stand_ins/opencti.ts";

const ADDRESS = "203.0.114.7";
const EXACT = `[ipv4-addr:value = '${ADDRESS}']`;

function iocOf(text: string): Ioc {
  const ioc = toIoc({ kind: "address", text, field: "f" });
  assert("spellings" in ioc);
  return ioc;
}

function many(
  count: number,
  make: (n: number) => Omit<KnownIndicator, "id" | "name">,
): KnownIndicator[] {
  return Array.from(
    { length: count },
    (_, n) => ({ id: `crowd ${n}`, name: "n", ...make(n) }),
  );
}

/** Looks an address up as a run does; `fail` decides what cannot be asked. */
async function lookUp(
  knowledge: Partial<Knowledge>,
  { fail = () => false, ...options }: Partial<MatchOptions> & {
    readonly fail?: (question: Question) => boolean;
  } = {},
) {
  await using opencti = startOpencti({
    indicators: [],
    observables: [],
    ...knowledge,
  });
  const iocs = [iocOf(ADDRESS)];
  const { question } = questionFor(iocs, MATCHING);
  const replyTo = async (question: Question) => ({
    answer: await answerTo(opencti.url, question),
    problems: [],
    latencyMs: 1,
  });
  const askMore: AskMore = async (question) =>
    fail(question)
      ? new OpenctiError("OpenCTI is too slow", "too_slow")
      : await replyTo(question);
  const read = await readAnswer(question, await replyTo(question), {
    ...MATCHING,
    ...options,
    iocs,
    askMore,
    baseUrl: opencti.url,
  });
  return {
    ...read,
    ids: read.events.map(({ match }) => match.indicator.id),
    requests: opencti.requests.map(({ body }) => body),
  };
}

const OURS = { id: "ours", name: "ours" };

/** What could keep out an indicator of the address alone. */
const CROWDS: Readonly<Record<string, readonly KnownIndicator[]>> = {
  "URLs on the address": many(600, (n) => ({
    pattern: `[url:value = 'http://${ADDRESS}/${n}']`,
    x_opencti_score: 90,
  })),
  "patterns with more in them": many(100, (n) => ({
    pattern: `[ipv4-addr:value = '${ADDRESS}' AND file:name = 'x${n}']`,
    x_opencti_score: 90,
  })),
  "revoked ones": many(100, (n) => ({
    pattern: `[ipv4-addr:value = '${ADDRESS}' OR file:name = 'x${n}']`,
    x_opencti_score: 90,
    revoked: true,
  })),
};

Deno.test("readAnswer() emits what is in full and active, however much is known besides", async (t) => {
  const patterns = [
    EXACT,
    `[ipv4-addr:value = '${ADDRESS}' OR ipv4-addr:value = '9.9.9.9']`,
    `[ipv4-addr:value IN ('9.9.9.9', '${ADDRESS}')]`,
  ];
  for (const [name, crowd] of Object.entries(CROWDS)) {
    for (const pattern of patterns) {
      await t.step(`${name}: ${pattern}`, async () => {
        const ours = { ...OURS, pattern, x_opencti_score: 10 };
        const { ids, notes } = await lookUp({ indicators: [...crowd, ours] });
        assertEquals(ids[0], "ours");
        assertEquals(notes, []);
      });
    }
  }
  await t.step("of an observable's indicators too", async () => {
    const indicators = [
      ...many(100, (n) => ({
        pattern: `[file:name = 'x${n}']`,
        x_opencti_score: 90,
        revoked: true,
      })),
      { ...OURS, pattern: "[file:name = 'y']", x_opencti_score: 10 },
    ];
    const { ids, notes } = await lookUp({
      indicators,
      observables: [{
        id: "o",
        entity_type: "IPv4-Addr",
        observable_value: ADDRESS,
        indicators: indicators.map(({ id }) => id),
      }],
    });
    assertEquals([ids, notes], [["ours"], []]);
  });
});

Deno.test("readAnswer() compares by regular expressions where there are some", async (t) => {
  const cases = [
    ["^203\\\\.", ["indicator_pattern_match"]],
    ["^204\\\\.", ["indicator_partial_pattern_match"]],
  ] as const;
  for (const [regex, types] of cases) {
    await t.step(regex, async () => {
      const pattern =
        `[ipv4-addr:value = '${ADDRESS}' AND ipv4-addr:value MATCHES '${regex}']`;
      const { events } = await lookUp({ indicators: [{ ...OURS, pattern }] });
      assertEquals(events.map(({ match }) => match.type), [...types]);
    });
  }
});

Deno.test("readAnswer() reads a second page only if the first was cut off", async () => {
  const of = async (count: number) => {
    const indicators = many(count, (n) => ({
      pattern: `[ipv4-addr:value = '${ADDRESS}' AND file:name = 'x${n}']`,
    }));
    const { requests } = await lookUp({ indicators });
    return requests.map(({ variables }) => variables["first"]);
  };
  assertEquals(await of(0), [undefined]);
  assertEquals(await of(1), [undefined, 1]);
  assertEquals(await of(49), [undefined, 3]);
  assertEquals(await of(60), [undefined, 500, 3]);
});

Deno.test("readAnswer() says what is still cut off, and emits the rest", async (t) => {
  const indicators = many(600, (n) => ({
    pattern: `[ipv4-addr:value = '${ADDRESS}' AND file:name = 'x${n}']`,
  }));
  await t.step("more than is read", async () => {
    const { ids, notes } = await lookUp({ indicators });
    assertEquals(ids.length, 3);
    assertEquals(notes.map(({ kind }) => kind), ["cut_off"]);
    assertStringIncludes(notes[0]?.says ?? "", "(partial)");
  });
  await t.step("a second page that does not come", async () => {
    const { ids, notes } = await lookUp(
      { indicators: indicators.slice(0, 60) },
      { fail: ({ variables }) => variables.first === 500 },
    );
    assertEquals(ids.length, 3);
    assertEquals(notes.map(({ kind }) => kind), ["cut_off"]);
  });
  await t.step("a pattern that cannot be read", async () => {
    const { ids, notes } = await lookUp({
      indicators: [
        { ...OURS, pattern: EXACT },
        { id: "x", name: "n", pattern: `[ipv4-addr:value = '${ADDRESS}'` },
      ],
    });
    assertEquals(ids, ["ours"]);
    assertEquals(notes.map(({ kind }) => kind), ["cut_off"]);
    assertStringIncludes(notes[0]?.says ?? "", "of a pattern");
  });
});

/** An indicator that is found as exact, as partial and by its observable. */
const THRICE: Knowledge = {
  indicators: [{
    ...OURS,
    pattern: EXACT,
    labels: ["c2"],
    createdBy: "CERT",
    threats: [{ entity_type: "Malware", name: "AgentTesla" }],
  }],
  observables: [{
    id: "o",
    entity_type: "IPv4-Addr",
    observable_value: ADDRESS,
    indicators: ["ours"],
  }],
};

Deno.test("readAnswer() asks once for what an event says, and only for what is emitted", async () => {
  const { events, requests } = await lookUp(THRICE);
  assertEquals(events.map(({ event }) => event.opencti["threat"]), [{
    names: ["AgentTesla"],
    types: ["Malware"],
    malware: ["AgentTesla"],
    tool: [],
    intrusion_set: [],
    threat_actor: [],
    campaign: [],
    attack_pattern: [],
    mitre: [],
  }]);
  assertEquals(requests.length, 2);
  const costly = /externalReferences|threats|createdBy|killChainPhases/;
  assertEquals(requests.map(({ query }) => costly.test(query)), [false, true]);
  assertEquals(requests[1]?.variables["first"], 1);
});

Deno.test("readAnswer() asks for no more ids at once than OpenCTI takes", async () => {
  const indicators = many(450, (n) => ({
    pattern: `[ipv4-addr:value = '${ADDRESS}' OR file:name = 'x${n}']`,
    createdBy: "CERT",
  }));
  const { events, notes, requests } = await lookUp({ indicators }, {
    max_ind_alerts: 450,
  });
  assertEquals(notes, []);
  assertEquals(requests.map(({ variables }) => variables["first"]), [
    undefined,
    500,
    200,
    200,
    50,
  ]);
  const authors = events.map(({ event }) =>
    JSON.stringify(event.opencti).includes('"createdBy":"CERT"')
  );
  assertEquals([authors.length, authors.includes(false)], [450, false]);
});

Deno.test("readAnswer() emits events without details if these do not come, and says so", async () => {
  const { ids, events, notes } = await lookUp(THRICE, { fail: () => true });
  assertEquals(ids, ["ours"]);
  assertEquals(events[0]?.event.opencti.event_type, "indicator_pattern_match");
  assertEquals(notes.map(({ kind }) => kind), ["details"]);
  assertStringIncludes(notes[0]?.says ?? "", "OpenCTI is too slow");
});
