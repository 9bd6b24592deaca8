/**
 * What TSVB takes for a table: its route refuses a panel with a field that it
 * does not know, or with one of another type. Here, what a table of ours needs
 * is required, too.
 *
 * @see vis_type_timeseries/common/vis_schema.ts in OpenSearch Dashboards.
 *
 * @module
 */
import * as z from "zod/mini";

const metric = { id: z.string() };

const Metric = z.discriminatedUnion("type", [
  z.strictObject({ ...metric, type: z.literal("count") }),
  z.strictObject({
    ...metric,
    type: z.literal("cardinality"),
    field: z.string(),
  }),
  z.strictObject({
    ...metric,
    type: z.literal("top_hit"),
    field: z.string(),
    size: z.string(),
    // Without it, nothing is shown.
    agg_with: z.literal("concat"),
    order: z.enum(["asc", "desc"]),
    order_by: z.string(),
  }),
]);

const Series = z.strictObject({
  id: z.string(),
  label: z.string(),
  color: z.string(),
  split_mode: z.literal("everything"),
  metrics: z.tuple([Metric]),
  axis_position: z.string(),
  formatter: z.string(),
  value_template: z.string(),
  chart_type: z.string(),
  line_width: z.number(),
  point_size: z.number(),
  fill: z.number(),
  stacked: z.string(),
});

/** The parameters of a visualization of the type `metrics`. */
export const Metrics = z.strictObject({
  id: z.string(),
  type: z.literal("table"),
  series: z.array(Series),
  time_field: z.string(),
  index_pattern: z.literal("wazuh-alerts-*"),
  interval: z.string(),
  // Otherwise the last bucket of the time alone is shown.
  time_range_mode: z.literal("entire_time_range"),
  axis_position: z.string(),
  axis_formatter: z.string(),
  axis_scale: z.string(),
  show_legend: z.int(),
  show_grid: z.int(),
  tooltip_mode: z.enum(["show_all", "show_focused"]),
  filter: z.strictObject({
    query: z.string(),
    language: z.enum(["kuery", "lucene"]),
  }),
  pivot_id: z.string(),
  pivot_type: z.string(),
  pivot_label: z.string(),
  pivot_rows: z.string(),
  drilldown_url: z.optional(z.string()),
});
