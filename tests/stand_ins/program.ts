/**
 * Runs the program as integratord does: from source, or the executable that
 * the environment variable CUSTOM_OPENCTI names.
 *
 * @module
 */

import { PERMISSIONS } from "../../scripts/compile.ts";
import { WAZUH } from "./home.ts";
import { runtimeForWazuh } from "./runtime.ts";
import { assertNoSecret } from "./secret.ts";

/** What a run of the program came to. */
export interface RunResult {
  readonly status: number;
  /** What ended it, if it did not end by itself. */
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line printed, which integratord logs if the status is not 0. */
  readonly lastLine: string;
  readonly ms: number;
}

const EXECUTABLE = Deno.env.get("CUSTOM_OPENCTI");
/**
 * How much longer than its budget a run may take: the start of the program is
 * in it, and from source that is compiled each time.
 */
export const SLACK_MS = EXECUTABLE === undefined ? 1500 : 500;

/** How a run differs from what integratord does. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Told the process when it has started. */
  readonly onStart?: (process: Deno.ChildProcess) => void;
  /** A program that is given the program's path and arguments, to run it. */
  readonly wrapper?: readonly string[];
  /** As root, not as Wazuh's user. */
  readonly asRoot?: boolean;
}

/**
 * Runs the program with these arguments, as Wazuh's user. The executable finds
 * Wazuh's home by its own place; the source is given it. Whatever it writes must
 * not hold the token.
 */
export async function runProgram(
  home: string,
  args: readonly string[],
  { env, onStart, wrapper = [], asRoot = false }: RunOptions = {},
): Promise<RunResult> {
  const start = performance.now();
  const [path, options] = await commandFor(home, args);
  const [program = path, ...before] = wrapper;
  const process = new Deno.Command(program, {
    ...options,
    ...asRoot ? {} : WAZUH,
    env: { ...options.env, ...env },
    args: wrapper.length === 0
      ? options.args ?? []
      : [...before, path, ...options.args ?? []],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  onStart?.(process);
  const { code, signal, stdout, stderr } = await process.output();
  const ms = performance.now() - start;
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const result = {
    status: code,
    signal,
    stdout: decode(stdout),
    stderr: decode(stderr),
    lastLine: decode(stderr).trimEnd().split("\n").at(-1) ?? "",
    ms,
  };
  assertNoSecret("stdout", result.stdout);
  assertNoSecret("stderr", result.stderr);
  await assertNoSecretIn(home);
  return result;
}

/**
 * Reads whatever the program may have written, in a process of its own: one
 * that closes a database's file gives up all its locks on it, and a test may
 * hold one.
 *
 * @see https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
async function assertNoSecretIn(home: string): Promise<void> {
  const paths: string[] = [];
  for (const folder of ["logs", "logs/opencti", "queue/opencti"]) {
    for (const { name, isFile } of await entriesOf(`${home}/${folder}`)) {
      if (isFile) paths.push(`${home}/${folder}/${name}`);
    }
  }
  if (paths.length === 0) return;
  // Other runs may take some away in the meantime: the rest is read.
  const { stdout } = await new Deno.Command("cat", {
    args: paths,
    stderr: "null",
  }).output();
  assertNoSecret(
    `what was written in ${home}`,
    new TextDecoder("latin1").decode(stdout),
  );
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch {
    return [];
  }
}

async function commandFor(
  home: string,
  words: readonly string[],
): Promise<[string, Deno.CommandOptions]> {
  const { pathOf } = await runtimeForWazuh();
  const args = words.map(pathOf);
  const env = { TMPDIR: `${home}/tmp` };
  const options = { cwd: home, stdin: "null", env } as const;
  if (EXECUTABLE === undefined) {
    const { deno, main, env } = await runtimeForWazuh();
    const run = ["run", "--quiet", "--unstable-net", ...PERMISSIONS, main];
    return [deno, {
      ...options,
      env: { ...options.env, ...env },
      args: [...run, "--home", home, ...args],
    }];
  }
  const path = `${home}/integrations/custom-opencti`;
  await place(EXECUTABLE, path);
  return [path, { ...options, clearEnv: true, args: [...args] }];
}

async function place(executable: string, path: string): Promise<void> {
  try {
    await Deno.link(executable, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    await Deno.copyFile(executable, path); // another file system
  }
}
