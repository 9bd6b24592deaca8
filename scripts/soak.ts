/**
 * Runs many alerts by many processes at a time, while OpenCTI and the queue
 * come and go, the spool is locked now and then, and OpenCTI never answers for
 * some of the alerts; then takes out what waits, and counts: each match must
 * have been emitted exactly once, no run may take longer than its time, and
 * between two recoveries there must be an error.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { KNOWLEDGE } from "../tests/stand_ins/knowledge.ts";
import { startOpencti, TOKEN } from "../tests/stand_ins/opencti.ts";
import { runProgram, SLACK_MS } from "../tests/stand_ins/program.ts";
import { makeHome } from "../tests/stand_ins/home.ts";
import { startQueue } from "../tests/stand_ins/queue.ts";
import { waitingIn } from "../tests/stand_ins/spool.ts";

const ALERTS = Number(Deno.args[0] ?? 2000);
const PROCESSES = 10;
const PERIOD_MS = 7000;

/** A run's time. */
const BUDGET_MS = 4000;

/** An address for which OpenCTI never answers. */
const POISON = "203.0.114.66";
const POISON_EVERY = 97;

/** Alerts, and how many matches each has: three of five have one. */
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

function isPoison(number: number): boolean {
  return number % POISON_EVERY === POISON_EVERY - 1;
}

function alertOf(number: number): unknown {
  const id = `soak.${number}`;
  return isPoison(number)
    ? { id, rule: { groups: ["ids"] }, data: { srcip: POISON } }
    : { ...KINDS[number % KINDS.length]?.json, id };
}

const home = await makeHome();
const options = `${home}/options.json`;
await Deno.writeTextFile(options, JSON.stringify({ total_timeout: 6 }));

/** OpenCTI is up, down, or up for every second question. */
let opencti: "up" | "down" | "flapping" = "up";
let asked = 0;
await using standIn = startOpencti(KNOWLEDGE, {
  respond: async ({ body }) => {
    if (JSON.stringify(body.variables).includes(POISON)) {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return new Response("", { status: 504 });
    }
    const isDown = opencti === "down" ||
      opencti === "flapping" && asked++ % 2 === 0;
    return isDown ? new Response("", { status: 503 }) : undefined;
  },
});

/** Locks the spool as a backup of it may. */
function lockSpool(): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(`${home}/queue/opencti/spool.db`, { timeout: 0 });
    db.exec("BEGIN IMMEDIATE");
    setTimeout(() => db?.close(), 1000);
  } catch {
    // There is none yet, or a run has it.
    db?.close();
  }
}

/** What the queue took, whichever stand-in for it was there. */
const messages: string[] = [];
let queue: ReturnType<typeof startQueue> | undefined = startQueue(home);
async function closeQueue(): Promise<void> {
  // What is in the socket's buffer when it is closed is lost, and nobody who
  // sent it can know: nothing more gets in, then all that is in it comes out.
  await Deno.remove(`${home}/queue/sockets/queue`).catch(() => {});
  // One long wait may be over before anything was read, on a busy machine.
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await queue?.[Symbol.asyncDispose]();
  messages.push(...queue?.waiting ?? []);
  queue = undefined;
}

let period = 0;
let switching = Promise.resolve();
const switcher = setInterval(() => {
  switching = switching.then(async () => {
    period++;
    opencti = (["up", "down", "flapping"] as const)[period % 3] ?? "up";
    lockSpool();
    if (period % 4 === 2) await closeQueue();
    else queue ??= startQueue(home);
  });
}, PERIOD_MS);

const start = performance.now();
const statuses: Record<number, number> = {};
/** What the runs said that lost something. */
const lost: string[] = [];
let next = 0;
async function worker(): Promise<void> {
  while (next < ALERTS) {
    const number = next++;
    const path = `${home}/alert-${number}.json`;
    await Deno.writeTextFile(path, JSON.stringify(alertOf(number)));
    const args = [path, TOKEN, standIn.url, "", options, "2", "1"];
    const { status, stdout, stderr, ms } = await runProgram(home, args);
    if (/\blost\b/.test(stdout + stderr)) lost.push(stdout + stderr);
    statuses[status] = (statuses[status] ?? 0) + 1;
    longest = Math.max(longest, ms);
    await Deno.remove(path);
  }
}
let longest = 0;
await Promise.all(Array.from({ length: PROCESSES }, worker));
clearInterval(switcher);
await switching;
opencti = "up";
queue ??= startQueue(home);
const before = waitingIn(home);
const retryArgs = ["retry", TOKEN, standIn.url, "", "", "2", "1"];
const retried = await runProgram(home, retryArgs);
const after = waitingIn(home);
await closeQueue();

const emitted = new Map<string, number>();
let errors = 0;
let recovered = 0;
let warnings = 0;
/** Whether an error came since the last recovery. */
let isAnnounced = false;
let isInOrder = true;
for (const message of messages) {
  const event = JSON.parse(message.slice(message.indexOf("{"))).opencti;
  if (event.event_type === "error") {
    errors++;
    isAnnounced = true;
  } else if (event.event_type === "recovered") {
    recovered++;
    isInOrder &&= isAnnounced;
    isAnnounced = false;
  } else if (event.event_type === "warning") {
    warnings++;
  } else {
    const key = `${event.source.alert_id} ${event.indicator.id}`;
    emitted.set(key, (emitted.get(key) ?? 0) + 1);
  }
}
const numbers = Array.from({ length: ALERTS }, (_, n) => n);
const wanted =
  numbers.filter((n) => !isPoison(n) && KINDS[n % KINDS.length]?.matches === 1)
    .length;
const poison = numbers.filter(isPoison).length;
const twice = [...emitted.values()].filter((count) => count > 1).length;
const isRight = emitted.size === wanted && twice === 0 && isInOrder &&
  after.events === 0 && after.alerts === poison &&
  longest <= BUDGET_MS + SLACK_MS;
await Deno.stdout.write(new TextEncoder().encode(`\
alerts ${ALERTS}, processes ${PROCESSES}, seconds ${
  Math.round((performance.now() - start) / 1000)
}, longest run ${Math.round(longest)} ms of ${BUDGET_MS}
OpenCTI, the queue and the spool changed ${period} times; exit statuses ${
  JSON.stringify(statuses)
}
waited at the end: alerts ${before.alerts}, events ${before.events}; ${
  (retried.stdout + retried.stderr).trim()
}
matches ${wanted}, emitted ${emitted.size}, emitted twice ${twice}; errors ${errors}, recovered ${recovered}, warnings ${warnings}
for ${poison} alerts OpenCTI never answers, waiting still: ${after.alerts}
runs that lost something: ${lost.length}
${lost.slice(0, 5).join("")}\
${isRight ? "right: each match was emitted exactly once" : "WRONG"}
`));
Deno.exit(isRight ? 0 : 1);
