/**
 * Which values of an alert are the network's own: they are asked for from none
 * of its fields.
 *
 * @module
 */
import { type Alert, readerOf } from "./alert.ts";
import { type Candidate, toIoc } from "./ioc.ts";
import { KINDS, normalize, type NormalValue } from "./kinds.ts";
import type { SourceReading } from "./sources/read.ts";

/** Why a value of an alert is the network's own, `undefined` if it is not. */
export type WhyOwn = (
  value: NormalValue,
  candidate: Candidate,
) => string | undefined;

/**
 * The network's own are what fields name so, and the machine of the alert.
 *
 * @param reading What the sources take from the alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const whyOwn = ownOf(parseAlert('{"agent":{"ip":"1.2.3.4"}}'), []);
 * const candidate = { kind: "address", text: "1.2.3.4", field: "x" } as const;
 * assertEquals(
 *   whyOwn({ kind: "ipv4", value: "1.2.3.4" }, candidate),
 *   "the machine that the alert is of",
 * );
 * ```
 */
export function ownOf(alert: Alert, reading: readonly SourceReading[]): WhyOwn {
  let reasons: Map<string, string> | undefined;
  for (const { findings, mayBeOwn } of reading) {
    for (const finding of mayBeOwn ? findings : []) {
      if (!("reason" in finding) || !finding.isOwn) continue;
      reasons ??= new Map();
      const ioc = toIoc({ ...finding, kind: "hostname" });
      if (!("reason" in ioc)) reasons.set(ioc.value, finding.reason);
    }
  }
  return ({ kind, value }, { isOfCommand = false }) => {
    const host = KINDS[kind].host?.(value) ?? value;
    if (isMachineOf(alert, host)) return "the machine that the alert is of";
    return isOfCommand ? undefined : reasons?.get(host);
  };
}

/** Whether a host is a machine that an alert is made on, by name or address. */
function isMachineOf(alert: Alert, host: string): boolean {
  const { agent, manager, predecoder, location = "" } = alert;
  const isIt = (name = ""): boolean =>
    name.includes(":")
      ? normalize("address", name)?.value === host
      : name.length === host.length && name.toLowerCase() === host;
  return isIt(agent.ip) || isIt(agent.name) || isIt(manager.name) ||
    isIt(predecoder.hostname) ||
    // Of what comes by syslog, it is the sender's address.
    location.includes(host) &&
      isIt(location.replace(/^\([^)]*\) /, "").replace(/->.*$/s, "")) ||
    "win" in alert.data && readComputer(alert).texts.some(isIt);
}

/** Windows' name for the machine that an event is of. */
const readComputer = readerOf("data.win.system.computer");
