/**
 * What a running OpenCTI 7.260817 answered, as `testdata/recorded/` has it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type FailureKind,
  type Outcome,
  readResponse,
} from "../../lib/opencti/response.ts";

const RECORDED = new URL("../testdata/recorded/", import.meta.url);

/** A body that OpenCTI answered. */
interface Body {
  readonly data?: unknown;
  readonly errors?: readonly { readonly name: string }[];
}

/** What was answered to a token whose user's role has these capabilities. */
interface Rights {
  /** Missing for a token that is wrong. */
  readonly capabilities?: readonly string[];
  /** By what was asked for. */
  readonly answers: Readonly<Record<string, Body>>;
}

const ERRORS: Readonly<Record<string, Body>> = JSON.parse(read("errors.json"));
const RIGHTS: Readonly<Record<string, Rights>> = JSON.parse(
  read("rights.json"),
);

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, RECORDED));
}

/** What a body means, had it come as the answer to our question. */
function outcomeOf(body: Body): Outcome {
  return readResponse(
    { status: 200, location: null, body: JSON.stringify(body) },
    {
      baseUrl: "https://cti.example",
      variables: { askPartial: true, askValues: true, askFiles: true },
    },
  );
}

/** Fails if it is not this failure alone, or if it is asked again. */
function assertFailure(body: Body, kind: FailureKind, says: string): void {
  const outcome = outcomeOf(body);
  assert("failure" in outcome);
  assertEquals(outcome.failure, { kind, says });
  assertEquals([outcome.status, outcome.canRetry], [200, false]);
}

const REFUSED = "OpenCTI refuses the token: set <api_key> to a valid one if " +
  "it is wrong or expired, else give its user's role the capability " +
  '"Allow token usage" ("API access" in OpenCTI before 2026), as "API usage ' +
  'with authorization header" above it is not enough';
const NO_KNOWLEDGE = "The token has no right to read knowledge: give its " +
  `user's role the capability "Access knowledge" in OpenCTI`;

/** Why OpenCTI refuses each of the recorded users, if it does. */
const REFUSALS: Readonly<Record<string, string | undefined>> = {
  "wrong token": REFUSED,
  noapi: REFUSED,
  apiparent: REFUSED,
  noknowledge: NO_KNOWLEDGE,
};

Deno.test("readResponse() says what right a token lacks, as OpenCTI refuses it", async (t) => {
  const refused = Object.entries(RIGHTS).flatMap(([user, { answers }]) =>
    Object.entries(answers).filter(([, { errors }]) => errors !== undefined)
      .map(([asked, body]) => ({ user, asked, body }))
  );
  assertEquals(
    [...new Set(refused.map(({ user }) => user))].toSorted(),
    Object.keys(REFUSALS).toSorted(),
  );
  for (const { user, asked, body } of refused) {
    await t.step(`${user}, ${asked}`, () => {
      assertFailure(body, "refused", REFUSALS[user] ?? "");
    });
  }
});

Deno.test("readResponse() cannot tell a wrong token from a role without token usage", () => {
  const [wrong, ...others] = ["wrong token", "noapi", "apiparent"].map((user) =>
    RIGHTS[user]?.answers["me"]
  );
  assert(wrong !== undefined);
  for (const other of others) assertEquals(other, wrong);
});

const NOT_UNDERSTOOD = "OpenCTI does not understand the question, its " +
  "version may be unsupported: ";

/** What is said of each recorded error. */
const SAID: Readonly<Record<string, string>> = {
  "unknown-key": NOT_UNDERSTOOD + "UNSUPPORTED_ERROR: Incorrect filter keys " +
    "not existing in any schema definition",
  "empty-values": NOT_UNDERSTOOD +
    "UNSUPPORTED_ERROR: Invalid filter configuration",
  "hash-key": NOT_UNDERSTOOD + "FUNCTIONAL_ERROR: Schema definition named " +
    "[hashes] is missing mapping for attribute [SHA256]",
  invalid: NOT_UNDERSTOOD + "GRAPHQL_VALIDATION_FAILED: Cannot query field " +
    '"nonsense" on type "Query". Did you mean "notes"?',
  thrice: NOT_UNDERSTOOD + "GRAPHQL_VALIDATION_FAILED: Allowed number of " +
    "calls for Query->about has been exceeded (max: 2)",
  // It is no error, but no answer of ours either.
  twice: "Cannot understand OpenCTI's answer: it holds no data, its version " +
    "may be unsupported",
};

Deno.test("readResponse() says what OpenCTI does not understand", async (t) => {
  assertEquals(Object.keys(ERRORS).toSorted(), Object.keys(SAID).toSorted());
  for (const [name, body] of Object.entries(ERRORS)) {
    await t.step(name, () => {
      assertFailure(body, "not_understood", SAID[name] ?? "");
    });
  }
});

Deno.test("README.md and SECURITY.md name the capabilities that a token needs", async (t) => {
  for (const name of ["README.md", "SECURITY.md"]) {
    await t.step(name, async () => {
      const path = new URL(`../../${name}`, import.meta.url);
      const text = (await Deno.readTextFile(path)).replace(/\s+/g, " ");
      assertStringIncludes(text, "_Access knowledge_");
      assertStringIncludes(text, "_Allow token usage_");
    });
  }
});
