/**
 * The tables of messages in docs/messages.md. Messages, and what corrects a
 * finding of `doctor`, are the code's. What a message means is written in the
 * page, and stays there for as long as the code has the message.
 *
 * @module
 */
import { type Message, readMessages } from "./messages.ts";
import { layOutNarrow } from "./markdown.ts";

/** The page that has the meanings. */
export const MESSAGES_PAGE = "docs/messages.md";

/** Which files say what a section has: files, or folders with a `/`. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  call: ["commands/arguments.ts", "config/api_key.ts"],
  alert: ["commands/alert.ts", "alert/alert.ts", "files.ts"],
  options: [
    "run/pipeline.ts",
    "config/",
    "alert/ignore.ts",
    "alert/lists.ts",
    "suggest.ts",
  ],
  opencti: [
    "opencti/client.ts",
    "opencti/plain_reason.ts",
    "opencti/unreachable.ts",
    "opencti/connection.ts",
    "opencti/problem.ts",
    "opencti/response.ts",
    "run/answer.ts",
    "run/warnings.ts",
  ],
  queue: ["wazuh/queue.ts", "run/emit.ts"],
  spool: [
    "state/",
    "run/drain.ts",
    "run/keep.ts",
    "run/dropped.ts",
  ],
  common: ["errors.ts", "log.ts", "shell.ts", "run/run.ts"],
  lookups: [
    "run/look_up_alert.ts",
    "run/subject.ts",
    "match/answer.ts",
  ],
  skipped: [
    "alert/context.ts",
    "alert/collect.ts",
    "alert/find.ts",
    "alert/ioc.ts",
    "alert/own.ts",
    "alert/sources/",
    "alert/sweep.ts",
  ],
  matches: ["run/decisions.ts", "wazuh/unmet.ts", "opencti/pattern"],
  doctor: [
    "manager/checks/",
    "commands/doctor",
    "commands/test",
    "opencti/facts.ts",
    "opencti/reach.ts",
  ],
  installing: [
    "commands/install.ts",
    "commands/uninstall.ts",
    "commands/carry_out.ts",
    "manager/",
    "wazuh/xml.ts",
  ],
  commands: ["commands/"],
};

/** The tables by their names, and the messages that lack a meaning. */
export interface MessageTables {
  readonly tables: Readonly<Record<string, string>>;
  readonly lacking: readonly string[];
}

/** The tables of the program's messages, with the meanings of the page. */
export async function messageTables(): Promise<MessageTables> {
  const page = await Deno.readTextFile(
    new URL(`../${MESSAGES_PAGE}`, import.meta.url),
  );
  return tablesOf(await readMessages(), page);
}

/**
 * The tables of messages, with the meanings that a page has.
 *
 * @throws {Error} If a file has messages, and no section has the file.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { tables, lacking } = tablesOf(
 *   [{ file: "log.ts", text: "Cannot log" }, { file: "log.ts", text: "New" }],
 *   "<!-- common -->\n| Cannot log | It is full |\n| Gone | It was |",
 * );
 * assertEquals(tables.common?.split("\n").slice(2, 6), [
 *   "| message | meaning |",
 *   "| --- | --- |",
 *   "| Cannot log | It is full |",
 *   "| New |  |",
 * ]);
 * assertEquals(lacking, ["New"]);
 * ```
 */
export function tablesOf(
  messages: readonly Message[],
  page: string,
): MessageTables {
  const sections = Map.groupBy(messages, sectionOf);
  const lacking: string[] = [];
  const tables = Object.fromEntries(
    Object.keys(SECTIONS).map((name) => {
      const meanings = meaningsIn(page, name);
      const rows = new Map<string, string>();
      for (const { text, mend } of sections.get(name) ?? []) {
        const message = escaped(text);
        const meaning = mend === undefined
          ? meanings.get(message) ?? ""
          : escaped(mend);
        if (meaning === "") lacking.push(text);
        rows.set(message, rows.get(message) ?? meaning);
      }
      const head = name === "doctor"
        ? ["finding", "what corrects it"]
        : ["message", "meaning"];
      return [name, layOutNarrow([head, ...rows])];
    }),
  );
  return { tables, lacking: [...new Set(lacking)] };
}

/** What stands in the table of a section. */
function meaningsIn(page: string, name: string): ReadonlyMap<string, string> {
  const [, after = ""] = page.split(`<!-- ${name} -->`);
  const [table = ""] = after.split(`<!-- end of ${name} -->`);
  return new Map(
    table.split("\n").filter((line) => line.startsWith("| ")).map((line) => {
      const [message = "", meaning = ""] = line.slice(2, -2).split(/ \| ?/);
      return [message, meaning] as const;
    }),
  );
}

function sectionOf({ file }: Message): string {
  for (const [name, files] of Object.entries(SECTIONS)) {
    if (files.some((start) => file.startsWith(start))) return name;
  }
  throw new Error(`No section of ${MESSAGES_PAGE} is for ${file}`);
}

/** A text as it is, in a cell of a table of Markdown. */
function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|*_`[\]]/g, "\\$&")
    .replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
