/**
 * Finds the messages of the program in its code: each text of some words, in
 * whatever call or table it stands, unless it is known to be something else. So
 * nobody who writes a new message has to remember a list.
 *
 * @module
 */
import { parse } from "@babel/parser";

/** A message, with `…` where it names a path, a number, a cause. */
export interface Message {
  /** As `commands/alert.ts`. */
  readonly file: string;
  readonly text: string;
  /** For a finding of `doctor`: what corrects it. */
  readonly mend?: string;
}

/** Files whose texts are no messages, but for errors, and what these are. */
const OTHER_FILES: Readonly<Record<string, string>> = {
  "alert/kinds.ts": "the table of kinds, in docs/sources.md",
  "alert/names.ts": "names of products",
  "alert/vendors.ts": "names of vendors",
  "alert/sources/cisco.ts": "a table of sources, in docs/sources.md",
  "alert/sources/cloud.ts": "a table of sources, in docs/sources.md",
  "alert/sources/detection.ts": "a table of sources, in docs/sources.md",
  "alert/sources/hosts.ts": "a table of sources, in docs/sources.md",
  "alert/sources/microsoft.ts": "a table of sources, in docs/sources.md",
  "alert/sources/network.ts": "a table of sources, in docs/sources.md",
  "alert/sources/web.ts": "a table of sources, in docs/sources.md",
  "alert/sources/windows.ts": "a table of sources, in docs/sources.md",
  "commands/completions.ts": "scripts of shells",
  "commands/help.ts": "the help",
  "commands/man.ts": "the manual page",
  "commands/show.ts": "the screens of explain and lookup, in docs/explain.md",
  "config/describe.ts": "the help of the options, in docs/configure.md",
  "config/places.ts": "names of places, which messages fill in",
  "opencti/query.ts": "GraphQL",
  "state/transaction.ts": "SQL",
  "wazuh/hand_over.ts": "the screen of explain, in docs/explain.md",
};

/** Properties and constants that hold no message: help, patterns, queries. */
const OTHER_NAMES: ReadonlySet<string> = new Set([
  "SAMPLES",
  "UPGRADES",
  "about",
  "arguments",
  "examples",
  "means",
  "needs",
  "pattern",
  "reads",
  "summary",
  "usage",
]);

/** Calls whose texts are no messages: SQL, lists of words, help, what is right. */
const OTHER_CALLS: ReadonlySet<string> = new Set([
  "RegExp",
  "exec",
  "ok",
  "prepare",
  "row",
  "rows",
  "run",
  "split",
  "wrapped",
]);

