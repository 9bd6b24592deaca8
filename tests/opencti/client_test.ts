import { assert, assertEquals, assertRejects } from "@std/assert";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { OpenctiError } from "../../lib/errors.ts";
import { ask, type AskOptions } from "../../lib/opencti/client.ts";
import { readResponse } from "../../lib/opencti/response.ts";
import { questionFor } from "../../lib/opencti/question.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { PLACES } from "../stand_ins/places.ts";
import {
  type OpenctiOptions,
  startOpencti,
  TOKEN,
} from "../stand_ins/opencti.ts";
import { getAvailablePort } from "../stand_ins/network.ts";

const { question: QUESTION } = questionFor([{
  kind: "ipv4",
  value: "185.244.31.158",
  spellings: ["185.244.31.158"],
}], { ...DEFAULTS, now: new Date(0) });

const EMPTY = { edges: [] };
const NOTHING = { data: { exact: EMPTY, partial: EMPTY, values: EMPTY } };

/** Options for the tests: no waiting between attempts. */
function options(
  baseUrl: string,
  others: Partial<AskOptions> = {},
): AskOptions {
  return {
    baseUrl,
    apiKey: TOKEN,
    timeoutMs: 5000,
    retries: 0,
    leftMs: () => 60_000,
    stop: new AbortController().signal,
    client: undefined,
    hasProxy: false,
    places: PLACES,
    now: () => performance.now(),
    sleep: () => Promise.resolve(),
    onAttempt: () => {},
    ...others,
  };
}

function graphqlError(code: string, path?: string[]) {
  return {
    message: `it is ${code}`,
    extensions: { code },
    ...(path && { path }),
  };
}

Deno.test("ask() sends one request as OpenCTI wants it", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const { answer, problems, latencyMs } = await ask(
    QUESTION,
    options(opencti.url),
  );
  assertEquals(problems, []);
  assert(latencyMs >= 0 && Number.isInteger(latencyMs));
  assertEquals(answer.partial.nodes.map(({ name }) => name), [
    "Dynamic DNS command and control",
  ]);
  assertEquals(
    opencti.requests.map(({ path, authorization }) => [path, authorization]),
    [
      ["/graphql", `Bearer ${TOKEN}`],
    ],
  );
});

Deno.test("ask() finds OpenCTI under a path", async () => {
  await using opencti = startOpencti(KNOWLEDGE, { basePath: "/opencti" });
  await ask(QUESTION, options(opencti.url));
  assertEquals(opencti.requests[0]?.path, "/opencti/graphql");
});

/** An answer with the same in each of its fields. */
function allOf(field: unknown): Response {
  return Response.json({
    data: { exact: field, partial: field, values: field },
  });
}

interface ErrorCase {
  readonly name: string;
  readonly respond: () => Response;
  /** What the error says. */
  readonly says: string;
  readonly isRetried: boolean;
}

