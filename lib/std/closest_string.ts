/**
 * `@std/text/closest-string` as the npm registry has it: the package `deno-std`
 * carries no types, so the one used here stands beside this file.
 *
 * @module
 */
// @ts-types="./closest_string.d.ts"
export { closestString } from "deno-std/text/closest-string";
