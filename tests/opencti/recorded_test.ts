/**
 * What a running OpenCTI 7.260817 answered, as `testdata/recorded/` has it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { encodeEvent } from "../../lib/wazuh/encode.ts";
import { matchEvent } from "../../lib/wazuh/match_event.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import { type TextKind } from "../../lib/alert/kinds.ts";
import { matchAnswer } from "../../lib/match/answer.ts";
import {
  type Asked,
  type Outcome,
  readResponse,
} from "../../lib/opencti/response.ts";
import type { FailureKind } from "../../lib/opencti/problem.ts";
import {
  type OpenctiOptions,
  type OpenctiStandIn,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import {
  ANSWERS,
  type Body,
  ERRORS,
  knowledgeOf,
  RECORDED,
  RIGHTS,
} from "../stand_ins/recorded.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { PLACES } from "../stand_ins/places.ts";

const BASE_URL = "https://cti.example";
const ALL = { askPartial: true, askValues: true, askFiles: true };

/** What a body means, as the answer to a question with these variables. */
function outcomeOf(body: Body, variables: Asked["variables"] = ALL): Outcome {
  return readResponse(
    { status: 200, location: null, body: JSON.stringify(body) },
    { baseUrl: BASE_URL, variables, places: PLACES },
  );
}

/** Fails if it is not this failure alone, or if it is asked again. */
function assertFailure(body: Body, kind: FailureKind, says: string): void {
  const outcome = outcomeOf(body);
  assert("failure" in outcome);
  assertEquals(outcome.failure, { kind, says });
  assertEquals([outcome.status, outcome.canRetry], [200, false]);
}

const REFUSED = "OpenCTI refuses the token: if it is wrong or expired, put a " +
  "valid one into <api_key> in /var/ossec/etc/ossec.conf; else give its " +
  'user\'s role the capability "Allow token usage" ("API access" in OpenCTI ' +
  'before 2026), as "API usage with authorization header" above it is not ' +
  "enough";
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

