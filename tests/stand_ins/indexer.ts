/**
 * A stand-in for the Wazuh indexer (OpenSearch): it indexes documents as Wazuh's
 * template does, and answers what our dashboard asks. What it does not know it
 * refuses. A real one can take its place.
 *
 * @module
 */
import { memberOf, valueAt } from "../../lib/json.ts";

/** An indexer with documents in it. */
export interface Indexer extends AsyncDisposable {
  /** Answers as `POST index/_search` does, as far as it is asked. */
  readonly search: (body: Search) => Promise<unknown>;
  /** What a field is indexed as, `undefined` if no document has it. */
  readonly typeOf: (field: string) => Promise<string | undefined>;
}

/** The body of a search. */
export interface Search {
  readonly size: number;
  readonly sort?: readonly Readonly<Record<string, { order: string }>>[];
  readonly query: Query;
  readonly aggs?: Aggs;
}

/** A query, of the kinds that the Wazuh dashboard makes of Lucene's language. */
export type Query =
  | { readonly bool: { readonly must: readonly Query[] } }
  | { readonly query_string: { readonly query: string } }
  | { readonly exists: { readonly field: string } };

/** Aggregations by their names. */
export interface Aggs {
  readonly [name: string]: Agg;
}

/** An aggregation of one kind, and those within its buckets. */
export interface Agg {
  readonly terms?: {
    readonly field: string;
    readonly size: number;
    readonly order: Readonly<Record<string, string>>;
  };
  readonly date_histogram?: {
    readonly field: string;
    readonly fixed_interval: string;
    readonly min_doc_count: number;
  };
  readonly auto_date_histogram?: { readonly field: string; buckets: number };
  readonly filters?: { readonly filters: Readonly<Record<string, Query>> };
  readonly filter?: Query;
  readonly cardinality?: { readonly field: string };
  readonly top_hits?: {
    readonly size: number;
    readonly sort: readonly Readonly<Record<string, { order: string }>>[];
    readonly _source: { readonly includes: readonly string[] };
  };
  readonly aggs?: Aggs;
}

/**
 * Wazuh's template, from 4.2 to 4.14, as far as it matters: it has
 * `string_as_keyword` for what it does not name, and no detection of dates or
 * numbers in texts.
 */
const TEMPLATE: Readonly<Record<string, string>> = {
  "timestamp": "date",
  "rule.level": "long",
  "rule.firedtimes": "long",
  "rule.mail": "boolean",
  "full_log": "text",
};

/** A document: its source, and the values of each field as they are indexed. */
interface Document {
  readonly source: unknown;
  readonly values: (field: string) => readonly (string | number)[];
}

