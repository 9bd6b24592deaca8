/**
 * The content of `wazuh/opencti_dashboard.ndjson`: a dashboard of the matches,
 * for the Wazuh dashboard.
 *
 * analysisd writes all values of an event as texts, and Wazuh's template indexes
 * texts as keywords: numbers, as the score and the time to answer, can be
 * counted, but not be averaged.
 *
 * @module
 */
import { dashboard, INDEX_PATTERN, list, type Panel } from "./saved_objects.ts";
import { type Column, tsvbTable } from "./tsvb_table.ts";
import {
  type Group,
  type Metric,
  numbers,
  overTime,
  ranking,
  table,
} from "./visualizations.ts";

/**
 * Our events, whichever rule alerted: a user's own rule has other groups. The
 * location keeps out what others write into a log.
 */
const OURS = "location:opencti AND data.integration:opencti";
const MATCHES = `${OURS} AND _exists_:data.opencti.severity`;
const NO_MATCHES = `${OURS} AND NOT _exists_:data.opencti.severity`;
const ERRORS = `${OURS} AND data.opencti.event_type:error`;

const MATCH_COUNT: Metric = { label: "Matches" };
const IOC = "data.opencti.ioc.value";
const AGENT = "agent.name";
const COUNTS: readonly Column[] = [
  { of: "count", ...MATCH_COUNT },
  { of: "count", label: "IoCs", field: IOC },
  { of: "count", label: "Agents", field: AGENT },
];

/** What custom-opencti says of itself. */
const HEALTH: Readonly<Record<string, string>> = {
  error: "data.opencti.event_type:error AND NOT data.opencti.kind:dropped",
  lost: "data.opencti.event_type:error AND data.opencti.kind:dropped",
  recovered: "data.opencti.event_type:recovered",
  warning: "data.opencti.event_type:warning",
};

/**
 * By the number of digits: there are no ranges of texts. The indexer sorts them
 * by their names.
 */
const ANSWER_TIMES: Readonly<Record<string, string>> = {
  "0 to 0.1 s": "data.opencti.latency_ms:/[0-9]{1,2}/",
  "0.1 to 1 s": "data.opencti.latency_ms:/[0-9]{3}/",
  "1 to 5 s": "data.opencti.latency_ms:/[1-4][0-9]{3}/",
  "5 to 10 s": "data.opencti.latency_ms:/[5-9][0-9]{3}/",
  "more than 10 s": "data.opencti.latency_ms:/[0-9]{5,}/",
};

const GREEN = "#209280";
const YELLOW = "#D6BF57";
const ORANGE = "#E7664C";
const RED = "#BD271E";

/** What the indicators of the matches indicate, of one kind. */
function threats(
  kind: string,
  { id, title }: { readonly id: string; readonly title: string },
): Panel {
  return {
    id,
    title,
    description: `${title} that the indicators of the matches indicate.`,
    query: MATCHES,
    width: 16,
    show: tsvbTable({
      label: title,
      field: `data.opencti.threat.${kind}`,
      size: 20,
    }, { columns: COUNTS, sort: MATCH_COUNT.label }),
  };
}

/** Pages of OpenCTI. Only https is led to: an address may be forged. */
function pages(
  { field, label }: Omit<Group, "size">,
  { id, name }: { readonly id: string; readonly name: Column },
): Panel {
  return {
    id,
    title: `${label} (OpenCTI)`,
    description: `${label} of the matches. Links lead to OpenCTI.`,
    query: `${MATCHES} AND ${field}:/https?:.+/`,
    width: 24,
    show: tsvbTable({ label, field, size: 50 }, {
      url: "{{{key}}}",
      columns: [name, ...COUNTS],
      sort: MATCH_COUNT.label,
    }),
  };
}

/** Discover, beside the dashboard, with the alert of an id. */
const DISCOVER = "discover#/?_g=(time:(from:now-1y,to:now))" +
  `&_a=(index:'${INDEX_PATTERN}',` +
  `query:(language:lucene,query:'id:"{{key}}"'))`;

