/**
 * `@std/assert` as the npm registry has it: the package `deno-std` carries no
 * types, so the ones used here stand beside this file.
 *
 * @module
 */
// @ts-types="./assert.d.ts"
export * from "deno-std/assert";
