import { assertEquals } from "@std/assert";
import {
  askKnown,
  KNOWN_INDICATORS_QUERY,
  KNOWN_OBSERVABLES_QUERY,
  valuesIn,
} from "../../lib/opencti/known.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { assertValid } from "../stand_ins/schemas.ts";

Deno.test("The questions for known values are valid on OpenCTI's schemas", async (t) => {
  await assertValid(t, [KNOWN_INDICATORS_QUERY, KNOWN_OBSERVABLES_QUERY]);
});

Deno.test("askKnown() gives values of active indicators, of revoked ones, of observables, each once", async () => {
  await using opencti = startOpencti(KNOWLEDGE);
  const known = await Array.fromAsync(askKnown({
    baseUrl: opencti.url,
    apiKey: TOKEN,
    client: undefined,
    timeoutMs: 5000,
    stop: new AbortController().signal,
  }));
  assertEquals(known.map(({ kind, value }) => `${kind} ${value}`), [
    "domain morrishittu.ddns.net",
    "ipv4 185.244.31.158",
    "url http://morrishittu.ddns.net/a.sh",
    "sha256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    "sha1 3395856ce81f2b7382dee72602f798b642f14140",
    "md5 44d88612fea8a8f36de82e1278abb02f",
    "domain cdn.freeware.example",
    "ipv4 218.92.0.222",
    "sha256 a9165dbae34e6e2952270536e95a2bb154dff0cfcdf41315f0796ee14b36123b",
  ]);
  assertEquals(opencti.requests.length, 3);
});

Deno.test("valuesIn() reads what is looked for, and nothing else", () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    "[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS": ["1.2.3.4"],
    "[file:hashes.'SHA-256' = 'x']": [],
    "[ipv4-addr:value NOT = '1.2.3.4']": [],
    "[ipv4-addr:value LIKE '1.2.%']": [],
    "[ipv4-addr:value = '2001:db8::1']": [],
    "[domain-name:value = 'A.example.'] FOLLOWEDBY [x:y = 'z']": ["a.example"],
    "not a pattern": [],
  };
  for (const [pattern, values] of Object.entries(cases)) {
    assertEquals(valuesIn(pattern).map(({ value }) => value), values, pattern);
  }
});
