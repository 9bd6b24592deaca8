import { assertEquals } from "@std/assert";
import { afterFailure, mayAsk } from "../../lib/state/circuit_breaker.ts";

const FAILURE = { kind: "unready", says: "OpenCTI is not ready" };

Deno.test("mayAsk() is not misled by a clock that is set back", () => {
  const five = [1, 2, 3, 4, 5].reduce(
    (outage: ReturnType<typeof afterFailure> | undefined) =>
      afterFailure(outage, { ...FAILURE, now: 1_000_000 }),
    undefined,
  );
  assertEquals(mayAsk(five, 1_000_001).may, false);
  assertEquals(mayAsk(five, 1_030_000).may, true, "after the pause");
  // An hour back: the pause would be an hour long.
  assertEquals(mayAsk(five, 1_000_000 - 3_600_000).may, true);
});

Deno.test("afterFailure() pauses after five failures, and keeps what was known", () => {
  const four = {
    ...FAILURE,
    since: 1,
    failures: 4,
    pausedUntil: 0,
    alerts: 4,
    isEmitted: true,
  };
  assertEquals(mayAsk(four, 2).may, true);
  const five = afterFailure(four, { kind: "database", says: "x", now: 2 });
  assertEquals(five, {
    kind: "database",
    says: "x",
    since: 1,
    failures: 5,
    pausedUntil: 30_002,
    alerts: 4,
    isEmitted: true,
  });
});
