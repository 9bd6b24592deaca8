/**
 * The user's sources: their schema, and how they join those built in.
 *
 * @module
 */
import * as z from "zod/mini";
import { messageOf } from "../errors.ts";
import { suggest } from "../suggest.ts";
import {
  type Field,
  FIELD_KINDS,
  groupsOf,
  kindNamed,
  type Source,
} from "../alert/sources/source.ts";

/** The schema of a user's source. Made on demand: few runs need it. */
export function userSourceSchema() {
  const text = z.string().check(z.minLength(1));
  const texts = z.array(text).check(z.minLength(1));
  const regex = z.string().check((context) => {
    const reason = whyNoRegex(context.value);
    if (reason !== undefined) {
      context.issues.push({
        code: "custom",
        input: context.value,
        message: `is no regular expression of JavaScript's: ${reason}`,
      });
    }
  });
  const path = z.string().check(
    z.regex(/^[^.[\]$]+(?:\[\])?(?:\.[^.[\]]+(?:\[\])?)*$/, {
      error: "must be names joined by dots, with [] after that of a list, as " +
        "data.answers[].rdata",
    }),
  );
  const condition = z.strictObject({
    field: path,
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
    path: z.union([path, z.array(path).check(z.minLength(1))]),
    kind: z.optional(z.enum(FIELD_KINDS)),
    pattern: z.optional(regex),
    port: z.optional(path),
    host: z.optional(path),
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
export type UserSource = z.infer<ReturnType<typeof userSourceSchema>>;

function whyNoRegex(text: string): string | undefined {
  try {
    new RegExp(text, "giu");
    return undefined;
  } catch (error) {
    // It says the whole expression first.
    return messageOf(error).split(": ").at(-1) ?? "";
  }
}

const SWITCHED_OFF = [{
  when: [],
  because: "the source is switched off (sources)",
}];

/** The fields of a source that a user's fields replace: they are not asked for. */
function takenOut(fields: readonly Field[], known: Source): readonly Field[] {
  const kept = new Set(fields.flatMap(({ path }) => path));
  const paths = known.fields.flatMap(({ path }) => path)
    .filter((path) => path.startsWith("data.") && !kept.has(path));
  const skip = "the source reads other fields (sources)";
  return paths.length === 0
    ? []
    : [{ path: [...new Set(paths)], skip, kind: "text" }];
}

/** All sources, and what is wrong with the user's. */
export interface JoinedSources {
  /** `undefined`: those built in, as they are. */
  readonly sources: readonly Source[] | undefined;
  readonly problems: readonly string[];
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
 * ]), {
 *   sources: [
 *     {
 *       name: "a",
 *       groups: ["a"],
 *       fields: [],
 *       leave: [{
 *         when: [],
 *         because: "the source is switched off (sources)",
 *       }],
 *     },
 *     { name: "b", groups: ["b"], fields },
 *   ],
 *   problems: [],
 * });
 * ```
 */
export function joinSources(
  builtIn: readonly Source[],
  users: readonly UserSource[],
): JoinedSources {
  const byName = new Map(builtIn.map((source) => [source.name, source]));
  const problems: string[] = [];
  for (const [index, { enabled = true, ...source }] of users.entries()) {
    const { name, fields, groups, decoders, when } = source;
    const known = byName.get(name);
    const isBuiltIn = builtIn.some((source) => source.name === name);
    const quoted = JSON.stringify(name);
    if (index !== users.findLastIndex((other) => other.name === name)) {
      problems.push(`sources: two are named ${quoted}, the last is used`);
    } else if (!enabled && !isBuiltIn && fields === undefined) {
      const names = builtIn.map((source) => source.name);
      problems.push(
        `sources: ${quoted} is not built in${suggest(name, names)}`,
      );
    } else if (!enabled) {
      // What it reads is not asked for otherwise either.
      if (known !== undefined) {
        byName.set(name, { ...known, leave: SWITCHED_OFF });
      }
    } else if (known !== undefined) {
      const { find: _, ...rest } = known;
      byName.set(name, {
        ...(fields === undefined ? known : rest),
        ...source,
        fields: fields === undefined
          ? known.fields
          : [...fields, ...takenOut(fields, known)],
      });
    } else if (
      fields === undefined || (groups ?? decoders ?? when) === undefined
    ) {
      problems.push(
        `sources: ${quoted} is not built in, so it needs "fields", and ` +
          '"groups", "decoders" or "when"',
      );
    } else byName.set(name, { ...source, fields });
  }
  return { sources: [...byName.values()], problems };
}
