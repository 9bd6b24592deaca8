/**
 * What `wazuh/opencti_rules.xml` says, for tables, the demo and the tests, and
 * which of its rules an event meets.
 *
 * @module
 */

/** A rule. */
export interface Rule {
  readonly id: string;
  readonly level: number;
  /** The rules one of which the event must have met before. */
  readonly parents: readonly string[];
  /** What must be in the event, all of it. */
  readonly fields: readonly Condition[];
  readonly description: string;
  readonly groups: readonly string[];
  /** Whether it counts events, rather than looking at one. */
  readonly counts: boolean;
}

/** A field of an event, and what it must match. */
export interface Condition {
  readonly name: string;
  readonly pattern: string;
}

const RULES = new URL("../wazuh/opencti_rules.xml", import.meta.url);

/** Reads the rules, in their order. */
export async function readRules(): Promise<readonly Rule[]> {
  const xml = await Deno.readTextFile(RULES);
  return [...xml.matchAll(/<rule ([^>]*)>([^]*?)<\/rule>/g)].map(
    ([, attributes = "", body = ""]) => ({
      id: /\bid="(\d+)"/.exec(attributes)?.[1] ?? "",
      level: Number(/\blevel="(\d+)"/.exec(attributes)?.[1]),
      parents: listIn(body, "if_sid"),
      fields: [...body.matchAll(/<field name="([^"]+)"[^>]*>(.*?)<\/field>/g)]
        .map(([, name = "", pattern = ""]) => ({ name, pattern })),
      description: /<description>(.*?)<\/description>/.exec(body)?.[1] ?? "",
      groups: listIn(body, "group"),
      counts: attributes.includes("frequency="),
    }),
  );
}

/** The type of event that a rule is for, if it is for one. */
export function eventTypeOf({ fields }: Rule): string | undefined {
  const type = fields.find(({ name }) => name === "opencti.event_type");
  return type && /^\^(\w+)\$$/.exec(type.pattern)?.[1];
}

/**
 * The rules that an event meets, from the base rule down, each the one with the
 * highest level among those that are left. The last one raises the alert. Rules
 * that count events are left out.
 */
export function rulesMetBy(event: unknown, rules: readonly Rule[]): Rule[] {
  const met: Rule[] = [];
  while (true) {
    const parent = met.at(-1)?.id;
    const [next] = rules.filter((rule) =>
      !rule.counts && meets(event, rule) &&
      (parent === undefined
        ? rule.parents.length === 0
        : rule.parents.includes(parent))
    ).toSorted((a, b) => b.level - a.level);
    if (next === undefined) return met;
    met.push(next);
  }
}

/** Whether an event has what a rule wants to see in its fields. */
export function meets(event: unknown, { fields }: Rule): boolean {
  return fields.every(({ name, pattern }) =>
    new RegExp(pattern).test(String(valueAt(event, name) ?? ""))
  );
}

/**
 * A pattern of PCRE2: `$` lets a newline at the end through, `\z` does not.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(pcre2("^x$").test("x\n"));
 * assert(!pcre2("^x\\z").test("x\n"));
 * ```
 */
export function pcre2(pattern: string): RegExp {
  return new RegExp(
    pattern.replace(
      /\\z|\$/g,
      (end) => end === "$" ? "(?=\\n?(?![^]))" : "(?![^])",
    ),
  );
}

/** What stands at a path in a value, `undefined` if there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? Reflect.get(inner, key)
        : undefined,
    value,
  );
}

function listIn(body: string, tag: string): string[] {
  const text = new RegExp(`<${tag}>(.*?)</${tag}>`).exec(body)?.[1] ?? "";
  return text.split(",").map((item) => item.trim()).filter(Boolean);
}
