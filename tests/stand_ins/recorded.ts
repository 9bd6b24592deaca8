/**
 * What a running OpenCTI 7.260817 answered, from `testdata/recorded/`.
 *
 * @module
 */
import type { Asked } from "../../lib/opencti/response.ts";
import type { Knowledge, KnownIndicator, KnownObservable } from "./opencti.ts";

/** Where it is. */
export const RECORDED = new URL("../testdata/recorded/", import.meta.url);

/** A body that OpenCTI answered. */
export interface Body {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly name: string;
    readonly path?: readonly string[];
  }[];
}

interface Connection<T> {
  readonly edges: readonly { readonly node: T }[];
}

type RecordedIndicator =
  & Omit<
    KnownIndicator,
    "createdBy" | "externalReferences" | "labels" | "markings" | "threats"
  >
  & {
    readonly createdBy: {
      readonly name: string;
      readonly x_opencti_reliability: string;
    } | null;
    readonly objectLabel: readonly { readonly value: string }[];
    readonly objectMarking: readonly { readonly definition: string }[];
    readonly externalReferences: Connection<
      NonNullable<KnownIndicator["externalReferences"]>[number]
    >;
    readonly threats: Connection<
      { readonly to: NonNullable<KnownIndicator["threats"]>[number] }
    >;
  };

interface RecordedObservable {
  readonly id: string;
  readonly entity_type: string;
  readonly observable_value: string;
  readonly indicators: Connection<RecordedIndicator>;
  readonly hashes?: readonly {
    readonly algorithm: string;
    readonly hash: string;
  }[];
  /** Missing at the other end of a relationship. */
  readonly stixCoreRelationships?: Connection<{
    readonly relationship_type: string;
    readonly from: RecordedObservable;
    readonly to: RecordedObservable;
  }>;
}

/** What was answered to our question. */
export interface Answers {
  readonly query: string;
  readonly answers: readonly {
    /** What the alert was about. */
    readonly alert: string;
    readonly variables: Asked["variables"];
    readonly answer: {
      readonly data: {
        readonly exact: Connection<RecordedIndicator>;
        readonly partial: Connection<RecordedIndicator>;
        readonly values?: Connection<RecordedObservable>;
        readonly files?: Connection<RecordedObservable>;
      };
    };
  }[];
}

/** What was answered to a token whose user's role has these capabilities. */
export interface Rights {
  /** Missing for a token that is wrong. */
  readonly capabilities?: readonly string[];
  /** By what was asked for. */
  readonly answers: Readonly<Record<string, Body>>;
}

/** Answers to our question, by what an alert was about. */
export const ANSWERS: Answers = JSON.parse(read("answers.json"));

/** Answers to mistakes. */
export const ERRORS: Readonly<Record<string, Body>> = JSON.parse(
  read("errors.json"),
);

/** Answers to users of different rights. */
export const RIGHTS: Readonly<Record<string, Rights>> = JSON.parse(
  read("rights.json"),
);

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, RECORDED));
}

/**
 * What OpenCTI knew, as far as the answers show it. Of one, that was cut off,
 * what is missing is made in the likeness of the rest.
 */
export function knowledgeOf({ answers }: Answers): Knowledge {
  const data = answers.map(({ answer }) => answer.data);
  const found = data.flatMap(({ values, files }) =>
    [values, files].flatMap(nodesOf)
  );
  const ends = found.flatMap(({ stixCoreRelationships }) =>
    nodesOf(stixCoreRelationships).flatMap(({ from, to }) => [from, to])
  );
  // Those found say more of themselves than the ends do: they go last.
  const observables = byId([...ends, ...found]);
  const indicators = byId([
    ...data.flatMap(({ exact, partial }) => [exact, partial].flatMap(nodesOf)),
    ...observables.flatMap((one) => nodesOf(one.indicators)),
  ]);
  return {
    indicators: [...indicators.map(knownIndicator), ...crowdOf(indicators)],
    observables: observables.map(knownObservable),
  };
}

function nodesOf<T>(connection: Connection<T> | undefined): readonly T[] {
  return (connection?.edges ?? []).map(({ node }) => node);
}

function byId<T extends { readonly id: string }>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((object) => [object.id, object])).values()];
}

/** The rest of the crowd of which the recording shows the first ten. */
function crowdOf(indicators: readonly RecordedIndicator[]): KnownIndicator[] {
  const [one] = indicators.filter(({ name }) => name.startsWith("crowd "));
  const known = new Set(indicators.map(({ pattern }) => pattern));
  return one === undefined ? [] : Array.from({ length: 15 }, (_, n) => ({
    ...knownIndicator(one),
    id: `crowd ${n}`,
    name: `crowd ${n}`,
    pattern: one.pattern.replace(/\d+\.sh/, `${n}.sh`),
  })).filter(({ pattern }) => !known.has(pattern));
}

/** What is empty is left out, as where knowledge is written down by hand. */
function knownIndicator(indicator: RecordedIndicator): KnownIndicator {
  const { createdBy, killChainPhases = [], ...others } = indicator;
  const { objectLabel, objectMarking } = indicator;
  return {
    ...others,
    ...createdBy && {
      createdBy: createdBy.name,
      x_opencti_reliability: createdBy.x_opencti_reliability,
    },
    ...killChainPhases.length > 0 && { killChainPhases },
    ...objectLabel.length > 0 &&
      { labels: objectLabel.map(({ value }) => value) },
    ...objectMarking.length > 0 &&
      { markings: objectMarking.map(({ definition }) => definition) },
    externalReferences: nodesOf(indicator.externalReferences),
    threats: nodesOf(indicator.threats).map(({ to }) => to),
  };
}

function knownObservable(observable: RecordedObservable): KnownObservable {
  const { id, entity_type, observable_value, hashes } = observable;
  return {
    id,
    entity_type,
    observable_value,
    hashes: Object.fromEntries(
      (hashes ?? []).map(({ algorithm, hash }) => [algorithm, hash]),
    ),
    indicators: nodesOf(observable.indicators).map((one) => one.id),
    related: nodesOf(observable.stixCoreRelationships)
      .filter(({ from }) => from.id === id)
      .map(({ to, relationship_type }) => ({ to: to.id, relationship_type })),
  };
}
