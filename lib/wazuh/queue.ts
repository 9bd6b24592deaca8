/**
 * Wazuh's queue: frames an event as analysisd expects it, and sends it.
 *
 * @module
 */
import type { Agent } from "../alert/alert.ts";
import { messageOf, QueueError } from "../errors.ts";

/** How messages are sent. */
export interface QueueOptions {
  /** Wazuh's home. */
  readonly home: string;
  /** For all messages together. */
  readonly timeoutMs: number;
  /** Ends the sending at once. */
  readonly stop: AbortSignal;
  /** Called with the index of each message that was sent. */
  readonly onSent: (index: number) => void;
}

/**
 * What stands before an event's JSON: the queue's number, and where the event
 * comes from. That ends at the first `:` without a `|` before it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   headerFor({ id: "001", name: "web01", ip: "10.0.0.21" }),
 *   "1:[001] (web01) 10.0.0.21->opencti:",
 * );
 * assertEquals(
 *   headerFor({ id: "004", name: "v6", ip: "2001:db8::21" }),
 *   "1:[004] (v6) 2001|:db8|:|:21->opencti:",
 * );
 * assertEquals(headerFor(undefined), "1:opencti:");
 * ```
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.0/src/shared/mq_op.c
 */
export function headerFor(agent: Agent | undefined): string {
  if (!agent?.id || agent.id === "000") return "1:opencti:";
  const [id, name, ip] = [agent.id, agent.name ?? "", agent.ip || "any"]
    .map((text) => text.slice(0, 128).replace(/[\s()\p{C}]/gu, "_"));
  const location = `[${id}] (${name}) ${ip}->opencti`;
  return `1:${location.replace(/[|:]/g, "|$&")}:`;
}

/**
 * Sends messages to Wazuh's queue, in order.
 *
 * If it takes too long, the send stays pending: end the process then.
 *
 * @throws {QueueError} If a message cannot be sent; the message names the path.
 */
export async function sendToQueue(
  messages: readonly string[],
  { home, timeoutMs, stop, onSent }: QueueOptions,
): Promise<void> {
  const path = `${home}/queue/sockets/queue`;
  const stopped = () =>
    new QueueError(`Stopped before Wazuh's queue ${path} took all`);
  if (stop.aborted) throw stopped();
  let isOver = false;
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const seconds = Number((timeoutMs / 1000).toFixed(1));
  const timer = setTimeout(() =>
    reject(
      new QueueError(
        `Wazuh's queue ${path} takes nothing for ${seconds} s: see that ` +
          "wazuh-analysisd runs and keeps up",
      ),
    ), timeoutMs);
  const onStop = () => reject(stopped());
  stop.addEventListener("abort", onStop);
  try {
    const way = { path, onSent, isOver: () => isOver };
    await Promise.race([send(messages, way), ended]);
  } catch (error) {
    isOver = true;
    // What the queue took just now is counted in the next turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (error instanceof QueueError) throw error;
    throw new QueueError(
      `Cannot write to Wazuh's queue ${path}: ${explain(error)}`,
    );
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
  }
}

/** Where messages go, and what is called for each that was sent. */
interface Way {
  readonly path: string;
  readonly onSent: (index: number) => void;
  /** Whether no other message may be sent. */
  readonly isOver: () => boolean;
}

async function send(messages: readonly string[], way: Way): Promise<void> {
  try {
    await sendDatagrams(messages, way);
  } catch (error) {
    if (!isWrongType(error)) throw error;
    await sendStream(messages, way);
  }
}

/** `Deno.connect()` cannot reach a datagram socket, this can. */
async function sendDatagrams(
  messages: readonly string[],
  { path, onSent, isOver }: Way,
): Promise<void> {
  const socket = bindAndUnlink(path);
  try {
    for (const [index, message] of messages.entries()) {
      const bytes = new TextEncoder().encode(message);
      await withPauses(socket.send(bytes, { transport: "unixpacket", path }));
      onSent(index);
      if (isOver()) return;
    }
  } finally {
    socket.close();
  }
}

/** While the queue is full, it is tried so often. */
const PAUSE_MS = 25;

/**
 * Waits for a send. Until a full queue takes it, the runtime tries it again in
 * each turn without a pause, and would keep a processor busy that analysisd
 * needs: so each turn takes some time.
 */
async function withPauses(sending: Promise<unknown>): Promise<void> {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const timer = setInterval(() => Atomics.wait(sleeper, 0, 0, PAUSE_MS));
  try {
    await sending;
  } finally {
    clearInterval(timer);
  }
}

/**
 * A datagram socket must be bound to a path of its own before it can send. No
 * answer comes back, so that the path is removed at once, not when all is
 * sent: nothing that happens later can leave it behind. Not asynchronous: that
 * would start a thread, which takes longer.
 */
function bindAndUnlink(queue: string): Deno.DatagramConn {
  try {
    const folder = Deno.makeTempDirSync({ prefix: "custom-opencti-" });
    try {
      return Deno.listenDatagram({
        transport: "unixpacket",
        path: `${folder}/socket`,
      });
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  } catch (error) {
    throw new QueueError(
      `Cannot write to Wazuh's queue ${queue}: there is no room for a socket ` +
        `of ours in the folder for temporary files: ${messageOf(error)}`,
    );
  }
}

async function sendStream(
  messages: readonly string[],
  { path, onSent, isOver }: Way,
): Promise<void> {
  const connection = await Deno.connect({ transport: "unix", path });
  try {
    const writer = connection.writable.getWriter();
    for (const [index, message] of messages.entries()) {
      await writer.write(new TextEncoder().encode(`${message}\n`));
      onSent(index);
      if (isOver()) return;
    }
    writer.releaseLock();
  } finally {
    connection.close();
  }
}

/** What Wazuh's queue is, as far as this user may find out. */
export type QueueKind = "datagram" | "stream" | "unread" | "closed";

/**
 * Finds out what Wazuh's queue is, and whether somebody reads it, without
 * sending anything: a connection for a stream is refused by what is none.
 */
export async function queueKind(path: string): Promise<QueueKind> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return "stream";
  } catch (error) {
    if (isWrongType(error)) return "datagram";
    return error instanceof Deno.errors.PermissionDenied ? "closed" : "unread";
  }
}

/** EPROTOTYPE: the socket is a stream. */
function isWrongType(error: unknown): boolean {
  return /os error 91\b/.test(messageOf(error));
}

function explain(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "it does not exist, see that Wazuh runs (systemctl status " +
      "wazuh-manager) and that --home is its folder";
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "nobody reads it, see that wazuh-analysisd runs (systemctl status " +
      "wazuh-manager)";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied, see that it is analysisd's socket, and run this " +
      "as Wazuh's user";
  }
  return messageOf(error);
}