/** Regular expressions, GraphQL, names of columns, commands. */
const OTHER_TEXT = /^[\s…]*sudo |\\[bsSd]|\(\?:|\{ \w|^\w+(?:, \w+)+$/;

/** Two words are filled in elsewhere, unless they are said as they are. */
const MIN_WORDS = 3;

/** What says a text as it is. */
const SAID_BY =
  /Error$|^(?:explain|why)|^(?:because|error|fail|info|message|notUnderstood|problem|reason|says|skip|wrong)$/;

/** What goes on after a colon, or two words, is said as it is. */
const GOES_ON = /\p{L}[^:]*: …|^\p{Ll}+ \p{L}+ …$/u;

/** More spellings of one message are not listed. */
const MAX_SPELLINGS = 8;

/** A node of the syntax tree, as loosely as it is read here. */
interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

/** What encloses a node, from the outside in. */
type Way = readonly Node[];

/** The texts of constants, and of functions that return one, by name. */
type Texts = ReadonlyMap<string, readonly string[]>;

const NO_TEXTS: Texts = new Map();

/** All messages of the program, by file. */
export async function readMessages(): Promise<readonly Message[]> {
  const root = new URL("../lib/", import.meta.url);
  const files = new Map<string, string>();
  for (const file of (await filesIn(root, "")).toSorted()) {
    files.set(file, await Deno.readTextFile(new URL(file, root)));
  }
  return messagesIn(files);
}

/**
 * The messages in the code of files.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const code = 'fail(`${path} has ${n > 1 ? "too many" : "no"} lines`)';
 * assertEquals(messagesIn(new Map([["a.ts", code]])), [
 *   { file: "a.ts", text: "… has too many lines" },
 *   { file: "a.ts", text: "… has no lines" },
 * ]);
 * ```
 */
export function messagesIn(
  files: ReadonlyMap<string, string>,
): readonly Message[] {
  const programs = [...files].map(([file, code]) => ({
    file,
    program: parse(code, { sourceType: "module", plugins: ["typescript"] })
      .program as unknown as Node,
  }));
  const shared = new Map(
    programs.flatMap(({ program }) => sharedIn(program)),
  );
  const found = programs.flatMap(({ file, program }) =>
    saidIn(program, { file, shared })
  );
  const whole = found.flatMap(({ text, mend, isPart }) =>
    isPart ? [] : [text, mend ?? ""]
  );
  return found.filter(({ text, isPart }) =>
    !isPart || !whole.some((other) => other.includes(text))
  ).map(({ isPart: _, ...message }) => message);
}

/** The messages of a file; whether each may be filled into others. */
function saidIn(
  program: Node,
  { file, shared }: { readonly file: string; readonly shared: Texts },
): readonly (Message & { readonly isPart: boolean })[] {
  const said: (Message & { readonly isPart: boolean })[] = [];
  visit(program, [], (node, way) => {
    const call = way.findLast(({ callee }) => callee !== undefined);
    const finding = isCheck(file) ? findingOf(call) : undefined;
    if (finding !== undefined && !isIn(node, finding.says)) return;
    const known = constantsOf(way, shared);
    const mend = finding &&
      textsOf(finding.mend, known)?.map(inOneLine).join(", or ");
    for (const text of textsOf(node, known) ?? []) {
      const sayer = finding ? "says" : sayerOf(way);
      if (OTHER_FILES[file] !== undefined && !/Error$/.test(sayer)) continue;
      if (!isMessage(text, sayer)) continue;
      said.push({
        file,
        text: inOneLine(text),
        ...(finding && { mend: mend ?? "…" }),
        isPart: isFilledIn(way),
      });
    }
  });
  return said;
}

/** A command stands on a line of its own. */
function inOneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}

/** Whether a text is known by a name: a constant's, or as {@linkcode sharedIn}. */
function isFilledIn(way: Way): boolean {
  const [parent, block, , exported] = way.toReversed();
  return parent?.type === "VariableDeclarator" ||
    (parent?.type === "ReturnStatement" &&
      exported?.type === "ExportNamedDeclaration" &&
      (block?.body as readonly Node[]).length === 1);
}

/** What a file gives to others: constants, and functions that return a text. */
function sharedIn(program: Node): readonly [string, readonly string[]][] {
  const local = constantsOf([program], NO_TEXTS);
  return (program.body as readonly Node[]).flatMap(({ type, declaration }) => {
    if (type !== "ExportNamedDeclaration") return [];
    const { id, body, declarations } = (declaration ?? {}) as Partial<Node>;
    const [returned, ...others] = (body as Node | undefined)?.body as Node[] ??
      [];
    const ways: readonly (readonly [unknown, unknown])[] = declarations
      ? (declarations as Node[]).map((one) => [one.id, one.init])
      : [[id, others.length > 0 ? undefined : returned?.argument]];
    return ways.flatMap(([name, text]) => {
      const texts = text ? textsOf(text as Node, local) : undefined;
      return texts
        ? [[nameOf(name), texts] as [string, readonly string[]]]
        : [];
    });
  });
}

async function filesIn(root: URL, folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const entries = Deno.readDir(new URL(folder, root));
  for await (const { name, isDirectory } of entries) {
    if (isDirectory) files.push(...await filesIn(root, `${folder}${name}/`));
    else if (/(?<!\.d)\.ts$/.test(name)) files.push(folder + name);
  }
  return files;
}

/** Calls back for each text, as far as its parts are joined. */
function visit(
  node: Node,
  way: Way,
  onText: (node: Node, way: Way) => void,
): void {
  if (isOther(node)) return;
  const parent = way.at(-1);
  const isPart = parent !== undefined && isText(parent);
  if (isText(node) && !isPart) onText(node, way);
  for (const child of childrenOf(node)) visit(child, [...way, node], onText);
}

function isOther(node: Node): boolean {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      return true;
    case "ObjectProperty":
    case "VariableDeclarator":
      return OTHER_NAMES.has(nameOf(node.key ?? node.id));
    case "CallExpression":
    case "NewExpression":
      return OTHER_CALLS.has(nameOf(node.callee));
    default:
      return /^TS(?!As|Satisfies|NonNull)/.test(node.type);
  }
}

function isMessage(text: string, sayer: string): boolean {
  if (OTHER_TEXT.test(text)) return false;
  const words = text.split(/[\s…]+/).filter((word) => /\p{L}/u.test(word));
  return words.length >= MIN_WORDS ||
    (words.length > 1 && (SAID_BY.test(sayer) || GOES_ON.test(text)));
}

