/**
 * What runs leave behind, the log and the spool, and the token that they read.
 *
 * @module
 */
import { messageOf } from "../../errors.ts";
import { shellWord } from "../../shell.ts";
import type { StateFolders } from "../../state/marker.ts";
import { waitingIn } from "../../state/spool_summary.ts";
import { PROGRAM } from "../layout.ts";
import {
  at,
  canRead,
  canWrite,
  isRefused,
  targetAt,
  type WazuhUser,
} from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { octal } from "./program.ts";
import { closedFindings, seeWhy } from "./reach.ts";
import { installCommand, type Site } from "./site.ts";

/** Whether runs can write to the log. */
export function checkLog(site: Site): readonly Finding[] {
  const { home, wazuh } = site;
  const { ok, warning } = findingsOf("log");
  const path = `${home}/logs/integrations.log`;
  const info = at(path);
  if (info === undefined) {
    const folder = at(`${home}/logs`);
    return folder !== undefined && canWrite(folder, wazuh)
      ? [ok(`${path} is made by the first run`)]
      : [warning(
        `${wazuh.user} cannot make ${path}: runs cannot log`,
        `sudo install -o ${wazuh.user} -g ${wazuh.group} -m 0640 /dev/null ` +
          shellWord(path),
      )];
  }
  if (!info.isFile) {
    return [
      warning(
        `${path} is no file: runs cannot log`,
        `sudo rm -r ${shellWord(path)}`,
      ),
    ];
  }
  const closed = closedFindings(path, { site, link: "log", level: "warning" });
  if (closed.length > 0) return closed;
  if (isRefused(path)) {
    return [warning(
      `${path} cannot be changed, even by who may: runs cannot log`,
      seeWhy(path),
    )];
  }
  return canWrite(info, wazuh) ? [ok(path)] : [warning(
    `${wazuh.user} may not write to ${path}: runs cannot log`,
    `sudo chown ${wazuh.user}:${wazuh.group} ${shellWord(path)}`,
  )];
}

/** Whether something can be kept, and what waits. */
export async function checkSpool(
  site: Site,
  folders: StateFolders,
): Promise<readonly Finding[]> {
  const { ok, warning } = findingsOf("spool");
  const { wazuh } = site;
  const [dir = "", ...others] = folders;
  const info = at(dir);
  const instead = others.find((folder) => canKeepIn(folder, wazuh));
  const worse = (finding: Finding): readonly Finding[] => [
    { ...finding, level: instead === undefined ? "error" : "warning" },
  ];
  const then = instead === undefined
    ? "alerts that fail are lost"
    : `alerts that fail are kept in ${instead}`;
  if (info === undefined) {
    return worse(warning(
      `${dir} does not exist: ${then}`,
      dir.startsWith(site.home)
        ? installCommand(site)
        : `sudo install -d -o ${wazuh.user} -g ${wazuh.group} -m 0750 ${
          shellWord(dir)
        }`,
    ));
  }
  const mode = (info.mode ?? 0) % 0o1000;
  const owner = `sudo chown -R ${wazuh.user}:${wazuh.group} ${shellWord(dir)}`;
  if (!info.isDirectory) {
    return worse(
      warning(`${dir} is no folder: ${then}`, `sudo rm ${shellWord(dir)}`),
    );
  }
  if ((mode & 0o002) !== 0) {
    return worse(warning(
      `${dir} may be changed by everybody (mode ${octal(mode)}): ${then}`,
      `sudo chmod 0750 ${shellWord(dir)}`,
    ));
  }
  if (!canWrite(info, wazuh)) {
    return worse(
      warning(`${wazuh.user} may not write to ${dir}: ${then}`, owner),
    );
  }
  const [closed] = closedFindings(dir, { site, link: "spool" });
  if (closed !== undefined) return worse(closed);
  const database = at(`${dir}/spool.db`);
  if (database !== undefined && !canWrite(database, wazuh)) {
    return worse(warning(
      `${wazuh.user} may not write to ${dir}/spool.db, which root made: ${then}`,
      owner,
    ));
  }
  if (database !== undefined && isRefused(`${dir}/spool.db`)) {
    return worse(warning(
      `${dir}/spool.db cannot be changed, even by who may: ${then}`,
      seeWhy(`${dir}/spool.db`),
    ));
  }
  const waiting = await waitingIn(dir).catch((problem) => messageOf(problem));
  if (typeof waiting === "string") {
    return [warning(
      `What waits in ${dir} cannot be read: ${waiting}`,
      "see what the next run says in logs/integrations.log",
    )];
  }
  const retry = `sudo runuser -u ${wazuh.user} -- ${
    shellWord(`${site.home}/${PROGRAM}`)
  } retry`;
  const outages = (waiting?.outages ?? []).map((
    { baseUrl, since, failures, alerts, says },
  ) => {
    const fails = `${baseUrl} fails since ${new Date(since).toISOString()}`;
    return isAsked(baseUrl, site)
      ? warning(
        `${fails}, in a row ${failures}, alerts kept: ${alerts}: ${says}`,
        "correct what is wrong on the way to OpenCTI, runs look it up again " +
          "by themselves",
      )
      : warning(
        `${fails}, and no block asks it any more: what waits for it is looked ` +
          "up where the blocks ask by retry alone",
        retry,
      );
  });
  if (waiting === undefined || waiting.alerts + waiting.events === 0) {
    return outages.length > 0 ? outages : [
      ok(`${dir}, nothing waits; room on its disk is not looked at`),
    ];
  }
  return [
    ...outages,
    warning(
      `Alerts that wait in ${dir}: ${waiting.alerts}, events: ${waiting.events}, since ${
        new Date(waiting.since ?? 0).toISOString()
      }${waiting.why === "" ? "" : `: ${waiting.why}`}`,
      outages.length > 0
        ? `when that is corrected, runs do it by themselves, or at once:\n${retry}`
        : retry,
    ),
  ];
}

