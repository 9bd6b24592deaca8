import { assertEquals } from "@std/assert";
import {
  type Conditions,
  seenAlertIn,
  whyNotMet,
} from "../../lib/wazuh/hand_over.ts";

const ALERT = seenAlertIn(JSON.stringify({
  rule: { id: "5710", level: 5, groups: ["syslog", "sshd"] },
  location: "(web01) 10.0.0.21->/var/log/auth.log",
}));

Deno.test("whyNotMet() asks what integratord asks", async (t) => {
  const cases: Readonly<Record<string, [Conditions, string | undefined]>> = {
    "a block that asks for nothing": [{}, undefined],
    "the least level": [{ level: "5" }, undefined],
    "a higher level": [{ level: "6" }, "its level 5 is below <level>6</level>"],
    "one group of several": [{ group: "ids,sshd" }, undefined],
    "a group behind a blank": [
      { group: "ids, sshd" },
      "none of its groups is in <group>: syslog,sshd",
    ],
    "an empty list of groups": [
      { group: "" },
      "none of its groups is in <group>: syslog,sshd",
    ],
    "one id of several": [{ ruleId: "100, 5710" }, undefined],
    "other ids": [{ ruleId: "100,57100" }, "its rule 5710 is not in <rule_id>"],
    "no ids at all": [{ ruleId: "none" }, undefined],
    "a part of the location, in other case": [
      { eventLocation: "x|AUTH.log$" },
      undefined,
    ],
    "another start": [
      { eventLocation: "^/var" },
      "its location does not match <event_location>: " +
      "(web01) 10.0.0.21->/var/log/auth.log",
    ],
    "the whole location": [
      { eventLocation: "^(web01) 10.0.0.21->/var/log/auth.log$" },
      undefined,
    ],
    "any but this location": [
      { eventLocation: "!auth" },
      "its location does not match <event_location>: " +
      "(web01) 10.0.0.21->/var/log/auth.log",
    ],
    "all at once": [
      { level: "3", group: "sshd", ruleId: "5710", eventLocation: "->/var" },
      undefined,
    ],
  };
  for (const [name, [block, why]] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(whyNotMet(block, ALERT), why));
  }
});

Deno.test("whyNotMet() says what an alert lacks", () => {
  const empty = seenAlertIn('[{"_source":{"rule":{}}}]');
  assertEquals(whyNotMet({}, empty), undefined);
  assertEquals(whyNotMet({ level: "0" }, empty), undefined);
  assertEquals(whyNotMet({ level: "3" }, empty), "it has no rule.level");
  assertEquals(
    whyNotMet({ group: "a" }, empty),
    "it has no rule.groups, and the block has a <group>",
  );
  assertEquals(
    whyNotMet({ eventLocation: "!a" }, empty),
    "its location does not match <event_location>: it has none",
  );
});