/** Starts with documents. */
export function startIndexer(sources: readonly unknown[]): Indexer {
  const documents = sources.map(indexed);
  return {
    search: (body) => Promise.resolve(answer(documents, body)),
    typeOf: (field) => {
      const isThere = documents.some(({ values }) => values(field).length > 0);
      return Promise.resolve(
        isThere ? TEMPLATE[field] ?? "keyword" : undefined,
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Puts documents into an index of a real indexer, which must have Wazuh's
 * template, and takes the index away in the end.
 */
export async function fillIndexer(
  url: string,
  sources: readonly unknown[],
): Promise<Indexer> {
  const index = `${url}/wazuh-alerts-4.x-${crypto.randomUUID()}`;
  async function ask(
    path: string,
    { method = "POST", body }: { method?: string; body?: string } = {},
  ): Promise<unknown> {
    const response = await fetch(`${index}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...body === undefined ? {} : { body },
    });
    const said = await response.text();
    if (!response.ok) throw new Error(said);
    return JSON.parse(said);
  }
  const lines = sources.map((one) => `{"index":{}}\n${JSON.stringify(one)}\n`);
  const filled = await ask("/_bulk?refresh=true", { body: lines.join("") });
  if (memberOf(filled, "errors") !== false) {
    throw new Error(JSON.stringify(filled).match(/"error":\{"type".*?\}/)?.[0]);
  }
  return {
    search: (body) => ask("/_search", { body: JSON.stringify(body) }),
    typeOf: async (field) => {
      const caps = await ask(`/_field_caps?fields=${field}`);
      const types = valueAt(caps, ["fields", field]);
      return types === undefined ? undefined : Object.keys(Object(types))[0];
    },
    [Symbol.asyncDispose]: async () => {
      await ask("", { method: "DELETE" });
    },
  };
}

function indexed(source: unknown): Document {
  return {
    source,
    values: (field) => {
      const values = valuesAt(source, field.split("."));
      return TEMPLATE[field] === "date"
        ? values.map((one) => Date.parse(String(one)))
        : values;
    },
  };
}

/** The values at a path; those of lists all count, as in an index. */
function valuesAt(
  value: unknown,
  path: readonly string[],
): readonly (string | number)[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  const [name, ...rest] = path;
  if (name !== undefined) return valuesAt(memberOf(value, name), rest);
  return typeof value === "string" || typeof value === "number" ? [value] : [];
}

function answer(documents: readonly Document[], body: Search): unknown {
  const found = documents.filter(meeting(body.query));
  return {
    hits: {
      total: { value: found.length },
      hits: sorted(found, body.sort ?? []).slice(0, body.size)
        .map(({ source }) => ({ _source: source })),
    },
    aggregations: aggregate(found, body.aggs ?? {}),
  };
}

function meeting(query: Query): (document: Document) => boolean {
  if ("bool" in query) {
    const all = query.bool.must.map(meeting);
    return (document) => all.every((isMet) => isMet(document));
  }
  if ("exists" in query) return clause(`_exists_:${query.exists.field}`);
  const clauses = query.query_string.query.split(" AND ").map(clause);
  return (document) => clauses.every((isMet) => isMet(document));
}

const CLAUSE =
  /^(NOT )?(?:_exists_:(?<exists>[\w.]+)|(?<field>[\w.]+):(?:\/(?<regex>[^/]+)\/|"(?<phrase>[^"\\]*)"|(?<word>\w+)))$/;

/** A clause in Lucene's language, about keywords alone. */
function clause(text: string): (document: Document) => boolean {
  const groups = CLAUSE.exec(text)?.groups;
  if (groups === undefined) throw new Error(`Not known: ${text}`);
  const { exists, field = exists ?? "", regex, phrase, word } = groups;
  // In Lucene, these mean something else than here.
  if (TEMPLATE[field] !== undefined || /[#@&<>~"^$\\]/.test(regex ?? "")) {
    throw new Error(`Not known: ${text}`);
  }
  const pattern = new RegExp(`^(?:${regex})$`, "su");
  const isMet = ({ values }: Document) =>
    values(field).some((value) =>
      exists !== undefined ||
      (regex === undefined
        ? value === (phrase ?? word)
        : pattern.test(String(value)))
    );
  return text.startsWith("NOT ") ? (document) => !isMet(document) : isMet;
}

function sorted(
  documents: readonly Document[],
  sort: NonNullable<Search["sort"]>,
): readonly Document[] {
  return sort.reduceRight<readonly Document[]>((all, by) => {
    const [[field = "", { order }] = ["", { order: "" }]] = Object.entries(by);
    if (!["date", "long"].includes(TEMPLATE[field] ?? "")) {
      throw new Error(`Not known: an order by ${field}`);
    }
    const sign = order === "desc" ? -1 : 1;
    const key = ({ values }: Document) => Number(values(field)[0]);
    return all.toSorted((a, b) => sign * (key(a) - key(b)));
  }, documents);
}

function aggregate(documents: readonly Document[], aggs: Aggs): object {
  return Object.fromEntries(
    Object.entries(aggs).map(([name, agg]) => [name, result(documents, agg)]),
  );
}

function result(documents: readonly Document[], agg: Agg): unknown {
  const bucket = (found: readonly Document[]) => ({
    doc_count: found.length,
    ...aggregate(found, agg.aggs ?? {}),
  });
  if (agg.cardinality !== undefined) {
    const { field } = agg.cardinality;
    return {
      value: new Set(documents.flatMap(({ values }) => values(field))).size,
    };
  }
  if (agg.top_hits !== undefined) {
    const { size, sort } = agg.top_hits;
    const hits = sorted(documents, sort).slice(0, size);
    return { hits: { hits: hits.map(({ source }) => ({ _source: source })) } };
  }
  if (agg.filter !== undefined) {
    return bucket(documents.filter(meeting(agg.filter)));
  }
  if (agg.filters !== undefined) {
    const buckets = Object.entries(agg.filters.filters)
      .toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([label, query]) =>
        [label, bucket(documents.filter(meeting(query)))] as const
      );
    return { buckets: Object.fromEntries(buckets) };
  }
  return { buckets: bucketsOf(documents, agg, bucket) };
}

/** The buckets of values, in the order that is asked for. */
function bucketsOf(
  documents: readonly Document[],
  { terms, date_histogram, auto_date_histogram }: Agg,
  bucket: (found: readonly Document[]) => { readonly doc_count: number },
): readonly object[] {
  const field = terms?.field ?? date_histogram?.field ??
    auto_date_histogram?.field;
  if (field === undefined) throw new Error("Not known: an aggregation");
  const width = date_histogram === undefined
    ? Infinity
    : millisecondsOf(date_histogram.fixed_interval);
  const keyOf = (value: string | number) =>
    terms === undefined ? Math.floor(Number(value) / width) * width : value;
  const keys = new Map<string | number, Document[]>();
  for (const document of documents) {
    const ofOne = auto_date_histogram === undefined
      ? document.values(field).map(keyOf)
      : [0];
    for (const key of new Set(ofOne)) {
      keys.set(key, [...keys.get(key) ?? [], document]);
    }
  }
  const buckets = [...keys].map(([key, found]) => ({ key, ...bucket(found) }))
    .toSorted((a, b) => a.key < b.key ? -1 : 1);
  if (terms === undefined) return buckets;
  const [[by, order] = ["", ""]] = Object.entries(terms.order);
  const sign = order === "desc" ? -1 : 1;
  if (by === "_key") {
    return (sign < 0 ? buckets.toReversed() : buckets).slice(0, terms.size);
  }
  if (by !== "_count") throw new Error(`Not known: an order by ${by}`);
  return buckets.toSorted((a, b) => sign * (a.doc_count - b.doc_count))
    .slice(0, terms.size);
}

function millisecondsOf(interval: string): number {
  const [, hours] = /^(\d+)h$/.exec(interval) ?? [];
  if (hours === undefined) throw new Error(`Not known: ${interval}`);
  return Number(hours) * 3_600_000;
}
