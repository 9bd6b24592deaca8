/**
 * A Wazuh home as the installer leaves it: its folders, owners and modes.
 *
 * Owners can be given by root alone. Where the tests are another user, all is
 * that user's, and tests that need more are ignored: see {@linkcode ROOT_ONLY}.
 *
 * @module
 */

/** The user and group that Wazuh runs as here: `nobody`, on any machine. */
export const WAZUH: { readonly uid: number; readonly gid: number } | undefined =
  Deno.uid() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** For a test whose home needs more than one owner. */
export const ROOT_ONLY: { readonly ignore: boolean } = {
  ignore: WAZUH === undefined,
};
if (ROOT_ONLY.ignore) {
  await Deno.stderr.write(
    new TextEncoder().encode(
      "Not root: tests that need Wazuh's owners are ignored\n",
    ),
  );
}

/** Folders, their mode, and whether they are Wazuh's; else they are root's. */
const FOLDERS: readonly (readonly [string, number, "wazuh" | "root"])[] = [
  ["", 0o750, "root"],
  ["/etc", 0o770, "wazuh"],
  ["/integrations", 0o750, "root"],
  ["/logs", 0o770, "wazuh"],
  ["/queue", 0o750, "root"],
  ["/queue/sockets", 0o770, "wazuh"],
  ["/tmp", 0o1770, "root"],
];

/**
 * Makes a Wazuh home with nothing running.
 *
 * @param options Whether the product is installed there: then it has its folder
 * in the queue's, which root alone can make.
 */
export async function makeHome(
  { isInstalled = true, prefix = "wazuh-home-" } = {},
): Promise<string> {
  const home = await Deno.makeTempDir({ prefix });
  addEventListener("unload", () => Deno.removeSync(home, { recursive: true }));
  const folders = isInstalled
    ? [...FOLDERS, ["/queue/opencti", 0o750, "wazuh"] as const]
    : FOLDERS;
  for (const [path, mode, owner] of folders) {
    if (path !== "") await Deno.mkdir(home + path);
    if (owner === "wazuh") giveToWazuh(home + path, mode);
    else giveToGroup(home + path, mode);
  }
  return home;
}

/** What a shell does not take for one word, unless it is quoted. */
export const ODD_PREFIX = "wazuh;home-";

/** Makes a file or folder Wazuh's, with a mode. */
export function giveToWazuh(path: string, mode: number): void {
  if (WAZUH) Deno.chownSync(path, WAZUH.uid, WAZUH.gid);
  Deno.chmodSync(path, mode);
}

/** Leaves a file or folder to root, and gives it to Wazuh's group. */
export function giveToGroup(path: string, mode: number): void {
  if (WAZUH) Deno.chownSync(path, 0, WAZUH.gid);
  Deno.chmodSync(path, mode);
}