Deno.test("readResponse() cannot part a wrong token from a role without token usage", () => {
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

/** An IoC, with the spellings that were asked for when it was recorded. */
function iocOf(
  kind: TextKind,
  text: string,
  spellings?: readonly string[],
): Ioc {
  const ioc = toIoc({ kind, text, field: `data.${kind}` });
  assert("spellings" in ioc, `${text} is an IoC`);
  return { ...ioc, spellings: spellings ?? [ioc.value] };
}

/** What the recorded answers were asked for, and what there is to emit. */
const ALERTS: Readonly<
  Record<string, {
    readonly iocs: readonly Ioc[];
    /** Event types, and the names of the indicators. */
    readonly emitted: readonly string[];
    readonly cutOff?: readonly string[];
  }>
> = {
  // Of its pattern, and of ten URLs of it that score higher.
  "address, crowded": {
    iocs: [iocOf("address", "45.155.205.233")],
    emitted: ["indicator_pattern_match: C2 server"],
    cutOff: ["partial"],
  },
  file: {
    iocs: [
      iocOf(
        "sha256",
        "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
      ),
      iocOf("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd8070a"),
      iocOf("md5", "d41d8cd98f00b204e9800998ecf8427f"),
    ],
    emitted: ["indicator_pattern_match: dropper.bin"],
  },
  related: {
    iocs: [iocOf("host", "update.badcdn-example.net")],
    emitted: ["observable_with_related_indicator: badcdn host"],
  },
  "quoted url": {
    iocs: [
      iocOf("host", "malware-example.org"),
      iocOf("url", `http://malware-example.org/it's "here".php?a=b\\c`, [
        "http://malware-example.org/it's%20%22here%22.php?a=b\\c",
        `http://malware-example.org/it's "here".php?a=b\\c`,
        "http://malware-example.org:80/it's%20%22here%22.php?a=b\\c",
      ]),
    ],
    emitted: ["indicator_pattern_match: quoted url"],
  },
  v6: {
    iocs: [
      iocOf("address", "2a06:98c1:3120::9", [
        "2a06:98c1:3120::9",
        "2a06:98c1:3120:0000:0000:0000:0000:0009",
      ]),
    ],
    emitted: [],
  },
  // OpenCTI revoked it as it expired: that is emitted.
  decayed: {
    iocs: [iocOf("address", "91.92.240.11")],
    emitted: ["indicator_pattern_match: old one"],
  },
  subdomain: { iocs: [iocOf("host", "www.evil-parent.net")], emitted: [] },
  // The observable's indicator is of something else, but it is its indicator.
  idn: {
    iocs: [
      iocOf("host", "løveskateboards.com", [
        "xn--lveskateboards-qqb.com",
        "løveskateboards.com",
      ]),
    ],
    emitted: [
      "observable_with_indicator: [ipv4-addr:value = '5.188.206.18' AND " +
      "network-traffic:dst_port = 443]",
    ],
  },
  "bare observable": { iocs: [iocOf("address", "9.9.9.99")], emitted: [] },
  network: { iocs: [iocOf("address", "45.155.205.200")], emitted: [] },
};

/** The events of a recorded answer, as Wazuh gets them. */
function eventsOf(
  { alert, variables, answer }: typeof ANSWERS.answers[number],
) {
  const held = ALERTS[alert];
  assert(held !== undefined, alert);
  const outcome = outcomeOf(answer, variables);
  assert("answer" in outcome);
  assertEquals(outcome.problems, []);
  const now = new Date("2026-11-25T04:00:00Z");
  const { matches, found, cutOff } = matchAnswer(held.iocs, outcome.answer, {
    ...MATCHING,
    now,
  });
  assertEquals(found, held.emitted.length);
  assertEquals(cutOff, held.cutOff ?? []);
  return matches.map((match) =>
    JSON.parse(encodeEvent(
      matchEvent(match, {
        alert: parseAlert("{}"),
        baseUrl: BASE_URL,
        latencyMs: 0,
        ...DEFAULTS,
        now,
      }),
      String,
    ))
  );
}

/** Compares with the file; `UPDATE_GOLDEN=1` writes it, for a person to review. */
async function assertGolden(events: unknown): Promise<void> {
  const path = new URL("events.json", RECORDED);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.writeTextFile(path, JSON.stringify(events, null, 2) + "\n");
  }
  assertEquals(events, JSON.parse(await Deno.readTextFile(path)));
}

Deno.test("matchAnswer() finds in OpenCTI's answers what they hold of the alert", async (t) => {
  assertEquals(
    ANSWERS.answers.map(({ alert }) => alert),
    Object.keys(ALERTS),
  );
  const events = new Map<string, unknown>();
  for (const recorded of ANSWERS.answers) {
    await t.step(recorded.alert, () => {
      const found = eventsOf(recorded);
      events.set(recorded.alert, found);
      assertEquals(
        found.map(({ opencti }) =>
          `${opencti.event_type}: ${
            (opencti.related ?? opencti).indicator.name
          }`
        ),
        [...ALERTS[recorded.alert]?.emitted ?? []],
      );
    });
  }
  await assertGolden(Object.fromEntries(events));
});

/** What the stand-in answers, on one line as the recorded were asked. */
async function ask(
  { url }: OpenctiStandIn,
  question: { readonly query: string; readonly variables?: unknown },
  token = TOKEN,
): Promise<Body> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(question),
  });
  assertEquals(response.status, 200);
  return await response.json();
}

const IDS = "edges { node { id } }";

/** What was asked of each user. */
const QUERIES: Readonly<Record<string, string>> = {
  me: "{ about { version } me { name capabilities { name } " +
    "allowed_marking { definition } } }",
  about: "{ about { version } }",
  indicators: `{ indicators(first: 1) { ${IDS} } }`,
  observables: `{ stixCyberObservables(first: 1) { ${IDS} } }`,
  streams: `{ streamCollections(first: 1) { ${IDS} } }`,
};

const LITTLE = {
  indicators: [{
    id: "0326c09d-f1f4-42a1-98ff-db447adc121d",
    name: "n",
    pattern: "[ipv4-addr:value = '1.2.3.4']",
  }],
  observables: [{
    id: "b8fb7704-32e3-49be-bbc2-21f386235f00",
    entity_type: "IPv4-Addr",
    observable_value: "1.2.3.4",
  }],
};

/** The order of capabilities and markings is any. */
function withSortedLists(body: Body): unknown {
  return JSON.parse(
    JSON.stringify(
      body,
      (_, value) =>
        Array.isArray(value)
          ? value.toSorted((a, b) =>
            JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
          )
          : value,
    ),
  );
}

Deno.test("the stand-in answers each user as OpenCTI does", async (t) => {
  for (const [user, { capabilities, answers }] of Object.entries(RIGHTS)) {
    const options: OpenctiOptions = {
      user,
      ...capabilities && { capabilities },
    };
    await using opencti = startOpencti(LITTLE, options);
    for (const [asked, recorded] of Object.entries(answers)) {
      await t.step(`${user}, ${asked}`, async () => {
        const query = QUERIES[asked] ?? "";
        const token = capabilities === undefined ? "wrong" : TOKEN;
        const body = await ask(opencti, { query }, token);
        assertEquals(withSortedLists(body), withSortedLists(recorded));
      });
    }
  }
});

