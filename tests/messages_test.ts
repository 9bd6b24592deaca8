import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseOptions } from "../lib/config/config_file.ts";
import { tablesOf } from "../scripts/docs_messages.ts";
import { messagesIn, readMessages } from "../scripts/messages.ts";
import { makeHome } from "./stand_ins/home.ts";
import { runProgram } from "./stand_ins/program.ts";

/** The texts found in the code of one file. */
function texts(code: string, file = "log.ts"): readonly string[] {
  return messagesIn(new Map([[file, code]])).map(({ text }) => text);
}

Deno.test("messagesIn() finds a message in whatever call it stands", () => {
  assertEquals(
    texts(`
      import { a } from "./no message at all.ts";
      /** No message in a comment. */
      type T = "no message of types";
      throw new UsageError("it is thrown here");
      log.info(\`\${name}: it is logged\`);
      newWayToSay({ anything: ["it is in a list"] });
      const later = () => "it is returned later";
    `),
    [
      "it is thrown here",
      "…: it is logged",
      "it is in a list",
      "it is returned later",
    ],
  );
});

Deno.test("messagesIn() puts parts together, and leaves single ones out", () => {
  assertEquals(
    texts(`
      const WHO = "the user of the token";
      const path = \`\${home}/etc/opencti.json\`;
      fail("Ask " + WHO + (isKnown ? "" : \`, who is \${name}\`) + ": " + why);
      fail(\`Cannot read \${path}\`);
    `),
    [
      "Ask the user of the token: …",
      "Ask the user of the token, who is …: …",
      "Cannot read …/etc/opencti.json",
    ],
  );
});

Deno.test("messagesIn() knows what other files export", () => {
  const files = new Map([
    [
      "commands/a.ts",
      "fail(`${CONF} is wrong: ${mendOf(site)}`); fail(local(x));",
    ],
    [
      "manager/b.ts",
      'export const CONF = "etc/ossec.conf";\n' +
      "export function mendOf(site) { return `run ${site} install now`; }\n" +
      'function local(x) { return "not known there at all"; }\n' +
      'function other(x) { return "install now"; fail("run it and install now"); }',
    ],
  ]);
  assertEquals(messagesIn(files).map(({ text }) => text), [
    "etc/ossec.conf is wrong: run … install now",
    "not known there at all",
    "run it and install now",
  ]);
});

Deno.test("messagesIn() finds what corrects a finding of doctor", () => {
  const code = `
    const mend = \`chmod o= \${path}\`;
    warning(\`\${path} is open to all\`, mend);
    error("it is of another", isOurs ? "put it back there" : mend);
    ok("all is well here");
  `;
  assertEquals(messagesIn(new Map([["manager/checks/a.ts", code]])), [
    {
      file: "manager/checks/a.ts",
      text: "… is open to all",
      mend: "chmod o= …",
    },
    {
      file: "manager/checks/a.ts",
      text: "it is of another",
      mend: "put it back there, or chmod o= …",
    },
  ]);
});

Deno.test("messagesIn() leaves out SQL, patterns, help and short words", () => {
  assertEquals(
    texts(`
      db.prepare("SELECT a FROM b WHERE c = ?");
      const pattern = "(?:the words of)\\\\s+a pattern";
      const command = { summary: "Say what it does", usage: "a b c" };
      const words = "one two three".split(" ");
      join("a list", "of two");
      const columns = "kept_at, base_url, why";
    `),
    [],
  );
  assertEquals(
    texts(
      'print("the whole manual page"); throw new UsageError("man is alone");',
      "commands/man.ts",
    ),
    ["man is alone"],
  );
  assertEquals(texts('fail("Stopped here"); skip("too long");'), [
    "Stopped here",
    "too long",
  ]);
});

