/**
 * Alerts that a source should read, with a value in one of its fields: for a
 * person who wants to see that it does. They are made of the source's table, so
 * that a user's source has one too.
 *
 * @module
 */
import { normalize, type NormalValue } from "../kinds.ts";
import type { Condition, Field, Selector, Source } from "./source.ts";

/** What an alert is, besides its source's. */
export interface ExampleOptions {
  readonly id: string;
  /** Groups of which the alert has one, if the source reads it by one of them. */
  readonly groups: readonly string[];
  readonly level: number;
}

/** Who raises it. The manager's own agent, so that no other is blamed. */
const AGENT = { id: "000", name: "custom-opencti-test" };

/**
 * Alerts that the source should read, as JSON, the likeliest first: whoever looks
 * for IoCs in them sees which of them it does read. None if none can be made.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const source = {
 *   name: "acme",
 *   groups: ["acme", "acme_dns"],
 *   fields: [{ path: "data.answers[].ip", kind: "address" as const }],
 * };
 * const [json = "{}"] = examplesOf(source, { kind: "ipv4", value: "1.2.3.4" }, {
 *   id: "1",
 *   groups: ["acme_dns"],
 *   level: 3,
 * });
 * const { rule, data } = JSON.parse(json);
 * assertEquals(rule.groups, ["acme_dns"]);
 * assertEquals(data, { answers: [{ ip: "1.2.3.4" }] });
 * ```
 */
export function examplesOf(
  source: Source,
  value: NormalValue,
  options: ExampleOptions,
): readonly string[] {
  const fields = [
    ...source.fields,
    ...source.find?.example === undefined ? [] : [source.find.example],
  ].flatMap((field) => {
    const text = textFor(field, value);
    return text === undefined ? [] : [{ field, text }];
  });
  const samples = (SAMPLES[source.name] ?? []).map(([path, sample]) => ({
    field: { path },
    text: sample.replaceAll("VALUE", () => value.value),
  }));
  return [source, ...source.or ?? []].flatMap((selector) =>
    [...fields, ...samples].map(({ field, text }) =>
      JSON.stringify(alertFor({ selector, field, text }, options))
    )
  );
}

/**
 * Texts as these sources have them, which take their values out of texts by
 * regular expressions, or by more than that: where one stands, and the text.
 */
const SAMPLES: Readonly<
  Record<string, readonly (readonly [path: string, text: string])[]>
> = {
  audit_record: [[
    "full_log",
    'type=USER_CMD msg=audit(1.1:1): pid=1 msg=\'cwd="/" cmd="curl VALUE"\'',
  ]],
  docker: [
    ["data.docker.Actor.Attributes.name", "VALUE/image:latest"],
    ["data.docker.Actor.ID", "image@sha256:VALUE"],
  ],
  dnsmasq: [[
    "full_log",
    "Jan  1 00:00:00 ns dnsmasq[1]: query[A] VALUE from x",
  ]],
  snort: [["full_log", "[1:1:1] Test {TCP} VALUE:4444 -> 10.0.0.1:80"]],
  windows_firewall: [["data.win.eventdata.remoteAddresses", "VALUE"]],
  yara: [
    ["full_log", "wazuh-yara: INFO - Scan result: test /tmp/x sha256=VALUE"],
    ["full_log", "wazuh-yara: INFO - Scan result: test /tmp/x sha1=VALUE"],
    ["full_log", "wazuh-yara: INFO - Scan result: test /tmp/x md5=VALUE"],
  ],
};

/** What stands in a field that holds the value; nothing if it holds no such. */
function textFor(
  { kind, pattern, skip }: Field,
  { kind: ofValue, value }: NormalValue,
): string | undefined {
  if (pattern !== undefined || skip !== undefined) return undefined;
  switch (kind) {
    case undefined:
    case "request":
      return undefined;
    case "text":
      return ofValue === "url" ? value : undefined;
    case "command":
      if (ofValue === "url") return `curl ${value}`;
      return HOSTS.has(ofValue) ? `ping ${value}` : undefined;
    default: {
      const read = normalize(kind, value);
      return read?.kind === ofValue && read.value === value ? value : undefined;
    }
  }
}

const HOSTS: ReadonlySet<string> = new Set(["ipv4", "ipv6", "domain"]);

function alertFor(
  { selector, field, text }: {
    readonly selector: Selector;
    readonly field: Field;
    readonly text: string;
  },
  { id, groups, level }: ExampleOptions,
): Tree {
  const names = (selector.groups ?? []).map(nameFor);
  const [group] = [...names.filter((name) => groups.includes(name)), ...names];
  const [decoder] = (selector.decoders ?? []).map(nameFor);
  const alert: Tree = {
    id,
    rule: {
      level,
      description: "Test of custom-opencti",
      groups: group === undefined ? [...groups.slice(0, 1)] : [group],
    },
    agent: AGENT,
    ...decoder !== undefined && { decoder: { name: decoder } },
    location: "custom-opencti test",
  };
  const conditions = [...selector.when ?? [], ...field.when ?? []];
  for (const condition of conditions) {
    const held = textThatHolds(condition);
    if (held !== undefined) put(alert, condition.field, held);
  }
  const [path = ""] = [field.path].flat();
  put(alert, path, text);
  return alert;
}

/** A name that is as a pattern says, where `*` is any text. */
function nameFor(pattern: string): string {
  return pattern.replaceAll("*", "");
}

/** What a field must be; nothing if it is not needed, or not known. */
function textThatHolds(
  { equals, matches, not = false }: Condition,
): string | undefined {
  if (not) return undefined;
  if (equals !== undefined) return [equals].flat()[0];
  // The first of its words, if that is enough.
  const word = /\w[\w.-]*/.exec((matches ?? "").replace(/\(\?:|\\./g, " "))
    ?.[0] ?? "test";
  return new RegExp(matches ?? "", "iu").test(word) ? word : undefined;
}

interface Tree {
  [name: string]: unknown;
}

/** Puts a text at a path; `[]` stands behind the name of a list. */
function put(tree: Tree, path: string, text: string): void {
  const [, name = "", isList, rest] = /^([^.[]*)(\[\])?(?:\.(.*))?$/
    .exec(path) ?? [];
  if (name === "") return;
  if (rest === undefined) {
    tree[name] = isList === undefined ? text : [text];
    return;
  }
  const before = tree[name];
  const [there] = Array.isArray(before) ? before : [before];
  const below = isTree(there) ? there : {};
  put(below, rest, text);
  tree[name] = isList === undefined ? below : [below];
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
