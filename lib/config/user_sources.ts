/**
 * The user's sources: their schema, and how they join those built in.
 *
 * @module
 */
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import { suggest } from "../suggest.ts";
import {
  type Field,
  FIELD_KINDS,
  groupsOf,
  kindNamed,
  type Source,
} from "../alert/sources/source.ts";

const FILLED = "must not be empty";

/** The schema of a text with something in it. */
export const TEXT = v.pipe(v.string(), v.minLength(1, FILLED));

/** The schema of a user's source. Made on demand: few runs need it. */
export function userSourceSchema() {
  const texts = filled(TEXT);
  const regex = v.pipe(
    v.string(),
    v.check(
      (text) => whyNoRegex(text) === undefined,
      ({ input }) =>
        `is no regular expression of JavaScript's: ${whyNoRegex(input)}`,
    ),
  );
  const path = v.pipe(
    v.string(),
    v.regex(
      /^[^.[\]$]+(?:\[\])?(?:\.[^.[\]]+(?:\[\])?)*$/,
      "must be names joined by dots, with [] after that of a list, as " +
        "data.answers[].rdata",
    ),
  );
  const condition = v.pipe(
    v.strictObject({
      field: path,
      equals: v.optional(v.union([TEXT, texts])),
      matches: v.optional(regex),
      not: v.optional(v.boolean()),
    }),
    v.check(
      ({ equals, matches }) => equals !== undefined || matches !== undefined,
      'needs "equals" or "matches"',
    ),
  );
  const conditions = filled(condition);
  const selector = {
    groups: v.optional(texts),
    decoders: v.optional(texts),
    when: v.optional(conditions),
  };
  const field = v.pipe(
    v.strictObject({
      path: v.union([path, filled(path)]),
      kind: v.optional(v.picklist(FIELD_KINDS)),
      pattern: v.optional(regex),
      port: v.optional(path),
      host: v.optional(path),
      scheme: v.optional(v.picklist(["http", "https"])),
      skip: v.optional(TEXT),
      when: v.optional(conditions),
    }),
    v.check(
      ({ kind, pattern, skip }) =>
        skip !== undefined ||
        (pattern === undefined
          ? kind !== undefined
          : groupsOf(pattern).some((name) =>
            kindNamed(name) !== undefined ||
            (name === "value" && kind !== undefined)
          )),
      'needs a "kind", or a "pattern" with groups that are named for kinds, ' +
        "as (?<address>…)",
    ),
  );
  return v.strictObject({
    name: v.pipe(
      v.string(),
      v.regex(
        /^[\w-]{1,64}$/,
        "must be letters, digits, _ and -, 64 at the most",
      ),
    ),
    enabled: v.optional(v.boolean()),
    ...selector,
    or: v.optional(v.array(v.strictObject(selector))),
    leave: v.optional(v.array(v.strictObject({
      when: conditions,
      because: TEXT,
    }))),
    fields: v.optional(filled(field)),
  });
}

/** A list with something in it. */
function filled<T>(element: v.GenericSchema<unknown, T>) {
  return v.pipe(v.array(element), v.minLength(1, FILLED));
}

/** A user's source; with the name of one that is built in, it changes that. */
export type UserSource = v.InferOutput<ReturnType<typeof userSourceSchema>>;

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
