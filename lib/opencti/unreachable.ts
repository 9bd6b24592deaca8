/**
 * Why OpenCTI is not reached: the network, the time limit, the certificates.
 *
 * Loaded only then: most questions are answered.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import type { Places } from "../config/places.ts";
import { plainReason } from "./plain_reason.ts";
import { mendProxyLogin, type Problem } from "./problem.ts";

/**
 * Why an attempt came to nothing, and what to do about it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { placesOf } from "../config/places.ts";
 *
 * const { kind } = whyUnanswered(new Error("connection refused"), {
 *   baseUrl: "https://opencti.example.com",
 *   hasProxy: false,
 *   places: placesOf({
 *     home: "/var/ossec",
 *     apiKey: "1d9e…",
 *     file: "/var/ossec/etc/opencti.json",
 *     isOption: () => false,
 *   }),
 *   timeoutMs: 10_000,
 *   isStopped: false,
 *   isLate: false,
 * });
 * assertEquals(kind, "unreachable");
 * ```
 */
export function whyUnanswered(
  error: unknown,
  { timeoutMs, isStopped, isLate, ...server }: Server & {
    readonly timeoutMs: number;
    readonly isStopped: boolean;
    readonly isLate: boolean;
  },
): Problem {
  const { baseUrl, places } = server;
  if (isStopped) {
    return { kind: "stopped", says: "Stopped before OpenCTI answered" };
  }
  if (isLate) {
    const seconds = Number((timeoutMs / 1000).toFixed(1));
    return {
      kind: "too_slow",
      says: `OpenCTI at ${baseUrl} is too slow: no answer in ${seconds} s, ` +
        `look at its load, or raise ${places.setting("timeout")} and ${
          places.option("total_timeout")
        }`,
    };
  }
  const reason = plainReason(reasonOf(error));
  return isAboutCertificate(error)
    ? {
      kind: "certificate",
      says: `No trust between here and OpenCTI at ${baseUrl}: ${reason}, ${
        mendFor(error, server).replaceAll("\n", " ")
      }`,
    }
    : {
      kind: "unreachable",
      says: `Cannot reach OpenCTI at ${baseUrl}: ${reason}, ${
        mendFor(error, server)
      }`,
    };
}

/**
 * How to make OpenCTI be reached, or trusted, after an attempt that failed. A
 * command stands on a line of its own.
 */
export function mendFor(error: unknown, server: Server): string {
  const reason = reasonOf(error);
  return isAboutCertificate(error)
    ? mendCertificate(reason, server)
    : mendConnection(reason, server);
}

/** Which OpenCTI a message is about. */
export interface Server {
  readonly baseUrl: string;
  readonly hasProxy: boolean;
  readonly places: Places;
}

/** How to make OpenCTI be reached. */
function mendConnection(
  reason: string,
  { baseUrl, hasProxy, places }: Server,
): string {
  if (/proxy authentication/.test(reason)) return mendProxyLogin(places);
  if (hasProxy) {
    return `check ${
      places.option("proxy")
    }, ${places.url}, and that both are up`;
  }
  if (/InvalidContentType/.test(reason)) {
    return `http is spoken there, not https: check ${places.url}`;
  }
  const check = `check ${places.url} and that OpenCTI is up`;
  // Who wants to see a certificate may hang up before its reason is read.
  return baseUrl.startsWith("https:") &&
      /close_notify|eof|reset|broken pipe/i.test(reason)
    ? `${check}; if it wants to see a certificate, ${clientPair(places)}`
    : check;
}

function clientPair({ option }: Places): string {
  return `set ${option("client_cert")} and "client_key"`;
}

/** Whether an attempt failed for a certificate. */
export function isAboutCertificate(error: unknown): boolean {
  return /certificate/i.test(reasonOf(error));
}

/** How to make a server's certificate trusted, or one that can be. */
function mendCertificate(reason: string, { baseUrl, places }: Server): string {
  const { host, hostname, port } = new URL(baseUrl);
  const file = `${places.etc}/opencti.pem`;
  if (/UnknownIssuer/.test(reason)) {
    const address = port === "" ? `${hostname}:443` : host;
    return "no authority that is known here signed its certificate: name a " +
      `file with the certificate of yours in ${places.option("ca_file")}, or ` +
      "with what the server shows:\n" +
      `openssl s_client -connect ${address} -showcerts </dev/null | ` +
      `sed -n /BEGIN/,/END/p > ${file}`;
  }
  const name = /^[\d.]+$|^\[/.test(hostname)
    ? `IP:${hostname.replace(/[[\]]/g, "")}`
    : `DNS:${hostname}`;
  const another = "make another where OpenCTI runs, give it to OpenCTI, and " +
    `name a copy of opencti.pem in ${places.option("ca_file")}:\n` +
    "openssl req -x509 -newkey rsa:2048 -nodes -days 825 -keyout opencti.key " +
    "-out opencti.pem -subj /CN=opencti -addext " +
    `subjectAltName=${name} -addext basicConstraints=critical,CA:FALSE`;
  if (/CaUsedAsEndEntity/.test(reason)) {
    return "its certificate says that it is an authority's (CA:TRUE), and such " +
      `a one is not taken for a server, by no option: ${another}`;
  }
  if (/not valid for any names/i.test(reason)) {
    return `its certificate has no subjectAltName: ${another}`;
  }
  if (/not ?valid ?for ?name/i.test(reason)) {
    return `set ${places.url} to a name that it is for`;
  }
  if (/expired|not ?valid ?yet/i.test(reason)) {
    return "renew its certificate, and see that the clock here is right";
  }
  if (/CertificateRequired/.test(reason)) {
    return `it wants to see a certificate: ${clientPair(places)}`;
  }
  return "see what certificates it and this machine have";
}

/** What fetch() failed for: since Deno 2.9 that is in the error's cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return messageOf(cause);
}
