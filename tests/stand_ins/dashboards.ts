/**
 * A stand-in for the Wazuh dashboard (OpenSearch Dashboards 2): it searches for
 * what saved objects show, and shows it as rows.
 *
 * @module
 */
import type * as v from "valibot";
import { memberOf, valueAt } from "../../lib/json.ts";
import type { Agg, Aggs, Indexer, Query, Search } from "./indexer.ts";
import {
  type AggConfig,
  aggsOf,
  type QueryText,
  type Shown,
} from "./saved_objects.ts";
import type { Metrics } from "./tsvb.ts";

/** A row: what it is about, and what is counted. */
export type Row = readonly unknown[];

/** The fields that a panel asks for, and those of them that it aggregates. */
export function fieldsOf(shown: Shown): {
  readonly all: ReadonlySet<string>;
  readonly aggregated: ReadonlySet<string>;
} {
  const text = JSON.stringify(searchFor(shown));
  const named = text.match(/(?<![\w.])(?:agent|data|location|rule)(?:\.\w+)*/g);
  const columns = shown.type === "search" ? shown.attributes.columns : [];
  return {
    all: new Set([...named ?? [], ...columns]),
    aggregated: new Set(text.match(/(?<="field":")[^"]+/g)),
  };
}

/**
 * The search for what a panel shows, for all time.
 *
 * @see AggConfigs.toDsl(), buildOpenSearchQuery() and the request processors of
 * TSVB's tables, in OpenSearch Dashboards.
 */
function searchFor(shown: Shown): Search {
  if (shown.type === "search") {
    const { sort, kibanaSavedObjectMeta } = shown.attributes;
    return {
      size: 500,
      sort: sort.map(([field, order]) => ({ [field]: { order } })),
      query: queryOf(kibanaSavedObjectMeta.searchSourceJSON.query),
    };
  }
  const { visState, uiStateJSON, kibanaSavedObjectMeta } = shown.attributes;
  if (visState.type === "metrics") {
    return searchForLinks(visState.params, uiStateJSON);
  }
  const { searchSourceJSON } = kibanaSavedObjectMeta;
  if (!("query" in searchSourceJSON)) throw new Error("There is no query");
  const metrics = aggsOf(shown).filter(({ schema }) => schema === "metric");
  const inner = Object.fromEntries(
    metrics.flatMap((one): [string, Agg][] =>
      one.type === "cardinality"
        ? [[one.id, { cardinality: { field: one.params.field } }]]
        : []
    ),
  );
  return {
    size: 0,
    query: queryOf(searchSourceJSON.query),
    aggs: aggsOf(shown).filter(({ schema }) => schema !== "metric")
      .reduceRight<Aggs>((aggs, one) => ({
        [one.id]: { ...bucketAgg(one), aggs },
      }), inner),
  };
}

function queryOf({ query, language }: v.InferOutput<typeof QueryText>): Query {
  if (language !== "lucene") throw new Error(`Not known: ${language}`);
  return { bool: { must: [{ query_string: { query } }] } };
}

function bucketAgg(one: v.InferOutput<typeof AggConfig>): Agg {
  switch (one.type) {
    case "terms": {
      const { field, size, order, orderBy } = one.params;
      // "1" is the count that stands first.
      if (orderBy !== "1") throw new Error(`Not known: ${orderBy}`);
      return { terms: { field, size, order: { _count: order } } };
    }
    case "date_histogram": {
      const { field, min_doc_count } = one.params;
      return { date_histogram: { field, fixed_interval: "1h", min_doc_count } };
    }
    case "filters":
      return {
        filters: {
          filters: Object.fromEntries(
            one.params.filters.map((
              { label, input },
            ) => [label, queryOf(input)]),
          ),
        },
      };
    default:
      throw new Error(`Not a bucket: ${one.type}`);
  }
}

function searchForLinks(
  { series, ...params }: v.InferOutput<typeof Metrics>,
  uiState: Readonly<Record<string, unknown>>,
): Search {
  const column = valueAt(uiState, "table.sort.column");
  const by = series.find(({ id }) => id === column)?.metrics[0]?.type;
  const key = by === "count" ? "_count" : "_key";
  const order = { [key]: String(valueAt(uiState, "table.sort.order")) };
  const aggs = Object.fromEntries(
    series.map(({ id, metrics: [metric] }) => [id, {
      auto_date_histogram: { field: params.time_field, buckets: 1 },
      aggs: metric.type === "count" ? {} : {
        [metric.id]: metric.type === "cardinality"
          ? { cardinality: { field: metric.field } }
          : {
            filter: { exists: { field: metric.field } },
            aggs: {
              docs: {
                top_hits: {
                  size: Number(metric.size),
                  sort: [{ [metric.order_by]: { order: metric.order } }],
                  _source: { includes: [metric.field] },
                },
              },
            },
          },
      },
    }]),
  );
  const { pivot_id: field, pivot_rows } = params;
  return {
    size: 0,
    query: queryOf(params.filter),
    aggs: {
      pivot: { terms: { field, size: Number(pivot_rows), order }, aggs },
    },
  };
}

/** What a panel shows: a row for each bucket or alert. */
export async function show(
  shown: Shown,
  indexer: Indexer,
): Promise<readonly Row[]> {
  const response = await indexer.search(searchFor(shown));
  if (shown.type === "search") {
    const columns = [shown.attributes.sort[0]?.[0] ?? "", "id"];
    return hitsIn(valueAt(response, "hits.hits"), columns);
  }
  const aggregations = memberOf(response, "aggregations");
  const { visState } = shown.attributes;
  if (visState.type === "metrics") {
    return bucketsIn(valueAt(aggregations, "pivot")).map(([key, bucket]) => [
      key,
      ...visState.params.series.map(({ id, metrics: [metric] }) => {
        const [[, one] = []] = bucketsIn(memberOf(bucket, id));
        const value = memberOf(one, metric.id);
        if (metric.type === "count") return memberOf(one, "doc_count");
        if (metric.type === "cardinality") return memberOf(value, "value");
        return hitsIn(valueAt(value, "docs.hits.hits"), [metric.field])
          .join(", ");
      }),
    ]);
  }
  const [metrics, groups] = [true, false].map((isMetric) =>
    visState.aggs.filter(({ schema }) => (schema === "metric") === isMetric)
  );
  const rowsIn = (
    found: unknown,
    [group, ...others]: readonly { readonly id: string }[],
  ): readonly Row[] =>
    group === undefined
      ? [
        (metrics ?? []).map(({ id, type }) =>
          type === "count"
            ? memberOf(found, "doc_count") ??
              valueAt(response, "hits.total.value")
            : valueAt(found, [id, "value"])
        ),
      ]
      : bucketsIn(memberOf(found, group.id)).flatMap(([key, bucket]) =>
        rowsIn(bucket, others).map((row) => [key, ...row])
      );
  return rowsIn(aggregations, groups ?? []);
}

function bucketsIn(agg: unknown): readonly (readonly [unknown, unknown])[] {
  const buckets = memberOf(agg, "buckets");
  return Array.isArray(buckets)
    ? buckets.map((one) => [memberOf(one, "key"), one] as const)
    : Object.entries(Object(buckets));
}

function hitsIn(hits: unknown, columns: readonly string[]): readonly Row[] {
  return (Array.isArray(hits) ? hits : []).map((hit) =>
    columns.map((column) => valueAt(memberOf(hit, "_source"), column))
  );
}
