/**
 * Saved objects as the Wazuh dashboard (OpenSearch Dashboards 2) imports them.
 * What it would refuse, or would change while it reads it, is refused.
 *
 * @see saved_objects/ of the plugins dashboard, discover and visualizations, and
 * the types of aggregations in the plugin data, in OpenSearch Dashboards.
 *
 * @module
 */
import * as v from "valibot";
import { valueAt } from "../../lib/json.ts";
import { Metrics } from "./tsvb.ts";

const WHOLE = v.pipe(v.number(), v.integer());

const Reference = v.strictObject({
  id: v.string(),
  name: v.string(),
  type: v.string(),
});

/** JSON in a text. */
function json<T>(schema: v.GenericSchema<unknown, T>) {
  const parsed = v.transform((text: string) => JSON.parse(text));
  return v.pipe(v.string(), parsed, schema);
}

/** A query as people type it. */
export const QueryText = v.strictObject({
  query: v.string(),
  language: v.picklist(["kuery", "lucene"]),
});

function meta<T>(schema: v.GenericSchema<unknown, T>) {
  return v.strictObject({ searchSourceJSON: json(schema) });
}

/** What is about an index pattern, named by a reference. */
const Source = meta(v.strictObject({
  query: QueryText,
  filter: v.strictTuple([]),
  indexRefName: v.literal("kibanaSavedObjectMeta.searchSourceJSON.index"),
}));

const field = v.string();
const label = v.string();
const order = v.picklist(["asc", "desc"]);

/** The aggregations of the default editor that are used, and their parameters. */
export const AggConfig = v.intersect([
  v.object({ id: v.string(), enabled: v.literal(true), schema: v.string() }),
  v.variant("type", [
    v.object({
      type: v.literal("count"),
      params: v.strictObject({ customLabel: label }),
    }),
    v.object({
      type: v.literal("cardinality"),
      params: v.strictObject({ field, customLabel: label }),
    }),
    v.object({
      type: v.literal("terms"),
      params: v.strictObject({
        field,
        orderBy: v.string(),
        order,
        size: WHOLE,
        otherBucket: v.boolean(),
        otherBucketLabel: label,
        missingBucket: v.boolean(),
        missingBucketLabel: label,
        customLabel: label,
      }),
    }),
    v.object({
      type: v.literal("date_histogram"),
      params: v.strictObject({
        field,
        scaleMetricValues: v.boolean(),
        interval: v.literal("auto"),
        drop_partials: v.boolean(),
        min_doc_count: WHOLE,
        extended_bounds: v.strictObject({}),
      }),
    }),
    v.object({
      type: v.literal("filters"),
      params: v.strictObject({
        filters: v.array(v.strictObject({ input: QueryText, label })),
      }),
    }),
  ]),
]);

const head = { title: v.string(), description: v.string() };

/** With aggregations of the default editor, and what each type takes of them. */
const SCHEMAS: Readonly<Record<string, readonly string[]>> = {
  histogram: ["metric", "radius", "segment", "group", "split"],
  horizontal_bar: ["metric", "radius", "segment", "group", "split"],
  metric: ["metric", "group"],
  table: ["metric", "bucket", "split"],
};

const VisState = v.variant("type", [
  v.strictObject({
    title: v.string(),
    type: v.picklist(["histogram", "horizontal_bar", "metric", "table"]),
    params: v.record(v.string(), v.unknown()),
    aggs: v.array(AggConfig),
  }),
  v.strictObject({
    title: v.string(),
    type: v.literal("metrics"),
    params: Metrics,
    aggs: v.strictTuple([]),
  }),
]);

function object<T extends string, A>(type: T, options: {
  readonly version: string;
  readonly attributes: v.GenericSchema<unknown, A>;
}) {
  return v.strictObject({
    type: v.literal(type),
    id: v.pipe(v.string(), v.regex(/^[a-z-]+$/)),
    // An older version is migrated, a newer one refused.
    migrationVersion: v.strictObject({ [type]: v.literal(options.version) }),
    references: v.array(Reference),
    attributes: options.attributes,
  });
}