const HTML = "<!DOCTYPE html><title>OpenCTI</title>";
const ERRORS: readonly ErrorCase[] = [
  ...[
    "AUTH_REQUIRED",
    "FORBIDDEN_ACCESS",
    "IP_FORBIDDEN",
    "UNSUPPORTED_ERROR",
    "FUNCTIONAL_ERROR",
    "GRAPHQL_VALIDATION_FAILED",
    "SOMETHING_NEW",
  ].map((code) => ({
    name: code,
    respond: () => Response.json({ errors: [graphqlError(code)], data: null }),
    says: {
      AUTH_REQUIRED: "put a valid one into <api_key> in /var/ossec/etc/oss",
      FORBIDDEN_ACCESS: "no right to read knowledge",
      IP_FORBIDDEN: "does not take requests from this address",
    }[code] ?? `${code}: it is ${code}`,
    isRetried: false,
  })),
  {
    name: "AUTH_REQUIRED with null fields",
    respond: () =>
      Response.json({
        errors: [graphqlError("AUTH_REQUIRED", ["exact"])],
        data: { exact: null, partial: null, values: null },
      }),
    says: "refuses the token",
    isRetried: false,
  },
  {
    name: "the code of old versions",
    respond: () =>
      Response.json({
        errors: [{ message: "x", name: "AUTH_REQUIRED" }],
        data: null,
      }),
    says: "refuses the token",
    isRetried: false,
  },
  {
    name: "the code of old versions beside one that says nothing",
    respond: () =>
      Response.json({
        errors: [{
          ...graphqlError("INTERNAL_SERVER_ERROR"),
          name: "AUTH_REQUIRED",
        }],
        data: null,
      }),
    says: "refuses the token",
    isRetried: false,
  },
  {
    name: "a query that does not validate, by HTTP 400",
    respond: () =>
      Response.json({ errors: [graphqlError("GRAPHQL_VALIDATION_FAILED")] }, {
        status: 400,
      }),
    says: "does not understand the question",
    isRetried: false,
  },
  {
    name: "DATABASE_ERROR beside a refusal",
    respond: () =>
      Response.json({
        errors: [graphqlError("DATABASE_ERROR"), graphqlError("AUTH_REQUIRED")],
        data: null,
      }),
    says: "refuses the token",
    isRetried: false,
  },
  {
    name: "DATABASE_ERROR",
    respond: () =>
      Response.json({ errors: [graphqlError("DATABASE_ERROR")], data: null }),
    says: "database failed",
    isRetried: true,
  },
  {
    name: "HTTP 401",
    respond: () => new Response("no", { status: 401 }),
    says: "refuses the request (HTTP 401): check <api_key> in /var/ossec/",
    isRetried: false,
  },
  {
    name: "the rate limit",
    respond: () =>
      Response.json({ message: "Too many requests, please try again later." }, {
        status: 429,
      }),
    says: "limits the rate",
    isRetried: true,
  },
  ...[502, 503, 504].map((status) => ({
    name: `HTTP ${status}`,
    respond: () => new Response(HTML, { status }),
    says:
      `OpenCTI is not ready: it is starting, or down behind its proxy (HTTP ${status})`,
    isRetried: true,
  })),
  {
    name: "HTTP 500",
    respond: () => new Response(HTML, { status: 500 }),
    says: "OpenCTI failed (HTTP 500)",
    isRetried: false,
  },
  {
    name: "HTTP 404",
    respond: () => Response.json({}, { status: 404 }),
    says: "There is no OpenCTI at",
    isRetried: false,
  },
  {
    name: "a web page",
    respond: () => new Response(HTML),
    says: "There is no OpenCTI at",
    isRetried: false,
  },
  ...[301, 302, 307, 308].map((status) => ({
    name: `a redirect, HTTP ${status}`,
    respond: () =>
      new Response(null, { status, headers: { location: "/dashboard" } }),
    says: `redirects to /dashboard (HTTP ${status}), set <hook_url> in /var/`,
    isRetried: false,
  })),
  {
    name: "other JSON",
    respond: () => Response.json({ ok: true }),
    says: "There is no OpenCTI at",
    isRetried: false,
  },
  {
    name: "JSON that is no object",
    respond: () => Response.json([1]),
    says: "There is no OpenCTI at",
    isRetried: false,
  },
  {
    name: "no body",
    respond: () => new Response(""),
    says: "There is no OpenCTI at",
    isRetried: false,
  },
  {
    name: "JSON cut off",
    respond: () => new Response('{"data":{"exact":{"edges":['),
    says: "cut off or broken",
    isRetried: false,
  },
  {
    name: "no data",
    respond: () => Response.json({ data: null }),
    says: "it holds no data",
    isRetried: false,
  },
  {
    name: "data of another shape",
    respond: () => allOf({ edges: "x" }),
    says: "exact.edges is not as expected",
    isRetried: false,
  },
  {
    name: "an indicator without id",
    respond: () => allOf({ edges: [{ node: { name: "x" } }] }),
    says: "exact.edges.0.node.id is not as expected",
    isRetried: false,
  },
  {
    name: "errors of another shape",
    respond: () => Response.json({ errors: ["x"], data: null }),
    says: "reports an error",
    isRetried: false,
  },
  {
    name: "an endless body",
    respond: () =>
      new Response(
        new ReadableStream({
          pull: (controller) =>
            controller.enqueue(new Uint8Array(1 << 20).fill(32)),
        }),
      ),
    says: "longer than 16777216 bytes",
    isRetried: false,
  },
];

Deno.test("ask() says in one sentence what is wrong, and retries what may pass", async (t) => {
  for (const { name, respond, says, isRetried } of ERRORS) {
    await t.step(name, async () => {
      await using opencti = startOpencti(KNOWLEDGE, { respond });
      const error = await assertRejects(
        () => ask(QUESTION, options(opencti.url, { retries: 2 })),
        OpenctiError,
        says,
      );
      assertEquals(opencti.requests.length, isRetried ? 3 : 1);
      assert(!error.message.includes(TOKEN), error.message);
      assert(!error.message.includes("\n"), error.message);
    });
  }
});

