/**
 * The options: their type, and what they mean.
 *
 * @module
 */
import type * as v from "valibot";
import { DEFAULT_IGNORE, type Ignore } from "../alert/ignore.ts";
import { type IocKind, KINDS } from "../alert/kinds.ts";
import { SWEEPS } from "../alert/texts.ts";
import { NETWORKS, PATH, PROXY, TLP } from "./defaults.ts";
import type { UserSource } from "./user_sources.ts";
import type { configSchema } from "./schema.ts";

/** The options of a run. */
export type Config =
  & Omit<
    v.InferOutput<ReturnType<typeof configSchema>>,
    "ignore" | "kinds" | "sources"
  >
  & {
    readonly ignore: Ignore;
    readonly kinds: Readonly<Partial<Record<IocKind, boolean>>>;
    readonly sources: readonly UserSource[];
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
      | "future_is_active"
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
const KIND_NAMES = Object.keys(KINDS).join(", ");
const IGNORE_SWITCHES = Object.entries(DEFAULT_IGNORE)
  .filter(([, value]) => typeof value === "boolean").map(([name]) => name)
  .join(", ");
const SECONDS = "seconds, 30 days at the most";

/** The options, for people. */
export const OPTIONS: Readonly<Record<keyof Config, Option>> = {
  max_ind_alerts: {
    needs: COUNT,
    means: "The most events of matched indicators per alert, the best first; " +
      "OpenCTI is asked for 500 of a kind at the most",
  },
  max_obs_alerts: {
    needs: COUNT,
    means:
      "The most events of matched observables per alert, the best first; " +
      "OpenCTI is asked for 500 of a kind at the most",
  },
  partial_matches: {
    needs: SWITCH,
    means: "Whether indicators make events whose pattern holds only in part, " +
      "as far as the alert says",
  },
  exact_only: {
    needs: SWITCH,
    means: "Whether only a pattern that says the IoC and nothing else is a " +
      "match in full, as in version 0.1",
  },
  networks: {
    needs: NETWORKS.join(", "),
    means: "Which networks match the addresses in them: from /16 (IPv6: /32) " +
      "on, from /8 on, or none",
  },
  url_case: {
    needs: SWITCH,
    means: "Whether a URL is a match in part if its path is written in other " +
      "case; else it is one in full",
  },
  parent_domains: {
    needs: SWITCH,
    means: "Whether to ask for the domains above a domain too, up to the one " +
      "that can be registered",
  },
  lower_partial: {
    needs: SWITCH,
    means: "Whether the severity of a match in part is one step lower",
  },
  min_score: {
    needs: PERCENT,
    means: "Indicators with a lower score, or none, make no event",
  },
  min_confidence: {
    needs: PERCENT,
    means: "Indicators with a lower confidence, or none, make no event",
  },
  only_detection: {
    needs: SWITCH,
    means: "Whether indicators that are not meant for detection are left out",
  },
  include_revoked: {
    needs: SWITCH,
    means: "Whether revoked indicators make events",
  },
  include_expired: {
    needs: SWITCH,
    means: "Whether indicators make events after their `valid_until`",
  },
  future_is_active: {
    needs: SWITCH,
    means: "Whether an indicator is active before its `valid_from`",
  },
  labels: {
    needs: TEXTS,
    means: "Only indicators with one of these labels make events; with none " +
      "here, all do",
  },
  not_labels: {
    needs: TEXTS,
    means: "Indicators with one of these labels make no event",
  },
  markings: {
    needs: TLP.join(", "),
    means: "Only indicators marked with this or a more open TLP, or with " +
      "none, make events",
  },
  severity: {
    needs: "an object of `medium`, `high` and `critical`, each " + PERCENT,
    means:
      "From which score on a match has which severity; below, it is low, " +
      "without a score medium",
  },
  kinds: {
    needs: `an object of ${KIND_NAMES}, each true or false`,
    means: "Which [kinds](#kinds) are asked for: all but `user_agent` and " +
      "`mac`, unless this says otherwise",
  },
  sweep: {
    needs: SWEEPS.join(", "),
    means: "How much is looked for besides what the " +
      "[sources](sources.md#what-no-source-knows) know",
  },
  generic: {
    needs: SWITCH,
    means:
      "The older name of the sweep: true is `safe`, where `sweep` is `off`",
  },
  ignore: {
    needs:
      "an object of lists (addresses, domains, urls, hashes, files), and " +
      `of ${IGNORE_SWITCHES}, each true or false`,
    means: "Lists of what is not asked for, see " +
      "[what is not asked for](#what-is-not-asked-for)",
  },
  sources: {
    needs: "a list of objects",
    means: "Sources of your own, and changes to those built in, see " +
      "[your own sources](#your-own-sources)",
  },
  config: {
    needs: PATH,
    means: "The configuration file, else `etc/opencti.json` in Wazuh's home",
  },
  debug: {
    needs: SWITCH,
    means: "Whether to log each step in `logs/integrations.log`",
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
    means:
      "How long errors of one kind are only counted, after one was emitted",
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
