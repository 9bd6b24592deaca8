/**
 * Makes what the executable is published in: a tarball, a package for Debian
 * and its like, and one for Red Hat and its like. The same files make the same
 * bytes.
 *
 * @module
 */
import { SOURCES } from "../lib/alert/sources/mod.ts";
import { completionScript } from "../lib/commands/completions.ts";
import { manPage } from "../lib/commands/man.ts";
import { COMMANDS } from "../lib/commands/operator.ts";
import { CompileError } from "./compile.ts";

const SOURCE_NAMES = SOURCES.map(({ name }) => name);

/** What is packed. */
export interface Packed {
  readonly executable: string;
  readonly version: string;
  readonly arch: Arch;
  /** Seconds since 1970, for all files. */
  readonly time: number;
  /** The folder to make them in. */
  readonly output: string;
}

/** As the kernel says it. */
export type Arch = "x86_64" | "aarch64";

const DEBIAN: Readonly<Record<Arch, string>> = {
  aarch64: "arm64",
  x86_64: "amd64",
};

const ROOT = new URL("../", import.meta.url).pathname;

/** Where a file goes in a package, its mode, and what of the project it is. */
const SHARE: readonly (readonly [to: string, from: string])[] = [
  ["usr/share/doc/custom-opencti/copyright", "LICENSE"],
  ["usr/share/doc/custom-opencti/CHANGELOG.md", "CHANGELOG.md"],
  ...["opencti_dashboard.ndjson", "opencti_sources_rules.xml"].map((name) =>
    [`usr/share/custom-opencti/${name}`, `wazuh/${name}`] as const
  ),
];

/** Where a file that is made goes in a package, and what is in it. */
const MADE: readonly (readonly [to: string, content: string])[] = [
  ["usr/share/man/man8/custom-opencti.8", manPage(COMMANDS)],
  [
    "usr/share/bash-completion/completions/custom-opencti",
    completionScript("bash", COMMANDS, SOURCE_NAMES),
  ],
  [
    "usr/share/zsh/site-functions/_custom-opencti",
    completionScript("zsh", COMMANDS, SOURCE_NAMES),
  ],
  [
    "usr/share/fish/vendor_completions.d/custom-opencti.fish",
    completionScript("fish", COMMANDS, SOURCE_NAMES),
  ],
];

const PROGRAM = "var/ossec/integrations/custom-opencti";

/** Makes the tarball, and returns its path. */
export async function makeTarball(packed: Packed): Promise<string> {
  const name = `custom-opencti-${packed.version}-linux-${packed.arch}`;
  using folder = temporaryFolder();
  const tree = `${folder.path}/${name}`;
  await Deno.mkdir(tree);
  await place(packed.executable, `${tree}/custom-opencti`, 0o755);
  for (const file of ["LICENSE", "README.md", "CHANGELOG.md"]) {
    await place(ROOT + file, `${tree}/${file}`);
  }
  for (const sub of ["docs", "wazuh"]) {
    for await (const { name } of Deno.readDir(ROOT + sub)) {
      await place(`${ROOT}${sub}/${name}`, `${tree}/${sub}/${name}`);
    }
  }
  const path = `${packed.output}/${name}.tar.gz`;
  const tar = `${folder.path}/it.tar`;
  await run("tar", [
    "--create",
    "--file",
    tar,
    "--directory",
    folder.path,
    "--format=ustar",
    "--sort=name",
    "--owner=root:0",
    "--group=root:0",
    `--mtime=@${packed.time}`,
    name,
  ]);
  await run("gzip", ["-9", "--no-name", tar]);
  await Deno.copyFile(`${tar}.gz`, path);
  return path;
}

