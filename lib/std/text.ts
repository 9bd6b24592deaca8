/**
 * `@std/text` as the npm registry has it: the package `deno-std` carries no
 * types, so the ones used here stand beside this file.
 *
 * @module
 */
// @ts-types="./text.d.ts"
export { closestString, levenshteinDistance } from "deno-std/text";
