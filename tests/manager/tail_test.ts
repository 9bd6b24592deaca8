import { assertEquals } from "@std/assert";
import { follow } from "../../lib/manager/tail.ts";
import { inFolder } from "../stand_ins/folder.ts";

function append(path: string, text: string | Uint8Array): void {
  const bytes = typeof text === "string"
    ? new TextEncoder().encode(text)
    : text;
  Deno.writeFileSync(path, bytes, { append: true });
}

Deno.test("follow() gives the whole lines that come from now on", async () => {
  await inFolder((folder) => {
    const path = `${folder}/alerts.json`;
    append(path, "before\nhalf");
    using followed = follow(path);
    assertEquals(followed.lines(), []);
    append(path, " of it\none\ntw");
    assertEquals(followed.lines(), [" of it", "one"]);
    // A letter comes in two parts.
    const [first = 0, second = 0] = new TextEncoder().encode("ü");
    append(path, Uint8Array.of(first));
    assertEquals(followed.lines(), []);
    append(path, Uint8Array.of(second, 10));
    assertEquals(followed.lines(), ["twü"]);
  });
});

Deno.test("follow() goes on with the file that takes the place of one", async () => {
  await inFolder((folder) => {
    const path = `${folder}/alerts.json`;
    append(path, "");
    using followed = follow(path);
    append(path, "1\n");
    Deno.renameSync(path, `${path}.old`);
    // For a moment there is none.
    assertEquals(followed.lines(), ["1"]);
    append(`${path}.old`, "2\nhalf");
    append(path, "3\n");
    assertEquals(followed.lines(), ["2", "3"]);
    append(path, "4\n");
    assertEquals(followed.lines(), ["4"]);
  });
});

Deno.test("follow() waits for a file that is not there, and reads it from its start", async () => {
  await inFolder((folder) => {
    using followed = follow(`${folder}/alerts.json`);
    assertEquals(followed.lines(), []);
    append(`${folder}/alerts.json`, "1\n2\n");
    assertEquals(followed.lines(), ["1", "2"]);
  });
});

Deno.test("follow() keeps no line that is too long", async () => {
  await inFolder((folder) => {
    const path = `${folder}/alerts.json`;
    append(path, "");
    using followed = follow(path);
    append(path, "x".repeat(3_000_000));
    assertEquals(followed.lines(), []);
    append(path, "y\n1\n");
    const [rest = "", line] = followed.lines();
    assertEquals(line, "1");
    assertEquals(rest.length < 2_200_000, true);
  });
});

Deno.test("follow() does not wait for what is no file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/alerts.json`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    using followed = follow(path);
    assertEquals(followed.lines(), []);
  });
});
