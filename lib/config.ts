/**
 * The options: their defaults, and the options file that integratord writes
 * from `<options>` of the integration block.
 *
 * @module
 */
import * as z from "zod/mini";
import { UsageError } from "./errors.ts";

const count = z.int().check(z.nonnegative());
const percent = z.int().check(z.gte(0), z.lte(100));
const seconds = z.number().check(z.nonnegative(), z.lte(30 * 86_400));
const path = z.optional(z.string().check(z.regex(/^\//)));
const texts = z.array(z.string().check(z.minLength(1)));

/** Traffic Light Protocol 2.0, the most open first. */
export const TLP = [
  "TLP:CLEAR",
  "TLP:GREEN",
  "TLP:AMBER",
  "TLP:AMBER+STRICT",
  "TLP:RED",
] as const;

/** The schema of an options file. Strict: a typing error must be told. */
export const Config = z.strictObject({
  max_ind_alerts: z._default(count, 3),
  max_obs_alerts: z._default(count, 2),
  partial_matches: z._default(z.boolean(), true),
  min_score: z._default(percent, 0),
  min_confidence: z._default(percent, 0),
  only_detection: z._default(z.boolean(), false),
  include_revoked: z._default(z.boolean(), true),
  include_expired: z._default(z.boolean(), true),
  labels: z._default(texts, []),
  not_labels: z._default(texts, []),
  markings: z.optional(z.enum(TLP)),
  severity: z._default(
    z.strictObject({
      medium: z._default(percent, 40),
      high: z._default(percent, 60),
      critical: z._default(percent, 80),
    }),
    { medium: 40, high: 60, critical: 80 },
  ),
  debug: z._default(z.boolean(), false),
  total_timeout: z._default(seconds.check(z.positive()), 25),
  state_dir: path,
  spool_max: z._default(count, 10_000),
  spool_max_age: z._default(seconds, 86_400),
  error_interval: z._default(seconds, 300),
  ca_file: path,
  client_cert: path,
  client_key: path,
  proxy: z.optional(z.string().check(z.refine(isProxy))),
  no_proxy: z.optional(z.string()),
});

/** The options of a run. */
export type Config = z.infer<typeof Config>;

/** The options' defaults. */
export const DEFAULTS: Config = Config.parse({}, { jitless: true });

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

/** The options, for people. */
export const OPTIONS: Readonly<Record<keyof Config, Option>> = {
  max_ind_alerts: {
    needs: COUNT,
    means: "How many indicators an alert may be told of, the best first",
  },
  max_obs_alerts: {
    needs: COUNT,
    means: "How many observables an alert may be told of, the best first",
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
    means: "From which score on a match has which severity; below, it is low",
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
    means: "Where the spool is, else `queue/opencti` in Wazuh's home",
  },
  spool_max: {
    needs: COUNT,
    means: "How many alerts and events may wait in the spool",
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
    needs: "a URL of http, https or socks5",
    means: "Proxy to OpenCTI, as `http://user:password@proxy.example:3128`; " +
      "else what the environment says (`HTTPS_PROXY`, `HTTP_PROXY`)",
  },
  no_proxy: {
    needs: "a text",
    means: "Names, addresses and networks that are reached without a proxy, " +
      "joined by commas; else what `NO_PROXY` says",
  },
};

/**
 * Reads the options from the JSON of an options file.
 *
 * @throws {UsageError} If it is no JSON object, or an option is unknown or
 * wrong; the message names it, and holds no value.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { UsageError } from "./errors.ts";
 *
 * assertEquals(parseConfig('{"max_ind_alerts":5}').max_ind_alerts, 5);
 * assertThrows(() => parseConfig('{"max_ind":5}'), UsageError, '"max_ind"');
 * ```
 */
export function parseConfig(json: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // What JSON.parse() says quotes the text: a proxy's password may be in it.
    throw new UsageError("it is not JSON");
  }
  const config = Config.safeParse(value, { jitless: true });
  if (!config.success) {
    throw new UsageError(config.error.issues.map(explain).join("; "));
  }
  const { client_cert, client_key } = config.data;
  if ((client_cert === undefined) !== (client_key === undefined)) {
    throw new UsageError(
      'options "client_cert" and "client_key" need each other',
    );
  }
  return config.data;
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => JSON.stringify(key)).join(", ");
    return `unknown option ${names}, there are ${
      Object.keys(OPTIONS).join(", ")
    }`;
  }
  const [name] = issue.path;
  const option = Object.entries(OPTIONS).find(([known]) => known === name);
  return option === undefined
    ? "it must be a JSON object"
    : `option "${option[0]}" must be ${option[1].needs}`;
}

function isProxy(text: string): boolean {
  return /^(?:https?|socks5):$/.test(URL.parse(text)?.protocol ?? "");
}
