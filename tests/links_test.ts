import { assertEquals } from "@std/assert";
import { problemsIn, readPages } from "../scripts/links.ts";
import {
  anchorsIn,
  linksIn,
  paragraphsIn,
  slugOf,
  tableWidths,
} from "../scripts/markdown.ts";

/** What is wrong with a README, and a page beside it. */
function problems(readme: string, other = "# Other\n"): readonly string[] {
  return problemsIn(
    new Map([["README.md", `[o](docs/o.md)\n${readme}`], ["docs/o.md", other]]),
    (path) => path === "LICENSE" || path === "docs",
  );
}

Deno.test("slugOf() makes the anchors that GitHub makes", async (t) => {
  for (
    const [heading, slug] of [
      ["Try it", "try-it"],
      ["What is not, and why?", "what-is-not-and-why"],
      ["`total_timeout` & more", "total_timeout--more"],
      ["See [this](x.md)", "see-this"],
      ['"Cannot write to Wazuh\'s queue"', "cannot-write-to-wazuhs-queue"],
      ["Ärger", "ärger"],
    ] as const
  ) {
    await t.step(heading, () => assertEquals(slugOf(heading), slug));
  }
});

Deno.test("anchorsIn() numbers equal headings, and reads no code", () => {
  assertEquals(
    [...anchorsIn('# A\n\n## A ##\n\n```sh\n# no\n```\n\n<a id="x"></a>\n')],
    ["a", "a-1", "x"],
  );
});

Deno.test("linksIn() finds links of all forms, over lines, but not in code", () => {
  assertEquals(
    linksIn(
      '[a](b.md)\n[long\ntext](c.md "t") `[no](d)`\n\n[r]: e.md\n' +
        '<img src="f.svg">\n\n```\n[no](g)\n```\n',
    ),
    [
      { text: "b.md", line: 1 },
      { text: "c.md", line: 3 },
      { text: "e.md", line: 5 },
      { text: "f.svg", line: 6 },
    ],
  );
});

Deno.test("tableWidths() counts what cannot be broken", () => {
  assertEquals(
    tableWidths("| a | b |\n| - | - |\n| `long word` | x<br>yy |\n\ntext\n"),
    [{ line: 1, width: 4 + 2 + 2 * 3 }],
  );
});

Deno.test("paragraphsIn() takes each item of a list by itself", () => {
  assertEquals(
    paragraphsIn("a\nb\n\n- c\n  d\n- e\n\n| f |\n").map(({ text }) => text),
    ["a b", "- c d", "- e"],
  );
});

Deno.test("problemsIn() finds links that lead nowhere", async (t) => {
  const other = "# Other\n\n## A b\n";
  for (
    const [readme, expected] of [
      ["[a](docs/o.md#a-b) [b](LICENSE) [c](docs) [d](#h)\n\n# H\n", []],
      ["[a](docs/p.md)\n", ["README.md:2: docs/p.md: there is no such file"]],
      ["[a](docs/o.md#c)\n", [
        "README.md:2: docs/o.md#c: there is no such heading",
      ]],
      ["[a](#c)\n", ["README.md:2: #c: there is no such heading"]],
      ["[a](../x.md)\n", ["README.md:2: ../x.md: leads out of the project"]],
      ["[a](/LICENSE)\n", ["README.md:2: /LICENSE: starts with a /"]],
      ["[a](http://x.example)\n", [
        "README.md:2: http://x.example: is not an address of https",
      ]],
      ["<https://x.example> [a](https://x.example/y#z)\n", []],
      ["[a](LICENSE#x)\n", [
        "README.md:2: LICENSE#x: an anchor, but not of a page",
      ]],
    ] as const
  ) {
    await t.step(readme.trim(), () => {
      assertEquals(problems(readme, other), expected);
    });
  }
});

Deno.test("problemsIn() takes links from the folder of their page", () => {
  assertEquals(
    problems("", "[a](../LICENSE) [b](../README.md) [c](o.md)\n"),
    [],
  );
  assertEquals(problems("", "[a](LICENSE)\n"), [
    "docs/o.md:1: LICENSE: there is no such file",
  ]);
});

Deno.test("problemsIn() finds pages that no link leads to", () => {
  const pages = new Map([["README.md", "# A\n"], ["docs/o.md", "# O\n"]]);
  assertEquals(problemsIn(pages, () => false), [
    "docs/o.md: no link from README.md leads here",
  ]);
});

Deno.test("problemsIn() finds wide tables and walls of text", () => {
  assertEquals(problems(`| ${"x".repeat(90)} | y |\n| - | - |\n`), [
    "README.md:2: the table has 97 characters that cannot be broken, 96 are " +
    "the most",
  ]);
  assertEquals(problems(`${"word ".repeat(130)}\n`).length, 1);
});

Deno.test("The pages have no such problem", async () => {
  assertEquals(
    problemsIn(await readPages(), (path) => {
      try {
        return Deno.statSync(new URL(`../${path}`, import.meta.url)) !== null;
      } catch {
        return false;
      }
    }),
    [],
  );
});
