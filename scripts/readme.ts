/**
 * Runs README's commands one after another, as a newcomer does: in a clean copy
 * of the checkout, with empty caches; and installs in a copy of a manager's tree,
 * at the place where Wazuh has it. A command that it does not know is an error, so
 * that none is left out in silence.
 *
 * It needs Linux, git, Node, and for the installation root. Where the site of
 * Deno's runtime is out of reach, DENORT_BIN names it, for the Deno that runs this.
 *
 * @module
 */
import { makeManager, snapshot } from "../tests/stand_ins/manager.ts";
import { blocksIn } from "./markdown.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Typed where `install` asks for it. */
const TOKEN = "flgrn_octi_tkn_typed_by_a_newcomer";

/** What `uninstall` leaves on a manager: token, state, the copies of files. */
const STAYS = /^(?:etc\/opencti\.token|queue\/opencti)$/;

/** Runs a command at a terminal, where the token is typed if it is asked for. */
const ON_MANAGER = `
mount -t tmpfs tmpfs /var
mkdir /var/ossec
mount --bind "$0" /var/ossec
(sleep 2; printf '%s\\r' "$TOKEN"; sleep 1) | script -qec "$1" /dev/null
`;

/** Where a command is run, and with what around it. */
interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function runReadme(folder: string): Promise<void> {
  const cwd = `${folder}/checkout`;
  await copyCheckout(cwd);
  const env = await emptyCaches(`${folder}/home`);
  const commands = blocksIn(await Deno.readTextFile(`${cwd}/README.md`), "sh")
    .flatMap((block) => block.trimEnd().split("\n"));
  const { anywhere = [], manager = [] } = Object.groupBy(commands, whereRuns);
  for (const command of anywhere) {
    const start = performance.now();
    await shell(withRuntime(command), { cwd, env });
    const seconds = Math.round((performance.now() - start) / 1000);
    await print(`(${seconds} s)`);
  }
  if (Deno.uid() !== 0) {
    return await print("Not root: README's installation is left out");
  }
  const bin = `${folder}/bin`;
  await makePrograms(bin);
  const PATH = `${bin}:${Deno.env.get("PATH")}`;
  await runOnManager(manager, { cwd, env: { ...env, TOKEN, PATH } });
}

/** @throws {Error} If this does not know how a command is run. */
function whereRuns(command: string): "anywhere" | "manager" {
  if (/^npx -y deno@[\d.]+ task [a-z]+$/.test(command)) return "anywhere";
  if (/^(?:sudo dist\/custom-opencti |systemctl )/.test(command)) {
    return "manager";
  }
  throw new Error(`scripts/readme.ts does not know how to run: ${command}`);
}

/** Copies what git knows, or would: not what was built here. */
async function copyCheckout(to: string): Promise<void> {
  await Deno.mkdir(to);
  await shell(
    "git ls-files --cached --others --exclude-standard -z | " +
      `tar -c --null --files-from - | tar -x -C ${to}`,
    { cwd: ROOT },
  );
  // The time of a commit is in what is released.
  await shell(
    "git init -q && git add -A && " +
      "git -c user.name=ci -c user.email=ci@example.com commit -q -m copy",
    { cwd: to },
  );
}

async function emptyCaches(home: string): Promise<Record<string, string>> {
  await Deno.mkdir(home);
  // Which registry a machine asks is no cache.
  await Deno.copyFile(`${Deno.env.get("HOME")}/.npmrc`, `${home}/.npmrc`)
    .catch(() => {});
  return {
    HOME: home,
    DENO_DIR: `${home}/deno`,
    XDG_CACHE_HOME: `${home}/cache`,
    npm_config_cache: `${home}/npm`,
  };
}

/** Program and runtime must be of one version. */
function withRuntime(command: string): string {
  return Deno.env.has("DENORT_BIN") && command.endsWith(" compile")
    ? command.replace(/deno@[\d.]+/, `deno@${Deno.version.deno}`)
    : command;
}

/** What a machine with Wazuh has, and this one need not have. */
async function makePrograms(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  for (
    const [name, script] of [
      ["sudo", 'exec "$@"'],
      ["systemctl", '[ "$*" = "restart wazuh-manager" ]'],
    ]
  ) {
    await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(`${folder}/${name}`, 0o755);
  }
}

/**
 * Runs commands on a machine that has a manager in /var/ossec, and then what
 * README says of `--dry-run`, `doctor` and `uninstall`.
 */
async function runOnManager(
  commands: readonly string[],
  place: Place,
): Promise<void> {
  const { home } = await makeManager();
  const before = await snapshot(home);
  const program = "sudo /var/ossec/integrations/custom-opencti";
  const install = commands.find((command) => command.includes(" install"));
  await atTerminal(`${install} --dry-run`, { home, place });
  await expectSame(before, home);
  for (const command of commands) await atTerminal(command, { home, place });
  if (await Deno.readTextFile(`${home}/etc/opencti.token`) !== `${TOKEN}\n`) {
    throw new Error("The token that was typed is not in its file");
  }
  // Nothing of Wazuh runs here, and there is no such OpenCTI: it says so.
  await atTerminal(`${program} doctor; [ $? = 2 ]`, { home, place });
  await atTerminal(`${program} uninstall`, { home, place });
  await expectSame(before, home);
}

/** @throws {Error} If it fails. */
async function atTerminal(
  command: string,
  { home, place }: { readonly home: string; readonly place: Place },
): Promise<void> {
  await print(`$ ${command}`);
  const bash = ["bash", "-eu", "-c", ON_MANAGER, home, command];
  await run("unshare", ["--mount", ...bash], place);
}

/** @throws {Error} If more than state and token differ. */
async function expectSame(
  before: Readonly<Record<string, string>>,
  home: string,
): Promise<void> {
  const after = await snapshot(home);
  const changed = Object.keys({ ...before, ...after })
    .filter((path) => before[path] !== after[path] && !STAYS.test(path));
  if (changed.length > 0) throw new Error(`Not as before: ${changed}`);
}

/** @throws {Error} If it fails. */
async function shell(command: string, place: Place): Promise<void> {
  await print(`$ ${command}`);
  await run("bash", ["-euo", "pipefail", "-c", command], place);
}

async function run(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: Place,
): Promise<void> {
  const { code } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { ...env },
    stdin: "null",
  }).spawn().status;
  if (code !== 0) throw new Error(`It ended with ${code}`);
}

async function print(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "custom-opencti-readme-" });
  try {
    await runReadme(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
