import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { OPTIONS } from "../../lib/config/config.ts";
import { completeConfig, parseOptions } from "../../lib/config/config_file.ts";
import { DEFAULTS } from "../../lib/config/defaults.ts";
import { completePlain, isPlain, parseObject } from "../../lib/config/plain.ts";

/** An option each, as users have them. */
const PLAIN = {
  max_ind_alerts: 5,
  max_obs_alerts: 0,
  partial_matches: false,
  min_score: 50,
  min_confidence: 100,
  only_detection: true,
  include_revoked: false,
  include_expired: false,
  labels: ["apt"],
  not_labels: ["test", "noise"],
  exact_only: true,
  networks: "all",
  url_case: false,
  parent_domains: true,
  lower_partial: false,
  future_is_active: true,
  markings: "TLP:AMBER",
  severity: { high: 65 },
  kinds: { url: false, mac: true },
  sweep: "all",
  generic: true,
  ignore: {
    addresses: ["192.0.2.0/24"],
    domains: ["example.com"],
    files: ["/var/ossec/etc/lists/own"],
    private_networks: false,
    private_names: false,
  },
  sources: [],
  config: "/etc/opencti.json",
  debug: true,
  total_timeout: 0.5,
  state_dir: "/srv/state",
  spool_max: 100,
  spool_max_bytes: 1_000_000,
  spool_max_age: 3600.5,
  error_interval: 0,
  ca_file: "/etc/ca.pem",
  proxy: "http://user:password@proxy.example:3128",
  no_proxy: "",
};
const PAIR = { client_cert: "/etc/c.pem", client_key: "/etc/k.pem" };

Deno.test("isPlain() takes every option as users write it", async (t) => {
  assertEquals(
    Object.keys({ ...PLAIN, ...PAIR }).sort(),
    Object.keys(OPTIONS).sort(),
  );
  for (const [name, value] of Object.entries(PLAIN)) {
    await t.step(name, () => assert(isPlain({ [name]: value })));
  }
  await t.step("the pair", () => assert(isPlain(PAIR)));
  assert(isPlain({ ...PLAIN, ...PAIR }));
});

Deno.test("isPlain() leaves to the schema what is wrong, or not its matter", async (t) => {
  const cases: readonly object[] = [
    { min_scroe: 1 },
    { min_score: "1" },
    { min_score: 101 },
    { min_score: 0.5 },
    { min_score: -1 },
    { max_ind_alerts: 2 ** 53 },
    { total_timeout: 0 },
    { total_timeout: Infinity },
    { debug: 1 },
    { debug: null },
    { labels: "c2" },
    { labels: [""] },
    { labels: [1] },
    { markings: "TLP:BLUE" },
    { networks: "wide" },
    { networks: true },
    { severity: { medium: 90 } },
    { severity: { low: 1 } },
    { severity: { high: 60.5 } },
    { severity: [] },
    { kinds: { mack: true } },
    { kinds: { mac: 1 } },
    { ignore: { domain: ["a.example"] } },
    { ignore: { domains: "a.example" } },
    { ignore: { files: ["list.txt"] } },
    { ignore: null },
    { sources: [{ name: "x", enabled: false }] },
    { ca_file: "ca.pem" },
    { client_cert: "/c.pem" },
    { client_key: "/k.pem" },
    { proxy: "proxy.example" },
    { no_proxy: 1 },
    { toString: true },
    JSON.parse('{"__proto__":{"debug":true}}'),
    { ignore: JSON.parse('{"__proto__":[]}') },
    { severity: JSON.parse('{"__proto__":1}') },
    { kinds: { constructor: true } },
  ];
  for (const options of cases) {
    await t.step(
      JSON.stringify(options),
      () => assertEquals(isPlain(options), false),
    );
  }
});

/** A value as it is, or anything else. */
const anyOption = fc.constantFrom(...Object.entries({ ...PLAIN, ...PAIR }))
  .chain(([name, value]) =>
    fc.tuple(
      fc.constant(name),
      fc.oneof(
        fc.constant(value),
        fc.integer({ min: -1, max: 120 }),
        fc.double(),
        fc.boolean(),
        fc.array(fc.oneof(fc.string(), fc.constant("/x"), fc.integer())),
        fc.dictionary(
          fc.constantFrom(
            ...Object.keys({ ...DEFAULTS.ignore, ...DEFAULTS.severity }),
            "mac",
            "__proto__",
          ),
          fc.oneof(
            fc.boolean(),
            fc.integer({ min: -1, max: 120 }),
            fc.array(fc.constantFrom("", "a", "/a")),
          ),
        ),
        fc.jsonValue(),
      ),
    )
  );

Deno.test("what isPlain() takes, the schema takes, and completes alike", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(anyOption, { maxLength: 6 }), (entries) => {
      const json = JSON.stringify(Object.fromEntries(entries));
      const options = parseObject(json);
      if (!isPlain(options)) return;
      taken++;
      assertEquals(parseOptions(json), {
        options,
        problems: [],
        leftOut: [],
      });
      assertEquals(completePlain(options), completeConfig(options));
    }),
    { numRuns: 3000 },
  );
  assert(taken > 500, `${taken}`);
});

Deno.test("parseObject() leaves out what is for editors", () => {
  assertEquals(parseObject('\ufeff{"$schema":"x","debug":true}\n'), {
    debug: true,
  });
});
