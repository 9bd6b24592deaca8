/**
 * The forms of saved objects that the Wazuh dashboard (OpenSearch Dashboards)
 * imports: lists of alerts, and a dashboard of panels. Visualizations are in
 * `visualizations.ts` and `tsvb_table.ts`.
 *
 * They say the versions of Kibana 7.10, whose forms OpenSearch Dashboards has
 * kept since: objects of a newer version would be refused, and those of an older
 * one changed while they are read.
 *
 * @module
 */

import { plainText } from "../lib/config/describe.ts";

/** As a line of an export. */
export interface SavedObject {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly migrationVersion: Readonly<Record<string, string>>;
  readonly references: readonly Reference[];
  readonly type: "dashboard" | "search" | "visualization";
}

/** What an object names by `name`. */
export interface Reference {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

/** A panel of a dashboard: which alerts it is about, and what it shows of them. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** In Markdown. */
  readonly description: string;
  /** In the language of Lucene: its regular expressions are needed. */
  readonly query: string;
  /** Of 48 columns. */
  readonly width: number;
  readonly show: View;
}

/** What makes a panel's object. */
export type View = (panel: Panel) => SavedObject;

/** The index pattern that Wazuh makes. Its id is its title. */
export const INDEX_PATTERN = "wazuh-alerts-*";

/** When an alert was raised. */
export const TIME_FIELD = "timestamp";
const INDEX_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index";

/** The alerts themselves, the newest first. */
export function list(columns: readonly string[]): View {
  return ({ id, title, description, query }) => ({
    attributes: {
      title,
      description,
      hits: 0,
      columns,
      sort: [[TIME_FIELD, "desc"]],
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: searchSource(query) },
    },
    id,
    migrationVersion: { search: "7.9.3" },
    references: [INDEX],
    type: "search",
  });
}

/** Panels in rows of the heights that are given, and the dashboard of them. */
export function dashboard(
  { id, title, description }: Pick<Panel, "id" | "title" | "description">,
  rows: readonly (readonly [height: number, ...panels: Panel[]])[],
): readonly SavedObject[] {
  const panels = rows.flatMap(([, ...row]) => row);
  const places = rows.flatMap(([h, ...row], n) => {
    const y = rows.slice(0, n).reduce((sum, [height]) => sum + height, 0);
    return row.map(({ width: w }, m) => ({
      x: row.slice(0, m).reduce((sum, { width }) => sum + width, 0),
      y,
      w,
      h,
    }));
  });
  const query = { query: "", language: "kuery" };
  const shown = panels.map((panel) =>
    panel.show({ ...panel, description: plainText(panel.description) })
  );
  return [...shown, {
    attributes: {
      title,
      hits: 0,
      description,
      panelsJSON: JSON.stringify(places.map((place, n) => ({
        version: "7.10.0",
        gridData: { ...place, i: String(n + 1) },
        panelIndex: String(n + 1),
        embeddableConfig: {},
        panelRefName: `panel_${n}`,
      }))),
      optionsJSON: JSON.stringify({ hidePanelTitles: false, useMargins: true }),
      version: 1,
      timeRestore: false,
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query, filter: [] }),
      },
    },
    id,
    migrationVersion: { dashboard: "7.9.3" },
    references: shown.map(({ id, type }, n) => ({
      id,
      name: `panel_${n}`,
      type,
    })),
    type: "dashboard",
  }];
}

/** Wazuh's index pattern, named by what is about it. */
export const INDEX: Reference = {
  id: INDEX_PATTERN,
  name: INDEX_REFERENCE,
  type: "index-pattern",
};

/** Which alerts an object is about. */
export function searchSource(query: string): string {
  return JSON.stringify({
    query: { query, language: "lucene" },
    filter: [],
    indexRefName: INDEX_REFERENCE,
  });
}
