/**
 * The commands that a person types, in one module: integratord's call loads none
 * of them.
 *
 * @module
 */
export { helpOn, unknownCommand } from "./help.ts";
export { retry } from "./retry.ts";
export { version } from "./version.ts";
