/**
 * Looks up the IoCs of an alert: question, answer, matches, events. What
 * cannot be done now is kept.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import {
  emit,
  type Emitter,
  hasCounted,
  isDueDaily,
  outageName,
} from "./emit.ts";
import {
  type Fate,
  IntegrationError,
  messageOf,
  OpenctiError,
  sentenceOf,
  withFate,
} from "../errors.ts";
import { readFile } from "../files.ts";
import { matchEvent, recoveredEvent, warningEvent } from "../wazuh/event.ts";
import { matchAnswer, matchKey } from "../match/match.ts";
import { ask, type Reply } from "../opencti/client.ts";
import { connect } from "../opencti/connection.ts";
import { isNameOfPrivate, isPrivate } from "../opencti/private.ts";
import { type Question, questionFor } from "../opencti/query.ts";
import type { Problem } from "../opencti/response.ts";
import { redactJson } from "../redact.ts";
import type { Run } from "./run.ts";
import type { Findings } from "../alert/sources/mod.ts";
import {
  afterAnswer,
  afterFailure,
  mayAsk,
  Outage,
} from "../state/circuit_breaker.ts";
import { dueIn, keyOf } from "../state/marker.ts";
import type { Transaction } from "../state/transaction.ts";

/** An alert that is looked up, now or again. */
export interface Subject {
  readonly alert: Alert;
  readonly json: string;
  /** Which alert, and which OpenCTI: by this the spool knows it. */
  readonly key: string;
  /** How often it was tried before; `undefined` if it is new. */
  readonly tries?: number;
  /** Whether the spool has it already. */
  readonly isKept?: boolean;
}

/** If the answer takes longer, the alert is kept before it comes. */
const KEEP_AFTER_MS = 500;

/** After the first failure; each further one doubles it. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 600_000;

/** A run that only wants to know whether OpenCTI fails does not wait for long. */
const MAX_LOOK_MS = 500;

/** An alert that is new. Without an id it gets one. */
export function subjectOf(
  alert: Alert,
  json: string,
  { opencti }: Run,
): Subject {
  const id = alert.id ?? crypto.randomUUID();
  return { alert, json, key: keyOf(id, opencti.baseUrl) };
}

/**
 * The outage for which OpenCTI is not asked now; `undefined` if it may be. After
 * a pause it is this run that tries.
 */
export async function openOutage(run: Run): Promise<Outage | undefined> {
  if (dueIn(run.stateFolders) === undefined) return undefined;
  const spool = await run.spool();
  const name = outageName(run.opencti.baseUrl);
  const until = performance.now() + MAX_LOOK_MS;
  return await spool.tryWrite((tx) => {
    const { may, next } = mayAsk(tx.recall(name, Outage), run.now());
    if (may && next !== undefined) tx.remember(name, next);
    return may ? undefined : next;
  }, () => Math.min(run.budget.leftToAskMs(), until - performance.now()));
}

/** Keeps a new alert that is not looked up, for OpenCTI fails. */
export async function keepForOutage(
  subject: Subject,
  outage: Outage,
  run: Run,
): Promise<void> {
  const { log, opencti: { baseUrl } } = run;
  const { alert } = subject;
  const until = new Date(outage.pausedUntil).toISOString();
  await emit(run, (tx, { error }) => {
    const { says: why, kind } = outage;
    const due = outage.pausedUntil;
    const fate = keep(subject, { tx, run, why, due, isTry: false });
    log.info(
      `Alert ${alert.id ?? "without id"}: ${fate}, OpenCTI failed ` +
        `${outage.failures} times and is not asked before ${until}`,
    );
    const says = withFate(why, fate);
    const isEmitted = error({ kind, says, alerts: 1, alert, baseUrl }) ||
      outage.isEmitted;
    const alerts = outage.alerts + 1;
    tx.remember(outageName(baseUrl), { ...outage, alerts, isEmitted });
  });
}

/**
 * Keeps a new alert that cannot be looked up for a wrong call, a wrong option,
 * or what nobody foresaw, and emits that.
 *
 * @returns What became of the alert.
 */
export async function keepUnasked(
  subject: Subject,
  error: unknown,
  run: Run,
): Promise<Fate> {
  const { alert, tries } = subject;
  const why = run.redact(sentenceOf(error));
  const kind = error instanceof IntegrationError ? error.kind : "unexpected";
  let fate: Fate = "lost";
  await emit(run, (tx, emitter) => {
    fate = keep(subject, { tx, run, why, due: nextTry(subject, run) });
    emitter.error({
      kind,
      says: withFate(why, fate),
      alerts: tries === undefined ? 1 : 0,
      alert,
    });
  });
  return fate;
}

