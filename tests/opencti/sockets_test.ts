import { assert, assertRejects } from "@std/assert";
import { openTunnel, type Way } from "../../lib/opencti/sockets.ts";
import { startTcp, write } from "../stand_ins/network.ts";

function wayBy(proxy: string): Way {
  return {
    url: new URL("https://opencti.example"),
    proxy: new URL(proxy),
    connection: {},
    readFile: () => "",
    timeoutMs: 300,
    stop: new AbortController().signal,
  };
}

/** More than a connection holds that nobody reads. */
const MANY_BYTES = 32 * 1024 * 1024;

Deno.test("openTunnel() ends in its time, whatever the proxy does", async (t) => {
  const pause = (ms: number) =>
    new Promise((resolve) => setTimeout(resolve, ms));
  let isOver = false;
  await t.step("it drips", async () => {
    await using proxy = startTcp(async (client) => {
      while (!isOver) {
        await write(client, "x");
        await pause(20);
      }
    });
    const start = performance.now();
    await assertRejects(
      () => openTunnel(wayBy(`http://127.0.0.1:${proxy.port}`)),
      Deno.errors.TimedOut,
    );
    isOver = true;
    const ms = performance.now() - start;
    assert(ms < 3000, `${ms}`);
  });
  await t.step("it reads nothing", async () => {
    await using proxy = startTcp(() => Promise.resolve());
    const password = "x".repeat(MANY_BYTES);
    await assertRejects(
      () => openTunnel(wayBy(`http://u:${password}@127.0.0.1:${proxy.port}`)),
      Deno.errors.TimedOut,
    );
  });
});
