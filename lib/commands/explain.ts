/**
 * The command `explain`: shows what becomes of an alert, and changes nothing.
 *
 * @module
 */
import { type Alert, isOwnEvent, parseAlert, SEVERAL } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import { AlertError, messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { redactJson } from "../redact.ts";
import { seenAlertIn, whyNotMet } from "../wazuh/hand_over.ts";
import { sendToQueue } from "../wazuh/queue.ts";
import { type Asked, ASKED_OPTIONS, askedBy } from "./asked.ts";
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
  type HandOver,
  handOverSection,
  outcomeSections,
  problemSection,
  screenOf,
  type Section,
} from "./show.ts";
import { textOfStdin } from "./stdin.ts";
import { type Style, styleOfStdout } from "./style.ts";

/** Shows what becomes of an alert. */
export const explain: Command = {
  name: "explain",
  summary: "Show what becomes of an alert, step by step",
  usage: ["explain ALERT [--url URL] [--token-file FILE] [--json] [--send]"],
  about:
    "Shows on one screen what would become of an alert: whether integratord " +
    "hands it over, the sources that read it, its IoCs, what is skipped and why, the question to OpenCTI, the " +
    "answer, the ranking, the events, and the rule and level that each event " +
    "meets. Any user may run it. It writes and keeps nothing, no log either, " +
    "and sends nothing to Wazuh without --send.",
  arguments: [[
    "ALERT",
    "file that holds the alert's JSON, as a line of alerts.json; - reads stdin",
  ]],
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
      "sudo tail -n 1 /var/ossec/logs/alerts/alerts.json | " +
      "sudo /var/ossec/integrations/custom-opencti explain -",
      "see each step of the last alert",
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
    const json = redactJson(await readJson(path), asked.target.apiKey);
    const alert = parse(json, path);
    const handOver = handOverOf(json, asked);
    const explainer = await explainerFor(asked, context);
    const findings = isOwnEvent(alert)
      ? NOTHING_FOUND
      : await explainer.find(alert);
    const outcome = await explainer.lookUp(alert, findings);
    const explained = { alert, handOver, findings, outcome, explainer };
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
  readonly handOver: HandOver;
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

async function readJson(path: string): Promise<string> {
  if (isStdin(path)) {
    const json = await textOfStdin();
    if (json !== undefined) return json;
    throw new UsageError("explain - needs an alert from a pipe");
  }
  try {
    return readFile(path);
  } catch (error) {
    throw new AlertError(`Cannot read ${path}: ${messageOf(error)}`);
  }
}

/** The program may not open what is in /dev, but it has stdin open. */
function isStdin(path: string): boolean {
  return path === "-" || path === "/dev/stdin";
}

/** @param json Without secrets: what is shown is cut, and half would be left. */
function parse(json: string, path: string): Alert {
  try {
    return parseAlert(json);
  } catch (error) {
    const [what, file] = isStdin(path) ? ["stdin", "FILE"] : [path, path];
    const says = messageOf(error);
    const mend = says === SEVERAL
      ? `, as by tail -n 1 ${file} | custom-opencti explain -`
      : "";
    throw new AlertError(`Cannot read ${what}: ${says}${mend}`);
  }
}

function handOverOf(
  json: string,
  { blocks, noBlock }: Pick<Asked, "blocks" | "noBlock">,
): HandOver {
  if (blocks === undefined) return { reasons: [noBlock] };
  if (blocks.length === 0) return { isDone: false, reasons: [noBlock] };
  const alert = seenAlertIn(json);
  const reasons = blocks.map((block) => whyNotMet(block, alert))
    .filter((reason) => reason !== undefined);
  return reasons.length < blocks.length
    ? { isDone: true, reasons: [] }
    : { isDone: false, reasons: [...new Set(reasons)] };
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
  { alert, handOver, findings, outcome, explainer, sent }: Explained,
  style: Style,
): string {
  const { baseUrl } = explainer;
  return explainer.redact(screenOf([
    handOverSection(handOver, style),
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
  { alert, handOver, findings, outcome, explainer, sent }: Explained,
): string {
  const { id, rule, agent } = alert;
  return jsonOf({
    handed_over: handOver.isDone ?? null,
    not_handed_over: handOver.reasons,
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
