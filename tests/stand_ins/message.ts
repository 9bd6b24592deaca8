/**
 * What analysisd and Wazuh's indexer take of a message, as far as they lose
 * something without a word: seen with analysisd 4.14.7 and its template.
 *
 * @module
 */
import { MAX_EVENT_BYTES } from "../../lib/wazuh/encode.ts";

/** A longer datagram is accepted by the socket, and silently lost. */
export const MAX_DATAGRAM_BYTES = 65_535;

/** analysisd keeps so many fields, and drops the others. */
const MAX_FIELDS = 256;

/** Fails if a message of ours would be lost, or a part of it. */
export function assertTaken(message: string): void {
  const problem = problemOf(message);
  if (problem !== undefined) {
    throw new Error(`${problem}: ${message.slice(0, 300)}`);
  }
}

function problemOf(message: string): string | undefined {
  // The location ends at the first `:` without a `|` before it.
  const [header = "", location = ""] =
    /^1:((?:[^|:]|\|[|:])*):/.exec(message) ?? [];
  const json = message.slice(header.length);
  if (!json.startsWith('{"integration":"opencti","opencti":{')) {
    return "it is no event of ours";
  }
  if (!/^(?:\[[^\n]*\] \([^()\n]*\) \S+->)?opencti$/.test(location)) {
    return "its location is not ours";
  }
  if (!message.isWellFormed() || /\\u(?:0000|d[89a-f])/i.test(json)) {
    return "a text is cut, or it is lost";
  }
  if (new TextEncoder().encode(json).byteLength > MAX_EVENT_BYTES) {
    return "an alert that counts it is not indexed";
  }
  const leaves = leavesOf(JSON.parse(json), "");
  if (leaves.length > MAX_FIELDS) return "it has too many fields";
  for (const [name, value] of leaves) {
    const problem = problemOfField(value);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  const names = leaves.map(([name]) => name.toLowerCase());
  return new Set(names).size < names.length
    ? "of two names that differ in case, one is lost"
    : undefined;
}

function problemOfField(value: unknown): string | undefined {
  if (value === "") return "is empty, and dropped";
  if (value === null) return "becomes the text null";
  if (typeof value === "string") {
    return isArray(value) ? "becomes a list" : undefined;
  }
  return Array.isArray(value) &&
      value.some((element) => typeof element !== "string")
    ? "is no list of texts: the indexer may refuse it"
    : undefined;
}

function isArray(text: string): boolean {
  if (!text.startsWith("[")) return false;
  try {
    // Where JSON has none, analysisd lets control characters through.
    // deno-lint-ignore no-control-regex
    JSON.parse(text.replace(/[\0-\x1f]/g, " "));
    return !text.endsWith(" ");
  } catch {
    return false;
  }
}

/** The fields that hold no others; a `.` in a name nests as well. */
function leavesOf(value: unknown, name: string): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, below]) =>
      leavesOf(below, name === "" ? key : `${name}.${key}`)
    )
    : [[name, value]];
}
