/**
 * The command `lookup`: shows what OpenCTI knows of single values.
 *
 * @module
 */
import { parseAlert } from "../alert/alert.ts";
import { type Ioc, type Skipped, toIoc } from "../alert/ioc.ts";
import type { TextKind } from "../alert/kinds.ts";
import { UsageError } from "../errors.ts";
import type { Decision } from "../match/match.ts";
import { spellingsOf } from "../opencti/spellings.ts";
import { ASKED_OPTIONS, askedBy } from "./asked.ts";
import { type Command, print } from "./command.ts";
import { exitStatusFor, explainerFor, type Outcome } from "./explanation.ts";
import { jsonOf, outcomeJson } from "./explanation_json.ts";
import { readOptions } from "./options.ts";
import {
  iocSection,
  noteSection,
  outcomeSections,
  problemSection,
  screenOf,
} from "./show.ts";
import { textOfStdin } from "./stdin.ts";
import { styleOfStdout } from "./style.ts";

/** Shows what OpenCTI knows of values. */
export const lookup: Command = {
  name: "lookup",
  summary: "Show what OpenCTI knows of addresses, domains, URLs, hashes…",
  usage: ["lookup [VALUE…] [--url URL] [--token-file FILE] [--json]"],
  about: "Asks OpenCTI for values, as for those of an alert, and shows the " +
    "answer, the ranking, and the events that an alert with them would cause. " +
    "What your lists skip is looked up too, and it says so. Any user may run " +
    "it. It writes, keeps and sends nothing. The exit status is 1 if OpenCTI " +
    "does not answer, and 2 if it cannot be asked, or a value is none that can " +
    "be looked up.",
  arguments: [[
    "VALUE",
    "IP address, domain, URL, hash, e-mail or MAC address; without one, " +
    "stdin has one in each line; 100 at the most",
  ]],
  options: [
    ...ASKED_OPTIONS,
    { name: "json", means: "print JSON, with all that does not fit a screen" },
  ],
  examples: [
    ["custom-opencti lookup 185.244.31.158 evil.example", "look up two values"],
    ["custom-opencti lookup --json < values.txt", "look up a list, as JSON"],
  ],
  run: async ({ words, error }, context) => {
    if (error !== undefined) throw error;
    const said = readOptions(words, lookup);
    const values = said.words.length > 0 ? said.words : await linesOfStdin();
    if (values.length === 0) throw noValues();
    const read = readValues(values);
    const explainer = await explainerFor(askedBy(said, context.home), context);
    const outcome = await explainer.lookUp(parseAlert("{}"), read);
    const { baseUrl, redact, problems } = explainer;
    const listed = read.iocs.flatMap((ioc) => {
      const reason = explainer.pipeline.whyIgnored(ioc);
      return reason === undefined ? [] : [{ value: ioc.value, reason }];
    });
    if (said.has("json")) {
      await print(jsonOf({
        problems: problems(),
        skipped: read.skipped,
        listed,
        values: read.iocs.map((ioc) => ({
          kind: ioc.kind,
          value: ioc.value,
          known: knownOf(ioc, outcome) ?? null,
        })),
        ...outcomeJson(outcome, { ...read, baseUrl }),
      }, redact));
      return statusOf(outcome, read);
    }
    const style = styleOfStdout();
    await print(redact(screenOf([
      problemSection(problems(), style),
      iocSection(read, (ioc) => SAYS[knownOf(ioc, outcome) ?? "unasked"]),
      noteSection([
        ...read.skipped.map(({ text, reason }) => `${text || '""'}: ${reason}`),
        ...listed.map(({ value, reason }) =>
          `${value}: skipped in an alert, ${reason}`
        ),
      ], style),
      ...outcomeSections(outcome, { ...read, baseUrl, style }),
    ], style)));
    return statusOf(outcome, read);
  },
};

/** What OpenCTI knows of a value. */
type Known = "match" | "known" | "nothing";

const SAYS: Readonly<Record<Known | "unasked", string>> = {
  match: "match",
  known: "known",
  nothing: "not known",
  unasked: "",
};

/** Nothing, if the answer does not tell: it failed, or was cut off. */
function knownOf(ioc: Ioc, outcome: Outcome): Known | undefined {
  if (outcome.type !== "answered") return undefined;
  const { reply: { answer, problems }, found } = outcome.lookedUp;
  const isOfIoc = (decision: Decision) =>
    "match" in decision && decision.match.met.ioc.value === ioc.value &&
    decision.match.met.ioc.kind === ioc.kind;
  if (found.decisions.some(isOfIoc)) return "match";
  const texts = [
    ...[answer.exact, answer.partial].flatMap(({ nodes }) =>
      nodes.map(({ pattern }) => pattern ?? "")
    ),
    ...[answer.values, answer.files].flatMap(({ nodes }) =>
      nodes.flatMap(({ observable_value, hashes }) =>
        [observable_value, ...(hashes ?? []).map(({ hash }) => hash ?? "")]
          .map((text) => `'${text}'`)
      )
    ),
  ].map((text) => text.toLowerCase());
  const isThere = spellingsOf(ioc).some((spelling) =>
    // As a pattern writes it: the whole of a text.
    texts.some((text) => text.includes(`'${spelling.toLowerCase()}'`))
  );
  if (isThere) return "known";
  return problems.length > 0 || found.cutOff.length > 0 ? undefined : "nothing";
}

/** A value that cannot be looked up must not read as one that is not known. */
function statusOf(
  outcome: Outcome,
  { skipped }: Pick<Values, "skipped">,
): 0 | 1 | 2 {
  return skipped.length > 0 ? 2 : exitStatusFor(outcome);
}

/** As many as of an alert. */
const MAX_VALUES = 100;

async function linesOfStdin(): Promise<readonly string[]> {
  return (await textOfStdin() ?? "").split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is asked for, each value once, and what is no IoC. */
interface Values {
  readonly iocs: readonly Ioc[];
  readonly skipped: readonly Skipped[];
}

function readValues(values: readonly string[]): Values {
  const read = [...new Set(values)].map(iocIn);
  const iocs = new Map(
    read.filter((one) => "spellings" in one)
      .map((ioc) => [`${ioc.kind} ${ioc.value}`, ioc]),
  );
  if (iocs.size > MAX_VALUES) throw tooMany();
  return {
    iocs: [...iocs.values()],
    skipped: read.filter((one) => "reason" in one),
  };
}

function noValues(): UsageError {
  return new UsageError("lookup needs values: see custom-opencti help lookup");
}

function tooMany(): UsageError {
  return new UsageError(
    `lookup takes ${MAX_VALUES} values at a time: split the list`,
  );
}

/** In this order: a URL has a host in it, and an e-mail address a domain. */
const KINDS_OF_VALUES = [
  "hash",
  "url",
  "email",
  "mac",
  "host",
] as const satisfies readonly TextKind[];

function iocIn(text: string): Ioc | Skipped {
  for (const kind of KINDS_OF_VALUES) {
    const ioc = toIoc({ kind, text, field: "" });
    if ("spellings" in ioc) return ioc;
  }
  return {
    text,
    field: "",
    reason: "no address, domain, URL, hash, e-mail or MAC address",
  };
}
