/**
 * The house: who may use whom, and who may touch the world outside. What is
 * drawn in docs/architecture.md is kept here.
 */
import { assert, assertEquals } from "@std/assert";

const PROJECT = new URL("../", import.meta.url);

/** From the ground up: a room may use itself, and rooms on lower floors. */
const FLOORS: readonly (readonly string[])[] = [
  ["ground", "std"],
  ["alert", "state"],
  ["config"],
  ["opencti"],
  ["match"],
  ["wazuh"],
  ["manager", "run"],
  ["commands"],
  ["main"],
];

/** What touches files, network or sockets. All else is pure. */
const OUTSIDE: ReadonlySet<string> = new Set([
  "main.ts",
  "lib/files.ts",
  "lib/log.ts",
  "lib/shell.ts",
  "lib/stop.ts",
  "lib/config/api_key.ts",
  "lib/opencti/client.ts",
  "lib/opencti/connection.ts",
  "lib/opencti/sockets.ts",
  "lib/state/database.ts",
  "lib/state/folder.ts",
  "lib/state/marker.ts",
  "lib/state/spool.ts",
  "lib/state/spool_summary.ts",
  "lib/wazuh/queue.ts",
  "lib/manager/executable.ts",
  "lib/manager/tail.ts",
  "lib/manager/tree.ts",
  "lib/commands/command.ts",
  "lib/commands/install.ts",
  "lib/commands/terminal.ts",
  "lib/commands/stdin.ts",
  "lib/run/run.ts",
  "lib/commands/style.ts",
]);

/** A file of the program, and what it says. */
interface Source {
  readonly path: string;
  /** Without comments: examples import too. */
  readonly code: string;
  readonly imports: readonly string[];
}

async function readSources(): Promise<readonly Source[]> {
  const paths = ["main.ts", ...await filesIn("lib")]
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
  return await Promise.all(paths.map(async (path) => {
    const text = await Deno.readTextFile(new URL(path, PROJECT));
    const code = text.replace(/\/\*\*[^]*?\*\//g, "")
      .replace(/^\s*\/\/.*/gm, "")
      // A type touches nothing.
      .replace(/^import type .* from "node:.*";/gm, "");
    const imports = [
      ...code.matchAll(/(?:from|import\()\s*"(\.[^"]+\.ts)"/g),
    ].map(([, to = ""]) => pathFrom(path, to));
    return { path, code, imports };
  }));
}

function pathFrom(path: string, to: string): string {
  const { pathname } = new URL(to, new URL(path, PROJECT));
  return pathname.slice(PROJECT.pathname.length);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(
    Deno.readDir(new URL(`${folder}/`, PROJECT)),
  );
  const nested = await Promise.all(
    entries.map(({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      return isDirectory ? filesIn(path) : [path];
    }),
  );
  return nested.flat();
}

function roomOf(path: string): string {
  if (path === "main.ts") return "main";
  const [, room = "", file] = path.split("/");
  return file === undefined ? "ground" : room;
}

function floorOf(path: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));
}

const SOURCES = await readSources();

Deno.test("no arrow runs back up, and every file has a room", () => {
  assert(SOURCES.length > 40);
  const wrong = SOURCES.flatMap(({ path, imports }) =>
    imports.filter((to) =>
      floorOf(path) === -1 ||
      (roomOf(to) !== roomOf(path) && floorOf(to) >= floorOf(path) &&
        // On the ground there are no rooms.
        floorOf(path) > 0)
    ).map((to) => `${path} -> ${to}`)
  );
  assertEquals(wrong, []);
});

Deno.test("no files import each other in a circle", () => {
  const importsOf = new Map(
    SOURCES.map(({ path, imports }) => [path, imports]),
  );
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    assert(!way.includes(path), [...way, path].join(" -> "));
    if (done.has(path)) return;
    for (const to of importsOf.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const { path } of SOURCES) visit(path, []);
});

Deno.test("files, network and sockets are touched where their names say so", () => {
  const outside = SOURCES.filter(({ code }) =>
    /\bDeno\.(?!errors\b|HttpClient\b|FileInfo\b|FsFile\b|DatagramConn\b)|\bfetch\(|"node:(?!(?:crypto|util)")/
      .test(code)
  ).map(({ path }) => path);
  assertEquals(outside.sort(), [...OUTSIDE].sort());
});

Deno.test("a file is about one thing, and no longer than that takes", () => {
  const long = SOURCES.filter(({ code }) => code.split("\n").length > 500)
    .map(({ path }) => path);
  // Tables of sources are as long as there are sources.
  assertEquals(long.filter((path) => !path.includes("/sources/")), []);
});
