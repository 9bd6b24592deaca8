/**
 * The tables that mirror the code: options, kinds, events, rules, panels,
 * permissions.
 *
 * @module
 */
import { OPTIONS } from "../lib/config/config.ts";
import { defaultOf, OPTION_GROUPS } from "../lib/config/describe.ts";
import { type IocKind, KINDS } from "../lib/alert/kinds.ts";
import type { FailureKind } from "../lib/opencti/problem.ts";
import { PERMISSION_REASONS } from "./compile.ts";
import { PANELS } from "./dashboard.ts";
import { codes, layOut } from "./markdown.ts";
import { eventTypesOf, type Rule, wordsOf } from "../lib/wazuh/rules.ts";
import { readRules } from "./rules.ts";

const HEX = "lower-case hexadecimal digits";

/** What a value of each kind is brought to before it is compared. */
const NORMAL_FORMS: Readonly<Record<IocKind, string>> = {
  sha512: `128 ${HEX}`,
  sha256: `64 ${HEX}`,
  sha1: `40 ${HEX}`,
  md5: `32 ${HEX}`,
  ipv4: "four decimal numbers; an IPv4-mapped IPv6 address too",
  ipv6: "as in RFC 5952; asked for in full length too",
  domain: "lower-case, with a dot in it but not at its end; " +
    "letters beyond ASCII as in DNS",
  hostname: "lower-case, without a dot: with one, it is a domain",
  url: "http, https or ftp, without user, password, default port and fragment",
  email: "lower-case",
  user_agent: "as it is",
  mac: "lower-case, joined by colons",
};

/** Where in docs/configure.md the headings stand that options name. */
const ANCHORS: Readonly<Record<string, string>> = {
  "#kinds": "sources.md#kinds",
  "#what-is-not-asked-for": "#lists-of-what-is-skipped",
  "#your-own-sources": "#your-own-sources",
};

/** What OpenCTI knows of an IoC, by the type of the event. */
const MATCHES: Readonly<Record<string, string>> = {
  indicator_pattern_match:
    "An indicator looks for this IoC, and all that its pattern asks for holds " +
    "of the alert. Of an OR, one part that holds is enough.",
  indicator_partial_pattern_match:
    "An indicator looks for this IoC, but the alert does not say whether all " +
    "that its pattern asks for holds. `opencti.unmet` says what is not known. " +
    "Or it is based on an observable that is the IoC in part: a domain above " +
    "it, a URL in other case.",
  observable_with_indicator:
    "The IoC is an observable, and an indicator is based on it. Indicators " +
    "that have an event already are left out.",
  observable_with_related_indicator:
    "The IoC is an observable without indicators. A related object has one.",
};

/** What events of other types say. */
const HEALTH: Readonly<Record<string, string>> = {
  error: "A lookup failed. `opencti.error` says why and what to do; " +
    "`opencti.alerts` counts the alerts that it is about.",
  recovered:
    "OpenCTI answers again. `opencti.recovered` has the start and the length " +
    "of the outage, and the number of alerts that waited.",
  warning: "Lookups work, but something should be changed. " +
    "`opencti.warning` says what.",
  test:
    "The command `test` sent it. It is no match; what would have been one " +
    "stands in `opencti.test`.",
};

/** What errors are counted by, and what each is about. */
const ERROR_KINDS: Readonly<
  Record<
    | FailureKind
    | "alert"
    | "config"
    | "cut_off"
    | "details"
    | "dropped"
    | "queue"
    | "spool"
    | "unexpected"
    | "usage",
    string
  >
> = {
  unreachable: "no connection to OpenCTI, or to the proxy",
  too_slow: "no answer within the time limits",
  unready: "OpenCTI is starting, or down behind its proxy",
  rate_limit: "OpenCTI, or a proxy, limits how many requests it takes",
  certificate: "TLS: a certificate is missing, wrong or expired",
  refused: "the token, its rights, or this address is refused",
  not_opencti: "something else answers at the address",
  database: "OpenCTI's database failed",
  failed: "OpenCTI reports another error",
  not_understood:
    "OpenCTI's version, or its search engine's limits, do not fit",
  stopped: "the run was stopped while it waited",
  cut_off: "OpenCTI has more than is read of an answer",
  details: "events are without author, labels, references and threats",
  usage: "the call, the block or `<options>` are wrong",
  config: "an option in the file, or a list, is wrong; the rest is used",
  alert: "the alert cannot be read",
  queue: "Wazuh's queue takes no event",
  spool: "something cannot be kept",
  dropped: "what waited was dropped: too much, or too long",
  unexpected: "a fault in the program: report it",
};

