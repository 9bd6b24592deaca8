/**
 * What runs leave behind, the log and the spool, and the token that they read.
 *
 * @module
 */
import { messageOf } from "../../errors.ts";
import type { StateFolders } from "../../state/marker.ts";
import { waitingIn } from "../../state/spool_summary.ts";
import { at, canRead, canWrite } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { octal } from "./program.ts";
import { installCommand, type Site } from "./site.ts";

/** Whether runs can write to the log. */
export function checkLog({ home, wazuh }: Site): readonly Finding[] {
  const { ok, warning } = findingsOf("log");
  const path = `${home}/logs/integrations.log`;
  const info = at(path);
  if (info === undefined) {
    const folder = at(`${home}/logs`);
    return folder !== undefined && canWrite(folder, wazuh)
      ? [ok(`${path} is made by the first run`)]
      : [warning(
        `${wazuh.user} cannot make ${path}: runs say nothing there`,
        `install -o ${wazuh.user} -g ${wazuh.group} -m 0640 /dev/null ${path}`,
      )];
  }
  if (!info.isFile) {
    return [
      warning(
        `${path} is no file: runs say nothing there`,
        `sudo rm -r ${path}`,
      ),
    ];
  }
  return canWrite(info, wazuh) ? [ok(path)] : [warning(
    `${wazuh.user} may not write to ${path}: runs say nothing there`,
    `chown ${wazuh.user}:${wazuh.group} ${path}`,
  )];
}

/** Whether something can be kept, and what waits. */
export async function checkSpool(
  site: Site,
  folders: StateFolders,
): Promise<readonly Finding[]> {
  const { ok, warning, error } = findingsOf("spool");
  const { wazuh } = site;
  const [dir = ""] = folders;
  const info = at(dir);
  if (info === undefined) {
    return [warning(
      `${dir} does not exist: state is kept elsewhere, or not at all`,
      dir.startsWith(site.home)
        ? installCommand(site)
        : `install -d -o ${wazuh.user} -g ${wazuh.group} -m 0750 ${dir}`,
    )];
  }
  const mode = (info.mode ?? 0) % 0o1000;
  const owner = `chown -R ${wazuh.user}:${wazuh.group} ${dir}`;
  if (!info.isDirectory) {
    return [
      error(`${dir} is no folder: nothing can be kept`, `sudo rm ${dir}`),
    ];
  }
  if ((mode & 0o002) !== 0) {
    return [error(
      `${dir} may be changed by everybody (mode ${
        octal(mode)
      }): nothing is kept`,
      `chmod 0750 ${dir}`,
    )];
  }
  if (!canWrite(info, wazuh)) {
    return [
      error(`${wazuh.user} may not write to ${dir}: nothing is kept`, owner),
    ];
  }
  const database = at(`${dir}/spool.db`);
  if (database !== undefined && !canWrite(database, wazuh)) {
    return [error(
      `${wazuh.user} may not write to ${dir}/spool.db, which root made`,
      owner,
    )];
  }
  const waiting = await waitingIn(dir).catch((problem) => messageOf(problem));
  if (typeof waiting === "string") {
    return [warning(
      `What waits in ${dir} cannot be read: ${waiting}`,
      "see what the next run says in logs/integrations.log",
    )];
  }
  const outages = (waiting?.outages ?? []).map((
    { baseUrl, since, failures, alerts, says },
  ) =>
    warning(
      `${baseUrl} fails since ${new Date(since).toISOString()}, in a row ` +
        `${failures}, alerts kept: ${alerts}: ${says}`,
      "correct what is wrong on the way to OpenCTI, runs look it up again " +
        "by themselves",
    )
  );
  if (waiting === undefined || waiting.alerts + waiting.events === 0) {
    return outages.length > 0 ? outages : [ok(`${dir}, nothing waits`)];
  }
  return [
    ...outages,
    warning(
      `Alerts that wait: ${waiting.alerts}, events: ${waiting.events}, since ${
        new Date(waiting.since ?? 0).toISOString()
      }${waiting.why === "" ? "" : `: ${waiting.why}`}`,
      `runuser -u ${wazuh.user} -- ${site.home}/integrations/custom-opencti retry`,
    ),
  ];
}

/** Whether the token's file is there, and for whom it should be. */
export function checkToken(
  { home, wazuh, blocks }: Site,
): readonly Finding[] {
  const { ok, error } = findingsOf("token");
  return blocks.flatMap(({ apiKey }) => {
    const path = /^file:(\/.*)$/.exec(apiKey)?.[1];
    if (path === undefined) return [];
    const info = at(path);
    const owner = `chown root:${wazuh.group} ${path} && chmod 0640 ${path}`;
    if (info === undefined) {
      return [error(
        `${path} does not exist`,
        `sudo ${home}/integrations/custom-opencti install --token-file FILE`,
      )];
    }
    if (!canRead(info, wazuh)) {
      return [error(`${wazuh.user} may not read ${path}`, owner)];
    }
    if (((info.mode ?? 0) & 0o007) !== 0) {
      return [error(`${path} may be used by others`, `chmod o= ${path}`)];
    }
    return [ok(path)];
  });
}
