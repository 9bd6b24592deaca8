/**
 * A Wazuh manager on which the product is installed, and all is right; and the
 * end of analysisd that writes alerts.
 *
 * @module
 */
import { planInstall } from "../../lib/manager/install.ts";
import { takeSteps } from "../../lib/manager/steps.ts";
import { startAnalysisd } from "./analysisd.ts";
import { giveToGroup, giveToWazuh } from "./home.ts";
import { CONF, makeManager } from "./manager.ts";
import { type QueueStandIn, startQueue } from "./queue.ts";
import { TOKEN } from "./secret.ts";

const ALERT = JSON.stringify({ rule: { level: 3, groups: ["ids"] } });

/** A manager on which nothing is wrong. */
export async function makeInstalled(
  url: string,
  { conf = CONF, runs = false, prefix }: {
    readonly conf?: string;
    readonly prefix?: string | undefined;
    /** Whether the program is run there: then it is not a file in its place. */
    readonly runs?: boolean;
  } = {},
): Promise<{ readonly home: string; readonly queue: QueueStandIn }> {
  const { home, program } = await makeManager({ conf, prefix });
  const { steps } = planInstall({
    home,
    program,
    url,
    token: TOKEN,
    mayReplace: false,
    askToken: () => undefined,
  });
  takeSteps(steps, home);
  if (runs) await putExecutable(`${home}/integrations/custom-opencti`);
  await Deno.mkdir(`${home}/var/run`, { recursive: true });
  for (const daemon of ["analysisd", "integratord"]) {
    await Deno.writeTextFile(
      `${home}/var/run/wazuh-${daemon}-${Deno.pid}.pid`,
      `${Deno.pid}`,
    );
  }
  await Deno.writeTextFile(`${home}/logs/alerts/alerts.json`, `${ALERT}\n`);
  giveToWazuh(`${home}/logs/alerts/alerts.json`, 0o640);
  await Deno.writeTextFile(`${home}/logs/integrations.log`, "");
  giveToWazuh(`${home}/logs/integrations.log`, 0o640);
  const queue = startQueue(home);
  giveToWazuh(`${home}/queue/sockets/queue`, 0o660);
  return { home, queue };
}

let copied: Promise<string> | undefined;

/** The executable that is tested, copied once and owned as install does it. */
async function putExecutable(path: string): Promise<void> {
  const executable = Deno.env.get("CUSTOM_OPENCTI");
  if (executable === undefined) return;
  copied ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "wazuh-program-" });
    addEventListener("unload", () => {
      Deno.removeSync(folder, { recursive: true });
    });
    await Deno.copyFile(executable, `${folder}/program`);
    giveToGroup(`${folder}/program`, 0o750);
    return `${folder}/program`;
  })();
  await Deno.remove(path);
  await Deno.link(await copied, path);
}

/** How an analysisd is not as usual. */
export interface AlertOptions {
  /** The least level of the alerts that it writes. */
  readonly least?: number;
  /** Writes alerts of its own before each, and moves the file away. */
  readonly rotates?: boolean;
}

/**
 * Takes what comes to the queue, and writes the alerts that the rules make of it
 * as analysisd does: through a buffer, half a line at first.
 */
export function startWritingAlerts(
  { home, queue }: { readonly home: string; readonly queue: QueueStandIn },
  { least = 3, rotates = false }: AlertOptions = {},
): AsyncDisposable {
  const path = `${home}/logs/alerts/alerts.json`;
  const rules = Deno.readTextFileSync(`${home}/etc/rules/opencti_rules.xml`);
  const { receive } = startAnalysisd(rules);
  let isOver = false;
  const write = async (message: string) => {
    const [, location = "", json = "{}"] = /^1:([^:]*):(.*)$/s.exec(message) ??
      [];
    const event = JSON.parse(json);
    const rule = receive({ location, event, at: Date.now() / 1000 });
    if (rotates) {
      await Deno.writeTextFile(path, `${ALERT}\n`, { append: true });
      await Deno.rename(path, `${path}.before`);
      await pause();
    }
    if (rule === undefined || rule.level < least) return;
    const { id, level, groups, description } = rule;
    const line = JSON.stringify({
      timestamp: new Date().toISOString(),
      rule: { id, level: Number(level), groups, description },
      agent: { id: "000", name: "manager" },
      location,
      decoder: { name: "opencti" },
      data: event,
    });
    for (const part of [line.slice(0, 100), `${line.slice(100)}\n`]) {
      await Deno.writeTextFile(path, part, { append: true, mode: 0o640 });
      giveToWazuh(path, 0o640);
      await pause();
    }
  };
  const done = (async () => {
    while (!isOver) {
      for (const message of await queue.receive(queue.waiting.length)) {
        await write(message);
      }
      await pause();
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await done;
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
