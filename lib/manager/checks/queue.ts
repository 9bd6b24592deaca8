/**
 * Wazuh's queue, and the daemons at both ends of our way.
 *
 * @module
 */
import { shellWord } from "../../shell.ts";
import { queueKind } from "../../wazuh/queue.ts";
import { at, canWrite, namesIn } from "../tree.ts";
import { restartCommand } from "../next.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { closedFindings } from "./reach.ts";
import type { Site } from "./site.ts";

const { ok, warning, error } = findingsOf("queue");

/** Whether events can be sent, and somebody takes them. */
export async function checkQueue(
  site: Site,
): Promise<readonly Finding[]> {
  const { home, wazuh } = site;
  const path = `${home}/queue/sockets/queue`;
  const info = at(path);
  const restart = `sudo ${restartCommand(home)}`;
  if (info === undefined) {
    return [error(`${path} does not exist: Wazuh does not run`, restart)];
  }
  if (!info.isSocket) {
    return [error(
      `${path} is no socket: nothing can be sent`,
      `sudo rm -r ${shellWord(path)} && ${restart}`,
    )];
  }
  if (!canWrite(info, wazuh)) {
    return [error(
      `${wazuh.user} may not write to ${path}`,
      `sudo chown ${wazuh.user}:${wazuh.group} ${shellWord(path)} && ` +
        `sudo chmod 0660 ${shellWord(path)}`,
    )];
  }
  const closed = closedFindings(path, { site, link: "queue" });
  if (closed.length > 0) return closed;
  const kind = await queueKind(path);
  if (kind === "unread") {
    return [error(
      `${path} is there, but nobody reads it: wazuh-analysisd does not run`,
      restart,
    )];
  }
  const running = namesIn(`${home}/var/run`);
  const missing = ["wazuh-analysisd", "wazuh-integratord"]
    .filter((name) =>
      !running.some((file) => {
        const pid = /^(.*)-(\d+)\.pid$/.exec(file);
        return pid?.[1] === name && isAlive(Number(pid[2]));
      })
    );
  return missing.length === 0
    ? [ok(
      `${path}, a ${
        kind === "closed" ? "socket" : `${kind} socket that is open`
      }, and ${wazuh.user} may write to it; whether it is full, test says`,
    )]
    : [
      warning(
        `${missing.join(" and ")} ${
          missing.length === 1 ? "does" : "do"
        } not seem to run (no process of its pid file)`,
        restart,
      ),
    ];
}

/** Whether there is a process, where processes can be seen. */
function isAlive(pid: number): boolean {
  try {
    return at("/proc/1") === undefined || at(`/proc/${pid}`) !== undefined;
  } catch {
    return true;
  }
}
