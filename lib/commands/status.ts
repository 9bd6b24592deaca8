/**
 * The command `status`: what went on lately, on one screen.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { messageOf, UsageError } from "../errors.ts";
import { escapeControls } from "../log.ts";
import {
  type Activity,
  activityIn,
  type Emitted,
  emittedIn,
  lastLinesIn,
  readSite,
} from "../manager/mod.ts";
import {
  type SeenOutage,
  type Waiting,
  waitingIn,
} from "../state/spool_summary.ts";
import { type Command, print } from "./command.ts";
import { readOptions } from "./options.ts";
import { wrapped } from "./show.ts";
import { stateFoldersOf } from "./state_folders.ts";

/** Says what went on lately. */
export const status: Command = {
  name: "status",
  summary: "Show what was looked up and emitted lately, and what waits",
  usage: ["status [--json]"],
  about:
    "Shows what the end of logs/integrations.log, today's alerts and the " +
    "spool tell: the last answer, what was looked up and emitted, answer " +
    "times, errors, and what waits. It changes nothing, and asks nobody. The " +
    "exit status is 1 if what waits cannot be read.",
  arguments: [],
  options: [{ name: "json", means: "print it as JSON" }],
  examples: [[
    "sudo /var/ossec/integrations/custom-opencti status",
    "see what went on",
  ]],
  run: async ({ words, error }, { home }) => {
    if (error !== undefined) throw error;
    const { has, words: others } = readOptions(words, status);
    if (others.length > 0) {
      throw new UsageError("status takes no words, only --json");
    }
    const found = await look(home);
    await print(
      has("json")
        ? `${JSON.stringify({ home, ...found }, withTime, 2)}\n`
        : show(home, found),
    );
    return found.waiting.unreadable.length > 0 ? 1 : 0;
  },
};

/** Milliseconds as a time that people and programs read. */
function withTime(name: string, value: unknown): unknown {
  return name === "since" && typeof value === "number"
    ? new Date(value).toISOString()
    : value;
}

/** What there is to be seen. */
interface Seen {
  readonly activity: Activity;
  readonly emitted: Emitted;
  readonly waiting: Omit<Waiting, "why"> & {
    /** Why what waits in a folder is not among these. */
    readonly unreadable: readonly string[];
  };
}

/**
 * Looks at what there is.
 *
 * @throws {UsageError} If there is no manager, or this user may not see it.
 */
async function look(home: string): Promise<Seen> {
  const { site, findings: [finding] } = readSite(home);
  // Without its configuration, it is not known where something waits.
  if (site === undefined || finding?.level === "warning") {
    throw new UsageError(
      [finding?.says, finding?.mend].filter(Boolean).join(": "),
    );
  }
  const read = (path: string) => {
    try {
      return lastLinesIn(`${home}/${path}`) ?? [];
    } catch (error) {
      throw new UsageError(
        `Cannot read ${home}/${path}: ${messageOf(error)}, run it as root`,
      );
    }
  };
  let [alerts, events] = [0, 0];
  let since: number | undefined;
  const outages: SeenOutage[] = [];
  const unreadable: string[] = [];
  const folders = await stateFoldersOf(site.blocks, home);
  for (const folder of new Set(folders.flat())) {
    const one = await waitingIn(folder).catch((error) => {
      // A run moves a corrupt one away, and says so.
      unreadable.push(
        `what waits in ${folder} cannot be read: ${messageOf(error)}`,
      );
    });
    if (one === undefined) continue;
    alerts += one.alerts;
    events += one.events;
    outages.push(...one.outages);
    if (one.since !== undefined) since = Math.min(since ?? Infinity, one.since);
  }
  return {
    activity: activityIn(read("logs/integrations.log")),
    emitted: emittedIn(read("logs/alerts/alerts.json")),
    waiting: { alerts, events, since, outages, unreadable },
  };
}

const WIDTH = 80;
/** The column where values begin. */
const INDENT = 15;
/** One screen: of a long error, no more is shown. */
const MAX_SAID = 600;

/** What a person wants to know first. */
function stateOf({ activity, waiting }: Seen): string {
  const { outages, alerts, events, unreadable } = waiting;
  if (outages.length > 0) return "OpenCTI does not answer, see outage";
  if (unreadable.length > 0) return "not known, see waiting";
  if (activity.since === undefined) {
    return "logs/integrations.log says nothing of a run: doctor says if all is " +
      "right";
  }
  if (activity.lastAnswer === undefined) return "no alert was looked up";
  return alerts + events > 0
    ? "OpenCTI answers, what waits is sent by the next runs"
    : "OpenCTI answers";
}

/** A time to the second, as the log's: in UTC. */
function shownTime(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? String(time)
    : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function show(home: string, seen: Seen): string {
  const { activity, emitted, waiting } = seen;
  const { since, lastAnswer, alerts, iocs, matches, answerMs, lastError } =
    activity;
  const types = Object.entries(emitted.byType).sort()
    .map(([type, count]) => `${type} ${count}`);
  const rows: readonly (readonly [string, string])[] = [
    ["state", stateOf(seen)],
    ["last answer", lastAnswer === undefined ? "none" : shownTime(lastAnswer)],
    [
      "looked up",
      `alerts ${alerts}, IoCs ${iocs}, matches ${matches}${
        since === undefined ? "" : `, since ${shownTime(since)}`
      }`,
    ],
    [
      "answers in",
      answerMs === undefined
        ? "no answer"
        : `${answerMs.median} ms (median), ${answerMs.p95} ms (95 of 100), ` +
          `${answerMs.longest} ms (longest)`,
    ],
    ["errors", String(activity.errors)],
    ...lastError === undefined ||
        waiting.outages.some(({ says }) =>
          says !== "" && lastError.includes(says)
        )
      ? []
      : [["last error", lastError.replace(/^\S+Z/, shownTime)] as const],
    ["our alerts", `${types.join(", ") || "none"} today`],
    ["dropped today", String(emitted.dropped)],
    [
      "waiting",
      `alerts ${waiting.alerts}, events ${waiting.events}${
        waiting.since === undefined ? "" : `, since ${shownTime(waiting.since)}`
      }`,
    ],
    ...waiting.unreadable.map((says) => ["", says] as const),
    ...waiting.outages.map((
      { baseUrl, since, failures, alerts, says },
    ): readonly [string, string] => [
      "outage",
      `${baseUrl} fails since ${
        shownTime(since)
      }, failed attempts ${failures}, ` +
      `alerts kept ${alerts}: ${says}`,
    ]),
  ];
  return [
    `custom-opencti ${project.version}, Wazuh in ${home}`,
    "",
    ...rows.flatMap(([name, value]) =>
      wrapped(escapeControls(value).slice(0, MAX_SAID), WIDTH - INDENT)
        .map((line, n) => `${(n === 0 ? name : "").padEnd(INDENT)}${line}`)
    ),
    "",
  ].join("\n");
}
