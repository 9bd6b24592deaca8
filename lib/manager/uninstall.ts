/**
 * Takes out what install put in. What is to be done is found out by reading
 * what is there; nothing is changed here.
 *
 * @module
 */
import { messageOf, UsageError } from "../errors.ts";
import { shellWord } from "../shell.ts";
import { waitingIn } from "../state/spool_summary.ts";
import { readIntegrationBlocks } from "../wazuh/ossec_conf.ts";
import { removeElement, replaceElement } from "./conf.ts";
import { isForeignBlock } from "./foreign.ts";
import { firstIdIn, leftSteps, recordOf } from "./install_files.ts";
import {
  BEFORE,
  BLOCK_BEFORE,
  CONF,
  CONF_BEFORE,
  DECODER,
  OPTIONS_FILE,
  PROGRAM,
  RECORD,
  RULES,
  SCHEMA,
  STATE,
  STATE_FALLBACK,
  TOKEN_FILE,
} from "./layout.ts";
import { FIRST_ID, moveRuleIds } from "./rules.ts";
import {
  EARLIER,
  SHIPPED_DECODER,
  SHIPPED_RULES,
  SHIPPED_SCHEMA,
} from "./shipped.ts";
import { type Plan, quiet, sha256Of, type Step } from "./steps.ts";
import { at, filesBelow, isScript, readBytes, wazuhUserOf } from "./tree.ts";

/** What the user says. */
export interface UninstallOptions {
  /** Wazuh's home. */
  readonly home: string;
  /** Whether state and token are removed too. */
  readonly isPurge: boolean;
  /** Folders where the options say that state is. */
  readonly stateFolders?: readonly string[];
  /** What waits in folders of state, by their paths. */
  readonly waits?: Readonly<Record<string, string>>;
}

/** What waits in folders of state, and would be lost with them. */
export async function readWaits(
  folders: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(folders.map(async (path) => {
    try {
      const { alerts = 0, events = 0 } = await waitingIn(path) ?? {};
      return [
        path,
        alerts + events === 0 ? "" : `alerts ${alerts}, events ` +
          `${events} wait there and are lost, run retry first`,
      ];
    } catch (error) {
      const says = `what waits there is lost, and cannot be read: ${
        messageOf(error)
      }`;
      return [path, says];
    }
  }));
  return Object.fromEntries(found);
}

/**
 * Finds out what is to be taken out.
 *
 * @throws {UsageError} If Wazuh could not read its configuration.
 */
export function planUninstall(
  { home, isPurge, stateFolders = [], waits = {} }: UninstallOptions,
): Plan {
  wazuhUserOf(home);
  const isThere = (path: string) => at(`${home}/${path}`) !== undefined;
  const left = leftSteps(home);
  const kept = filesBelow(`${home}/${BEFORE}`).map((name) =>
    `${BEFORE}/${name}`
  )
    .filter((path) =>
      path !== BLOCK_BEFORE && !left.some((step) => step.path === path)
    );
  const isOurs = !isScript(`${home}/${PROGRAM}`);
  const steps: readonly Step[] = [
    ...left,
    ...confSteps(home),
    ...[RULES, DECODER, SCHEMA].flatMap((path) => fileSteps(home, path)),
    ...isOurs && isThere(PROGRAM)
      ? [{ do: "remove", path: PROGRAM } as const]
      : [],
    ...kept.map((path): Step => ({
      do: "move",
      path,
      to: path.slice(BEFORE.length + 1),
    })),
    ...[STATE, STATE_FALLBACK, TOKEN_FILE].filter(isThere).map((path): Step =>
      isPurge
        ? {
          do: "remove",
          path,
          ...waits[`${home}/${path}`] && { note: waits[`${home}/${path}`] },
        }
        : {
          do: "keep",
          path,
          note: "--purge removes it, or later sudo rm -r " +
            shellWord(`${home}/${path}`),
        }
    ),
    ...isThere(OPTIONS_FILE)
      ? [{ do: "keep", path: OPTIONS_FILE, note: "it is yours" } as const]
      : [],
    ...isThere(RECORD) ? [quiet({ do: "remove", path: RECORD } as const)] : [],
  ];
  const elsewhere = stateFolders.filter((path) =>
    ![STATE, STATE_FALLBACK].some((usual) => path === `${home}/${usual}`) &&
    isFolder(path)
  );
  return {
    steps,
    // Wazuh's user may write the options: root removes nothing because of them.
    warnings: elsewhere.map((path) =>
      [
        `${path} is left, where an option puts the state`,
        ...isPurge && waits[path] ? [waits[path]] : [],
        ...isPurge ? [`see what is in it, then rm -r ${shellWord(path)}`] : [],
      ].join(": ")
    ),
  };
}

function isFolder(path: string): boolean {
  try {
    return at(path)?.isDirectory === true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function confSteps(home: string): readonly Step[] {
  const path = `${home}/${CONF}`;
  const info = at(path);
  const conf = readBytes(path);
  if (conf === undefined || info === undefined) return [];
  const old = readBytes(`${home}/${BLOCK_BEFORE}`);
  let content = conf;
  try {
    // From the end on, so that the places of those before stay.
    for (const [n, block] of blocksFromEnd(conf)) {
      const { element } = block;
      if (isForeignBlock(block, { home, conf })) continue;
      content = n === 0 && old !== undefined
        ? replaceElement(content, element, { text: old })
        : removeElement(content, element);
    }
  } catch (error) {
    throw new UsageError(
      `Wazuh cannot read ${path}: ${messageOf(error)}, correct it first`,
    );
  }
  const owned = {
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    mode: (info.mode ?? 0o640) % 0o10000,
  };
  return [
    ...content === conf
      ? []
      : [{ do: "change", path: CONF, content, before: conf, owned } as const],
    ...fileSteps(home, CONF_BEFORE),
  ];
}

function blocksFromEnd(conf: string) {
  return [...readIntegrationBlocks(conf).entries()].reverse();
}

/** A file of ours goes, unless the user changed it. */
function fileSteps(home: string, path: string): readonly Step[] {
  const content = readBytes(`${home}/${path}`);
  if (content === undefined) return [];
  // The record is written last: it may not be there yet.
  const rules = moveRuleIds(SHIPPED_RULES, firstIdIn(home) ?? FIRST_ID);
  const isOurs = content === readBytes(`${home}/${recordOf(path)}`) ||
    [rules, SHIPPED_DECODER, SHIPPED_SCHEMA].includes(content) ||
    EARLIER.has(sha256Of(content));
  return [
    isOurs
      ? { do: "remove", path }
      : { do: "keep", path, note: "you changed it" },
  ];
}
