/**
 * What is published: made twice, installed, upgraded and removed.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { explainCompile } from "../scripts/compile.ts";
import { checkTag, notesOf } from "../scripts/release.ts";
import { ROOT_ONLY } from "./stand_ins/home.ts";
import { makeManager, snapshot } from "./stand_ins/manager.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Stands for the executable, so that packing takes no time. */
const PROGRAM = `#!/bin/sh
if [ "$*" = --version ]; then echo "custom-opencti ${project.version}"; exit; fi
echo "run: $*"
case "$*" in
  *" install") grep -q 'set up' "$2/etc/ossec.conf" ;;
esac
`;

/** What the packages bring for the Wazuh dashboard, and for those who want more. */
const SHARED = "opencti_dashboard.ndjson\nopencti_sources_rules.xml\n";

async function run(program: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { LC_ALL: "C" },
  }).output();
  const says = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  return { code, says };
}

async function release(folder: string, ...args: string[]) {
  const executable = `${folder}/program`;
  await Deno.writeTextFile(executable, PROGRAM);
  await Deno.chmod(executable, 0o755);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      "scripts/release.ts",
      "--executable",
      executable,
      "--output",
      `${folder}/out`,
      ...args,
    ],
    cwd: ROOT,
    env: { SOURCE_DATE_EPOCH: "1700000000" },
  }).output();
  return {
    code,
    says: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr),
    out: `${folder}/out`,
  };
}

const HAS_TOOLS = (await Promise.all(
  ["dpkg-deb", "rpmbuild", "unshare"].map((program) =>
    run(program, "--version").then(() => true, () => false)
  ),
)).every(Boolean);
const NEEDS_TOOLS = { ignore: ROOT_ONLY.ignore || !HAS_TOOLS };

Deno.test(
  "release makes the same bytes a second time",
  NEEDS_TOOLS,
  async (t) => {
    const folder = await Deno.makeTempDir();
    const first = await release(folder);
    assertEquals(first.code, 0, first.says);
    const made = await snapshot(first.out);
    const other = await Deno.makeTempDir();
    const second = await release(other);
    assertEquals(await snapshot(second.out), made);
    const { version } = project;
    const arch = Deno.build.arch;
    await t.step("all that there should be", () => {
      assertEquals(
        Object.keys(made).sort(),
        [
          "SHA256SUMS",
          `custom-opencti-${version}-1.${arch}.rpm`,
          `custom-opencti-${version}-${arch}.cdx.json`,
          `custom-opencti-${version}-linux-${arch}.tar.gz`,
          `custom-opencti_${version}_${
            arch === "x86_64" ? "amd64" : "arm64"
          }.deb`,
        ].sort(),
      );
    });
    await t.step("checksums that sha256sum takes", async () => {
      const { code, says } = await run(
        "sh",
        "-c",
        `cd ${first.out} && sha256sum --check SHA256SUMS`,
      );
      assertEquals(code, 0, says);
      assertEquals(says.match(/: OK$/gm)?.length, 4);
    });
    await t.step(
      "an SBOM of what the program imports, and of Deno",
      async () => {
        const name = `custom-opencti-${version}-${arch}.cdx.json`;
        const bom = JSON.parse(await Deno.readTextFile(`${first.out}/${name}`));
        const names = bom.components.map((one: { name: string }) => one.name);
        assertEquals(names, [...await packagesOfLib(), "deno"]);
        assertEquals(bom.specVersion, "1.5");
        for (const { hashes, purl } of bom.components.slice(0, -1)) {
          assertEquals(hashes[0].content.length, 128);
          assertStringIncludes(purl, "pkg:npm/");
        }
      },
    );
    await t.step("a tarball whose executable starts", async () => {
      const { code, says } = await run(
        "sh",
        "-c",
        `cd ${other} && tar -xzf out/*.tar.gz && custom-opencti-*/custom-opencti --version`,
      );
      assertEquals([code, says], [0, `custom-opencti ${version}\n`]);
    });
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(other, { recursive: true });
  },
);

