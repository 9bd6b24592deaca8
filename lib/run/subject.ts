/**
 * An alert that is looked up.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import { keyOf } from "../state/marker.ts";
import type { Run } from "./run.ts";

/** An alert that is looked up, now or again. */
export interface Subject {
  readonly alert: Alert;
  readonly json: string;
  /** Which alert, and which OpenCTI: the spool's key of it. */
  readonly key: string;
  /** How often it was tried before; `undefined` if it is new. */
  readonly tries?: number;
  /** Whether the spool has it already. */
  readonly isKept?: boolean;
}

/** An alert that is new. Without an id it gets one. */
export function subjectOf(
  { alert, json }: Pick<Subject, "alert" | "json">,
  { opencti, redact }: Pick<Run, "opencti" | "redact">,
): Subject {
  const id = redact(alert.id ?? crypto.randomUUID());
  return { alert, json, key: keyOf(id, opencti.baseUrl) };
}

/** How the log names an alert. */
export function nameOf({ id }: Alert): string {
  return `Alert ${id ?? "without id"}`;
}
