/**
 * A stand-in for analysisd's queue: a real unix socket, datagram or stream.
 *
 * @module
 */

import { giveToWazuh } from "./home.ts";
import { assertTaken, MAX_DATAGRAM_BYTES } from "./message.ts";
import { assertNoSecret } from "./secret.ts";

/** A message that does not come must fail a test, not stop it. */
const RECEIVE_TIMEOUT_MS = 10_000;

/** A running stand-in. */
export interface QueueStandIn extends AsyncDisposable {
  /** Waits for so many messages, 10 s at the most, and returns them. */
  readonly receive: (count: number) => Promise<readonly string[]>;
  /** The messages that came and were not received yet. */
  readonly waiting: readonly string[];
}

/** Listens on the queue's path under a home. */
export function startQueue(
  home: string,
  kind: "datagram" | "stream" = "datagram",
): QueueStandIn {
  const path = `${home}/queue/sockets/queue`;
  const waiting: string[] = [];
  let notify = () => {};
  const add = (message: string) => {
    assertNoSecret("a message of the queue", message);
    if (message.startsWith("1:")) assertTaken(message);
    waiting.push(message);
    notify();
  };
  const close = kind === "datagram"
    ? listenDatagram(path, add)
    : listenStream(path, add);
  giveToWazuh(path, 0o660);
  return {
    waiting,
    receive: async (count) => {
      const deadline = performance.now() + RECEIVE_TIMEOUT_MS;
      while (waiting.length < count) {
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) {
          throw new Error(
            `${waiting.length} messages came where ${count} were expected`,
          );
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          notify = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return waiting.splice(0, count);
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await Deno.remove(path).catch(() => {}); // a stream's goes by itself
    },
  };
}

function listenDatagram(path: string, add: (message: string) => void) {
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const done = (async () => {
    const buffer = new Uint8Array(300_000);
    try {
      while (true) {
        const [message] = await socket.receive(buffer);
        if (message.byteLength > MAX_DATAGRAM_BYTES) continue;
        add(new TextDecoder().decode(message));
      }
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
  })();
  return async () => {
    socket.close();
    await done;
  };
}

function listenStream(path: string, add: (message: string) => void) {
  const listener = Deno.listen({ transport: "unix", path });
  const done = (async () => {
    for await (const connection of listener) {
      const text = await new Response(connection.readable).text();
      text.split("\n").filter((line) => line !== "").forEach(add);
    }
  })();
  return async () => {
    listener.close();
    await done;
  };
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/** Makes a queue that nobody listens on, as a stopped analysisd leaves it. */
export function abandonQueue(home: string): void {
  const path = `${home}/queue/sockets/queue`;
  Deno.listenDatagram({ transport: "unixpacket", path }).close();
  giveToWazuh(path, 0o660);
}

/**
 * Makes a queue that nobody reads and that is full.
 *
 * @returns What ends it.
 */
export async function fillQueue(home: string): Promise<() => Promise<void>> {
  const path = `${home}/queue/sockets/queue`;
  const unread = Deno.listenDatagram({ transport: "unixpacket", path });
  giveToWazuh(path, 0o660);
  const filler = new URL("fill_queue.ts", import.meta.url).pathname;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--unstable-net", filler, path],
  }).output();
  if (!success) throw new Error("The queue is not full");
  return async () => {
    unread.close();
    await Deno.remove(path);
  };
}
