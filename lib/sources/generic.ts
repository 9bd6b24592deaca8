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
  const kinds = kindsByName(sources);
  const fields = new Map<string, Field>();
  for (const { text, path } of valuesIn(alert.data, "data").take(MAX_VALUES)) {
    const kind = [...kinds.get(nameOf(path)) ?? []]
      .find((kind) => !("reason" in toIoc({ kind, text, field: path })));
    if (kind !== undefined) fields.set(`${kind} ${path}`, { path, kind });
  }
  return readSource({ name: "generic", fields: [...fields.values()] }, alert);
}

type ValueKind = Exclude<FieldKind, "text">;

function kindsByName(
  sources: readonly Source[],
): ReadonlyMap<string, ReadonlySet<ValueKind>> {
  const kinds = new Map<string, Set<ValueKind>>();
  for (
    const { path, kind, pattern, skip } of sources.flatMap((s) => s.fields)
  ) {
    if (kind === undefined || kind === "text") continue;
    if (pattern !== undefined || skip !== undefined) continue;
    for (const one of [path].flat()) {
      const known = kinds.get(nameOf(one)) ?? new Set();
      kinds.set(nameOf(one), known.add(kind));
    }
  }
  return kinds;
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
