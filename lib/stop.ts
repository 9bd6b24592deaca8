/**
 * SIGTERM, from the first moment on: it would else end the run in the middle,
 * and what integratord logs of a run that is ended by a signal holds the token.
 *
 * @module
 */

const controller = new AbortController();
Deno.addSignalListener("SIGTERM", () => controller.abort());
// A file that may not grow any more is an error to report, not the end.
Deno.addSignalListener("SIGXFSZ", () => {});

/** Aborted when the run must end at once. */
export const stop: AbortSignal = controller.signal;
