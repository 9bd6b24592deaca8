/**
 * Times the executable, as ratios to an empty program that is compiled and run
 * in turn with it: single times say little on a busy machine. Where python3 has
 * the package requests, the start of that is timed too.
 *
 * With `--rate`, only how many alerts a second one process reads.
 *
 * @module
 */
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { makeHome, WAZUH } from "../tests/stand_ins/home.ts";
import { startQueue } from "../tests/stand_ins/queue.ts";
import { compile } from "./compile.ts";
import { measureRates } from "./rate.ts";

const rates =
  `Alerts a second in one process, on one core:\n${await measureRates()}`;
if (Deno.args.includes("--rate")) {
  await Deno.stdout.write(new TextEncoder().encode(rates));
  Deno.exit();
}

const ROUNDS = 40;
const ALERTS = new URL("../tests/testdata/alerts/", import.meta.url).pathname;

/** What is timed: the most that it may take as a ratio, and its alert. */
const CASES = [
  ["an alert without IoCs", 1.15, "syscheck_added_nohash"],
  ["an alert that OpenCTI knows nothing about", 1.6, "suricata_dns_malicious"],
  ["an alert with a match", 1.75, "suricata_alert_http"],
] as const;

/** What a script in Python does before it reads the alert. */
const PYTHON = [await pythonPath(), ["-c", "import requests"]] as const;

/** A configuration as users have one. */
const CONFIG = JSON.stringify({
  min_score: 30,
  severity: { high: 65 },
  labels: [],
  not_labels: ["false-positive"],
  ignore: { domains: ["example.com"], addresses: ["192.0.2.0/24"] },
  error_interval: 600,
});

/** Nobody listens there. */
const DOWN = "http://127.0.0.1:9";

const home = await makeHome();
const otherHome = await makeHome();
/** What waits there for OpenCTI would slow the other runs down. */
const downHome = await makeHome();
for (const one of [home, otherHome, downHome]) {
  await Deno.writeTextFile(`${one}/etc/opencti.json`, CONFIG);
}
const program = `${home}/integrations/custom-opencti`;
const empty = `${home}/empty`;
await Deno.writeTextFile(`${home}/empty.ts`, "");
await compile(`${home}/empty.ts`, {
  bundle: `${home}/empty-bundle`,
  output: empty,
});
await compile("main.ts", { bundle: `${home}/bundle`, output: program });
const programWhileDown = `${downHome}/integrations/custom-opencti`;
await Deno.copyFile(program, programWhileDown);

/** Another revision's executable, to be timed in turn with ours. */
const [revision] = Deno.args;
const other = revision === undefined
  ? undefined
  : await compileRevision(revision);

async function compileRevision(revision: string): Promise<string> {
  const tree = `${home}/revision`;
  await run("git", "worktree", "add", "--quiet", "--detach", tree, revision);
  try {
    await run(Deno.execPath(), "task", "--quiet", "--cwd", tree, "compile");
    const path = `${otherHome}/integrations/custom-opencti`;
    await Deno.copyFile(`${tree}/dist/custom-opencti`, path);
    return path;
  } finally {
    await run("git", "worktree", "remove", "--force", tree);
  }
}

/** Not what starts the interpreter, as pyenv's shims do. */
async function pythonPath(): Promise<string> {
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", "import sys; print(sys.executable)"],
    stderr: "null",
  }).output().catch(() => ({ stdout: new Uint8Array() }));
  return new TextDecoder().decode(stdout).trim() || "python3";
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, {
    args,
    stdout: "null",
  }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
}

await using _downQueue = startQueue(downHome);
await using otherQueue = startQueue(otherHome);
await using queue = startQueue(home);
// The same question gets the same answer, so that OpenCTI's time is not counted.
const answers = new Map<string, string>();
await using real = startOpencti(KNOWLEDGE);
await using opencti = startOpencti(KNOWLEDGE, {
  respond: async ({ body }) => {
    const question = JSON.stringify(body);
    const answer = answers.get(question) ?? await ask(question);
    answers.set(question, answer);
    return new Response(answer);
  },
});

async function ask(question: string): Promise<string> {
  const response = await fetch(`${real.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: question,
  });
  return await response.text();
}

async function time(
  path: string,
  args: readonly string[],
  { mayFail = false, user = WAZUH }: {
    readonly mayFail?: boolean;
    readonly user?: { readonly uid?: number; readonly gid?: number };
  } = {},
): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(path, {
    args: [...args],
    ...user,
    stdout: "null",
    stderr: mayFail ? "null" : "inherit",
  }).output();
  if (!success && !mayFail) throw new Error(`${path} failed`);
  return performance.now() - start;
}

const hasPython = await time(...PYTHON, { user: {} }).then(
  () => true,
  () => false,
);
const baseline: number[] = [];
const python: number[] = [];
const whileDown: number[] = [];
const times = new Map(CASES.map(([name]) => [name, new Array<number>()]));
const otherTimes = new Map(CASES.map(([name]) => [name, new Array<number>()]));
for (let round = -3; round < ROUNDS; round++) {
  const base = await time(empty, []);
  if (round >= 0) baseline.push(base);
  if (hasPython) {
    const ms = await time(...PYTHON, { user: {} });
    if (round >= 0) python.push(ms);
  }
  for (const [name, , alert] of CASES) {
    // A match is emitted once for an alert id.
    const path = `${home}/tmp/alert.json`;
    const content = JSON.parse(
      await Deno.readTextFile(`${ALERTS}${alert}.json`),
    );
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...content, id: `${round}` }),
    );
    const args = [path, TOKEN, opencti.url];
    const ms = await time(program, args);
    if (round >= 0) times.get(name)?.push(ms);
    if (other === undefined) continue;
    const otherMs = await time(other, args);
    if (round >= 0) otherTimes.get(name)?.push(otherMs);
  }
  // The first failures open the circuit breaker; from then on, nothing is asked.
  const down = [`${home}/tmp/alert.json`, TOKEN, DOWN, "", "", "1", "0"];
  const tries = round === -3 ? 6 : 1;
  for (let n = 0; n < tries; n++) {
    const ms = await time(programWhileDown, down, { mayFail: true });
    if (round >= 0) whileDown.push(ms);
  }
}
await queue.receive(queue.waiting.length);
await otherQueue.receive(otherQueue.waiting.length);

/** The median of the ratios of runs in turn, pair by pair. */
function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return median(ours.map((ms, n) => ms / (theirs[n] ?? NaN))).toFixed(2);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const extra = [
  ["an alert while OpenCTI is down", whileDown],
  ...hasPython
    ? [["python3 -c 'import requests', for comparison", python] as const]
    : [],
] as const;
const lines = CASES.map(([name, goal]) => {
  const ours = times.get(name) ?? [];
  const against = other === undefined
    ? ""
    : `, ${ratio(ours, otherTimes.get(name) ?? [])} of ${revision}`;
  return `${ratio(ours, baseline)}  (goal ${goal}${against})  ${name}\n`;
}).concat(
  extra.map(([name, ms]) => `${ratio(ms, baseline)}  ${name}\n`),
);
await Deno.stdout.write(new TextEncoder().encode(
  `An empty program takes ${
    median(baseline).toFixed(0)
  } ms here. As ratios to ` +
    `that, medians of ${ROUNDS} pairs in turn:\n${lines.join("")}${rates}`,
));
