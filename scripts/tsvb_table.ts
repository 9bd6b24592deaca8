/**
 * Tables of TSVB, an editor of visualizations in the Wazuh dashboard (OpenSearch
 * Dashboards).
 *
 * @module
 */
import { INDEX_PATTERN, TIME_FIELD, type View } from "./saved_objects.ts";
import type { Group, Metric } from "./visualizations.ts";

/** A column after the first: what is counted, or the value in the worst alert. */
export interface Column extends Metric {
  readonly of: "count" | "worst";
}

/**
 * The values of a field, as rows. Other tables have no links, as Wazuh's index
 * pattern shows our fields as text, and they fail for a field that the index
 * pattern does not know: one that no alert had yet.
 */
export function tsvbTable(
  group: Group,
  { url, columns, sort }: {
    /**
     * Where the first column leads to: in it, `{{key}}` is the value in HTML,
     * and `{{{key}}}` the value.
     */
    readonly url?: string;
    readonly columns: readonly Column[];
    /** The column to sort by, from the highest; the first one without it. */
    readonly sort?: string;
  },
): View {
  return ({ id, title, description, query }) => {
    const params = {
      id,
      type: "table",
      series: columns.map((column, n) => seriesOf(column, `${id}-${n}`)),
      time_field: TIME_FIELD,
      index_pattern: INDEX_PATTERN,
      interval: "",
      time_range_mode: "entire_time_range",
      axis_position: "left",
      axis_formatter: "number",
      axis_scale: "normal",
      show_legend: 1,
      show_grid: 1,
      tooltip_mode: "show_all",
      filter: { query, language: "lucene" },
      pivot_id: group.field,
      pivot_type: "string",
      pivot_label: group.label,
      pivot_rows: String(group.size),
      ...url !== undefined && { drilldown_url: url },
    };
    const sorted = columns.findIndex(({ label }) => label === sort);
    const column = sorted === -1 ? "_default_" : `${id}-${sorted}`;
    return {
      attributes: {
        title,
        visState: JSON.stringify({ title, type: "metrics", params, aggs: [] }),
        uiStateJSON: JSON.stringify({
          table: { sort: { column, order: "desc" } },
        }),
        description,
        version: 1,
        kibanaSavedObjectMeta: { searchSourceJSON: "{}" },
      },
      id,
      migrationVersion: { visualization: "7.10.0" },
      references: [],
      type: "visualization",
    };
  };
}

function seriesOf({ of, label, field }: Column, id: string): object {
  const metric = { id: `${id}-metric` };
  const metrics = of === "worst"
    ? {
      ...metric,
      type: "top_hit",
      field,
      size: "1",
      agg_with: "concat",
      order: "desc",
      order_by: "rule.level",
    }
    : field === undefined
    ? { ...metric, type: "count" }
    : { ...metric, type: "cardinality", field };
  return {
    id,
    label,
    color: "#68BC00",
    split_mode: "everything",
    metrics: [metrics],
    axis_position: "right",
    formatter: "number",
    // React writes it as text: there is nothing to escape.
    value_template: "{{{value}}}",
    chart_type: "line",
    line_width: 1,
    point_size: 1,
    fill: 0.5,
    stacked: "none",
  };
}
