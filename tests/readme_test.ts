import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { completeConfig, parseOptions } from "../lib/config/config_file.ts";
import { SOURCES } from "../lib/alert/sources/mod.ts";
import { joinSources } from "../lib/config/user_sources.ts";
import { readPages } from "../scripts/links.ts";
import { blocksIn } from "../scripts/markdown.ts";
import { eventTypesOf, parseRules } from "../lib/wazuh/rules.ts";
import { readRules } from "../scripts/rules.ts";

const ROOT = new URL("../", import.meta.url);
const PAGES = await readPages();

function page(path: string): string {
  const text = PAGES.get(path);
  if (text === undefined) throw new Error(`There is no ${path}`);
  return text;
}

Deno.test("README.md is a page that is read in a minute", () => {
  assert(page("README.md").split("\n").length <= 151);
});

Deno.test("The pages show an event as it is", async () => {
  const [golden] = JSON.parse(
    await Deno.readTextFile(
      new URL("tests/testdata/events/suricata_alert_http.json", ROOT),
    ),
  );
  const shown = blocksIn(page("docs/events-and-rules.md"), "json")
    .map((json) => JSON.parse(json));
  assertEquals(shown.length, 1);
  golden.event.opencti.latency_ms = shown[0].opencti.latency_ms;
  assertEquals(shown[0], golden.event);
});

Deno.test("The pages show configuration files without a mistake", () => {
  const shown = [...PAGES].flatMap(([path, markdown]) =>
    path === "docs/events-and-rules.md" ? [] : blocksIn(markdown, "json")
  );
  assertEquals(shown.length, 3);
  for (const json of shown) {
    const { options, problems } = parseOptions(json);
    assertEquals(problems, []);
    const { sources } = completeConfig(options);
    assertEquals(joinSources(SOURCES, sources).problems, []);
  }
});

Deno.test("The pages name options that there are", () => {
  const { options: known } = parseOptions("{}");
  assertEquals(known, {});
  for (const [path, markdown] of PAGES) {
    for (const [, json = ""] of markdown.matchAll(/`("[a-z_]+": [^`]+)`/g)) {
      if (json.startsWith('"not"') || json.startsWith('"enabled"')) continue;
      if (json.startsWith('"integration"')) continue;
      assertEquals(
        parseOptions(`{${json}}`).problems,
        [],
        `${path}: ${json}`,
      );
    }
  }
});

Deno.test("The pages show rules that refer to what there is", async () => {
  const ours = await readRules();
  const groups = new Set(ours.flatMap((rule) => rule.groups));
  const ids = new Set(ours.map(({ id }) => id));
  const shown = blocksIn(page("docs/events-and-rules.md"), "xml");
  assertEquals(shown.length, 1);
  for (const xml of shown) {
    const [rule] = parseRules(xml);
    assert(rule !== undefined && !ids.has(rule.id));
    assertEquals(eventTypesOf(rule), []);
    const group = /<if_group>(.*)<\/if_group>/.exec(xml)?.[1] ?? "";
    assert(groups.has(group), group);
  }
});

Deno.test("The pages' commands name tasks and files that there are", async () => {
  const made = new Set(["dist/custom-opencti"]);
  for (const [path, markdown] of PAGES) {
    for (const [, task = ""] of markdown.matchAll(/\btask ([a-z]+)\b/g)) {
      assert(task in project.tasks, `${path}: task ${task}`);
    }
    const commands = blocksIn(markdown, "sh").join("\n");
    for (
      const [, file = ""] of commands.matchAll(
        /(?<=\s)((?:wazuh|scripts|tests|dist|docs)\/[\w./-]+)/g,
      )
    ) {
      if (made.has(file)) continue;
      const { isFile } = await Deno.stat(new URL(file, ROOT))
        .catch(() => ({ isFile: false }));
      assert(isFile, `${path}: ${file}`);
    }
  }
});

Deno.test("README.md and docs/install.md install the same", () => {
  const [, ...blocks] = blocksIn(page("README.md"), "sh");
  assertEquals(blocks.length, 2);
  for (const block of blocks) {
    assert(blocksIn(page("docs/install.md"), "sh").includes(block), block);
  }
});

Deno.test("docs/troubleshooting.md has the messages as they are", async () => {
  let code = "";
  for (const folder of ["lib"]) {
    for (const path of await filesIn(new URL(`${folder}/`, ROOT))) {
      code += await Deno.readTextFile(path);
    }
  }
  const headings = [
    ...page("docs/troubleshooting.md").matchAll(/^## "(.*)"$/gm),
  ].map(([, message = ""]) => message);
  assert(headings.length >= 5);
  for (const message of headings) assertStringIncludes(code, message);
});

Deno.test("CHANGELOG.md has this version, in the form of Keep a Changelog", () => {
  const headings = [...page("CHANGELOG.md").matchAll(/^##+ (.*)$/gm)]
    .map(([, heading = ""]) => heading);
  const [unreleased, newest] = headings.filter((text) => text.startsWith("["));
  assertEquals(unreleased, "[Unreleased]");
  assertMatch(newest ?? "", /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
  assertStringIncludes(newest ?? "", `[${project.version}]`);
  const groups = [...page("CHANGELOG.md").matchAll(/^### (.*)$/gm)]
    .map(([, group = ""]) => group);
  const known = "Added Changed Deprecated Removed Fixed Security".split(" ");
  assertEquals(groups.filter((group) => !known.includes(group)), []);
});

Deno.test("The pages name the capabilities that a token needs", () => {
  for (const path of ["README.md", "docs/install.md", "docs/security.md"]) {
    const text = page(path).replace(/\s+/g, " ");
    assertStringIncludes(text, "_Access knowledge_");
    assertStringIncludes(text, "_Allow token usage_");
  }
});

async function filesIn(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesIn(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts")) files.push(new URL(name, folder));
  }
  return files;
}
