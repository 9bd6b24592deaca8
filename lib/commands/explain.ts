/**
 * The command `explain`: shows what becomes of an alert, and changes nothing.
 *
 * @module
 */
import { type Alert, isOwnEvent, parseAlert } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import { AlertError, messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { redactJson } from "../redact.ts";
import { sendToQueue } from "../wazuh/queue.ts";
import type { Target } from "../run/run.ts";
import { ASKED_OPTIONS, askedBy } from "./asked.ts";
import { type Command, print } from "./command.ts";
import {
  exitStatusFor,
  type Explainer,
  explainerFor,
  type Outcome,
} from "./explanation.ts";
import { jsonOf, outcomeJson } from "./explanation_json.ts";
import { readOptions } from "./options.ts";
import {
  alertSection,
  findingSections,
  outcomeSections,
  problemSection,
  screenOf,
  type Section,
} from "./show.ts";
import { type Style, styleOfStdout } from "./style.ts";

/** Shows what becomes of an alert. */
export const explain: Command = {
  name: "explain",
  summary: "Show what becomes of an alert, step by step; sends nothing",
  usage: ["explain ALERT [--url URL] [--token-file FILE] [--json] [--send]"],
  about:
    "Shows on one screen what would become of an alert: the sources that " +
    "read it, its IoCs, what is skipped and why, the question to OpenCTI, the " +
    "answer, the ranking, the events, and the rule and level that each event " +
    "meets. Any user may run it. It writes and keeps nothing, no log either, " +
    "and sends nothing to Wazuh without --send.",
  arguments: [["ALERT", "file that holds the alert's JSON"]],
  options: [
    ...ASKED_OPTIONS,
    { name: "json", means: "print JSON, with all that does not fit a screen" },
    { name: "send", means: "send the events to Wazuh's queue, at the end" },
  ],
  examples: [
    [
      "custom-opencti explain alert.json",
      "see each step of an alert, as Wazuh's configuration has it",
    ],
    [
      "custom-opencti explain alert.json --url https://opencti.example.com " +
      "--token-file token",
      "see the same, where that configuration may not be read",
    ],
  ],
  run: async ({ words, error }, context) => {
    if (error !== undefined) throw error;
    const said = readOptions(words, explain);
    const [path, ...others] = said.words;
    if (path === undefined || others.length > 0) {
      throw new UsageError(
        "explain needs the file of one alert: see custom-opencti help explain",
      );
    }
    const asked = askedBy(said, context.home);
    const alert = readAlert(path, asked.target);
    const explainer = await explainerFor(asked, context);
    const findings = isOwnEvent(alert)
      ? NOTHING_FOUND
      : await explainer.find(alert);
    const outcome = await explainer.lookUp(alert, findings);
    const explained = { alert, findings, outcome, explainer };
    const sent = said.has("send") ? await send(outcome, context) : undefined;
    await print(
      said.has("json")
        ? jsonFor({ ...explained, sent })
        : screenFor({ ...explained, sent }, styleOfStdout()),
    );
    return exitStatusFor(outcome);
  },
};

/** What is known of an alert at the end. */
interface Explained {
  readonly alert: Alert;
  readonly findings: Findings;
  readonly outcome: Outcome;
  readonly explainer: Explainer;
  /** How many events were sent; `undefined` if none should be. */
  readonly sent: number | undefined;
}

/** An alert of our own is not looked at. */
const NOTHING_FOUND: Findings = {
  sources: [],
  emptySources: [],
  unmet: [],
  iocs: [],
  skipped: [],
  tooMany: 0,
};

function readAlert(path: string, { apiKey }: Pick<Target, "apiKey">): Alert {
  try {
    // What is shown is cut, and half a token would be left.
    return parseAlert(redactJson(readFile(path), apiKey));
  } catch (error) {
    const isMany = messageOf(error) === "it is not JSON";
    throw new AlertError(
      `Cannot read ALERT: ${messageOf(error)}${
        isMany ? ", put one alert into the file: one line of alerts.json" : ""
      }`,
    );
  }
}

async function send(
  outcome: Outcome,
  { home, stop }: { readonly home: string; readonly stop: AbortSignal },
): Promise<number> {
  const events = outcome.type === "answered" ? outcome.events : [];
  if (events.length === 0) return 0;
  let sent = 0;
  await sendToQueue(events.map(({ message }) => message), {
    home,
    stop,
    timeoutMs: SEND_MS,
    onSent: () => sent++,
  });
  return sent;
}

/** A person waits. */
const SEND_MS = 10_000;

function screenFor(
  { alert, findings, outcome, explainer, sent }: Explained,
  style: Style,
): string {
  const { baseUrl } = explainer;
  return explainer.redact(screenOf([
    alertSection(alert),
    problemSection(explainer.problems(), style),
    ...isOwnEvent(alert)
      ? [{ heading: "Skipped", lines: [{ text: OWN_EVENT }] }]
      : [
        ...findingSections(findings, style),
        ...outcomeSections(outcome, { ...findings, baseUrl, style }),
      ],
    sentSection(outcome, { sent, style }),
  ], style));
}

const OWN_EVENT = "it is an alert of custom-opencti's events";

function sentSection(
  outcome: Outcome,
  { sent, style }: { readonly sent: number | undefined; readonly style: Style },
): Section {
  const count = outcome.type === "answered" ? outcome.events.length : 0;
  const text = sent !== undefined
    ? `${sent} of ${count} to Wazuh's queue`
    : count === 0
    ? "nothing"
    : "nothing: add --send to send the events to Wazuh's queue";
  return { heading: "Sent", lines: [{ text, paint: style.green }] };
}

function jsonFor(
  { alert, findings, outcome, explainer, sent }: Explained,
): string {
  const { id, rule, agent } = alert;
  return jsonOf({
    alert: { id, rule, agent },
    is_own_event: isOwnEvent(alert),
    problems: explainer.problems(),
    sources: {
      reading: findings.sources,
      finding_nothing: findings.emptySources,
      conditions_not_met: findings.unmet,
    },
    skipped: findings.skipped,
    ...outcomeJson(outcome, { ...findings, baseUrl: explainer.baseUrl }),
    sent: sent ?? 0,
  }, explainer.redact);
}