/**
 * Looks up the IoCs of an alert, and emits what is known of them.
 *
 * @param findings One IoC at least.
 *
 * @throws {OpenctiError} If OpenCTI cannot be asked, or for a part of the
 * question: the alert is kept then, and the error emitted.
 * @throws {QueueError} If not all is sent yet: the events are kept.
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
  const { config, log, opencti: { baseUrl } } = run;
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

  const { severity } = config;
  const context = { alert, baseUrl, latencyMs, severity, now };
  const events = await Promise.all(matches.map(async (match) => ({
    event: matchEvent(match, context),
    key: await digest(`${key} ${matchKey(match)}`),
  })));
  const failure = failureOf(problems, run);
  const mustRecord = events.length > 0 || failure !== undefined || isKept ||
    dueIn(run.stateFolders) !== undefined;
  let fate: Fate = "lost";
  if (mustRecord) {
    await emit(run, (tx, emitter) => {
      if (failure === undefined) tx.forgetAlert(key);
      else {
        const why = failure.message;
        const due = nextTry(subject, run);
        fate = keep({ ...subject, isKept }, { tx, run, why, due });
      }
      recordAnswer(tx, emitter, run);
      for (const { event, key } of events) emitter.event(event, { alert, key });
      if (failure !== undefined) {
        countFailure(failure, { subject, fate, emitter, run });
      }
    }).catch((error) => {
      if (failure === undefined) throw error;
      log.error(messageOf(error));
    });
  }
  if (failure !== undefined) throw sealed(failure, fate);
}

/** What OpenCTI could not look up, its secrets taken out. */
function failureOf(
  problems: readonly Problem[],
  { redact }: Run,
): OpenctiError | undefined {
  const [first] = problems;
  return first && new OpenctiError(
    redact(problems.map(({ says }) => says).join("; ")),
    first.kind,
  );
}

/** The failure, with what became of the alert. */
function sealed({ kind, message }: OpenctiError, fate: Fate): OpenctiError {
  return new OpenctiError(withFate(message, fate), kind);
}

/** Counts a failure, and returns whether it is emitted. */
function countFailure(
  failure: OpenctiError,
  { subject: { alert, tries }, fate, emitter, run }: {
    readonly subject: Subject;
    readonly fate: Fate;
    readonly emitter: Emitter;
    readonly run: Run;
  },
): boolean {
  return emitter.error({
    kind: failure.kind,
    says: sealed(failure, fate).message,
    // It was counted when it was new.
    alerts: tries === undefined ? 1 : 0,
    alert,
    baseUrl: run.opencti.baseUrl,
  });
}

/** Asks OpenCTI; if it fails, the alert is kept and the failure emitted. */
async function askOrKeep(
  subject: Subject,
  question: Question,
  run: Run,
): Promise<{ readonly reply: Reply; readonly isKept: boolean }> {
  const { opencti, config, log, budget, stop, places } = run;
  const client = await connect(config, { readFile, places });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const keeping = keepAfterAWhile(subject, { run, ended });
  let isKept = subject.isKept ?? false;
  try {
    const reply = await ask(question, {
      ...opencti,
      client,
      places,
      // What fails again is tried again later: it must not use up a run's time.
      retries: subject.tries === undefined ? opencti.retries : 0,
      leftMs: budget.leftToAskMs,
      stop,
      now: () => performance.now(),
      sleep: (ms) => sleep(ms, stop),
      onAttempt: (line) => log.debug(line),
    });
    end();
    isKept = await keeping || isKept;
    return { reply, isKept };
  } catch (error) {
    end();
    isKept = await keeping || isKept;
    if (!(error instanceof OpenctiError)) throw error;
    throw await recordFailure(
      new OpenctiError(run.redact(error.message), error.kind),
      { ...subject, isKept },
      run,
    );
  } finally {
    client?.close();
  }
}

/**
 * Keeps an alert if its answer does not come soon: the run may be killed while
 * it waits.
 *
 * @returns Whether it was kept.
 */
