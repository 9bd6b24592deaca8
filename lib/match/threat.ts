/**
 * The threat behind an indicator: what it indicates.
 *
 * @module
 */
import type { THREAT_TYPES } from "../opencti/query.ts";
import type { Indicator } from "../opencti/schema.ts";

/** A threat in words. Lists may be empty, and hold each text once. */
export interface Threat {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly malware: readonly string[];
  readonly tool: readonly string[];
  readonly intrusion_set: readonly string[];
  readonly threat_actor: readonly string[];
  readonly campaign: readonly string[];
  readonly attack_pattern: readonly string[];
  /** As `T1071`. */
  readonly mitre: readonly string[];
}

/**
 * What an indicator indicates: all names, their types, the names of each type,
 * and the ids that MITRE ATT&CK has for the attack patterns.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const to = { entity_type: "Malware", name: "AgentTesla" };
 * const threat = threatOf(v.parse(Indicator, {
 *   id: "1d9e",
 *   threats: { edges: [{ node: { to } }] },
 * }));
 * assertEquals([threat.names, threat.malware], [["AgentTesla"], ["AgentTesla"]]);
 * assertEquals(threat.campaign, []);
 * ```
 */
export function threatOf({ threats }: Indicator): Threat {
  const known = threats.nodes.map(({ to }) => to).filter((to) => to !== null);
  const namesOf = (...types: readonly typeof THREAT_TYPES[number][]) =>
    unique(
      known.filter(({ entity_type }) =>
        types.some((type) => type === entity_type)
      ).map(({ name }) => name),
    );
  return {
    names: unique(known.map(({ name }) => name)),
    types: unique(known.map(({ entity_type }) => entity_type)),
    malware: namesOf("Malware"),
    tool: namesOf("Tool"),
    intrusion_set: namesOf("Intrusion-Set"),
    threat_actor: namesOf("Threat-Actor-Group", "Threat-Actor-Individual"),
    campaign: namesOf("Campaign"),
    attack_pattern: namesOf("Attack-Pattern"),
    mitre: unique(known.map(({ x_mitre_id }) => x_mitre_id ?? "")),
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}
