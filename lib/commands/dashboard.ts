/**
 * The command `dashboard`.
 *
 * @module
 */
import dashboardFile from "../../wazuh/opencti_dashboard.ndjson" with {
  type: "text",
};
import { UsageError } from "../errors.ts";
import { type Command, print } from "./command.ts";

/** Prints the dashboard of the matches. */
export const dashboard: Command = {
  name: "dashboard",
  summary: "Print a dashboard of the matches, for the Wazuh dashboard",
  usage: ["dashboard"],
  about: "Prints saved objects for the Wazuh dashboard: what was found, on " +
    "which agents, by which sources, with links into OpenCTI. Import them " +
    "under Dashboards Management, Saved objects.",
  arguments: [],
  examples: [[
    "custom-opencti dashboard > opencti_dashboard.ndjson",
    "make the file that is imported",
  ]],
  run: async ({ words }) => {
    if (words.length > 0) throw new UsageError("dashboard takes nothing");
    await print(dashboardFile);
    return 0;
  },
};
