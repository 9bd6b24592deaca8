/**
 * Sends to a datagram socket that nobody reads until it takes no more. A
 * program of its own: a send that stays pending ends with its process alone.
 *
 * @module
 */
const [path = ""] = Deno.args;
const folder = Deno.makeTempDirSync();
let sockets = 0;
// A socket may have sent all that it may before the other's queue is full: it
// is if a new socket cannot send at all.
while (await sendAll() > 0);
Deno.removeSync(folder, { recursive: true });
Deno.exit(0);

async function sendAll(): Promise<number> {
  const own = `${folder}/${sockets++}`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: own });
  for (let count = 0;; count++) {
    const sent = socket.send(new Uint8Array(1), {
      transport: "unixpacket",
      path,
    });
    const isFull = new Promise((resolve) => setTimeout(resolve, 300, "full"));
    if (await Promise.race([sent, isFull]) === "full") return count;
  }
}