/** The name of what takes a text: a call, a property, a constant, a function. */
function sayerOf(way: Way): string {
  const sayer = way.findLast(({ type }) =>
    [
      "CallExpression",
      "FunctionDeclaration",
      "NewExpression",
      "ObjectProperty",
      "VariableDeclarator",
    ].includes(type)
  );
  return nameOf(sayer?.callee ?? sayer?.key ?? sayer?.id);
}

/** Whether what a file says are findings, each with what corrects it. */
function isCheck(file: string): boolean {
  return CHECKS.some((start) => file.startsWith(start));
}

/** Files, or how their names start. */
const CHECKS = [
  "manager/checks/",
  "commands/doctor",
  "commands/test",
  "opencti/reach.ts",
];

/** What stands in a call of `warning(says, mend)` or `error(says, mend)`. */
function findingOf(
  call: Node | undefined,
): { readonly says: Node; readonly mend: Node } | undefined {
  if (call?.type !== "CallExpression") return undefined;
  const [says, mend] = call.arguments as readonly Node[];
  return ["warning", "error"].includes(nameOf(call.callee)) && says && mend
    ? { says, mend }
    : undefined;
}

function isIn(node: Node, other: Node): boolean {
  return Number(node.start) >= Number(other.start) &&
    Number(node.end) <= Number(other.end);
}

function isText(node: Node): boolean {
  return textsOf(node, NO_TEXTS) !== undefined;
}

/** The spellings of a text, or `undefined` if a node is none. */
function textsOf(
  node: Node,
  known: Texts,
): readonly string[] | undefined {
  const textsOrGap = (one: Node) => textsOf(one, known) ?? ["…"];
  switch (node.type) {
    case "StringLiteral":
      return [String(node.value)];
    case "TemplateLiteral": {
      const texts = (node.quasis as readonly Node[]).map(({ value }) => [
        (value as { readonly cooked: string }).cooked,
      ]);
      const gaps = (node.expressions as readonly Node[]).map(textsOrGap);
      return joined(
        texts.flatMap((text, n) => gaps[n] ? [text, gaps[n]] : [text]),
      );
    }
    case "BinaryExpression": {
      const sides = [node.left as Node, node.right as Node];
      return node.operator === "+" &&
          sides.some((side) => textsOf(side, known))
        ? joined(sides.map(textsOrGap))
        : undefined;
    }
    case "ConditionalExpression": {
      const cases = [node.consequent as Node, node.alternate as Node];
      const texts = cases.map((one) => textsOf(one, known));
      if (texts.includes(undefined)) return undefined;
      // One word or another is not two messages.
      return texts.flat().every((text) => text && /^\S+$/.test(text))
        ? ["…"]
        : cases.flatMap(textsOrGap);
    }
    case "Identifier":
      return known.get(nameOf(node));
    case "CallExpression": {
      if ((node.callee as Node).type !== "Identifier") return undefined;
      const [argument] = node.arguments as readonly Node[];
      return nameOf(node.callee) === "shellWord" && argument
        ? textsOf(argument, known)
        : known.get(nameOf(node.callee));
    }
    default:
      return undefined;
  }
}

/** Each way to put together one of each. */
function joined(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce<readonly string[]>(
    (texts, part) =>
      texts.flatMap((text) => part.map((more) => text + more))
        .slice(0, MAX_SPELLINGS),
    [""],
  ).map((text) => text.replace(/…{2,}/g, "…"));
}

/** The constants that hold texts where a node stands; inner ones go before. */
function constantsOf(way: Way, shared: Texts): Texts {
  const declared = way.flatMap(({ type, body }) =>
    type === "BlockStatement" || type === "Program" ? body as Node[] : []
  ).filter(({ type }) => type === "VariableDeclaration")
    .flatMap(({ declarations }) => declarations as readonly Node[]);
  const constants = new Map(shared);
  for (const { id, init } of declared) {
    const texts = init ? textsOf(init as Node, constants) : undefined;
    if (texts === undefined) constants.delete(nameOf(id));
    else constants.set(nameOf(id), texts);
  }
  return constants;
}

/** As `error` of `error(…)` and of `log.error(…)`. */
function nameOf(node: unknown): string {
  const { name, property, value } = (node ?? {}) as Partial<Node>;
  return property === undefined
    ? String(name ?? value ?? "")
    : nameOf(property);
}

function childrenOf(node: Node): readonly Node[] {
  return Object.entries(node)
    .flatMap(([name, value]) => /Comments$/.test(name) ? [] : [value].flat())
    .filter((value): value is Node =>
      typeof (value as Node | null | undefined)?.type === "string"
    );
}
