/**
 * Changes to Wazuh's configuration: our integration block is put in, changed
 * and taken out, and every other byte stays.
 *
 * @module
 */
import type { Element } from "../wazuh/xml.ts";
import { parseXml } from "../wazuh/xml.ts";

/** What our integration block is to say. */
export interface BlockSettings {
  readonly hookUrl: string;
  readonly apiKey: string;
  readonly level: string;
  readonly group: string;
}

/**
 * Our integration block, in lines as the file's.
 *
 * @param eol What ends the lines of the file.
 */
export function blockOf(settings: BlockSettings, eol: string): string {
  const { hookUrl, apiKey, level, group } = settings;
  return [
    "  <integration>",
    "    <name>custom-opencti</name>",
    `    <hook_url>${hookUrl}</hook_url>`,
    `    <api_key>${apiKey}</api_key>`,
    `    <level>${level}</level>`,
    `    <group>${group}</group>`,
    "    <alert_format>json</alert_format>",
    "  </integration>",
  ].join(eol);
}

/** What ends the lines of a text. */
export function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/**
 * Puts our block at the end of the last root: a file that does not end in a
 * newline still does not.
 *
 * @throws {SyntaxError} If Wazuh could not read the file, or it has no root.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseXml } from "../wazuh/xml.ts";
 *
 * const before = "<ossec_config>\n</ossec_config>\n";
 * const after = insertBlock(before, "  <integration></integration>");
 * assertEquals(
 *   after,
 *   "<ossec_config>\n  <integration></integration>\n</ossec_config>\n",
 * );
 * const block = parseXml(after)[0]?.children[0];
 * assertEquals(block && removeElement(after, block), before);
 * ```
 */
export function insertBlock(conf: string, block: string): string {
  const root = parseXml(conf).findLast(({ name, end, inner }) =>
    // `<ossec_config/>` has no place for it.
    name === "ossec_config" && inner.end < end
  );
  if (root === undefined) {
    throw new SyntaxError("it has no <ossec_config>");
  }
  const close = root.inner.end;
  const line = startOfLine(conf, close);
  return conf.slice(line, close).trim() === "" && line >= root.inner.start
    ? `${conf.slice(0, line)}${block}${eolOf(conf)}${conf.slice(line)}`
    : `${conf.slice(0, close)}${block.trimStart()}${conf.slice(close)}`;
}

/** Takes an element out, with its lines if nothing else is in them. */
export function removeElement(
  conf: string,
  { start, end }: Pick<Element, "start" | "end">,
): string {
  const line = startOfLine(conf, start);
  const eol = /\r?\n/y;
  eol.lastIndex = end;
  const isWhole = conf.slice(line, start).trim() === "" && eol.test(conf);
  return isWhole
    ? conf.slice(0, line) + conf.slice(eol.lastIndex)
    : conf.slice(0, start) + conf.slice(end);
}

/** Puts a text in the place of an element. */
export function replaceElement(
  conf: string,
  { start, end }: Pick<Element, "start" | "end">,
  { text }: { readonly text: string },
): string {
  return conf.slice(0, start) + text + conf.slice(end);
}

/**
 * Changes a setting of a block, or adds it behind the last one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseXml } from "../wazuh/xml.ts";
 *
 * const conf = "<integration><level>3</level></integration>";
 * const [block] = parseXml(conf);
 * assertEquals(
 *   block && changeSetting(conf, block, { name: "level", value: "5" }),
 *   "<integration><level>5</level></integration>",
 * );
 * ```
 */
export function changeSetting(
  conf: string,
  block: Element,
  { name, value }: { readonly name: string; readonly value: string },
): string {
  const element = `<${name}>${value}</${name}>`;
  const old = block.children.findLast((child) => child.name === name);
  if (old !== undefined) return replaceElement(conf, old, { text: element });
  const last = block.children.at(-1);
  const at = last?.end ?? block.inner.start;
  const from = last?.start ?? block.inner.start;
  const indent = /(?:\r?\n)?[ \t]*$/.exec(
    conf.slice(Math.max(0, startOfLine(conf, from) - 2), from),
  )?.[0] ?? "";
  return conf.slice(0, at) + indent + element + conf.slice(at);
}

function startOfLine(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}