Deno.test("ask() refuses a wrong token, and does not say it", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const error = await assertRejects(
    () => ask(QUESTION, options(opencti.url, { apiKey: "wrong-token-0815" })),
    OpenctiError,
    "refuses the token",
  );
  assert(!error.message.includes("0815"));
});

Deno.test("ask() says that nobody listens, and retries", async () => {
  const attempts: string[] = [];
  const baseUrl = `http://127.0.0.1:${getAvailablePort()}`;
  await assertRejects(
    () =>
      ask(
        QUESTION,
        options(baseUrl, {
          retries: 2,
          onAttempt: (line) => attempts.push(line),
        }),
      ),
    OpenctiError,
    `Cannot reach OpenCTI at ${baseUrl}: Connection refused`,
  );
  assertEquals(attempts.length, 3);
});

Deno.test("ask() says that a certificate is not trusted, and does not retry", async () => {
  const [cert, key] = await Promise.all(
    ["cert", "key"].map((name) =>
      Deno.readTextFile(new URL(`../testdata/tls/${name}.pem`, import.meta.url))
    ),
  );
  await using server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      cert: cert ?? "",
      key: key ?? "",
      onListen: () => {},
    },
    () => Response.json(NOTHING),
  );
  const attempts: string[] = [];
  await assertRejects(
    () =>
      ask(
        QUESTION,
        options(`https://127.0.0.1:${server.addr.port}`, {
          retries: 2,
          onAttempt: (line) => attempts.push(line),
        }),
      ),
    OpenctiError,
    'name a file with the certificate of yours in "ca_file" in /var/ossec/etc/opencti.json',
  );
  assertEquals(attempts.length, 1);
});

Deno.test("ask() ends an attempt when its time is up", async (t) => {
  const silent: Readonly<Record<string, OpenctiOptions["respond"]>> = {
    "no answer": () =>
      new Promise((resolve) =>
        setTimeout(() => resolve(Response.json(NOTHING)), 600)
      ),
    "a body that does not end": () =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            controller.enqueue(new TextEncoder().encode("{")),
        }),
      ),
  };
  for (const [name, respond] of Object.entries(silent)) {
    await t.step(name, async () => {
      await using opencti = startOpencti(KNOWLEDGE, {
        ...(respond && { respond }),
      });
      const start = performance.now();
      await assertRejects(
        () =>
          ask(QUESTION, options(opencti.url, { timeoutMs: 200, retries: 1 })),
        OpenctiError,
        "is too slow: no answer in 0.2 s",
      );
      assertEquals(opencti.requests.length, 2);
      assert(performance.now() - start < 1000);
    });
  }
});

Deno.test("ask() waits longer before each attempt", async () => {
  const waits: number[] = [];
  await using opencti = startOpencti(KNOWLEDGE, {
    respond: () => new Response("", { status: 503 }),
  });
  const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
  await assertRejects(
    () => ask(QUESTION, options(opencti.url, { retries: 3, sleep })),
    OpenctiError,
  );
  assertEquals(waits.length, 3);
  for (const [n, ms] of waits.entries()) {
    assert(
      ms >= 125 * 2 ** n && ms < 375 * 2 ** n,
      `${ms} ms before attempt ${n + 2}`,
    );
  }
});

Deno.test("ask() takes the answer of a later attempt", async () => {
  await using opencti = startOpencti(KNOWLEDGE, {
    respond: (_, count) =>
      count < 3 ? new Response("", { status: 503 }) : undefined,
  });
  const { answer } = await ask(QUESTION, options(opencti.url, { retries: 3 }));
  assertEquals(opencti.requests.length, 3);
  assertEquals(answer.partial.nodes.length, 1);
});

