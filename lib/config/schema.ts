/**
 * The schema of options, in `<options>` and in the configuration file.
 *
 * @module
 */
import * as z from "zod/mini";
import { DEFAULT_IGNORE } from "../alert/ignore.ts";
import { KINDS } from "../alert/kinds.ts";
import { SWEEPS } from "../alert/texts.ts";
import { DEFAULTS, NETWORKS, PATH, PROXY, TLP } from "./defaults.ts";
import { userSourceSchema } from "./user_sources.ts";
import {
  ABSOLUTE,
  isInOrder,
  isProxy,
  PERCENT,
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
  const percent = numberIn(PERCENT);
  const path = z.string().check(
    z.regex(ABSOLUTE, { error: `must be ${PATH}` }),
  );
  const texts = z.array(z.string().check(z.minLength(1)));
  const kind = z.optional(z.boolean());
  return z.strictObject({
    max_ind_alerts: numberOption("max_ind_alerts"),
    max_obs_alerts: numberOption("max_obs_alerts"),
    partial_matches: z._default(z.boolean(), DEFAULTS.partial_matches),
    exact_only: z._default(z.boolean(), DEFAULTS.exact_only),
    networks: z._default(z.enum(NETWORKS), DEFAULTS.networks),
    url_case: z._default(z.boolean(), DEFAULTS.url_case),
    parent_domains: z._default(z.boolean(), DEFAULTS.parent_domains),
    lower_partial: z._default(z.boolean(), DEFAULTS.lower_partial),
    min_score: numberOption("min_score"),
    min_confidence: numberOption("min_confidence"),
    only_detection: z._default(z.boolean(), DEFAULTS.only_detection),
    include_revoked: z._default(z.boolean(), DEFAULTS.include_revoked),
    include_expired: z._default(z.boolean(), DEFAULTS.include_expired),
    future_is_active: z._default(z.boolean(), DEFAULTS.future_is_active),
    labels: z._default(texts, DEFAULTS.labels),
    not_labels: z._default(texts, DEFAULTS.not_labels),
    markings: z.optional(z.enum(TLP)),
    severity: z.prefault(
      z.strictObject({
        medium: z._default(percent, DEFAULTS.severity.medium),
        high: z._default(percent, DEFAULTS.severity.high),
        critical: z._default(percent, DEFAULTS.severity.critical),
      }).check(z.refine(
        isInOrder,
        { error: "medium, high and critical must not be in another order" },
      )),
      {},
    ),
    kinds: z._default(
      z.strictObject(
        Object.fromEntries(KIND_NAMES.map((name) => [name, kind])),
      ),
      {},
    ),
    sweep: z._default(z.enum(SWEEPS), DEFAULTS.sweep),
    generic: z._default(z.boolean(), DEFAULTS.generic),
    ignore: z.prefault(
      z.strictObject({
        addresses: z._default(texts, []),
        domains: z._default(texts, []),
        urls: z._default(texts, []),
        hashes: z._default(texts, []),
        files: z._default(z.array(path), []),
        private_networks: z._default(
          z.boolean(),
          DEFAULT_IGNORE.private_networks,
        ),
        empty_files: z._default(z.boolean(), DEFAULT_IGNORE.empty_files),
        public_resolvers: z._default(
          z.boolean(),
          DEFAULT_IGNORE.public_resolvers,
        ),
        private_names: z._default(z.boolean(), DEFAULT_IGNORE.private_names),
        own_opencti: z._default(z.boolean(), DEFAULT_IGNORE.own_opencti),
      }),
      {},
    ),
    sources: z._default(z.array(userSourceSchema()), []),
    config: z.optional(path),
    debug: z._default(z.boolean(), DEFAULTS.debug),
    total_timeout: numberOption("total_timeout"),
    state_dir: z.optional(path),
    spool_max: numberOption("spool_max"),
    spool_max_bytes: numberOption("spool_max_bytes"),
    spool_max_age: numberOption("spool_max_age"),
    error_interval: numberOption("error_interval"),
    ca_file: z.optional(path),
    client_cert: z.optional(path),
    client_key: z.optional(path),
    proxy: z.optional(
      z.string().check(z.refine(isProxy, {
        error: `must be ${PROXY}`,
      })),
    ),
    no_proxy: z.optional(z.string()),
  });
}

const KIND_NAMES = Object.keys(KINDS);

/** An option that is a number, as `rules.ts` has it. */
function numberOption(name: keyof typeof RANGES) {
  return z._default(numberIn(RANGES[name]), DEFAULTS[name]);
}

function numberIn({ isWhole, isPositive = false, max }: Range) {
  return (isWhole ? z.int() : z.number()).check(
    isPositive ? z.positive() : z.nonnegative(),
    ...max === undefined ? [] : [z.lte(max)],
  );
}
