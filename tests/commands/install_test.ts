/**
 * `install` and `uninstall` as they are typed.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readOptions } from "../../lib/commands/options.ts";
import {
  giveToGroup,
  giveToWazuh,
  ROOT_ONLY,
  WAZUH,
} from "../stand_ins/home.ts";
import { keepAlertIn } from "../stand_ins/spool.ts";
import { makeManager, type Manager, snapshot } from "../stand_ins/manager.ts";
import { runProgram } from "../stand_ins/program.ts";

const EXECUTABLE = Deno.env.get("CUSTOM_OPENCTI");

function run({ home }: Manager, ...args: string[]) {
  return runProgram(home, args, { asRoot: true });
}

Deno.test("install --dry-run shows what would be done, with a diff, and does nothing", async () => {
  const manager = await makeManager();
  // Where the tests run the executable, it is there already.
  await run(manager, "version");
  const before = await snapshot(manager.home);
  const { status, stdout, stderr } = await run(
    manager,
    "install",
    "--dry-run",
    "--url=https://cti.example/graphql",
    "--groups",
    "ids, web",
    "--level",
    "5",
  );
  assertEquals([status, stderr], [0, ""]);
  assertEquals(
    stdout.replaceAll(manager.home, "HOME")
      .replace(/.*(?:copy|own|keep) +integrations.*\n/g, ""),
    `Nothing is done. This would be done in HOME:
  make    queue/opencti
  write   etc/rules/opencti_rules.xml
  write   etc/decoders/opencti_decoder.xml
  write   etc/opencti.schema.json
  write   etc/opencti.token
  write   etc/ossec.conf.before-opencti
  change  etc/ossec.conf
    --- HOME/etc/ossec.conf
    +++ HOME/etc/ossec.conf
    @@ -28,4 +28,12 @@
         <location>/var/ossec/logs/active-responses.log</location>
       </localfile>
     
    +  <integration>
    +    <name>custom-opencti</name>
    +    <hook_url>https://cti.example</hook_url>
    +    <api_key>file:HOME/etc/opencti.token</api_key>
    +    <level>5</level>
    +    <group>ids,web</group>
    +    <alert_format>json</alert_format>
    +  </integration>
     </ossec_config>
`,
  );
  assertEquals(await snapshot(manager.home), before);
});

Deno.test("install refuses options that are wrong, and never says what was typed", async (t) => {
  const manager = await makeManager();
  const secret = "flgrn_octi_tkn_typed_in_the_wrong_place";
  const cases: Readonly<Record<string, string>> = {
    [`--${secret}`]: "Unknown option: see custom-opencti help install",
    [`--token ${secret}`]:
      'Unknown option --token, did you mean "--token-file"? ' +
      "See custom-opencti help install",
    "--fast": "Unknown option --fast: see custom-opencti help install",
    "--url": "--url needs a value: write --url URL",
    "--url --level 3": "--url needs a value: write --url URL",
    "--dry-run=yes": "--dry-run takes no value",
    "--lvl 3":
      'Unknown option --lvl, did you mean "--level"? See custom-opencti ' +
      "help install",
    [secret]: "install takes options alone: write --url URL",
    [`--url ${secret}`]: "--url must be OpenCTI's address, as https://",
    "--url https://a<b": "--url must be OpenCTI's address, as https://",
    [`--url https://user:${secret}@cti.example`]:
      "--url holds a user or password",
    [`--level ${secret}`]: "--level must be a number from 0 to 16",
    "--level 17": "--level must be a number from 0 to 16",
    "--groups ,": "--groups must be names of rule groups",
    "--groups a<b": "--groups must be names of rule groups",
    [`--token-file /none/${secret}`]:
      "Cannot read --token-file: there is no such file",
    "--url https://cti.example --rule-ids 12": "--rule-ids must be a number",
  };
  for (const [args, message] of Object.entries(cases)) {
    await t.step(args.replace(secret, "SECRET"), async () => {
      const { status, stdout, stderr } = await run(
        manager,
        "install",
        "--dry-run",
        ...args.split(" "),
      );
      assertEquals([status, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
      assert(!stderr.includes(secret), stderr);
    });
  }
});

Deno.test("install reads the token from a file or a pipe, and refuses what is none", async (t) => {
  const manager = await makeManager();
  const path = `${manager.home}/tmp/token`;
  const install = () =>
    run(
      manager,
      "install",
      "--dry-run",
      "--url=https://cti.example",
      `--token-file=${path}`,
    );
  const cases = {
    "": "Cannot read --token-file: it is empty",
    "file:/etc/shadow":
      "Cannot read --token-file: it holds more than a token, or none",
    "<api_key>flgrn_octi_tkn_x":
      "Cannot read --token-file: it holds more than a token, or none",
  };
  for (const [content, message] of Object.entries(cases)) {
    await t.step(content, async () => {
      await Deno.writeTextFile(path, content);
      const { status, lastLine } = await install();
      assertEquals([status, lastLine], [2, message]);
    });
  }
  await t.step("a pipe", async () => {
    await Deno.remove(path);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    giveToWazuh(path, 0o640);
    for (
      const [content, expected] of [["flgrn_octi_tkn_x\n", 0], ["", 2]] as const
    ) {
      const [{ status, stderr }] = await Promise.all([
        install(),
        // A program of its own: opening a pipe waits for who reads it.
        new Deno.Command("sh", {
          args: ["-c", 'printf %s "$1" > "$2"', "sh", content, path],
        }).output(),
      ]);
      assertEquals(status, expected, stderr);
    }
  });
});

Deno.test("uninstall takes its two options alone", async () => {
  const manager = await makeManager();
  const { status, lastLine } = await run(manager, "uninstall", "all");
  assertEquals(
    [status, lastLine],
    [2, "uninstall takes --purge and --dry-run alone"],
  );
});

Deno.test("uninstall --purge says what waits, and is lost", async () => {
  const { home } = await makeManager();
  await Deno.mkdir(`${home}/queue/opencti`);
  giveToWazuh(`${home}/queue/opencti`, 0o750);
  const purge = async () =>
    (await run({ home, program: "" }, "uninstall", "--purge", "--dry-run"))
      .stdout;
  assertStringIncludes(await purge(), "  remove  queue/opencti\n");
  await keepAlertIn(home, "down");
  assertStringIncludes(
    await purge(),
    "  remove  queue/opencti: alerts 1, events 0 wait there and are lost, run " +
      "retry first\n",
  );
  await Deno.writeTextFile(`${home}/queue/opencti/spool.db`, "none");
  assertStringIncludes(
    await purge(),
    "  remove  queue/opencti: what waits there is lost, and cannot be read: ",
  );
});

Deno.test("uninstall says that nothing is to be done", async () => {
  const { home } = await makeManager();
  // The program is started from elsewhere, and not there.
  const { stdout } = await run(
    await makeManager(),
    "--home",
    home,
    "uninstall",
    "--dry-run",
  );
  assertEquals(stdout, `Nothing is installed in ${home}.\n`);
});

Deno.test("uninstall says what it leaves where options say that state is", async () => {
  const { home } = await makeManager();
  const elsewhere = `${home}/queue/sockets/it's state`;
  await Deno.mkdir(elsewhere);
  const folder = `${home}/queue/opencti`;
  await Deno.mkdir(folder);
  await keepAlertIn(home, "down");
  await Deno.copyFile(`${folder}/spool.db`, `${elsewhere}/spool.db`);
  const block = (options: object) =>
    "<integration><name>custom-opencti</name><options>" +
    `${JSON.stringify(options)}</options></integration>`;
  // The second block alone names it.
  await Deno.writeTextFile(
    `${home}/etc/ossec.conf`,
    `<ossec_config>${block({ state_dir: "/none" })}${
      block({ state_dir: elsewhere })
    }</ossec_config>`,
  );
  const shown = async (...options: string[]) =>
    (await run({ home, program: "" }, "uninstall", "--dry-run", ...options))
      .stdout.replaceAll(home, "HOME").split("\n")
      .filter((line) => line.startsWith("!"));
  const left =
    "! HOME/queue/sockets/it's state is left, where an option puts the state";
  assertEquals(await shown(), [left]);
  assertEquals(await shown("--purge"), [
    `${left}: alerts 1, events 0 wait there and are lost, run retry first: see ` +
    "what is in it, then rm -r 'HOME/queue/sockets/it'\\''s state'",
  ]);
});

Deno.test("install and uninstall are for root", ROOT_ONLY, async () => {
  const manager = await makeManager();
  giveToGroup(`${manager.home}/etc/ossec.conf`, 0o664);
  const { status, lastLine } = await runProgram(manager.home, ["uninstall"]);
  assertEquals(
    [status, lastLine],
    [2, "Run it as root: put sudo before the command"],
  );
});

Deno.test("uninstall keeps a link where it removes nothing, and a dry run refuses what it would", async () => {
  const manager = await makeManager();
  const { home } = manager;
  await Deno.symlink("/none", `${home}/etc/opencti.json`);
  await Deno.symlink("/none", `${home}/logs/opencti`);
  const { status, stdout, stderr } = await run(manager, "uninstall");
  assertEquals([status, stderr], [0, ""]);
  assertStringIncludes(stdout, "  keep    etc/opencti.json: it is yours\n");
  for (const options of [[], ["--dry-run"]]) {
    const args = ["uninstall", "--purge", ...options];
    const { status, lastLine } = await run(manager, ...args);
    assertEquals([status, lastLine], [
      2,
      `${home}/logs/opencti is a link, and could lead anywhere: put what it ` +
      "leads to in its place",
    ]);
  }
});

Deno.test("one command at once changes a manager", async () => {
  const manager = await makeManager();
  using folder = await Deno.open(manager.home);
  await folder.lock(true);
  const { status, lastLine } = await run(manager, "uninstall");
  assertEquals([status, lastLine], [
    2,
    `Another install or uninstall is running in ${manager.home}: wait for its ` +
    "end, then run this again",
  ]);
  assertEquals((await run(manager, "uninstall", "--dry-run")).status, 0);
  await folder.unlock();
  assertEquals((await run(manager, "uninstall")).status, 0);
});

Deno.test("install puts the executable in place, and uninstall takes it out", async () => {
  const manager = await makeManager();
  const { home } = manager;
  const args = ["--home", home, "install", "--url", "https://cti.example"];
  if (EXECUTABLE === undefined) {
    const { status, lastLine } = await run(manager, ...args);
    assertEquals(
      [status, lastLine],
      [2, "Only the executable installs itself: deno task compile makes it"],
    );
    return;
  }
  const before = await snapshot(home);
  await Deno.writeTextFile(`${home}/tmp/token`, "flgrn_octi_tkn_x");
  const execute = async (program: string, args: readonly string[], user = {}) =>
    await new Deno.Command(program, { args: [...args], ...user, cwd: home })
      .output();
  const installed = await execute(EXECUTABLE, [
    ...args,
    "--token-file",
    `${home}/tmp/token`,
  ]);
  assertEquals(installed.code, 0, new TextDecoder().decode(installed.stderr));
  await Deno.remove(`${home}/tmp/token`);
  const ours = `${home}/integrations/custom-opencti`;
  const asWazuh = await execute(ours, ["version"], WAZUH);
  assertEquals(asWazuh.code, 0);
  const again = await execute(ours, ["install"]);
  assertEquals(again.code, 0, new TextDecoder().decode(again.stderr));
  assertStringIncludes(
    new TextDecoder().decode(again.stdout),
    `All is in place in ${home}, nothing is to be done:\n`,
  );
  const removed = await execute(ours, ["uninstall", "--purge"]);
  assertEquals(removed.code, 0, new TextDecoder().decode(removed.stderr));
  assertStringIncludes(
    new TextDecoder().decode(removed.stdout),
    `${home}/bin/wazuh-analysisd -t`,
  );
  assertEquals(await snapshot(home), before);
});

Deno.test("a secret is asked for, and not shown", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  const terminal = new URL("../../lib/commands/terminal.ts", import.meta.url);
  await Deno.writeTextFile(
    file,
    `import { askSecret } from "${terminal}";
     console.log("got", askSecret("Token: ", {
       isRight: (text) => !text.includes(" "), wrong: "Once more",
     })?.split("").reverse().join(""));`,
  );
  const deno = `${Deno.execPath()} run --quiet ${file}`;
  const script = new Deno.Command("script", {
    args: ["-qec", deno, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = script.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let shown = "";
  const until = async (text: string) => {
    while (!shown.includes(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      shown += value;
    }
  };
  await until("Token: ");
  const writer = script.stdin.getWriter();
  await writer.write(new TextEncoder().encode("two words\r"));
  await until("Once more\r\nToken: ");
  await writer.write(new TextEncoder().encode("secrex\x7ft\r"));
  await until("terces");
  await writer.close();
  await reader.cancel();
  await script.status;
  assertStringIncludes(shown, "got terces");
  assert(!shown.includes("secre"), shown);
  // Nobody is there.
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", file],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "got undefined\n");
  await Deno.remove(file);
});

Deno.test("readOptions() parts options from words, and knows their choices", () => {
  const command = {
    name: "x",
    options: [
      { name: "to", value: "A", means: "", choices: ["a", "b"] },
      { name: "all", means: "" },
    ],
  };
  const { words, text, has } = readOptions(
    ["1", "--to=a", "2", "--all"],
    command,
  );
  assertEquals(words, ["1", "2"]);
  assertEquals(text("to"), "a");
  assertEquals([has("all"), has("to")], [true, false]);
  const from = { name: "x", options: [{ name: "in", value: "F", means: "" }] };
  assertEquals(readOptions(["--in", "-"], from).text("in"), "-");
  for (
    const [expected, ...args] of [
      ["--to must be a, b", "--to", "c"],
      ["--to needs a value: write --to A", "--to"],
      ["--to needs a value: write --to A", "--to", "--all"],
      ["--all takes no value", "--all=1"],
      ['Unknown option --al, did you mean "--all"?', "--al"],
      ["Unknown option: see custom-opencti help ", "-x"],
    ]
  ) {
    let says = "";
    try {
      readOptions(args, command);
    } catch (error) {
      says = String(error);
    }
    assertStringIncludes(says, expected ?? "");
  }
});
