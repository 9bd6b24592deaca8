import { assert, assertEquals } from "@std/assert";
import { parseAlert } from "../../../lib/alert/alert.ts";
import {
  argumentsIn,
  findInCommandLine,
} from "../../../lib/alert/sources/audit.ts";

Deno.test("argumentsIn() joins the parts of a long argument, past the tenth", () => {
  const parts = Array.from({ length: 12 }, (_, n) => `a1[${n}]="${n},"`);
  assertEquals(
    argumentsIn(`type=EXECVE msg=audit(1:2): a1_len=99 ${parts.join(" ")}`),
    new Map([["a1", "0,1,2,3,4,5,6,7,8,9,10,11,"]]),
  );
});

Deno.test("argumentsIn() reads EXECVE records alone", () => {
  const log =
    'type=EXECVE msg=audit(1:2): argc=2 a0="type=PATH" a1=6C73 type=EXECVE msg=audit(1:2): a2="x" type=PROCTITLE msg=audit(1:2): proctitle=6375726C a3="no"';
  assertEquals(
    argumentsIn(log),
    new Map([["a0", "type=PATH"], ["a1", "ls"], ["a2", "x"]]),
  );
});

Deno.test("argumentsIn() takes linear time", () => {
  const long = 1_000_000;
  const start = performance.now();
  argumentsIn(`type=EXECVE msg=audit(1:2): a0=${"a".repeat(long)}x`);
  argumentsIn('type=EXECVE msg=audit(1:2): a0="'.repeat(long / 30));
  assert(performance.now() - start < 2000);
});

Deno.test("argumentsIn() leaves out half a byte", () => {
  assertEquals(
    argumentsIn("type=EXECVE msg=audit(1:2): a0=6C736"),
    new Map([["a0", "ls"]]),
  );
});

Deno.test("findInCommandLine() searches no more than analysisd takes, and says so", async (t) => {
  const long = "x".repeat(65_536);
  const cases: readonly [string, object, string][] = [
    [
      "of the log",
      { full_log: `type=EXECVE msg=audit(1:2): a0="${long}" a1="http://b.c/"` },
      "full_log",
    ],
    [
      "of an argument",
      { data: { audit: { execve: { a0: `${long} http://b.c/` } } } },
      "data.audit.execve.a0",
    ],
  ];
  for (const [name, alert, field] of cases) {
    await t.step(name, () => {
      const found = [...findInCommandLine(parseAlert(JSON.stringify(alert)))];
      assertEquals(found.map((one) => [one.field, "reason" in one]), [
        [field, true],
        ["data.audit.execve", true],
      ]);
    });
  }
});
