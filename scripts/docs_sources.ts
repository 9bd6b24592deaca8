/**
 * The tables of the sources, for people: which alerts a source reads, and what
 * it takes from them.
 *
 * @module
 */
import {
  type Condition,
  type Field,
  groupsOf,
  kindNamed,
  type Selector,
  type Source,
} from "../lib/alert/sources/source.ts";
import { codes, layOutNarrow } from "./markdown.ts";
import { FAMILIES } from "./source_index.ts";

/** Longer paths have a middle that nobody reads. */
const MAX_PATH = 34;

/** A table for each family. */
export const SOURCE_TABLES: Readonly<Record<string, string>> = Object
  .fromEntries(
    Object.entries(FAMILIES).map(([name, sources]) => [
      name,
      layOutNarrow([
        ["source", "reads alerts with", "takes"],
        ...sources.map((source) => [
          `\`${source.name}\``,
          [source, ...source.or ?? []].map(describeSelector).filter(Boolean)
            .join("<br>or: "),
          describeTaken(source).join("<br>"),
        ]),
      ]),
    ]),
  );

function describeSelector({ groups, decoders, when = [] }: Selector): string {
  return [
    ...groups === undefined ? [] : [`group ${codes(groups)}`],
    ...decoders === undefined ? [] : [`decoder ${codes(decoders)}`],
  ].join("<br>or ") +
    when.map((condition, n) =>
      `${
        n > 0 || groups !== undefined || decoders !== undefined
          ? "<br>and "
          : ""
      }${describeCondition(condition)}`
    ).join("");
}

function describeCondition({ field, equals, matches, not }: Condition): string {
  if (matches === ".") return `${not ? "no " : ""}field \`${field}\``;
  return equals === undefined
    ? `\`${field}\` ${not ? "not " : ""}like ${codes(wordsIn(matches ?? ""))}`
    : `\`${field}\` ${not ? "not " : ""}${codes(equals)}`;
}

/**
 * The words of a regular expression that is a choice of words, with what is
 * before and behind; else itself.
 */
function wordsIn(pattern: string): readonly string[] {
  const [, before = "", choice = pattern, after = ""] =
    /^\^?([\w=]*)\(\?:([^()]*)\)([ ]?)\$?$/.exec(pattern) ?? [];
  return /^[\w .|*-]+$/.test(choice)
    ? choice.split("|").map((word) => (before + word + after).trim())
    : [pattern];
}

/** A line for each kind that a source takes, and for what it skips. */
function describeTaken(source: Source): readonly string[] {
  const prefix = prefixOf(source);
  const skipped = source.fields.flatMap(({ path, skip }) =>
    skip === undefined
      ? []
      : [`skips ${shorten([path].flat(), prefix)} (${skip})`]
  );
  const left = source.leave?.map(({ because }) => because) ?? [];
  return [
    ...prefix === "" || prefix === "data." ? [] : [
      `below \`${prefix.slice(0, -1)}\`:`,
    ],
    ...describeFields(source.fields, prefix),
    ...source.find === undefined ? [] : [source.find.takes],
    ...skipped,
    ...left.length > 0 ? [`nothing if ${[...new Set(left)].join(", ")}`] : [],
  ];
}

/** What all paths into the alert's data start with. */
function prefixOf({ fields }: Source): string {
  const paths = fields.flatMap(({ path, host }) => [path, host ?? []].flat(2))
    .filter((path) => path.startsWith("data."));
  const [first = "data."] = paths;
  const parts = first.split(".").slice(0, -1);
  while (
    parts.length > 0 &&
    !paths.every((path) => path.startsWith(`${parts.join(".")}.`))
  ) parts.pop();
  return parts.length === 0 ? "data." : `${parts.join(".")}.`;
}

/** What is taken, kind by kind. */
function describeFields(fields: readonly Field[], prefix: string): string[] {
  const paths = new Map<string, Set<string>>();
  for (const { path, kind, pattern, host, skip } of fields) {
    if (skip !== undefined) continue;
    const named = groupsOf(pattern ?? "")
      .map((name) => kindNamed(name) ?? kind);
    for (const kindHere of new Set(pattern === undefined ? [kind] : named)) {
      if (kindHere === undefined) continue;
      const known = paths.get(kindHere) ?? new Set();
      for (const one of [path].flat()) {
        known.add(host === undefined ? one : `${host} + ${one}`);
      }
      paths.set(kindHere, known);
    }
  }
  const byPaths = Map.groupBy(
    paths,
    ([, known]) => shorten([...known], prefix),
  );
  return [...byPaths].map(([shown, kinds]) =>
    `${kinds.map(([kind]) => kind).join(", ")}: ${shown}`
  );
}

/** Paths as they are shown: without the prefix, alike ones as one. */
function shorten(paths: readonly string[], prefix: string): string {
  const relative = paths.map((path) =>
    path.split(" + ").map((one) =>
      one.startsWith(prefix) ? one.slice(prefix.length) : one
    )
  );
  const ends = (path: string) => {
    const parts = path.split(".");
    return `${parts[0]?.replace("[]", "")}.….${parts.at(-1)}`;
  };
  const single = relative.flatMap((one) => one.length === 1 ? one : []);
  const shown = relative.map((one) =>
    one.map((path) => {
      const alike = single.filter((other) => ends(other) === ends(path));
      const isDeep = path.split(".").length > 2;
      return path.length > MAX_PATH && isDeep ||
          alike.length > 3 && alike.some((other) => other.split(".").length > 2)
        ? ends(path)
        : path;
    }).map((path) => codes(path)).join(" + ")
  );
  return [...new Set(shown)].join(", ");
}
