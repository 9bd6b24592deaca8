/**
 * `doctor` on the way to OpenCTI: name, connection, proxy, certificate, answer,
 * each broken, and each named with what mends it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { examine } from "../../lib/commands/doctor.ts";
import type { Finding, Link } from "../../lib/manager/checks/finding.ts";
import { ROOT_ONLY } from "../stand_ins/home.ts";
import { makeInstalled } from "../stand_ins/installed.ts";
import { KNOWLEDGE } from "../stand_ins/knowledge.ts";
import {
  getAvailablePort,
  makeCertificate,
  startProxy,
  startTcp,
} from "../stand_ins/network.ts";
import { startOpencti, TOKEN } from "../stand_ins/opencti.ts";
import { runProgram } from "../stand_ins/program.ts";

/** The way to OpenCTI, in its order. */
const LINKS: readonly Link[] = ["dns", "tcp", "proxy", "tls", "http"];

/** How the way is set up. */
interface SetUp {
  /** The address that the block has. */
  readonly url: string;
  /** What is in etc/opencti.json. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Files in etc. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What `doctor` says of the way. */
async function examined(
  { url, options = {}, files = {} }: SetUp,
): Promise<readonly Finding[]> {
  const { home, queue } = await makeInstalled(url);
  await using _queue = queue;
  const conf = `${home}/etc/ossec.conf`;
  await Deno.writeTextFile(
    conf,
    (await Deno.readTextFile(conf))
      .replace("<level>", "<timeout>1</timeout><level>"),
  );
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(`${home}/etc/${name}`, content);
  }
  await Deno.writeTextFile(
    `${home}/etc/opencti.json`,
    JSON.stringify(options).replaceAll("ETC", `${home}/etc`),
  );
  const stop = new AbortController().signal;
  const findings = await examine({ home, stop });
  const shown = JSON.stringify(findings);
  assert(!shown.includes(TOKEN), shown);
  return findings.filter(({ link }) => LINKS.includes(link))
    .map((one) => ({
      ...one,
      says: one.says.replaceAll(home, "HOME"),
      ...one.mend !== undefined && { mend: one.mend.replaceAll(home, "HOME") },
    }));
}

/** A line each, as `✗ tls`. */
function marksOf(findings: readonly Finding[]): string {
  const marks = { ok: "✓", warning: "!", error: "✗" };
  return findings.map(({ link, level }) => `${marks[level]} ${link}`)
    .join(", ");
}

/** What is there to be reached, and where the way must end. */
interface Case {
  readonly marks: string;
  readonly says: string;
  readonly mend: string;
}

function assertCase(
  findings: readonly Finding[],
  { marks, says, mend }: Case,
): void {
  const shown = JSON.stringify(findings, null, 2);
  assertEquals(marksOf(findings), marks, shown);
  const found = findings.find(({ level }) => level !== "ok");
  assertStringIncludes(found?.says ?? "", says);
  assertStringIncludes(found?.mend ?? "", mend);
}

const CONF = "<hook_url> in HOME/etc/ossec.conf";

Deno.test(
  "doctor names the step on which the way to OpenCTI ends",
  ROOT_ONLY,
  async (t) => {
    await using opencti = startOpencti(KNOWLEDGE);
    const port = getAvailablePort();
    await t.step("a name that nobody knows", async () => {
      assertCase(await examined({ url: "https://opencti.invalid" }), {
        marks: "✗ dns",
        says:
          "opencti.invalid has no address: DNS and /etc/hosts do not know it",
        mend: `getent hosts opencti.invalid must find it: correct ${CONF}, DNS`,
      });
    });
    await t.step("a port on which nobody listens", async () => {
      assertCase(await examined({ url: `http://localhost:${port}` }), {
        marks: "✓ dns, ✗ tcp",
        says: `Nobody listens on port ${port} of localhost`,
        mend: `start it there, or correct ${CONF}`,
      });
    });
    await t.step("HTTP where HTTPS is meant", async () => {
      const url = opencti.url.replace("http:", "https:");
      assertCase(await examined({ url }), {
        marks: "✓ dns, ✓ tcp, ✓ proxy, ✗ tls",
        says: "it speaks no TLS",
        mend: `http is spoken there, not https: check ${CONF}`,
      });
    });
    await t.step("a server that says nothing", async () => {
      await using silent = startTcp(async (connection) => {
        while (await connection.read(new Uint8Array(1000)) !== null);
      });
      assertCase(await examined({ url: `http://127.0.0.1:${silent.port}` }), {
        marks: "✓ dns, ✓ tcp, ✓ proxy, ✓ tls, ✗ http",
        says: "is too slow: no answer in 1 s",
        mend: "run this again",
      });
      assertCase(await examined({ url: `https://127.0.0.1:${silent.port}` }), {
        marks: "✓ dns, ✓ tcp, ✓ proxy, ✗ tls",
        says: "it does not answer in time",
        mend: `check ${CONF}`,
      });
    });
  },
);

