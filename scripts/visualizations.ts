/**
 * Visualizations of the Wazuh dashboard (OpenSearch Dashboards), with
 * aggregations of its default editor.
 *
 * @module
 */
import { INDEX, searchSource, TIME_FIELD, type View } from "./saved_objects.ts";

/** What is counted: alerts, or the different values of a field. */
export interface Metric {
  readonly label: string;
  readonly field?: string;
}

/** A field by whose values is grouped. */
export interface Group {
  readonly label: string;
  readonly field: string;
  readonly size: number;
}

/** Numbers beside each other. */
export function numbers(metrics: readonly Metric[]): View {
  return visualization("metric", metrics.map(aggOfMetric), {
    addTooltip: true,
    addLegend: false,
    type: "metric",
    metric: {
      percentageMode: false,
      useRanges: false,
      colorSchema: "Green to Red",
      metricColorMode: "None",
      colorsRange: [{ from: 0, to: 10000 }],
      labels: { show: true },
      invertColors: false,
      style: {
        bgFill: "#000",
        bgColor: false,
        labelColor: false,
        subText: "",
        fontSize: 36,
      },
    },
  });
}

/** Bars over time, split by a field or by queries. */
export function overTime(
  metric: Metric,
  { split, colours }: {
    readonly split: Group | Readonly<Record<string, string>>;
    readonly colours: Readonly<Record<string, string>>;
  },
): View {
  const time = agg("date_histogram", "segment", {
    field: TIME_FIELD,
    scaleMetricValues: false,
    interval: "auto",
    drop_partials: false,
    min_doc_count: 1,
    extended_bounds: {},
  });
  const groups = isGroup(split)
    ? aggOfGroup(split, "group")
    : agg("filters", "group", {
      filters: Object.entries(split).map(([label, query]) => ({
        input: { query, language: "lucene" },
        label,
      })),
    });
  return visualization(
    "histogram",
    [aggOfMetric(metric), time, groups],
    bars({ metric, isHorizontal: false }),
    { vis: { colors: colours } },
  );
}

/** The values of a field that are there most, as bars. */
export function ranking(metric: Metric, group: Group): View {
  return visualization(
    "horizontal_bar",
    [aggOfMetric(metric), aggOfGroup(group, "segment")],
    bars({ metric, isHorizontal: true }),
  );
}

/** The values of fields, one grouped below the other, as rows. */
export function table(
  metrics: readonly Metric[],
  groups: readonly Group[],
): View {
  return visualization("table", [
    ...metrics.map(aggOfMetric),
    ...groups.map((group) => aggOfGroup(group, "bucket")),
  ], {
    perPage: 10,
    showPartialRows: false,
    showMetricsAtAllLevels: false,
    showTotal: false,
    totalFunc: "sum",
    percentageCol: "",
  });
}

/** An aggregation before it has its number. */
interface Agg {
  readonly enabled: true;
  readonly type: string;
  readonly schema: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function visualization(
  type: string,
  aggs: readonly Agg[],
  params: Readonly<Record<string, unknown>>,
  uiState: Readonly<Record<string, unknown>> = {},
): View {
  const numbered = aggs.map((one, n) => ({ id: String(n + 1), ...one }));
  return ({ id, title, description, query }) => ({
    attributes: {
      title,
      visState: JSON.stringify({ title, type, params, aggs: numbered }),
      uiStateJSON: JSON.stringify(uiState),
      description,
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: searchSource(query) },
    },
    id,
    migrationVersion: { visualization: "7.10.0" },
    references: [INDEX],
    type: "visualization",
  });
}

function agg(type: string, schema: string, params: Agg["params"]): Agg {
  return { enabled: true, type, schema, params };
}

function aggOfMetric({ label, field }: Metric): Agg {
  return field === undefined
    ? agg("count", "metric", { customLabel: label })
    : agg("cardinality", "metric", { field, customLabel: label });
}

/** Those with the highest first metric come first. */
function aggOfGroup({ label, field, size }: Group, schema: string): Agg {
  return agg("terms", schema, {
    field,
    orderBy: "1",
    order: "desc",
    size,
    otherBucket: false,
    otherBucketLabel: "Other",
    missingBucket: false,
    missingBucketLabel: "Missing",
    customLabel: label,
  });
}

function isGroup(split: object): split is Group {
  return "field" in split;
}

function bars(
  { metric, isHorizontal }: {
    readonly metric: Metric;
    readonly isHorizontal: boolean;
  },
): Agg["params"] {
  const axis = { show: true, style: {} };
  return {
    type: "histogram",
    grid: { categoryLines: false },
    categoryAxes: [{
      id: "CategoryAxis-1",
      type: "category",
      position: isHorizontal ? "left" : "bottom",
      ...axis,
      scale: { type: "linear" },
      labels: isHorizontal
        ? { show: true, rotate: 0, filter: false, truncate: 200 }
        : { show: true, filter: true, truncate: 100 },
      title: {},
    }],
    valueAxes: [{
      id: "ValueAxis-1",
      name: "LeftAxis-1",
      type: "value",
      position: isHorizontal ? "bottom" : "left",
      ...axis,
      scale: { type: "linear", mode: "normal" },
      labels: { show: true, rotate: 0, filter: isHorizontal, truncate: 100 },
      title: { text: metric.label },
    }],
    seriesParams: [{
      show: true,
      type: "histogram",
      mode: isHorizontal ? "normal" : "stacked",
      data: { label: metric.label, id: "1" },
      valueAxis: "ValueAxis-1",
      drawLinesBetweenPoints: true,
      lineWidth: 2,
      showCircles: true,
    }],
    addTooltip: true,
    addLegend: !isHorizontal,
    legendPosition: "right",
    times: [],
    addTimeMarker: false,
    labels: { show: false },
    thresholdLine: {
      show: false,
      value: 10,
      width: 1,
      style: "full",
      color: "#E7664C",
    },
  };
}
