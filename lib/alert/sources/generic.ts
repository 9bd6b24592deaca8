/**
 * Alerts that no source reads: IoCs by the names of their fields.
 *
 * @module
 */
import type { Alert } from "../alert.ts";
import { readerFor } from "./read.ts";
import { type Skipped, toIoc } from "../ioc.ts";
import {
  type Field,
  type FieldKind,
  type Finding,
  type Source,
} from "./source.ts";

/** More values than this are not looked at. */
const MAX_VALUES = 1000;

/** Nor more members of objects and entries of lists, whatever they are. */
const MAX_MEMBERS = 10_000;

/** What is deeper, or has a longer path, is not looked at. */
const MAX_DEPTH = 50;
const MAX_PATH_LENGTH = 1000;

/**
 * Finds IoCs in any field of an alert's `data` that has the name of a field of
 * a source, and a value of its kind.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const sources = [{
 *   name: "a",
 *   fields: [{ path: "data.aws.srcaddr", kind: "address" as const }],
 * }];
 * const alert = parseAlert('{"data":{"x":{"srcAddr":"1.2.3.4","other":"5"}}}');
 * assertEquals(findByName(alert, sources), [
 *   { kind: "address", text: "1.2.3.4", field: "data.x.srcAddr" },
 * ]);
 * ```
 */
export function findByName(
  alert: Alert,
  sources: readonly Source[],
): readonly Finding[] {
  const known = knownByName(sources);
  const fields = new Map<string, Field>();
  const { values, skipped } = valuesIn(alert);
  for (const { text, path } of values) {
    const [kind, port] = [...known.get(nameOf(path)) ?? []]
      .find(([kind]) => !("reason" in toIoc({ kind, text, field: path }))) ??
      [];
    if (kind === undefined) continue;
    const beside = port && path.replace(/[^.]*$/, port);
    fields.set(`${kind} ${path}`, { path, kind, port: beside });
  }
  const source = { name: "generic", fields: [...fields.values()] };
  return [...readerFor(source)(alert), ...skipped];
}

type ValueKind = Exclude<FieldKind, "text">;

/** What fields of a name are: their kinds, and the name of an address's port. */
function knownByName(
  sources: readonly Source[],
): ReadonlyMap<string, ReadonlyMap<ValueKind, string | undefined>> {
  const known = new Map<string, Map<ValueKind, string | undefined>>();
  for (const field of sources.flatMap(({ fields }) => fields)) {
    const { path, kind, pattern, port, skip } = field;
    if (kind === undefined || kind === "text") continue;
    if (pattern !== undefined || skip !== undefined) continue;
    for (const name of [path].flat().map(nameOf)) {
      const kinds = known.get(name) ?? new Map();
      kinds.set(kind, kinds.get(kind) ?? port?.replace(/^.*\./, ""));
      known.set(name, kinds);
    }
  }
  return known;
}

/** The last name of a path. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace("[]", "").toLowerCase();
}

interface Value {
  readonly text: string;
  readonly path: string;
}

/** The texts in an alert's data, and why not all of them. */
function valuesIn({ data }: Alert): {
  readonly values: readonly Value[];
  readonly skipped: readonly Skipped[];
} {
  const values: Value[] = [];
  const reasons = new Map<string, Skipped>();
  const leave = (field: string, reason: string) => {
    if (!reasons.has(reason)) reasons.set(reason, { text: "…", field, reason });
  };
  let members = 0;
  for (const { value, path, isTooFar } of membersIn(data, { path: "data" })) {
    if (values.length === MAX_VALUES && typeof value === "string") {
      leave("data", `only its first ${MAX_VALUES} values were looked at`);
      break;
    }
    if (members++ === MAX_MEMBERS) {
      leave("data", `only its first ${MAX_MEMBERS} members were looked at`);
      break;
    }
    if (isTooFar) {
      leave(path.slice(0, MAX_PATH_LENGTH), "too deep, or its path too long");
    } else if (typeof value === "string") {
      values.push({ text: value, path });
    }
  }
  return { values, skipped: [...reasons.values()] };
}

interface Member {
  readonly value: unknown;
  readonly path: string;
  readonly isTooFar: boolean;
}

function* membersIn(
  value: unknown,
  { path, depth = 0 }: { readonly path: string; readonly depth?: number },
): Generator<Member> {
  const isObject = typeof value === "object" && value !== null;
  const isTooFar = path.length > MAX_PATH_LENGTH ||
    (isObject && depth === MAX_DEPTH);
  yield { value, path, isTooFar };
  if (!isObject || isTooFar) return;
  const next = depth + 1;
  if (Array.isArray(value)) {
    for (const element of value) {
      yield* membersIn(element, { path, depth: next });
    }
  } else {
    for (const name of Object.keys(value)) {
      const member: unknown = Reflect.get(value, name);
      yield* membersIn(member, { path: `${path}.${name}`, depth: next });
    }
  }
}
