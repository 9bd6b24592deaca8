import { assertEquals } from "@std/assert";
import { parseAlert } from "../../lib/alert/alert.ts";
import { outageName } from "../../lib/run/emit.ts";
import { keepForOutage } from "../../lib/run/keep.ts";
import { prepareRun } from "../../lib/run/run.ts";
import { subjectOf } from "../../lib/run/subject.ts";
import { afterFailure, Outage } from "../../lib/state/circuit_breaker.ts";
import { makeHome } from "../stand_ins/home.ts";
import { startQueue } from "../stand_ins/queue.ts";

const BASE_URL = "https://cti.example";
const SECOND = () => 1000;

Deno.test("keepForOutage() brings no outage back that another run has ended", async () => {
  const home = await makeHome();
  await using _queue = startQueue(home);
  const { run } = await prepareRun({
    target: {
      apiKey: "1d9e",
      baseUrl: BASE_URL,
      timeoutMs: 1000,
      retries: 0,
    },
    optionsFile: "",
    optionsJson: JSON.stringify({ state_dir: `${home}/queue/opencti` }),
    debug: false,
    home,
    stop: new AbortController().signal,
  });
  const json = '{"id":"1.0","rule":{"groups":[]}}';
  const subject = subjectOf({ alert: parseAlert(json), json }, run);
  const now = run.now();
  const failure = { kind: "unready", says: "OpenCTI is not ready", now };
  const outage = { ...afterFailure(undefined, failure), failures: 5 };
  // What it saw a moment ago is over: nothing is remembered of it.
  await keepForOutage(subject, outage, run);
  const spool = await run.spool();
  const after = await spool.write((tx) => ({
    outage: tx.recall(outageName(BASE_URL), Outage),
    alerts: tx.counts(BASE_URL).alerts,
  }), SECOND);
  assertEquals(after, { outage: undefined, alerts: 1 });
  spool.close();
});
