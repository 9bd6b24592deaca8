/**
 * What an answer comes to: matches, and events. More is asked for where the
 * answer was cut off, and for what events say.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import type { Config } from "../config/config.ts";
import { OpenctiError } from "../errors.ts";
import {
  hasRegex,
  matchAnswer,
  type Matches,
  type MatchOptions,
} from "../match/answer.ts";
import type { Match } from "../match/match.ts";
import type { Reply } from "../opencti/client.ts";
import type { Answer, Indicator } from "../opencti/schema.ts";
import {
  detailsOf,
  MAX_IDS,
  moreOf,
  type Question,
} from "../opencti/question.ts";
import { type Event } from "../wazuh/event.ts";
import { matchEvent } from "../wazuh/match_event.ts";

/** Asks for what an alert can do without: to fail is an answer. */
export type AskMore = (question: Question) => Promise<Reply | OpenctiError>;

/** A match, and the event that says so. */
export interface MatchEvent {
  readonly match: Match;
  readonly event: Event;
}

/** Something of a look-up that an operator should know. */
export interface Note {
  readonly kind: "cut_off" | "details";
  readonly says: string;
}

/** What an answer came to. */
export interface ReadAnswer {
  readonly found: Matches;
  /** How long OpenCTI took for all that it was asked. */
  readonly latencyMs: number;
  /** What is emitted as an error, though the alert was looked up. */
  readonly notes: readonly Note[];
  /** In the order in which they are emitted. */
  readonly events: readonly MatchEvent[];
}

/** What an answer is read with. */
export type ReadOptions =
  & Omit<MatchOptions, "page" | "readRegex">
  & Pick<Config, "severity" | "lower_partial">
  & {
    readonly iocs: readonly Ioc[];
    readonly askMore: AskMore;
    /** OpenCTI's address, for links. */
    readonly baseUrl: string;
  };

/** Reads an answer that has something in it. */
export async function readAnswer(
  question: Question,
  reply: Reply,
  options: ReadOptions,
): Promise<ReadAnswer> {
  let { latencyMs } = reply;
  const askMore = async (more: Question) => {
    const answered = await options.askMore(more);
    if (!(answered instanceof OpenctiError)) latencyMs += answered.latencyMs;
    return answered;
  };
  const found = await readAll(question, reply, { ...options, askMore });
  const { matches, note } = await withDetails(found.matches, askMore);
  const context = { ...options, latencyMs };
  return {
    found,
    latencyMs,
    notes: [
      ...found.cutOff.length > 0 ? [cutOffNote(found.cutOff)] : [],
      ...note === undefined ? [] : [note],
    ],
    events: matches.map((match) => ({
      match,
      event: matchEvent(match, context),
    })),
  };
}

/** All of an answer: a second page of it, if the first was cut off. */
async function readAll(
  question: Question,
  { answer }: Reply,
  { iocs, ...options }: ReadOptions,
): Promise<Matches> {
  const matchPage = async (answer: Answer, page: 1 | 2) => {
    const regex = hasRegex(answer) ? await import("../match/regex.ts") : {};
    return matchAnswer(iocs, answer, { ...options, ...regex, page });
  };
  const first = await matchPage(answer, 1);
  if (!first.hasMore) return first;
  const more = await options.askMore(moreOf(question, options));
  return more instanceof OpenctiError || more.problems.length > 0
    ? first
    : await matchPage(more.answer, 2);
}

function cutOffNote(cutOff: readonly string[]): Note {
  return {
    kind: "cut_off",
    says: "OpenCTI has more on an alert than is read of an answer " +
      `(${cutOff.join(", ")}): look its IoCs up in OpenCTI; what was read is ` +
      "emitted, and the alert is not lost",
  };
}

/**
 * Adds what events say of indicators. Without it they are emitted all the same,
 * and a note says what they lack.
 */
async function withDetails(
  matches: readonly Match[],
  askMore: AskMore,
): Promise<{ readonly matches: readonly Match[]; readonly note?: Note }> {
  const ids = [...new Set(matches.map(({ indicator }) => indicator.id))];
  const byId = new Map<string, Indicator>();
  let why: string | undefined;
  for (let at = 0; at < ids.length; at += MAX_IDS) {
    const reply = await askMore(detailsOf(ids.slice(at, at + MAX_IDS)));
    if (reply instanceof OpenctiError) {
      why ??= reply.message;
      break;
    }
    for (const one of reply.answer.exact.nodes) byId.set(one.id, one);
    why ??= reply.problems[0]?.says;
  }
  return {
    matches: matches.map((match) => ({
      ...match,
      indicator: byId.get(match.indicator.id) ?? match.indicator,
    })),
    ...why !== undefined && { note: lacks(why) },
  };
}

function lacks(why: string): Note {
  return {
    kind: "details",
    says: "Events are without author, labels, references and threats: " +
      `${why}; no event is lost`,
  };
}
