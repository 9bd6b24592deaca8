/**
 * A Wazuh manager's tree as its packages leave it: configuration, rules,
 * decoders, Wazuh's own integrations; and a program to install there.
 *
 * @module
 */
import { giveToGroup, giveToWazuh, makeHome } from "./home.ts";

/** What ossec.conf is on most managers, shortened. */
export const CONF = `<!--
  Wazuh - Manager
-->
<ossec_config>
  <global>
    <jsonout_output>yes</jsonout_output>
  </global>

  <!-- <integration><name>custom-opencti</name></integration> -->
  <cluster>
    <name>wazuh</name>
    <node_type>master</node_type>
    <key>c98b62a9b6169ac5f67dae55ae4a9088</key>
    <disabled>yes</disabled>
  </cluster>

  <ruleset>
    <decoder_dir>ruleset/decoders</decoder_dir>
    <rule_dir>ruleset/rules</rule_dir>
    <decoder_dir>etc/decoders</decoder_dir>
    <rule_dir>etc/rules</rule_dir>
  </ruleset>
</ossec_config>

<ossec_config>
  <localfile>
    <log_format>syslog</log_format>
    <location>/var/ossec/logs/active-responses.log</location>
  </localfile>

</ossec_config>
`;

const LOCAL_RULES = `<group name="local,syslog,sshd,">
  <rule id="100001" level="5">
    <if_sid>5716</if_sid>
    <srcip>1.1.1.1</srcip>
    <description>sshd: authentication failed from IP 1.1.1.1.</description>
  </rule>
</group>
`;

/** The header of an executable of this machine, and nothing behind it. */
const ELF = new Uint8Array(64);
ELF.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
ELF[18] = Deno.build.arch === "aarch64" ? 183 : 62;

/** A manager, and the program that is to be installed. */
export interface Manager {
  readonly home: string;
  readonly program: string;
}

/** Makes a manager with nothing of ours. */
export async function makeManager(
  { conf = CONF, prefix }: {
    readonly conf?: string | Uint8Array;
    /** What the name of its home begins with. */
    readonly prefix?: string | undefined;
  } = {},
): Promise<Manager> {
  const home = await makeHome({ isInstalled: false, prefix });
  for (
    const [path, owner, mode] of [
      ["bin", "root", 0o750],
      ["etc/decoders", "root", 0o770],
      ["etc/rules", "root", 0o770],
      ["logs/alerts", "wazuh", 0o750],
      ["ruleset", "root", 0o750],
      ["ruleset/decoders", "root", 0o750],
      ["ruleset/rules", "root", 0o750],
    ] as const
  ) {
    await Deno.mkdir(`${home}/${path}`);
    if (owner === "wazuh") giveToWazuh(`${home}/${path}`, mode);
    else giveToGroup(`${home}/${path}`, mode);
  }
  const put = async (path: string, content: string | Uint8Array) => {
    await Deno.writeFile(
      `${home}/${path}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  };
  await put("etc/ossec.conf", conf);
  giveToGroup(`${home}/etc/ossec.conf`, 0o660);
  await put("etc/rules/local_rules.xml", LOCAL_RULES);
  giveToWazuh(`${home}/etc/rules/local_rules.xml`, 0o660);
  await put("etc/decoders/local_decoder.xml", '<decoder name="x"/>\n');
  await put(
    "ruleset/rules/0010-rules_config.xml",
    '<group name="syslog,"><rule id="1" level="0">' +
      "<description>Generic template.</description></rule></group>\n",
  );
  await put("integrations/slack.py", "#!/usr/bin/env python3\n");
  giveToGroup(`${home}/integrations/slack.py`, 0o750);
  await put("tmp/custom-opencti", ELF);
  return { home, program: `${home}/tmp/custom-opencti` };
}

/** All that is below a folder: owner, mode, and what is in it. */
export async function snapshot(
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (
    const { name, isDirectory, isFile, isSymlink } of Deno.readDir(folder)
  ) {
    const path = `${folder}/${name}`;
    const { uid, gid, mode } = await Deno.lstat(path);
    const content = isFile
      ? new TextDecoder("latin1").decode(await Deno.readFile(path))
      : "";
    found[name] = `${uid}:${gid} ${((mode ?? 0) % 0o10000).toString(8)} ${
      isSymlink ? await Deno.readLink(path) : content
    }`;
    if (!isDirectory) continue;
    for (const [below, what] of Object.entries(await snapshot(path))) {
      found[`${name}/${below}`] = what;
    }
  }
  return found;
}
