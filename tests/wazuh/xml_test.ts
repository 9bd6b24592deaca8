import { assertEquals, assertThrows } from "@std/assert";
import { nodeKindIn, ruleFoldersIn } from "../../lib/wazuh/ossec_conf.ts";
import { type Element, parseXml } from "../../lib/wazuh/xml.ts";

function shown({ name, text, children }: Element): unknown {
  return children.length === 0 ? [name, text] : [name, children.map(shown)];
}

Deno.test("parseXml() reads what Wazuh reads", async (t) => {
  const cases: Readonly<Record<string, readonly [string, unknown]>> = {
    "several roots, and text between them": [
      "x <a>1</a> y <b>2</b>",
      [["a", "1"], ["b", "2"]],
    ],
    "comments in both forms": [
      "<a><!-- <b>1</b> --><c>2</c><! <d> !></a><!-->",
      [["a", [["c", "2"]]]],
    ],
    "a comment in a value": ["<a>1<!-- 2 -->3</a>", [["a", "13"]]],
    "a < behind a backslash is text": ["<a>1 \\< 2</a>", [["a", "1 \\< 2"]]],
    "two backslashes are none": ["<a>\\\\</a>", [["a", "\\\\"]]],
    "empty elements": [
      "<a/><b /><c x='1'/>",
      [["a", ""], ["b", ""], ["c", ""]],
    ],
    "a > in an attribute": ['<a x="1>2">3</a>', [["a", "3"]]],
    "nothing": ["", []],
    "a text of the length that Wazuh reads": [
      `<a>${"x".repeat(20479)}</a>`,
      [["a", "x".repeat(20479)]],
    ],
  };
  for (const [name, [xml, expected]] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(parseXml(xml).map(shown), expected));
  }
});

Deno.test("parseXml() says in which line Wazuh stops", () => {
  const cases = {
    "a\n</a>": "line 2: an element is closed that is not open",
    "<a>\n<b>\n</a>": "line 2: <b> is not closed",
    "<a>\n<!-- b": "line 2: a comment is not closed",
    "<a>": "line 1: <a> is not closed",
    "<a x=1></a>": "line 1: the tag <a is wrong",
    "<a></a >": "line 1: <a> is not closed",
    "<>": "line 1: the tag < is wrong",
    [`<a>\n<b>${"x".repeat(20480)}</b></a>`]: "line 2: <b> is too long",
  };
  for (const [xml, message] of Object.entries(cases)) {
    assertThrows(() => parseXml(xml), SyntaxError, message);
  }
});

Deno.test("parseXml() takes as long as the text is, whatever is in it", () => {
  const of = (part: string, n: number) => {
    const start = performance.now();
    try {
      parseXml(part.repeat(n));
    } catch {
      // Only the time counts.
    }
    return performance.now() - start;
  };
  for (
    const part of ["<!-- !", "<a>", "\\", "\\<", "<a ", "<a x='", "</", "<!>"]
  ) {
    const ms = of(part, 1_000_000 / part.length);
    if (ms > 2000) throw new Error(`${part}: ${ms} ms`);
  }
});

Deno.test("nodeKindIn() recognises a worker, which has its rules from the master", () => {
  const conf = (cluster: string) =>
    `<ossec_config><cluster>${cluster}</cluster></ossec_config>`;
  assertEquals(nodeKindIn(conf("<node_type>worker</node_type>")), "worker");
  assertEquals(nodeKindIn(conf("<node_type>master</node_type>")), "master");
  assertEquals(
    nodeKindIn(conf("<node_type>worker</node_type><disabled>yes</disabled>")),
    "alone",
  );
  assertEquals(nodeKindIn("<ossec_config/>"), "alone");
});

Deno.test("ruleFoldersIn() reads them, or knows those that Wazuh takes", () => {
  assertEquals(
    ruleFoldersIn(
      "<ossec_config><ruleset><rule_dir>a</rule_dir></ruleset></ossec_config>",
    ),
    ["a"],
  );
  assertEquals(ruleFoldersIn(""), ["ruleset/rules", "etc/rules"]);
});
