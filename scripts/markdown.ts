/**
 * Reads Markdown as far as our checks need it, and writes tables.
 *
 * @module
 */

/** A line that is not in a block of code, and its number from 1. */
interface Line {
  readonly text: string;
  readonly number: number;
}

/** Something to say about a line. */
export interface Place {
  readonly line: number;
  readonly text: string;
}

function proseIn(markdown: string): readonly Line[] {
  const lines: Line[] = [];
  let fence: string | undefined;
  for (const [n, text] of markdown.split("\n").entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(text)?.[1];
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (fence === undefined) lines.push({ text, number: n + 1 });
    else if (text.trim() === fence) fence = undefined;
  }
  return lines;
}

/**
 * The anchor that GitHub gives a heading.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(slugOf("If `total_timeout` is over: what's next?"),
 *   "if-total_timeout-is-over-whats-next");
 * ```
 */
export function slugOf(heading: string): string {
  return heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase()
    .replace(/(^|\s)_([^_]+)_(?=\W|$)/g, "$1$2")
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").replaceAll(" ", "-");
}

/** The anchors of a page, as GitHub makes them; equal ones get a number. */
export function anchorsIn(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const { text } of proseIn(markdown)) {
    const heading = /^#{1,6} +(.*?)(?: +#+)?$/.exec(text)?.[1];
    if (heading !== undefined) {
      const slug = slugOf(heading);
      let anchor = slug;
      for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
      anchors.add(anchor);
    }
    for (const [, id = ""] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
      anchors.add(id);
    }
  }
  return anchors;
}

/**
 * Where the links and pictures of a page lead.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linksIn("See [a](b.md#c), not `[a](d)`."), [
 *   { text: "b.md#c", line: 1 },
 * ]);
 * ```
 */
export function linksIn(markdown: string): readonly Place[] {
  // Links may go over the end of a line, so the lines stay together.
  const text = markdown.split("\n").map(() => "");
  for (const { text: line, number } of proseIn(markdown)) {
    text[number - 1] = line;
  }
  const prose = text.join("\n").replace(
    /(`+)(?!`)[^]*?(?<!`)\1(?!`)/g,
    (code) => code.replace(/[^\n]/g, " "),
  );
  return [
    ...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...prose.matchAll(/^[ \t]*\[[^\]]+\]:\s+<?([^\s>]+)/gm),
    ...prose.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g),
  ].map((match) => ({
    text: match[1] ?? "",
    line: prose.slice(0, match.index).split("\n").length,
  }));
}

/** A table of a page, as wide as it is at the least. */
export interface TableWidth {
  readonly line: number;
  /** In characters. */
  readonly width: number;
}

/** What a cell has around its text, in characters. */
const CELL_PADDING = 3;

/**
 * How wide the tables of a page are at the least: in each column, its longest
 * word cannot be broken.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const table = "| a b | c |\n| --- | - |\n| dd e | `f \\| gg` |";
 * assertEquals(tableWidths(table), [{ line: 1, width: 2 + 2 + 2 * 3 }]);
 * ```
 */
export function tableWidths(markdown: string): readonly TableWidth[] {
  const tables: { line: number; last: number; words: number[] }[] = [];
  for (const { text, number } of proseIn(markdown)) {
    if (!/^\s*\|.*\|\s*$/.test(text)) continue;
    let table = tables.at(-1);
    if (table?.last !== number - 1) {
      table = { line: number, last: number, words: [] };
      tables.push(table);
    }
    table.last = number;
    for (const [n, cell] of cellsOf(text).entries()) {
      table.words[n] = Math.max(table.words[n] ?? 0, longestWord(cell));
    }
  }
  return tables.map(({ line, words }) => ({
    line,
    width: words.reduce((sum, word) => sum + word + CELL_PADDING, 0),
  }));
}

/** What stands in the cells of a row; a row of dashes has none. */
function cellsOf(row: string): readonly string[] {
  const cells = row.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/);
  return cells.every((cell) => /^[\s:-]*$/.test(cell))
    ? []
    : cells.map((cell) => cell.replaceAll("\\|", "|"));
}

function longestWord(cell: string): number {
  const shown = cell.replace(/<br>/g, " ").replace(/[`*]/g, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
  // A line may end after a hyphen that stands in a word.
  return Math.max(
    0,
    ...shown.split(/\s+|(?<=\w-)/).map(({ length }) => length),
  );
}

/** The paragraphs and items of lists of a page: not its tables, not its code. */
export function paragraphsIn(markdown: string): readonly Place[] {
  const paragraphs: { line: number; last: number; text: string }[] = [];
  for (const { text, number } of proseIn(markdown)) {
    if (text.trim() === "" || /^\s*(?:\||<|#)/.test(text)) continue;
    const before = paragraphs.at(-1);
    const startsAnew = /^\s*(?:[-*]|\d+\.) /.test(text);
    if (before?.last === number - 1 && !startsAnew) {
      before.text += ` ${text.trim()}`;
      before.last = number;
    } else paragraphs.push({ line: number, last: number, text: text.trim() });
  }
  return paragraphs;
}

/** What stands in a page's blocks of code of a language. */
export function blocksIn(
  markdown: string,
  language: string,
): readonly string[] {
  const block = new RegExp(`^( *)\`\`\`${language}\n([^]*?)^\\1\`\`\``, "gm");
  return [...markdown.matchAll(block)].map(([, indent = "", code = ""]) =>
    code.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  );
}

/** A table as `deno fmt` wants it. */
export function layOut(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const lines = rows.map((row) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |\n`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return lines.toSpliced(1, 0, rule).join("");
}

/** A table whose cells hold lists: as wide as `deno fmt` wants it, it is a wall. */
export function layOutNarrow(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const lines = rows.map((row) => `| ${row.join(" | ")} |\n`);
  const rule = `| ${head.map(() => "---").join(" | ")} |\n`;
  return `<!-- deno-fmt-ignore-start -->\n\n${
    lines.toSpliced(1, 0, rule).join("")
  }\n<!-- deno-fmt-ignore-end -->\n`;
}

/** Texts as code, safe in a table. */
export function codes(texts: string | readonly string[]): string {
  return [texts].flat().map((text) => `\`${text.replaceAll("|", "\\|")}\``)
    .join(", ");
}
