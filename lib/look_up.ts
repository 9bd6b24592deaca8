/**
 * Looks up the IoCs of an alert: question, answer, matches, events. What
 * cannot be done now is kept.
 *
 * @module
 */
import * as z from "zod/mini";
import type { Alert } from "./alert.ts";
import { messageOf, OpenctiError, type UsageError } from "./errors.ts";
import { readFile } from "./file.ts";
import { matchEvent, recoveredEvent, warningEvent } from "./event.ts";
import { afterFailure, mayAsk, Outage } from "./health.ts";
import { dueIn } from "./marker.ts";
import { matchAnswer, matchKey } from "./match.ts";
import { ask, type Reply } from "./opencti/client.ts";
import { connect } from "./opencti/connection.ts";
import { isNameOfPrivate, isPrivate } from "./opencti/private.ts";
import { type Question, questionFor } from "./opencti/query.ts";
import type { Problem } from "./opencti/response.ts";
import type { Run } from "./run.ts";
import type { Findings } from "./sources/mod.ts";
import type { Transaction } from "./spool.ts";
import { tell, type Teller } from "./tell.ts";

/** An alert that is looked up, now or again. */
export interface Subject {
  readonly alert: Alert;
  readonly json: string;
  /** Which alert, and which OpenCTI: by this the spool knows it. */
  readonly key: string;
  /** How often it was tried before; `undefined` if it is new. */
  readonly tries?: number;
}

/** If the answer takes longer, the alert is kept before it comes. */
const KEEP_AFTER_MS = 500;

/** After the first failure; each further one doubles it. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 600_000;

const DAY_MS = 86_400_000;

/** The key of an alert that is new. Without an id it gets one. */
export function keyOf(alert: Alert, { opencti }: Run): string {
  return `${alert.id ?? crypto.randomUUID()} ${opencti.baseUrl}`;
}

/**
 * Whether OpenCTI may be asked, as far as its failures go. A new alert that is
 * not looked up for them is kept.
 */
export async function mayLookUp(run: Run, subject?: Subject): Promise<boolean> {
  if (dueIn(run.spoolDir) === undefined) return true;
  const spool = await run.spool();
  const name = outageName(run);
  const outage = spool.write((tx) => {
    const { may, next } = mayAsk(tx.recall(name, Outage), run.now());
    if (may && next !== undefined) rememberOutage(tx, next, run);
    return may ? undefined : next;
  });
  if (outage === undefined) return true;
  if (subject !== undefined) {
    const until = new Date(outage.pausedUntil).toISOString();
    run.log.info(
      `Alert ${subject.alert.id ?? "without id"}: kept, OpenCTI failed ` +
        `${outage.failures} times and is not asked before ${until}`,
    );
    await tell(run, (tx, { error }) => {
      keep(subject, { tx, run, why: outage.says, due: outage.pausedUntil });
      rememberOutage(tx, { ...outage, alerts: outage.alerts + 1 }, run);
      const { kind, says } = outage;
      const { baseUrl } = run.opencti;
      error({ kind, says, alerts: 1, alert: subject.alert, baseUrl });
    });
  }
  return false;
}

/** Keeps an alert that cannot be looked up for a wrong option, and tells it. */
export async function keepUnasked(
  subject: Subject,
  { kind, message }: UsageError,
  run: Run,
): Promise<void> {
  const { alert } = subject;
  await tell(run, (tx, { error }) => {
    keep(subject, { tx, run, why: message, due: nextTry(subject, run) });
    error({ kind, says: message, alerts: 1, alert });
  });
}

/**
 * Looks up the IoCs of an alert, and tells what is known of them.
 *
 * @throws {OpenctiError} If OpenCTI cannot be asked, or for a part of the
 * question: the alert is kept then, and the error told.
 * @throws {QueueError} If not all is told yet: the events are kept.
 */
export async function lookUp(
  subject: Subject,
  findings: Pick<Findings, "iocs" | "tooMany">,
  run: Run,
): Promise<void> {
  try {
    await lookUpNow(subject, findings, run);
  } finally {
    await warnOfClearText(run)
      .catch((error) => run.log.error(messageOf(error)));
  }
}

async function lookUpNow(
  subject: Subject,
  { iocs, tooMany }: Pick<Findings, "iocs" | "tooMany">,
  run: Run,
): Promise<void> {
  const { alert, key } = subject;
  const { config, log, opencti } = run;
  const now = new Date(run.now());
  const question = questionFor(iocs, {
    ...config,
    partial: config.partial_matches,
    now,
  });
  log.debug(`question: ${JSON.stringify(question.variables)}`);
  const { reply, isKept } = await askOrKeep(subject, question, run);
  const { answer, problems, latencyMs } = reply;
  const { matches, found, cutOff, notes } = matchAnswer(iocs, answer, {
    ...config,
    now,
  });
  for (const note of notes) log.debug(note);
  log.info([
    `Alert ${alert.id ?? "without id"}: IoCs asked for: ${iocs.length}`,
    ...tooMany > 0 ? [`IoCs left out: ${tooMany}`] : [],
    `matches to tell: ${matches.length} of ${found}`,
    ...cutOff.length > 0 ? [`OpenCTI has more ${cutOff.join(" and ")}`] : [],
    `answer after ${latencyMs} ms`,
  ].join(", "));

  const { baseUrl } = opencti;
  const { severity } = config;
  const context = { alert, baseUrl, latencyMs, severity, now };
  const events = await Promise.all(matches.map(async (match) => ({
    event: matchEvent(match, context),
    key: await digest(`${key} ${matchKey(match)}`),
  })));
  const failure = failureOf(problems);
  const mustRecord = events.length > 0 || failure !== undefined || isKept ||
    dueIn(run.spoolDir) !== undefined;
  if (mustRecord) {
    await tell(run, (tx, teller) => {
      if (failure === undefined) tx.forgetAlert(key);
      else {
        const why = failure.message;
        keep(subject, { tx, run, why, due: nextTry(subject, run) });
      }
      tellRecovery(tx, teller, run);
      for (const { event, key } of events) teller.event(event, { alert, key });
      if (failure !== undefined) {
        countFailure(failure, subject, { teller, run });
      }
    }).catch((error) => {
      if (failure === undefined) throw error;
      log.error(messageOf(error));
    });
  }
  if (failure !== undefined) throw failure;
}