async function keepAfterAWhile(
  subject: Subject,
  { run, ended }: { readonly run: Run; readonly ended: Promise<void> },
): Promise<boolean> {
  let hasEnded = false;
  const ending = ended.then(() => hasEnded = true);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, KEEP_AFTER_MS);
  await Promise.race([ending, late]);
  clearTimeout(timer);
  if (hasEnded) return false;
  const spool = await run.spool();
  const due = run.now() + run.budget.leftMs();
  const fate = await spool.tryWrite(
    (tx) => keep(subject, { tx, run, why: "no answer yet", due }),
    () => hasEnded ? 0 : run.budget.leftToAskMs(),
  );
  return fate === "kept";
}

/** Keeps an alert for which OpenCTI failed, and returns the failure to throw. */
async function recordFailure(
  failure: OpenctiError,
  subject: Subject,
  run: Run,
): Promise<OpenctiError> {
  const { kind, message: why } = failure;
  const { baseUrl } = run.opencti;
  const isNew = subject.tries === undefined;
  const isStopped = kind === "stopped";
  let fate: Fate = "lost";
  await emit(run, (tx, emitter) => {
    const due = isStopped ? run.now() : nextTry(subject, run);
    fate = keep(subject, { tx, run, why, due });
    if (isStopped) return;
    const isEmitted = countFailure(failure, { subject, fate, emitter, run });
    // That it fails again says more of the alert than of OpenCTI.
    if (!isNew) return;
    const name = outageName(baseUrl);
    const outage = afterFailure(tx.recall(name, Outage), {
      now: run.now(),
      kind,
      says: why,
    });
    tx.remember(name, {
      ...outage,
      alerts: outage.alerts + 1,
      isEmitted: outage.isEmitted || isEmitted,
    });
  }).catch((error) => run.log.error(messageOf(error)));
  return sealed(failure, fate);
}

/** Keeps an alert, and returns what became of it: the spool has its limits. */
function keep(
  { json, key, tries, isKept = false }: Subject,
  { tx, run, why, due, isTry = true }: {
    readonly tx: Transaction;
    readonly run: Run;
    readonly why: string;
    readonly due: number;
    /** Whether OpenCTI was asked, or should have been. */
    readonly isTry?: boolean;
  },
): Fate {
  const { redact, opencti: { apiKey, baseUrl }, log } = run;
  tx.keepAlert({
    key,
    baseUrl,
    json: redactJson(json, apiKey),
    why: redact(why),
    tries: (tries ?? 0) + Number(isTry),
  }, due);
  tx.prune();
  // If nothing can be changed now, what was kept before still is.
  const fate = (tx.isDurable ? tx.hasAlert(key) : isKept) ? "kept" : "lost";
  log.debug(`${fate}: ${why}`);
  return fate;
}

function nextTry({ tries }: Subject, { now }: Run): number {
  return now() + Math.min(FIRST_RETRY_MS * 2 ** (tries ?? 0), MAX_RETRY_MS);
}

/** OpenCTI answered: an outage is over. */
function recordAnswer(tx: Transaction, { event }: Emitter, run: Run): void {
  const { opencti: { baseUrl }, now } = run;
  const name = outageName(baseUrl);
  const outage = tx.recall(name, Outage);
  if (outage === undefined) return;
  const { isRecovered, next } = afterAnswer(outage, hasCounted(tx, baseUrl));
  if (next === undefined) tx.forget(name);
  else tx.remember(name, next);
  if (isRecovered) event(recoveredEvent({ ...outage, now: now() }), {});
}

/** Once a day, if the token goes over a network where others may read it. */
async function warnOfClearText(run: Run): Promise<void> {
  const { opencti: { baseUrl }, budget, now } = run;
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === "https:" || isPrivate(hostname) === true) return;
  const spool = await run.spool();
  const name = `warned ${baseUrl}`;
  const isDue = await spool.tryWrite(
    (tx) => isDueDaily(tx, name, now()),
    budget.leftToKeepMs,
  );
  // A name that is not resolved in time is asked for again by the next run.
  if (
    !isDue || await isNameOfPrivate(hostname, budget.leftToKeepMs()) !== false
  ) return;
  await emit(run, (tx, { event }) => {
    if (!isDueDaily(tx, name, now())) return;
    tx.remember(name, now());
    event(
      warningEvent(
        `The token goes in clear to ${baseUrl}, and whoever sees it can use ` +
          `it: give OpenCTI a certificate, and set ${run.places.url} to https://`,
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
