/**
 * What goes wrong around the program, and what comes out all the same: each
 * fault is met by the program itself, run as integratord runs it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import {
  type Certificate,
  getAvailablePort,
  makeCertificate,
  readHead,
  startProxy,
  startTcp,
  write,
} from "../stand_ins/network.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram, type RunResult, SLACK_MS } from "../stand_ins/program.ts";
import { giveToGroup, giveToWazuh, makeHome } from "../stand_ins/home.ts";
import { abandonQueue, fillQueue, startQueue } from "../stand_ins/queue.ts";
import { waitingIn } from "../stand_ins/spool.ts";

const ALERT =
  new URL("../testdata/alerts/suricata_alert_http.json", import.meta.url)
    .pathname;
const MATCH = "indicator_partial_pattern_match";

/** What is arranged for a run. */
interface Scene {
  readonly home: string;
  /** Ends with the test. */
  readonly stack: AsyncDisposableStack;
}

/** How the program is called in a scene. */
interface SceneCall {
  readonly url: string;
  readonly alert?: string;
  readonly apiKey?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** In seconds; 1 if it is not said. */
  readonly timeout?: number;
  readonly retries?: number;
  /** Whether analysisd does not read its queue. */
  readonly noQueue?: boolean;
  readonly wrapper?: readonly string[];
  /** Changes the arguments. */
  readonly args?: (args: string[]) => string[];
  readonly onStart?: (process: Deno.ChildProcess) => void;
  /** What else must be so. */
  readonly check?: (result: RunResult & { messages: string[] }) => unknown;
}

/** A fault: what is arranged, and what must come out. */
interface Fault {
  readonly name: string;
  readonly arrange: (scene: Scene) => SceneCall | Promise<SceneCall>;
  readonly status: number;
  /** The types of the events that are emitted. */
  readonly events: readonly string[];
  /** What waits in the spool then. */
  readonly alerts?: number;
  readonly unsent?: number;
  /** What the last line says. */
  readonly says?: string;
  /** In what time it ends, without the start of the program; else its budget. */
  readonly withinMs?: number;
}

function opencti(
  { stack }: Scene,
  options: Parameters<typeof startOpencti>[1] = {},
) {
  return stack.use(startOpencti(KNOWLEDGE, options));
}

function tcp(
  { stack }: Scene,
  serve: (connection: Deno.TcpConn) => Promise<void>,
): SceneCall {
  const { port } = stack.use(startTcp(serve));
  return { url: `http://127.0.0.1:${port}` };
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until the other side goes away. */
async function sayNothing(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await connection.read(buffer) !== null);
}

async function dripForever(connection: Deno.TcpConn, text: string) {
  await readHead(connection);
  await write(connection, text);
  for (let n = 0; n < 60; n++) {
    await wait(200);
    await write(connection, "x");
  }
}

