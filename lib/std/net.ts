/**
 * `@std/net` as the npm registry has it: the package `deno-std` carries no
 * types, so the one used here stands beside this file.
 *
 * @module
 */
// @ts-types="./net.d.ts"
export { getAvailablePort } from "deno-std/net";