/** Whether a block asks an address. */
function isAsked(baseUrl: string, { blocks }: Site): boolean {
  return blocks.some(({ hookUrl }) => `${hookUrl}/`.startsWith(`${baseUrl}/`));
}

/** Whether runs can keep something in a folder, or make it for that. */
function canKeepIn(folder: string, wazuh: WazuhUser): boolean {
  const info = at(folder);
  if (info === undefined) {
    const parent = at(folder.replace(/\/[^/]*$/, ""));
    return parent !== undefined && canWrite(parent, wazuh);
  }
  const database = at(`${folder}/spool.db`);
  return info.isDirectory && canWrite(info, wazuh) &&
    ((info.mode ?? 0) & 0o002) === 0 &&
    (database === undefined || canWrite(database, wazuh));
}

/** Files that options are in, or name. */
export interface OptionFiles {
  /** Without these, the rest is used. */
  readonly useful: readonly string[];
  /** Without these, OpenCTI is not asked. */
  readonly needed: readonly string[];
}

/**
 * Whether runs may read the files of the options, and not everybody may change
 * them: root reads all of them. What is missing is a mistake, said elsewhere.
 */
export function checkOptionFiles(
  site: Site,
  { useful, needed }: OptionFiles,
): readonly Finding[] {
  const { wazuh } = site;
  const { warning } = findingsOf("options");
  return [...new Set([...useful, ...needed])].flatMap((path) => {
    const info = targetAt(path);
    if (info === undefined) return [];
    const level = needed.includes(path) ? "error" : "warning";
    return [
      ...closedFindings(path, { site, link: "options", level }),
      ...canRead(info, wazuh) ? [] : [
        {
          ...warning(
            `${wazuh.user} may not read ${path}: its options are not used`,
            // Who laid the link may want root to open what it leads to.
            at(path)?.isSymlink === true
              ? `see where this link leads:\nls -l ${shellWord(path)}`
              : `sudo chown root:${wazuh.group} ${shellWord(path)} && ` +
                `sudo chmod 0640 ${shellWord(path)}`,
          ),
          level,
        } as const,
      ],
      ...((info.mode ?? 0) & 0o002) === 0 ? [] : [warning(
        `${path} may be changed by everybody (mode ${
          octal((info.mode ?? 0) % 0o10000)
        }), and decides what is looked up`,
        `sudo chmod o-w ${shellWord(path)}`,
      )],
    ];
  });
}

/** Whether the token's file is there, and for whom it should be. */
export function checkToken(site: Site): readonly Finding[] {
  const { wazuh, blocks } = site;
  const { ok, error } = findingsOf("token");
  return blocks.flatMap(({ apiKey }) => {
    const path = /^file:(\/.*)$/.exec(apiKey)?.[1];
    if (path === undefined) return [];
    const isLink = at(path)?.isSymlink === true;
    const info = targetAt(path);
    // Who laid a link may want root to open what it leads to.
    const asks = (command: string) =>
      isLink ? `see where this link leads:\nls -l ${shellWord(path)}` : command;
    const anew = `${installCommand(site)} --token-file FILE`;
    if (info === undefined && !isLink) {
      return [error(`${path} does not exist`, anew)];
    }
    if (info?.isFile !== true) {
      return [error(
        `${path} is no file`,
        "remove it, and write the token into a file FILE:\n" +
          `sudo rm -r ${shellWord(path)}\n${anew}`,
      )];
    }
    if (!canRead(info, wazuh)) {
      return [error(
        `${wazuh.user} may not read ${path}`,
        asks(
          `sudo chown root:${wazuh.group} ${shellWord(path)} && ` +
            `sudo chmod 0640 ${shellWord(path)}`,
        ),
      )];
    }
    const closed = closedFindings(path, { site, link: "token" });
    if (closed.length > 0) return closed;
    if (((info.mode ?? 0) & 0o007) !== 0) {
      return [
        error(
          `${path} may be used by others`,
          asks(`sudo chmod o= ${shellWord(path)}`),
        ),
      ];
    }
    return [ok(path)];
  });
}
