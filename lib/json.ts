/**
 * What stands in a value of any shape.
 *
 * @module
 */

/**
 * A member of an object, or an entry of a list; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(memberOf({ a: 1 }, "a"), 1);
 * assertEquals(memberOf({ a: 1 }, "constructor"), undefined);
 * assertEquals(memberOf("a", "length"), undefined);
 * ```
 */
export function memberOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null &&
      Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

/**
 * What stands at a path, its names joined by dots or in a list; `undefined` if
 * there is nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(valueAt({ a: { b: [7] } }, "a.b.0"), 7);
 * assertEquals(valueAt({ a: { b: [7] } }, ["a", "b", 0]), 7);
 * assertEquals(valueAt({ a: 1 }, "a.b"), undefined);
 * ```
 */
export function valueAt(
  value: unknown,
  path: string | readonly PropertyKey[],
): unknown {
  const names: readonly PropertyKey[] = typeof path === "string"
    ? path.split(".")
    : path;
  return names.reduce<unknown>(memberOf, value);
}
