/**
 * Makes the executable: bundles and minifies the program, then compiles the
 * bundle. Unbundled, it takes 1.7 times as long to start.
 *
 * `deno compile` downloads the runtime of its own version; where its site is
 * out of reach, the environment variable DENORT_BIN names a copy.
 *
 * @module
 */

/** What the executable may do, and nothing else, and what for. */
const REASONS: Readonly<Record<string, string>> = {
  "--allow-read":
    "alert, options, token, certificates, spool; where it is; what " +
    "`install` and `doctor` look at",
  "--allow-write":
    "log, spool, a socket of its own while it sends; what `install` puts " +
    "in place",
  "--deny-write=/bin,/boot,/dev,/lib,/lib64,/proc,/sbin,/sys,/usr":
    "nothing of ours is there",
  "--allow-net": "OpenCTI, its proxy, Wazuh's queue",
  "--allow-env=DENO_TLS_CA_STORE,NO_PROXY":
    "sets the first, so that the system's authorities are trusted too, and " +
    "the second if `no_proxy` is set",
  "--allow-sys=uid": "sees that the spool's folder is not another user's",
  "--deny-run": "it starts no program",
  "--deny-ffi": "it loads no library",
  "--deny-import": "it loads no code",
  "--no-prompt": "what is not allowed fails, and asks nobody",
};

/** The permissions, as Deno takes them. */
export const PERMISSIONS: readonly string[] = Object.keys(REASONS);

/** The permissions, for people: each with what it is for. */
export const PERMISSION_REASONS: readonly (readonly [string, string])[] = Object
  .entries(REASONS);

/**
 * What is bundled apart from the program that imports it, with all that it
 * uses: if both shared code, the program would have to load it in more files,
 * and each of them makes a start longer.
 */
const APART = "lib/commands/operator.ts";

/**
 * Bundles and compiles a program. What it imports only when needed becomes a
 * file of its own in the bundle.
 */
export async function compile(
  entry: string,
  { bundle, output, target }: {
    readonly bundle: string;
    readonly output: string;
    /** Of another machine than this. */
    readonly target?: string | undefined;
  },
): Promise<void> {
  const parts = entry === "main.ts" ? [entry, APART] : [entry];
  for (const part of parts) {
    await deno(
      "bundle",
      "--minify",
      "--code-splitting",
      ...part === entry ? ["--external", `*/${baseName(APART)}`] : [],
      "--outdir",
      `${bundle}/${baseName(part)}`,
      part,
    );
    await moveInto(bundle, `${bundle}/${baseName(part)}`);
  }
  await renameToMjs(bundle);
  await makeReproducible(bundle);
  const main = entry.replace(/^.*\//, "").replace(/\.ts$/, ".mjs");
  await refuseSlowStart(bundle, { main });
  // The code cache would be one more file to write, and to trust.
  await deno(
    "compile",
    "--no-code-cache",
    "--unstable-net",
    ...PERMISSIONS,
    ...target === undefined ? [] : ["--target", target],
    "--output",
    output,
    `${bundle}/${main}`,
  );
}

function baseName(path: string): string {
  return path.replace(/^.*\//, "");
}

/** The names of shared files are made of what is in them. */
async function moveInto(to: string, from: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    await Deno.rename(`${from}/${name}`, `${to}/${name}`);
  }
  await Deno.remove(from);
}

/**
 * Deno parses a `.js` file at each start to see if it is CommonJS, an `.mjs`
 * file not: 3 % of a start.
 */
async function renameToMjs(folder: string): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name);
  for (const name of names) {
    let code = await Deno.readTextFile(`${folder}/${name}`);
    for (const imported of names) {
      const renamed = imported.replace(/\.js$/, ".mjs");
      code = code.replaceAll(`"./${imported}"`, `"./${renamed}"`)
        // What is bundled apart is imported as the source names it.
        .replaceAll(
          `"./${imported.replace(/\.js$/, ".ts")}"`,
          `"./${renamed}"`,
        );
    }
    await Deno.remove(`${folder}/${name}`);
    await Deno.writeTextFile(
      `${folder}/${name.replace(/\.js$/, ".mjs")}`,
      code,
    );
  }
}

/**
 * What is loaded before an alert is known to have no IoC: what `main.mjs` imports,
 * and what that imports. Each kilobyte costs every alert's start.
 */
const MAX_COMMON_BYTES = 84 * 1024;

/** `deno compile` writes down when each file was changed. */
async function makeReproducible(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.utime(`${folder}/${name}`, 0, 0);
  }
}

/**
 * Adds up the chunks that a program always loads.
 *
 * @throws {Error} If they have grown beyond the limit.
 */
export async function refuseSlowStart(
  folder: string,
  { main, maxBytes = MAX_COMMON_BYTES }: {
    readonly main: string;
    readonly maxBytes?: number;
  },
): Promise<void> {
  const sizes = new Map<string, number>();
  const names = [main];
  for (const name of names) {
    if (sizes.has(name)) continue;
    const code = await Deno.readTextFile(`${folder}/${name}`);
    sizes.set(name, code.length);
    // Not import(): that is what is loaded later, or never.
    for (const [, imported] of code.matchAll(STATIC_IMPORT)) {
      if (imported !== undefined) names.push(imported);
    }
  }
  const bytes = sizes.values().reduce((sum, size) => sum + size, 0);
  if (bytes <= maxBytes) return;
  const list = [...sizes].map(([name, size]) => `${name} ${size}`).join(", ");
  throw new Error(
    `Every start loads ${bytes} bytes where ${maxBytes} are the most: see ` +
      `in ${folder} what came in, and import it where it is needed (${list})`,
  );
}

const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g;

async function deno(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["--quiet", ...args],
    stderr: "piped",
  }).output();
  if (success) return;
  throw new CompileError(explainCompile(new TextDecoder().decode(stderr)));
}

/** What `deno compile` says, for people. */
export function explainCompile(says: string): string {
  return says.includes("denort") && says.includes("error sending request")
    ? "Cannot download the runtime from dl.deno.land: set DENORT_BIN to a " +
      `copy of denort ${Deno.version.deno}, or give this machine a way there`
    : says.trim();
}

/** Says what to do, and needs no stack. */
export class CompileError extends Error {}

/** A file's name, size and checksum, as a line. */
export async function describeFile(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const megabytes = (bytes.length / 1e6).toFixed(1);
  return `${path}: ${megabytes} MB, sha256 ${hash.toHex()}`;
}

/** Runs a task; what it throws to be read is printed without a stack. */
export async function runTask(task: () => Promise<string>): Promise<never> {
  const print = (stream: typeof Deno.stdout, text: string) =>
    stream.write(new TextEncoder().encode(`${text}\n`));
  try {
    await print(Deno.stdout, await task());
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    await print(Deno.stderr, error.message);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  await runTask(async () => {
    await Deno.remove("dist/bundle", { recursive: true }).catch(() => {});
    const output = "dist/custom-opencti";
    await compile("main.ts", { bundle: "dist/bundle", output });
    return await describeFile(output);
  });
}
