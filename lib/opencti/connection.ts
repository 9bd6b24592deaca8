/**
 * The way to OpenCTI: which certificates are trusted, which is shown, through
 * which proxy.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { isPrivate } from "../alert/private.ts";
import { messageOf, UsageError } from "../errors.ts";
import type { Places } from "../config/places.ts";

/** What of the options says how OpenCTI is reached. */
export type ConnectionOptions =
  & Pick<Config, "ca_file" | "client_cert" | "client_key">
  & Pick<Config, "proxy" | "no_proxy">;

/**
 * Makes what `fetch()` needs to reach OpenCTI, `undefined` if that is nothing
 * special.
 *
 * @throws {UsageError} If a file that an option names cannot be used.
 *
 * @see https://docs.deno.com/runtime/reference/env_variables/
 */
export async function connect(
  options: ConnectionOptions,
  { readFile, places }: {
    readonly readFile: (path: string) => string;
    /** For what to mend, and where. */
    readonly places: Places;
  },
): Promise<Deno.HttpClient | undefined> {
  const { client_cert, client_key, proxy, no_proxy } = options;
  // Deno looks at these when it first connects. Without the first, it knows
  // Mozilla's authorities alone.
  Deno.env.set("DENO_TLS_CA_STORE", "mozilla,system");
  if (no_proxy !== undefined) Deno.env.set("NO_PROXY", no_proxy);

  function read(option: keyof ConnectionOptions, what: PemContent): string {
    const path = options[option] ?? "";
    try {
      const pem = readFile(path);
      if (!MARKS[what].test(pem)) throw new Error(whyNot(what, { pem, path }));
      return pem;
    } catch (error) {
      throw new UsageError(
        `Cannot use option ${places.option(option)}: ${path}: ${
          messageOf(error)
        }`,
      );
    }
  }

  const ca = options.ca_file === undefined
    ? undefined
    : { caCerts: [read("ca_file", "certificate")] };
  const client = client_cert === undefined || client_key === undefined
    ? undefined
    : {
      cert: read("client_cert", "certificate"),
      key: read("client_key", "key"),
    };
  if (ca === undefined && client === undefined && proxy === undefined) {
    return undefined;
  }
  try {
    if (client !== undefined) await checkPair(client);
    return Deno.createHttpClient({
      ...ca,
      ...client,
      ...proxy !== undefined && { proxy: { url: proxy } },
    });
  } catch (error) {
    throw new UsageError(
      `Cannot use ${
        ca !== undefined && !isUsable(ca)
          ? `option ${places.option("ca_file")}`
          : client === undefined
          ? `option ${places.option("proxy")}`
          : `options "client_cert" and ${places.option("client_key")}`
      }: ${messageOf(error)}`,
    );
  }
}

function isUsable(options: { readonly caCerts: string[] }): boolean {
  try {
    Deno.createHttpClient(options).close();
    return true;
  } catch {
    return false;
  }
}

/** What a file in PEM is to hold. */
type PemContent = "certificate" | "key";

const MARKS: Readonly<Record<PemContent, RegExp>> = {
  certificate: /^-----BEGIN CERTIFICATE-----/m,
  key: /^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/m,
};

/** What a file holds instead, and what to do. */
function whyNot(
  what: PemContent,
  { pem, path }: { readonly pem: string; readonly path: string },
): string {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCR/m.test(pem)) {
    return what === "key"
      ? "the key has a passphrase, and nobody is there to type it: write one " +
        `without, by openssl pkey -in ${path} -out FILE`
      : KEY_FOR_CERTIFICATE;
  }
  if (what === "certificate" && MARKS.key.test(pem)) return KEY_FOR_CERTIFICATE;
  if (what === "key" && MARKS.certificate.test(pem)) {
    return "it holds a certificate, where its private key is meant: name the " +
      "file with -----BEGIN PRIVATE KEY-----";
  }
  return "it is not PEM, which has a line with -----BEGIN: if it is DER, run " +
    `openssl ${
      what === "key" ? "pkey" : "x509"
    } -inform der -in ${path} -out FILE`;
}

const KEY_FOR_CERTIFICATE =
  "it holds a private key, where a certificate is meant: name the file with " +
  "-----BEGIN CERTIFICATE-----";

/** Deno ends the process, by a signal, for a key that is not the certificate's. */
async function checkPair(
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<void> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  const isPair = new X509Certificate(cert)
    .checkPrivateKey(createPrivateKey(key));
  if (!isPair) throw new Error("the key is not that of the certificate");
}

/** A resolver that hangs must not keep the run. */
const RESOLVE_MS = 1000;

/**
 * Whether all addresses of a name are private; `undefined` if it has none, or
 * they are not known in time.
 */
export async function isNameOfPrivate(
  name: string,
  { timeoutMs, stop }: {
    readonly timeoutMs: number;
    /** Ends the waiting at once. */
    readonly stop: AbortSignal;
  },
): Promise<boolean | undefined> {
  const { lookup } = await import("node:dns/promises");
  const { promise: late, resolve } = Promise.withResolvers<[]>();
  const timer = setTimeout(() => resolve([]), Math.min(timeoutMs, RESOLVE_MS));
  Deno.unrefTimer(timer);
  stop.addEventListener("abort", () => resolve([]), { once: true });
  const addresses = await Promise.race([
    lookup(name, { all: true }).catch(() => []),
    late,
  ]);
  return addresses.length === 0
    ? undefined
    : addresses.every(({ address }) => isPrivate(address) === true);
}
