/**
 * What an operator should change though nothing failed: said once a day.
 *
 * @module
 */
import { isNameOfPrivate } from "../opencti/connection.ts";
import { warningEvent } from "../wazuh/event.ts";
import { emit, type Emitting, isDueDaily } from "./emit.ts";
import type { Run } from "./run.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Warns once a day of a token that goes over a network in clear text, unless
 * the name of OpenCTI's host is one of a private network.
 */
export async function warnOfClearText(
  run: Emitting & Pick<Run, "opencti">,
): Promise<void> {
  const { opencti: { baseUrl }, budget, stop, now } = run;
  const { hostname } = new URL(baseUrl);
  const spool = await run.spool();
  const name = `warned ${baseUrl}`;
  const isDue = await spool.tryWrite(
    (tx) => isDueDaily(tx, name, now()),
    budget.leftToKeepMs,
  );
  if (!isDue) return;
  const isPrivateName = await isNameOfPrivate(hostname, {
    timeoutMs: budget.leftToKeepMs(),
    stop,
  });
  if (isPrivateName !== false) {
    // What is not resolved is asked for again by a run of another hour.
    const since = isPrivateName ? now() : now() - DAY_MS + HOUR_MS;
    await spool.tryWrite((tx) => tx.remember(name, since), budget.leftToKeepMs);
    return;
  }
  await emit(run, (tx, { event }) => {
    if (!isDueDaily(tx, name, now())) return;
    tx.remember(name, now());
    event(
      warningEvent(
        `The token goes in clear to ${baseUrl}, and whoever sees it can use ` +
          `it: give OpenCTI a certificate, and set ${run.places.url} to https://`,
      ),
      {},
    );
  });
}
