/**
 * The options: their defaults, and the options file that integratord writes
 * from `<options>` of the integration block.
 *
 * @module
 */
import * as z from "zod/mini";
import { messageOf, UsageError } from "./errors.ts";

const count = z.int().check(z.nonnegative());

/** The options of a run. */
export interface Config {
  readonly max_ind_alerts: number;
  readonly max_obs_alerts: number;
  readonly partial_matches: boolean;
  readonly debug: boolean;
}

/** The options' defaults. */
export const DEFAULTS: Config = {
  max_ind_alerts: 3,
  max_obs_alerts: 2,
  partial_matches: true,
  debug: false,
};

/** The schema of an options file. Strict: a typing error must be told. */
const OptionsFile = z.strictObject({
  max_ind_alerts: z._default(count, DEFAULTS.max_ind_alerts),
  max_obs_alerts: z._default(count, DEFAULTS.max_obs_alerts),
  partial_matches: z._default(z.boolean(), DEFAULTS.partial_matches),
  debug: z._default(z.boolean(), DEFAULTS.debug),
});

/** An option, for people. */
interface Option {
  /** What its value must be. */
  readonly needs: string;
  readonly means: string;
}

const COUNT = "a whole number from 0";
const SWITCH = "true or false";

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
  debug: {
    needs: SWITCH,
    means: "Whether to tell each step in `logs/integrations.log`",
  },
};

/**
 * Reads the options from the JSON of an options file.
 *
 * @throws {UsageError} If it is no JSON object, or an option is unknown or
 * wrong; the message names it.
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
  } catch (error) {
    throw new UsageError(`it is not JSON: ${messageOf(error)}`);
  }
  const config = OptionsFile.safeParse(value);
  if (config.success) return config.data;
  throw new UsageError(config.error.issues.map(explain).join("; "));
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
