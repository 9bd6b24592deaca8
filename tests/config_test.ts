import { assertEquals, assertThrows } from "@std/assert";
import { DEFAULTS, OPTIONS, parseConfig } from "../lib/config.ts";
import { UsageError } from "../lib/errors.ts";

Deno.test("parseConfig() fills in the defaults", () => {
  assertEquals(parseConfig("{}"), DEFAULTS);
  assertEquals(parseConfig("{}"), {
    max_ind_alerts: 3,
    max_obs_alerts: 2,
    partial_matches: true,
    debug: false,
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
    ['{"debug":null}', 'option "debug" must be true or false'],
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

Deno.test("OPTIONS tells of every option", () => {
  assertEquals(Object.keys(OPTIONS).sort(), Object.keys(DEFAULTS).sort());
});
