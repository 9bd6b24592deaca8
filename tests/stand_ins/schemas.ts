/**
 * Checks questions on OpenCTI's schemas: the small one here, and the real ones
 * where the environment variable OPENCTI_SCHEMAS names their folder.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { buildSchema, parse, validate } from "graphql";
import { smallSchema } from "./opencti.ts";

/** Where OpenCTI's own schemas are, if they are at hand. */
const SCHEMAS = Deno.env.get("OPENCTI_SCHEMAS");

/** Asserts that questions are valid, a step for each schema. */
export async function assertValid(
  t: Deno.TestContext,
  queries: readonly string[],
): Promise<void> {
  const schemas = new Map([["the small schema", smallSchema()]]);
  for await (const { name } of SCHEMAS ? Deno.readDir(SCHEMAS) : []) {
    if (!name.endsWith(".graphql")) continue;
    schemas.set(name, await Deno.readTextFile(`${SCHEMAS}/${name}`));
  }
  assert(!SCHEMAS || schemas.size > 1, "OPENCTI_SCHEMAS holds schemas");
  for (const [name, text] of schemas) {
    await t.step(name, () => {
      const schema = buildSchema(text);
      for (const query of queries) {
        const errors = validate(schema, parse(query));
        assertEquals(errors.map(({ message }) => message), []);
      }
    });
  }
}
