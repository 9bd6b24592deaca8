/**
 * The schema of options, in `<options>` and in the configuration file.
 *
 * @module
 */
import * as z from "zod/mini";
import { DEFAULT_IGNORE } from "../alert/ignore.ts";
import { KINDS } from "../alert/kinds.ts";
import { DEFAULTS, PATH, PROXY, TLP } from "./defaults.ts";
import { ownSourceSchema } from "./own_sources.ts";

/**
 * The schema of an options file and of the configuration file. Strict: a
 * typing error must be told. Made once, and on demand: many runs have neither.
 */
export function configSchema() {
  return schema ??= makeSchema();
}

let schema: ReturnType<typeof makeSchema> | undefined;

function makeSchema() {
  const count = z.int().check(z.nonnegative());
  const percent = z.int().check(z.gte(0), z.lte(100));
  const seconds = z.number().check(z.nonnegative(), z.lte(30 * 86_400));
  const path = z.string().check(z.regex(/^\//, { error: `must be ${PATH}` }));
  const texts = z.array(z.string().check(z.minLength(1)));
  const kind = z.optional(z.boolean());
  return z.strictObject({
    max_ind_alerts: z._default(count, DEFAULTS.max_ind_alerts),
    max_obs_alerts: z._default(count, DEFAULTS.max_obs_alerts),
    partial_matches: z._default(z.boolean(), DEFAULTS.partial_matches),
    min_score: z._default(percent, DEFAULTS.min_score),
    min_confidence: z._default(percent, DEFAULTS.min_confidence),
    only_detection: z._default(z.boolean(), DEFAULTS.only_detection),
    include_revoked: z._default(z.boolean(), DEFAULTS.include_revoked),
    include_expired: z._default(z.boolean(), DEFAULTS.include_expired),
    labels: z._default(texts, DEFAULTS.labels),
    not_labels: z._default(texts, DEFAULTS.not_labels),
    markings: z.optional(z.enum(TLP)),
    severity: z.prefault(
      z.strictObject({
        medium: z._default(percent, DEFAULTS.severity.medium),
        high: z._default(percent, DEFAULTS.severity.high),
        critical: z._default(percent, DEFAULTS.severity.critical),
      }).check(z.refine(
        ({ medium, high, critical }) => medium <= high && high <= critical,
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
        own_opencti: z._default(z.boolean(), DEFAULT_IGNORE.own_opencti),
      }),
      {},
    ),
    sources: z._default(z.array(ownSourceSchema()), []),
    config: z.optional(path),
    debug: z._default(z.boolean(), DEFAULTS.debug),
    total_timeout: z._default(
      seconds.check(z.positive()),
      DEFAULTS.total_timeout,
    ),
    state_dir: z.optional(path),
    spool_max: z._default(count, DEFAULTS.spool_max),
    spool_max_bytes: z._default(count, DEFAULTS.spool_max_bytes),
    spool_max_age: z._default(seconds, DEFAULTS.spool_max_age),
    error_interval: z._default(seconds, DEFAULTS.error_interval),
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

function isProxy(text: string): boolean {
  return /^(?:https?|socks5):$/.test(URL.parse(text)?.protocol ?? "");
}
