/**
 * The way to OpenCTI, and what its user may see there.
 *
 * @module
 */
import { messageOf, OpenctiError } from "../../errors.ts";
import type { Amounts, Facts } from "../../opencti/facts.ts";
import type { Places } from "../../config/places.ts";
import type { Step } from "../../opencti/reach.ts";
import { AGAIN, type Finding, findingsOf, type Link } from "./finding.ts";

/** Failures of the way there; others are of OpenCTI itself. */
const OF_NETWORK: ReadonlySet<string> = new Set([
  "certificate",
  "too_slow",
  "unreachable",
]);

/** Why OpenCTI did not answer the question of an alert. */
export function failureFinding(error: unknown): Finding {
  const kind = error instanceof OpenctiError ? error.kind : "";
  const link: Link = OF_NETWORK.has(kind) ? "http" : "opencti";
  return findingsOf(link).error(messageOf(error), AGAIN);
}

/**
 * The steps of the way, and why OpenCTI did not answer behind them. A step that
 * fails says more than that nothing came of it; but if OpenCTI answers, it was
 * not on the way.
 */
export function stepFindings(
  steps: readonly Step[],
  { places, reply }: {
    readonly places: Places;
    /** Nothing if OpenCTI was not asked. */
    readonly reply?: object | undefined;
  },
): readonly Finding[] {
  const findings = steps.map(({ link, level, says, mend }): Finding =>
    level === "ok" ? { link, level, says } : { link, level, says, mend }
  );
  const isBroken = steps.some(({ level }) => level === "error");
  if (reply === undefined) return findings;
  const failure = reply instanceof OpenctiError
    ? failureFinding(reply)
    : undefined;
  if (failure?.link === "http") {
    return isBroken ? findings : [...findings, {
      ...failure,
      // What is tried step by step is not what a proxy of the shell's is asked.
      mend: "if HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is set in this shell, " +
        "that proxy is asked, and maybe by no run: try without it. Else " +
        "correct what is said above, and run this again",
    }];
  }
  const after = failure === undefined
    ? []
    : [findingsOf("http").ok("an answer comes"), failure];
  if (!isBroken) return [...findings, ...after];
  return [
    ...findings.filter(({ level }) => level !== "error"),
    findingsOf("proxy").warning(
      "OpenCTI answers, but not on the way that the options say: by a proxy " +
        "that the environment of this shell names, and integratord's may not",
      `set ${places.option("proxy")}`,
    ),
    ...after,
  ];
}

const MAX_CLOCK_MS = 60_000;

/** What follows from what OpenCTI says of itself and its user. */
export function factFindings(
  facts: Facts,
  baseUrl: string,
): readonly Finding[] {
  const opencti = findingsOf("opencti");
  const rights = findingsOf("rights");
  const { version, user, capabilities, hidden, aheadMs = 0 } = facts;
  const may = (name: string) =>
    capabilities.some((one) => one.includes(name) || one.includes("BYPASS"));
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const name = JSON.stringify(user.slice(0, 100));
  return [
    opencti.ok(`version ${version.slice(0, 40)}`),
    ...isTooOld(version)
      ? [opencti.warning(
        `Version ${
          version.slice(0, 40)
        } is older than ${LEAST_VERSION}: it may ` +
          "not understand what it is asked",
        `upgrade OpenCTI to ${LEAST_VERSION} or newer`,
      )]
      : [],
    ...Math.abs(aheadMs) <= MAX_CLOCK_MS ? [] : [opencti.warning(
      `Its clock is ${seconds} s ${
        aheadMs > 0 ? "ahead of" : "behind"
      } ours: ` +
        "what is expired or recent is judged by ours",
      "set both clocks, by chrony or systemd-timesyncd",
    )],
    ...may("KNOWLEDGE") ? [] : [rights.error(
      `User ${name} may not read knowledge: nothing is found`,
      `give its role "Access knowledge", in ${baseUrl}/dashboard/settings/accesses/roles`,
    )],
    ...may("BYPASS")
      ? [rights.warning(
        `User ${name} may do everything: who gets the token may, too`,
        "make a user whose role has two capabilities, Access knowledge and " +
          "Allow token usage, and run install --token-file FILE",
      )]
      : [],
    ...hidden.length === 0 ? [] : [rights.warning(
      `User ${name} may not see what is marked ${hidden.join(", ")}: OpenCTI ` +
        "leaves it out without a word, and it is not found",
      `allow these markings for its group, in ${baseUrl}/dashboard/settings/accesses/groups`,
    )],
    ...may("KNOWLEDGE") && hidden.length === 0 && !may("BYPASS")
      ? [rights.ok(`user ${name} may read knowledge, of all markings`)]
      : [],
  ];
}

/** What was tried. */
const LEAST_VERSION = "5.12";

/** A version that cannot be read is none that is too old. */
function isTooOld(version: string): boolean {
  const [, major, minor] = /^(\d{1,6})\.(\d{1,6})/.exec(version) ?? [];
  const [least = 0, leastMinor = 0] = LEAST_VERSION.split(".").map(Number);
  return major !== undefined && (Number(major) < least ||
    Number(major) === least && Number(minor) < leastMinor);
}

/** Below this share, most matches come at low levels. */
const FEW = 0.5;

/** What follows from how much OpenCTI knows. */
export function amountFindings(
  { indicators, active, stix, observables }: Amounts,
): readonly Finding[] {
  const { ok, warning } = findingsOf("knowledge");
  const kinds = Object.entries(observables).filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`);
  const says = `${indicators} indicators, ${active} of them active, ${stix} ` +
    `with STIX patterns; observables: ${kinds.join(", ") || "none"}`;
  if (indicators === 0) {
    return [warning(
      `${says}: there is nothing to find`,
      "add a connector or a feed to OpenCTI, or allow the user to see more",
    )];
  }
  if (active < FEW * indicators) {
    return [warning(
      `${says}. The others are revoked: decay does that within months. What ` +
        "they match raises an alert of level 3 alone",
      "see the decay rules in OpenCTI, Settings, Customization",
    )];
  }
  return [ok(says)];
}