Deno.test("the stand-in refuses each part of our question", async (t) => {
  const [recorded] = ANSWERS.answers;
  assert(recorded !== undefined);
  const { variables } = recorded;
  const cases = [
    ["noapi", "AUTH_REQUIRED", REFUSED],
    ["apiparent", "AUTH_REQUIRED", REFUSED],
    ["noknowledge", "FORBIDDEN_ACCESS", NO_KNOWLEDGE],
  ] as const;
  for (const [user, code, says] of cases) {
    await t.step(user, async () => {
      const capabilities = RIGHTS[user]?.capabilities ?? [];
      await using opencti = startOpencti(LITTLE, { user, capabilities });
      const body = await ask(opencti, { query: ANSWERS.query, variables });
      assertEquals(body.data, { exact: null, partial: null, values: null });
      assertEquals(
        body.errors?.map(({ name, path }) => [name, path]),
        ["exact", "partial", "values"].map((field) => [code, [field]]),
      );
      assertFailure(body, "refused", says);
    });
  }
});

/** A question with one filter. */
function filtered(field: string, filter: unknown) {
  const isIndicators = field === "indicators";
  const types = isIndicators ? "" : ", $types: [String]";
  return {
    query: `query Ask($filters: FilterGroup!${types}) { ${field}(first: 1` +
      `${isIndicators ? "" : ", types: $types"}, filters: $filters) ` +
      `{ ${IDS} } }`,
    variables: {
      filters: { mode: "and", filters: [filter], filterGroups: [] },
      types: [],
    },
  };
}

/** What was asked for each recorded error. */
const MISTAKES: Readonly<Record<string, Parameters<typeof ask>[1]>> = {
  "unknown-key": filtered("indicators", { key: ["nonsense"], values: ["x"] }),
  "empty-values": filtered("indicators", {
    key: ["pattern"],
    values: [],
    operator: "eq",
    mode: "or",
  }),
  "hash-key": filtered("stixCyberObservables", {
    key: ["hashes.SHA256"],
    values: ["x"],
  }),
  invalid: { query: "{ nonsense }" },
  thrice: {
    query: "{ a: about { version } b: about { version } c: about { version } }",
  },
  twice: { query: "{ a: about { version } b: about { version } }" },
};

Deno.test("the stand-in answers mistakes as OpenCTI does", async (t) => {
  // There is nothing to find, and nothing to find the mistakes by.
  await using opencti = startOpencti({ indicators: [], observables: [] });
  for (const [name, recorded] of Object.entries(ERRORS)) {
    await t.step(name, async () => {
      const body = await ask(opencti, MISTAKES[name] ?? { query: "" });
      // OpenCTI guesses at one of its own fields.
      const expected = JSON.stringify(recorded).replace(
        / Did you mean[^?]*\?/,
        "",
      );
      assertEquals(body, JSON.parse(expected));
    });
  }
});

Deno.test("the stand-in answers our question as OpenCTI does", async (t) => {
  await using opencti = startOpencti(knowledgeOf(ANSWERS));
  for (const { alert, variables, answer } of ANSWERS.answers) {
    await t.step(alert, async () => {
      const question = { query: ANSWERS.query, variables };
      assertEquals(await ask(opencti, question), answer);
    });
  }
});

Deno.test("readResponse() knows a question that is too large for the search engine from an outage", async () => {
  await using opencti = startOpencti({ indicators: [], observables: [] });
  const { query, variables } = filtered("indicators", {
    key: ["pattern"],
    values: Array.from({ length: 1025 }, (_, n) => `${n}`),
  });
  const body = await ask(opencti, {
    query: query.replace("{ indicators", "{ exact: indicators"),
    variables,
  });
  assertEquals(body.errors?.[0]?.name, "DATABASE_ERROR");
  assertFailure(
    body,
    "not_understood",
    "OpenCTI's search engine takes no question as large as this one: raise " +
      "indices.query.bool.max_clause_count (or search.max_clause_count) there " +
      "to 1024 at least",
  );
  // One that failed for another reason may pass.
  const other = JSON.parse(
    JSON.stringify(body).replaceAll("maxClauseCount", "x")
      .replaceAll("too_many_nested_clauses", "x"),
  );
  assertEquals(outcomeOf(other).canRetry, true);
});