/** The packages of deno.json that lib/ imports, by their names. */
async function packagesOfLib(): Promise<readonly string[]> {
  const { says } = await run("grep", "-rhoE", 'from "[^"]+"', `${ROOT}lib`);
  const imported = new Set(says.match(/(?<=from ")[^"]+/g));
  const names = Object.entries(project.imports).flatMap(([key, target]) => {
    const name = /^npm:([^@/]+)/.exec(target)?.[1];
    return name !== undefined && imported.has(key) ? [name] : [];
  });
  return [...new Set(names)].sort();
}

/** A manager below a root of its own, where packages are installed. */
async function makeRoot() {
  const root = await Deno.makeTempDir();
  const { home } = await makeManager();
  await Deno.mkdir(`${root}/var/lib/dpkg`, { recursive: true });
  await Deno.writeTextFile(`${root}/var/lib/dpkg/status`, "");
  await Deno.rename(home, `${root}/var/ossec`);
  await Deno.mkdir(home);
  return { root, home: `${root}/var/ossec` };
}

/** The program that stands for ours installs only where this is. */
async function setUp(home: string): Promise<void> {
  await Deno.writeTextFile(`${home}/etc/ossec.conf`, "set up");
}

async function packageOf(ending: string) {
  const folder = await Deno.makeTempDir();
  const { out, code, says } = await release(folder);
  assertEquals(code, 0, says);
  for await (const { name } of Deno.readDir(out)) {
    if (name.endsWith(ending)) return { folder, path: `${out}/${name}` };
  }
  throw new Error(`No ${ending}`);
}

