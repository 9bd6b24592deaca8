/**
 * What is done on a manager by hand. Commands load it when they are meant.
 *
 * @module
 */
import { hasSystemd } from "./tree.ts";

export { planInstall } from "./install.ts";
export { showPlan, takeSteps } from "./steps.ts";
export { refuseOthersThanRoot } from "./tree.ts";
export { planUninstall } from "./uninstall.ts";

/** What is to be typed when files were changed: we start no program. */
export function nextSteps(home: string): readonly string[] {
  return [
    "",
    "Now test the configuration, and restart Wazuh:",
    `  ${home}/bin/wazuh-analysisd -t`,
    `  ${restartCommand(home)}`,
  ];
}

/** How Wazuh is restarted here. */
export function restartCommand(home: string): string {
  return hasSystemd()
    ? "systemctl restart wazuh-manager"
    : `${home}/bin/wazuh-control restart`;
}
