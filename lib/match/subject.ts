/**
 * What the path of a STIX comparison is about.
 *
 * @module
 */
import { KINDS, type TextKind } from "../alert/kinds.ts";
import type { TextFact } from "./alert_facts.ts";

/** In which role a value stands, where a path says more than its kind. */
export type Role =
  | "source"
  | "destination"
  | "sender"
  | "recipient"
  | "resolved"
  | "host_header"
  | "other";

/** What a path is about, as far as an alert may say something of it. */
export type Subject =
  | {
    readonly type: "value";
    readonly kinds: readonly TextKind[];
    readonly role?: Role | undefined;
  }
  /** Of which type the object is that a reference leads to. */
  | { readonly type: "object_type"; readonly role: Role }
  | { readonly type: "port"; readonly side: "source" | "destination" }
  | { readonly type: "protocol" }
  | { readonly type: "text"; readonly fact: TextFact };

const REQUEST = String
  .raw`^network-traffic:extensions\.http-request-ext\.request_`;
const HOST_HEADER = new RegExp(String.raw`${REQUEST}header\.host$`);
const PORT = /^network-traffic:(src|dst)_port$/;
const PROTOCOL = /^network-traffic:protocols(?:\[[\d*-]+\])?$/;
// network-traffic:dst_ref.value, domain-name:resolves_to_refs[*].value
const REFERENCE = /([a-z]+)(?:_to)?_refs?(?:\[[\d*-]+\])?\.(value|type)$/;
const HASH = /(?:^(?:file|artifact)|_refs?(?:\[[\d*-]+\])?)[:.]hashes\./;

/** What the object that a reference leads to may be. */
const ANY: readonly TextKind[] = ["email", "url", "mac", "hostname"];

const REFERENCE_ROLES: Readonly<Record<string, Role>> = {
  src: "source",
  dst: "destination",
  from: "sender",
  sender: "sender",
  to: "recipient",
  cc: "recipient",
  bcc: "recipient",
  resolves: "resolved",
};

/** Texts of which alerts say something, though they are no IoCs. */
const TEXTS: Readonly<Partial<Record<string, TextFact>>> = {
  "file:name": "fileNames",
  "file:parent_directory_ref.path": "folders",
  "directory:path": "folders",
  "process:name": "programNames",
  "process:image_ref.name": "programNames",
  "process:binary_ref.name": "programNames",
  "process:command_line": "commandLines",
  "windows-registry-key:key": "registryKeys",
  "user-account:account_login": "users",
  "user-account:user_id": "users",
  "email-message:subject": "subjects",
  "network-traffic:extensions.http-request-ext.request_method": "methods",
  "network-traffic:extensions.http-request-ext.request_value": "requests",
};

/** Longer paths are of no use, and work. */
const MAX_PATH_LENGTH = 300;

/**
 * What a path is about, `undefined` if no alert says anything of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(subjectOf("network-traffic:dst_port"), {
 *   type: "port",
 *   side: "destination",
 * });
 * assertEquals(subjectOf("artifact:hashes.'SHA-256'"), {
 *   type: "value",
 *   kinds: ["sha256"],
 *   role: undefined,
 * });
 * assertEquals(subjectOf("file:name"), { type: "text", fact: "fileNames" });
 * assertEquals(subjectOf("file:size"), undefined);
 * ```
 */
export function subjectOf(path: string): Subject | undefined {
  if (path.length > MAX_PATH_LENGTH) return undefined;
  const plain = plainPath(path);
  const kind = PATH_KINDS.get(plain);
  if (kind !== undefined) return { type: "value", kinds: [kind] };
  const fact = TEXTS[plain];
  if (fact !== undefined) return { type: "text", fact };
  if (HASH.test(plain)) {
    const algorithm = plain.slice(plain.lastIndexOf(".") + 1).replace(
      /[\W_]/g,
      "",
    );
    const textKind = HASHES.get(algorithm);
    const role = /_refs?\b/.test(plain) ? "other" : undefined;
    return textKind && { type: "value", kinds: [textKind], role };
  }
  const [, port] = PORT.exec(plain) ?? [];
  if (port !== undefined) {
    return { type: "port", side: port === "src" ? "source" : "destination" };
  }
  if (PROTOCOL.test(plain)) return { type: "protocol" };
  if (HOST_HEADER.test(plain)) {
    return { type: "value", kinds: ["hostname"], role: "host_header" };
  }
  const [, name, property] = REFERENCE.exec(plain) ?? [];
  if (name === undefined) return undefined;
  const role = REFERENCE_ROLES[name] ?? "other";
  return property === "type"
    ? { type: "object_type", role }
    : { type: "value", kinds: ANY, role };
}

const HASHES: ReadonlyMap<string, TextKind> = new Map(
  (["md5", "sha1", "sha256", "sha512"] as const).map((kind) => [kind, kind]),
);

const PATH_KINDS: ReadonlyMap<string, TextKind> = new Map(
  Object.values(KINDS).flatMap(({ stixPaths, textKind }) =>
    stixPaths.map((path) => [plainPath(path), textKind] as const)
  ),
);

/** A path without quotes, in lower case. */
function plainPath(path: string): string {
  return path.toLowerCase().replace(/['"]/g, "");
}