Deno.test(
  "the deb is installed, upgraded, removed and purged",
  NEEDS_TOOLS,
  async (t) => {
    const { folder, path } = await packageOf(".deb");
    const { root, home } = await makeRoot();
    const program = `${home}/integrations/custom-opencti`;
    const dpkg = (...args: string[]) =>
      run(
        "dpkg",
        `--root=${root}`,
        "--force-script-chrootless",
        "--force-depends",
        ...args,
      );
    await t.step(
      "install says what to type, and gives Wazuh the program",
      async () => {
        const { code, says } = await dpkg("--install", path);
        assertEquals(code, 0, says);
        assertStringIncludes(says, "custom-opencti: to set it up, run ");
        const { uid, gid, mode } = await Deno.stat(program);
        const { gid: group } = await Deno.stat(`${home}/queue/sockets`);
        assertEquals([uid, gid, (mode ?? 0) % 0o1000], [0, group, 0o750]);
        const { says: shared } = await run(
          "ls",
          `${root}/usr/share/custom-opencti`,
        );
        assertEquals(shared, SHARED);
      },
    );
    await t.step("an upgrade upgrades what is set up", async () => {
      await setUp(home);
      const { code, says } = await dpkg("--install", path);
      assertEquals(code, 0, says);
      assertStringIncludes(says, `run: --home ${home} install`);
      assert(!says.includes("uninstall"), says);
    });
    await t.step("remove takes the rest out, and keeps the state", async () => {
      await Deno.mkdir(`${home}/queue/opencti`);
      await Deno.writeTextFile(`${home}/etc/opencti.token`, "x");
      const { code, says } = await dpkg("--remove", "custom-opencti");
      assertEquals(code, 0, says);
      assertStringIncludes(says, `run: --home ${home} uninstall`);
      const left = await snapshot(home);
      assert(!("integrations/custom-opencti" in left));
      assert("queue/opencti" in left && "etc/opencti.token" in left);
    });
    await t.step("purge takes the state out too", async () => {
      const { code, says } = await dpkg("--purge", "custom-opencti");
      assertEquals(code, 0, says);
      const left = await snapshot(home);
      assert(!("queue/opencti" in left) && !("etc/opencti.token" in left));
      assert("integrations/slack.py" in left && "etc/ossec.conf" in left);
    });
    await Deno.remove(root, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  },
);

/** Runs a script in a copy of this machine that is thrown away. */
function runInCopy(script: string) {
  return run(
    "unshare",
    "--mount",
    "sh",
    "-c",
    `set -e
     copy=$(mktemp -d)
     mount -t tmpfs tmpfs "$copy"
     mkdir "$copy/upper" "$copy/work" "$copy/root"
     mount -t overlay overlay "$copy/root" \\
       -o "lowerdir=/,upperdir=$copy/upper,workdir=$copy/work"
     mount --bind /dev "$copy/root/dev"
     exec chroot "$copy/root" sh -c "$1"`,
    "sh",
    script,
  );
}

Deno.test(
  "the rpm is installed, upgraded and removed",
  NEEDS_TOOLS,
  async () => {
    const { folder, path } = await packageOf(".rpm");
    const { root, home } = await makeRoot();
    const { code, says } = await runInCopy(`set -e
    rm -rf /var/ossec && cp -a ${home} /var/ossec
    rpm="rpm --dbpath /var/ossec/rpm --nodeps"
    mkdir /var/ossec/rpm
    echo "== install"; $rpm -i ${path}
    stat -c '%U %g %a' /var/ossec/integrations/custom-opencti
    ls /usr/share/custom-opencti
    echo 'set up' > /var/ossec/etc/ossec.conf
    echo "== upgrade"; $rpm -U --replacepkgs ${path}
    echo "== remove"; $rpm -e custom-opencti
    ls /var/ossec/integrations`);
    assertEquals(code, 0, says);
    const { gid } = await Deno.stat(`${home}/queue/sockets`);
    const program = "/var/ossec/integrations/custom-opencti";
    const shown = says.split("\n").filter((line) =>
      // On Debian, rpm says that alien should be used.
      !/^(?:warning|rpm):/.test(line)
    )
      .join("\n");
    assertEquals(
      shown,
      `== install
run: --home /var/ossec install
custom-opencti: to set it up, run ${program} install --url URL
root ${gid} 750
${SHARED}== upgrade
run: --home /var/ossec install
== remove
run: --home /var/ossec uninstall
slack.py
`,
    );
    await Deno.remove(root, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test("notesOf() takes a version's section of CHANGELOG.md", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n" +
    "\n### Added\n\n- One.\n\n## [1.2.2]\n\n- Two.\n";
  assertEquals(notesOf(changelog, "1.2.3"), "### Added\n\n- One.\n");
  assertEquals(notesOf(changelog, "1.2.2"), "- Two.\n");
  for (const version of ["1.2.4", "1.2"]) {
    let says = "";
    try {
      notesOf(changelog, version);
    } catch (error) {
      says = String(error);
    }
    assertStringIncludes(says, `no section [${version}]`);
  }
});

Deno.test("checkTag() takes the tag of the version alone", () => {
  checkTag("v1.2.3", "1.2.3");
  for (const tag of ["1.2.3", "v1.2.4", "v1.2.3-rc1", ""]) {
    let says = "";
    try {
      checkTag(tag, "1.2.3");
    } catch (error) {
      says = String(error);
    }
    assertStringIncludes(says, "make them agree");
  }
});

Deno.test(
  "release refuses an executable that says another version",
  NEEDS_TOOLS,
  async () => {
    const folder = await Deno.makeTempDir();
    const other = `${folder}/other`;
    await Deno.writeTextFile(other, "#!/bin/sh\necho custom-opencti 9.9.9\n");
    await Deno.chmod(other, 0o755);
    const { code, says } = await release(folder, "--executable", other);
    assertEquals(
      [code, says],
      [
        1,
        `${other} --version says "custom-opencti 9.9.9", and not ${project.version}\n`,
      ],
    );
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test("explainCompile() says in one sentence that the runtime is out of reach", () => {
  const says =
    `error: Writing deno compile executable to temporary file 'dist/x'

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): client error (Connect)
`;
  assertEquals(
    explainCompile(says),
    "Cannot download the runtime from dl.deno.land: set DENORT_BIN to a copy of " +
      `denort ${Deno.version.deno}, or give this machine a way there`,
  );
  assertEquals(explainCompile("error: no such file\n"), "error: no such file");
});
