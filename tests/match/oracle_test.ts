/**
 * OASIS' own matcher of STIX patterns as an oracle, where it can be had:
 * `pip install stix2-matcher`, and STIX2_PYTHON names the Python that has it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseAlert } from "../../lib/alert/alert.ts";
import { type Ioc, toIoc } from "../../lib/alert/ioc.ts";
import type { TextKind } from "../../lib/alert/kinds.ts";
import { compareWith } from "../../lib/match/compare.ts";
import { evaluate } from "../../lib/match/evaluate.ts";
import { readRegex } from "../../lib/match/regex.ts";
import { lookupAmong } from "../../lib/match/known.ts";
import { alertFactsOf } from "../../lib/match/alert_facts.ts";
import { type Comparison, readPattern } from "../../lib/opencti/pattern.ts";
import { MATCHING } from "../stand_ins/matches.ts";
import { anyCondition, printPattern } from "../stand_ins/stix.ts";

const PYTHON = Deno.env.get("STIX2_PYTHON") ?? "python3";

/** Reads patterns as lines of JSON, and writes for each whether it matches. */
const SCRIPT = `
import json, sys
from stix2matcher.matcher import match
bundle = json.loads(sys.stdin.readline())
for line in sys.stdin:
    print(json.dumps(bool(match(json.loads(line), [bundle], stix_version="2.1"))))
`;

async function python(
  script: string,
  input: string,
): Promise<{ readonly success: boolean; readonly output: string }> {
  try {
    const child = new Deno.Command(PYTHON, {
      args: ["-c", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { success, stdout, stderr } = await child.output();
    const output = new TextDecoder().decode(success ? stdout : stderr);
    return { success, output };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { success: false, output: "" };
    }
    throw error;
  }
}

const { success: isThere } = await python("import stix2matcher.matcher", "");

/** The traffic of an alert, as STIX has it. */
const BUNDLE = {
  type: "bundle",
  id: "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
  objects: [
    {
      type: "observed-data",
      spec_version: "2.1",
      id: "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",
      created: "2026-01-01T00:00:00.000Z",
      modified: "2026-01-01T00:00:00.000Z",
      first_observed: "2026-01-01T00:00:00Z",
      last_observed: "2026-01-01T00:00:00Z",
      // Each part of an AND takes an observation of its own.
      number_observed: 9,
      object_refs: [
        "network-traffic--15a157a8-26e3-56e0-820b-0c2a8e553a2c",
        "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
        "domain-name--3c10e93f-798e-5a26-a0c1-08156efab7f5",
      ],
    },
    {
      type: "network-traffic",
      spec_version: "2.1",
      id: "network-traffic--15a157a8-26e3-56e0-820b-0c2a8e553a2c",
      dst_ref: "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
      dst_port: 8443,
      protocols: ["tcp"],
    },
    {
      type: "ipv4-addr",
      spec_version: "2.1",
      id: "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
      value: "1.2.3.4",
    },
    {
      type: "domain-name",
      spec_version: "2.1",
      id: "domain-name--3c10e93f-798e-5a26-a0c1-08156efab7f5",
      value: "evil.example",
    },
  ],
};

function iocOf(kind: TextKind, text: string, field: string): Ioc {
  const ioc = toIoc({ kind, text, field });
  assert("spellings" in ioc);
  return ioc;
}

/** The same traffic, as an alert has it. */
const IOCS = [
  iocOf("address", "1.2.3.4", "data.dest_ip"),
  iocOf("host", "evil.example", "data.tls.sni"),
];
const FACTS = {
  iocs: IOCS,
  lookup: lookupAmong(IOCS, MATCHING),
  url_case: true,
  readRegex,
  alert: alertFactsOf(
    parseAlert('{"data": {"dest_port": 8443, "proto": "tcp"}}'),
  ),
};

function comparisons(
  path: string,
  type: "string" | "bare",
  texts: readonly string[],
): fc.Arbitrary<Comparison> {
  return fc.record({
    type: fc.constant("comparison" as const),
    path: fc.constant(path),
    operator: fc.constantFrom("=" as const, "!=" as const, "IN" as const),
    isNegated: fc.boolean(),
    values: fc.constantFrom(...texts).map((text) => [{ type, text }]),
  });
}

function byOperator(
  path: string,
  operator: Comparison["operator"],
  texts: readonly string[],
): fc.Arbitrary<Comparison> {
  return comparisons(path, "string", texts)
    .map((comparison) => ({ ...comparison, operator }));
}

/** OASIS' matcher asks for objects of one type between two brackets. */
const CONDITIONS = [
  fc.oneof(
    comparisons("ipv4-addr:value", "string", ["1.2.3.4", "9.9.9.9"]),
    byOperator("ipv4-addr:value", "ISSUBSET", ["1.2.3.0/24", "9.9.0.0/16"]),
    byOperator("ipv4-addr:value", "LIKE", ["1.2.%", "_.2.3.4", "9%", "%"]),
  ),
  fc.oneof(
    comparisons("domain-name:value", "string", ["evil.example", "b.example"]),
    byOperator("domain-name:value", "LIKE", [
      "%.example",
      "%evil%",
      "_vil.example",
      "evil",
      "%.evil.example",
    ]),
    byOperator("domain-name:value", "MATCHES", [
      "^evil\\.",
      "\\.(com|example)$",
      "x+",
      "^[a-d]",
    ]),
  ),
  fc.oneof(
    comparisons("network-traffic:dst_port", "bare", ["443", "8443"]),
    comparisons("network-traffic:dst_ref.value", "string", [
      "1.2.3.4",
      "9.9.9.9",
    ]),
    comparisons("network-traffic:protocols[*]", "string", ["tcp", "udp"]),
  ),
].map(anyCondition);

const anyOfOneType = fc.oneof(...CONDITIONS).map((condition) => ({
  type: "observation" as const,
  condition,
}));

const pattern = fc.oneof(
  anyOfOneType,
  fc.record({
    type: fc.constantFrom("AND" as const, "OR" as const),
    operands: fc.array(anyOfOneType, { minLength: 2, maxLength: 3 }),
  }),
);

Deno.test({
  name: "evaluate() lets hold what OASIS' matcher matches" +
    (isThere ? "" : " (not run: stix2-matcher is not installed)"),
  ignore: !isThere,
  fn: async () => {
    const patterns = fc.sample(pattern, 1000);
    const texts = patterns.map(printPattern);
    const { success, output } = await python(
      SCRIPT,
      [BUNDLE, ...texts].map((one) => JSON.stringify(one)).join("\n"),
    );
    assert(success, output);
    const theirs = output.trim().split("\n").map((line) => line === "true");
    assertEquals(theirs.length, texts.length);
    const differ = texts.filter((text, n) => {
      const reading = readPattern(text);
      assert("pattern" in reading);
      const { state } = evaluate(reading.pattern, compareWith(FACTS));
      return (state === "holds") !== theirs[n];
    });
    assertEquals(
      differ.toSorted((a, b) => a.length - b.length).slice(0, 5),
      [],
    );
    assert(theirs.some((one) => one) && theirs.some((one) => !one));
  },
});
