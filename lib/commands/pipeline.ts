/**
 * The way of an alert: alert → IoCs → question → answer → matches → events.
 *
 * It is built once for a configuration, and serves any number of alerts. It
 * changes nothing, and nothing leaves this machine but the one question, by the
 * function that is handed in: who calls decides where alerts come from, and where
 * events go.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import { type Findings, makeLoadingFinder } from "../alert/find.ts";
import {
  type IgnoreLists,
  readIgnoreLists,
  type WhyIgnored,
} from "../alert/ignore.ts";
import type { Ioc } from "../alert/ioc.ts";
import type { ReadConfig } from "../config/read_config.ts";
import type { Matches } from "../match/answer.ts";
import type { Match } from "../match/match.ts";
import type { Reply } from "../opencti/client.ts";
import { isNothing } from "../opencti/nothing.ts";
import type { Question } from "../opencti/query.ts";
import type { Event } from "../wazuh/event.ts";

/** What becomes of an alert, as a configuration says. */
export interface Pipeline {
  /** Finds the IoCs of an alert. */
  readonly find: (alert: Alert) => Promise<Findings>;
  /** Why an alert's value is not asked for, `undefined` if it is. */
  readonly whyIgnored: WhyIgnored;
  /**
   * Asks for IoCs of an alert, one at least, and finds what the answer makes of
   * them.
   *
   * @throws What `ask` throws.
   */
  readonly lookUp: (
    alert: Alert,
    iocs: readonly Ioc[],
    options: LookUpOptions,
  ) => Promise<LookedUp>;
  /**
   * Whether IoCs may be missed, for what says which are looked for is wrong in
   * the configuration.
   */
  readonly mayMiss: boolean;
  /** What of the configuration cannot be used, as far as it was needed yet. */
  readonly problems: () => readonly string[];
}

/** What a look-up needs of the world. */
export interface LookUpOptions {
  /** The one request. */
  readonly ask: (question: Question) => Promise<Reply>;
  readonly now: Date;
}

/** A look-up, step by step. */
export interface LookedUp {
  readonly question: Question;
  readonly reply: Reply;
  readonly found: Matches;
  /** In the order in which they are emitted. */
  readonly events: readonly MatchEvent[];
}

/** A match, and the event that says so. */
export interface MatchEvent {
  readonly match: Match;
  readonly event: Event;
}

/** What an answer with nothing in it comes to. */
const NO_MATCHES: Matches = {
  matches: [],
  found: 0,
  cutOff: [],
  decisions: [],
};

/** Builds the way of alerts. Lists are read, and modules loaded, on first use. */
export function pipelineFor(
  { config, joined, problems, mayMiss }: Pick<
    ReadConfig,
    "config" | "joined" | "problems" | "mayMiss"
  >,
  options: {
    /** OpenCTI's address. */
    readonly baseUrl: string;
    /** Reads a list of what is not asked for. */
    readonly readFile: (path: string) => string;
  },
): Pipeline {
  let lists: IgnoreLists | undefined;
  const readLists = () => lists ??= readIgnoreLists(config.ignore, options);
  const { baseUrl } = options;
  const whyIgnored: WhyIgnored = (value, port) =>
    readLists().whyIgnored(value, port);
  return {
    find: makeLoadingFinder({
      ...config,
      sources: joined.sources,
      whyIgnored,
    }),
    whyIgnored,
    lookUp: async (alert, iocs, { ask, now }) => {
      const { questionFor } = await import("../opencti/query.ts");
      const question = questionFor(iocs, {
        ...config,
        partial: config.partial_matches,
        now,
      });
      const reply = await ask(question);
      if (isNothing(reply.answer)) {
        return { question, reply, found: NO_MATCHES, events: [] };
      }
      const [{ matchAnswer }, { matchEvent }] = await Promise.all([
        import("../match/answer.ts"),
        import("../wazuh/event.ts"),
      ]);
      const found = matchAnswer(iocs, reply.answer, { ...config, now });
      const { latencyMs } = reply;
      const { severity } = config;
      const context = { alert, baseUrl, latencyMs, severity, now };
      const events = found.matches.map((match) => ({
        match,
        event: matchEvent(match, context),
      }));
      return { question, reply, found, events };
    },
    mayMiss: mayMiss || joined.problems.length > 0,
    problems: () => [
      ...problems,
      ...joined.problems.map((problem) =>
        `Mistakes in the configuration: ${problem}`
      ),
      ...lists?.problems ?? [],
    ],
  };
}