/** Makes the package for Debian, and returns its path. */
export async function makeDeb(packed: Packed): Promise<string> {
  using folder = temporaryFolder();
  const tree = await makeTree(`${folder.path}/tree`, packed);
  const arch = DEBIAN[packed.arch];
  const control = await fill("deb/control", {
    VERSION: packed.version,
    ARCH: arch,
  });
  const files = {
    control,
    postinst: script(
      '[ "$1" = configure ] || exit 0',
      await read("configure.sh"),
    ),
    prerm: script('[ "$1" = remove ] || exit 0', await read("remove.sh")),
    postrm: await read("deb/postrm"),
  };
  await Deno.mkdir(`${tree}/DEBIAN`, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${tree}/DEBIAN/${name}`, text);
    await Deno.chmod(
      `${tree}/DEBIAN/${name}`,
      name === "control" ? 0o644 : 0o755,
    );
  }
  const path = `${packed.output}/custom-opencti_${packed.version}_${arch}.deb`;
  await run("dpkg-deb", [
    "--build",
    "--root-owner-group",
    "-Zgzip",
    "-z9",
    tree,
    path,
  ], packed.time);
  return path;
}

/** Makes the package for Red Hat, and returns its path. */
export async function makeRpm(packed: Packed): Promise<string> {
  using folder = temporaryFolder();
  const tree = await makeTree(`${folder.path}/tree`, packed);
  const spec = await fill("rpm/custom-opencti.spec", {
    VERSION: packed.version,
    TREE: tree,
    FILES: packedFiles().map(([path, mode]) =>
      `%attr(${mode.toString(8)}, root, root) /${path}`
    ).join("\n"),
    CONFIGURE: await read("configure.sh"),
    REMOVE: await read("remove.sh"),
  });
  await Deno.writeTextFile(`${folder.path}/custom-opencti.spec`, spec);
  await run("rpmbuild", [
    "-bb",
    "--quiet",
    "--target",
    `${packed.arch}-linux`,
    "--define",
    `_topdir ${folder.path}/build`,
    "--define",
    `_rpmdir ${folder.path}/out`,
    `${folder.path}/custom-opencti.spec`,
  ], packed.time);
  const name = `custom-opencti-${packed.version}-1.${packed.arch}.rpm`;
  const path = `${packed.output}/${name}`;
  await Deno.copyFile(`${folder.path}/out/${packed.arch}/${name}`, path);
  return path;
}

/** The files of a package, and their modes. */
function packedFiles(): readonly (readonly [path: string, mode: number])[] {
  return [
    [PROGRAM, 0o755],
    ...[...SHARE, ...MADE].map(([to]) => [to, 0o644] as const),
  ];
}

async function makeTree(tree: string, { executable, time }: Packed) {
  await place(executable, `${tree}/${PROGRAM}`, 0o755);
  for (const [to, from] of SHARE) await place(ROOT + from, `${tree}/${to}`);
  for (const [to, content] of MADE) {
    await Deno.mkdir(`${tree}/${to}`.replace(/\/[^/]*$/, ""), {
      recursive: true,
    });
    await Deno.writeTextFile(`${tree}/${to}`, content);
    await Deno.chmod(`${tree}/${to}`, 0o644);
  }
  await setTimes(tree, time);
  return tree;
}

async function setTimes(path: string, time: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await setTimes(`${path}/${name}`, time);
    else await Deno.utime(`${path}/${name}`, time, time);
  }
  await Deno.utime(path, time, time);
}

async function place(from: string, to: string, mode = 0o644): Promise<void> {
  await Deno.mkdir(to.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.chmod(to, mode);
}

function script(condition: string, text: string): string {
  return `#!/bin/sh\nset -e\n${condition}\n${text}`;
}

async function read(name: string): Promise<string> {
  return await Deno.readTextFile(`${ROOT}packaging/${name}`);
}

async function fill(
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<string> {
  return (await read(name)).replace(/@([A-Z]+)@/g, (_, key) => {
    const value = values[key];
    if (value === undefined) throw new Error(`${name}: no ${key}`);
    return value.trimEnd();
  });
}

function temporaryFolder() {
  // Others may not look in, whatever the umask.
  const path = Deno.makeTempDirSync({ prefix: "custom-opencti-release-" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

async function run(
  program: string,
  args: readonly string[],
  time?: number,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: {
      LC_ALL: "C",
      ...time === undefined ? {} : { SOURCE_DATE_EPOCH: String(time) },
    },
    stdout: "null",
    stderr: "piped",
  }).output().catch(() => {
    throw new CompileError(
      `There is no ${program}: on Debian, apt-get install dpkg rpm`,
    );
  });
  if (!success) {
    throw new CompileError(
      `${program} failed: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
}
