/**
 * What the stand-in for OpenCTI knows: something of every kind of match, for
 * the alerts in `testdata/alerts/`.
 *
 * @module
 */
import type { Knowledge } from "./opencti.ts";

const EICAR = {
  "SHA-256": "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
  "SHA-1": "3395856ce81f2b7382dee72602f798b642f14140",
  "MD5": "44d88612fea8a8f36de82e1278abb02f",
};

/** See above. */
export const KNOWLEDGE: Knowledge = {
  indicators: [
    {
      id: "1d9e6f5a-e1ca-4000-8000-000000000001",
      name: "EICAR test file",
      description: "Not malware: what tests whether a scanner works.",
      pattern: `[file:hashes.'SHA-256' = '${EICAR["SHA-256"]}' OR ` +
        `file:hashes.'SHA-1' = '${EICAR["SHA-1"]}' OR ` +
        `file:hashes.MD5 = '${EICAR.MD5}']`,
      valid_until: "2036-01-01T00:00:00.000Z",
      confidence: 100,
      x_opencti_score: 20,
      x_opencti_detection: true,
      indicator_types: ["benign"],
      createdBy: "EICAR",
      labels: ["test-file"],
      markings: ["TLP:CLEAR"],
    },
    {
      id: "1d9e6f5a-dd25-4000-8000-000000000002",
      name: "Dynamic DNS command and control",
      description: "A host of dynamic DNS from which AgentTesla is led.",
      pattern: "[domain-name:value = 'morrishittu.ddns.net' OR " +
        "ipv4-addr:value = '185.244.31.158'] AND " +
        "[file:name = 'invoice.exe']",
      valid_from: "2025-11-03T00:00:00.000Z",
      valid_until: "2036-01-01T00:00:00.000Z",
      confidence: 75,
      x_opencti_score: 80,
      x_opencti_detection: true,
      decay_base_score: 90,
      indicator_types: ["malicious-activity"],
      x_mitre_platforms: ["windows", "linux"],
      createdBy: "Example CERT",
      x_opencti_reliability: "B - Usually reliable",
      labels: ["c2", "agenttesla"],
      markings: ["TLP:GREEN"],
      threats: [
        { entity_type: "Malware", name: "AgentTesla" },
        {
          entity_type: "Attack-Pattern",
          name: "Application Layer Protocol",
          x_mitre_id: "T1071",
        },
      ],
      killChainPhases: [{
        kill_chain_name: "mitre-attack",
        phase_name: "command-and-control",
      }],
      externalReferences: [
        { source_name: "report", url: "https://cert.example/reports/7" },
        { source_name: "mitre-attack", external_id: "S0331" },
      ],
    },
    {
      id: "1d9e6f5a-0021-4000-8000-000000000003",
      name: "http://morrishittu.ddns.net/a.sh",
      pattern: "[url:value = 'http://morrishittu.ddns.net/a.sh']",
      confidence: null,
      x_opencti_score: 60,
      x_opencti_detection: null,
      valid_until: null,
    },
    {
      id: "1d9e6f5a-5166-4000-8000-000000000004",
      name: "SSH brute force from 218.92.0.222",
      pattern: "title: SSH brute force\nsource.ip: 218.92.0.222",
      pattern_type: "sigma",
      valid_until: "2036-01-01T00:00:00.000Z",
      confidence: 60,
      x_opencti_score: 70,
      x_opencti_detection: true,
      markings: ["TLP:AMBER", "PAP:RED"],
    },
    {
      id: "1d9e6f5a-f4ac-4000-8000-000000000005",
      name: "Freeware downloader",
      pattern: "[domain-name:value = 'cdn.freeware.example']",
      revoked: true,
      valid_until: "2020-01-01T00:00:00.000Z",
      confidence: 50,
      x_opencti_score: 40,
      x_opencti_detection: false,
      threats: [{ entity_type: "Tool", name: "Freeware downloader" }],
    },
    {
      id: "1d9e6f5a-ab1e-4000-8000-000000000006",
      name: "a9165dbae34e… (yara)",
      pattern: "rule generic_p0 { condition: true }",
      pattern_type: "yara",
      confidence: 80,
      x_opencti_score: 90,
      x_opencti_detection: true,
    },
  ],
  observables: [
    {
      id: "0b5e7a2c-0001-4000-8000-000000000001",
      entity_type: "IPv4-Addr",
      observable_value: "218.92.0.222",
      x_opencti_score: 70,
      indicators: ["1d9e6f5a-5166-4000-8000-000000000004"],
    },
    {
      id: "0b5e7a2c-0002-4000-8000-000000000002",
      entity_type: "IPv4-Addr",
      observable_value: "151.101.242.49",
      related: [{
        to: "0b5e7a2c-0003-4000-8000-000000000003",
        relationship_type: "related-to",
      }, {
        to: "0b5e7a2c-0002-4000-8000-000000000002",
        relationship_type: "related-to",
      }],
    },
    {
      id: "0b5e7a2c-0003-4000-8000-000000000003",
      entity_type: "Domain-Name",
      observable_value: "cdn.freeware.example",
      x_opencti_score: 40,
      indicators: ["1d9e6f5a-f4ac-4000-8000-000000000005"],
    },
    {
      id: "0b5e7a2c-0004-4000-8000-000000000004",
      entity_type: "StixFile",
      observable_value: "FrontPageImgHandler.ashx",
      hashes: {
        "SHA-256":
          "a9165dbae34e6e2952270536e95a2bb154dff0cfcdf41315f0796ee14b36123b",
      },
      x_opencti_score: 90,
      indicators: ["1d9e6f5a-ab1e-4000-8000-000000000006"],
    },
    {
      id: "0b5e7a2c-0005-4000-8000-000000000005",
      entity_type: "Domain-Name",
      observable_value: "morrishittu.ddns.net",
      x_opencti_score: 80,
      indicators: ["1d9e6f5a-dd25-4000-8000-000000000002"],
    },
    {
      id: "0b5e7a2c-0006-4000-8000-000000000006",
      entity_type: "Artifact",
      observable_value: EICAR.MD5,
      hashes: EICAR,
      x_opencti_score: 20,
      indicators: ["1d9e6f5a-e1ca-4000-8000-000000000001"],
    },
  ],
};
