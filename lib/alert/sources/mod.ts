/**
 * The sources of events that are built in, all at once: for tests and pages. A
 * run loads those that it needs.
 *
 * @module
 */
import { CLOUD } from "./cloud.ts";
import { HOSTS } from "./hosts.ts";
import { NETWORK } from "./network.ts";
import type { Source } from "./source.ts";
import { WEB } from "./web.ts";

/** All sources that are built in, in the order they read an alert. */
export const SOURCES: readonly Source[] = [
  ...HOSTS,
  ...NETWORK,
  ...WEB,
  ...CLOUD,
];
