/**
 * Shows an explanation on one screen, as wide as the terminal and no wider than
 * 80 columns: what is long goes on in the next lines. What is very long is cut
 * off, and all of it stands in the JSON.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import type { Ioc } from "../alert/ioc.ts";
import { memberOf, valueAt } from "../json.ts";
import { escapeControls } from "../log.ts";
import { sentencesOn } from "../run/decisions.ts";
import type { ExplainedEvent, Outcome } from "./explanation.ts";
import type { LookedUp } from "../run/pipeline.ts";
import type { Paint, Style } from "./style.ts";

/** The column where what a heading says begins. */
const INDENT = 11;

/** So many IoCs, skipped texts and sentences are shown. */
const MAX_IOCS = 10;
const MAX_SKIPPED = 6;
const MAX_SENTENCES = 5;
/** Of what alerts and OpenCTI say, no more lines are shown. */
const MAX_LINES = 3;
const MAX_PROBLEMS = 4;

/** A line of the screen, and how it looks. */
interface Line {
  readonly text: string;
  readonly paint?: Paint | undefined;
  /** Whether it is one line, however long: a part of a link leads nowhere. */
  readonly isLink?: boolean;
  /** Whether it is a sentence of ours, that is shown to its end. */
  readonly isSentence?: boolean;
}

/** A heading, and the lines beside and below it. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly Line[];
}

/** Lays sections out. Headings are bold; sections without lines are left out. */
export function screenOf(
  sections: readonly Section[],
  { bold, width }: Style,
): string {
  return sections.flatMap(({ heading, lines }) =>
    lines.flatMap((line) =>
      rowsOf(line, width - INDENT)
        .map((row) => ({ row, paint: line.paint ?? String }))
    ).map(({ row, paint }, n) => {
      const head = (n === 0 ? heading : "").padEnd(INDENT);
      return `${n === 0 ? bold(head) : head}${paint(row)}`.trimEnd() + "\n";
    })
  ).join("");
}

/** A line, and the lines in which it goes on, a bit to the right. */
function rowsOf(
  { text, isLink = false, isSentence = false }: Line,
  room: number,
): readonly string[] {
  const escaped = escapeControls(text);
  if (isLink) return [escaped];
  if (isSentence) return wrapped(escaped, room);
  if (escaped.length <= room) return [escaped];
  const indent = `${/^ */.exec(escaped)?.[0]}  `;
  const rows = wrapped(escaped, room - indent.length)
    .map((row, n) => cut(n === 0 ? row : indent + row.trim(), room));
  return rows.length <= MAX_LINES
    ? rows
    : [...rows.slice(0, MAX_LINES - 1), cut(`${rows[MAX_LINES - 1]} …`, room)];
}

/** Whether integratord hands an alert over. */
export interface HandOver {
  /** `undefined` if that is not known. */
  readonly isDone?: boolean;
  /** Why not, or why it is not known. */
  readonly reasons: readonly string[];
}

/** Whether the alert comes here at all. */
export function handOverSection(
  { isDone, reasons }: HandOver,
  { yellow, red }: Style,
): Section {
  const [text, paint] = isDone === undefined
    ? [`It is not known whether integratord hands this alert over`, yellow]
    : isDone
    ? ["integratord hands this alert over", undefined]
    : ["integratord does not hand this alert over", red];
  return {
    heading: "Block",
    lines: [{ text: [text, ...reasons].join(": "), paint, isSentence: true }],
  };
}

/** Which alert it is. */
export function alertSection(
  { id = "without id", rule, agent }: Alert,
): Section {
  return {
    heading: "Alert",
    lines: [
      { text: `${id}  ${rule.description ?? ""}` },
      {
        text: [
          `rule ${rule.id ?? "unknown"}`,
          `agent ${agent.name ?? agent.id ?? "unknown"}`,
          `groups ${rule.groups.join(", ") || "none"}`,
        ].join(", "),
      },
    ],
  };
}

