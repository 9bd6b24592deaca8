/**
 * A plan for a manager: carried out and printed, or only printed.
 *
 * @module
 */
import {
  nextSteps,
  type Plan,
  refuseSteps,
  showPlan,
  takeSteps,
} from "../manager/mod.ts";
import { print } from "./command.ts";

/**
 * Carries out a plan, and prints what was done and what is to be typed next. A
 * dry run prints what would be done, and changes nothing.
 *
 * @param options `isInstalled` after it is done.
 *
 * @throws {UsageError} If a step fails, or would be refused.
 */
export async function carryOut(
  plan: Plan,
  { home, isDryRun, isInstalled }: {
    readonly home: string;
    readonly isDryRun: boolean;
    readonly isInstalled: boolean;
  },
): Promise<void> {
  (isDryRun ? refuseSteps : takeSteps)(plan.steps, home);
  const isChange = plan.steps.some((step) => step.do !== "keep");
  await print([
    !isChange
      ? isInstalled
        ? `All is in place in ${home}, nothing is to be done:`
        : `Nothing is installed in ${home}.`
      : isDryRun
      ? `Nothing is done. This would be done in ${home}:`
      : `${isInstalled ? "Installed in" : "Taken out of"} ${home}:`,
    ...showPlan(plan, { home, withDiff: isDryRun }),
    ...isDryRun || !isChange ? [] : nextSteps(home, { isInstalled }),
    "",
  ].join("\n"));
}
