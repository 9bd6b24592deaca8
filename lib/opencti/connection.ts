/**
 * The way to OpenCTI: which certificates are trusted, which is shown, through
 * which proxy.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { messageOf, UsageError } from "../errors.ts";

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
  readFile: (path: string) => string,
): Promise<Deno.HttpClient | undefined> {
  const { client_cert, client_key, proxy, no_proxy } = options;
  // Deno looks at these when it first connects. Without the first, it knows
  // Mozilla's authorities alone.
  Deno.env.set("DENO_TLS_CA_STORE", "mozilla,system");
  if (no_proxy !== undefined) Deno.env.set("NO_PROXY", no_proxy);

  function read(option: keyof ConnectionOptions, mark: RegExp): string {
    const path = options[option] ?? "";
    try {
      const pem = readFile(path);
      if (!mark.test(pem)) {
        throw new Error(
          "it is not PEM, which has a line with -----BEGIN",
        );
      }
      return pem;
    } catch (error) {
      throw new UsageError(
        `Cannot use option "${option}": ${path}: ${messageOf(error)}`,
      );
    }
  }

  const ca = options.ca_file === undefined
    ? undefined
    : { caCerts: [read("ca_file", CERTIFICATE)] };
  const client = client_cert === undefined || client_key === undefined
    ? undefined
    : { cert: read("client_cert", CERTIFICATE), key: read("client_key", KEY) };
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
      `Cannot use options "client_cert" and "client_key": ${messageOf(error)}`,
    );
  }
}

const CERTIFICATE = /^-----BEGIN CERTIFICATE-----/m;
const KEY = /^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/m;

/** Deno ends the process, by a signal, for a key that is not the certificate's. */
async function checkPair(
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<void> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  const isPair = new X509Certificate(cert)
    .checkPrivateKey(createPrivateKey(key));
  if (!isPair) throw new Error("the key is not that of the certificate");
}
