/**
 * What is to be done to a manager's files: steps, that can be shown before they
 * are taken.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { messageOf, UsageError } from "../errors.ts";
import { decoded, toBytes } from "./bytes.ts";
import { diffOf } from "./diff.ts";
import { readProgram } from "./executable.ts";
import { holdFolder, refuseHardLink, refuseLinks } from "./guard.ts";
import { RECORD } from "./layout.ts";
import {
  at,
  isOwned,
  makeParents,
  moveFile,
  own,
  type Owned,
  placeFile,
  placeFolder,
  readBytes,
  remove,
} from "./tree.ts";

/** A step. Paths are below Wazuh's home, those of `from` are not. */
export type Step =
  | {
    readonly do: "write" | "change";
    readonly path: string;
    readonly content: string;
    readonly owned: Owned;
    readonly note?: string;
    /** What it was, for the diff of a change. */
    readonly before?: string;
  }
  | {
    readonly do: "copy";
    readonly path: string;
    readonly from: string;
    readonly owned: Owned;
    readonly note?: string;
  }
  | {
    readonly do: "make" | "own";
    readonly path: string;
    readonly owned: Owned;
    readonly note?: string;
  }
  | {
    readonly do: "move";
    readonly path: string;
    readonly to: string;
    readonly note?: string;
  }
  | {
    readonly do: "remove" | "keep";
    readonly path: string;
    readonly note?: string;
  };

/** All that is to be done, and what else is to be said. */
export interface Plan {
  readonly steps: readonly Step[];
  /** What would stop Wazuh, or needs a decision. */
  readonly warnings: readonly string[];
}

/** What marks a step that is not worth a line. */
const QUIET = "";

/** A step that is not shown: it serves install alone. */
export function quiet<S extends Step>(step: S): S {
  return { ...step, note: QUIET };
}

/** A plan, a line for each step. */
export function showPlan(
  { steps, warnings }: Plan,
  { home, withDiff }: { readonly home: string; readonly withDiff: boolean },
): readonly string[] {
  return [
    ...steps.filter(({ note }) => note !== QUIET).flatMap((step) => [
      `  ${step.do.padEnd(7)} ${step.path}${
        step.do === "move" ? ` to ${step.to}` : ""
      }${step.note === undefined ? "" : `: ${step.note}`}`,
      ...withDiff && step.do === "change"
        ? diffOf(decoded(step.before ?? ""), decoded(step.content), {
          path: `${home}/${step.path}`,
        }).map((line) => `    ${line}`)
        : [],
    ]),
    ...warnings.map((warning) => `! ${warning}`),
  ];
}

/**
 * Refuses steps that would change something else than was planned.
 *
 * @throws {UsageError} If there is one.
 */
export function refuseSteps(steps: readonly Step[], home: string): void {
  for (const step of steps) if (step.do !== "keep") refuseStep(step, home);
}

/**
 * Takes all steps, in order.
 *
 * @throws {UsageError} If one fails. Those before it are taken: doing it again
 * goes on from there.
 */
export function takeSteps(steps: readonly Step[], home: string): void {
  refuseSteps(steps, home);
  for (const step of steps) {
    // Nothing is done to it: it may be a link of the user's.
    if (step.do === "keep") continue;
    try {
      takeStep(step, home);
    } catch (error) {
      const says = /\bos error 16\b/.test(messageOf(error))
        ? "it is mounted from outside, and cannot be replaced here: make the " +
          "change that --dry-run shows in the file that is mounted"
        : messageOf(error);
      throw new UsageError(
        `Cannot ${step.do} ${home}/${step.path}: ${says}; what ` +
          "stands before it is done, correct this and run it again",
      );
    }
  }
}

/**
 * Refuses to change a file that another has changed since the plan was made: a
 * person may have been asked in between.
 */
function refuseChanged(step: Step, home: string): void {
  if (step.do !== "change" || step.before === undefined) return;
  if (readBytes(`${home}/${step.path}`) !== step.before) {
    throw new UsageError(
      `${home}/${step.path} was changed meanwhile: run this again`,
    );
  }
}

/** Refuses a step that would change something else than was planned. */
function refuseStep(step: Step, home: string): void {
  for (const path of pathsOf(step)) refuseLinks(home, path);
  if ("owned" in step) refuseHardLink(home, step.path);
  refuseChanged(step, home);
}

function pathsOf(step: Step): readonly string[] {
  return step.do === "move" ? [step.path, step.to] : [step.path];
}

function takeStep(step: Step, home: string): void {
  for (const path of pathsOf(step)) {
    if (path.startsWith(`${RECORD}/`)) makeParents(`${home}/${path}`);
  }
  const held = pathsOf(step).map((path) => holdFolder(home, path));
  const refuseMoved = () => held.forEach((refuse) => refuse());
  refuseStep(step, home);
  carryOut(step, { home, refuseMoved });
  // What was changed for a moment alone is not seen by that.
  refuseMoved();
}

function carryOut(
  step: Step,
  { home, refuseMoved }: {
    readonly home: string;
    readonly refuseMoved: () => void;
  },
): void {
  const path = `${home}/${step.path}`;
  switch (step.do) {
    case "write":
    case "change": {
      const content = toBytes(step.content);
      return placeFile(path, content, { owned: step.owned, refuseMoved });
    }
    case "copy": {
      const content = readProgram(step.from);
      return placeFile(path, content, { owned: step.owned, refuseMoved });
    }
    case "make":
      return placeFolder(path, { owned: step.owned, refuseMoved });
    case "own":
      return own(path, { owned: step.owned, refuseMoved });
    case "move":
      return moveFile(path, `${home}/${step.to}`);
    case "remove":
      return remove(path);
    case "keep":
      return;
  }
}

/** What is there, if it is not as it should be, is made so. */
export function ownSteps(
  home: string,
  path: string,
  { owned }: { readonly owned: Owned },
): readonly Step[] {
  const info = at(`${home}/${path}`);
  if (info === undefined || isOwned(info, owned)) return [];
  return [{ do: "own", path, owned, note: describe(owned) }];
}

function describe({ uid, gid, mode }: Owned): string {
  return `owner ${uid}:${gid}, mode ${mode.toString(8).padStart(4, "0")}`;
}

/** The SHA-256 of a file's bytes. */
export function sha256Of(bytes: string): string {
  return createHash("sha256").update(toBytes(bytes)).digest("hex");
}