/**
 * The objects of an export. The index of saved objects is strict: it takes no
 * attribute that it does not know.
 */
const Saved = v.variant("type", [
  object("visualization", {
    version: "7.10.0",
    attributes: v.strictObject({
      ...head,
      version: WHOLE,
      visState: json(VisState),
      uiStateJSON: json(v.record(v.string(), v.unknown())),
      kibanaSavedObjectMeta: v.union([Source, meta(v.strictObject({}))]),
    }),
  }),
  object("search", {
    version: "7.9.3",
    attributes: v.strictObject({
      ...head,
      version: WHOLE,
      hits: WHOLE,
      columns: v.array(v.string()),
      sort: v.array(v.strictTuple([v.string(), order])),
      kibanaSavedObjectMeta: Source,
    }),
  }),
  object("dashboard", {
    version: "7.9.3",
    attributes: v.strictObject({
      ...head,
      version: WHOLE,
      hits: WHOLE,
      timeRestore: v.boolean(),
      optionsJSON: json(v.strictObject({
        hidePanelTitles: v.boolean(),
        useMargins: v.boolean(),
      })),
      panelsJSON: json(v.array(v.strictObject({
        // Those before 7.3 are migrated.
        version: v.literal("7.10.0"),
        gridData: v.strictObject({
          x: WHOLE,
          y: WHOLE,
          w: WHOLE,
          h: WHOLE,
          i: v.string(),
        }),
        panelIndex: v.string(),
        embeddableConfig: v.strictObject({}),
        panelRefName: v.string(),
      }))),
      kibanaSavedObjectMeta: meta(v.strictObject({
        query: QueryText,
        filter: v.strictTuple([]),
      })),
    }),
  }),
]);

/** A saved object, as it is read. */
export type Saved = v.InferOutput<typeof Saved>;

/** A visualization or a search: what a panel shows. */
export type Shown = Exclude<Saved, { readonly type: "dashboard" }>;

/**
 * Reads an export.
 *
 * @throws {Error} If an object is not one that the dashboard takes, or what it
 * names is neither there nor Wazuh's index pattern.
 */
export function importObjects(export_: string): readonly Saved[] {
  const objects = export_.trimEnd().split("\n").map((line) =>
    v.parse(Saved, JSON.parse(line))
  );
  const ids = new Set(objects.map(({ type, id }) => `${type} ${id}`));
  if (ids.size < objects.length) throw new Error("An id is there twice");
  ids.add("index-pattern wazuh-alerts-*");
  for (const saved of objects) {
    const named = namesIn(saved).toSorted();
    const known = saved.references.map(({ name }) => name).toSorted();
    if (named.join() !== known.join()) throw new Error(`${saved.id}: ${named}`);
    for (const { type, id } of saved.references) {
      if (!ids.has(`${type} ${id}`)) throw new Error(`${saved.id}: no ${id}`);
    }
    for (const { schema } of aggsOf(saved)) {
      const type = stateOf(saved)?.type ?? "";
      if (!SCHEMAS[type]?.includes(schema)) {
        throw new Error(`${type} ${schema}`);
      }
    }
  }
  return objects;
}

/** The names of the references that an object needs. */
function namesIn({ type, attributes }: Saved): readonly string[] {
  if (type === "dashboard") {
    return attributes.panelsJSON.map(({ panelRefName }) => panelRefName);
  }
  const name = valueAt(
    attributes,
    "kibanaSavedObjectMeta.searchSourceJSON.indexRefName",
  );
  return typeof name === "string" ? [name] : [];
}

function stateOf(saved: Saved) {
  return saved.type === "visualization" ? saved.attributes.visState : undefined;
}

/** The aggregations of the default editor that an object has. */
export function aggsOf(
  saved: Saved,
): readonly v.InferOutput<typeof AggConfig>[] {
  return stateOf(saved)?.aggs ?? [];
}
