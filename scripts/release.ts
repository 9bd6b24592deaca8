/**
 * Makes all that is published, as far as it can be made without the forge:
 * executable, tarball, packages, SBOM, checksums, and the notes.
 *
 * - `--tag v1.2.3`: fails if tag, `deno.json` and `CHANGELOG.md` do not agree
 * - `--executable FILE`: packs that one, and compiles none
 * - `--arch aarch64`: compiles for another machine than this
 * - `--output DIR`: `dist/release` unless said otherwise
 *
 * @module
 */
import { parseArgs } from "node:util";
import project from "../deno.json" with { type: "json" };
import { compile, CompileError, describeFile, runTask } from "./compile.ts";
import {
  type Arch,
  makeDeb,
  makeRpm,
  makeTarball,
  type Packed,
} from "./packages.ts";
import { sbomOf } from "./sbom.ts";

const ROOT = new URL("../", import.meta.url);

/**
 * What CHANGELOG says of a version: the release's notes.
 *
 * @throws {CompileError} If it says nothing of it.
 */
export function notesOf(changelog: string, version: string): string {
  const [, after] = changelog.split(`\n## [${version}]`);
  const notes = after?.replace(/^.*\n/, "").split(/\n## \[/)[0]?.trim();
  if (!notes) {
    throw new CompileError(
      `CHANGELOG.md has no section [${version}]: name it so, with its date`,
    );
  }
  return `${notes}\n`;
}

/**
 * Refuses a tag that is not the version's.
 *
 * @throws {CompileError} If they differ.
 */
export function checkTag(tag: string, version: string): void {
  if (tag !== `v${version}`) {
    throw new CompileError(
      `The tag is ${tag}, and the version in deno.json ${version}: make them ` +
        "agree",
    );
  }
}

async function release(): Promise<string> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      tag: { type: "string" },
      executable: { type: "string" },
      arch: { type: "string", default: Deno.build.arch },
      output: { type: "string", default: "dist/release" },
    },
  });
  const { version } = project;
  const arch = archOf(values.arch);
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", ROOT));
  if (values.tag !== undefined) checkTag(values.tag, version);
  const notes = values.tag === undefined
    ? undefined
    : notesOf(changelog, version);
  await Deno.remove(values.output, { recursive: true }).catch(() => {});
  await Deno.mkdir(values.output, { recursive: true });
  const executable = values.executable ?? await compiled(arch);
  if (arch === Deno.build.arch) await smoke(executable, version);
  const time = await sourceTime();
  const packed: Packed = {
    executable,
    version,
    arch,
    time,
    output: values.output,
  };
  const bom = `${values.output}/custom-opencti-${version}-${arch}.cdx.json`;
  await Deno.writeTextFile(
    bom,
    await sbomOf({ version, time, runtime: Deno.version.deno }),
  );
  const made = [
    await makeTarball(packed),
    await makeDeb(packed),
    await makeRpm(packed),
    bom,
  ];
  if (notes !== undefined) {
    await Deno.writeTextFile(`${values.output}/notes.md`, notes);
  }
  const lines = await Promise.all(made.map(describeFile));
  await Deno.writeTextFile(
    `${values.output}/SHA256SUMS`,
    lines.map((line) => {
      const [, path = "", sum = ""] = /^(.*): .* sha256 (.*)$/.exec(line) ?? [];
      return `${sum}  ${path.replace(/^.*\//, "")}\n`;
    }).join(""),
  );
  return lines.join("\n");
}

function archOf(arch: string): Arch {
  if (arch === "x86_64" || arch === "aarch64") return arch;
  throw new CompileError("--arch must be x86_64 or aarch64");
}

async function compiled(arch: Arch): Promise<string> {
  const output = "dist/custom-opencti";
  await Deno.remove("dist/bundle", { recursive: true }).catch(() => {});
  await compile("main.ts", {
    bundle: "dist/bundle",
    output,
    target: arch === Deno.build.arch ? undefined : `${arch}-unknown-linux-gnu`,
  });
  return output;
}

/** Starts it once: what cannot be started is not published. */
async function smoke(executable: string, version: string): Promise<void> {
  const { success, stdout } = await new Deno.Command(
    executable.includes("/") ? executable : `./${executable}`,
    { args: ["--version"] },
  ).output();
  const says = new TextDecoder().decode(stdout).trim();
  if (!success || says !== `custom-opencti ${version}`) {
    throw new CompileError(
      `${executable} --version says "${says}", and not ${version}`,
    );
  }
}

/** The time of the commit, so that the same commit makes the same bytes. */
async function sourceTime(): Promise<number> {
  const said = Deno.env.get("SOURCE_DATE_EPOCH");
  if (said !== undefined) return Number(said);
  const { stdout, success } = await new Deno.Command("git", {
    args: ["log", "-1", "--format=%ct"],
    cwd: ROOT.pathname,
  }).output();
  if (!success) {
    throw new CompileError(
      "Without git, set SOURCE_DATE_EPOCH to the time of the commit",
    );
  }
  return Number(new TextDecoder().decode(stdout).trim());
}

if (import.meta.main) await runTask(release);
