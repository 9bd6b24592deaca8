/**
 * The command `version`.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { type Command, print } from "./command.ts";

/** Prints the version. */
export const version: Command = {
  name: "version",
  summary: "Print the version",
  usage: ["version"],
  about: "Prints the version of this executable.",
  arguments: [],
  examples: [["custom-opencti version", "see which version is installed"]],
  run: async ({ words }) => {
    if (words.length > 0) throw new UsageError("version takes nothing");
    await print(`custom-opencti ${project.version}\n`);
    return 0;
  },
};
