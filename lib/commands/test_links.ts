/**
 * The links of a test, from the integration block to Wazuh's alert: each is a
 * finding, and the first that is broken is the last.
 *
 * What an alert goes through is gone through here, by the same functions: IoCs,
 * question, answer, matches, event, queue. Only the alert is made here, and the
 * event says that it is a test.
 *
 * @module
 */
import { parseAlert } from "../alert/alert.ts";
import { messageOf, QueueError } from "../errors.ts";
import { valueAt } from "../json.ts";
import {
  AGAIN,
  check,
  checkArrival,
  checkBlock,
  checkQueue,
  checkRules,
  checkToken,
  type Finding,
  findingsOf,
  follow,
  type Followed,
  leastLevelIn,
  type Site,
} from "../manager/mod.ts";
import { redactor } from "../redact.ts";
import { testEvent } from "../wazuh/event.ts";
import { sendToQueue } from "../wazuh/queue.ts";
import { type Asked, HARMLESS } from "./asked.ts";
import type { RunContext } from "./command.ts";
import {
  type ExplainedEvent,
  type Explainer,
  explainerFor,
} from "./explanation.ts";
import {
  areHandedOver,
  choose,
  type Chosen,
  failureOf,
  sourcesFor,
} from "./test_value.ts";

/** What a test is made of. */
export interface TestOptions {
  readonly site: Site;
  /** What kept the manager from being read. */
  readonly first: readonly Finding[];
  readonly asked: Asked;
  /** How long Wazuh's alert is waited for. */
  readonly seconds: number;
  readonly context: RunContext;
  /** The source whose alert is made, if one is chosen. */
  readonly source: string | undefined;
}

/**
 * Goes from link to link, and says what is found at each. It ends at the first
 * that is broken.
 *
 * @throws {UsageError} If there is no such source.
 */
export async function* testLinks(
  options: TestOptions,
): AsyncGenerator<Finding> {
  const { site, first, asked, context } = options;
  const before = [
    first.length > 0
      // What this user may not read cannot be tested.
      ? first.map((one): Finding => ({ ...one, level: "error" }))
      : await check("block", () => checkBlock(site)),
    await check("token", () => checkToken(site)),
    asked.whyNot === undefined
      ? []
      : [findingsOf("block").error(asked.whyNot, AGAIN)],
  ];
  const redact = redactor(site.blocks.map(({ apiKey }) => apiKey));
  for (const findings of before) {
    for (const one of findings) yield { ...one, says: redact(one.says) };
    if (isBroken(findings)) return;
  }
  const explainer = await explainerFor(asked, context);
  for await (const finding of linksTo(explainer, options)) {
    yield { ...finding, says: explainer.redact(finding.says) };
  }
}

function isBroken(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === "error");
}

/** The links from OpenCTI on. */
async function* linksTo(
  explainer: Explainer,
  options: TestOptions,
): AsyncGenerator<Finding> {
  for (const problem of explainer.problems()) {
    yield findingsOf("options").warning(problem, AGAIN);
  }
  const sources = await sourcesFor(explainer, options);
  const up = await explainer.lookUp(parseAlert("{}"), { iocs: [HARMLESS] });
  if (up.type !== "answered") {
    yield failureOf(up);
    return;
  }
  yield findingsOf("http").ok(
    `${explainer.baseUrl} answers in ${up.lookedUp.latencyMs} ms`,
  );
  const chosen = await choose(explainer, {
    ...options,
    sources,
    stop: options.context.stop,
  });
  if ("level" in chosen) {
    yield chosen;
    return;
  }
  yield* choiceFindings(chosen, options);
  yield* send(chosen, { explainer, ...options });
}

function choiceFindings(
  { value, source, alert, field, answered }: Chosen,
  { site: { blocks } }: TestOptions,
): readonly Finding[] {
  const { rule } = alert;
  const groups = rule.groups.join(", ");
  const isHandedOver = areHandedOver(rule.groups, blocks);
  const { problems } = answered.lookedUp.reply;
  return [
    findingsOf("value").ok(`${value.kind} ${value.value}, which OpenCTI knows`),
    isHandedOver
      ? findingsOf("source").ok(
        `${source.name} reads it in ${field} of an alert of the group ${groups}`,
      )
      : findingsOf("source").warning(
        `${source.name} reads it in ${field}, but <group> of the block has not ` +
          `${
            groups || "its groups"
          }: integratord does not hand such alerts over`,
        `add one of the groups of ${source.name} to <group>: ${
          source.groups?.join(", ") || groups
        }`,
      ),
    ...problems.map(({ says }) => findingsOf("match").warning(says, AGAIN)),
  ];
}

