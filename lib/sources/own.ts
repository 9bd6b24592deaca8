/**
 * The user's own sources: their schema, and how they join those built in.
 *
 * @module
 */
import * as z from "zod/mini";
import { FIELD_KINDS, kindNamed, type Source } from "./source.ts";

/** The schema of a user's source. Made on demand: few runs need it. */
export function ownSourceSchema() {
  const text = z.string().check(z.minLength(1));
  const texts = z.array(text).check(z.minLength(1));
  const regex = z.string().check(
    z.refine(isRegex, { error: "is no regular expression" }),
  );
  const condition = z.strictObject({
    field: text,
    equals: z.optional(z.union([text, texts])),
    matches: z.optional(regex),
    not: z.optional(z.boolean()),
  }).check(z.refine(
    ({ equals, matches }) => equals !== undefined || matches !== undefined,
    { error: 'needs "equals" or "matches"' },
  ));
  const conditions = z.array(condition).check(z.minLength(1));
  const selector = {
    groups: z.optional(texts),
    decoders: z.optional(texts),
    when: z.optional(conditions),
  };
  const field = z.strictObject({
    path: z.union([text, texts]),
    kind: z.optional(z.enum(FIELD_KINDS)),
    pattern: z.optional(regex),
    port: z.optional(text),
    host: z.optional(text),
    scheme: z.optional(z.enum(["http", "https"])),
    skip: z.optional(text),
    when: z.optional(conditions),
  }).check(z.refine(
    ({ kind, pattern, skip }) =>
      skip !== undefined ||
      (pattern === undefined
        ? kind !== undefined
        : groupsOf(pattern).some((name) =>
          kindNamed(name) !== undefined ||
          (name === "value" && kind !== undefined)
        )),
    {
      error: 'needs a "kind", or a "pattern" with groups that are named for ' +
        "kinds, as (?<address>…)",
    },
  ));
  return z.strictObject({
    name: z.string().check(
      z.regex(/^[\w-]{1,64}$/, {
        error: "must be letters, digits, _ and -, 64 at the most",
      }),
    ),
    enabled: z.optional(z.boolean()),
    ...selector,
    or: z.optional(z.array(z.strictObject(selector))),
    leave: z.optional(z.array(z.strictObject({
      when: conditions,
      because: text,
    }))),
    fields: z.optional(z.array(field).check(z.minLength(1))),
  });
}

/** A user's source; with the name of one that is built in, it changes that. */
export type OwnSource = z.infer<ReturnType<typeof ownSourceSchema>>;

function isRegex(text: string): boolean {
  try {
    new RegExp(text, "giu");
    return true;
  } catch {
    return false;
  }
}

function groupsOf(pattern: string): string[] {
  return [...pattern.matchAll(/\(\?<([A-Za-z]\w*)>/g)]
    .map(([, name = ""]) => name);
}

/**
 * Joins the user's sources to those that are built in: what one of theirs says
 * replaces what the built-in source of that name says.
 *
 * @returns All sources, and what is wrong with the user's: these are left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const builtIn = [{ name: "a", groups: ["a"], fields: [] }];
 * const fields = [{ path: "data.ip", kind: "address" as const }];
 * assertEquals(joinSources(builtIn, [
 *   { name: "a", enabled: false },
 *   { name: "b", groups: ["b"], fields },
 *   { name: "c" },
 * ]), {
 *   sources: [{ name: "b", groups: ["b"], fields }],
 *   problems: [
 *     'sources: "c" is not built in, so it needs "fields", and "groups", ' +
 *       '"decoders" or "when"',
 *   ],
 * });
 * ```
 */
export function joinSources(
  builtIn: readonly Source[],
  own: readonly OwnSource[],
): { readonly sources: readonly Source[]; readonly problems: string[] } {
  const byName = new Map(builtIn.map((source) => [source.name, source]));
  const problems: string[] = [];
  for (const { enabled = true, ...source } of own) {
    const { name, fields, groups, decoders, when } = source;
    const known = byName.get(name);
    if (!enabled) byName.delete(name);
    else if (known !== undefined) {
      // Fields that are replaced are all that is taken.
      const { find: _, ...rest } = known;
      byName.set(name, {
        ...(fields === undefined ? known : rest),
        ...source,
        fields: fields ?? known.fields,
      });
    } else if (
      fields === undefined || (groups ?? decoders ?? when) === undefined
    ) {
      problems.push(
        `sources: ${JSON.stringify(name)} is not built in, so it needs ` +
          '"fields", and "groups", "decoders" or "when"',
      );
    } else byName.set(name, { ...source, fields });
  }
  return { sources: [...byName.values()], problems };
}
