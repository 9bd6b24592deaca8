/**
 * Commands in messages, for a person to copy: paths in them may come from files
 * that others write, and names are those of this manager.
 *
 * @module
 */

/**
 * A path as a shell takes it for one word, and for nothing else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(shellWord("/srv/x"), "/srv/x");
 * assertEquals(shellWord("/srv/x; id"), "'/srv/x; id'");
 * ```
 */
export function shellWord(path: string): string {
  return /^[\w./:@-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", "'\\''")}'`;
}

/** What Wazuh's user and group are called. */
export interface WazuhNames {
  readonly user: string;
  readonly group: string;
}

/**
 * What Wazuh's user and group are called on this manager: `wazuh`, before 4.3
 * `ossec`. They own the folder of its sockets.
 */
export function wazuhNames(home: string): WazuhNames {
  try {
    const { uid, gid } = Deno.lstatSync(`${home}/queue/sockets`);
    return {
      user: nameOf(uid ?? 0, "/etc/passwd"),
      group: nameOf(gid ?? 0, "/etc/group"),
    };
  } catch {
    // It is not Wazuh's home, which is said elsewhere.
    return { user: "wazuh", group: "wazuh" };
  }
}

/** The command that gives a file, or a folder with all in it, to that user. */
export function chownCommand(
  home: string,
  path: string,
  { isFolder = false }: { readonly isFolder?: boolean } = {},
): string {
  const { user, group } = wazuhNames(home);
  return `chown ${isFolder ? "-R " : ""}${user}:${group} ${shellWord(path)}`;
}

/** What is said to root who runs what is for Wazuh's user. */
export function rootNotice(home: string): string {
  const { user } = wazuhNames(home);
  return "As root, this writes no log and keeps nothing, because Wazuh's user " +
    `could not use the files: put runuser -u ${user} -- before the command`;
}

/** The name of a user or group in a file of them; its number if it has none. */
export function nameOf(id: number, path: string): string {
  try {
    const lines = Deno.readTextFileSync(path).split("\n");
    const fields = lines.map((line) => line.split(":"));
    return fields.find((field) => field[2] === String(id))?.[0] ?? String(id);
  } catch {
    return String(id);
  }
}
