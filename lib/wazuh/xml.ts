/**
 * Wazuh's files, read as Wazuh reads them: nearly XML, with several roots, and
 * without entities. Where an element stands is known, so that a file can be
 * changed there and nowhere else.
 *
 * @module
 */

/** An element, and where it stands in the text. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** What it says, without comments and children. */
  readonly text: string;
  /** Where its `<` is. */
  readonly start: number;
  /** What is behind its end. */
  readonly end: number;
  /** What is between its tags. */
  readonly inner: { readonly start: number; readonly end: number };
}

/** An element that is not closed yet. */
interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly start: number;
  readonly innerStart: number;
  readonly children: Element[];
  text: string;
}

const MAX_DEPTH = 1024;

/** From so many bytes of text in an element on, Wazuh refuses the file. */
export const TEXT_LIMIT = 20480;

/**
 * Reads the roots of a file, in one pass.
 *
 * A comment begins with `<!` and ends with `-->` or `!>`; a `<` behind a `\` is
 * text, and so is what stands outside of the roots.
 *
 * @throws {SyntaxError} If Wazuh could not read it. The message names the line.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.0/src/os_xml/os_xml.c
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const [first, second] = parseXml('<a><b x="1">2</b></a><!-- c --><d/>');
 * assertEquals(first?.children[0]?.text, "2");
 * assertEquals(first?.children[0]?.attributes, { x: "1" });
 * assertEquals(second?.name, "d");
 * ```
 */
export function parseXml(xml: string): readonly Element[] {
  const roots: Element[] = [];
  const open: Open[] = [];
  let at = 0;
  while (true) {
    const start = xml.indexOf("<", at);
    const inside = open.at(-1);
    if (inside !== undefined) {
      inside.text += xml.slice(at, start === -1 ? xml.length : start);
      if (inside.text.length >= TEXT_LIMIT) {
        throw wrong(xml, inside.start, `<${shown(inside.name)}> is too long`);
      }
    }
    if (start === -1) break;
    const next = xml[start + 1];
    if (next === "!") at = endOfComment(xml, start);
    else if (isEscaped(xml, { at, start })) {
      if (inside !== undefined) inside.text += "<";
      at = start + 1;
    } else if (next === "/") {
      const end = xml.indexOf(">", start);
      const name = xml.slice(start + 2, end === -1 ? undefined : end);
      if (inside === undefined) {
        throw wrong(xml, start, "an element is closed that is not open");
      }
      if (end === -1 || name !== inside.name) {
        throw wrong(xml, inside.start, `<${shown(inside.name)}> is not closed`);
      }
      open.pop();
      at = end + 1;
      add({ ...inside, end: at, innerEnd: start });
    } else {
      const tag = readTag(xml, start);
      at = tag.end;
      const element = { ...tag, start, children: [], text: "" };
      if (tag.isEmpty) add({ ...element, innerStart: at, innerEnd: at });
      else open.push({ ...element, innerStart: at });
      if (open.length > MAX_DEPTH) throw wrong(xml, start, "it is too deep");
    }
  }
  const last = open.at(-1);
  if (last !== undefined) {
    throw wrong(xml, last.start, `<${shown(last.name)}> is not closed`);
  }
  return roots;

  function add(
    { name, attributes, children, text, start, end, ...inner }: Open & {
      readonly end: number;
      readonly innerEnd: number;
    },
  ): void {
    const parent = open.at(-1);
    // Wazuh forgets what stands before a child.
    if (parent !== undefined) parent.text = "";
    (parent?.children ?? roots).push({
      name,
      attributes,
      children,
      text: text.trim(),
      start,
      end,
      inner: { start: inner.innerStart, end: inner.innerEnd },
    });
  }
}

function endOfComment(xml: string, start: number): number {
  const ends = /!>|-->/g;
  ends.lastIndex = start + 2;
  if (ends.exec(xml) === null) {
    throw wrong(xml, start, "a comment is not closed");
  }
  return ends.lastIndex;
}

/** Whether an odd number of `\` stands before it. */
function isEscaped(
  xml: string,
  { at, start }: { readonly at: number; readonly start: number },
): boolean {
  let slashes = 0;
  while (start - slashes > at && xml[start - slashes - 1] === "\\") slashes++;
  return slashes % 2 === 1;
}

function readTag(xml: string, start: number) {
  const name = /[^\s>]*/y;
  name.lastIndex = start + 1;
  const text = name.exec(xml)?.[0] ?? "";
  const isClosed = text.endsWith("/");
  const attributes: Record<string, string> = {};
  const attribute = /\s*([^\s=>/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
  attribute.lastIndex = name.lastIndex;
  const end = /\s*(\/?)>/y;
  end.lastIndex = attribute.lastIndex;
  while (true) {
    const at = attribute.lastIndex;
    const found = attribute.exec(xml);
    if (found === null) {
      end.lastIndex = at;
      break;
    }
    attributes[found[1] ?? ""] = found[2] ?? found[3] ?? "";
  }
  const close = end.exec(xml);
  const tag = isClosed ? text.slice(0, -1) : text;
  if (close === null || tag === "") {
    throw wrong(xml, start, `the tag <${shown(tag)} is wrong`);
  }
  return {
    name: tag,
    attributes,
    end: end.lastIndex,
    isEmpty: isClosed || close[1] === "/",
  };
}

function wrong(xml: string, at: number, says: string): SyntaxError {
  const line = xml.slice(0, at).split("\n").length;
  return new SyntaxError(`line ${line}: ${says}`);
}

/** A name may be any text, up to all of the file. */
function shown(name: string): string {
  return name.slice(0, 40).replace(/[^\w.-]/g, "?");
}
