/**
 * Another integration of our name, a Python script: what of it is in Wazuh's
 * places, and whose the integration block is.
 *
 * @module
 */
import type { IntegrationBlock } from "../wazuh/ossec_conf.ts";
import { BEFORE, BLOCK_BEFORE, PROGRAM, SCRIPT } from "./layout.ts";
import { at, filesBelow, isScript, readBytes } from "./tree.ts";

/** The programs of another integration that are in their places. */
export function foreignPrograms(home: string): readonly string[] {
  return [SCRIPT, PROGRAM].filter((path) =>
    path === SCRIPT
      ? at(`${home}/${path}`) !== undefined
      : isScript(`${home}/${path}`)
  );
}

/**
 * Whether a block is of another integration. Installing and uninstalling may
 * have ended in the middle: then its program may be put away already, or ours be
 * in its place, and the block is still as it was.
 */
export function isForeignBlock(
  { apiKey, element }: IntegrationBlock,
  { home, conf }: { readonly home: string; readonly conf: string },
): boolean {
  // Only ours reads its token from a file.
  if (apiKey.startsWith("file:")) return false;
  if (hasForeignProgram(home)) return true;
  const before = readBytes(`${home}/${BLOCK_BEFORE}`);
  // A token in the block itself alone does not make it another's.
  return before === undefined
    ? filesBelow(`${home}/${BEFORE}/integrations`).length > 0
    : before === conf.slice(element.start, element.end);
}

/** Whether integratord would start the program of another integration. */
function hasForeignProgram(home: string): boolean {
  const program = at(`${home}/${PROGRAM}`);
  return program === undefined
    ? at(`${home}/${SCRIPT}`) !== undefined
    : isScript(`${home}/${PROGRAM}`);
}
