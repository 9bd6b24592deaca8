/**
 * Alerts that no source reads: IoCs by the names of their fields.
 *
 * @module
 */
import type { Alert } from "../alert.ts";
import { toIoc } from "../ioc.ts";
import {
  type Field,
  type FieldKind,
  type Finding,
  readSource,
  type Source,
} from "./source.ts";

/** More values than this are not looked at. */
const MAX_VALUES = 1000;

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
  const values = valuesIn(alert.data, "data").take(MAX_VALUES + 1).toArray();
  const fields = new Map<string, Field>();
  for (const { text, path } of values.slice(0, MAX_VALUES)) {
    const [kind, port] = [...known.get(nameOf(path)) ?? []]
      .find(([kind]) => !("reason" in toIoc({ kind, text, field: path }))) ??
      [];
    if (kind === undefined) continue;
    const beside = port && path.replace(/[^.]*$/, port);
    fields.set(`${kind} ${path}`, { path, kind, port: beside });
  }
  const found = readSource(
    { name: "generic", fields: [...fields.values()] },
    alert,
  );
  return values.length <= MAX_VALUES ? found : [...found, {
    text: "…",
    field: "data",
    reason: `only its first ${MAX_VALUES} values were looked at`,
  }];
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

function* valuesIn(
  value: unknown,
  path: string,
): Generator<{ readonly text: string; readonly path: string }> {
  if (Array.isArray(value)) {
    for (const element of value) yield* valuesIn(element, path);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      yield* valuesIn(member, `${path}.${name}`);
    }
  } else if (typeof value === "string") {
    yield { text: value, path };
  }
}
