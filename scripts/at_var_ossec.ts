/**
 * Runs commands where a manager's tree is `/var/ossec`, and systemd runs: in a
 * namespace of mounts of their own, which only root can make.
 *
 * @module
 */

/** Where and with what a command is run. */
export interface Place {
  /** The tree that takes the place of `/var/ossec`. */
  readonly home: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * `$0` is the tree. Wazuh's user has a name, as on a manager. What the environment
 * variables HOSTS and CERTIFICATE hold is known and trusted too.
 */
const MOUNTS = `
mount -t tmpfs tmpfs /var
mkdir /var/ossec
mount --bind "$0" /var/ossec
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
for file in passwd group; do
  sed '/:65534:/d' "/etc/$file" > "/run/$file"
done
echo wazuh:x:65534:65534::/var/ossec:/sbin/nologin >> /run/passwd
echo wazuh:x:65534: >> /run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
if [ -n "\${HOSTS-}" ]; then
  (cat /etc/hosts; echo "$HOSTS") > /run/hosts
  mount --bind /run/hosts /etc/hosts
  bundle=$(readlink -f /etc/ssl/certs/ca-certificates.crt)
  (cat "$bundle"; echo "$CERTIFICATE") > /run/certificates
  mount --bind /run/certificates "$bundle"
fi
`;

/** A shell that runs a script there, with arguments from `$1` on. */
export function atVarOssec(
  script: string,
  args: readonly string[],
  { home, cwd, env = {} }: Place,
): Deno.Command {
  return new Deno.Command("unshare", {
    args: ["--mount", "bash", "-eu", "-c", MOUNTS + script, home, ...args],
    cwd,
    env: { ...env },
    stdin: "null",
  });
}