/** When a rule alerts, if its fields do not say it. */
const ALERTS: Readonly<Record<string, string>> = {
  "110201": "`opencti.kind` is not `dropped`",
  "110206": "always",
  "110207": "always",
  "110219": "always",
  "110230": "it is the fifth active match of one agent within ten minutes",
  "110231": "it is the third active match of one IoC within an hour, on " +
    "several agents",
};

const RULES = await readRules();

/** The tables by their names. */
export const TABLES: Readonly<Record<string, string>> = {
  ...optionTables(),
  events: layOut([
    ["`opencti.event_type`", "meaning"],
    ...Object.entries({ ...MATCHES, ...HEALTH }).map(([type, meaning]) => [
      `\`${type}\``,
      meaning,
    ]),
  ]),
  errors: layOut([
    ["`opencti.kind`", "what went wrong"],
    ...Object.entries(ERROR_KINDS).map(([kind, says]) => [codes(kind), says]),
  ]),
  rules: layOut([
    ["rule", "level", "event types", "alerts if"],
    ...RULES.slice(1).map((rule) => [
      rule.id,
      String(rule.level),
      typesOf(rule),
      conditionsOf(rule),
    ]),
  ]),
  panels: layOut([
    ["panel", "what it shows"],
    ...PANELS.map(({ title, description }) => [title, description]),
  ]),
  permissions: layOut([
    ["permission", "what for"],
    ...PERMISSION_REASONS.map(([permission, reason]) => [
      // So that a line can end in a long list.
      permission.split(/(?<=,)/).map((part) => codes(part)).join(" "),
      reason,
    ]),
  ]),
  kinds: layOut([
    ["kind", "normal form", "in OpenCTI"],
    ...Object.entries(KINDS).map(([name, kind]) => [
      `\`${name}\``,
      new Map(Object.entries(NORMAL_FORMS)).get(name) ?? "",
      [
        `${kind.observableTypes.join(", ")}: filter \`${kind.filterKey}\``,
        ...kind.stixPaths.map((path) => codes(path)),
      ].join("<br>"),
    ]),
  ]),
};

function optionTables(): Record<string, string> {
  const missing = new Set(Object.keys(OPTIONS));
  const tables = Object.entries(OPTION_GROUPS).map(([group, { names }]) => [
    group,
    layOut([
      ["option", "default", "meaning"],
      ...names.map((name) => {
        missing.delete(name);
        const { needs, means } = OPTIONS[name];
        return [
          `\`${name}\``,
          shownDefault(name),
          withAnchors(`${means}<br>_${needs.replaceAll("_", "\\_")}_`),
        ];
      }),
    ]),
  ]);
  if (missing.size > 0) {
    throw new Error(`In no group of options: ${[...missing].join(", ")}`);
  }
  return Object.fromEntries(tables);
}

function withAnchors(text: string): string {
  return text.replace(
    /\]\((#[^)]*)\)/g,
    (link, anchor) => `](${ANCHORS[anchor] ?? link.slice(2, -1)})`,
  );
}

function shownDefault(option: string): string {
  const json = defaultOf(option);
  return json === undefined
    ? "none"
    : json === ""
    ? "see there"
    : `\`${json}\``;
}

/** The types of event that a rule is for, as its parents say if it does not. */
function typesOf(rule: Rule): string {
  const types = [rule, ...RULES.filter(({ id }) => rule.parents.includes(id))]
    .flatMap(eventTypesOf);
  for (const type of types) {
    if (MATCHES[type] === undefined && HEALTH[type] === undefined) {
      throw new Error(`Nothing is said of ${type}`);
    }
  }
  return Object.keys(MATCHES).every((type) => types.includes(type))
    ? "any match"
    : codes([...new Set(types)]);
}

/** As: `opencti.state` is `revoked` or `expired`. */
function conditionsOf(rule: Rule): string {
  const known = ALERTS[rule.id];
  if (known !== undefined) return known;
  if (rule.isLast) {
    return "the event has no `opencti.state` or no `opencti.severity` " +
      "(this version always has both)";
  }
  const conditions = rule.fields.filter((field) =>
    field.name !== "opencti.event_type"
  ).map((field) =>
    `\`${field.name}\` is ${
      wordsOf(field).map((word) => `\`${word}\``).join(" or ")
    }`
  );
  if (conditions.length === 0) throw new Error(`Nothing is said of ${rule.id}`);
  return conditions.join(", ");
}
