/**
 * What can be wrong between here and OpenCTI, as whoever asks it and whoever
 * reads its answer say it.
 *
 * @module
 */
import type { Places } from "../config/places.ts";

/** Why OpenCTI could not be asked: errors of one kind are counted together. */
export type FailureKind =
  | "certificate"
  | "database"
  | "failed"
  | "not_opencti"
  | "not_understood"
  | "rate_limit"
  | "refused"
  | "stopped"
  | "too_slow"
  | "unreachable"
  | "unready";

/** What is wrong, for people, and its kind. */
export interface Problem {
  readonly kind: FailureKind;
  readonly says: string;
}

/** A longer body is not read. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** What to do where a proxy wants to know who asks. */
export function mendProxyLogin({ option }: Places): string {
  return `set user and password in ${option("proxy")}, as ` +
    "http://user:password@proxy.example:3128";
}

/** That HTTP is spoken to a port of HTTPS. */
export function wantsHttps(baseUrl: string, { url }: Places): Problem {
  return {
    kind: "not_opencti",
    says: `HTTPS is spoken at ${baseUrl}, not HTTP: set ${url} to ` +
      baseUrl.replace(/^http:/, "https:"),
  };
}
