import process from "node:process";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { QueueError } from "../../lib/errors.ts";
import { headerFor, sendToQueue } from "../../lib/wazuh/queue.ts";
import { makeHome } from "../stand_ins/home.ts";
import { abandonQueue, startQueue } from "../stand_ins/queue.ts";

const OPTIONS = {
  timeoutMs: 5000,
  stop: new AbortController().signal,
  onSent: () => {},
};

Deno.test("headerFor() escapes the location", async (t) => {
  const cases = [
    [{ id: "000", name: "vm", ip: undefined }, "1:opencti:"],
    [{ id: undefined, name: undefined, ip: undefined }, "1:opencti:"],
    [
      { id: "001", name: "web01", ip: "10.0.0.21" },
      "1:[001] (web01) 10.0.0.21->opencti:",
    ],
    [
      { id: "001", name: "web01", ip: undefined },
      "1:[001] (web01) any->opencti:",
    ],
    [{ id: "001", name: "web01", ip: "" }, "1:[001] (web01) any->opencti:"],
    [{ id: "001", name: "web01", ip: "any" }, "1:[001] (web01) any->opencti:"],
    [
      { id: "004", name: "v6host", ip: "2001:db8::21" },
      "1:[004] (v6host) 2001|:db8|:|:21->opencti:",
    ],
    [
      { id: "005", name: "a|b:c", ip: "10.0.0.1" },
      "1:[005] (a||b|:c) 10.0.0.1->opencti:",
    ],
    [
      { id: "006", name: "x) evil->\nopencti", ip: "10.0.0.1" },
      "1:[006] (x__evil->_opencti) 10.0.0.1->opencti:",
    ],
  ] as const;
  for (const [agent, header] of cases) {
    await t.step(header, () => assertEquals(headerFor(agent), header));
  }
});

Deno.test("headerFor() takes an agent without a name", () => {
  const agent = { id: "001", name: undefined, ip: "10.0.0.1" };
  assertEquals(headerFor(agent), "1:[001] () 10.0.0.1->opencti:");
});

Deno.test("headerFor() leaves room for the event, whatever the agent is called", () => {
  const long = "x".repeat(70_000);
  assert(headerFor({ id: long, name: long, ip: long }).length < 500);
  assertEquals(headerFor({ id: "", name: long, ip: long }), "1:opencti:");
});

Deno.test("sendToQueue() sends each message as a datagram, in order", async () => {
  const home = await makeHome();
  await using queue = startQueue(home);
  const messages = ["first", "é".repeat(20_000), "x".repeat(65_535)];
  await sendToQueue(messages, { home, ...OPTIONS });
  assertEquals(await queue.receive(3), messages);
});

Deno.test("sendToQueue() writes one message to a line where the socket is a stream", async () => {
  const home = await makeHome();
  await using queue = startQueue(home, "stream");
  const messages = ["first", "x".repeat(65_535)];
  await sendToQueue(messages, { home, ...OPTIONS });
  assertEquals(await queue.receive(2), messages);
});

Deno.test("sendToQueue() leaves no path behind", async (t) => {
  const home = await makeHome();
  const temporary = Deno.env.get("TMPDIR");
  // A folder of its own: others may make sockets at the same time.
  Deno.env.set("TMPDIR", `${home}/tmp`);
  const left = () => Array.fromAsync(Deno.readDir(`${home}/tmp`));
  await t.step("when nothing listens", async () => {
    await assertRejects(
      () => sendToQueue(["x"], { home, ...OPTIONS }),
      QueueError,
    );
    assertEquals(await left(), []);
  });
  await t.step("when all went well", async () => {
    await using queue = startQueue(home);
    await sendToQueue(["x"], { home, ...OPTIONS });
    assertEquals(await queue.receive(1), ["x"]);
    assertEquals(await left(), []);
  });
  await t.step("when there is no room for it", async () => {
    await Deno.remove(`${home}/tmp`);
    await assertRejects(
      () => sendToQueue(["x"], { home, ...OPTIONS }),
      QueueError,
      "there is no room for a socket of ours",
    );
  });
  if (temporary === undefined) Deno.env.delete("TMPDIR");
  else Deno.env.set("TMPDIR", temporary);
});

