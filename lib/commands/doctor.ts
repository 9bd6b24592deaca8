/**
 * The command `doctor`: looks at every link of the chain, and changes nothing.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { loadIgnoreLists } from "../alert/ignore.ts";
import { readApiKey } from "../config/api_key.ts";
import { readConfig } from "../config/read_config.ts";
import { messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { redactor } from "../redact.ts";
import type { IntegrationBlock } from "../wazuh/ossec_conf.ts";
import type { Target } from "../run/run.ts";
import { targetOf } from "./arguments.ts";
import { type Command, print, type RunContext } from "./command.ts";
import { examineOpencti, type SetUp } from "./doctor_opencti.ts";
import { readOptions } from "./options.ts";
import { stateFoldersOf } from "./state_folders.ts";
import { styleOfStdout } from "./style.ts";
import {
  AGAIN,
  at,
  check,
  checkAlerts,
  checkBlock,
  checkLately,
  checkLog,
  checkOptionFiles,
  checkProgram,
  checkQueue,
  checkRules,
  checkSpool,
  checkStarted,
  checkToken,
  currentUser,
  type Finding,
  findingsOf,
  installCommand,
  readSite,
  showFindings,
  type Site,
  statusOf,
} from "../manager/mod.ts";

/** Says what is right, what is not, and what to type. */
export const doctor: Command = {
  name: "doctor",
  summary: "Check the way from Wazuh to OpenCTI and back, link by link",
  usage: ["doctor [--json]"],
  about: "Looks at everything that an alert needs on its way, in that order, " +
    "and says for each what is wrong and what corrects it. It changes " +
    "nothing. Run it as root: other users may not see all of it. The exit " +
    "status is 0 if all is right, 1 if there are warnings (!), and 2 if " +
    "alerts are not looked up (✗).",
  arguments: [],
  options: [{ name: "json", means: "print the findings as JSON" }],
  examples: [[
    "sudo /var/ossec/integrations/custom-opencti doctor",
    "see what is wrong",
  ]],
  run: async ({ words, error }, context) => {
    if (error !== undefined) throw error;
    const { has, words: others } = readOptions(words, doctor);
    if (others.length > 0) throw new UsageError("doctor takes --json alone");
    const findings = await examine(context);
    const { home } = context;
    const { version } = project;
    const user = currentUser();
    const { green, yellow, red } = styleOfStdout();
    await print(
      has("json")
        ? `${JSON.stringify({ version, home, user, findings }, null, 2)}\n`
        : [
          `custom-opencti ${version}, Wazuh in ${home}, run by ${user}`,
          "",
          ...showFindings(findings, { ok: green, warning: yellow, error: red }),
          "",
        ].join("\n"),
    );
    return statusOf(findings);
  },
};

/** Looks at every link, in the order of an alert's way. */
export async function examine(
  context: RunContext,
): Promise<readonly Finding[]> {
  const { home } = context;
  const { site, findings: first } = readSite(home);
  if (site === undefined) return first;
  const setUps = await Promise.all(
    site.blocks.map((block) => setUpOf(block, home)),
  );
  const redact = redactor(setUps.map(({ apiKey }) => apiKey));
  const found = [
    await check("program", () => checkProgram(site)),
    first.length > 0 ? first : await check("block", () => checkBlock(site)),
    setUps.flatMap(({ findings }) => findings),
    await check("options", () =>
      checkOptionFiles(site, {
        useful: setUps.flatMap(({ config: { file, config } }) => [
          file,
          ...config.ignore.files,
        ]),
        needed: setUps.flatMap(({ config: { config } }) =>
          [config.ca_file, config.client_cert, config.client_key]
            .filter((path) => path !== undefined)
        ),
      })),
    site.blocks.length === 0
      ? []
      : await check("alerts", () => checkAlerts(site)),
    await check("token", () => tokenFindings(site, setUps)),
  ];
  for (const setUp of setUps) {
    found.push(await check("tls", () => examineOpencti(setUp, context)));
  }
  found.push(
    await check("queue", () => checkQueue(site)),
    await check("rules", () => checkRules(site)),
    await check("restart", () => checkStarted(site)),
    await check("log", () => checkLog(site)),
  );
  // Blocks mostly have the same, and what is said twice is left out below.
  for (const folders of await stateFoldersOf(site.blocks, home)) {
    found.push(await check("spool", () => checkSpool(site, folders)));
  }
  found.push(
    await check("lately", () => checkLately(site, redact)),
  );
  // What cannot be seen is so for several links.
  const all = found.flat().filter(({ says }, n, every) =>
    n === every.findIndex((one) => one.says === says)
  );
  const wrong = new Set(
    all.filter(({ level }) => level !== "ok").map(({ link }) => link),
  );
  return all.filter(({ link, level }) => level !== "ok" || !wrong.has(link))
    .map((finding) => ({ ...finding, says: redact(finding.says) }));
}

async function setUpOf(
  block: IntegrationBlock,
  home: string,
): Promise<SetUp> {
  const read = await readConfig({
    optionsFile: "",
    optionsJson: block.options,
    home,
  });
  const findings: Finding[] = [];
  const wrong = (link: "block" | "options", error: unknown) =>
    findings.push(findingsOf(link).error(messageOf(error), AGAIN));
  let target: Target | undefined;
  let apiKey = "";
  let tokenProblem: string | undefined;
  try {
    target = targetOf(block, home);
  } catch (error) {
    wrong("block", error);
  }
  try {
    apiKey = readApiKey(block.apiKey, readFile);
  } catch (error) {
    tokenProblem = messageOf(error);
  }
  const readLists = await loadIgnoreLists(read.config.ignore, {
    baseUrl: target?.baseUrl ?? "",
    readFile,
  });
  if (read.error !== undefined) wrong("options", read.error);
  // The rest is used.
  const problems = [
    ...read.problems,
    ...read.joined.problems.map((says) => `Mistakes in ${read.file}: ${says}`),
    ...readLists().problems,
  ];
  for (const problem of problems) {
    findings.push(findingsOf("options").warning(problem, AGAIN));
  }
  const { max_ind_alerts, max_obs_alerts } = read.config;
  const isSilent = max_ind_alerts === 0 && max_obs_alerts === 0;
  if (isSilent) {
    findings.push(
      findingsOf("options").warning(
        "max_ind_alerts and max_obs_alerts are both 0: no match is emitted",
        `set one of them to 1 or more in ${read.file}`,
      ),
    );
  }
  if (problems.length === 0 && !isSilent && read.error === undefined) {
    findings.push(
      findingsOf("options").ok(
        at(read.file) !== undefined
          ? `${read.file}, no mistakes`
          : `no ${read.file}: all options have their defaults`,
      ),
    );
  }
  return { target, apiKey, tokenProblem, config: read, findings };
}

/** What is wrong with the tokens' files, or with what is in them. */
function tokenFindings(
  site: Site,
  setUps: readonly SetUp[],
): readonly Finding[] {
  const ofFiles = checkToken(site);
  if (ofFiles.some(({ level }) => level !== "ok")) return ofFiles;
  const wrong = setUps.flatMap(({ tokenProblem }) =>
    tokenProblem === undefined ? [] : [
      findingsOf("token").error(
        tokenProblem,
        `write it into a file FILE, then:\n${
          installCommand(site)
        } --token-file FILE`,
      ),
    ]
  );
  return wrong.length > 0 ? wrong : ofFiles;
}
