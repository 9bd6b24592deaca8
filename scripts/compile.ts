/**
 * Makes the executable: bundles and minifies the program, then compiles the
 * bundle. Unbundled, it takes 1.7 times as long to start.
 *
 * `deno compile` downloads the runtime of its own version; where its site is
 * out of reach, the environment variable DENORT_BIN names a copy.
 *
 * @module
 */

/** What the executable may do, and nothing else. SECURITY.md says what for. */
export const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--deny-write=/bin,/boot,/dev,/lib,/lib64,/proc,/sbin,/sys,/usr",
  "--allow-net",
  "--allow-env=DENO_TLS_CA_STORE,NO_PROXY",
  "--allow-sys=uid",
  "--deny-run",
  "--deny-ffi",
  "--deny-import",
  "--no-prompt",
];

/**
 * Bundles and compiles a program. What it imports only when needed becomes a
 * file of its own in the bundle.
 */
export async function compile(
  entry: string,
  { bundle, output }: { readonly bundle: string; readonly output: string },
): Promise<void> {
  await deno(
    "bundle",
    "--minify",
    "--code-splitting",
    "--outdir",
    bundle,
    entry,
  );
  await renameToMjs(bundle);
  const main = entry.replace(/^.*\//, "").replace(/\.ts$/, ".mjs");
  // The code cache would be one more file to write, and to trust.
  await deno(
    "compile",
    "--no-code-cache",
    "--unstable-net",
    ...PERMISSIONS,
    "--output",
    output,
    `${bundle}/${main}`,
  );
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
      code = code.replaceAll(`"./${imported}"`, `"./${renamed}"`);
    }
    await Deno.remove(`${folder}/${name}`);
    await Deno.writeTextFile(
      `${folder}/${name.replace(/\.js$/, ".mjs")}`,
      code,
    );
  }
}

async function deno(...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["--quiet", ...args],
  }).spawn().status;
  if (!success) Deno.exit(1);
}

if (import.meta.main) {
  await Deno.remove("dist", { recursive: true }).catch(() => {});
  await compile("main.ts", {
    bundle: "dist/bundle",
    output: "dist/custom-opencti",
  });
}
