/**
 * The options: their schema, their defaults, and what they mean.
 *
 * @module
 */
import * as z from "zod/mini";
import { DEFAULT_IGNORE, type Ignore } from "../alert/ignore.ts";
import { type IocKind, KINDS } from "../alert/ioc.ts";
import { type OwnSource, ownSourceSchema } from "./own_sources.ts";

/** Traffic Light Protocol 2.0, the most open first. */
export const TLP = [
  "TLP:CLEAR",
  "TLP:GREEN",
  "TLP:AMBER",
  "TLP:AMBER+STRICT",
  "TLP:RED",
] as const;

/** The options' defaults. */
export const DEFAULTS = {
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
  spool_max_bytes: 256 * 1024 * 1024,
  spool_max_age: 86_400,
  error_interval: 300,
};

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

/** The options of a run. */
export type Config =
  & Omit<
    z.infer<ReturnType<typeof configSchema>>,
    "ignore" | "kinds" | "sources"
  >
  & {
    readonly ignore: Ignore;
    readonly kinds: Readonly<Partial<Record<IocKind, boolean>>>;
    readonly sources: readonly OwnSource[];
  };

/** The options that leave indicators out, and the time. */
export type Filters =
  & Readonly<
    Pick<
      Config,
      | "min_score"
      | "min_confidence"
      | "only_detection"
      | "include_revoked"
      | "include_expired"
      | "labels"
      | "not_labels"
      | "markings"
    >
  >
  & { readonly now: Date };

/** An option, for people. */
interface Option {
  /** What its value must be. */
  readonly needs: string;
  readonly means: string;
}

const COUNT = "a whole number from 0";
const SWITCH = "true or false";
const PERCENT = "a whole number from 0 to 100";
const TEXTS = "a list of texts";
const SECONDS = "seconds, 30 days at the most";
const PATH = "a path that starts with /";
const PROXY = "a URL of http, https or socks5";

/** The options, for people. */
export const OPTIONS: Readonly<Record<keyof Config, Option>> = {
  max_ind_alerts: {
    needs: COUNT,
    means: "How many indicators an alert may be told of, the best first; " +
      "OpenCTI is asked for 500 of a kind at the most",
  },
  max_obs_alerts: {
    needs: COUNT,
    means: "How many observables an alert may be told of, the best first; " +
      "OpenCTI is asked for 500 of a kind at the most",
  },
  partial_matches: {
    needs: SWITCH,
    means: "Whether to ask for indicators with more in their pattern than " +
      "the IoC",
  },
  min_score: {
    needs: PERCENT,
    means: "Indicators with a lower score, or none, are not told",
  },
  min_confidence: {
    needs: PERCENT,
    means: "Indicators with a lower confidence, or none, are not told",
  },
  only_detection: {
    needs: SWITCH,
    means: "Whether indicators that are not meant for detection are left out",
  },
  include_revoked: {
    needs: SWITCH,
    means: "Whether revoked indicators are told",
  },
  include_expired: {
    needs: SWITCH,
    means: "Whether indicators are told after their `valid_until`",
  },
  labels: {
    needs: TEXTS,
    means:
      "Only indicators with one of these labels are told; with none here, " +
      "all are",
  },
  not_labels: {
    needs: TEXTS,
    means: "Indicators with one of these labels are not told",
  },
  markings: {
    needs: TLP.join(", "),
    means: "Only indicators marked with this or a more open TLP, or with " +
      "none, are told",
  },
  severity: {
    needs: "an object of `medium`, `high` and `critical`, each " + PERCENT,
    means:
      "From which score on a match has which severity; below, it is low, " +
      "without a score medium",
  },
  kinds: {
    needs: "an object of kinds of IoC, each true or false",
    means: "Which [kinds](#kinds) are asked for: all but `user_agent` and " +
      "`mac`, unless this says otherwise",
  },
  generic: {
    needs: SWITCH,
    means:
      "Whether alerts that no source reads are searched for IoCs, by the " +
      "names of their fields",
  },
  ignore: {
    needs: "an object, see [what is not asked for](#what-is-not-asked-for)",
    means: "Lists of what is not asked for",
  },
  sources: {
    needs: "a list, see [your own sources](#your-own-sources)",
    means: "Sources of your own, and changes to those built in",
  },
  config: {
    needs: PATH,
    means: "The configuration file, else `etc/opencti.json` in Wazuh's home",
  },
  debug: {
    needs: SWITCH,
    means: "Whether to tell each step in `logs/integrations.log`",
  },
  total_timeout: {
    needs: `${SECONDS}, more than 0`,
    means: "The most that a run may take, all attempts and the queue together",
  },
  state_dir: {
    needs: PATH,
    means: "Where the spool is, else `queue/opencti` in Wazuh's home (or, " +
      "where that is missing and Wazuh's user cannot make it, `logs/opencti`)",
  },
  spool_max: {
    needs: COUNT,
    means: "How many alerts and events may wait in the spool",
  },
  spool_max_bytes: {
    needs: COUNT,
    means: "How many bytes these may have together",
  },
  spool_max_age: {
    needs: SECONDS,
    means: "How long an alert or event may wait in the spool",
  },
  error_interval: {
    needs: SECONDS,
    means: "How long errors of one kind are only counted, after one was told",
  },
  ca_file: {
    needs: PATH,
    means: "PEM file with certificates to trust, besides the system's and " +
      "Mozilla's authorities",
  },
  client_cert: {
    needs: PATH,
    means: "PEM file with the certificate to show to OpenCTI",
  },
  client_key: { needs: PATH, means: "PEM file with the key of `client_cert`" },
  proxy: {
    needs: PROXY,
    means: "Proxy to OpenCTI, as `http://user:password@proxy.example:3128`; " +
      "else what the environment says (`HTTPS_PROXY`, `HTTP_PROXY`)",
  },
  no_proxy: {
    needs: "a text",
    means: "Names, addresses and networks that are reached without a proxy, " +
      "joined by commas; else what `NO_PROXY` says",
  },
};

function isProxy(text: string): boolean {
  return /^(?:https?|socks5):$/.test(URL.parse(text)?.protocol ?? "");
}
