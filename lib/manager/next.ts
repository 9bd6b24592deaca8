/**
 * What is to be typed after files were changed: we start no program.
 *
 * @module
 */
import { shellWord } from "../shell.ts";
import { PROGRAM } from "./layout.ts";
import { hasSystemd } from "./tree.ts";

/** What is to be typed, as lines to print. */
export function nextSteps(
  home: string,
  { isInstalled }: { readonly isInstalled: boolean },
): readonly string[] {
  return [
    "",
    "Now test the configuration, and restart Wazuh:",
    `  sudo ${shellWord(`${home}/bin/wazuh-analysisd`)} -t`,
    `  sudo ${restartCommand(home)}`,
    ...isInstalled
      ? [
        "Then see that all is right, and that a match becomes an alert:",
        `  sudo ${shellWord(`${home}/${PROGRAM}`)} doctor`,
        `  sudo ${shellWord(`${home}/${PROGRAM}`)} test`,
      ]
      : [],
  ];
}

/** How Wazuh is restarted here. */
export function restartCommand(home: string): string {
  return hasSystemd()
    ? "systemctl restart wazuh-manager"
    : `${shellWord(`${home}/bin/wazuh-control`)} restart`;
}