const OF_OPENCTI: readonly Fault[] = [
  {
    name: "nobody listens",
    arrange: () => ({ url: `http://127.0.0.1:${getAvailablePort()}` }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "Cannot reach OpenCTI at http://127.0.0.1:",
  },
  {
    name: "it speaks http, where https is meant",
    arrange: (scene) => ({
      url: opencti(scene).url.replace("http:", "https:"),
    }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "http is spoken there, not https: check <hook_url>",
  },
  {
    name: "it accepts, and says nothing",
    arrange: (scene) => tcp(scene, sayNothing),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "is too slow: no answer in 0.",
  },
  {
    name: "it accepts and says nothing, to each of four attempts",
    arrange: (scene) => ({
      ...tcp(scene, sayNothing),
      retries: 3,
      options: { total_timeout: 2 },
    }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "is too slow",
    withinMs: 2000,
  },
  {
    name: "its head comes byte by byte",
    arrange: (scene) =>
      tcp(
        scene,
        (connection) => dripForever(connection, "HTTP/1.1 200 OK\r\nx: "),
      ),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "is too slow",
  },
  {
    name: "its body comes byte by byte",
    arrange: (scene) =>
      tcp(
        scene,
        (connection) =>
          dripForever(connection, `${HEAD}content-length: 1000\r\n\r\n{`),
      ),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "is too slow",
  },
  {
    name: "its body never ends",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: () =>
          new Response(
            new ReadableStream({
              pull: (controller) =>
                controller.enqueue(new Uint8Array(1 << 20).fill(32)),
            }),
          ),
      });
      return { url, timeout: 5 };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "longer than 16777216 bytes",
  },
  {
    name: "it redirects to itself",
    arrange: (scene) => {
      const { url, requests } = opencti(scene, {
        respond: () =>
          new Response(null, {
            status: 307,
            headers: { location: "/graphql" },
          }),
      });
      return { url, retries: 3, check: () => assertEquals(requests.length, 1) };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "redirects to /graphql (HTTP 307)",
  },
  {
    name: "it closes its half of the connection",
    arrange: (scene) =>
      tcp(scene, async (connection) => {
        await readHead(connection);
        await connection.closeWrite();
        await sayNothing(connection);
      }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "Cannot reach OpenCTI",
  },
  {
    name: "it breaks off in the middle of the body",
    arrange: (scene) =>
      tcp(scene, async (connection) => {
        await readHead(connection);
        await write(connection, `${HEAD}content-length: 1000\r\n\r\n{`);
        connection.close();
      }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "Cannot reach OpenCTI",
  },
  {
    name: "it speaks no HTTP",
    arrange: (scene) =>
      tcp(scene, async (connection) => {
        await write(connection, "SSH-2.0-OpenSSH_9.2\r\n");
        connection.close();
      }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "Cannot reach OpenCTI",
  },
  {
    name: "it limits the rate, for longer than the run may wait",
    arrange: (scene) => {
      const { url, requests } = opencti(scene, {
        respond: () =>
          new Response("", { status: 429, headers: { "retry-after": "3600" } }),
      });
      return { url, retries: 3, check: () => assertEquals(requests.length, 1) };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "limits the rate",
    withinMs: 500,
  },
  {
    name: "it limits the rate for a second, then answers",
    arrange: (scene) => {
      const times: number[] = [];
      const { url } = opencti(scene, {
        respond: (_, count) => {
          times.push(performance.now());
          return count > 1 ? undefined : new Response("", {
            status: 429,
            headers: { "retry-after": "1" },
          });
        },
      });
      const check = () => {
        const [first = 0, second = 0] = times;
        assert(second - first >= 1000, `${second - first} ms`);
      };
      return { url, timeout: 4, retries: 3, check };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "it is starting, then answers",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: (_, count) =>
          count > 2 ? undefined : new Response("", { status: 503 }),
      });
      return { url, timeout: 4, retries: 2 };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "it is another web server",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: () => new Response("<!DOCTYPE html><title>x</title>"),
      });
      return { url };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "There is no OpenCTI at",
  },
  {
    name: "it refuses the token, and says it back",
    arrange: (scene) => {
      const { url, requests } = opencti(scene, {
        respond: () =>
          Response.json({
            errors: [{
              message: `${"x".repeat(190)} ${TOKEN} ${"y".repeat(3000)}`,
              extensions: { code: "SOMETHING_NEW" },
            }],
            data: null,
          }),
      });
      return { url, retries: 3, check: () => assertEquals(requests.length, 1) };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "[API_KEY]",
  },
  {
    name: "its answer is cut off",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: () => new Response('{"data":{"exact":{"edges":['),
      });
      return { url };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "its JSON is cut off or broken",
  },
  {
    name: "its answer is nested ten thousand deep",
    arrange: (scene) => {
      const deep = "[".repeat(10_000) + "]".repeat(10_000);
      const { url } = opencti(scene, {
        respond: () => new Response(`{"data":{"exact":${deep}}}`),
      });
      return { url };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "exact is not as expected",
  },
  {
    name: "its database fails for a part of the question",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: (_, count) =>
          count > 1 ? undefined : Response.json({
            errors: [{
              message: "no",
              path: ["values"],
              extensions: { code: "DATABASE_ERROR" },
            }],
            data: {
              exact: {
                edges: [{
                  node: {
                    id: "i",
                    name: "n",
                    pattern: "[ipv4-addr:value = '185.244.31.158']",
                  },
                }],
              },
              partial: { edges: [] },
              values: null,
            },
          }),
      });
      return { url };
    },
    status: 1,
    events: ["indicator_pattern_match", "error"],
    alerts: 1,
    says: 'database failed for "values"',
  },
];

/** HTTPS, where HTTP is spoken to it. */
async function nodeTls(scene: Scene): Promise<string> {
  const { url } = await startMutualTls(scene);
  return url.replace("https:", "http:");
}

const HTTPS = {
  trusted: makeCertificate(),
  anotherName: makeCertificate({ name: "another.example" }),
  authority: makeCertificate({ isCa: true }),
};

/** OpenCTI by HTTPS, and the file that holds what is to be trusted. */
async function https(
  scene: Scene,
  certificate: Certificate,
): Promise<{ url: string; pem: string }> {
  const { url } = opencti(scene, { tls: certificate });
  const pem = `${scene.home}/opencti.pem`;
  await Deno.writeTextFile(pem, certificate.cert);
  return { url, pem };
}