function failureOf(problems: readonly Problem[]): OpenctiError | undefined {
  const [first] = problems;
  return first && new OpenctiError(
    problems.map(({ says }) => says).join("; "),
    first.kind,
  );
}

function countFailure(
  { kind, message }: OpenctiError,
  { alert, tries }: Subject,
  { teller, run }: { readonly teller: Teller; readonly run: Run },
): void {
  teller.error({
    kind,
    says: message,
    // It was counted when it was new.
    alerts: tries === undefined ? 1 : 0,
    alert,
    baseUrl: run.opencti.baseUrl,
  });
}

/** Asks OpenCTI; if it fails, the alert is kept and the failure told. */
async function askOrKeep(
  subject: Subject,
  question: Question,
  run: Run,
): Promise<{ readonly reply: Reply; readonly isKept: boolean }> {
  const { opencti, config, log, budget, stop } = run;
  let isKept = subject.tries !== undefined;
  const client = await connect(config, readFile);
  const keeping = setTimeout(async () => {
    // The run may be killed while it waits.
    const spool = await run.spool();
    const due = run.now() + budget.leftMs();
    spool.write((tx) => keep(subject, { tx, run, why: "no answer yet", due }));
    isKept = true;
  }, KEEP_AFTER_MS);
  try {
    const reply = await ask(question, {
      ...opencti,
      client,
      leftMs: budget.leftToAskMs,
      stop,
      now: () => performance.now(),
      sleep: (ms) => sleep(ms, stop),
      onAttempt: (line) => log.debug(line),
    });
    return { reply, isKept };
  } catch (error) {
    if (!(error instanceof OpenctiError)) throw error;
    clearTimeout(keeping);
    await tellFailure(error, subject, run)
      .catch((next) => log.error(messageOf(next)));
    throw error;
  } finally {
    clearTimeout(keeping);
    client?.close();
  }
}

async function tellFailure(
  failure: OpenctiError,
  subject: Subject,
  run: Run,
): Promise<void> {
  const { kind, message: why } = failure;
  const isNew = subject.tries === undefined;
  await tell(run, (tx, teller) => {
    if (kind === "stopped") {
      keep(subject, { tx, run, why, due: run.now() });
      return;
    }
    keep(subject, { tx, run, why, due: nextTry(subject, run) });
    // An alert that OpenCTI never understands must not look like an outage
    // again and again.
    if (isNew || kind !== "not_understood") {
      const outage = afterFailure(tx.recall(outageName(run), Outage), {
        now: run.now(),
        kind,
        says: run.redact(why),
      });
      const alerts = outage.alerts + (isNew ? 1 : 0);
      rememberOutage(tx, { ...outage, alerts }, run);
    }
    countFailure(failure, subject, { teller, run });
  });
}

function keep(
  { json, key, tries }: Subject,
  { tx, run, why, due }: {
    readonly tx: Transaction;
    readonly run: Run;
    readonly why: string;
    readonly due: number;
  },
): void {
  const { redact, opencti: { baseUrl }, log } = run;
  log.debug(`kept until it can be looked up: ${why}`);
  tx.keepAlert({
    key,
    baseUrl,
    json: redact(json),
    why: redact(why),
    tries: (tries ?? 0) + 1,
  }, due);
}

function nextTry({ tries }: Subject, { now }: Run): number {
  return now() + Math.min(FIRST_RETRY_MS * 2 ** (tries ?? 0), MAX_RETRY_MS);
}

function outageName({ opencti }: Run): string {
  return `outage ${opencti.baseUrl}`;
}

function rememberOutage(tx: Transaction, outage: Outage, run: Run): void {
  // Not due by itself, but there, so that each run looks at it.
  tx.remember(outageName(run), outage, run.now() + 365 * DAY_MS);
}

function tellRecovery(tx: Transaction, { event }: Teller, run: Run): void {
  const { opencti: { baseUrl }, now } = run;
  const outage = tx.recall(outageName(run), Outage);
  if (outage === undefined) return;
  tx.forget(outageName(run));
  // What was not told of the outage's errors is told now.
  for (const name of tx.names(`error ${baseUrl} `)) tx.forget(name);
  tx.makeDue(baseUrl, now());
  event(recoveredEvent({ ...outage, now: now() }), {});
}

/** Once a day, if the token goes over a network where others may read it. */
async function warnOfClearText(run: Run): Promise<void> {
  const { opencti: { baseUrl }, now } = run;
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === "https:" || isPrivate(hostname) === true) return;
  const spool = await run.spool();
  const name = `warned ${baseUrl}`;
  const isDue = spool.write((tx) => {
    const last = tx.recall(name, z.number()) ?? 0;
    const due = now() - last >= DAY_MS || now() < last;
    if (due) tx.remember(name, now());
    return due;
  });
  if (!isDue || await isNameOfPrivate(hostname)) return;
  await tell(run, (_, { event }) => {
    event(
      warningEvent(
        `The token goes in clear to ${baseUrl}, and whoever sees it can use ` +
          "it: give OpenCTI a certificate, and set <hook_url> to https://",
      ),
      {},
    );
  });
}

/** What a match is known by, too long for a key of its own. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.slice(0, 16).toHex();
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