Deno.test("tablesOf() keeps what a message means in its section", () => {
  const page = "<!-- call -->\n| it is empty | The call |\n" +
    "<!-- end of call -->\n<!-- alert -->\n" +
    "| it is empty | The alert |\n| a \\| \\_b | Both |\n<!-- end of alert -->";
  const { tables, lacking } = tablesOf([
    { file: "alert/alert.ts", text: "it is empty" },
    { file: "alert/alert.ts", text: "a | _b" },
    { file: "log.ts", text: "it is empty" },
  ], page);
  assert(tables["alert"]?.includes("| it is empty | The alert |\n"));
  assert(tables["alert"]?.includes("| a \\| \\_b | Both |\n"));
  assertEquals(lacking, ["it is empty"]);
});

Deno.test("tablesOf() wants a section for each file that says something", () => {
  assertThrows(
    () => tablesOf([{ file: "new_room/a.ts", text: "it is new" }], ""),
    Error,
    "No section of docs/messages.md is for new_room/a.ts",
  );
});

const PAGE = await Deno.readTextFile(
  new URL("../docs/messages.md", import.meta.url),
);
const MESSAGES = await readMessages();

Deno.test("docs/messages.md has each message, and what it means", () => {
  const { tables, lacking } = tablesOf(MESSAGES, PAGE);
  assertEquals(lacking, []);
  for (const table of Object.values(tables)) {
    assert(PAGE.includes(table), `Run deno task docs: ${table.slice(0, 300)}`);
  }
  assert(MESSAGES.length > 300);
});

/** A message, or some that follow each other after colons. */
const ANY = new RegExp(
  `^(?:${
    MESSAGES.toSorted((a, b) => b.text.length - a.text.length)
      .map(({ text }) =>
        text.split("…").map((part) => part.replace(/[^\w\s]/g, "\\$&"))
          .join(".*")
      ).join("|")
  })(?:; the (?:alert|event) is (?:kept|lost))?$`,
  "s",
);

Deno.test("What is said of wrong options is on the page", () => {
  const { problems } = parseOptions(JSON.stringify({
    min_score: "50",
    min_scroe: 50,
    labels: "a",
    markings: "TLP:GREY",
    proxy: "proxy.example",
    ca_file: "cert.pem",
    client_key: "/key.pem",
    severity: { medium: 90 },
    kinds: { domain: "yes" },
    sources: [{ name: "a b" }, { fields: [{ path: "x", pattern: "(" }] }],
  }));
  assert(problems.length > 9, problems.join("\n"));
  for (const problem of problems) {
    const [, says = problem] = /^[\w[\].]+: (.*)$/s.exec(problem) ?? [];
    const [main = ""] = says.split(/, did you mean| \(source /);
    assert(main === "unknown" || ANY.test(main), `Not on the page: ${problem}`);
  }
});

Deno.test("What the program says is on the page", async (t) => {
  const alert = new URL(
    "testdata/alerts/suricata_alert_http.json",
    import.meta.url,
  ).pathname;
  const key = "flgrn_octi_tkn_k7wqz3vx";
  const nobody = "http://127.0.0.1:9";
  for (
    const args of [
      [alert],
      [alert, "", nobody],
      [alert, key, "opencti.example"],
      [alert, key, `http://user:word@127.0.0.1:9`],
      [alert, key, nobody, "loud"],
      [alert, key, nobody, "", "", "0"],
      [alert, key, nobody, "", "/none.json", "1", "0"],
      [alert, key, nobody, "", "", "1", "0"],
      [alert, "file:/none", nobody],
      ["/none.json", key, nobody],
      ["--none"],
      ["explain"],
      ["retry"],
      ["status", "all"],
      ["doctor", "all"],
      ["install", "all"],
      ["uninstall", "all"],
      ["man", "all"],
      ["help", "none"],
      ["completions", "none"],
    ]
  ) {
    await t.step(args.join(" ").replaceAll(key, "TOKEN"), async () => {
      const { status, stderr } = await runProgram(await makeHome(), args);
      assert(status > 0);
      for (const line of stderr.trimEnd().split("\n")) {
        const says = line.replace(/^Alert \S+(?: without id)?: /, "");
        assert(ANY.test(says), `Not on the page: ${line}`);
      }
    });
  }
});
