/**
 * Saved objects as the Wazuh dashboard (OpenSearch Dashboards 2) imports them.
 * What it would refuse, or would change while it reads it, is refused.
 *
 * @see saved_objects/ of the plugins dashboard, discover and visualizations, and
 * the types of aggregations in the plugin data, in OpenSearch Dashboards.
 *
 * @module
 */
import * as z from "zod/mini";
import { valueAt } from "../../lib/json.ts";
import { Metrics } from "./tsvb.ts";

const Reference = z.strictObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
});

/** JSON in a text. */
function json<T>(schema: z.ZodMiniType<T>) {
  const parsed = z.transform((text: string) => JSON.parse(text));
  return z.pipe(z.pipe(z.string(), parsed), schema);
}

/** A query as people type it. */
export const QueryText = z.strictObject({
  query: z.string(),
  language: z.enum(["kuery", "lucene"]),
});

function meta<T>(schema: z.ZodMiniType<T>) {
  return z.strictObject({ searchSourceJSON: json(schema) });
}

/** What is about an index pattern, named by a reference. */
const Source = meta(z.strictObject({
  query: QueryText,
  filter: z.tuple([]),
  indexRefName: z.literal("kibanaSavedObjectMeta.searchSourceJSON.index"),
}));

const field = z.string();
const label = z.string();
const order = z.enum(["asc", "desc"]);

/** The aggregations of the default editor that are used, and their parameters. */
export const AggConfig = z.intersection(
  z.object({ id: z.string(), enabled: z.literal(true), schema: z.string() }),
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("count"),
      params: z.strictObject({ customLabel: label }),
    }),
    z.object({
      type: z.literal("cardinality"),
      params: z.strictObject({ field, customLabel: label }),
    }),
    z.object({
      type: z.literal("terms"),
      params: z.strictObject({
        field,
        orderBy: z.string(),
        order,
        size: z.int(),
        otherBucket: z.boolean(),
        otherBucketLabel: label,
        missingBucket: z.boolean(),
        missingBucketLabel: label,
        customLabel: label,
      }),
    }),
    z.object({
      type: z.literal("date_histogram"),
      params: z.strictObject({
        field,
        scaleMetricValues: z.boolean(),
        interval: z.literal("auto"),
        drop_partials: z.boolean(),
        min_doc_count: z.int(),
        extended_bounds: z.strictObject({}),
      }),
    }),
    z.object({
      type: z.literal("filters"),
      params: z.strictObject({
        filters: z.array(z.strictObject({ input: QueryText, label })),
      }),
    }),
  ]),
);

const head = { title: z.string(), description: z.string() };

/** With aggregations of the default editor, and what each type takes of them. */
const SCHEMAS: Readonly<Record<string, readonly string[]>> = {
  histogram: ["metric", "radius", "segment", "group", "split"],
  horizontal_bar: ["metric", "radius", "segment", "group", "split"],
  metric: ["metric", "group"],
  table: ["metric", "bucket", "split"],
};

const VisState = z.discriminatedUnion("type", [
  z.strictObject({
    title: z.string(),
    type: z.enum(["histogram", "horizontal_bar", "metric", "table"]),
    params: z.record(z.string(), z.unknown()),
    aggs: z.array(AggConfig),
  }),
  z.strictObject({
    title: z.string(),
    type: z.literal("metrics"),
    params: Metrics,
    aggs: z.tuple([]),
  }),
]);

function object<T extends string, A>(type: T, options: {
  readonly version: string;
  readonly attributes: z.ZodMiniType<A>;
}) {
  return z.strictObject({
    type: z.literal(type),
    id: z.string().check(z.regex(/^[a-z-]+$/)),
    // An older version is migrated, a newer one refused.
    migrationVersion: z.strictObject({ [type]: z.literal(options.version) }),
    references: z.array(Reference),
    attributes: options.attributes,
  });
}

/**
 * The objects of an export. The index of saved objects is strict: it takes no
 * attribute that it does not know.
 */
const Saved = z.discriminatedUnion("type", [
  object("visualization", {
    version: "7.10.0",
    attributes: z.strictObject({
      ...head,
      version: z.int(),
      visState: json(VisState),
      uiStateJSON: json(z.record(z.string(), z.unknown())),
      kibanaSavedObjectMeta: z.union([Source, meta(z.strictObject({}))]),
    }),
  }),
  object("search", {
    version: "7.9.3",
    attributes: z.strictObject({
      ...head,
      version: z.int(),
      hits: z.int(),
      columns: z.array(z.string()),
      sort: z.array(z.tuple([z.string(), order])),
      kibanaSavedObjectMeta: Source,
    }),
  }),
  object("dashboard", {
    version: "7.9.3",
    attributes: z.strictObject({
      ...head,
      version: z.int(),
      hits: z.int(),
      timeRestore: z.boolean(),
      optionsJSON: json(z.strictObject({
        hidePanelTitles: z.boolean(),
        useMargins: z.boolean(),
      })),
      panelsJSON: json(z.array(z.strictObject({
        // Those before 7.3 are migrated.
        version: z.literal("7.10.0"),
        gridData: z.strictObject({
          x: z.int(),
          y: z.int(),
          w: z.int(),
          h: z.int(),
          i: z.string(),
        }),
        panelIndex: z.string(),
        embeddableConfig: z.strictObject({}),
        panelRefName: z.string(),
      }))),
      kibanaSavedObjectMeta: meta(z.strictObject({
        query: QueryText,
        filter: z.tuple([]),
      })),
    }),
  }),
]);

/** A saved object, as it is read. */
export type Saved = z.infer<typeof Saved>;

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
    Saved.parse(JSON.parse(line))
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
export function aggsOf(saved: Saved): readonly z.infer<typeof AggConfig>[] {
  return stateOf(saved)?.aggs ?? [];
}