Deno.test(
  "doctor names what is wrong with OpenCTI's certificate",
  ROOT_ONLY,
  async (t) => {
    const certificate = makeCertificate();
    await using opencti = startOpencti(KNOWLEDGE, { tls: certificate });
    const before = "✓ dns, ✓ tcp, ✓ proxy, ";
    const host = opencti.url.replace("https://", "");
    await t.step("nobody known signed it", async () => {
      assertCase(await examined({ url: opencti.url }), {
        marks: `${before}✗ tls`,
        says: "UnknownIssuer",
        mend: `openssl s_client -connect ${host} -showcerts`,
      });
    });
    await t.step("it is trusted by ca_file", async () => {
      const findings = await examined({
        url: opencti.url,
        options: { ca_file: "ETC/ca.pem" },
        files: { "ca.pem": certificate.cert },
      });
      assertEquals(marksOf(findings), `${before}✓ tls, ✓ http`);
      assertStringIncludes(findings[3]?.says ?? "", "127.0.0.1 is trusted");
    });
    await t.step("it is for another name", async () => {
      const other = makeCertificate({ name: "other.example" });
      await using opencti = startOpencti(KNOWLEDGE, { tls: other });
      const findings = await examined({
        url: opencti.url,
        options: { ca_file: "ETC/ca.pem" },
        files: { "ca.pem": other.cert },
      });
      assertCase(findings, {
        marks: `${before}✗ tls`,
        says: "its certificate is not for ",
        mend: `set ${CONF} to a name that it is for`,
      });
    });
    await t.step("it is an authority's", async () => {
      await using opencti = startOpencti(KNOWLEDGE, {
        tls: makeCertificate({ isCa: true }),
      });
      assertCase(await examined({ url: opencti.url }), {
        marks: `${before}✗ tls`,
        says: "CaUsedAsEndEntity",
        mend: "openssl req -x509 ",
      });
    });
    await t.step("ca_file holds no certificate", async () => {
      const findings = await examined({
        url: opencti.url,
        options: { ca_file: "ETC/ca.pem" },
        files: { "ca.pem": certificate.key },
      });
      assertCase(findings, {
        marks: "✗ tls",
        says: 'Cannot use option "ca_file" in HOME/etc/opencti.json: ' +
          "HOME/etc/ca.pem: it holds a private key",
        mend: "run this again",
      });
    });
  },
);