const OF_THE_NETWORK: readonly Fault[] = [
  {
    name: "a certificate that nobody knows",
    arrange: (scene) => https(scene, HTTPS.trusted),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "openssl s_client -connect 127.0.0.1:",
  },
  {
    name: 'a certificate that "ca_file" says is trusted',
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      return { url, options: { ca_file: pem } };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a certificate among several that are trusted",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      await Deno.writeTextFile(
        pem,
        `${HTTPS.authority.cert}\n${HTTPS.trusted.cert}`,
      );
      return { url, options: { ca_file: pem } };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a certificate that is trusted, but for another name",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.anotherName);
      return { url, options: { ca_file: pem } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "its certificate is not for ",
  },
  {
    name: "a certificate that is made to sign others",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.authority);
      return { url, options: { ca_file: pem } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "basicConstraints=critical,CA:FALSE",
  },
  {
    name: "a certificate made as the message says",
    arrange: async (scene) => {
      const refused = await https(scene, HTTPS.authority);
      const { lastLine } = await runProgram(scene.home, [
        ALERT,
        TOKEN,
        refused.url,
        "",
        "",
        "1",
        "0",
      ]);
      const [command = ""] = /openssl req .*CA:FALSE/.exec(lastLine) ?? [];
      const made = await new Deno.Command("sh", {
        args: ["-c", command],
        cwd: scene.home,
      }).output();
      assert(made.success, command);
      const read = (name: string) =>
        Deno.readTextFile(`${scene.home}/opencti.${name}`);
      const { url, pem } = await https(scene, {
        cert: await read("pem"),
        key: await read("key"),
      });
      await Deno.remove(`${scene.home}/queue/opencti/spool.db`);
      for (const name of ["waiting", "outage"]) {
        await Deno.remove(`${scene.home}/queue/opencti/${name}`);
      }
      return { url, options: { ca_file: pem } };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "HTTP, where a server of Node speaks HTTPS",
    arrange: async (scene) => ({ url: await nodeTls(scene) }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "HTTPS is spoken at http://127.0.0.1:",
  },
  {
    name: "HTTP, where a server of Deno speaks HTTPS",
    arrange: async (scene) => {
      const { url } = await https(scene, HTTPS.trusted);
      return { url: url.replace("https:", "http:") };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "/etc/ossec.conf to https://127.0.0.1:",
  },
  {
    name: "HTTP, where nginx speaks HTTPS",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: () =>
          new Response(
            "<html><head><title>400 The plain HTTP request was sent to HTTPS " +
              "port</title></head></html>",
            { status: 400 },
          ),
      });
      return { url };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "HTTPS is spoken at http://127.0.0.1:",
  },
  {
    name: "a private key where a certificate is meant",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      await Deno.writeTextFile(pem, HTTPS.trusted.key);
      return { url, options: { ca_file: pem } };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "it holds a private key, where a certificate is meant",
  },
  {
    name: "a certificate where a private key is meant",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      return { url, options: { client_cert: pem, client_key: pem } };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "it holds a certificate, where its private key is meant",
  },
  {
    name: "a key with a passphrase",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      const key = `${scene.home}/key.pem`;
      await Deno.writeTextFile(
        key,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n" +
          "-----END ENCRYPTED PRIVATE KEY-----\n",
      );
      return { url, options: { client_cert: pem, client_key: key } };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "openssl pkey -in /",
  },
  {
    name: 'a "ca_file" that is no PEM',
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      await Deno.writeTextFile(pem, "no certificate");
      return { url, options: { ca_file: pem } };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: 'Cannot use option "ca_file" in <options> of /',
  },
  {
    name: "no certificate where OpenCTI wants to see one",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      return { url, options: { ca_file: pem } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: '/etc/opencti.json and "client_key"',
  },
  {
    name: "a certificate where OpenCTI wants to see one",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      const key = `${scene.home}/key.pem`;
      await Deno.writeTextFile(key, HTTPS.trusted.key);
      return {
        url,
        options: { ca_file: pem, client_cert: pem, client_key: key },
      };
    },
    status: 0,
    events: [],
  },
  {
    name: "a key that is not that of the certificate",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      const key = `${scene.home}/key.pem`;
      await Deno.writeTextFile(key, HTTPS.anotherName.key);
      return {
        url,
        options: { ca_file: pem, client_cert: pem, client_key: key },
      };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: 'Cannot use options "client_cert" and "client_key" in <options> of /',
  },
  {
    name: "a key that is garbage",
    arrange: async (scene) => {
      const { url, pem } = await startMutualTls(scene);
      const key = `${scene.home}/key.pem`;
      await Deno.writeTextFile(
        key,
        "-----BEGIN PRIVATE KEY-----\nAAAAAAAA\n-----END PRIVATE KEY-----\n",
      );
      return {
        url,
        options: { ca_file: pem, client_cert: pem, client_key: key },
      };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: 'Cannot use options "client_cert" and "client_key" in <options> of /',
  },
  {
    name: "a proxy",
    arrange: (scene) => {
      const { url } = opencti(scene);
      const { host, requests } = scene.stack.use(startProxy());
      return {
        url,
        options: { proxy: `http://${host}` },
        // One for the match, one for what its event says.
        check: () =>
          assertEquals(
            requests,
            Array(2).fill(`POST ${url}/graphql HTTP/1.1`),
          ),
      };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a proxy that wants a password, before HTTPS",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      const { host, requests } = scene.stack.use(
        startProxy({ user: "wazuh", password: "p@ss:word" }),
      );
      return {
        url,
        options: { proxy: `http://wazuh:p%40ss%3Aword@${host}`, ca_file: pem },
        check: () =>
          assertEquals(
            requests,
            Array(2).fill(`CONNECT ${new URL(url).host} HTTP/1.1`),
          ),
      };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a proxy that refuses the password",
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      const { host } = scene.stack.use(
        startProxy({ user: "wazuh", password: "another" }),
      );
      return {
        url,
        options: { proxy: `http://wazuh:passw0rd@${host}`, ca_file: pem },
        check: ({ stderr, messages }) => {
          assert(!`${stderr}${messages.join()}`.includes("passw0rd"), stderr);
        },
      };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: 'set user and password in "proxy" in <options> of /',
  },
  {
    name: "a proxy that refuses the password, before HTTP",
    arrange: (scene) => {
      const { url } = opencti(scene);
      const { host } = scene.stack.use(
        startProxy({ user: "wazuh", password: "another" }),
      );
      return { url, options: { proxy: `http://${host}` } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: 'set user and password in "proxy" in <options> of /',
  },
  {
    name: "a proxy that the environment names",
    arrange: (scene) => {
      const { url } = opencti(scene);
      const { host, requests } = scene.stack.use(startProxy());
      return {
        url,
        env: { HTTP_PROXY: `http://${host}` },
        check: () => assertEquals(requests.length, 1),
      };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a proxy that is not there, and not for this address",
    arrange: (scene) => {
      const { url } = opencti(scene);
      const proxy = `http://127.0.0.1:${getAvailablePort()}`;
      return { url, options: { proxy, no_proxy: "a.example,127.0.0.0/8" } };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a proxy that is not there",
    arrange: (scene) => {
      const { url } = opencti(scene);
      const proxy = `http://127.0.0.1:${getAvailablePort()}`;
      return { url, options: { proxy } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: 'check "proxy" in <options> of /',
  },
  {
    name: "nginx wants to see a certificate",
    arrange: (scene) => {
      const { url } = opencti(scene, {
        respond: () =>
          new Response(
            "<center>No required SSL certificate was sent</center>",
            {
              status: 400,
            },
          ),
      });
      return { url };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: 'set "client_cert" in /',
  },
  {
    name: "a certificate without a subjectAltName",
    arrange: async (scene) => {
      const made = await new Deno.Command("openssl", {
        args: "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj"
          .split(" ").concat(
            "/CN=127.0.0.1",
            "-addext",
            "basicConstraints=CA:FALSE",
          ),
        cwd: scene.home,
      }).output();
      assert(made.success);
      const read = (name: string) => Deno.readTextFile(`${scene.home}/${name}`);
      const { url, pem } = await https(scene, {
        cert: await read("c.pem"),
        key: await read("k.pem"),
      });
      return { url, options: { ca_file: pem } };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "its certificate has no subjectAltName: make another where OpenCTI",
  },
  {
    name: 'a "ca_file" that is damaged',
    arrange: async (scene) => {
      const { url, pem } = await https(scene, HTTPS.trusted);
      await Deno.writeTextFile(
        pem,
        "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n",
      );
      return { url, options: { ca_file: pem } };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: 'Cannot use option "ca_file" in <options> of /',
  },
  {
    name: "a name that nobody knows",
    arrange: () => ({ url: "https://opencti.invalid", timeout: 5 }),
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "Cannot reach OpenCTI at https://opencti.invalid: ",
  },
];

async function startMutualTls({ home, stack }: Scene) {
  const { createServer } = await import("node:https");
  const { cert, key } = HTTPS.trusted;
  const server = createServer(
    { cert, key, ca: [cert], requestCert: true, rejectUnauthorized: true },
    (_, response) => {
      const empty = { edges: [] };
      response.end(JSON.stringify({
        data: { exact: empty, partial: empty, values: empty },
      }));
    },
  );
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  stack.defer(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error();
  const pem = `${home}/opencti.pem`;
  await Deno.writeTextFile(pem, cert);
  return { url: `https://127.0.0.1:${address.port}`, pem };
}

const OF_THE_QUEUE: readonly Fault[] = [
  {
    name: "there is none",
    arrange: (scene) => ({ url: opencti(scene).url, noQueue: true }),
    status: 1,
    events: [],
    unsent: 1,
    says: "it does not exist",
  },
  {
    name: "nobody reads it",
    arrange: (scene) => {
      abandonQueue(scene.home);
      return { url: opencti(scene).url, noQueue: true };
    },
    status: 1,
    events: [],
    unsent: 1,
    says: "nobody reads it",
  },
  {
    name: "analysisd is stopped, and its buffer full",
    arrange: async (scene) => {
      scene.stack.defer(await fillQueue(scene.home));
      return { url: opencti(scene).url, noQueue: true };
    },
    status: 1,
    events: [],
    unsent: 1,
    says: "see that wazuh-analysisd runs and keeps up",
  },
  {
    name: "analysisd is stopped, and OpenCTI silent",
    arrange: async (scene) => {
      scene.stack.defer(await fillQueue(scene.home));
      return {
        ...tcp(scene, sayNothing),
        noQueue: true,
      };
    },
    status: 1,
    events: [],
    alerts: 1,
    unsent: 1,
    says: "is too slow",
  },
  {
    name: "it is a file",
    arrange: async (scene) => {
      await Deno.writeTextFile(`${scene.home}/queue/sockets/queue`, "");
      return { url: opencti(scene).url, noQueue: true };
    },
    status: 1,
    events: [],
    unsent: 1,
    says: "Cannot write to Wazuh's queue",
  },
];

function spoolPath({ home }: Scene): string {
  return `${home}/queue/opencti/spool.db`;
}

/** Makes what a test put into the spool's folder Wazuh's own. */
function giveFilesToWazuh(home: string): void {
  const dir = `${home}/queue/opencti`;
  if (!Deno.lstatSync(dir).isDirectory) return;
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    if (isFile) giveToWazuh(`${dir}/${name}`, 0o640);
  }
}

/** Locks the spool as another program may, for a while. */
function lockSpool(scene: Scene, ms: number): void {
  const db = new DatabaseSync(spoolPath(scene));
  db.exec("PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE");
  giveFilesToWazuh(scene.home);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(unlock, ms);
  function unlock() {
    clearTimeout(timer);
    if (db.isOpen) db.close();
    resolve();
  }
  scene.stack.defer(() => {
    unlock();
    return promise;
  });
}

/** A spool in which nothing can be kept: the match is emitted all the same. */
function unusable(name: string, put: (path: string) => unknown): Fault {
  return {
    name,
    arrange: async (scene) => {
      await put(spoolPath(scene));
      giveFilesToWazuh(scene.home);
      return {
        url: opencti(scene).url,
        check: ({ stderr, messages }) => {
          assertStringIncludes(stderr, "Nothing can be kept in the spool ");
          assertStringIncludes(messages.join(), "Nothing can be kept in the");
        },
      };
    },
    status: 0,
    events: [MATCH, "error"],
  };
}

const OF_THE_DISK: readonly Fault[] = [
  {
    name: "the spool is corrupt",
    arrange: (scene) => {
      const path = spoolPath(scene);
      Deno.writeTextFileSync(path, "no database ".repeat(1000));
      giveFilesToWazuh(scene.home);
      return {
        url: opencti(scene).url,
        check: ({ stderr }) => {
          assertStringIncludes(stderr, "The spool is corrupt");
          const [aside] = [...Deno.readDirSync(`${scene.home}/queue/opencti`)]
            .filter(({ name }) => name.startsWith("spool.db.corrupt-"));
          assertEquals(
            Deno.readTextFileSync(`${scene.home}/queue/opencti/${aside?.name}`),
            "no database ".repeat(1000),
          );
        },
      };
    },
    status: 0,
    events: [MATCH, "error"],
  },
  {
    name: "a page of the spool is corrupt",
    arrange: async (scene) => {
      const path = spoolPath(scene);
      const { url } = opencti(scene);
      await runProgram(scene.home, [ALERT, TOKEN, "http://127.0.0.1:1"]);
      {
        using db = new DatabaseSync(path);
        db.exec("PRAGMA journal_mode = DELETE");
      }
      const bytes = await Deno.readFile(path);
      bytes.fill(0xa5, 4096);
      await Deno.writeFile(path, bytes);
      return {
        url,
        check: ({ stderr }) => assertStringIncludes(stderr, "spool is corrupt"),
      };
    },
    status: 0,
    events: [MATCH, "error"],
  },
  unusable("the spool is of a newer version", (path) => {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
  }),
  unusable("the spool is read-only", (path) => {
    {
      using db = new DatabaseSync(path);
      db.exec("CREATE TABLE t (x)");
    }
    const bytes = Deno.readFileSync(path);
    bytes[18] = 3; // a version of the file format that may only be read
    Deno.writeFileSync(path, bytes);
  }),
  unusable("a symbolic link is in the spool's place", (path) => {
    Deno.writeTextFileSync(`${path}.target`, "");
    Deno.symlinkSync(`${path}.target`, path);
  }),
  unusable("a hard link is in the spool's place", (path) => {
    Deno.writeTextFileSync(`${path}.target`, "");
    Deno.linkSync(`${path}.target`, path);
  }),
  unusable("a FIFO is in the spool's place", async (path) => {
    await new Deno.Command("mkfifo", { args: [path] }).output();
  }),
  {
    name: "FIFOs are in the places of the lock and the markers",
    arrange: async (scene) => {
      for (const name of ["lock", "waiting", "outage"]) {
        await new Deno.Command("mkfifo", {
          args: [`${scene.home}/queue/opencti/${name}`],
        }).output();
      }
      return { url: opencti(scene).url };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "another program locks the spool for 2.5 s, and there is time",
    arrange: (scene) => {
      lockSpool(scene, 2500);
      return { url: `http://127.0.0.1:${getAvailablePort()}`, timeout: 25 };
    },
    status: 1,
    events: ["error"],
    alerts: 1,
    says: "; the alert is kept",
  },
  {
    name: "another program locks the spool near the end of the run's time",
    arrange: (scene) => {
      const call = tcp(scene, sayNothing);
      setTimeout(() => lockSpool(scene, 10_000), 1000);
      return { ...call, timeout: 2 };
    },
    status: 1,
    events: ["error", "warning"],
    // It was kept when the answer did not come soon.
    alerts: 1,
    says: "; the alert is kept",
  },
  {
    name: "another program locks the spool for all of the run's time",
    arrange: (scene) => {
      lockSpool(scene, 10_000);
      return { ...tcp(scene, sayNothing), timeout: 2 };
    },
    status: 1,
    events: ["error", "warning"],
    says: "; the alert is kept",
  },
  unusable("others may write to the spool's folder", (path) => {
    Deno.chmodSync(path.replace(/\/[^/]*$/, ""), 0o777);
  }),
  unusable("a symbolic link is in the place of the spool's folder", (path) => {
    const folder = path.replace(/\/[^/]*$/, "");
    Deno.removeSync(folder);
    Deno.mkdirSync(`${folder}-target`);
    Deno.symlinkSync(`${folder}-target`, folder);
  }),
  {
    name: "another program locks the spool",
    arrange: (scene) => {
      const path = spoolPath(scene);
      const db = scene.stack.adopt(
        new DatabaseSync(path),
        (db) => db.close(),
      );
      db.exec("PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE");
      giveFilesToWazuh(scene.home);
      return {
        url: opencti(scene).url,
        timeout: 3,
        check: ({ messages }) =>
          assertStringIncludes(messages.join(), "is locked"),
      };
    },
    status: 0,
    events: [MATCH, "warning"],
  },
  {
    name: "the disk is full",
    arrange: (scene) => ({
      url: opencti(scene).url,
      // No file may grow beyond 8 KiB.
      wrapper: ["bash", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "bash"],
      timeout: 3,
      check: ({ stderr }) =>
        assertStringIncludes(stderr, "Nothing can be kept in the spool "),
    }),
    status: 0,
    events: [MATCH, "error"],
  },
  {
    name: "there is no folder for the log, and a file in the spool's place",
    arrange: async (scene) => {
      await Deno.remove(`${scene.home}/logs`);
      await Deno.remove(`${scene.home}/queue/opencti`);
      await Deno.writeTextFile(`${scene.home}/queue/opencti`, "");
      return {
        url: opencti(scene).url,
        check: ({ stderr }) =>
          assertStringIncludes(stderr, "integrations.log: "),
      };
    },
    status: 0,
    events: [MATCH, "error"],
  },
  {
    name: "a FIFO is in the log's place",
    arrange: async (scene) => {
      const path = `${scene.home}/logs/integrations.log`;
      await new Deno.Command("mkfifo", { args: [path] }).output();
      return {
        url: opencti(scene).url,
        check: ({ stderr }) => assertStringIncludes(stderr, "it is no file"),
      };
    },
    status: 0,
    events: [MATCH],
  },
];

/** An alert that errors are about, with something more in it. */
function alertWith(text: string | Uint8Array) {
  return (scene: Scene): SceneCall => {
    const alert = `${scene.home}/tmp/alert`;
    Deno.writeFileSync(
      alert,
      typeof text === "string" ? new TextEncoder().encode(text) : text,
    );
    return { url: opencti(scene).url, alert };
  };
}

const IDS = '"rule":{"groups":["ids"]},"data":{"srcip":"185.244.31.158"';

const OF_THE_ALERT: readonly Fault[] = [
  {
    name: "it was copied from the dashboard",
    arrange: alertWith(`[{"_index":"wazuh-alerts-4.x","_source":{${IDS}}}}]`),
    status: 0,
    events: [MATCH],
  },
  {
    name: "it is several, copied from the dashboard",
    arrange: alertWith(`[{${IDS}}},{${IDS}}}]`),
    status: 1,
    events: ["error"],
    says: "it is a list of 2 alerts, where one is needed",
  },
  {
    name: "it is in another format",
    arrange: alertWith(
      "alertdate='2026 Nov 24'\nalertlocation='x'\nruleid='1'",
    ),
    status: 1,
    events: ["error"],
    says: "it is not JSON, set <alert_format> in /",
  },
  {
    name: "it is cut in half",
    arrange: alertWith(`{${IDS}`),
    status: 1,
    events: ["error"],
    says: "it is cut off before its JSON ends",
  },
  {
    name: "it is a FIFO",
    arrange: async (scene) => {
      const alert = `${scene.home}/tmp/alert`;
      await new Deno.Command("mkfifo", { args: [alert] }).output();
      return { url: opencti(scene).url, alert };
    },
    status: 1,
    events: ["error"],
    says: "it is no file",
  },
  {
    name: "it is too large",
    arrange: alertWith(`{${IDS},"x":"${"x".repeat(10 << 20)}"}}`),
    status: 1,
    events: ["error"],
    says: "bytes where 4194304 are the most",
  },
  {
    name: "a log line wants to be another line, and another integration",
    arrange: (scene) => ({
      ...alertWith(
        `{"id":"1\\n2026 custom-virustotal","agent":{"id":"001","name":"x->virustotal:\\n","ip":"a|b"},${IDS},"action":"\\r\\nERROR\\u0000\\u001b"}}`,
      )(scene),
      check: async ({ messages }) => {
        const log = await Deno.readTextFile(
          `${scene.home}/logs/integrations.log`,
        );
        assertEquals(log.split("\n").length, 2, log);
        assertStringIncludes(log, "Alert 1\\u000a2026 custom-virustotal: ");
        assertStringIncludes(
          messages[0] ?? "",
          '1:[001] (x->virustotal|:) a||b->opencti:{"integration":"opencti",',
        );
      },
    }),
    status: 0,
    events: [MATCH],
  },
  {
    name: "prototype keys, lone surrogates, invalid UTF-8 and deep nesting",
    arrange: (scene) => {
      const text =
        `{"__proto__":{"x":1},"constructor":{"prototype":1},${IDS},` +
        `"proto":"\\ud800","__proto__":{"srcip":"1.1.1.1"},"status":"?",` +
        `"deep":${'{"a":'.repeat(3000)}1${"}".repeat(3000)}}}`;
      const bytes = new TextEncoder().encode(text);
      bytes[text.indexOf("?")] = 0xff;
      return alertWith(bytes)(scene);
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a token that others may read",
    arrange: (scene) => {
      const path = `${scene.home}/token`;
      Deno.writeTextFileSync(path, `${TOKEN}\n`, { mode: 0o644 });
      return { url: opencti(scene).url, apiKey: `file:${path}` };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "run custom-opencti doctor as root",
  },
  {
    name: "a token in a file",
    arrange: (scene) => {
      const path = `${scene.home}/token`;
      Deno.writeTextFileSync(path, `${TOKEN}\n`);
      giveToGroup(path, 0o640);
      return { url: opencti(scene).url, apiKey: `file:${path}` };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a token as the user of the URL",
    arrange: (scene) => {
      const url = opencti(scene).url.replace("//", `//${TOKEN}:${TOKEN}@`);
      return { url };
    },
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "<hook_url> holds a user or password",
  },
  {
    name: "a token in the query of the URL",
    arrange: (scene) => ({
      url: `${opencti(scene).url}/graphql?token=${TOKEN}`,
    }),
    status: 0,
    events: [MATCH],
  },
];

const OF_THE_CALL: readonly Fault[] = [
  {
    name: "an address without a scheme",
    arrange: () => ({ url: "opencti.example.com" }),
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "for it has no https:// before it: set it in /",
  },
  {
    name: "an address as a browser has it",
    arrange: (scene) => {
      const { url } = opencti(scene);
      return { url: `${url}/dashboard/observations/indicators/1?x=y#z` };
    },
    status: 0,
    events: [MATCH],
  },
  {
    name: "a blank behind the address",
    arrange: (scene) => ({
      url: opencti(scene).url,
      args: (args) => args.toSpliced(3, 0, ""),
    }),
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "is there a space in <hook_url> or <api_key>",
  },
  {
    name: "a timeout that is no number",
    arrange: (scene) => ({
      url: opencti(scene).url,
      args: (args) => args.with(5, "soon"),
    }),
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "<timeout> must be seconds",
  },
  {
    name: "an empty token",
    arrange: (scene) => ({ url: opencti(scene).url, apiKey: "" }),
    status: 2,
    events: ["error"],
    alerts: 1,
    says: "<api_key> is empty: set it in /",
  },
  {
    name: "a wrong call, and nothing to look up",
    arrange: ({ home }) => {
      const alert = `${home}/tmp/alert`;
      Deno.writeTextFileSync(alert, "{}");
      return { url: "opencti.example.com", alert };
    },
    status: 2,
    events: ["error"],
    says: "; the alert holds nothing to look up, and is not lost",
  },
];

const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  "of OpenCTI": OF_OPENCTI,
  "of the network": OF_THE_NETWORK,
  "of the queue": OF_THE_QUEUE,
  "of the disk": OF_THE_DISK,
  "of the alert": OF_THE_ALERT,
  "of the call": OF_THE_CALL,
};

for (const [kind, faults] of Object.entries(FAULTS)) {
  Deno.test(`custom-opencti stands faults ${kind}`, async (t) => {
    for (const fault of faults) {
      await t.step(fault.name, () => meet(fault));
    }
  });
}

/** All that says that something went wrong. */
function failuresIn(
  messages: readonly string[],
  { status, lastLine }: RunResult,
): string[] {
  const errors = messages.map((message) =>
    JSON.parse(message.slice(message.indexOf("{"))).opencti.error
  ).filter((error) => error !== undefined);
  return status === 0 ? errors : [...errors, lastLine];
}

async function meet(fault: Fault): Promise<void> {
  const home = await makeHome();
  await using stack = new AsyncDisposableStack();
  const call = await fault.arrange({ home, stack });
  const { timeout = 1, retries = 0, options } = call;
  const queue = call.noQueue ? undefined : stack.use(startQueue(home));
  const optionsFile = options ? `${home}/options.json` : "";
  if (options) await Deno.writeTextFile(optionsFile, JSON.stringify(options));
  const args = [
    call.alert ?? ALERT,
    call.apiKey ?? TOKEN,
    call.url,
    "",
    optionsFile,
    `${timeout}`,
    `${retries}`,
    "> /dev/null 2>&1",
  ];
  const result = await runProgram(home, call.args?.(args) ?? args, call);
  const messages = [...await queue?.receive(fault.events.length) ?? []];
  assertEquals(
    messages.map((message) =>
      JSON.parse(message.slice(message.indexOf("{"))).opencti.event_type
    ),
    [...fault.events],
    result.stderr,
  );
  assertEquals([result.status, result.signal], [fault.status, null]);
  assertStringIncludes(result.lastLine, fault.says ?? "");
  for (const says of failuresIn(messages, result)) {
    assert(/\b(?:kept|lost)$/.test(says), `what became of it? ${says}`);
  }
  assertEquals(waitingIn(home), {
    alerts: fault.alerts ?? 0,
    events: fault.unsent ?? 0,
  });
  const budgetMs = fault.withinMs ?? 1000 * timeout * (retries + 1);
  assert(result.ms <= budgetMs + SLACK_MS, `${result.ms} ms of ${budgetMs}`);
  assertEquals(queue?.waiting ?? [], []);
  assertEquals(
    await Array.fromAsync(Deno.readDir(`${home}/tmp`)).then((all) =>
      all.filter(({ name }) => name !== "alert")
    ),
    [],
  );
  await call.check?.({ ...result, messages });
}
