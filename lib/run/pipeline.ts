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
import { loadIgnoreLists, type WhyIgnored } from "../alert/ignore.ts";
import type { Ioc } from "../alert/ioc.ts";
import { sweepOf } from "../config/allowed_values.ts";
import type { ReadConfig } from "../config/read_config.ts";
import type { Matches } from "../match/answer.ts";
import type { RankOptions } from "../match/rank.ts";
import type { AskMore, ReadAnswer } from "./answer.ts";
import type { Reply } from "../opencti/client.ts";
import type { Question } from "../opencti/question.ts";

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
  /** The one request that all alerts need. */
  readonly ask: (question: Question) => Promise<Reply>;
  readonly askMore: AskMore;
  readonly now: Date;
}

/** A look-up, step by step. */
export interface LookedUp extends ReadAnswer {
  readonly question: Question;
  readonly reply: Reply;
  /** How many rare spellings did not fit into the question. */
  readonly leftOut: number;
  /** What its matches were ranked by. */
  readonly ranking: RankOptions;
}

/** What an answer with nothing in it comes to. */
const NO_MATCHES: Matches = {
  matches: [],
  found: 0,
  cutOff: [],
  hasMore: false,
  decisions: [],
};

/** Builds the way of alerts. Lists are read, and modules loaded, on first use. */
export async function pipelineFor(
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
): Promise<Pipeline> {
  const readLists = await loadIgnoreLists(config.ignore, options);
  let listProblems: readonly string[] = [];
  const { baseUrl } = options;
  const whyIgnored: WhyIgnored = (value, port) => {
    const lists = readLists();
    listProblems = lists.problems;
    return lists.whyIgnored(value, port);
  };
  return {
    find: makeLoadingFinder({
      ...config,
      sources: joined.sources,
      sweep: sweepOf(config),
      whyIgnored,
    }),
    whyIgnored,
    lookUp: async (alert, iocs, { ask, askMore, now }) => {
      const [{ questionFor }, { isNothing }] = await Promise.all([
        import("../opencti/question.ts"),
        import("../opencti/nothing.ts"),
      ]);
      const parents = config.parent_domains
        ? (await import("../match/parents.ts")).parentsOf(iocs)
        : [];
      const { question, leftOut } = questionFor([
        ...iocs,
        ...parents.map(({ domain: value }) => (
          { kind: "domain", value, spellings: [] } as const
        )),
      ], { ...config, now });
      const reply = await ask(question);
      const { latencyMs } = reply;
      const { future_is_active } = config;
      const ranking = { now, future_is_active };
      if (isNothing(reply.answer)) {
        const found = NO_MATCHES;
        return {
          question,
          reply,
          found,
          leftOut,
          ranking,
          latencyMs,
          notes: [],
          events: [],
        };
      }
      const { readAnswer } = await import("./answer.ts");
      const read = await readAnswer(question, reply, {
        ...config,
        iocs,
        alert,
        parents,
        baseUrl,
        now,
        askMore,
      });
      return { question, reply, leftOut, ranking, ...read };
    },
    mayMiss: mayMiss || joined.problems.length > 0,
    problems: () => [
      ...problems,
      ...joined.problems.map((problem) =>
        `Mistakes in the configuration: ${problem}`
      ),
      ...listProblems,
    ],
  };
}
