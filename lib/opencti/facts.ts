/**
 * What OpenCTI says of itself, of the token's user, and of how much it knows:
 * for a person who wants to know why something is not found. Nothing here
 * changes anything there.
 *
 * @module
 */
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import { post, readBody } from "./client.ts";
import { plainReason } from "./plain_reason.ts";

/** How OpenCTI is asked. */
export interface FactsOptions {
  /** OpenCTI's address, without `/graphql`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly client: Deno.HttpClient | undefined;
  readonly timeoutMs: number;
  /** Ends the asking at once. */
  readonly stop: AbortSignal;
}

/** What is known of OpenCTI and the token's user. */
export interface Facts {
  readonly version: string;
  readonly user: string;
  readonly capabilities: readonly string[];
  /** Markings of OpenCTI that the user may not see. */
  readonly hidden: readonly string[];
  /** How far its clock is ahead; nothing if it does not say the time. */
  readonly aheadMs: number | undefined;
}

const Named = v.object({ definition: v.nullish(v.string()) });

const Me = v.object({
  about: v.object({ version: v.string() }),
  me: v.object({
    name: v.string(),
    capabilities: v.array(v.object({ name: v.string() })),
    allowed_marking: v.nullish(v.array(Named)),
  }),
  markingDefinitions: v.nullish(
    v.object({ edges: v.nullish(v.array(v.object({ node: Named }))) }),
  ),
});

/** @see https://docs.opencti.io/latest/reference/api/ */
export const ME_QUERY = `{
  about { version }
  me {
    name
    capabilities { name }
    allowed_marking { definition }
  }
  markingDefinitions(first: 100) { edges { node { definition } } }
}`;

/**
 * Asks who the token's user is, and what it may see. All of OpenCTI's markings
 * are named to everybody, what carries them is not.
 *
 * @throws {Error} If OpenCTI does not say it.
 */
export async function askFacts(options: FactsOptions): Promise<Facts> {
  const start = Date.now();
  const { data, date } = await askOnce({ query: ME_QUERY }, options);
  const { about, me, markingDefinitions } = readAs(Me, data);
  const allowed = new Set(me.allowed_marking?.map((one) => one.definition));
  return {
    version: about.version,
    user: me.name,
    capabilities: me.capabilities.map(({ name }) => name),
    hidden: (markingDefinitions?.edges ?? []).flatMap(({ node }) =>
      node.definition && !allowed.has(node.definition) ? [node.definition] : []
    ),
    // A second is the least that it says, and the way takes half of the time.
    aheadMs: date === undefined ? undefined : date - (start + Date.now()) / 2,
  };
}

/** How much OpenCTI knows. */
export interface Amounts {
  readonly indicators: number;
  /** Those of them that are not revoked. */
  readonly active: number;
  /** Those whose pattern is one of STIX, which others than observables match. */
  readonly stix: number;
  /** By the name of their kind. */
  readonly observables: Readonly<Record<string, number>>;
}

const OBSERVABLES = [
  ["IPv4-Addr", "IPv6-Addr"],
  ["Domain-Name", "Hostname"],
  ["Url", "Email-Addr"],
  ["StixFile", "Artifact"],
] as const;

/** Two in one request: OpenCTI takes no root field a third time. */
export const OBSERVABLES_QUERY = `query ($a: [String], $b: [String]) {
  a: stixCyberObservables(first: 1, types: $a) { pageInfo { globalCount } }
  b: stixCyberObservables(first: 1, types: $b) { pageInfo { globalCount } }
}`;

export const INDICATORS_QUERY = `query ($a: FilterGroup, $b: FilterGroup) {
  a: indicators(first: 1, filters: $a) { pageInfo { globalCount } }
  b: indicators(first: 1, filters: $b) { pageInfo { globalCount } }
}`;

const Count = v.object({ pageInfo: v.object({ globalCount: v.number() }) });
const Counts = v.object({ a: Count, b: Count });

/**
 * Asks how much OpenCTI knows that the token's user may see.
 *
 * @throws {Error} If OpenCTI does not say it.
 */
export async function askAmounts(options: FactsOptions): Promise<Amounts> {
  const count = async (query: string, variables: unknown) => {
    const { data } = await askOnce({ query, variables }, options);
    const { a, b } = readAs(Counts, data);
    return [a.pageInfo.globalCount, b.pageInfo.globalCount] as const;
  };
  const where = (key: string, value: string) => ({
    mode: "and",
    filters: [{ key: [key], values: [value] }],
    filterGroups: [],
  });
  const [active, stix] = await count(INDICATORS_QUERY, {
    a: where("revoked", "false"),
    b: where("pattern_type", "stix"),
  });
  const [indicators] = await count(INDICATORS_QUERY, {
    a: null,
    b: where("revoked", "true"),
  });
  const observables: Record<string, number> = {};
  for (const [a, b] of OBSERVABLES) {
    const [ofA, ofB] = await count(OBSERVABLES_QUERY, { a: [a], b: [b] });
    Object.assign(observables, { [a]: ofA, [b]: ofB });
  }
  return { indicators, active, stix, observables };
}

const Body = v.object({
  data: v.nullish(v.unknown()),
  errors: v.optional(v.array(v.object({ message: v.string() }))),
});

/**
 * Asks a question that no alert asks.
 *
 * @throws {Error} If OpenCTI does not answer it.
 */
export async function askOnce(
  question: unknown,
  { timeoutMs, stop, ...options }: FactsOptions,
): Promise<{ readonly data: unknown; readonly date: number | undefined }> {
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stop]);
  let response: Response;
  let body: string | undefined;
  try {
    response = await post(question, { ...options, signal });
    body = await readBody(response);
  } catch (error) {
    throw new Error(`OpenCTI did not answer: ${plainReason(messageOf(error))}`);
  }
  const { data, errors = [] } = readAs(Body, jsonIn(body));
  const [first] = errors;
  if (first !== undefined) throw new Error(first.message);
  const date = Date.parse(response.headers.get("date") ?? "");
  return { data, date: Number.isNaN(date) ? undefined : date };
}

/** `undefined` if it is no JSON, which no schema takes. */
function jsonIn(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}

/**
 * What an answer holds.
 *
 * @throws {Error} If it is of another form.
 */
export function readAs<const T extends v.GenericSchema>(
  schema: T,
  value: unknown,
): v.InferOutput<T> {
  const { success, output } = v.safeParse(schema, value);
  if (success) return output;
  throw new Error(
    "The answer is not of the form of OpenCTI's: its version may be unsupported",
  );
}
