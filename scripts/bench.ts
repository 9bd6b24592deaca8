/**
 * Times the executable, as ratios to an empty program that is compiled and run
 * in turn with it: single times say little on a busy machine.
 *
 * @module
 */
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { makeHome, startQueue } from "../tests/stand_ins/queue.ts";
import { compile } from "./compile.ts";

const ROUNDS = 40;
const ALERTS = new URL("../tests/testdata/alerts/", import.meta.url).pathname;

/** What is timed: the most that it may take as a ratio, and its alert. */
const CASES = [
  ["an alert without IoCs", 1.15, "sshd_failed"],
  ["an alert that OpenCTI knows nothing about", 1.6, "suricata_dns_malicious"],
  ["an alert with a match", 1.7, "suricata_alert_http"],
] as const;

const home = await makeHome();
const program = `${home}/integrations/custom-opencti`;
const empty = `${home}/empty`;
await Deno.writeTextFile(`${home}/empty.ts`, "");
await compile(`${home}/empty.ts`, {
  bundle: `${home}/empty-bundle`,
  output: empty,
});
await compile("main.ts", { bundle: `${home}/bundle`, output: program });

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

async function time(path: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(path, {
    args: [...args],
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${path} failed`);
  return performance.now() - start;
}

const baseline: number[] = [];
const times = new Map(CASES.map(([name]) => [name, new Array<number>()]));
for (let round = -3; round < ROUNDS; round++) {
  const base = await time(empty, []);
  if (round >= 0) baseline.push(base);
  for (const [name, , alert] of CASES) {
    const ms = await time(program, [
      `${ALERTS}${alert}.json`,
      TOKEN,
      opencti.url,
    ]);
    if (round >= 0) times.get(name)?.push(ms);
  }
}
await queue.receive(queue.waiting.length);

// Whatever else the machine does only adds time: the least is what a run takes.
const base = Math.min(...baseline);
const lines = CASES.map(([name, goal]) => {
  const ratio = Math.min(...times.get(name) ?? []) / base;
  return `${ratio.toFixed(2)}  (goal ${goal})  ${name}\n`;
});
await Deno.stdout.write(new TextEncoder().encode(
  `Times of an empty program, the fastest of ${ROUNDS} runs in turn:\n${
    lines.join("")
  }`,
));
