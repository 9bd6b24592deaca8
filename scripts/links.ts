/**
 * Checks the pages: relative links and anchors lead somewhere, each page of
 * `docs/` is reached from the README, no table is wider than a page of GitHub,
 * and no paragraph is a wall.
 *
 * @module
 */
import {
  anchorsIn,
  linksIn,
  paragraphsIn,
  type Place,
  tableWidths,
} from "./markdown.ts";

/** At GitHub's 830 pixels and letters of code. */
const MAX_TABLE_WIDTH = 96;
/** About eight lines. */
const MAX_PARAGRAPH = 640;

/** Pages by their paths from the root of the project. */
export type Pages = ReadonlyMap<string, string>;

/**
 * What is wrong with the pages, a line each.
 *
 * @param exists Whether there is such a file, or folder, in the project.
 */
export function problemsIn(
  pages: Pages,
  exists: (path: string) => boolean,
): readonly string[] {
  const problems: string[] = [];
  for (const [path, markdown] of pages) {
    const at = ({ line }: Pick<Place, "line">) => `${path}:${line}`;
    for (const link of linksIn(markdown)) {
      const problem = problemOf(link.text, { path, pages, exists });
      if (problem !== undefined) {
        problems.push(`${at(link)}: ${link.text}: ${problem}`);
      }
    }
    for (const { line, width } of tableWidths(markdown)) {
      if (width > MAX_TABLE_WIDTH) {
        problems.push(
          `${at({ line })}: the table has ${width} characters that cannot be ` +
            `broken, ${MAX_TABLE_WIDTH} are the most`,
        );
      }
    }
    for (const { line, text } of paragraphsIn(markdown)) {
      if (text.length > MAX_PARAGRAPH) {
        problems.push(
          `${at({ line })}: the paragraph has ${text.length} characters, ` +
            `${MAX_PARAGRAPH} are the most`,
        );
      }
    }
  }
  const reached = reachedFrom("README.md", pages);
  for (const path of pages.keys()) {
    if (!reached.has(path)) {
      problems.push(`${path}: no link from README.md leads here`);
    }
  }
  return problems;
}

function problemOf(
  link: string,
  { path, pages, exists }: {
    readonly path: string;
    readonly pages: Pages;
    readonly exists: (path: string) => boolean;
  },
): string | undefined {
  if (/^[a-z][a-z\d+.-]*:/i.test(link)) {
    const url = URL.parse(link);
    return url?.protocol === "https:" && url.hostname.includes(".")
      ? undefined
      : "is not an address of https";
  }
  if (link.startsWith("/")) return "starts with a /";
  const { target, anchor } = targetOf(link, path);
  if (target.startsWith("..")) return "leads out of the project";
  const page = pages.get(target);
  if (page === undefined && !exists(target)) return "there is no such file";
  if (anchor === "") return undefined;
  if (page === undefined) return "an anchor, but not of a page";
  return anchorsIn(page).has(anchor) ? undefined : "there is no such heading";
}

/** Where a relative link leads, from the root of the project. */
function targetOf(
  link: string,
  path: string,
): { readonly target: string; readonly anchor: string } {
  const [file = "", anchor = ""] = link.split("#");
  const parts = file === "" ? path.split("/") : path.split("/").slice(0, -1);
  for (const part of file === "" ? [] : file.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return { target: parts.join("/"), anchor };
}

function reachedFrom(start: string, pages: Pages): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const path of reached) {
    for (const { text } of linksIn(pages.get(path) ?? "")) {
      const { target } = targetOf(text, path);
      if (!/^[a-z]+:/.test(text) && pages.has(target)) reached.add(target);
    }
  }
  return reached;
}

/** The pages of the project. */
export async function readPages(): Promise<Pages> {
  const pages = new Map<string, string>();
  for (const folder of ["", "docs/"]) {
    for await (const { name } of Deno.readDir(rootOf(folder || "."))) {
      if (!name.endsWith(".md")) continue;
      pages.set(
        `${folder}${name}`,
        await Deno.readTextFile(rootOf(`${folder}${name}`)),
      );
    }
  }
  return pages;
}

function rootOf(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

function existsInProject(path: string): boolean {
  try {
    Deno.statSync(rootOf(path || "."));
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const problems = problemsIn(await readPages(), existsInProject);
  await Deno.stderr.write(
    new TextEncoder().encode(problems.map((line) => `${line}\n`).join("")),
  );
  if (problems.length > 0) Deno.exit(1);
}
