/**
 * What is done on a manager by hand. The commands for it use this alone.
 *
 * @module
 */

export { checkArrival, checkStarted } from "./checks/arrival.ts";
export { checkAlerts, checkBlock, leastLevelIn } from "./checks/block.ts";
export {
  AGAIN,
  check,
  type Finding,
  findingsOf,
  showFindings,
  statusOf,
} from "./checks/finding.ts";
export { checkLately } from "./checks/lately.ts";
export {
  amountFindings,
  factFindings,
  failureFinding,
  stepFindings,
} from "./checks/opencti.ts";
export { checkProgram } from "./checks/program.ts";
export { checkQueue } from "./checks/queue.ts";
export { checkRules } from "./checks/rules.ts";
export { installCommand, readSite, type Site } from "./checks/site.ts";
export {
  checkLog,
  checkOptionFiles,
  checkSpool,
  checkToken,
} from "./checks/state.ts";
export { lockManager } from "./guard.ts";
export { planInstall } from "./install.ts";
export { nextSteps } from "./next.ts";
export { type Plan, refuseSteps, showPlan, takeSteps } from "./steps.ts";
export {
  type Activity,
  activityIn,
  type Emitted,
  emittedIn,
} from "./status.ts";
export { follow, type Followed, lastLinesIn } from "./tail.ts";
export { at, currentUser } from "./tree.ts";
export { planUninstall, readWaits } from "./uninstall.ts";
