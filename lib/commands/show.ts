/**
 * Shows an explanation on one screen, 80 columns wide: what is too long is cut
 * off, but for links, and all of it stands in the JSON.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Findings } from "../alert/find.ts";
import { memberOf, valueAt } from "../json.ts";
import { escapeControls } from "../log.ts";
import { spellingsOf } from "../opencti/spellings.ts";
import { sentencesOn } from "../run/decisions.ts";
import type { ExplainedEvent, Outcome } from "./explanation.ts";
import type { LookedUp } from "../run/pipeline.ts";
import type { Paint, Style } from "./style.ts";

const WIDTH = 80;
/** The column where what a heading says begins. */
const INDENT = 11;
const ROOM = WIDTH - INDENT;

/** So many IoCs, skipped texts and sentences are shown. */
const MAX_IOCS = 10;
const MAX_SKIPPED = 6;
const MAX_SENTENCES = 5;
const MAX_SENTENCE_LINES = 3;
const MAX_PROBLEMS = 4;

/** A line of the screen, and how it looks. */
interface Line {
  readonly text: string;
  readonly paint?: Paint | undefined;
  /** Whether it is shown whole: a part of a link leads nowhere. */
  readonly isWhole?: boolean;
}

/** A heading, and the lines beside and below it. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly Line[];
}

/** Lays sections out. Headings are bold; sections without lines are left out. */
export function screenOf(
  sections: readonly Section[],
  { bold }: Style,
): string {
  return sections.flatMap(({ heading, lines }) =>
    lines.map(({ text, paint = String, isWhole = false }, n) => {
      const head = (n === 0 ? heading : "").padEnd(INDENT);
      const line = escapeControls(text);
      const shown = isWhole ? line : cut(line, ROOM);
      return `${n === 0 ? bold(head) : head}${paint(shown)}`.trimEnd() + "\n";
    })
  ).join("");
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
        text: columns([[text, 18], [field, 18]], reason),
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

/** What is looked up. */
export function iocSection({ iocs }: Pick<Findings, "iocs">): Section {
  return {
    heading: "IoCs",
    lines: iocs.length === 0
      ? [{ text: "none" }]
      : some(iocs, MAX_IOCS, ({ kind, value, field }) => ({
        text: columns([[kind, 10], [value, 38]], field),
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
        lines: ["none: OpenCTI is not asked", outcome.reason].flatMap((text) =>
          wrapped(text)
        )
          .map((text) => ({ text, paint: style.yellow })),
      }];
    case "failed":
      return [questionSection(iocs, baseUrl), {
        heading: "Answer",
        lines: wrapped(outcome.reason).map((text) => ({
          text,
          paint: style.red,
        })),
      }];
    case "answered":
      return [
        questionSection(iocs, baseUrl),
        answerSection(outcome.lookedUp, style),
        {
          heading: "Ranking",
          lines: rankingLines(outcome.lookedUp),
        },
        {
          heading: "Events",
          lines: outcome.events.length === 0
            ? [{ text: "none: nothing to emit" }]
            : outcome.events.flatMap((event) => eventLines(event, style)),
        },
      ];
  }
}

function questionSection(iocs: Findings["iocs"], baseUrl: string): Section {
  const spellings = new Set(iocs.flatMap(spellingsOf)).size;
  return {
    heading: "Question",
    lines: [{
      text: `to ${baseUrl}: ${counted(iocs.length, "IoC")} in ` +
        counted(spellings, "spelling"),
    }],
  };
}

function answerSection(
  { reply: { answer, problems }, found: { cutOff }, latencyMs }: LookedUp,
  { yellow }: Style,
): Section {
  const idsIn = (fields: readonly (keyof typeof answer)[]) =>
    new Set(fields.flatMap((field) => answer[field].nodes.map(({ id }) => id)))
      .size;
  const indicators = counted(idsIn(["exact", "partial"]), "indicator");
  const observables = counted(idsIn(["values", "files"]), "observable");
  return {
    heading: "Answer",
    lines: [
      { text: `${indicators}, ${observables}, after ${latencyMs} ms` },
      ...cutOff.length > 0
        ? [{ text: `OpenCTI has more ${cutOff.join(" and ")}`, paint: yellow }]
        : [],
      ...problems.flatMap(({ says }) => wrapped(says))
        .map((text) => ({ text, paint: yellow })),
    ],
  };
}

/** Why each match ranks where it does: the start of each sentence. */
function rankingLines({ found, ranking }: LookedUp): readonly Line[] {
  const options = { ...ranking, isShort: true };
  const sentences = sentencesOn(found.decisions, options);
  if (sentences.length === 0) return [{ text: "nothing to rank" }];
  const lines = sentences.slice(0, MAX_SENTENCES).flatMap((sentence) => {
    const [first = "", ...rest] = wrapped(sentence, ROOM - 2);
    return [first, ...rest.map((line) => `  ${line}`)]
      .slice(0, MAX_SENTENCE_LINES).map((text) => ({ text }));
  });
  return [...lines, ...moreThan(MAX_SENTENCES, sentences)];
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
    { text: `  ${text("event_type")} of` },
    { text: `  ${text("ioc.kind")} ${text("ioc.value")}` },
    {
      text: `  score ${text("score")}: ${text(`${indicator}indicator.name`)}`,
    },
    {
      text: `  ${text(`${indicator}indicator_link`)}`,
      paint: dim,
      isWhole: true,
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
    ...sentences.slice(0, max).flatMap((sentence) => wrapped(sentence))
      .map((text) => ({ text, paint })),
    ...moreThan(max, sentences),
  ];
}

function moreThan(max: number, items: readonly unknown[]): readonly Line[] {
  return items.length <= max
    ? []
    : [{ text: `and ${items.length - max} more, see them with --json` }];
}

/** Cells of fixed widths, and a last one that takes what is left. */
function columns(
  cells: readonly (readonly [text: string, width: number])[],
  last: string,
): string {
  return [
    ...cells.map(([text, width]) =>
      cut(escapeControls(text), width - 1).padEnd(width)
    ),
    last,
  ].join("");
}

/** A sentence in lines. */
export function wrapped(
  sentence: string,
  width: number = ROOM,
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
