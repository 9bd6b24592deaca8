/**
 * What holds where the options say nothing.
 *
 * @module
 */
import { DEFAULT_IGNORE } from "../alert/ignore.ts";
import type { Sweep } from "../alert/texts.ts";

/** Traffic Light Protocol 2.0, the most open first. */
export const TLP = [
  "TLP:CLEAR",
  "TLP:GREEN",
  "TLP:AMBER",
  "TLP:AMBER+STRICT",
  "TLP:RED",
] as const;

const SWEEP: Sweep = "safe";

/** The options' defaults. */
export const DEFAULTS = {
  max_ind_alerts: 3,
  max_obs_alerts: 2,
  partial_matches: true,
  exact_only: false,
  networks: "narrow" as const,
  url_case: true,
  parent_domains: false,
  lower_partial: true,
  min_score: 0,
  min_confidence: 0,
  only_detection: false,
  include_revoked: true,
  include_expired: true,
  future_is_active: false,
  labels: [],
  not_labels: [],
  severity: { medium: 40, high: 60, critical: 80 },
  kinds: {},
  sweep: SWEEP,
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

/** Which networks count. */
export const NETWORKS = ["narrow", "all", "none"] as const;

/** What some values must be, for people. */
export const PATH = "a path that starts with /";
export const PROXY = "a URL of http, https or socks5";
