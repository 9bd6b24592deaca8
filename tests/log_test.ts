import { assert, assertEquals } from "@std/assert";
import { type Log, openLog } from "../lib/log.ts";
import { redactor } from "../lib/redact.ts";
import { makeHome } from "./stand_ins/home.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");

function open(home: string, debug: boolean, secret = "s3cr3t-token"): Log {
  const path = `${home}/logs/integrations.log`;
  return openLog({
    path,
    debug,
    redact: redactor([secret]),
    now: () => NOW,
  });
}

async function linesOf(home: string): Promise<string[]> {
  return (await Deno.readTextFile(`${home}/logs/integrations.log`)).split("\n");
}

Deno.test("openLog() appends lines, debug ones in debug mode alone", async () => {
  const home = await makeHome();
  const path = `${home}/logs/integrations.log`;
  await Deno.writeTextFile(path, "another integration's line\n");
  const quiet = open(home, false);
  quiet.debug("not printed");
  quiet.info("printed");
  open(home, true).debug("printed too");
  assertEquals(await linesOf(home), [
    "another integration's line",
    "2026-06-01T12:00:00.000Z custom-opencti info: printed",
    "2026-06-01T12:00:00.000Z custom-opencti debug: printed too",
    "",
  ]);
});

Deno.test("openLog() makes the file for Wazuh's group, and only when there is a line", async () => {
  const home = await makeHome();
  const log = open(home, false);
  assertEquals(await Array.fromAsync(Deno.readDir(`${home}/logs`)), []);
  log.info("x");
  const { mode } = await Deno.stat(`${home}/logs/integrations.log`);
  assertEquals((mode ?? 0) & 0o777, 0o640 & ~Deno.umask());
});

Deno.test("openLog() leaves the mode of a file that is there", async () => {
  const home = await makeHome();
  const path = `${home}/logs/integrations.log`;
  await Deno.writeTextFile(path, "");
  await Deno.chmod(path, 0o660);
  open(home, false).info("x");
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o660);
});

Deno.test("openLog() lets no text look like another line", async () => {
  const home = await makeHome();
  open(home, false).info(
    "a\nb\r\tc\u0000\u001b[31m\u0085\u2028d\u202e\u{e0041}",
  );
  assertEquals(
    (await linesOf(home))[0],
    "2026-06-01T12:00:00.000Z custom-opencti info: a\\u000ab\\u000d\\u0009c\\u0000\\u001b[31m\\u0085\\u2028d\\u202e\\udb40\\udc41",
  );
});

Deno.test("openLog() never writes the secret", async () => {
  const home = await makeHome();
  open(home, true).info("key=s3cr3t-token&s3cr3t-token");
  const text = await Deno.readTextFile(`${home}/logs/integrations.log`);
  assert(!text.includes("s3cr3t"), text);
  assert(text.includes("key=[API_KEY]&[API_KEY]"), text);
});

Deno.test("openLog() says once on stderr that the log cannot be written", async () => {
  const home = await makeHome();
  const program = `
    import { openLog } from "${import.meta.resolve("../lib/log.ts")}";
    const log = openLog({
      path: Deno.args[0] + "/logs/integrations.log",
      debug: false,
      redact: (text) => text,
      now: () => new Date(),
    });
    log.info("one");
    log.info("two");
  `;
  const run = async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", program, home],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0);
    return new TextDecoder().decode(stderr);
  };
  const path = `${home}/logs/integrations.log`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(await run(), `Cannot write ${path}: it is no file, remove it\n`);
  await Deno.remove(`${home}/logs`, { recursive: true });
  const lines = (await run()).trimEnd().split("\n");
  assertEquals(lines.length, 1);
  assert(lines[0]?.startsWith(`Cannot write ${path}: `), lines[0]);
});

Deno.test("openLog() cuts off a line that is too long, after the secret is out", async () => {
  const home = await makeHome();
  const secret = "s3cr3t-token";
  open(home, false).info("x".repeat(70_000 - 4) + secret);
  const text = await Deno.readTextFile(`${home}/logs/integrations.log`);
  assert(text.length < 70_100, `${text.length}`);
  assert(!text.includes("s3cr"), text.slice(-50));
});
