/**
 * What may stand between the program and OpenCTI: certificates, a proxy, and
 * servers that do not speak HTTP as they should.
 *
 * @module
 */
import selfsigned from "selfsigned";

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate that is signed by itself. */
export function makeCertificate(
  { name = "127.0.0.1", isCa = false } = {},
): Certificate {
  const isAddress = /^[\d.]+$/.test(name);
  const { cert, private: key } = selfsigned.generate(
    [{ name: "commonName", value: name }],
    {
      days: 2,
      keySize: 2048,
      algorithm: "sha256",
      extensions: [
        { name: "basicConstraints", cA: isCa },
        {
          name: "subjectAltName",
          altNames: [
            isAddress ? { type: 7, ip: name } : { type: 2, value: name },
          ],
        },
      ],
    },
  );
  return { cert, key };
}

/** A server that is not HTTP. */
export interface TcpStandIn extends AsyncDisposable {
  readonly port: number;
  /** How many connections it took. */
  readonly connections: number;
}

/** Starts a server that does with each connection what is said. */
export function startTcp(
  serve: (connection: Deno.TcpConn) => Promise<void>,
): TcpStandIn {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const serving: Promise<void>[] = [];
  let connections = 0;
  const done = (async () => {
    for await (const connection of listener) {
      connections++;
      open.add(connection);
      // The other side may go away at any time.
      serving.push(serve(connection).catch(() => {}));
    }
  })();
  return {
    port: listener.addr.port,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const connection of open) close(connection);
      await done;
      await Promise.all(serving);
    },
  };
}

/** A running proxy. */
export interface ProxyStandIn extends AsyncDisposable {
  /** Its address without user and password. */
  readonly host: string;
  /** The first line of each request that it let through. */
  readonly requests: readonly string[];
}

/** Starts an HTTP proxy, with a user and a password if they are given. */
export function startProxy(
  login?: { readonly user: string; readonly password: string },
): ProxyStandIn {
  const requests: string[] = [];
  const wanted = login && `Basic ${btoa(`${login.user}:${login.password}`)}`;
  const server = startTcp(async (client) => {
    const { head, rest } = await readHead(client);
    const given = /^proxy-authorization: *(.*)$/im.exec(head)?.[1];
    if (given !== wanted) {
      await write(
        client,
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
      );
      return close(client);
    }
    const [line = ""] = head.split("\r\n");
    const [method = "", target = ""] = line.split(" ");
    requests.push(line);
    const isTunnel = method === "CONNECT";
    const url = new URL(isTunnel ? `http://${target}` : target);
    const upstream = await Deno.connect({
      hostname: url.hostname,
      port: Number(url.port),
    });
    if (isTunnel) {
      await write(client, "HTTP/1.1 200 OK\r\n\r\n");
    } else {
      await write(upstream, head.replace(target, url.pathname) + "\r\n\r\n");
      await upstream.write(rest);
    }
    await Promise.all([
      upstream.readable.pipeTo(client.writable).catch(() => {}),
      client.readable.pipeTo(upstream.writable).catch(() => {}),
    ]);
  });
  return {
    host: `127.0.0.1:${server.port}`,
    requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Reads what comes before a request's body, and what came of that with it. */
export async function readHead(
  connection: Deno.TcpConn,
): Promise<{ readonly head: string; readonly rest: Uint8Array }> {
  let bytes = new Uint8Array();
  const buffer = new Uint8Array(65_536);
  while (true) {
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end !== -1) {
      return { head: text.slice(0, end), rest: bytes.slice(end + 4) };
    }
    const count = await connection.read(buffer);
    if (count === null) throw new Error("no whole request");
    bytes = new Uint8Array([...bytes, ...buffer.subarray(0, count)]);
  }
}

/** Writes a text. */
export async function write(
  connection: Deno.TcpConn,
  text: string,
): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}

/** A port that nobody listens on now. */
export function getAvailablePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
