/**
 * A stand-in for OpenCTI: a real HTTP server that executes GraphQL over a few
 * objects, and is as strict as OpenCTI is. It answers as a running 7.260817 did
 * (`testdata/recorded/`).
 *
 * @module
 */
import {
  buildSchema,
  type DocumentNode,
  execute,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  validate,
} from "graphql";
import { bodyOf, failure, refusal } from "./opencti_errors.ts";
import {
  byId,
  byScore,
  checkFilters,
  type Fields,
  type FilterGroup,
  passes,
  standardId,
} from "./opencti_filters.ts";
import { TOKEN } from "./secret.ts";

export { TOKEN };

/** An indicator that the stand-in knows. */
export interface KnownIndicator {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly pattern: string;
  readonly pattern_type?: string;
  readonly valid_from?: string;
  readonly valid_until?: string | null;
  readonly revoked?: boolean;
  readonly confidence?: number | null;
  readonly x_opencti_score?: number | null;
  readonly x_opencti_detection?: boolean | null;
  readonly decay_base_score?: number | null;
  readonly indicator_types?: readonly string[] | null;
  readonly x_mitre_platforms?: readonly string[] | null;
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

/** An observable that the stand-in knows. The newest stand first. */
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
  /** Where it listens; else at a free port of 127.0.0.1. */
  readonly listensAt?: { readonly hostname: string; readonly port: number };
  /** By which certificate it is HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whose token it is. */
  readonly user?: string;
  /** The capabilities of that user's role; all that are needed if missing. */
  readonly capabilities?: readonly string[];
  /** Markings that this user may not see. */
  readonly hiddenMarkings?: readonly string[];
  /** Responds in its place, `undefined` to let it respond. */
  readonly respond?: (
    request: Request,
    count: number,
  ) => Response | undefined | Promise<Response | undefined>;
}

/** What a token needs. */
const CAPABILITIES = ["APIACCESS_USETOKEN", "KNOWLEDGE"];

/** OpenCTI never gives more of a list at once. */
const MAX_FIRST = 5000;

/** Starts a stand-in on a free port of this machine. */
export function startOpencti(
  knowledge: Knowledge,
  options: OpenctiOptions = {},
): OpenctiStandIn {
  const { basePath = "", tls, respond } = options;
  const at = options.listensAt ?? { hostname: "127.0.0.1", port: 0 };
  const requests: Request[] = [];
  const schema = buildSchema(smallSchema());
  const server = Deno.serve(
    { ...at, onListen: () => {}, ...tls },
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
      const rootValue = rootOf(
        knowledge,
        userOf(authorization, options),
        options.hiddenMarkings ?? [],
      );
      return Response.json(bodyOf(await answer(request, schema, rootValue)));
    },
  );
  return {
    url: `http${
      tls ? "s" : ""
    }://${at.hostname}:${server.addr.port}${basePath}`,
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

/** Answers a request, or says that it cannot be executed at all. */
async function answer(
  { body }: Request,
  schema: GraphQLSchema,
  rootValue: unknown,
): Promise<ExecutionResult> {
  let document: DocumentNode;
  try {
    document = parse(body.query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [refusal("GRAPHQL_PARSE_FAILED", error)] };
  }
  const invalid = [
    ...validate(schema, document),
    ...tooManyRootFields(document),
  ];
  if (invalid.length > 0) {
    return {
      errors: invalid.map((error) =>
        refusal("GRAPHQL_VALIDATION_FAILED", error)
      ),
    };
  }
  const result = await execute({
    schema,
    document,
    rootValue,
    variableValues: body.variables,
  });
  return result.data === undefined && result.errors !== undefined
    ? { errors: result.errors.map((error) => refusal("BAD_USER_INPUT", error)) }
    : result;
}

/** The root query fields that are named more than twice. */
function tooManyRootFields(document: DocumentNode): readonly GraphQLError[] {
  const names = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((selection) =>
        selection.kind === Kind.FIELD ? [selection.name.value] : []
      )
      : []
  );
  return [...new Set(names)]
    .filter((name) => names.filter((other) => other === name).length > 2)
    .map((name) =>
      new GraphQLError(
        `Allowed number of calls for Query->${name} has been exceeded (max: 2)`,
      )
    );
}

/** Who asks. */
interface User {
  readonly name: string;
  readonly capabilities: readonly string[];
}

/**
 * The user of a token, if there is one, and the token may be used: OpenCTI
 * makes no difference.
 */
function userOf(
  authorization: string | null,
  { user: name = "wazuh", capabilities = CAPABILITIES }: OpenctiOptions,
): User | undefined {
  const user = { name, capabilities };
  return authorization === `Bearer ${TOKEN}` && may(user, "APIACCESS_USETOKEN")
    ? user
    : undefined;
}

/** The capabilities are compared by what their names contain. */
function may({ capabilities }: User, capability: string): boolean {
  return capabilities.some((one) =>
    one.includes(capability) || one.includes("BYPASS")
  );
}

/** Lets those through who are known, and have the capability if one is needed. */
function authorize(user: User | undefined, capability?: string): User {
  if (user === undefined) {
    throw failure("AUTH_REQUIRED", "You must be logged in to do this.");
  }
  if (capability !== undefined && !may(user, capability)) {
    throw failure("FORBIDDEN_ACCESS", "You are not allowed to do this.");
  }
  return user;
}

