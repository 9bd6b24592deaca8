/**
 * The way to OpenCTI, step by step: name, connection, proxy, certificate. For a
 * person who wants to know at which of them it ends; an alert asks at once.
 *
 * @module
 */
import { bitsOf } from "../alert/addresses.ts";
import { isPrivate } from "../alert/private.ts";
import type { Places } from "../config/places.ts";
import { messageOf } from "../errors.ts";
import { type ConnectionOptions, isNameOfPrivate } from "./connection.ts";
import { mendProxyLogin } from "./problem.ts";
import { plainReason } from "./plain_reason.ts";
import { mendFor } from "./unreachable.ts";
import {
  addressesOf,
  isLate,
  open,
  openTls,
  openTunnel,
  serverOf,
  type Way as Sockets,
} from "./sockets.ts";

/** A step of the way, and what was found there. */
export interface Step {
  readonly link: "dns" | "tcp" | "proxy" | "tls";
  readonly level: "ok" | "warning" | "error";
  /** A sentence. */
  readonly says: string;
  /** What mends it; empty if nothing must be. */
  readonly mend: string;
}

/** How OpenCTI is reached. */
export interface ReachOptions {
  /** OpenCTI's address. */
  readonly baseUrl: string;
  readonly connection: ConnectionOptions;
  readonly places: Places;
  readonly readFile: (path: string) => string;
  /** For each step. */
  readonly timeoutMs: number;
  /** Ends all at once. */
  readonly stop: AbortSignal;
}

/**
 * Goes to OpenCTI, up to the first step that fails. Nothing is asked there, and
 * no token is sent.
 */
export async function reach(options: ReachOptions): Promise<readonly Step[]> {
  const { baseUrl, connection } = options;
  const url = new URL(baseUrl);
  const proxy = connection.proxy === undefined ||
      isWithoutProxy(url.hostname, connection.no_proxy ?? "")
    ? undefined
    : new URL(connection.proxy);
  const way = { ...options, url, proxy };
  const { hostname } = serverOf(proxy ?? url);
  const { addresses, step } = await resolve(hostname, way);
  const found: Step[] = [step];
  const others = [
    () => connectTo(addresses, way),
    () => throughProxy(way),
    () => trust(way),
  ];
  for (const next of others) {
    if (found.some(({ level }) => level === "error")) break;
    found.push(...await next());
  }
  return found;
}

/** The way, and where to mend it. */
type Way = Sockets & Pick<ReachOptions, "baseUrl" | "places">;

/** Where the name of the first server is set. */
function settingOf({ proxy, places }: Way): string {
  return proxy === undefined ? places.url : places.option("proxy");
}

/** The addresses of the server that we connect to; none if it has none. */
async function resolve(hostname: string, way: Way): Promise<{
  readonly addresses: readonly string[];
  readonly step: Step;
}> {
  const step = stepOf("dns");
  if (bitsOf(hostname) !== undefined) {
    return {
      addresses: [hostname],
      step: step.ok(`not needed, ${hostname} is an address`),
    };
  }
  try {
    const addresses = await addressesOf(hostname, way);
    return {
      addresses,
      step: step.ok(`${hostname} is ${addresses.join(", ")}`),
    };
  } catch (error) {
    const code = codeOf(error);
    return {
      addresses: [],
      step: code === "ENOTFOUND"
        ? step.error(
          `${hostname} has no address: DNS and /etc/hosts do not know it`,
          `getent hosts ${hostname} must find it: correct ${settingOf(way)}, ` +
            "DNS or /etc/hosts",
        )
        : step.error(
          `Whether ${hostname} has an address is not known: ${
            isLate(error)
              ? "no name server answers in time"
              : plainReason(messageOf(error))
          }`,
          `getent hosts ${hostname} must find it: see /etc/resolv.conf, and ` +
            "that the name servers there answer",
        ),
    };
  }
}

/** Whether each address of the server takes connections. */
async function connectTo(
  addresses: readonly string[],
  way: Way,
): Promise<readonly Step[]> {
  const step = stepOf("tcp");
  const { hostname, port } = serverOf(way.proxy ?? way.url);
  const tried = await Promise.all(addresses.map(async (address) => {
    try {
      const connection = await open({ hostname: address, port }, way);
      connection.close();
      return { address };
    } catch (error) {
      return { address, error };
    }
  }));
  const failed = tried.filter(({ error }) => error !== undefined);
  const [first] = failed;
  const who = `${proxyWord(way)}${hostname}`;
  if (first === undefined) {
    return [step.ok(`${who} takes connections on port ${port}`)];
  }
  const { says, mend } = onConnecting(first.error, { who, port, way });
  return failed.length === tried.length ? [step.error(says, mend)] : [
    step.warning(
      `${
        failed.map(({ address }) => address).join(", ")
      } of ${hostname} takes no connection on port ${port}, its other ` +
        "addresses do: a run may wait for it",
      `take it out of DNS, or ${mend}`,
    ),
  ];
}

function proxyWord({ proxy }: Pick<Way, "proxy">): string {
  return proxy === undefined ? "" : "the proxy ";
}

