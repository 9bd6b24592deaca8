/**
 * What `doctor` finds between here and OpenCTI, and in it: name, connection,
 * proxy, certificate, answer, rights, and how much is known.
 *
 * @module
 */
import { placesOf } from "../config/places.ts";
import type { ReadConfig } from "../config/read_config.ts";
import { OpenctiError } from "../errors.ts";
import { readFile } from "../files.ts";
import {
  amountFindings,
  factFindings,
  failureFinding,
  type Finding,
  findingsOf,
  stepFindings,
} from "../manager/mod.ts";
import { ask, type Reply } from "../opencti/client.ts";
import { connect } from "../opencti/connection.ts";
import { askAmounts, askFacts } from "../opencti/facts.ts";
import { questionFor } from "../opencti/question.ts";
import { reach } from "../opencti/reach.ts";
import type { Target } from "../run/run.ts";
import { HARMLESS } from "./asked.ts";
import type { RunContext } from "./command.ts";

/** What a block and the options come to. */
export interface SetUp {
  /** Nothing if the block is wrong. */
  readonly target: Target | undefined;
  /** The token; empty if it cannot be read. */
  readonly apiKey: string;
  /** Why not. */
  readonly tokenProblem: string | undefined;
  readonly config: ReadConfig;
  readonly findings: readonly Finding[];
}

const MAX_TIMEOUT_MS = 20_000;
const MAX_STEP_MS = 5000;

/**
 * Goes to OpenCTI and asks it.
 *
 * @throws {UsageError} If an option that says how it is reached is wrong.
 */
export async function examineOpencti(
  { target, apiKey, config: read }: SetUp,
  { stop, home }: RunContext,
): Promise<readonly Finding[]> {
  if (target === undefined) return [];
  const { config } = read;
  const places = placesOf({ home, apiKey: target.apiKey, ...read });
  const { baseUrl } = target;
  const timeoutMs = Math.min(target.timeoutMs, MAX_TIMEOUT_MS);
  const client = await connect(config, { readFile, places });
  try {
    const steps = await reach({
      baseUrl,
      connection: config,
      places,
      readFile,
      timeoutMs: Math.min(timeoutMs, MAX_STEP_MS),
      stop,
    });
    // Without a token, OpenCTI says nothing.
    if (apiKey === "") return stepFindings(steps, { places });
    const now = new Date();
    const { question } = questionFor([HARMLESS], { ...config, now });
    const reply = await ask(question, {
      ...target,
      apiKey,
      client,
      places,
      timeoutMs,
      retries: 0,
      leftMs: () => timeoutMs,
      stop,
      now: () => performance.now(),
      sleep: () => Promise.resolve(),
      hasProxy: config.proxy !== undefined,
      onAttempt: () => {},
    }).catch((error: unknown): OpenctiError => {
      if (error instanceof OpenctiError) return error;
      throw error;
    });
    const options = { baseUrl, apiKey, client, timeoutMs, stop };
    return [
      ...stepFindings(steps, { places, reply }),
      ...reply instanceof OpenctiError
        ? []
        : await answeredFindings(reply, options),
    ];
  } finally {
    client?.close();
  }
}

async function answeredFindings(
  { latencyMs, problems }: Reply,
  options: Parameters<typeof askFacts>[0],
): Promise<readonly Finding[]> {
  const { baseUrl } = options;
  const found: Finding[] = [
    findingsOf("http").ok(`${baseUrl} answers in ${latencyMs} ms`),
    ...problems.map(({ says }) => failureFinding(says)),
  ];
  try {
    found.push(...factFindings(await askFacts(options), baseUrl));
    found.push(...amountFindings(await askAmounts(options)));
  } catch (error) {
    found.push(failureFinding(error));
  }
  return found;
}
