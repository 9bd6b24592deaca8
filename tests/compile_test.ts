import { assertRejects } from "@std/assert";
import { refuseSlowStart } from "../scripts/compile.ts";

/** Chunks as the bundler writes them. */
async function bundleOf(
  chunks: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "bundle-" });
  for (const [name, code] of Object.entries(chunks)) {
    await Deno.writeTextFile(`${folder}/${name}`, code);
  }
  return folder;
}

Deno.test("refuseSlowStart() counts what each start loads, each chunk once", async () => {
  const chunks = {
    "main.mjs": 'import{a as b}from"./one.mjs";import"./two.mjs";' +
      'const c=()=>import("./late.mjs");c(b)',
    "one.mjs": 'import{x}from"./two.mjs";export{x as a}',
    "two.mjs": 'export*from"./three.mjs";',
    "three.mjs": "export const x=1;",
    "late.mjs": `export const y=${"1".repeat(1000)};`,
  };
  const folder = await bundleOf(chunks);
  try {
    const bytes = Object.values(chunks).join("").length -
      chunks["late.mjs"].length;
    await refuseSlowStart(folder, { main: "main.mjs", maxBytes: bytes });
    await assertRejects(
      () => refuseSlowStart(folder, { main: "main.mjs", maxBytes: bytes - 1 }),
      Error,
      `Every start loads ${bytes} bytes where ${bytes - 1} are the most`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
