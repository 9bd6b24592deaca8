/**
 * Connections to OpenCTI and its proxy, one by one: for a person who wants to
 * know at which of them the way ends. Each has its time.
 *
 * @module
 */
import { percentDecoded } from "../alert/sources/urls.ts";
import type { ConnectionOptions } from "./connection.ts";

/** The way to OpenCTI. */
export interface Way {
  readonly url: URL;
  /** Nothing if there is none for OpenCTI. */
  readonly proxy: URL | undefined;
  readonly connection: ConnectionOptions;
  readonly readFile: (path: string) => string;
  /** For each connection. */
  readonly timeoutMs: number;
  /** Ends all at once. */
  readonly stop: AbortSignal;
}

/** How long may be waited. */
type Time = Pick<Way, "timeoutMs" | "stop">;

/** A server, as sockets name it. */
export interface Server {
  readonly hostname: string;
  readonly port: number;
}

const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "socks5:": 1080,
};

export function serverOf({ hostname, port, protocol }: URL): Server {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (PORTS[protocol] ?? 80),
  };
}

/** The addresses of a name. */
export async function addressesOf(
  hostname: string,
  time: Time,
): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await inTime(lookup(hostname, { all: true }), time);
  return [...new Set(found.map(({ address }) => address))];
}

/** Connects to OpenCTI as it is asked, and sees what it shows. */
export async function openTls(way: Way): Promise<Deno.TlsConn> {
  const { url, proxy, connection, readFile } = way;
  const { ca_file, client_cert, client_key } = connection;
  const { hostname, port } = serverOf(url);
  const trusted = {
    caCerts: ca_file === undefined ? [] : [readFile(ca_file)],
    alpnProtocols: ["h2", "http/1.1"],
  };
  const opened = proxy === undefined
    ? Deno.connectTls({
      hostname,
      port,
      ...trusted,
      ...client_cert !== undefined && client_key !== undefined &&
        { cert: readFile(client_cert), key: readFile(client_key) },
    })
    : startTls(way, { hostname, ...trusted });
  const tls = await closeIfLate(opened, way);
  try {
    await inTime(tls.handshake(), way);
    return tls;
  } catch (error) {
    tls.close();
    throw error;
  }
}

async function startTls(
  way: Way,
  options: Deno.StartTlsOptions,
): Promise<Deno.TlsConn> {
  const { connection } = await openTunnel(way);
  return await Deno.startTls(connection, options);
}

/** The longest head of a proxy's answer that is read. */
const MAX_HEAD = 16 * 1024;

/** Asks a proxy for a way to OpenCTI, and reads what it says. */
export async function openTunnel(way: Way): Promise<{
  readonly connection: Deno.TcpConn;
  /** Nothing if it is no HTTP. */
  readonly status: number | undefined;
}> {
  const { url, proxy = url, timeoutMs, stop } = way;
  // One deadline for all of it: a proxy may answer a byte at a time.
  const end = performance.now() + timeoutMs;
  const left = (): Time => ({
    timeoutMs: Math.max(0, end - performance.now()),
    stop,
  });
  const connection = await open(serverOf(proxy), left());
  try {
    const { hostname, port } = serverOf(url);
    const host = `${
      hostname.includes(":") ? `[${hostname}]` : hostname
    }:${port}`;
    const { username, password } = proxy;
    const login = `${percentDecoded(username)}:${percentDecoded(password)}`;
    const head = [
      `CONNECT ${host} HTTP/1.1`,
      `Host: ${host}`,
      ...login === ":" ? [] : [
        `Proxy-Authorization: Basic ${
          new TextEncoder().encode(login).toBase64()
        }`,
      ],
      "\r\n",
    ].join("\r\n");
    const bytes = new TextEncoder().encode(head);
    for (let done = 0; done < bytes.length;) {
      done += await inTime(connection.write(bytes.subarray(done)), left());
    }
    const buffer = new Uint8Array(MAX_HEAD);
    let text = "";
    while (!text.includes("\r\n\r\n") && text.length < MAX_HEAD) {
      const count = await inTime(connection.read(buffer), left());
      if (count === null) break;
      text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
    }
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(text)?.[1];
    return {
      connection,
      status: status === undefined ? undefined : Number(status),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Connects to a server. */
export function open(server: Server, time: Time): Promise<Deno.TcpConn> {
  return closeIfLate(Deno.connect(server), time);
}

/** What opens too late is closed: nobody waits for it any more. */
async function closeIfLate<T extends { readonly close: () => void }>(
  opening: Promise<T>,
  time: Time,
): Promise<T> {
  try {
    return await inTime(opening, time);
  } catch (error) {
    opening.then((one) => one.close(), () => {});
    throw error;
  }
}

/** Waits for something, and no longer than is allowed. */
async function inTime<T>(
  what: Promise<T>,
  { timeoutMs, stop }: Time,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onStop = () => reject(new Deno.errors.TimedOut("stopped"));
  const timer = setTimeout(onStop, timeoutMs);
  stop.addEventListener("abort", onStop, { once: true });
  try {
    return await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
  }
}

/** Whether something took too long. */
export function isLate(error: unknown): boolean {
  return error instanceof Deno.errors.TimedOut;
}