Deno.test("doctor goes the way through a proxy", ROOT_ONLY, async (t) => {
  const certificate = makeCertificate();
  await using opencti = startOpencti(KNOWLEDGE, { tls: certificate });
  const ca = { files: { "ca.pem": certificate.cert } };
  const through = (proxy: string, more = {}): SetUp => ({
    url: opencti.url,
    options: { ca_file: "ETC/ca.pem", proxy, ...more },
    ...ca,
  });
  const login = { user: "wazuh", password: "p@ss" };
  await using proxy = startProxy(login);
  await t.step("all is right", async () => {
    const findings = await examined(
      through(`http://wazuh:p%40ss@${proxy.host}`),
    );
    assertEquals(
      marksOf(findings),
      "✓ dns, ✓ tcp, ✓ proxy, ✓ tls, ✓ http",
      JSON.stringify(findings),
    );
    assertEquals(findings[2]?.says, `${proxy.host} lets us through`);
    assert(!JSON.stringify(findings).includes("p@ss"));
  });
  await t.step("it wants to know who asks", async () => {
    assertCase(await examined(through(`http://${proxy.host}`)), {
      marks: "✓ dns, ✓ tcp, ✗ proxy",
      says: "wants a user and a password, or others (HTTP 407)",
      mend: 'set user and password in "proxy" in HOME/etc/opencti.json',
    });
  });
  await t.step("it does not let us through", async () => {
    await using strict = startTcp(async (connection) => {
      await connection.read(new Uint8Array(1000));
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 403 Forbidden\r\n\r\n"),
      );
    });
    const host = opencti.url.replace("https://", "");
    assertCase(await examined(through(`http://127.0.0.1:${strict.port}`)), {
      marks: "✓ dns, ✓ tcp, ✗ proxy",
      says: `does not let us through to ${host} (HTTP 403)`,
      mend: `allow CONNECT to ${host} in the proxy`,
    });
  });
  await t.step("it is no proxy", async () => {
    await using other = startTcp(async (connection) => {
      await connection.write(new TextEncoder().encode("220 mail\r\n\r\n"));
    });
    assertCase(await examined(through(`http://127.0.0.1:${other.port}`)), {
      marks: "✓ dns, ✓ tcp, ✗ proxy",
      says: "(it speaks no HTTP)",
      mend: 'correct "proxy" in HOME/etc/opencti.json',
    });
  });
  await t.step("nobody listens", async () => {
    const port = getAvailablePort();
    assertCase(await examined(through(`http://127.0.0.1:${port}`)), {
      marks: "✓ dns, ✗ tcp",
      says: `Nobody listens on port ${port} of the proxy 127.0.0.1`,
      mend: 'correct "proxy" in HOME/etc/opencti.json',
    });
  });
  await t.step("its name is not known", async () => {
    assertCase(await examined(through("http://proxy.invalid:3128")), {
      marks: "✗ dns",
      says: "proxy.invalid has no address",
      mend: 'correct "proxy" in HOME/etc/opencti.json',
    });
  });
  await t.step("the token goes in clear", async () => {
    const findings = await examined({
      url: "http://9.9.9.9:8080",
      options: { proxy: `http://${proxy.host}` },
    });
    assertCase(findings.slice(0, 4), {
      marks: "✓ dns, ✓ tcp, ✓ proxy, ! tls",
      says: "The token goes in clear to http://9.9.9.9:8080",
      mend: `give OpenCTI a certificate, and set ${CONF} to https://`,
    });
  });
});

Deno.test(
  "doctor goes without a proxy where no_proxy says so",
  ROOT_ONLY,
  async () => {
    await using opencti = startOpencti(KNOWLEDGE);
    const { home, queue } = await makeInstalled(opencti.url, { runs: true });
    await using _queue = queue;
    await Deno.writeTextFile(
      `${home}/etc/opencti.json`,
      '{"proxy": "http://proxy.invalid:3128", "no_proxy": "127.0.0.0/8"}',
    );
    // In a process of its own: Deno reads no_proxy once.
    const { stdout } = await runProgram(home, ["doctor", "--json"], {
      asRoot: true,
    });
    const findings: readonly Finding[] = JSON.parse(stdout).findings;
    const way = findings.filter(({ link }) => LINKS.includes(link));
    assertEquals(marksOf(way), "✓ dns, ✓ tcp, ✓ proxy, ✓ tls, ✓ http", stdout);
    assertEquals(way[2]?.says, 'none for 127.0.0.1, as "no_proxy" says');
  },
);

Deno.test(
  "doctor sees that only its own environment has the proxy",
  ROOT_ONLY,
  async () => {
    // It takes requests for others as a proxy does.
    await using opencti = startOpencti(KNOWLEDGE);
    const { home, queue } = await makeInstalled("http://opencti.invalid", {
      runs: true,
    });
    await using _queue = queue;
    const { status, stdout } = await runProgram(home, ["doctor", "--json"], {
      asRoot: true,
      env: { HTTP_PROXY: opencti.url },
    });
    const findings: readonly Finding[] = JSON.parse(stdout).findings;
    assertCase(findings.filter(({ link }) => LINKS.includes(link)), {
      marks: "! proxy, ✓ http",
      says: "by a proxy that the environment of this shell names",
      mend: 'set "proxy" in ',
    });
    assertEquals(status, 1);
  },
);
