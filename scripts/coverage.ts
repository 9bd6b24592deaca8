/**
 * Tells how many lines of `lib/` the tests run, and fails below the least.
 *
 * @module
 */

const LEAST_PERCENT = 90;

await removeHalfWritten("coverage");
const { stdout } = await new Deno.Command(Deno.execPath(), {
  args: ["coverage", "--quiet", "--lcov", "coverage"],
  stderr: "inherit",
}).output();

let lines = 0;
let linesRun = 0;
const report: string[] = [];
for (const record of new TextDecoder().decode(stdout).split("end_of_record")) {
  const file = /^SF:.*\/(lib\/.*)$/m.exec(record)?.[1];
  const found = Number(/^LF:(\d+)$/m.exec(record)?.[1] ?? 0);
  const run = Number(/^LH:(\d+)$/m.exec(record)?.[1] ?? 0);
  if (file === undefined || found === 0) continue;
  lines += found;
  linesRun += run;
  report.push(`${percent(run, found)} % ${file}\n`);
}
const isEnough = lines > 0 && 100 * linesRun >= LEAST_PERCENT * lines;
await Deno.stdout.write(new TextEncoder().encode(
  `${report.join("")}${percent(linesRun, lines)} % of lib/, ` +
    `${LEAST_PERCENT} % are the least\n`,
));
if (!isEnough) Deno.exit(1);

function percent(part: number, whole: number): string {
  return (100 * part / whole).toFixed(1).padStart(5);
}

/** A run of the program that a test kills may have written half a profile. */
async function removeHalfWritten(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    // The last brace has no indent; a cut may be behind one that has.
    if (name.endsWith(".json") && !/\n\}\s*$/.test(text)) {
      await Deno.remove(path);
    }
  }
}