/** The panels, row by row: the height, and what stands beside each other. */
const ROWS: readonly (readonly [height: number, ...panels: Panel[]])[] = [
  [7, {
    id: "opencti-numbers",
    title: "Matches",
    description:
      "How many matches there are, of how many IoCs, on how many agents, and " +
      "in how many alerts.",
    query: MATCHES,
    width: 36,
    show: numbers([
      MATCH_COUNT,
      { label: "IoCs", field: IOC },
      { label: "Agents", field: AGENT },
      { label: "Alerts", field: "data.opencti.source.alert_id" },
    ]),
  }, {
    id: "opencti-error-number",
    title: "Errors",
    description:
      "How many error events there are. One may stand for many alerts.",
    query: ERRORS,
    width: 12,
    show: numbers([{ label: "Error events" }]),
  }],
  [14, {
    id: "opencti-matches-over-time",
    title: "Matches over time, by severity",
    description:
      "`opencti.severity` of the matches, not the level of the rule.",
    query: MATCHES,
    width: 32,
    show: overTime(MATCH_COUNT, {
      split: {
        label: "Severity",
        field: "data.opencti.severity",
        size: 4,
      },
      colours: {
        low: GREEN,
        medium: YELLOW,
        high: ORANGE,
        critical: RED,
      },
    }),
  }, {
    id: "opencti-sources",
    title: "Sources",
    description: "Which [sources](sources.md) found the IoCs.",
    query: MATCHES,
    width: 16,
    show: ranking(MATCH_COUNT, {
      label: "Source",
      field: "data.opencti.ioc.source",
      size: 15,
    }),
  }],
  [16, {
    id: "opencti-iocs",
    title: "Top IoCs",
    description:
      "The IoCs with most matches, their kinds, and on how many agents.",
    query: MATCHES,
    width: 30,
    show: table(
      [MATCH_COUNT, { label: "Agents", field: AGENT }],
      [
        { label: "IoC", field: IOC, size: 50 },
        { label: "Kind", field: "data.opencti.ioc.kind", size: 3 },
      ],
    ),
  }, {
    id: "opencti-agents",
    title: "Agents",
    description: "The agents with most matches.",
    query: MATCHES,
    width: 18,
    show: ranking(MATCH_COUNT, { label: "Agent", field: AGENT, size: 15 }),
  }],
  [
    12,
    threats("malware", { id: "opencti-malware", title: "Malware" }),
    threats("intrusion_set", {
      id: "opencti-intrusion-sets",
      title: "Intrusion sets",
    }),
    threats("threat_actor", {
      id: "opencti-threat-actors",
      title: "Threat actors",
    }),
  ],
  [16, {
    id: "opencti-alerts",
    title: "Alerts with a match",
    description:
      "The alerts that caused matches, the newest first. Their ids lead to " +
      "the alerts themselves, in Discover.",
    query: `${MATCHES} AND _exists_:data.opencti.source.alert_id`,
    width: 48,
    show: tsvbTable({
      label: "Alert",
      field: "data.opencti.source.alert_id",
      size: 50,
    }, {
      url: DISCOVER,
      columns: [
        { of: "worst", label: "Severity", field: "data.opencti.severity" },
        { of: "worst", label: "IoC", field: IOC },
        {
          of: "worst",
          label: "Rule",
          field: "data.opencti.source.rule_description",
        },
        { of: "worst", label: "Agent", field: AGENT },
        { of: "count", ...MATCH_COUNT },
      ],
    }),
  }],
  [
    16,
    pages({ label: "Indicators", field: "data.opencti.indicator_link" }, {
      id: "opencti-indicators",
      name: {
        of: "worst",
        label: "Name",
        field: "data.opencti.indicator.name",
      },
    }),
    pages({ label: "Observables", field: "data.opencti.observable_link" }, {
      id: "opencti-observables",
      name: {
        of: "worst",
        label: "Value",
        field: "data.opencti.observable_value",
      },
    }),
  ],
  [12, {
    id: "opencti-errors",
    title: "Errors over time",
    description: "Errors, alerts or events that were lost, warnings, and " +
      "the ends of outages. One error may stand for many alerts.",
    query: NO_MATCHES,
    width: 24,
    show: overTime({ label: "Events" }, {
      split: HEALTH,
      colours: {
        error: ORANGE,
        lost: RED,
        recovered: GREEN,
        warning: YELLOW,
      },
    }),
  }, {
    id: "opencti-answer-times",
    title: "OpenCTI's answer times",
    description:
      "`opencti.latency_ms` of the matches. `custom-opencti status` has the " +
      "times of all look-ups.",
    query: MATCHES,
    width: 24,
    show: overTime(MATCH_COUNT, {
      split: ANSWER_TIMES,
      colours: {
        "0 to 0.1 s": GREEN,
        "0.1 to 1 s": GREEN,
        "1 to 5 s": YELLOW,
        "5 to 10 s": ORANGE,
        "more than 10 s": RED,
      },
    }),
  }],
  [14, {
    id: "opencti-health",
    title: "Errors, warnings and recoveries",
    description: "What happened, and what to do.",
    query: NO_MATCHES,
    width: 48,
    show: list([
      "data.opencti.event_type",
      "data.opencti.kind",
      "rule.description",
      "data.opencti.alerts",
    ]),
  }],
  [18, {
    id: "opencti-matches",
    title: "Matches, one by one",
    description:
      "The alerts about matches. Open one to see all fields of its event.",
    query: MATCHES,
    width: 48,
    show: list([
      "data.opencti.severity",
      "data.opencti.state",
      IOC,
      "rule.description",
      AGENT,
      "data.opencti.source.rule_description",
      "data.opencti.source.alert_id",
    ]),
  }],
];

/** The panels, in their order. */
export const PANELS: readonly Panel[] = ROWS.flatMap(([, ...row]) => row);

/** A line for each object, and nothing that differs from day to day. */
export const DASHBOARD_FILE: string = dashboard({
  id: "opencti",
  title: "OpenCTI",
  description: "What custom-opencti found in the alerts.",
}, ROWS).map((object) => `${JSON.stringify(object)}\n`).join("");
