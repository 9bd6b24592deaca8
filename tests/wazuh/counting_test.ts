import { assertEquals } from "@std/assert";
import { startAnalysisd } from "../stand_ins/analysisd.ts";
import { sentMatch } from "../stand_ins/matches.ts";
import { alertsOf, matchesOn } from "../stand_ins/story.ts";

const XML = await Deno.readTextFile(
  new URL("../../wazuh/opencti_rules.xml", import.meta.url),
);

/** Asserts which alerts become of the matches of a story. */
function assertAlerts(story: string, expected: string): void {
  assertEquals(alertsOf(story, XML), expected, story);
}

function times(count: number, word: string): string {
  return Array.from({ length: count }, () => word).join(" ");
}

Deno.test("110230 is the alert of the fifth active match of an agent, and of the tenth", () => {
  const fifth = `${times(4, "212")} 230`;
  assertAlerts(matchesOn("A", 11), `${fifth} ${fifth} 212`);
  // Of one IoC or several, on the manager itself as on an agent.
  assertAlerts(times(10, "A:x"), `${fifth} ${fifth}`);
  assertAlerts(matchesOn("000", 10), `${fifth} ${fifth}`);
});

Deno.test("110230 counts each agent by itself", () => {
  assertAlerts(
    `${matchesOn("A", 4)} ${matchesOn("B", 4)} A:y B:z`,
    `${times(8, "212")} 230 230`,
  );
  const agents = [..."ABCDEFGHIJKL"];
  const round = (n: number) => agents.map((agent) => `${agent}:${agent}${n}`);
  assertAlerts(
    Array.from({ length: 10 }, (_, n) => round(n)).flat().join(" "),
    times(2, `${times(48, "212")} ${times(12, "230")}`),
  );
});

Deno.test("110230 counts matches of all severities and types, each once", () => {
  assertAlerts(
    "A:a:low A:b:medium:observable A:c:partial A:d:low:related A:e:medium " +
      "A:f:low:related A:g:medium:partial A:h:observable A:i:low " +
      "A:j:critical:partial",
    "210 211 216 214 230 214 215 212 210 230",
  );
});

Deno.test("110230 counts critical matches, which keep the alert of 110213", () => {
  assertAlerts(
    "A:a:critical A:b:critical A:c:critical A:d:critical A:e:critical A:f A:g",
    "213 213 213 213 213 230 212",
  );
});

Deno.test("110230 counts what comes within ten minutes", () => {
  assertAlerts(
    `${matchesOn("A", 4)} +601 ${matchesOn("A", 5)}`,
    `${times(8, "212")} 230`,
  );
  assertAlerts(
    "A:a +149 A:b +149 A:c +149 A:d +149 A:e",
    `${times(4, "212")} 230`,
  );
  assertAlerts("A:a +151 A:b +151 A:c +151 A:d +151 A:e", times(5, "212"));
});

Deno.test("110230 and 110231 do not count what is revoked or expired", () => {
  assertAlerts(
    `A:a:revoked A:b:expired A:c:revoked A:d:expired ${matchesOn("A", 5)}`,
    `${times(4, "220")} ${times(4, "212")} 230`,
  );
  assertAlerts("A:x:revoked B:x:expired C:x D:x E:x", "220 220 212 212 231");
  assertAlerts(`${matchesOn("A", 4)} A:a:revoked`, `${times(4, "212")} 220`);
  assertAlerts("A:x B:x C:x:expired", "212 212 220");
});

Deno.test("110230 and 110231 do not count what has no state", () => {
  const { receive } = startAnalysisd(XML);
  const location = "(A) any->opencti";
  const opencti = { event_type: "indicator_pattern_match" };
  const ids = [
    ...Array.from({ length: 5 }, () => ({ integration: "opencti", opencti })),
    ...Array.from({ length: 5 }, () => sentMatch({ agent: "A" })),
  ].map((event) => receive({ location, event, at: 0 })?.id);
  assertEquals(ids, [
    ...Array.from({ length: 5 }, () => "110202"),
    ...Array.from({ length: 4 }, () => "110211"),
    "110230",
  ]);
});

Deno.test("110231 is the alert of the third match of an IoC on several agents, and of the sixth", () => {
  assertAlerts("A:x B:x C:x D:x E:x F:x G:x", "212 212 231 212 212 231 212");
  assertAlerts("A:x A:x B:x", "212 212 231");
  assertAlerts("000:x A:x B:x", "212 212 231");
});

Deno.test("110231 counts matches on other agents than the last", () => {
  assertAlerts("A:x B:x A:x B:x", "212 212 212 231");
  assertAlerts(times(4, "A:x"), times(4, "212"));
  // What was counted before an alert is not counted after it.
  assertAlerts("A:x B:x C:x D:x B:x D:x B:x", "212 212 231 212 212 212 231");
});

Deno.test("110231 counts each IoC by itself", () => {
  assertAlerts("A:x B:x A:y B:y C:x C:y", "212 212 212 212 231 231");
  assertAlerts("A:x B:y C:z", "212 212 212");
});

Deno.test("110231 counts what comes within an hour", () => {
  assertAlerts("A:x +1790 B:x +1790 C:x", "212 212 231");
  assertAlerts("A:x +1810 B:x +1810 C:x D:x", "212 212 212 231");
});

Deno.test("110231 counts matches of all severities and types, and follows 110213", () => {
  assertAlerts("A:x:low B:x:medium:partial C:x:related", "210 215 231");
  assertAlerts(
    "A:x:critical B:x:critical C:x:critical D:x:critical",
    "213 213 231 213",
  );
});

Deno.test("110231 counts the matches of which 110230 made its alert", () => {
  assertAlerts(
    `${matchesOn("A", 4)} A:x B:x C:x`,
    `${times(4, "212")} 230 212 231`,
  );
  assertAlerts(
    `${matchesOn("A", 4)} ${matchesOn("B", 4)} A:x B:x C:x`,
    `${times(8, "212")} 230 230 231`,
  );
});

Deno.test("110231 is not kept from an IoC by alerts of 110230", () => {
  const agents = [..."ABCDEFGHIJKL"];
  const story = agents.map((agent) =>
    ["v", "w", "x", "y", "z"].map((value) => `${agent}:${value}`).join(" ")
  ).join(" ");
  const fifth = `${times(4, "212")} 230`;
  assertAlerts(story, times(4, `${fifth} ${fifth} ${times(5, "231")}`));
});

Deno.test("110230 loses a match to 110231, and begins anew where that did", () => {
  // The fifth of C becomes an alert of 110231, the sixth one of 110230.
  assertAlerts(
    `A:x B:x ${matchesOn("C", 4)} C:x C:y`,
    `${times(6, "212")} 231 230`,
  );
  // B's match is the last that 110231 counts: B has five more to go.
  assertAlerts(
    `A:x ${matchesOn("B", 3)} B:x C:x ${matchesOn("B", 5)}`,
    `${times(5, "212")} 231 ${times(4, "212")} 230`,
  );
});

Deno.test("opencti_rules.xml makes no alert of a log file, whatever its name", () => {
  const { receive } = startAnalysisd(XML);
  const idOf = (location: string) =>
    receive({ location, event: sentMatch({}), at: 0 })?.id;
  assertEquals(idOf("(web01) 10.0.0.21->opencti"), "110211");
  assertEquals(idOf("(web01) 10.0.0.21->/var/log/app/x->opencti"), undefined);
  assertEquals(idOf("(web01) 10.0.0.21->opencti\n"), undefined);
});