function onConnecting(
  error: unknown,
  { who, port, way }: {
    readonly who: string;
    readonly port: number;
    readonly way: Way;
  },
): { readonly says: string; readonly mend: string } {
  const setting = settingOf(way);
  if (error instanceof Deno.errors.ConnectionRefused) {
    return {
      says: `Nobody listens on port ${port} of ${who}: the connection is ` +
        "refused",
      mend: `start it there, or correct ${setting}`,
    };
  }
  if (isLate(error)) {
    return {
      says:
        `No answer from port ${port} of ${who} in ${way.timeoutMs / 1000} ` +
        "s: a firewall on the way may drop it",
      mend: `allow TCP from here to port ${port} there, or correct ${setting}`,
    };
  }
  return {
    says: `No connection to port ${port} of ${who}: ${
      plainReason(messageOf(error))
    }`,
    mend: `see the routes and firewalls on the way, or correct ${setting}`,
  };
}

/** Whether the proxy lets us through. */
async function throughProxy(way: Way): Promise<readonly Step[]> {
  const step = stepOf("proxy");
  const { proxy, url, connection, places } = way;
  if (proxy === undefined) {
    return [
      step.ok(
        connection.proxy === undefined
          ? "none is set"
          : `none for ${url.hostname}, as "no_proxy" says`,
      ),
    ];
  }
  const host = proxy.host;
  if (url.protocol === "http:" || proxy.protocol === "socks5:") {
    return [step.ok(`${host} is used`)];
  }
  try {
    const tunnel = await openTunnel(way);
    const { status } = tunnel;
    tunnel.connection.close();
    if (status === 200) return [step.ok(`${host} lets us through`)];
    return [
      status === 407
        ? step.error(
          `The proxy ${host} wants a user and a password, or others (HTTP 407)`,
          mendProxyLogin(places),
        )
        : step.error(
          `The proxy ${host} does not let us through to ${url.host} (${
            status === undefined ? "it speaks no HTTP" : `HTTP ${status}`
          })`,
          `allow CONNECT to ${url.host} in the proxy, or correct ${
            places.option("proxy")
          }`,
        ),
    ];
  } catch (error) {
    return [step.error(
      `The proxy ${host} does not answer: ${
        isLate(error) ? "too slow" : plainReason(messageOf(error))
      }`,
      `see that it is up, and correct ${places.option("proxy")}`,
    )];
  }
}

/** Whether what OpenCTI shows is trusted. */
async function trust(way: Way): Promise<readonly Step[]> {
  const step = stepOf("tls");
  const { url, proxy, places, baseUrl, timeoutMs, stop } = way;
  if (url.protocol === "http:") {
    const isNear = isPrivate(url.hostname) ??
      await isNameOfPrivate(url.hostname, { timeoutMs, stop });
    return [
      isNear === false
        ? step.warning(
          `The token goes in clear to ${baseUrl}, and whoever sees it can use it`,
          `give OpenCTI a certificate, and set ${places.url} to https://`,
        )
        : step.ok(
          `not used, the token goes in clear to ${baseUrl}, on this machine or ` +
            "a private network",
        ),
    ];
  }
  if (proxy?.protocol === "socks5:") {
    return [step.ok("seen by the answer alone, behind a SOCKS proxy")];
  }
  try {
    const connection = await openTls(way);
    connection.close();
    return [step.ok(`the certificate of ${url.hostname} is trusted`)];
  } catch (error) {
    const reason = isLate(error)
      ? "it does not answer in time"
      : plainReason(messageOf(error));
    const server = { baseUrl, places, hasProxy: false };
    return [step.error(
      `No trust between here and ${url.host}: ${reason}`,
      mendFor(error, server),
    )];
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function stepOf(link: Step["link"]) {
  return {
    ok: (says: string): Step => ({ link, level: "ok", says, mend: "" }),
    warning: (says: string, mend: string): Step => ({
      link,
      level: "warning",
      says,
      mend,
    }),
    error: (says: string, mend: string): Step => ({
      link,
      level: "error",
      says,
      mend,
    }),
  };
}

/**
 * Whether a host is reached without a proxy, as Deno takes `no_proxy`: names with
 * all below them, addresses, networks, or `*` for all.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = ".a.example, b.example,10.0.0.0/8";
 * const hosts = ["x.a.example", "b.example", "10.1.2.3", "xb.example", "9.9.9.9"];
 * assertEquals(
 *   hosts.map((host) => isWithoutProxy(host, text)),
 *   [true, true, true, false, false],
 * );
 * ```
 *
 * @see https://docs.rs/hyper-util/latest/hyper_util/client/proxy/matcher/
 */
export function isWithoutProxy(host: string, noProxy: string): boolean {
  const bits = bitsOf(host.replace(/^\[|\]$/g, ""));
  return noProxy.split(",").map((one) => one.trim().toLowerCase())
    .some((one) => {
      if (one === "*") return true;
      if (bits === undefined) {
        const name = one.replace(/^\./, "");
        return name !== "" && (host === name || host.endsWith(`.${name}`));
      }
      const [start = "", prefix] = one.split("/");
      const ofStart = bitsOf(start);
      const length = Number(prefix ?? bits.length);
      return ofStart !== undefined && ofStart.length === bits.length &&
        ofStart.slice(0, length) === bits.slice(0, length);
    });
}