/** What each root field is. An error in one leaves the others as they are. */
function rootOf(
  knowledge: Knowledge,
  user: User | undefined,
  hidden: readonly string[],
) {
  const resolve = resolversOf(knowledge);
  return {
    about: () => {
      authorize(user);
      return { version: "7.260817.0" };
    },
    me: () => {
      const { name, capabilities } = authorize(user);
      return {
        name,
        capabilities: capabilities.map((name) => ({ name })),
        allowed_marking: MARKINGS
          .filter((definition) => !hidden.includes(definition))
          .map((definition) => ({ definition })),
      };
    },
    // All are named to everybody.
    markingDefinitions: (args: ListArgs) => {
      authorize(user);
      return connection(MARKINGS.map((definition) => ({ definition })), args);
    },
    // What is public is for everyone, and here is none.
    streamCollections: (args: ListArgs) => connection([], args),
    indicators: (args: ListArgs) => {
      authorize(user, "KNOWLEDGE");
      checkFilters(args.filters);
      const found = knowledge.indicators.filter((indicator) =>
        passes(args.filters, filterableOf(indicator))
      );
      return connection(byScore(found).map(resolve.indicator), args);
    },
    stixCyberObservables: (args: ListArgs & { types?: string[] }) => {
      authorize(user, "KNOWLEDGE");
      checkFilters(args.filters);
      const found = knowledge.observables.filter((observable) =>
        isOfType(observable.entity_type, args.types) &&
        passes(args.filters, fieldsOf(observable))
      );
      return connection(found.map(resolve.observable), args);
    },
  };
}

/** The markings that OpenCTI has from the start. */
const MARKINGS = [
  ...["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
    .map((color) => `TLP:${color}`),
  ...["CLEAR", "GREEN", "AMBER", "RED"].map((color) => `PAP:${color}`),
];

interface ListArgs {
  readonly first?: number;
  readonly filters?: FilterGroup | null;
}

interface RelationshipArgs extends ListArgs {
  readonly relationship_type?: string;
  readonly fromTypes?: readonly string[];
  readonly toTypes?: readonly string[];
}

/** Whether it is of one of the types, or of a parent; no types are all. */
function isOfType(type: string, types: readonly string[] | undefined): boolean {
  const parent = type === "Indicator"
    ? "Stix-Domain-Object"
    : "Stix-Cyber-Observable";
  return types === undefined || types.length === 0 ||
    types.includes(type) || types.includes(parent);
}

function connection<T>(nodes: readonly T[], { first }: ListArgs) {
  if (first === undefined) {
    throw new GraphQLError("A connection without first");
  }
  const page = nodes.slice(0, Math.min(first, MAX_FIRST));
  return {
    edges: page.map((node) => ({ node })),
    // It says no more than that the page is as long as it was asked to be.
    pageInfo: {
      hasNextPage: page.length === first,
      globalCount: nodes.length,
    },
  };
}

function filterableOf(indicator: KnownIndicator): Fields {
  const { x_opencti_score, x_opencti_detection, valid_until } = indicator;
  return {
    ids: [indicator.id, standardId(indicator.pattern)],
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
  return {
    value: isFile ? [] : [observable_value],
    ...Object.fromEntries(
      Object.entries(hashes ?? {})
        .map(([algorithm, hash]) => [`hashes.${algorithm}`, [hash]]),
    ),
  };
}

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
    // What is not set is null, but for lists of other objects.
    objectLabel: (known.labels ?? []).map((value) => ({ value })),
    objectMarking: (known.markings ?? []).map((definition) => ({
      definition_type: definition.split(":")[0],
      definition,
    })),
    killChainPhases: known.killChainPhases ?? [],
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
  const indicatorsOf = (known: KnownObservable) =>
    byId(
      knowledge.indicators.filter(({ id }) => known.indicators?.includes(id)),
    ).map(indicator);
  const observable = (known: KnownObservable): Record<string, unknown> => ({
    __typename: known.entity_type.replaceAll("-", ""),
    ...known,
    hashes: Object.entries(known.hashes ?? {})
      .map(([algorithm, hash]) => ({ algorithm, hash })),
    indicators: (args: ListArgs) => connection(indicatorsOf(known), args),
    stixCoreRelationships: (args: RelationshipArgs) =>
      connection(
        [
          ...isOfType("Indicator", args.fromTypes) ? basedOn(known) : [],
          ...relationshipsOf(known).filter(({ from, to }) =>
            isOfType(from.entity_type, args.fromTypes) &&
            isOfType(to.entity_type, args.toTypes)
          ).map(({ relationship_type, from, to }) => ({
            relationship_type,
            from: observable(from),
            to: observable(to),
          })),
        ],
        args,
      ),
  });
  // An indicator's based-on is a relationship of the observable too.
  const basedOn = (known: KnownObservable) =>
    indicatorsOf(known).map((from) => ({
      relationship_type: "based-on",
      from,
      to: observable(known),
    }));
  const relationshipsOf = (known: KnownObservable) =>
    knowledge.observables.flatMap((from) =>
      (from.related ?? [])
        .filter(({ to }) => from.id === known.id || to === known.id)
        .flatMap(({ to, relationship_type }) =>
          knowledge.observables.filter(({ id }) => id === to)
            .map((other) => ({ relationship_type, from, to: other }))
        )
    );
  return { indicator, observable };
}
