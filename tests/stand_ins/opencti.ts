/**
 * A stand-in for OpenCTI: a real HTTP server that executes GraphQL over a few
 * objects, and is as strict as OpenCTI is.
 *
 * @module
 */
import {
  buildSchema,
  type ExecutionResult,
  graphql,
  GraphQLError,
  Kind,
  parse,
} from "graphql";
import { TOKEN } from "./secret.ts";

export { TOKEN };

/** An indicator that the stand-in knows. */
export interface KnownIndicator {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly pattern: string;
  readonly pattern_type?: string;
  readonly valid_from?: string;
  readonly valid_until?: string | null;
  readonly revoked?: boolean;
  readonly confidence?: number | null;
  readonly x_opencti_score?: number | null;
  readonly x_opencti_detection?: boolean | null;
  readonly decay_base_score?: number;
  readonly indicator_types?: readonly string[];
  readonly x_mitre_platforms?: readonly string[];
  readonly createdBy?: string;
  /** Of its author. */
  readonly x_opencti_reliability?: string;
  readonly labels?: readonly string[];
  /** As `TLP:AMBER`: the type is what stands before the colon. */
  readonly markings?: readonly string[];
  /** What it indicates. */
  readonly threats?: readonly {
    readonly entity_type: string;
    readonly name: string;
    readonly x_mitre_id?: string;
  }[];
  readonly killChainPhases?: readonly {
    readonly kill_chain_name: string;
    readonly phase_name: string;
  }[];
  readonly externalReferences?: readonly {
    readonly source_name: string;
    readonly external_id?: string;
    readonly url?: string;
  }[];
}

/** An observable that the stand-in knows. */
export interface KnownObservable {
  readonly id: string;
  readonly entity_type: string;
  readonly observable_value: string;
  readonly x_opencti_score?: number;
  readonly hashes?: Readonly<Record<string, string>>;
  /** The ids of its indicators. */
  readonly indicators?: readonly string[];
  /** Relationships, by the id of the other end; both ends have them. */
  readonly related?: readonly {
    readonly to: string;
    readonly relationship_type: string;
  }[];
}

/** What the stand-in knows. */
export interface Knowledge {
  readonly indicators: readonly KnownIndicator[];
  readonly observables: readonly KnownObservable[];
}

/** A request that the stand-in got. */
export interface Request {
  readonly authorization: string | null;
  readonly path: string;
  readonly body: {
    readonly query: string;
    readonly variables: Readonly<Record<string, unknown>>;
  };
}

/** A running stand-in. */
export interface OpenctiStandIn extends AsyncDisposable {
  /** Its address without `/graphql`. */
  readonly url: string;
  readonly requests: readonly Request[];
}

/** Whatever is not as usual about a stand-in. */
export interface OpenctiOptions {
  /** Under which path it answers. */
  readonly basePath?: string;
  /** By which certificate it is HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Responds in its place, `undefined` to let it respond. */
  readonly respond?: (
    request: Request,
    count: number,
  ) => Response | Promise<Response> | undefined;
}

