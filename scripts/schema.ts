/**
 * Writes wazuh/opencti.schema.json, by which editors complete a configuration
 * file.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import { OPTIONS } from "../lib/config/config.ts";
import { configSchema } from "../lib/config/schema.ts";
import { plainText } from "../lib/config/describe.ts";

/** The JSON Schema of a configuration file, as it is published. */
export function publishedSchema(): string {
  const { properties = {}, ...schema } = toJsonSchema(configSchema(), {
    target: "draft-2020-12",
    // What a check says in code, JSON Schema has no words for.
    ignoreActions: ["check", "finite"],
  });
  const described = Object.entries(OPTIONS).map(([name, { needs, means }]) => [
    name,
    {
      description: `${plainText(means)}. ${plainText(needs)}`,
      ...Object(properties[name]),
    },
  ]);
  const published = {
    ...schema,
    title: "Configuration of custom-opencti",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries(described),
    },
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

if (import.meta.main) {
  const path = new URL("../wazuh/opencti.schema.json", import.meta.url);
  await Deno.writeTextFile(path, publishedSchema());
}
