/**
 * Runs the commands that pages show with what they print, and puts that behind
 * each of them; with `--check`, fails if they print something else. Wazuh's tree
 * and OpenCTI are stand-ins, the program is the real one, from source.
 *
 * Only root can make `/var/ossec` what it is on a manager: for any other user,
 * nothing is done.
 *
 * @module
 */
import { carryOut } from "../lib/commands/carry_out.ts";
import { planInstall } from "../lib/manager/mod.ts";
import { giveToWazuh } from "../tests/stand_ins/home.ts";
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startWritingAlerts } from "../tests/stand_ins/installed.ts";
import { makeManager } from "../tests/stand_ins/manager.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { makeCertificate } from "../tests/stand_ins/network.ts";
import { startQueue } from "../tests/stand_ins/queue.ts";
import { runtimeForWazuh } from "../tests/stand_ins/runtime.ts";
import { atVarOssec, type Place } from "./at_var_ossec.ts";
import { PERMISSIONS } from "./compile.ts";

/** The pages, each with a manager of its own. */
const PAGES = ["getting-started.md", "hardening.md"];
const ALERT = new URL(
  "../tests/testdata/alerts/suricata_alert_http.json",
  import.meta.url,
);

/** A command, and what it prints below it. */
const SHOWN =
  /(?<=```sh\n)(?<command>.*)\n```\n\n```text\n(?<output>[^]*?)(?=```)/g;

/** How a reader calls the program. */
const PROGRAM = /^(?:\.\/|\/var\/ossec\/integrations\/)custom-opencti\b/;

/** What OpenCTI is called. */
const OPENCTI = "opencti.example.com";

/** What differs from run to run. */
function asShown(printed: string, address: string): string {
  return printed.replaceAll(address, "192.0.2.17")
    .replace(/\d+ ms/g, "29 ms")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-11-25T09:30:00.000Z")
    .replace(/\d{4}-\d\d-\d\d [\d:]+ UTC/g, "2026-11-25 09:30:00 UTC")
    .replace(/ +$/gm, "");
}

async function runPage(page: string): Promise<string> {
  // What decay has revoked is another story.
  const indicators = KNOWLEDGE.indicators
    .map((one) => ({ ...one, revoked: false }));
  const tls = makeCertificate({ name: OPENCTI });
  const hostname = freeAddress();
  await using _opencti = startOpencti({ ...KNOWLEDGE, indicators }, {
    listensAt: { hostname, port: 443 },
    tls,
  });
  const { home } = await makeManager();
  await using queue = await startWazuh(home);
  const cwd = await Deno.makeTempDir();
  await Deno.copyFile(ALERT, `${cwd}/alert.json`);
  const env = { HOSTS: `${hostname} ${OPENCTI}`, CERTIFICATE: tls.cert };
  const place = { home, cwd, env };
  const outputs: string[] = [];
  if (!page.includes("custom-opencti install")) await print(["install"], place);
  for (const { groups = {} } of page.matchAll(SHOWN)) {
    const command = (groups["command"] ?? "").replace(/^sudo /, "");
    if (command.includes("integrations.log")) {
      await print(["alert.json", TOKEN, `https://${OPENCTI}`], place);
    }
    await using _alerts = / test$/.test(command)
      ? startWritingAlerts({ home, queue })
      : undefined;
    const printed = PROGRAM.test(command)
      ? await print(command.replace(PROGRAM, "").trim().split(" "), place)
      : await outputOf(command, [], place);
    outputs.push(asShown(printed, hostname));
    // The page says to do so.
    if (command.includes(" install ")) await restartWazuh(home);
  }
  await Deno.remove(cwd, { recursive: true });
  if (outputs.length === 0) throw new Error("The page has no command");
  return page.replace(
    SHOWN,
    (_, command) => `${command}\n\`\`\`\n\n\`\`\`text\n${outputs.shift()}`,
  );
}

/** Two runs at a time must not meet: all of 127.0.0.0/8 is this machine. */
function freeAddress(): string {
  const [a = 1, b = 1] = crypto.getRandomValues(new Uint8Array(2));
  return `127.${100 + a % 100}.${100 + b % 100}.17`;
}

/** Wazuh runs, and has raised an alert. */
async function startWazuh(home: string) {
  await restartWazuh(home);
  await Deno.copyFile(ALERT, `${home}/logs/alerts/alerts.json`);
  const queue = startQueue(home);
  giveToWazuh(`${home}/queue/sockets/queue`, 0o660);
  return queue;
}

/** When Wazuh was started, the files of its process ids say. */
async function restartWazuh(home: string): Promise<void> {
  await Deno.mkdir(`${home}/var/run`, { recursive: true });
  for (const daemon of ["analysisd", "integratord"]) {
    await Deno.writeTextFile(`${home}/var/run/wazuh-${daemon}-1.pid`, "1");
  }
}

/** What the program prints: by integratord it is run as Wazuh's user. */
async function print(words: readonly string[], place: Place): Promise<string> {
  const { deno, main, env } = await runtimeForWazuh();
  if (words[0] === "install") {
    const script = new URL(import.meta.url).pathname;
    return await outputOf(
      '"$@"',
      [Deno.execPath(), "run", "--quiet", "--allow-all", script, "--install"],
      place,
    );
  }
  const isIntegratord = words[0] === "alert.json";
  const args = [
    ...isIntegratord ? ["setpriv", "--reuid=65534", "--clear-groups"] : [],
    ...isIntegratord ? ["--regid=65534", deno] : [deno],
    "run",
    "--quiet",
    "--unstable-net",
    ...PERMISSIONS,
    main,
    "--home",
    "/var/ossec",
    ...words,
  ];
  return await outputOf('chmod go+rx . && "$@"', args, {
    ...place,
    env: { ...place.env, ...env },
  });
}

/** @throws {Error} If it fails. */
async function outputOf(
  script: string,
  args: readonly string[],
  place: Place,
): Promise<string> {
  const { code, stdout, stderr } = await atVarOssec(script, args, place)
    .output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) {
    throw new Error(`${args.join(" ")}: ${decode(stdout)}${decode(stderr)}`);
  }
  return decode(stdout);
}

/** What `install` does and prints, which only the executable does by itself. */
async function install(home: string): Promise<void> {
  const plan = planInstall({
    home,
    program: `${home}/tmp/custom-opencti`,
    url: `https://${OPENCTI}`,
    token: TOKEN,
    mayReplace: false,
    askToken: () => undefined,
  });
  await carryOut(plan, { home, isDryRun: false, isInstalled: true });
}

async function say(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
}

if (Deno.args.includes("--install")) {
  await install("/var/ossec");
} else if (Deno.uid() !== 0) {
  await say("Not root: the commands that pages show are not run");
} else {
  for (const name of PAGES) {
    const path = new URL(`../docs/${name}`, import.meta.url);
    const before = await Deno.readTextFile(path);
    const after = await runPage(before);
    if (after === before) continue;
    if (Deno.args.includes("--check")) {
      await say(`docs/${name} is out of date: run deno task docs as root`);
      Deno.exit(1);
    }
    await Deno.writeTextFile(path, after);
  }
}
