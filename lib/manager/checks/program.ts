/**
 * The program, as integratord needs it.
 *
 * @module
 */
import { shellWord } from "../../shell.ts";
import { PROGRAM, SCRIPT } from "../layout.ts";
import { isCopy, isWholeElf, runningExecutable } from "../executable.ts";
import { at, canWrite, isScript, targetAt } from "../tree.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { closedFindings } from "./reach.ts";
import { installCommand, type Site } from "./site.ts";

const { ok, warning, error } = findingsOf("program");

/**
 * Whether integratord will start it. It refuses a file that Wazuh's user could
 * change.
 *
 * @param running The executable that looks; nothing if it runs from source.
 */
export function checkProgram(
  site: Site,
  running: string | undefined = runningExecutable(),
): readonly Finding[] {
  const { home, wazuh } = site;
  const path = `${home}/${PROGRAM}`;
  const info = at(path);
  if (info === undefined) {
    return [error(
      `${path} does not exist`,
      `in the folder of what you downloaded:\n${installCommand(site)}`,
    )];
  }
  if (!info.isFile) {
    return [
      error(
        `${path} is no file, but a link or a folder`,
        `sudo rm -r ${shellWord(path)}`,
      ),
    ];
  }
  if (isScript(path)) {
    return [error(
      `${path} is the script of another integration`,
      `in the folder of what you downloaded:\n${
        installCommand(site)
      } --replace`,
    )];
  }
  // install takes the program that runs: a broken one cannot mend itself.
  const anew = "in the folder of what you downloaded:\n" +
    `sudo ./custom-opencti install --home ${shellWord(home)}`;
  if (!isWholeElf(path)) {
    return [error(
      `${path} cannot run: it is damaged, or made for another machine`,
      anew,
    )];
  }
  const mode = (info.mode ?? 0) % 0o10000;
  const owner = `sudo chown root:${wazuh.group} ${shellWord(path)}`;
  const found: Finding[] = [];
  if (info.uid !== wazuh.root) {
    found.push(error(
      `${path} belongs to user ${info.uid}, and must be root's`,
      owner,
    ));
  }
  if ((mode & 0o022) !== 0) {
    found.push(error(
      `${path} may be changed by others (mode ${octal(mode)}): integratord ` +
        "does not start it",
      `sudo chmod 0750 ${shellWord(path)}`,
    ));
  }
  if ((mode & 0o6000) !== 0) {
    found.push(error(
      `${path} is run with the rights of its owner or group, whoever starts ` +
        `it (mode ${octal(mode)})`,
      `sudo chmod 0750 ${shellWord(path)} && sudo chmod ug-s ${
        shellWord(path)
      }`,
    ));
  }
  const folder = targetAt(`${home}/integrations`);
  if (
    folder !== undefined &&
    (canWrite(folder, wazuh) || ((folder.mode ?? 0) & 0o002) !== 0)
  ) {
    const place = shellWord(`${home}/integrations`);
    found.push(warning(
      `${home}/integrations may be changed by others than root: they could ` +
        "put another program there",
      `sudo chown root:${wazuh.group} ${place} && sudo chmod 0750 ${place}`,
    ));
  }
  const mayRun = info.gid === wazuh.gid ? 0o010 : 0o001;
  if (info.gid !== wazuh.gid && (mode & 0o001) === 0) {
    found.push(error(`${path} is not for the group ${wazuh.group}`, owner));
  } else if ((mode & mayRun) === 0 || (mode & (mayRun << 2)) === 0) {
    found.push(error(
      `${path} may not be run by ${wazuh.user} (mode ${octal(mode)})`,
      `sudo chmod 0750 ${shellWord(path)}`,
    ));
  }
  found.push(...closedFindings(path, { site, link: "program" }));
  if (running !== undefined && !isCopy(path, running)) {
    found.push(warning(
      `${path} is not the same as the program that looks: it is of another ` +
        "version, or damaged",
      anew,
    ));
  }
  if (at(`${home}/${SCRIPT}`) !== undefined) {
    found.push(warning(
      `${home}/${SCRIPT} is left of another integration`,
      `sudo rm ${shellWord(`${home}/${SCRIPT}`)}`,
    ));
  }
  return found.length > 0 ? found : [ok(
    `${path}, root:${wazuh.group}, mode ${octal(mode)}, run by ${wazuh.user}`,
  )];
}

/** A mode as `chmod` takes it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
