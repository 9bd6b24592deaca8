import { assertEquals, assertThrows } from "@std/assert";
import { configSchema, DEFAULTS, OPTIONS } from "../../lib/config/config.ts";
import { parseConfig, parseConfigFile } from "../../lib/config/config_file.ts";
import { UsageError } from "../../lib/errors.ts";
import { DEFAULT_IGNORE } from "../../lib/alert/ignore.ts";

Deno.test("parseConfig() fills in the defaults", () => {
  assertEquals(parseConfig("{}"), DEFAULTS);
  assertEquals(DEFAULTS, {
    max_ind_alerts: 3,
    max_obs_alerts: 2,
    partial_matches: true,
    min_score: 0,
    min_confidence: 0,
    only_detection: false,
    include_revoked: true,
    include_expired: true,
    labels: [],
    not_labels: [],
    severity: { medium: 40, high: 60, critical: 80 },
    kinds: {},
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
  assertEquals(parseConfig('{"max_obs_alerts":0,"debug":true}'), {
    ...DEFAULTS,
    max_obs_alerts: 0,
    debug: true,
  });
});

Deno.test("parseConfig() names an option that is unknown or wrong", async (t) => {
  const cases = [
    [
      '{"max_alerts":1}',
      'unknown option "max_alerts", did you mean "max_ind_alerts"?',
    ],
    [
      '{"max_ind_alerts":"3"}',
      'option "max_ind_alerts" must be a whole number from 0',
    ],
    ['{"max_ind_alerts":-1}', 'option "max_ind_alerts" must be'],
    ['{"max_obs_alerts":1.5}', 'option "max_obs_alerts" must be'],
    [
      '{"partial_matches":"no"}',
      'option "partial_matches" must be true or false',
    ],
    ['{"min_score":101}', 'option "min_score" must be a whole number from 0'],
    ['{"labels":"c2"}', 'option "labels" must be a list of texts'],
    ['{"markings":"TLP:BLUE"}', 'option "markings" must be TLP:CLEAR, TLP:'],
    ['{"severity":{"high":"x"}}', 'option "severity.high": must be a number'],
    ['{"debug":null}', 'option "debug" must be true or false'],
    ['{"total_timeout":0}', 'option "total_timeout" must be seconds'],
    ['{"spool_max_age":-1}', 'option "spool_max_age" must be seconds'],
    ['{"state_dir":"queue"}', 'option "state_dir" must be a path'],
    ['{"proxy":"proxy.example"}', 'option "proxy" must be a URL of http'],
    ['{"client_cert":"/c.pem"}', 'options "client_cert" and "client_key"'],
    ['{"client_key":"/k.pem"}', 'options "client_cert" and "client_key"'],
    ["[]", "it must be a JSON object"],
    ["null", "it must be a JSON object"],
    ["", "it is not JSON"],
    ["{", "it is not JSON"],
  ] as const;
  for (const [json, message] of cases) {
    await t.step(json, () => {
      assertThrows(() => parseConfig(json), UsageError, message);
    });
  }
});

Deno.test("parseConfig() never quotes the options: a password may be in them", () => {
  for (const end of ["", "}", ',"proxy":1}']) {
    const json = `{"proxy":"http://user:passw0rd@"${end}`;
    const error = assertThrows(() => parseConfig(json), UsageError);
    assertEquals(error.message.includes("passw0rd"), false, error.message);
  }
});

Deno.test("OPTIONS tells of every option", () => {
  assertEquals(
    Object.keys(OPTIONS).sort(),
    Object.keys(configSchema().shape).sort(),
  );
});

Deno.test("parseConfig() lets an option replace what the configuration file says", () => {
  const base = { generic: true, min_score: 50 };
  const { generic, min_score } = parseConfig('{"min_score":70}', base);
  assertEquals({ generic, min_score }, { generic: true, min_score: 70 });
});

const FIELD = { path: "data.x", kind: "address" };

Deno.test("parseConfigFile() tells a mistake with its path, and uses the rest", async (t) => {
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
        "email, hash, sha512, sha256, sha1, md5, text, user_agent, mac, did " +
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
        "sources[0].name: must be a text",
        "sources[1].name: must be letters, digits, _ and -, 64 at the most " +
        '(source "a b" is left out)',
      ],
    ],
    [{ sources: {} }, {}, ["sources: must be a list"]],
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
    [{ client_cert: "/c.pem", generic: true }, { generic: true }, [
      'client_cert: "client_cert" and "client_key" need each other',
    ]],
    [{ proxy: "proxy.example" }, {}, [
      "proxy: must be a URL of http, https or socks5",
    ]],
    [{ ignore: { files: ["list.txt"] } }, { ignore: {} }, [
      "ignore.files[0]: must be a path that starts with /",
    ]],
  ];
  for (const [file, options, problems] of cases) {
    await t.step(problems.join(), () => {
      assertEquals(parseConfigFile(JSON.stringify(file)), {
        options,
        problems,
      });
      parseConfig("{}", options);
    });
  }
  await t.step("a prototype's name is a name like others", () => {
    const { problems } = parseConfigFile('{"__proto__":{"generic":true}}');
    assertEquals(problems.length, 1);
  });
  await t.step("a schema for editors is no mistake", () => {
    assertEquals(parseConfigFile('{"$schema":"x","generic":true}'), {
      options: { generic: true },
      problems: [],
    });
  });
  await t.step("no JSON", () => {
    assertEquals(parseConfigFile("{"), {
      options: {},
      problems: [
        "it is not JSON (line 1 column 2), nothing of it is used",
      ],
    });
    assertEquals(parseConfigFile("[]"), {
      options: {},
      problems: ["it must be a JSON object, nothing of it is used"],
    });
  });
});