/** What of the configuration cannot be used. */
export function problemSection(
  problems: readonly string[],
  { yellow }: Style,
): Section {
  return {
    heading: "Problems",
    lines: wholes(problems, { max: MAX_PROBLEMS, paint: yellow }),
  };
}

/** What finds IoCs where no source reads. */
const SWEPT: ReadonlySet<string> = new Set(["any_alert", "sweep"]);

/** Who read the alert, what is looked up of it, and what is not and why. */
export function findingSections(
  { sources, unmet, emptySources, iocs, skipped }: Findings,
  { dim }: Style,
): readonly Section[] {
  return [
    {
      heading: "Sources",
      lines: [
        {
          text: sources.join(", ") ||
            `none reads it${
              iocs.some(({ source = "" }) => SWEPT.has(source))
                ? "; the sweep found what is below"
                : ""
            }`,
        },
        ...emptySources.length > 0
          ? [{
            text: `find nothing in their fields: ${emptySources.join(", ")}`,
            paint: dim,
          }]
          : [],
        ...unmet.length > 0
          ? [{ text: `conditions not met: ${unmet.join(", ")}`, paint: dim }]
          : [],
      ],
    },
    iocSection({ iocs }),
    {
      heading: "Skipped",
      lines: some(skipped, MAX_SKIPPED, ({ text, field, reason }) => ({
        // Of the alert as a whole, there is no text.
        text: text === "…"
          ? `${field}: ${reason}`
          : `${shortened(text)} in ${field}: ${reason}`,
        paint: dim,
      })),
    },
  ];
}

/** What is said of single values. */
export function noteSection(notes: readonly string[], { dim }: Style): Section {
  return {
    heading: "Notes",
    lines: wholes(notes, { max: MAX_SKIPPED, paint: dim }),
  };
}

/** What is looked up, and what is said of each. */
export function iocSection(
  { iocs }: Pick<Findings, "iocs">,
  noteOn: (ioc: Ioc) => string = ({ field }) => field,
): Section {
  return {
    heading: "IoCs",
    lines: iocs.length === 0
      ? [{ text: "none" }]
      : some(iocs, MAX_IOCS, (ioc) => ({
        text: `${ioc.kind.padEnd(9)} ${shortened(ioc.value).padEnd(37)} ${
          noteOn(ioc)
        }`.trimEnd(),
      })),
  };
}

/** What was asked, what came back, and what becomes of it. */
export function outcomeSections(
  outcome: Outcome,
  { baseUrl, iocs, style }: Pick<Findings, "iocs"> & {
    readonly baseUrl: string;
    readonly style: Style;
  },
): readonly Section[] {
  switch (outcome.type) {
    case "nothing":
      return [{
        heading: "Question",
        lines: [{ text: "none: there is nothing to look up" }],
      }];
    case "not_asked":
      return [{
        heading: "Question",
        lines: [{
          text: `none, OpenCTI is not asked: ${outcome.reason}`,
          paint: style.yellow,
          isSentence: true,
        }],
      }];
    case "failed":
      return [questionSection(iocs, baseUrl), {
        heading: "Answer",
        lines: [{ text: outcome.reason, paint: style.red, isSentence: true }],
      }];
    case "answered":
      return [
        questionSection(iocs, baseUrl),
        answerSection(outcome.lookedUp, style),
        ...knowsNothing(outcome.lookedUp) ? [] : [{
          heading: "Ranking",
          lines: rankingLines(outcome.lookedUp),
        }, {
          heading: "Events",
          lines: outcome.events.length === 0
            ? [{ text: "none" }]
            : outcome.events.flatMap((event) => eventLines(event, style)),
        }],
      ];
  }
}

function questionSection(iocs: Findings["iocs"], baseUrl: string): Section {
  return {
    heading: "Question",
    lines: [{ text: `${counted(iocs.length, "IoC")}, to ${baseUrl}` }],
  };
}

