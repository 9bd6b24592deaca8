/**
 * `@std/cli/parse-args` as the npm registry has it: the package `deno-std`
 * carries no types, so the ones used here stand beside this file.
 *
 * @module
 */
// @ts-types="./parse_args.d.ts"
export { parseArgs } from "deno-std/cli/parse-args";
