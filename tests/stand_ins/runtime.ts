/**
 * Deno and the program's source, where Wazuh's user can read them: root's own
 * folders are closed to it. Made once, and kept for later runs of the tests.
 *
 * @module
 */
import { giveToWazuh, WAZUH } from "./home.ts";

/** What runs the program from its source. */
export interface Runtime {
  /** Deno's path. */
  readonly deno: string;
  /** The program's. */
  readonly main: string;
  /** A path of the project, where it can be read. */
  readonly pathOf: (path: string) => string;
  readonly env: Readonly<Record<string, string>>;
}

const PROJECT = new URL("../../", import.meta.url).pathname;

/** What the program is made of, and what it is given to read. */
const SOURCES = [
  "main.ts",
  "deno.json",
  "deno.lock",
  "lib",
  "wazuh",
  "tests/testdata",
];

let runtime: Promise<Runtime> | undefined;

/** The runtime for whoever the program runs as. */
export function runtimeForWazuh(): Promise<Runtime> {
  return runtime ??= WAZUH === undefined
    ? Promise.resolve({
      deno: Deno.execPath(),
      main: `${PROJECT}main.ts`,
      pathOf: (path) => path,
      env: {},
    })
    : prepare();
}

async function prepare(): Promise<Runtime> {
  const lock = await Deno.readFile(`${PROJECT}deno.lock`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", lock));
  const name = `${Deno.version.deno}-${hash.toHex().slice(0, 8)}`;
  const folder = `/tmp/custom-opencti-tests-${name}`;
  if (!await isOurs(folder)) await fill(folder);
  const env = { DENO_DIR: `${folder}/deno_dir`, HOME: "/nonexistent" };
  const isReadable = await runAsWazuh("test", ["-r", `${PROJECT}main.ts`]);
  const project = isReadable ? PROJECT : `${await copyProject()}/`;
  const pathOf = (path: string) =>
    path.startsWith(PROJECT) ? project + path.slice(PROJECT.length) : path;
  await letWriteCoverage();
  return { deno: `${folder}/deno`, main: `${project}main.ts`, pathOf, env };
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    return (await Deno.lstat(folder)).uid === Deno.uid();
  } catch {
    return false;
  }
}

/** Made beside its place, so that tests that run at once do not see a half. */
async function fill(folder: string): Promise<void> {
  const made = await Deno.makeTempDir({ prefix: "custom-opencti-tests-" });
  await Deno.chmod(made, 0o755);
  await Deno.copyFile(Deno.execPath(), `${made}/deno`);
  await Deno.chmod(`${made}/deno`, 0o755);
  await Deno.mkdir(`${made}/deno_dir`);
  await run("cp", ["-r", `${await denoDir()}/npm`, `${made}/deno_dir/npm`]);
  const { uid, gid } = WAZUH ?? { uid: 0, gid: 0 };
  await run("chown", ["-R", `${uid}:${gid}`, `${made}/deno_dir`]);
  try {
    await Deno.rename(made, folder);
  } catch {
    await Deno.remove(made, { recursive: true });
  }
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const info: unknown = JSON.parse(new TextDecoder().decode(stdout));
  return typeof info === "object" && info !== null && "denoDir" in info
    ? String(info.denoDir)
    : "";
}

/** Where the checkout itself is closed to Wazuh's user. */
async function copyProject(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "custom-opencti-source-" });
  addEventListener("unload", () => Deno.removeSync(copy, { recursive: true }));
  await Deno.chmod(copy, 0o755);
  await Deno.mkdir(`${copy}/tests`);
  for (const name of SOURCES) {
    await run("cp", ["-r", PROJECT + name, `${copy}/${name}`]);
  }
  return copy;
}

/** Whoever runs the program writes down which of its lines ran. */
async function letWriteCoverage(): Promise<void> {
  const folder = Deno.env.get("DENO_COVERAGE_DIR");
  if (folder === undefined) return;
  await Deno.mkdir(folder, { recursive: true });
  giveToWazuh(folder, 0o777);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args: [...args] })
    .output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
}

async function runAsWazuh(
  program: string,
  args: readonly string[],
): Promise<boolean> {
  const { success } = await new Deno.Command(program, {
    args: [...args],
    // Where this runs, as in /root, it may not be able to start anything.
    cwd: "/",
    ...WAZUH,
  }).output();
  return success;
}
