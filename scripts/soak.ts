/**
 * Runs many alerts by many processes at a time, while OpenCTI and the queue
 * come and go, then takes out what waits, and counts: each match must have been
 * told exactly once.
 *
 * @module
 */
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { runProgram } from "../tests/stand_ins/program.ts";
import { makeHome } from "../tests/stand_ins/home.ts";
import { startQueue } from "../tests/stand_ins/queue.ts";
import { waitingIn } from "../tests/stand_ins/spool.ts";

const ALERTS = Number(Deno.args[0] ?? 2000);
const PROCESSES = 10;
const PERIOD_MS = 15_000;

/** Alerts, and how many matches each is told of: three of five have one. */
const KINDS = await Promise.all([
  ["suricata_alert_http", 1],
  ["syscheck_added_linux", 1],
  ["suricata_dns_malicious", 0],
  ["sshd_breakin", 0],
  ["suricata_alert_http", 1],
].map(async ([name, matches]) => ({
  json: JSON.parse(
    await Deno.readTextFile(
      new URL(`../tests/testdata/alerts/${name}.json`, import.meta.url),
    ),
  ),
  matches: Number(matches),
})));

const home = await makeHome();
const options = `${home}/options.json`;
await Deno.writeTextFile(options, JSON.stringify({ total_timeout: 6 }));

let isOpenctiUp = true;
await using opencti = startOpencti(KNOWLEDGE, {
  respond: () => isOpenctiUp ? undefined : new Response("", { status: 503 }),
});

/** What the queue took, whichever stand-in for it was there. */
const messages: string[] = [];
let queue: ReturnType<typeof startQueue> | undefined = startQueue(home);
async function closeQueue(): Promise<void> {
  // What is in the socket's buffer when it is closed is lost, and nobody who
  // sent it can know: nothing more gets in, then all that is in it comes out.
  await Deno.remove(`${home}/queue/sockets/queue`).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 500));
  await queue?.[Symbol.asyncDispose]();
  messages.push(...queue?.waiting ?? []);
  queue = undefined;
}

let period = 0;
let switching = Promise.resolve();
const switcher = setInterval(() => {
  switching = switching.then(async () => {
    period++;
    isOpenctiUp = period % 3 !== 1;
    if (period % 4 === 2) await closeQueue();
    else queue ??= startQueue(home);
  });
}, PERIOD_MS);

const start = performance.now();
const statuses: Record<number, number> = {};
let next = 0;
async function worker(): Promise<void> {
  while (next < ALERTS) {
    const number = next++;
    const kind = KINDS[number % KINDS.length];
    const path = `${home}/alert-${number}.json`;
    const alert = { ...kind?.json, id: `soak.${number}` };
    await Deno.writeTextFile(path, JSON.stringify(alert));
    const args = [path, TOKEN, opencti.url, "", options, "2", "1"];
    const { status, ms } = await runProgram(home, args);
    statuses[status] = (statuses[status] ?? 0) + 1;
    longest = Math.max(longest, ms);
    await Deno.remove(path);
  }
}
let longest = 0;
await Promise.all(Array.from({ length: PROCESSES }, worker));
clearInterval(switcher);
await switching;
isOpenctiUp = true;
queue ??= startQueue(home);
const before = waitingIn(home);
const retried = await runProgram(home, ["retry", TOKEN, opencti.url]);
await closeQueue();

const told = new Map<string, number>();
let errors = 0;
let recovered = 0;
for (const message of messages) {
  const { opencti } = JSON.parse(message.slice(message.indexOf("{")));
  if (opencti.event_type === "error") errors++;
  else if (opencti.event_type === "recovered") recovered++;
  else {
    const key = `${opencti.source.alert_id} ${opencti.indicator.id}`;
    told.set(key, (told.get(key) ?? 0) + 1);
  }
}
const wanted = Array.from({ length: ALERTS }, (_, n) => n)
  .filter((n) => KINDS[n % KINDS.length]?.matches === 1).length;
const twice = [...told.values()].filter((count) => count > 1).length;
const isRight = told.size === wanted && twice === 0 && retried.status === 0;
await Deno.stdout.write(new TextEncoder().encode(`\
alerts ${ALERTS}, processes ${PROCESSES}, seconds ${
  Math.round((performance.now() - start) / 1000)
}, longest run ${Math.round(longest)} ms
OpenCTI and the queue changed ${period} times; exit statuses ${
  JSON.stringify(statuses)
}
waited at the end: alerts ${before.alerts}, events ${before.events}; ${
  (retried.stdout + retried.stderr).trim()
}
matches ${wanted}, told ${told.size}, told twice ${twice}; errors told ${errors}, recovered ${recovered}
${isRight ? "right: each match was told exactly once" : "WRONG"}
`));
Deno.exit(isRight ? 0 : 1);
