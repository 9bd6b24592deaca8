import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { OPTIONS } from "../../lib/config/config.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { configSchema } from "../../lib/config/schema.ts";
import { completeConfig, parseOptions } from "../../lib/config/config_file.ts";
import { UsageError } from "../../lib/errors.ts";
import { DEFAULT_IGNORE } from "../../lib/alert/ignore.ts";

Deno.test("completeConfig() fills in the defaults", () => {
  assertEquals(completeConfig({}), DEFAULTS);
  assertEquals(DEFAULTS, {
    max_ind_alerts: 3,
    max_obs_alerts: 2,
    partial_matches: true,
    exact_only: false,
    networks: "narrow",
    url_case: true,
    parent_domains: false,
    lower_partial: true,
    min_score: 0,
    min_confidence: 0,
    only_detection: false,
    include_revoked: true,
    include_expired: true,
    future_is_active: false,
    labels: [],
    not_labels: [],
    severity: { medium: 40, high: 60, critical: 80 },
    kinds: {},
    sweep: "safe",
    generic: false,
    ignore: DEFAULT_IGNORE,
    sources: [],
    debug: false,
    total_timeout: 25,
    spool_max: 10_000,
    spool_max_bytes: 268_435_456,
    spool_max_age: 86_400,
    error_interval: 300,
  });
  assertEquals(completeConfig({ max_obs_alerts: 0, debug: true }), {
    ...DEFAULTS,
    max_obs_alerts: 0,
    debug: true,
  });
});

Deno.test("parseOptions() names an option that is unknown or wrong", async (t) => {
  const cases = [
    ['{"max_alerts":1}', 'max_alerts: unknown, did you mean "max_ind_alerts"?'],
    ['{"max_ind_alerts":"3"}', "max_ind_alerts: must be a whole number from 0"],
    ['{"max_ind_alerts":-1}', "max_ind_alerts: must be"],
    ['{"max_obs_alerts":1.5}', "max_obs_alerts: must be"],
    ['{"partial_matches":"no"}', "partial_matches: must be true or false"],
    ['{"min_score":101}', "min_score: must be a whole number from 0"],
    ['{"labels":"c2"}', "labels: must be a list of texts"],
    ['{"markings":"TLP:BLUE"}', "markings: must be TLP:CLEAR, TLP:"],
    ['{"severity":{"high":"x"}}', "severity.high: must be a number"],
    ['{"severity":{"high":101}}', "severity.high: must be a whole number from"],
    ['{"labels":[""]}', "labels[0]: must not be empty"],
    ['{"total_timeout":1e999}', "total_timeout: must be seconds"],
    ['{"ignore":{"x":1}}', "ignore.x: unknown"],
    [
      '{"timeout":5}',
      "timeout: unknown, <timeout> of the integration block says that",
    ],
    ["\n", "it is empty, nothing of it is used"],
    ['{"debug":null}', "debug: must be true or false"],
    ['{"total_timeout":0}', "total_timeout: must be seconds"],
    ['{"spool_max_age":-1}', "spool_max_age: must be seconds"],
    ['{"state_dir":"queue"}', "state_dir: must be a path"],
    ['{"proxy":"proxy.example"}', "proxy: must be a URL of http"],
    ["[]", "it must be a JSON object"],
    ["null", "it must be a JSON object"],
    ["", "it is empty, nothing of it is used"],
    ["{", "it is not JSON"],
  ] as const;
  for (const [json, message] of cases) {
    await t.step(json, () => {
      const { problems } = parseOptions(json);
      assertEquals(problems.length, 1);
      assertStringIncludes(problems[0] ?? "", message);
    });
  }
});

Deno.test("parseOptions() says what is left out, and all if it cannot be read", () => {
  assertEquals(parseOptions('{"kinds":{"x":1},"debug":1}').leftOut, [
    "kinds",
    "debug",
  ]);
  assertEquals(parseOptions("{").leftOut, undefined);
});

Deno.test("completeConfig() wants a certificate with its key", () => {
  for (const name of ["client_cert", "client_key"]) {
    assertThrows(
      () => completeConfig({ [name]: "/c.pem" }),
      UsageError,
      '"client_cert" and "client_key" need each other',
    );
  }
});

Deno.test("parseOptions() never quotes the options: a password may be in them", () => {
  for (const end of ["", "}", ',"proxy":1}']) {
    const { problems } = parseOptions(`{"proxy":"http://user:passw0rd@"${end}`);
    assert(problems.length > 0);
    assert(!problems.join().includes("passw0rd"), problems.join());
  }
});

Deno.test("OPTIONS describes every option", () => {
  assertEquals(
    Object.keys(OPTIONS).sort(),
    Object.keys(configSchema().entries).sort(),
  );
});

/** What is used, and what is wrong. */
function readRest(json: string) {
  const { leftOut: _, ...rest } = parseOptions(json);
  return rest;
}

const FIELD = { path: "data.x", kind: "address" };