Deno.test("sendToQueue() names the path that it cannot write to", async (t) => {
  const home = await makeHome();
  const path = `${home}/queue/sockets/queue`;
  await t.step("no socket", async () => {
    const error = await assertRejects(
      () => sendToQueue(["x"], { home, ...OPTIONS }),
      QueueError,
      path,
    );
    assert(error.message.includes("does not exist"), error.message);
  });
  await t.step("nobody reads it", async () => {
    abandonQueue(home);
    const error = await assertRejects(
      () => sendToQueue(["x"], { home, ...OPTIONS }),
      QueueError,
      path,
    );
    assert(error.message.includes("wazuh-analysisd"), error.message);
  });
  await t.step("it is a file", async () => {
    await Deno.remove(path);
    await Deno.writeTextFile(path, "");
    await assertRejects(
      () => sendToQueue(["x"], { home, ...OPTIONS }),
      QueueError,
      path,
    );
  });
});

Deno.test("sendToQueue() says which message was sent", async (t) => {
  for (const kind of ["datagram", "stream"] as const) {
    await t.step(kind, async () => {
      const home = await makeHome();
      await using queue = startQueue(home, kind);
      const sent: number[] = [];
      const onSent = (index: number) => void sent.push(index);
      await sendToQueue(["a", "b"], { ...OPTIONS, home, onSent });
      assertEquals(sent, [0, 1]);
      assertEquals(await queue.receive(2), ["a", "b"]);
    });
  }
});

Deno.test("sendToQueue() sends no more than one message after its time, and says which", async () => {
  const home = await makeHome();
  const path = `${home}/queue/sockets/queue`;
  const queue = Deno.listenDatagram({ transport: "unixpacket", path });
  const messages = Array.from({ length: 1000 }, (_, index) => `${index}`);
  const sent: string[] = [];
  const onSent = (index: number) => void sent.push(`${index}`);
  await assertRejects(
    () => sendToQueue(messages, { ...OPTIONS, home, onSent, timeoutMs: 100 }),
    QueueError,
    "takes nothing for 0.1 s",
  );
  const inTime = sent.length;
  assert(inTime > 0 && inTime < 1000, `${inTime} fit into the queue`);
  const received = await takeAll(queue);
  assertEquals(sent, received);
  assert(received.length <= inTime + 1, `${received.length}, not ${inTime}`);
});

Deno.test("sendToQueue() leaves the processor to others while the queue is full", async () => {
  const home = await makeHome();
  const path = `${home}/queue/sockets/queue`;
  const queue = Deno.listenDatagram({ transport: "unixpacket", path });
  const messages = Array.from({ length: 1000 }, (_, index) => `${index}`);
  const before = process.cpuUsage();
  await assertRejects(
    () => sendToQueue(messages, { ...OPTIONS, home, timeoutMs: 2000 }),
    QueueError,
  );
  const { user, system } = process.cpuUsage(before);
  assert((user + system) / 1000 < 600, `${user + system} µs of 2 s`);
  await takeAll(queue);
});

/** Takes what was sent, and what is still pending, and closes the socket. */
async function takeAll(queue: Deno.DatagramConn): Promise<readonly string[]> {
  const received: string[] = [];
  const reading = (async () => {
    for await (const [bytes] of queue) {
      received.push(new TextDecoder().decode(bytes));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 300));
  queue.close();
  await reading;
  return received;
}

Deno.test("sendToQueue() sends nothing when the run is stopped", async () => {
  const home = await makeHome();
  await using queue = startQueue(home);
  await assertRejects(
    () => sendToQueue(["x"], { ...OPTIONS, home, stop: AbortSignal.abort() }),
    QueueError,
    "Stopped before Wazuh's queue",
  );
  assertEquals(queue.waiting, []);
});

Deno.test("sendToQueue() counts what the queue takes while it is stopped", async (t) => {
  for (const kind of ["datagram", "stream"] as const) {
    await t.step(kind, async () => {
      const home = await makeHome();
      await using queue = startQueue(home, kind);
      const stopping = new AbortController();
      const sent: number[] = [];
      await assertRejects(
        () =>
          sendToQueue(["first", "second", "third"], {
            ...OPTIONS,
            home,
            stop: stopping.signal,
            onSent: (index) => {
              sent.push(index);
              stopping.abort();
            },
          }),
        QueueError,
        "Stopped before",
      );
      const atEnd = [...sent];
      // The next is on its way already: it must not be sent again.
      assertEquals(await queue.receive(2), ["first", "second"]);
      assertEquals(atEnd, [0, 1]);
    });
  }
});
