import * as v from "valibot";
import { assertEquals } from "@std/assert";
import { Indicator } from "../../lib/opencti/schema.ts";
import { type Threat, threatOf } from "../../lib/match/threat.ts";

const NOTHING: Threat = {
  names: [],
  types: [],
  malware: [],
  tool: [],
  intrusion_set: [],
  threat_actor: [],
  campaign: [],
  attack_pattern: [],
  mitre: [],
};

function threat(...threats: unknown[]): Threat {
  return threatOf(v.parse(Indicator, {
    id: "i",
    threats: { edges: threats.map((to) => ({ node: { to } })) },
  }));
}

Deno.test("threatOf() lists a threat of each type, each name once", () => {
  const known = threat(
    { entity_type: "Malware", name: "AgentTesla" },
    { entity_type: "Malware", name: "AgentTesla" },
    { entity_type: "Tool", name: "PsExec" },
    { entity_type: "Intrusion-Set", name: "APT0" },
    { entity_type: "Threat-Actor-Group", name: "A group" },
    { entity_type: "Threat-Actor-Individual", name: "Somebody" },
    { entity_type: "Campaign", name: "Spring" },
    { entity_type: "Attack-Pattern", name: "Protocol", x_mitre_id: "T1071" },
    { entity_type: "Attack-Pattern", name: "Ours", x_mitre_id: null },
  );
  assertEquals(known, {
    names: [
      "AgentTesla",
      "PsExec",
      "APT0",
      "A group",
      "Somebody",
      "Spring",
      "Protocol",
      "Ours",
    ],
    types: [
      "Malware",
      "Tool",
      "Intrusion-Set",
      "Threat-Actor-Group",
      "Threat-Actor-Individual",
      "Campaign",
      "Attack-Pattern",
    ],
    malware: ["AgentTesla"],
    tool: ["PsExec"],
    intrusion_set: ["APT0"],
    threat_actor: ["A group", "Somebody"],
    campaign: ["Spring"],
    attack_pattern: ["Protocol", "Ours"],
    mitre: ["T1071"],
  });
});

Deno.test("threatOf() takes threats that are missing, or that we may not see", () => {
  assertEquals(threat(null, {}, "x", { entity_type: "Malware" }), NOTHING);
  for (const threats of [undefined, null, 5, { edges: null }]) {
    assertEquals(threatOf(v.parse(Indicator, { id: "i", threats })), NOTHING);
  }
});
