/**
 * What TSVB takes for a table: its route refuses a panel with a field that it
 * does not know, or with one of another type. Here, what a table of ours needs
 * is required, too.
 *
 * @see vis_type_timeseries/common/vis_schema.ts in OpenSearch Dashboards.
 *
 * @module
 */
import * as v from "valibot";

const WHOLE = v.pipe(v.number(), v.integer());

const metric = { id: v.string() };

const Metric = v.variant("type", [
  v.strictObject({ ...metric, type: v.literal("count") }),
  v.strictObject({
    ...metric,
    type: v.literal("cardinality"),
    field: v.string(),
  }),
  v.strictObject({
    ...metric,
    type: v.literal("top_hit"),
    field: v.string(),
    size: v.string(),
    // Without it, nothing is shown.
    agg_with: v.literal("concat"),
    order: v.picklist(["asc", "desc"]),
    order_by: v.string(),
  }),
]);

const Series = v.strictObject({
  id: v.string(),
  label: v.string(),
  color: v.string(),
  split_mode: v.literal("everything"),
  metrics: v.strictTuple([Metric]),
  axis_position: v.string(),
  formatter: v.string(),
  value_template: v.string(),
  chart_type: v.string(),
  line_width: v.number(),
  point_size: v.number(),
  fill: v.number(),
  stacked: v.string(),
});

/** The parameters of a visualization of the type `metrics`. */
export const Metrics = v.strictObject({
  id: v.string(),
  type: v.literal("table"),
  series: v.array(Series),
  time_field: v.string(),
  index_pattern: v.literal("wazuh-alerts-*"),
  interval: v.string(),
  // Otherwise the last bucket of the time alone is shown.
  time_range_mode: v.literal("entire_time_range"),
  axis_position: v.string(),
  axis_formatter: v.string(),
  axis_scale: v.string(),
  show_legend: WHOLE,
  show_grid: WHOLE,
  tooltip_mode: v.picklist(["show_all", "show_focused"]),
  filter: v.strictObject({
    query: v.string(),
    language: v.picklist(["kuery", "lucene"]),
  }),
  pivot_id: v.string(),
  pivot_type: v.string(),
  pivot_label: v.string(),
  pivot_rows: v.string(),
  drilldown_url: v.optional(v.string()),
});
