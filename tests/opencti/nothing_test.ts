import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { matchAnswer } from "../../lib/match/answer.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { isNothing, NOTHING, saysNothing } from "../../lib/opencti/nothing.ts";
import { readResponse } from "../../lib/opencti/response.ts";
import { PLACES } from "../stand_ins/places.ts";

const EMPTY = { edges: [], pageInfo: { hasNextPage: false } };
const DATA = { exact: EMPTY, partial: EMPTY, values: EMPTY, files: EMPTY };
const ASKED = { askPartial: true, askValues: true, askFiles: true };

function says(value: unknown, asked = ASKED): boolean {
  return saysNothing({ status: 200, body: JSON.stringify(value) }, asked);
}

Deno.test("saysNothing() sees the answer to most questions", () => {
  assert(says({ data: DATA }));
  assert(says({ data: { exact: EMPTY } }, {
    askPartial: false,
    askValues: false,
    askFiles: false,
  }));
});

Deno.test("saysNothing() leaves to the schema what may say more", async (t) => {
  const more = { ...EMPTY, pageInfo: { hasNextPage: true } };
  const cases: Readonly<Record<string, unknown>> = {
    "an indicator": { data: { ...DATA, exact: { edges: [{ node: {} }] } } },
    "a page more": { data: { ...DATA, values: more } },
    "a page more, perhaps": {
      data: { ...DATA, values: { ...EMPTY, pageInfo: 1 } },
    },
    "an error": { data: DATA, errors: [{ message: "x" }] },
    "a list of no errors": { data: DATA, errors: [] },
    "a field that is missing": { data: { exact: EMPTY, partial: EMPTY } },
    "a field that is null": { data: { ...DATA, files: null } },
    "edges that are null": { data: { ...DATA, files: { edges: null } } },
    "no data": { data: null },
    "nothing": {},
    "a list": [],
    "edges that are a text": { data: { ...DATA, files: { edges: "" } } },
  };
  for (const [name, value] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(says(value), false));
  }
  const body = JSON.stringify({ data: DATA });
  await t.step("another status", () => {
    for (const status of [201, 204, 400, 401, 500, 503]) {
      assertEquals(saysNothing({ status, body }, ASKED), false);
    }
  });
  await t.step("no JSON", () => {
    assertEquals(saysNothing({ status: 200, body: "{" }, ASKED), false);
    assertEquals(saysNothing({ status: 200, body: undefined }, ASKED), false);
  });
});

/** A connection, often an empty one. */
const connection = fc.oneof(
  { weight: 12, arbitrary: fc.constant(EMPTY) },
  { weight: 2, arbitrary: fc.constant({ edges: [] }) },
  fc.jsonValue(),
  fc.record({
    edges: fc.oneof(fc.constant([]), fc.jsonValue()),
    pageInfo: fc.oneof(
      fc.record({ hasNextPage: fc.jsonValue() }),
      fc.jsonValue(),
    ),
  }, { requiredKeys: [] }),
);

Deno.test("where saysNothing() sees nothing, the schema reads nothing, and nothing matches", () => {
  let seen = 0;
  fc.assert(
    fc.property(
      fc.record({
        exact: connection,
        partial: connection,
        values: connection,
        files: connection,
        other: connection,
      }, { requiredKeys: ["exact"] }),
      fc.option(fc.jsonValue(), { nil: undefined, freq: 8 }),
      fc.record({
        askPartial: fc.boolean(),
        askValues: fc.boolean(),
        askFiles: fc.boolean(),
      }),
      (data, errors, asked) => {
        const body = JSON.stringify({ data, errors });
        if (!saysNothing({ status: 200, body }, asked)) return;
        seen++;
        assertEquals(
          readResponse({ status: 200, location: null, body }, {
            baseUrl: "https://cti.example",
            variables: asked,
            places: PLACES,
          }),
          {
            answer: NOTHING,
            problems: [],
            missing: 0,
            status: 200,
            canRetry: false,
          },
        );
      },
    ),
    { numRuns: 5000 },
  );
  assert(seen > 300, `${seen}`);
});

Deno.test("isNothing() is what matchAnswer() finds nothing in", () => {
  assert(isNothing(NOTHING));
  assertEquals(matchAnswer([], NOTHING, MATCHING).found, 0);
  assertEquals(matchAnswer([], NOTHING, MATCHING).cutOff, []);
});