Deno.test("parseOptions() reports a mistake with its path, and uses the rest", async (t) => {
  const source = (rest: object) => ({ name: "x", groups: ["x"], ...rest });
  const cases: readonly (readonly [object, object, readonly string[]])[] = [
    [{ min_scroe: 1 }, {}, ['min_scroe: unknown, did you mean "min_score"?']],
    [{ min_score: 101 }, {}, [
      "min_score: must be a whole number from 0 to 100",
    ]],
    [{ markings: "TLP:AMBRE" }, {}, [
      "markings: must be TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, " +
      'TLP:RED, did you mean "TLP:AMBER"?',
    ]],
    [
      { ignore: { domain: ["a.example"], hashes: [] } },
      { ignore: { hashes: [] } },
      ['ignore.domain: unknown, did you mean "domains"?'],
    ],
    [
      { ignore: { values: [] } },
      { ignore: {} },
      [
        "ignore.values: unknown, there are addresses, domains, urls, hashes, " +
        "files, private_networks, empty_files, public_resolvers, " +
        "private_names, own_opencti",
      ],
    ],
    [
      { ignore: { domains: ["a.example", 7] } },
      { ignore: {} },
      ["ignore.domains[1]: must be a text"],
    ],
    [
      { kinds: { mack: true, url: false } },
      { kinds: { url: false } },
      ['kinds.mack: unknown, did you mean "mac"?'],
    ],
    [
      { sources: [source({ fields: [FIELD] }), source({ feilds: [FIELD] })] },
      { sources: [source({ fields: [FIELD] })] },
      [
        'sources[1].feilds: unknown, did you mean "fields"? (source "x" is ' +
        "left out)",
      ],
    ],
    [
      { sources: [source({ fields: [{ ...FIELD, kind: "adress" }] })] },
      { sources: [] },
      [
        "sources[0].fields[0].kind: must be address, host, hostname, url, " +
        "email, hash, sha512, sha256, sha1, md5, text, command, request, user_agent, mac, did " +
        'you mean "address"? (source "x" is left out)',
      ],
    ],
    [
      { sources: [source({ fields: [{ path: "full_log", pattern: "(" }] })] },
      { sources: [] },
      [
        "sources[0].fields[0].pattern: is no regular expression of " +
        'JavaScript\'s: Unterminated group (source "x" is left out)',
      ],
    ],
    [
      { sources: [source({ fields: [{ path: "full_log", pattern: "x" }] })] },
      { sources: [] },
      [
        'sources[0].fields[0]: needs a "kind", or a "pattern" with groups ' +
        'that are named for kinds, as (?<address>…) (source "x" is left out)',
      ],
    ],
    [
      { sources: [source({ groups: "x", fields: [FIELD] })] },
      { sources: [] },
      ['sources[0].groups: must be a list (source "x" is left out)'],
    ],
    [
      { sources: [source({ when: [{ field: "data.x" }] })] },
      { sources: [] },
      [
        'sources[0].when[0]: needs "equals" or "matches" (source "x" is left ' +
        "out)",
      ],
    ],
    [
      { sources: [{ groups: ["x"] }, { name: "a b" }], generic: true },
      { sources: [], generic: true },
      [
        "sources[0].name: is missing",
        "sources[1].name: must be letters, digits, _ and -, 64 at the most " +
        '(source "a b" is left out)',
      ],
    ],
    [{ sources: {} }, {}, ["sources: must be a list of objects"]],
    [
      {
        sources: [
          source({ fields: [{ path: "data..x", kind: "address" }] }),
          source({ fields: [FIELD] }),
          source({ fields: [{ path: "data.x[0]", kind: "url" }] }),
        ],
      },
      { sources: [source({ fields: [FIELD] })] },
      [0, 2].map((n) =>
        `sources[${n}].fields[0].path: must be names joined by dots, with [] ` +
        'after that of a list, as data.answers[].rdata (source "x" is left out)'
      ),
    ],
    [
      {
        sources: [
          source({ groups: 1 }),
          source({ fields: [FIELD] }),
          source({ groups: 2 }),
        ],
        ignore: { domain: [] },
        kinds: { mack: true },
      },
      { sources: [source({ fields: [FIELD] })], ignore: {}, kinds: {} },
      [
        'kinds.mack: unknown, did you mean "mac"?',
        'ignore.domain: unknown, did you mean "domains"?',
        'sources[0].groups: must be a list (source "x" is left out)',
        'sources[2].groups: must be a list (source "x" is left out)',
      ],
    ],
    [
      { severity: { medium: 90, high: 60 }, generic: true },
      { generic: true },
      ["severity: medium, high and critical must not be in another order"],
    ],
    [
      { toString: 1, constructor: 2, generic: true },
      { generic: true },
      [
        "toString: unknown",
        "constructor: unknown",
      ],
    ],
    [{ proxy: "proxy.example" }, {}, [
      "proxy: must be a URL of http, https or socks5",
    ]],
    [{ ignore: { files: ["list.txt"] } }, { ignore: {} }, [
      "ignore.files[0]: must be a path that starts with /",
    ]],
  ];
  for (const [file, options, problems] of cases) {
    await t.step(problems.join(), () => {
      assertEquals(readRest(JSON.stringify(file)), {
        options,
        problems,
      });
      completeConfig(options);
    });
  }
  await t.step("a prototype's name is a name like others", () => {
    const { problems } = parseOptions('{"__proto__":{"generic":true}}');
    assertEquals(problems.length, 1);
  });
  await t.step("a schema for editors is no mistake", () => {
    assertEquals(readRest('{"$schema":"x","generic":true}'), {
      options: { generic: true },
      problems: [],
    });
  });
  await t.step("no JSON", () => {
    assertEquals(readRest("{"), {
      options: {},
      problems: [
        "it is not JSON (line 1 column 2), nothing of it is used",
      ],
    });
    assertEquals(readRest("[]"), {
      options: {},
      problems: ["it must be a JSON object, nothing of it is used"],
    });
  });
});
