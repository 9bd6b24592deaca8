/**
 * What most alerts do not need, in one module: it is imported when it is
 * needed, and each file more that is loaded makes a start longer.
 *
 * @module
 */
export { drain } from "./drain.ts";
export { emitError } from "./emit.ts";
export { keepForOutage, keepUnasked, openOutage, subjectOf } from "./keep.ts";
export { lookUp } from "./look_up.ts";