function answerSection(lookedUp: LookedUp, { yellow }: Style): Section {
  const { reply: { answer, problems }, found: { cutOff }, latencyMs } =
    lookedUp;
  const idsIn = (fields: readonly (keyof typeof answer)[]) =>
    new Set(fields.flatMap((field) => answer[field].nodes.map(({ id }) => id)))
      .size;
  const indicators = counted(idsIn(["exact", "partial"]), "indicator");
  const observables = counted(idsIn(["values", "files"]), "observable");
  const what = knowsNothing(lookedUp)
    ? "nothing is known"
    : `${indicators}, ${observables}`;
  return {
    heading: "Answer",
    lines: [
      { text: `${what}, after ${latencyMs} ms` },
      ...cutOff.length > 0
        ? [{ text: `OpenCTI has more ${cutOff.join(" and ")}`, paint: yellow }]
        : [],
      ...problems.map(({ says }) => ({
        text: says,
        paint: yellow,
        isSentence: true,
      })),
    ],
  };
}

/** Whether an answer is whole, and has nothing in it. */
function knowsNothing(
  { reply: { answer, problems }, found: { cutOff } }: LookedUp,
): boolean {
  return problems.length === 0 && cutOff.length === 0 &&
    Object.values(answer).every(({ nodes }) => nodes.length === 0);
}

/** Why each match ranks where it does: the start of each sentence. */
function rankingLines({ found, ranking }: LookedUp): readonly Line[] {
  const options = { ...ranking, isShort: true };
  const sentences = sentencesOn(found.decisions, options);
  if (sentences.length === 0) return [{ text: "nothing to rank" }];
  return some(sentences, MAX_SENTENCES, (text) => ({ text }));
}

function eventLines(
  { event, rule }: ExplainedEvent,
  { red, yellow, dim }: Style,
): readonly Line[] {
  const opencti = memberOf(event, "opencti");
  const text = (path: string) => String(valueAt(opencti, path) ?? "unknown");
  const severity = text("severity");
  const paint = severity === "critical" || severity === "high"
    ? red
    : severity === "medium"
    ? yellow
    : undefined;
  const indicator = memberOf(opencti, "related") === undefined
    ? ""
    : "related.";
  return [
    {
      text: `${severity}, ${text("state")}: ${
        rule === undefined
          ? "no rule of Wazuh alerts"
          : `rule ${rule.id} alerts with level ${rule.level}`
      }`,
      paint,
    },
    {
      text: `  ${text("event_type")} of ${text("ioc.kind")} ${
        shortened(text("ioc.value"))
      }`,
    },
    { text: `  ${text(`${indicator}indicator.name`)}` },
    {
      text: `  ${text(`${indicator}indicator_link`)}`,
      paint: dim,
      isLink: true,
    },
  ];
}

/** The first of a list, and how many more there are. */
function some<T>(
  items: readonly T[],
  max: number,
  lineOf: (item: T) => Line,
): readonly Line[] {
  return [...items.slice(0, max).map(lineOf), ...moreThan(max, items)];
}

/** The first of some sentences, each whole, and how many more there are. */
function wholes(
  sentences: readonly string[],
  { max, paint }: { readonly max: number; readonly paint: Paint },
): readonly Line[] {
  return [
    ...sentences.slice(0, max)
      .map((text) => ({ text, paint, isSentence: true })),
    ...moreThan(max, sentences),
  ];
}

function moreThan(max: number, items: readonly unknown[]): readonly Line[] {
  return items.length <= max
    ? []
    : [{ text: `and ${items.length - max} more, see them with --json` }];
}

/** A value of an alert may be as long as the alert. */
const MAX_VALUE = 120;

function shortened(text: string): string {
  return cut(escapeControls(text), MAX_VALUE);
}

/** A sentence in lines. */
export function wrapped(
  sentence: string,
  width: number,
): readonly string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

function cut(text: string, width: number): string {
  const letters = [...text.slice(0, 2 * width + 2)];
  return letters.length <= width
    ? text
    : `${letters.slice(0, width - 1).join("")}…`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
