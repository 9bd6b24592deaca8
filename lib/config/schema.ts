/**
 * The schema of options, in `<options>` and in the configuration file.
 *
 * @module
 */
import * as v from "valibot";
import { DEFAULT_IGNORE } from "../alert/ignore.ts";
import { KINDS } from "../alert/kinds.ts";
import { SWEEPS } from "../alert/sweep.ts";
import { DEFAULTS, NETWORKS, PATH, PROXY, TLP } from "./defaults.ts";
import { TEXT, userSourceSchema } from "./user_sources.ts";
import {
  ABSOLUTE,
  isInOrder,
  isProxy,
  type Range,
  RANGES,
} from "./allowed_values.ts";

/**
 * The schema of an options file and of the configuration file. Strict: a
 * typing error must be reported. Made once, and on demand: many runs have neither.
 */
export function configSchema() {
  return schema ??= makeSchema();
}

let schema: ReturnType<typeof makeSchema> | undefined;

function makeSchema() {
  const percent = numberFor("min_score");
  const path = v.pipe(v.string(), v.regex(ABSOLUTE, `must be ${PATH}`));
  const texts = v.array(TEXT);
  const kind = v.optional(v.boolean());
  return v.strictObject({
    max_ind_alerts: numberOption("max_ind_alerts"),
    max_obs_alerts: numberOption("max_obs_alerts"),
    partial_matches: v.optional(v.boolean(), DEFAULTS.partial_matches),
    exact_only: v.optional(v.boolean(), DEFAULTS.exact_only),
    networks: v.optional(v.picklist(NETWORKS), DEFAULTS.networks),
    url_case: v.optional(v.boolean(), DEFAULTS.url_case),
    parent_domains: v.optional(v.boolean(), DEFAULTS.parent_domains),
    lower_partial: v.optional(v.boolean(), DEFAULTS.lower_partial),
    min_score: numberOption("min_score"),
    min_confidence: numberOption("min_confidence"),
    only_detection: v.optional(v.boolean(), DEFAULTS.only_detection),
    include_revoked: v.optional(v.boolean(), DEFAULTS.include_revoked),
    include_expired: v.optional(v.boolean(), DEFAULTS.include_expired),
    future_is_active: v.optional(v.boolean(), DEFAULTS.future_is_active),
    labels: v.optional(texts, DEFAULTS.labels),
    not_labels: v.optional(texts, DEFAULTS.not_labels),
    markings: v.optional(v.picklist(TLP)),
    severity: v.optional(
      v.pipe(
        v.strictObject({
          medium: v.optional(percent, DEFAULTS.severity.medium),
          high: v.optional(percent, DEFAULTS.severity.high),
          critical: v.optional(percent, DEFAULTS.severity.critical),
        }),
        v.check(
          isInOrder,
          "medium, high and critical must not be in another order",
        ),
      ),
      {},
    ),
    kinds: v.optional(
      v.strictObject(
        Object.fromEntries(KIND_NAMES.map((name) => [name, kind])),
      ),
      {},
    ),
    sweep: v.optional(v.picklist(SWEEPS), DEFAULTS.sweep),
    generic: v.optional(v.boolean(), DEFAULTS.generic),
    ignore: v.optional(
      v.strictObject({
        addresses: v.optional(texts, []),
        domains: v.optional(texts, []),
        urls: v.optional(texts, []),
        hashes: v.optional(texts, []),
        files: v.optional(v.array(path), []),
        private_networks: v.optional(
          v.boolean(),
          DEFAULT_IGNORE.private_networks,
        ),
        empty_files: v.optional(v.boolean(), DEFAULT_IGNORE.empty_files),
        public_resolvers: v.optional(
          v.boolean(),
          DEFAULT_IGNORE.public_resolvers,
        ),
        private_names: v.optional(v.boolean(), DEFAULT_IGNORE.private_names),
        own_opencti: v.optional(v.boolean(), DEFAULT_IGNORE.own_opencti),
      }),
      {},
    ),
    sources: v.optional(v.array(userSourceSchema()), []),
    config: v.optional(path),
    debug: v.optional(v.boolean(), DEFAULTS.debug),
    total_timeout: numberOption("total_timeout"),
    state_dir: v.optional(path),
    spool_max: numberOption("spool_max"),
    spool_max_bytes: numberOption("spool_max_bytes"),
    spool_max_age: numberOption("spool_max_age"),
    error_interval: numberOption("error_interval"),
    ca_file: v.optional(path),
    client_cert: v.optional(path),
    client_key: v.optional(path),
    proxy: v.optional(
      v.pipe(v.string(), v.check(isProxy, `must be ${PROXY}`)),
    ),
    no_proxy: v.optional(v.string()),
  });
}

const KIND_NAMES = Object.keys(KINDS);

/** An option that is a number, as `allowed_values.ts` has it. */
function numberOption(name: keyof typeof RANGES) {
  return v.optional(numberFor(name), DEFAULTS[name]);
}

function numberFor(name: keyof typeof RANGES): v.GenericSchema<number> {
  const { isWhole, isPositive, max = Number.MAX_SAFE_INTEGER }: Range =
    RANGES[name];
  return v.pipe(
    v.number(),
    isWhole ? v.safeInteger() : v.finite(),
    isPositive === true ? v.gtValue<number, 0>(0) : v.minValue<number, 0>(0),
    v.maxValue(max),
  );
}