/** Starts a stand-in on a free port of this machine. */
export function startOpencti(
  knowledge: Knowledge,
  { basePath = "", tls, respond }: OpenctiOptions = {},
): OpenctiStandIn {
  const requests: Request[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
    async (http) => {
      const path = new URL(http.url).pathname;
      const authorization = http.headers.get("authorization");
      const request = { authorization, path, body: await http.json() };
      requests.push(request);
      const special = await respond?.(request, requests.length);
      if (special !== undefined) return special;
      if (path !== `${basePath}/graphql`) {
        return Response.json({ message: "Not found" }, { status: 404 });
      }
      if (authorization !== `Bearer ${TOKEN}`) {
        return Response.json({
          errors: [{
            message: "You must be logged in to do this.",
            extensions: { code: "AUTH_REQUIRED" },
          }],
          data: null,
        });
      }
      return Response.json(await execute(knowledge, request));
    },
  );
  return {
    url: `http${tls ? "s" : ""}://127.0.0.1:${server.addr.port}${basePath}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The small schema, of just what is asked. */
export function smallSchema(): string {
  return Deno.readTextFileSync(
    new URL("../testdata/opencti.graphql", import.meta.url),
  );
}

function execute(
  knowledge: Knowledge,
  { body }: Request,
): Promise<ExecutionResult> {
  const refusal = tooManyRootFields(body.query);
  if (refusal !== undefined) return Promise.resolve({ errors: [refusal] });
  const resolve = resolversOf(knowledge);
  return graphql({
    schema: buildSchema(smallSchema()),
    source: body.query,
    variableValues: body.variables,
    rootValue: {
      indicators: (args: ListArgs) =>
        connection(
          knowledge.indicators
            .filter((indicator) =>
              passes(args.filters, filterableOf(indicator))
            )
            .sort(byScore)
            .map(resolve.indicator),
          args,
        ),
      stixCyberObservables: (args: ListArgs & { types?: string[] }) =>
        connection(
          knowledge.observables
            .filter(({ entity_type }) =>
              args.types?.includes(entity_type) ?? true
            )
            .filter((observable) => passes(args.filters, fieldsOf(observable)))
            .map(resolve.observable),
          args,
        ),
    },
  });
}

interface ListArgs {
  readonly first?: number;
  readonly filters?: FilterGroup | null;
}

interface RelationshipArgs extends ListArgs {
  readonly relationship_type?: string;
  readonly toTypes?: readonly string[];
}

interface FilterGroup {
  readonly mode: "and" | "or";
  readonly filters: readonly {
    readonly key: readonly string[];
    readonly values: readonly unknown[];
    readonly operator?: string;
  }[];
  readonly filterGroups: readonly FilterGroup[];
}

function tooManyRootFields(query: string): GraphQLError | undefined {
  const names = parse(query).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((selection) =>
        selection.kind === Kind.FIELD ? [selection.name.value] : []
      )
      : []
  );
  const tooMany = names.find((name) =>
    names.filter((other) => other === name).length > 2
  );
  return tooMany === undefined ? undefined : failure(
    `Syntax Error: Too many aliases for ${tooMany}`,
    "GRAPHQL_VALIDATION_FAILED",
  );
}

function failure(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function byScore(a: KnownIndicator, b: KnownIndicator): number {
  return (b.x_opencti_score ?? -1) - (a.x_opencti_score ?? -1);
}

function connection<T>(nodes: readonly T[], { first }: ListArgs) {
  if (first === undefined) {
    throw failure("A connection without first", "TEST_ERROR");
  }
  return {
    edges: nodes.slice(0, first).map((node) => ({ node })),
    pageInfo: { hasNextPage: nodes.length > first },
  };
}

/** What of an object can be filtered by, by filter key. */
type Fields = Readonly<
  Record<string, readonly (string | number | boolean | Date)[]>
>;

function filterableOf(indicator: KnownIndicator): Fields {
  const { x_opencti_score, x_opencti_detection, valid_until } = indicator;
  return {
    pattern: [indicator.pattern],
    pattern_type: [indicator.pattern_type ?? "stix"],
    revoked: [indicator.revoked ?? false],
    confidence: listOf(indicator.confidence),
    x_opencti_score: listOf(x_opencti_score),
    x_opencti_detection: listOf(x_opencti_detection),
    valid_until: listOf(valid_until).map((date) => new Date(date)),
  };
}

function listOf<T>(value: T | null | undefined): T[] {
  return value === null || value === undefined ? [] : [value];
}

function fieldsOf(
  { entity_type, observable_value, hashes }: KnownObservable,
): Fields {
  const isFile = ["StixFile", "Artifact"].includes(entity_type);
  const fields: Record<string, string[]> = {
    "value": isFile ? [] : [observable_value],
    "hashes.MD5": [],
    "hashes.SHA-1": [],
    "hashes.SHA-256": [],
  };
  for (const [algorithm, hash] of Object.entries(hashes ?? {})) {
    fields[`hashes.${algorithm}`] = [hash];
  }
  return fields;
}

function passes(
  group: FilterGroup | null | undefined,
  fields: Fields,
): boolean {
  if (group === null || group === undefined) return true;
  const results = [
    ...group.filters.map(({ key, values, operator = "eq" }) => {
      const [name = ""] = key;
      const has = fields[name];
      if (has === undefined || key.length !== 1) {
        throw failure(`Unsupported filter key: ${key}`, "UNSUPPORTED_ERROR");
      }
      if ((values.length === 0) !== (operator === "nil")) {
        throw failure("Filters must have values", "UNSUPPORTED_ERROR");
      }
      return operator === "nil"
        ? has.length === 0
        : has.some((one) =>
          values.some((value) => compare(one, operator, value))
        );
    }),
    ...group.filterGroups.map((inner) => passes(inner, fields)),
  ];
  return group.mode === "and"
    ? results.every((result) => result)
    : results.some((result) => result);
}

/** Compares as OpenCTI does what is of this type; all else is an error. */
function compare(
  one: Fields[string][number],
  operator: string,
  value: unknown,
): boolean {
  if (typeof value === "string") {
    if (typeof one === "string" && operator === "eq") return equals(one, value);
    if (typeof one === "string" && operator === "wildcard") {
      return hasPhrase(one, value);
    }
    if (typeof one === "number" && operator === "gte" && /^\d+$/.test(value)) {
      return one >= Number(value);
    }
    if (one instanceof Date && operator === "gt" && !isNaN(Date.parse(value))) {
      return one > new Date(value);
    }
    if (
      typeof one === "boolean" && operator === "eq" &&
      ["true", "false"].includes(value)
    ) return String(one) === value;
  }
  throw failure(
    `Unsupported filter: ${operator} ${value} for ${typeof one}`,
    "UNSUPPORTED_ERROR",
  );
}

function equals(text: string, value: string): boolean {
  return text.length <= 512 && text.toLowerCase() === value.toLowerCase();
}

/** Elasticsearch's phrase in a query string: the value's words in a row. */
function hasPhrase(text: string, value: string): boolean {
  const query = `"${value}"`;
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(query)) {
    throw failure(`Failed to parse query [${query}]`, "DATABASE_ERROR");
  }
  const words = (phrase: string) =>
    ` ${phrase.toLowerCase().match(/[\p{L}\p{N}.]+/gu)?.join(" ") ?? ""} `;
  return words(text).includes(words(value.replace(/\\(.)/gs, "$1")));
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  "IPv4-Addr": "IPv4Addr",
  "IPv6-Addr": "IPv6Addr",
  "Domain-Name": "DomainName",
};

function resolversOf(knowledge: Knowledge) {
  const indicator = (known: KnownIndicator) => ({
    __typename: "Indicator",
    pattern_type: "stix",
    revoked: false,
    ...known,
    createdBy: known.createdBy && {
      __typename: "Organization",
      name: known.createdBy,
      x_opencti_reliability: known.x_opencti_reliability,
    },
    objectLabel: known.labels?.map((value) => ({ value })),
    objectMarking: known.markings?.map((definition) => ({
      definition_type: definition.split(":")[0],
      definition,
    })),
    externalReferences: (args: ListArgs) =>
      connection(known.externalReferences ?? [], args),
    stixCoreRelationships: (args: RelationshipArgs) =>
      connection(
        (known.threats ?? [])
          .filter(({ entity_type }) =>
            args.relationship_type === "indicates" &&
            args.toTypes?.includes(entity_type)
          )
          .map((to) => ({
            relationship_type: "indicates",
            to: { __typename: to.entity_type.replaceAll("-", ""), ...to },
          })),
        args,
      ),
  });
  const observable = (known: KnownObservable): Record<string, unknown> => ({
    __typename: TYPE_NAMES[known.entity_type] ?? known.entity_type,
    ...known,
    hashes: Object.entries(known.hashes ?? {})
      .map(([algorithm, hash]) => ({ algorithm, hash })),
    indicators: (args: ListArgs) =>
      connection(
        knowledge.indicators.filter(({ id }) => known.indicators?.includes(id))
          .map(indicator),
        args,
      ),
    stixCoreRelationships: (args: ListArgs & { fromTypes?: string[] }) =>
      connection(
        [
          ...relationshipsOf(known),
          // An indicator's based-on is a relationship of the observable too.
          ...(args.fromTypes?.includes("Stix-Cyber-Observable") ? [] : (
            known.indicators ?? []
          ).map((id) => ({
            relationship_type: "based-on",
            from: knowledge.indicators.filter((i) => i.id === id).map(
              indicator,
            )[0],
            to: observable(known),
          }))),
        ],
        args,
      ),
  });
  const relationshipsOf = (known: KnownObservable) =>
    knowledge.observables.flatMap((from) =>
      (from.related ?? [])
        .filter(({ to }) => from.id === known.id || to === known.id)
        .map(({ to, relationship_type }) => ({
          relationship_type,
          from: observable(from),
          to: knowledge.observables.filter(({ id }) => id === to)
            .map(observable)[0],
        }))
    );
  return { indicator, observable };
}
