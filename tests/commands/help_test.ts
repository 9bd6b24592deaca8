import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OPTIONS } from "../../lib/config/config.ts";
import {
  about,
  optionsHelp,
  overview,
  unknownCommand,
} from "../../lib/commands/help.ts";
import { WITH_OPTIONS } from "../../lib/commands/arguments.ts";
import { COMMANDS as commands } from "../../lib/commands/operator.ts";
import { DASHBOARD_FILE } from "../../scripts/dashboard.ts";
import { makeHome } from "../stand_ins/home.ts";
import { runProgram } from "../stand_ins/program.ts";

const ALL = overview(commands, String);

function topicHelp(topic: string): string {
  return about(topic, { commands, bold: String });
}

const TOPICS = commands.map(({ name }) => name);

Deno.test("help shows each command, in lines of 80 characters", () => {
  const all = ALL;
  const texts = [
    all,
    optionsHelp(String),
    ...TOPICS.map((topic) => topicHelp(topic)),
  ];
  for (const text of texts) {
    for (const line of text.split("\n")) assert(line.length <= 80, line);
    assert(text.endsWith("\n") && !text.endsWith("\n\n"), text);
  }
  for (const topic of TOPICS) {
    // An alert's call has no word of its own.
    assertEquals(all.includes(`\n  ${topic} `), topic !== "alert", topic);
  }
  assertStringIncludes(all, "--home DIR");
});

Deno.test("help options says of each option what it means", () => {
  const help = optionsHelp(String);
  for (const name of Object.keys(OPTIONS)) {
    assert(new RegExp(`^  ${name} +[A-Z]`, "m").test(help), name);
  }
  assert(!/\]\(|`|, see /.test(help), help);
});

Deno.test("the usage of a command has each of its options", () => {
  for (const { name, usage, options = [] } of commands) {
    const uses = usage.join(" ");
    for (const option of options) {
      assert(
        uses.includes(`--${option.name}`) || uses.includes("[OPTION…]"),
        `${name} --${option.name}`,
      );
    }
  }
});

Deno.test("the command line knows which commands read their words themselves", () => {
  assertEquals(
    commands.filter(({ options }) => options !== undefined)
      .map(({ name }) => name).sort(),
    [...WITH_OPTIONS].sort(),
  );
});

Deno.test("unknownCommand() names the nearest one, and never says the word: it could be a token", () => {
  assertEquals(
    unknownCommand("retyr", commands).message,
    'Unknown command, did you mean "retry"? See custom-opencti help',
  );
  const { message } = unknownCommand("flgrn_octi_tkn_x", commands);
  assert(!message.includes("flgrn"), message);
  assertStringIncludes(
    message,
    TOPICS.join(", "),
  );
});

Deno.test("custom-opencti answers the words of its command line", async (t) => {
  const home = await makeHome();
  const run = (...args: string[]) => runProgram(home, args);
  const helps = {
    "no arguments": [],
    "help": ["help"],
    "--help": ["--help"],
    "-h": ["-h"],
  };
  for (const [name, args] of Object.entries(helps)) {
    await t.step(name, async () => {
      const { status, stdout, stderr } = await run(...args);
      assertEquals([status, stdout, stderr], [0, ALL, ""]);
    });
  }
  for (
    const args of [["help", "retry"], ["retry", "--help"], ["retry", "-h"]]
  ) {
    await t.step(args.join(" "), async () => {
      const { status, stdout } = await run(...args);
      assertEquals([status, stdout], [0, topicHelp("retry")]);
    });
  }
  await t.step("help options", async () => {
    const { status, stdout } = await run("help", "options");
    assertEquals([status, stdout], [0, optionsHelp(String)]);
  });
  for (const word of ["version", "--version"]) {
    await t.step(word, async () => {
      const { status, stdout } = await run(word);
      assertEquals(status, 0);
      assert(/^custom-opencti \d+\.\d+\.\d+\n$/.test(stdout), stdout);
    });
  }
  await t.step("dashboard", async () => {
    const { status, stdout } = await run("dashboard");
    assertEquals([status, stdout], [0, DASHBOARD_FILE]);
  });
  for (const word of ["version", "dashboard"]) {
    await t.step(`${word} and another word`, async () => {
      const { status, stdout, lastLine } = await run(word, "extra");
      assertEquals([status, stdout, lastLine], [
        2,
        "",
        `${word} takes nothing`,
      ]);
    });
  }
  await t.step("an unknown word", async () => {
    const { status, stdout, lastLine } = await run("retyr");
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(lastLine, 'did you mean "retry"');
  });
  await t.step("an unknown topic", async () => {
    const { status, lastLine } = await run("help", "retyr");
    assertEquals(status, 2);
    assertStringIncludes(lastLine, 'did you mean "retry"');
  });
  await t.step("no colour where there is no terminal", async () => {
    const { stdout } = await run("help");
    assert(!stdout.includes("\x1b"), stdout);
  });
  await t.step("an alert's file that is named as a command", async () => {
    const { status, lastLine } = await run("help", "key", "http://127.0.0.1");
    assertEquals(status, 1);
    assertStringIncludes(lastLine, "Cannot read alert: help: ");
  });
});

Deno.test("custom-opencti says that it cannot print, and not that all is nearly right", async () => {
  const home = await makeHome();
  const { status, lastLine } = await runProgram(home, ["man"], {
    wrapper: ["sh", "-c", 'exec "$0" "$@" > /dev/full'],
  });
  assertEquals(status, 2);
  assertStringIncludes(lastLine, "Cannot print: No space left on device");
});

Deno.test("custom-opencti is bold on a terminal, unless NO_COLOR says otherwise", async (t) => {
  const home = await makeHome();
  // script(1) gives it a terminal.
  const { success } = await new Deno.Command("script", { args: ["--version"] })
    .output().catch(() => ({ success: false }));
  const onTerminal = (env: Record<string, string>) =>
    runProgram(home, ["help"], {
      env,
      wrapper: [
        "sh",
        "-c",
        'command="$*"; exec script -qec "$command" /dev/null',
        "sh",
      ],
    });
  await t.step({
    name: "bold",
    ignore: !success,
    fn: async () => {
      const { stdout } = await onTerminal({ TERM: "xterm" });
      assertStringIncludes(stdout, "\x1b[1mUsage\x1b[22m");
    },
  });
  await t.step({
    name: "NO_COLOR",
    ignore: !success,
    fn: async () => {
      const { stdout } = await onTerminal({ TERM: "xterm", NO_COLOR: "1" });
      assertStringIncludes(stdout, "Usage");
      assert(!stdout.includes("\x1b[1m"), stdout);
    },
  });
});
