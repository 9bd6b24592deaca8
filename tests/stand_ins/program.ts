/**
 * Runs the program as integratord does: from source, or the executable that
 * the environment variable CUSTOM_OPENCTI names.
 *
 * @module
 */

import { PERMISSIONS } from "../../scripts/compile.ts";

/** What a run of the program came to. */
export interface RunResult {
  readonly status: number;
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

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/**
 * Runs the program with these arguments. The executable finds Wazuh's home by
 * its own place; the source is told.
 */
export async function runProgram(
  home: string,
  args: readonly string[],
): Promise<RunResult> {
  const start = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(
    ...await commandFor(home, args),
  ).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    status: code,
    stdout: decode(stdout),
    stderr: decode(stderr),
    lastLine: decode(stderr).trimEnd().split("\n").at(-1) ?? "",
    ms: performance.now() - start,
  };
}

async function commandFor(
  home: string,
  args: readonly string[],
): Promise<[string, Deno.CommandOptions]> {
  const env = { TMPDIR: `${home}/tmp` };
  const options = { cwd: home, stdin: "null", env } as const;
  if (EXECUTABLE === undefined) {
    const deno = ["run", "--quiet", "--unstable-net", ...PERMISSIONS, MAIN];
    return [Deno.execPath(), {
      ...options,
      args: [...deno, "--home", home, ...args],
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
