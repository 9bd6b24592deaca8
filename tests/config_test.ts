import { assertEquals, assertThrows } from "@std/assert";
import { Config, DEFAULTS, OPTIONS, parseConfig } from "../lib/config.ts";
import { UsageError } from "../lib/errors.ts";

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
    debug: false,
    total_timeout: 25,
    spool_max: 10_000,
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
      'unknown option "max_alerts", there are max_ind_alerts',
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
    ['{"severity":{"high":"x"}}', 'option "severity" must be an object of'],
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
    Object.keys(Config.shape).sort(),
  );
});
