import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { fromBytes, toBytes } from "../../lib/manager/bytes.ts";
import { moveFile, own, placeFile, readBytes } from "../../lib/manager/tree.ts";
import { inFolder } from "../stand_ins/folder.ts";

const PLACING = {
  owned: { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0, mode: 0o640 },
  refuseMoved: () => {},
};

Deno.test("readBytes() reads a file alone, and waits for nothing", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "ü");
    await Deno.symlink("file", `${folder}/link`);
    await Deno.mkdir(`${folder}/folder`);
    await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output();
    assertEquals(readBytes(`${folder}/file`), "\xc3\xbc");
    assertEquals(readBytes(`${folder}/none`), undefined);
    const cases = {
      link: "is a link, and could lead anywhere",
      folder: "is no file: move it away",
      fifo: "is no file: move it away",
    };
    for (const [name, message] of Object.entries(cases)) {
      assertThrows(() => readBytes(`${folder}/${name}`), UsageError, message);
    }
  });
});

Deno.test("readBytes() reads no file without end", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/file`;
    await Deno.writeTextFile(path, "x");
    await Deno.truncate(path, 16 * 1024 * 1024);
    assertEquals(readBytes(path)?.length, 16 * 1024 * 1024);
    await Deno.truncate(path, 16 * 1024 * 1024 + 1);
    assertThrows(
      () => readBytes(path),
      UsageError,
      "has 16777217 bytes: it is too large to read",
    );
  });
});

Deno.test("placeFile() takes a link's place, and not what it leads to", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/other`, "other");
    await Deno.symlink("other", `${folder}/file`);
    placeFile(`${folder}/file`, toBytes("new"), PLACING);
    assertEquals(await Deno.readTextFile(`${folder}/other`), "other");
    const { isFile, mode } = await Deno.lstat(`${folder}/file`);
    assertEquals([isFile, (mode ?? 0) % 0o1000], [true, 0o640]);
    const names = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(names.map(({ name }) => name).sort(), ["file", "other"]);
  });
});

Deno.test("placeFile() writes to nothing that is there, not even by its own name", async () => {
  await inFolder(async (folder) => {
    const randomUUID = crypto.randomUUID;
    const name = "00000000-0000-4000-8000-000000000000";
    await Deno.writeTextFile(`${folder}/other`, "other");
    // Whoever guesses the name lays a link there.
    await Deno.symlink("other", `${folder}/file.${name}`);
    crypto.randomUUID = () => name;
    try {
      assertThrows(
        () => placeFile(`${folder}/file`, toBytes("new"), PLACING),
        Error,
        "EEXIST",
      );
    } finally {
      crypto.randomUUID = randomUUID;
    }
    assertEquals(await Deno.readTextFile(`${folder}/other`), "other");
    const names = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(names.map(({ name }) => name).sort(), [
      `file.${name}`,
      "other",
    ]);
  });
});

Deno.test("placeFile() leaves nothing behind if it fails", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/file/full`, { recursive: true });
    assertThrows(
      () => placeFile(`${folder}/file`, toBytes("new"), PLACING),
      Error,
      "",
    );
    const names = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(names.map(({ name }) => name), ["file"]);
  });
});

Deno.test("own() changes no link's target", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/other`, "", { mode: 0o600 });
    await Deno.symlink("other", `${folder}/link`);
    assertThrows(
      () => own(`${folder}/link`, PLACING),
      UsageError,
      "is no file",
    );
    assertEquals(
      ((await Deno.stat(`${folder}/other`)).mode ?? 0) % 0o1000,
      0o600,
    );
  });
});

Deno.test("a file's bytes come back as they were", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, n) => n % 256);
  assertEquals(toBytes(fromBytes(bytes)), bytes);
});

Deno.test("moveFile() overwrites nothing", async () => {
  await inFolder(async (folder) => {
    for (const name of ["a", "b"]) {
      await Deno.writeTextFile(`${folder}/${name}`, name);
    }
    moveFile(`${folder}/a`, `${folder}/b`);
    assertEquals(await Deno.readTextFile(`${folder}/b`), "b");
    assertEquals(await Deno.readTextFile(`${folder}/b.1`), "a");
  });
});