/** Sends the event of the match, and waits for its alert. */
async function* send(
  { alert, answered }: Chosen,
  { explainer, site, seconds, context }: TestOptions & {
    readonly explainer: Explainer;
  },
): AsyncGenerator<Finding> {
  const [one] = answered.events;
  const [made] = answered.lookedUp.events;
  if (one === undefined || made === undefined) return;
  const id = crypto.randomUUID();
  const event = explainer.explain(testEvent(made.event, { id }), alert);
  yield findingsOf("match").ok(matchSentence(one));
  const path = `${site.home}/logs/alerts/alerts.json`;
  let followed: Followed;
  try {
    followed = follow(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    yield findingsOf("alert").error(
      `This user may not read ${path}, so that nothing is sent`,
      "run it as root: sudo before the command",
    );
    return;
  }
  using alerts = followed;
  const start = performance.now();
  try {
    await sendToQueue([event.message], {
      home: site.home,
      timeoutMs: SEND_MS,
      stop: context.stop,
      onSent: () => {},
    });
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    const causes = (await check("queue", () => checkQueue(site)))
      .filter(({ level }) => level !== "ok");
    yield* causes;
    if (!isBroken(causes)) {
      yield findingsOf("queue").error(
        messageOf(error),
        causes[0]?.mend ?? AGAIN,
      );
    }
    return;
  }
  yield findingsOf("queue").ok(
    `${site.home}/queue/sockets/queue took the event`,
  );
  yield* arrival(event, { id, alerts, start, site, seconds, context });
}

/** A person waits. */
const SEND_MS = 10_000;

function matchSentence({ event, rule }: ExplainedEvent): string {
  const text = (name: string) =>
    String(valueAt(event, `opencti.${name}`) ?? "unknown");
  return `${text("event_type")}, ${text("state")}, severity ` +
    `${text("severity")}${
      rule === undefined
        ? ""
        : `: of a true alert, rule ${rule.id} would alert with level ${rule.level}`
    }`;
}

/** Waits for the alert of the test's event. */
async function* arrival(
  { rule }: ExplainedEvent,
  { id, alerts, start, site, seconds, context: { stop } }:
    & Pick<TestOptions, "site" | "seconds" | "context">
    & {
      readonly id: string;
      readonly alerts: Followed;
      readonly start: number;
    },
): AsyncGenerator<Finding> {
  const { ok, warning, error } = findingsOf("alert");
  if (rule === undefined) {
    const causes = (await check("rules", () => checkRules(site)))
      .filter(({ level }) => level !== "ok");
    yield* causes;
    yield error(
      "No rule of this manager is for the event of a test, so that no alert " +
        "of it comes",
      causes[0]?.mend ??
        "put rule 110219 of what install brings into etc/rules/opencti_rules.xml",
    );
    return;
  }
  const least = leastLevelIn(site.conf ?? "");
  if (rule.level < least) {
    yield error(
      `Rule ${rule.id} has level ${rule.level}, and <log_alert_level> is ` +
        `${least}: Wazuh writes no alert of it`,
      `set <log_alert_level>${rule.level}</log_alert_level> in ` +
        `${site.home}/etc/ossec.conf`,
    );
    return;
  }
  while (performance.now() - start < seconds * 1000 && !stop.aborted) {
    const found = alerts.lines().map((line) => alertIn(line, id))
      .find((one) => one !== undefined);
    if (found === undefined) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    const ms = Math.round(performance.now() - start);
    const says = `Wazuh's alert came after ${ms} ms: rule ${found.id}, level ` +
      `${found.level}`;
    yield found.id === rule.id ? ok(says) : warning(
      `${says}, where rule ${rule.id} was expected: another rule takes our events`,
      `see rule ${found.id} in the folders of rules, and what it asks for`,
    );
    return;
  }
  if (stop.aborted) yield error("Stopped before Wazuh's alert came", AGAIN);
  else yield* await check("alert", () => checkArrival(site, { seconds }));
}

const POLL_MS = 100;

/** The rule of the test's alert; nothing if it is another alert. */
function alertIn(line: string, id: string) {
  // Nobody else knows the id.
  if (!line.includes(id)) return undefined;
  try {
    const alert: unknown = JSON.parse(line);
    return valueAt(alert, "data.opencti.test.id") !== id ? undefined : {
      id: String(valueAt(alert, "rule.id")),
      level: Number(valueAt(alert, "rule.level")),
    };
  } catch {
    return undefined;
  }
}