Deno.test("ask() uses an answer for what it holds, and says the error", async (t) => {
  const indicator = {
    id: "i",
    name: "n",
    pattern: "[ipv4-addr:value = '185.244.31.158']",
  };
  const exact = { edges: [{ node: indicator }] };
  await t.step("one field failed", async () => {
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: () =>
        Response.json({
          errors: [graphqlError("FORBIDDEN_ACCESS", ["values"])],
          data: { exact, partial: EMPTY, values: null },
        }),
    });
    const { answer, problems } = await ask(QUESTION, options(opencti.url));
    assertEquals(answer.exact.nodes.map(({ id }) => id), ["i"]);
    assertEquals(problems.length, 1);
    assert(problems[0]?.says.includes("no right to read knowledge"));
  });
  await t.step(
    "the data base failed, then all fails: the part is kept",
    async () => {
      await using opencti = startOpencti(KNOWLEDGE, {
        respond: (_, count) =>
          count > 1 ? new Response("", { status: 503 }) : Response.json({
            errors: [graphqlError("DATABASE_ERROR", ["values"])],
            data: { exact, partial: EMPTY, values: null },
          }),
      });
      const { answer, problems } = await ask(
        QUESTION,
        options(opencti.url, { retries: 1 }),
      );
      assertEquals(opencti.requests.length, 2);
      assertEquals(answer.exact.nodes.length, 1);
      assertEquals(problems, [{
        kind: "database",
        says: `OpenCTI's database failed for "values": look at its health`,
      }]);
    },
  );
  await t.step("the data base failed for a part, then for more", async () => {
    const failed = (...names: string[]) => ({
      errors: names.map((name) => graphqlError("DATABASE_ERROR", [name])),
      data: {
        exact,
        partial: EMPTY,
        values: EMPTY,
        ...Object.fromEntries(names.map((name) => [name, null])),
      },
    });
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: (_, count) =>
        Response.json(
          count > 1 ? failed("exact", "partial") : failed("values"),
        ),
    });
    const { answer, problems } = await ask(
      QUESTION,
      options(opencti.url, { retries: 1 }),
    );
    assertEquals(answer.exact.nodes.length, 1);
    assertEquals(problems.length, 1);
  });
  await t.step("the data base failed for a part, then not", async () => {
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: (_, count) =>
        count > 1 ? undefined : Response.json({
          errors: [graphqlError("DATABASE_ERROR", ["values"])],
          data: { exact, partial: EMPTY, values: null },
        }),
    });
    const { problems } = await ask(
      QUESTION,
      options(opencti.url, { retries: 1 }),
    );
    assertEquals(problems, []);
  });
  await t.step("a field is not as expected", async () => {
    const node = { id: "o", entity_type: "Url", observable_value: null };
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: () =>
        Response.json({
          data: { exact, partial: EMPTY, values: { edges: [{ node }] } },
        }),
    });
    const { answer, problems } = await ask(QUESTION, options(opencti.url));
    assertEquals(answer.exact.nodes.length, 1);
    assert(
      problems[0]?.says.includes(
        "values.edges.0.node.observable_value is not as",
      ),
      problems[0]?.says,
    );
  });
  await t.step("a field is missing without an error", async () => {
    await using opencti = startOpencti(KNOWLEDGE, {
      respond: () => Response.json({ data: { exact, partial: EMPTY } }),
    });
    const { problems } = await ask(QUESTION, options(opencti.url));
    assert(problems[0]?.says.includes("values is missing"), problems[0]?.says);
  });
});

Deno.test("readResponse() takes nulls where OpenCTI has them", () => {
  const outcome = readResponse(
    {
      status: 200,
      location: null,
      body: JSON.stringify({
        data: {
          exact: { edges: null },
          partial: {
            edges: [null, {
              node: {
                id: "i",
                name: null,
                pattern: null,
                confidence: null,
                x_opencti_score: null,
                x_opencti_detection: null,
                valid_until: null,
                revoked: null,
                createdBy: null,
                objectLabel: null,
                killChainPhases: null,
                externalReferences: null,
                indicator_types: [null],
              },
            }],
          },
          values: {
            edges: [{
              node: {
                id: "o",
                entity_type: "Url",
                observable_value: "v",
                indicators: null,
                stixCoreRelationships: {
                  edges: [{
                    node: {
                      relationship_type: "related-to",
                      from: null,
                      to: {},
                    },
                  }],
                },
              },
            }],
          },
        },
      }),
    },
    {
      baseUrl: "https://cti.example",
      variables: QUESTION.variables,
      places: PLACES,
    },
  );
  assert("answer" in outcome);
  assertEquals(outcome.problems, []);
  assertEquals(outcome.answer.partial.nodes[0]?.indicator_types, []);
});

Deno.test("ask() names the certificate that a server may want that hangs up", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangUp = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1024));
      connection.close();
    }
  })();
  for (const [scheme, isNamed] of [["https", true], ["http", false]] as const) {
    const error = await assertRejects(
      () =>
        ask(QUESTION, options(`${scheme}://127.0.0.1:${listener.addr.port}`)),
      OpenctiError,
    );
    assertEquals(error.kind, "unreachable");
    assertEquals(error.message.includes('"client_cert"'), isNamed);
  }
  listener.close();
  await hangUp;
});
