/**
 * Completions and the manual page, as shells and man(1) take them.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SOURCES as ALL } from "../../lib/alert/sources/mod.ts";
import { completionScript } from "../../lib/commands/completions.ts";
import { manPage } from "../../lib/commands/man.ts";
import { OPTIONS } from "../../lib/config/config.ts";
import { COMMANDS } from "../../lib/commands/operator.ts";
import { makeHome } from "../stand_ins/home.ts";
import { runProgram } from "../stand_ins/program.ts";

const SOURCES = ["sshd", "suricata", "syscheck"];

async function run(program: string, args: readonly string[], input = "") {
  const process = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

async function isThere(program: string): Promise<boolean> {
  return await run("sh", ["-c", `command -v ${program}`])
    .then(({ code }) => code === 0);
}

const NAMES = COMMANDS.map(({ name }) => name).filter((one) => one !== "alert");

Deno.test("bash completes commands and options", {
  ignore: !await isThere("bash"),
}, async () => {
  const script = completionScript("bash", COMMANDS, SOURCES);
  const complete = async (...words: string[]) => {
    const { stdout, stderr } = await run(
      "bash",
      ["--norc"],
      `${script}
COMP_WORDS=(custom-opencti ${words.map((word) => `"${word}"`).join(" ")})
COMP_CWORD=${words.length}
_custom_opencti
printf '%s\\n' "\${COMPREPLY[@]}"
`,
    );
    assertEquals(stderr, "");
    return stdout.trim().split("\n");
  };
  assertEquals(await complete(""), [
    ...NAMES,
    "--home",
    "--help",
    "--version",
  ]);
  assertEquals(await complete("inst"), ["install"]);
  assertEquals(await complete("install", "--re"), ["--replace"]);
  assertEquals(await complete("completions", "f"), ["fish"]);
  assertEquals(await complete("help", "doc"), ["doctor"]);
  assertEquals(await complete("help", "al"), ["alert"]);
  assertEquals(await complete("help", "opt"), ["options"]);
  // A value: files are offered, or nothing is.
  assertEquals(await complete("install", "--token-file", ""), [""]);
  assertEquals(await complete("install", "--url", ""), [""]);
  assertEquals(await complete("test", "--source", "s"), SOURCES);
  assertEquals(await complete("test", "--source", "x"), [""]);
  // Behind Wazuh's home.
  assertEquals(await complete("--home", ""), [""]);
  assertEquals(await complete("--home", "/w", "doc"), ["doctor"]);
  assertEquals(await complete("--home", "/w", "install", "--re"), [
    "--replace",
  ]);
});

Deno.test("fish completes commands and options", {
  ignore: !await isThere("fish"),
}, async () => {
  const script = completionScript("fish", COMMANDS, SOURCES);
  const complete = async (line: string) => {
    const { stdout, stderr } = await run(
      "fish",
      ["--no-config"],
      `${script}\ncomplete -C '${line}'\n`,
    );
    assertEquals(stderr, "");
    return stdout.trim().split("\n").map((one) => one.split("\t")[0]);
  };
  assertEquals(await complete("custom-opencti inst"), ["install"]);
  assertEquals(await complete("custom-opencti install --re"), ["--replace"]);
  assertEquals(await complete("custom-opencti completions z"), ["zsh"]);
  assertEquals(await complete("custom-opencti test --source su"), ["suricata"]);
});

Deno.test("zsh takes its completions", {
  ignore: !await isThere("zsh"),
}, async () => {
  const script = completionScript("zsh", COMMANDS, SOURCES);
  const { code, stderr } = await run("zsh", ["-n"], script);
  assertEquals([code, stderr], [0, ""]);
  assert(script.startsWith("#compdef custom-opencti\n"));
  for (const name of NAMES) assertStringIncludes(script, `    '${name}:`);
});

Deno.test("the manual page has each command and option", async (t) => {
  const page = manPage(COMMANDS);
  assertStringIncludes(page, "\nExample: process all waiting alerts now\n");
  assertStringIncludes(page, "Wazuh's home: the folder above integrations/");
  for (const { name, options = [] } of COMMANDS) {
    assertStringIncludes(page, `\n.SS ${name}\n`);
    for (const { name } of options) {
      assertStringIncludes(page, `.B \\-\\-${name.replaceAll("-", "\\-")}`);
    }
  }
  for (const option of Object.keys(OPTIONS)) {
    assertStringIncludes(page, `\n.B ${option}\n`);
  }
  await t.step({
    name: "mandoc finds no mistake",
    ignore: !await isThere("mandoc"),
    fn: async () => {
      const { stdout } = await run(
        "mandoc",
        ["-T", "lint", "-W", "warning"],
        page,
      );
      // It has no date: the same commit makes the same page.
      assertEquals(stdout.replace(/.*missing date.*\n/, ""), "");
    },
  });
});

Deno.test("custom-opencti prints both", async () => {
  const home = await makeHome();
  const page = await runProgram(home, ["man"]);
  assertEquals([page.status, page.stdout], [0, manPage(COMMANDS)]);
  const script = await runProgram(home, ["completions", "zsh"]);
  assertEquals(
    [script.status, script.stdout],
    [0, completionScript("zsh", COMMANDS, ALL.map(({ name }) => name))],
  );
  const wrong = await runProgram(home, ["completions", "tcsh"]);
  assertEquals(
    [wrong.status, wrong.lastLine],
    [2, "Name one shell: bash, zsh, fish"],
  );
  const many = await runProgram(home, ["man", "x"]);
  assertEquals([many.status, many.lastLine], [2, "man takes nothing"]);
});
