/**
 * Installs on a manager. What is to be done is found out by reading what is
 * there; nothing is changed here.
 *
 * @module
 */
import { isBareToken } from "../config/api_key.ts";
import { messageOf, UsageError } from "../errors.ts";
import { shellWord } from "../shell.ts";
import {
  type IntegrationBlock,
  nodeKindIn,
  readIntegrationBlocks,
} from "../wazuh/ossec_conf.ts";
import { TEXT_LIMIT } from "../wazuh/xml.ts";
import {
  blockOf,
  type BlockSettings,
  changeSetting,
  eolOf,
  insertBlock,
  replaceElement,
} from "./conf.ts";
import { confWithoutBlock } from "./container.ts";
import { foreignPrograms, isForeignBlock } from "./foreign.ts";
import { leftSteps, planFile, planRules, recordOf } from "./install_files.ts";
import {
  BEFORE,
  BLOCK_BEFORE,
  CONF,
  CONF_BEFORE,
  DECODER,
  PROGRAM,
  SCHEMA,
  STATE,
  TOKEN_FILE,
} from "./layout.ts";
import { SHIPPED_DECODER, SHIPPED_GROUPS, SHIPPED_SCHEMA } from "./shipped.ts";
import { ownSteps, type Plan, quiet, type Step } from "./steps.ts";
import { areSame } from "./executable.ts";
import {
  at,
  type Owned,
  readBytes,
  type WazuhUser,
  wazuhUserOf,
} from "./tree.ts";

/** What the user says. What is not said stays as it is. */
export interface InstallOptions {
  /** Wazuh's home. */
  readonly home: string;
  /** The executable that is to be installed. */
  readonly program: string;
  /** OpenCTI's address. */
  readonly url?: string | undefined;
  readonly level?: string | undefined;
  readonly groups?: string | undefined;
  readonly token?: string | undefined;
  /** The first id that the rules are to have. */
  readonly firstId?: number | undefined;
  /** Whether another integration of our name may be put away. */
  readonly mayReplace: boolean;
  /** What Wazuh's container image copies at its start, if not where it is. */
  readonly configMount?: string | undefined;
  /** Asks for the token; nothing if nobody can be asked. */
  readonly askToken: () => string | undefined;
}

/** What is installed, and how. */
interface Site extends InstallOptions {
  readonly wazuh: WazuhUser;
  /** Wazuh's configuration, each byte a character. */
  readonly conf: string;
  readonly blocks: readonly IntegrationBlock[];
  /** The block of another integration. */
  readonly foreignBlock: IntegrationBlock | undefined;
}

const DEFAULT_LEVEL = "3";

/**
 * Finds out what is to be done. A second time it is an upgrade: what the user
 * changed stays.
 *
 * @throws {UsageError} If it cannot be installed so. Nothing is changed then.
 */
export function planInstall(options: InstallOptions): Plan {
  const { home, url, groups } = options;
  if ([url, groups].some((said = "") => said.length >= TEXT_LIMIT)) {
    throw new UsageError("--url or --groups is longer than Wazuh can read");
  }
  const wazuh = wazuhUserOf(home);
  const conf = readBytes(`${home}/${CONF}`);
  if (conf === undefined) {
    throw new UsageError(`${home}/${CONF} does not exist: is Wazuh installed?`);
  }
  const foreign = foreignPrograms(home).map((path) =>
    ({ do: "move", path, to: `${BEFORE}/${path}` }) as const
  );
  const blocks = readable(home, () => readIntegrationBlocks(conf));
  const foreignBlock = blocks.find((block) =>
    isForeignBlock(block, { home, conf })
  );
  const site = { ...options, wazuh, conf, blocks, foreignBlock };
  const planned = isWorker(conf)
    ? {
      steps: [],
      warnings: [
        "This node is a worker: it gets rules and decoder from the master, " +
        "install there too",
      ],
      replaced: [],
    }
    : planRules(site);
  if (!options.mayReplace && foreign.length + planned.replaced.length > 0) {
    const paths = [...foreign, ...planned.replaced].map(({ path }) => path);
    throw new UsageError(
      `Another integration for OpenCTI is here (${paths.join(", ")}): add ` +
        "--replace to put it away, uninstall brings it back",
    );
  }
  const { steps, apiKey } = planConf(site);
  return {
    steps: [
      ...leftSteps(home),
      // Before all else: whoever goes on from a later step knows by it which
      // block is not ours.
      ...blockSteps(site),
      ...folderSteps(site),
      ...foreign,
      ...planned.replaced,
      ...planned.steps,
      ...isWorker(conf) ? [] : planFile(site, {
        path: DECODER,
        content: SHIPPED_DECODER,
        owned: rulesOf(wazuh),
      }),
      ...planFile(site, {
        path: SCHEMA,
        content: SHIPPED_SCHEMA,
        owned: readableOf(wazuh),
      }),
      ...tokenSteps(site, apiKey),
      ...programSteps(site),
      ...steps,
    ],
    warnings: [
      ...planned.warnings,
      ...replacedWarnings(site),
      ...blockWarnings(site),
    ],
  };
}

/** Rules are Wazuh's own: its API may change them. */
export function rulesOf({ uid, gid }: WazuhUser): Owned {
  return { uid, gid, mode: 0o660 };
}

/** Wazuh may read it. */
function readableOf({ root, gid }: WazuhUser): Owned {
  return { uid: root, gid, mode: 0o640 };
}

/** What comes of a configuration that Wazuh can read. */
function readable<T>(home: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(
      `Wazuh cannot read ${home}/${CONF}: ${
        messageOf(error)
      }, correct it first`,
    );
  }
}

function isWorker(conf: string): boolean {
  return nodeKindIn(conf) === "worker";
}

function folderSteps({ home, wazuh }: Site): readonly Step[] {
  const state = { uid: wazuh.uid, gid: wazuh.gid, mode: 0o750 };
  if (at(`${home}/${STATE}`)?.isFile) {
    throw new UsageError(`${home}/${STATE} must be a folder: move it away`);
  }
  return at(`${home}/${STATE}`) === undefined
    ? [{ do: "make", path: STATE, owned: state }]
    : ownSteps(home, STATE, { owned: state });
}

function programSteps({ home, program, wazuh }: Site): readonly Step[] {
  const owned = { uid: wazuh.root, gid: wazuh.gid, mode: 0o750 };
  const path = `${home}/${PROGRAM}`;
  const [here, there] = [at(program), at(path)];
  // A package has put it there already, or it is the same version.
  const isSame = here?.ino === there?.ino && here?.dev === there?.dev ||
    there?.isFile === true && here?.size === there.size &&
      areSame(program, path);
  return isSame
    ? [...ownSteps(home, PROGRAM, { owned }), { do: "keep", path: PROGRAM }]
    : [{ do: "copy", path: PROGRAM, from: program, owned }];
}

function tokenSteps(
  { home, token, foreignBlock, wazuh, askToken }: Site,
  apiKey: string,
): readonly Step[] {
  const path = `${home}/${TOKEN_FILE}`;
  if (apiKey !== `file:${path}`) return [];
  const owned = readableOf(wazuh);
  const before = readBytes(path)?.trim();
  if (before && (token === undefined || token === before)) {
    const steps = ownSteps(home, TOKEN_FILE, { owned });
    return [...steps, { do: "keep", path: TOKEN_FILE }];
  }
  const made = token ?? tokenOf(foreignBlock) ?? askToken();
  if (made === undefined) {
    throw new UsageError(
      "The token is not known: say --token-file FILE, or run it on a " +
        "terminal, where it asks",
    );
  }
  if (!isBareToken(made)) {
    throw new UsageError(
      "That is no token of OpenCTI: copy it again, and nothing else",
    );
  }
  return [{
    do: "write",
    path: TOKEN_FILE,
    content: `${made}\n`,
    owned,
    ...before && { note: "another token than before" },
  }];
}

/** The token that stands in a block, and not in a file of its own. */
function tokenOf(block: IntegrationBlock | undefined): string | undefined {
  const { apiKey = "" } = block ?? {};
  return isBareToken(apiKey) ? apiKey : undefined;
}

/** What is done to ossec.conf, and what `<api_key>` it has then. */
function planConf(
  site: Site,
): { readonly steps: readonly Step[]; readonly apiKey: string } {
  const { home, conf, foreignBlock, blocks: [block, ...others] } = site;
  const ours = `file:${home}/${TOKEN_FILE}`;
  if (block === undefined) {
    if (site.url === undefined) {
      throw new UsageError("OpenCTI's address is not known: say --url URL");
    }
    const text = blockOf(settingsOf(site, { hookUrl: site.url }), eolOf(conf));
    return {
      steps: confSteps(site, readable(home, () => insertBlock(conf, text))),
      apiKey: ours,
    };
  }
  const said = saidSettings(site);
  if (others.length > 0) {
    if (said.length > 0 || foreignBlock !== undefined) {
      throw new UsageError(
        `${home}/${CONF} has ${others.length + 1} blocks of custom-opencti: ` +
          "leave one, or say neither --url, --level, --groups nor --token-file",
      );
    }
    return { steps: [{ do: "keep", path: CONF }], apiKey: block.apiKey };
  }
  if (foreignBlock !== undefined) return replaceBlock(site, foreignBlock);
  const changed = said.reduce((text, { name, value }) => {
    const [current] = readIntegrationBlocks(text);
    return current === undefined ||
        current.element.children.some((child) =>
          child.name === name && child.text === value
        )
      ? text
      : changeSetting(text, current.element, { name, value });
  }, conf);
  return {
    steps: changed === conf
      ? [{ do: "keep", path: CONF }]
      : confSteps(site, changed),
    apiKey: readIntegrationBlocks(changed)[0]?.apiKey ?? "",
  };
}

/** Our block in the place of another integration's. */
function replaceBlock(
  site: Site,
  { element, hookUrl }: IntegrationBlock,
): { readonly steps: readonly Step[]; readonly apiKey: string } {
  const { conf, url } = site;
  const settings = settingsOf(site, {
    hookUrl: url ?? hookUrl.replace(/\/graphql\/?$/, ""),
  });
  const text = blockOf(settings, eolOf(conf)).trimStart();
  return {
    steps: confSteps(site, replaceElement(conf, element, { text })),
    apiKey: settings.apiKey,
  };
}

/** Keeps the block of another integration, for uninstall to bring it back. */
function blockSteps(
  { home, conf, wazuh: { root }, foreignBlock }: Site,
): readonly Step[] {
  // The first one that was replaced is what comes back.
  if (
    foreignBlock === undefined || at(`${home}/${BLOCK_BEFORE}`) !== undefined
  ) return [];
  const { start, end } = foreignBlock.element;
  return [quiet({
    do: "write",
    path: BLOCK_BEFORE,
    content: conf.slice(start, end),
    owned: { uid: root, gid: root, mode: 0o600 },
  })];
}

function settingsOf(
  { home, level, groups }: Site,
  { hookUrl }: { readonly hookUrl: string },
): BlockSettings {
  return {
    hookUrl,
    apiKey: `file:${home}/${TOKEN_FILE}`,
    level: level ?? DEFAULT_LEVEL,
    group: groups ?? SHIPPED_GROUPS,
  };
}

/** What the user says of the block. */
function saidSettings({ home, url, level, groups, token }: Site) {
  return [
    { name: "hook_url", value: url },
    {
      name: "api_key",
      value: token === undefined ? undefined : `file:${home}/${TOKEN_FILE}`,
    },
    { name: "level", value: level },
    { name: "group", value: groups },
  ].flatMap(({ name, value }) => value === undefined ? [] : [{ name, value }]);
}

/** Keeps the configuration as it was without us, once. */
function beforeSteps(
  { home, conf, wazuh: { root }, blocks, foreignBlock }: Site,
  owned: Owned,
): readonly Step[] {
  const [path, record] = [CONF_BEFORE, recordOf(CONF_BEFORE)];
  const before = readBytes(`${home}/${path}`);
  const isInstalled = blocks.some((block) => block !== foreignBlock);
  const isKept = isInstalled || before === readBytes(`${home}/${record}`);
  if (before !== undefined && isKept) return [];
  return [
    // Not ours, then: uninstall brings it back.
    ...before === undefined
      ? []
      : [{ do: "move", path, to: `${BEFORE}/${path}` } as const],
    quiet({
      do: "write",
      path: record,
      content: conf,
      owned: { uid: root, gid: root, mode: 0o600 },
    }),
    { do: "write", path, content: conf, owned },
  ];
}

function confSteps(site: Site, content: string): readonly Step[] {
  const { home, conf } = site;
  const info = at(`${home}/${CONF}`);
  const owned = {
    uid: info?.uid ?? 0,
    gid: info?.gid ?? 0,
    mode: (info?.mode ?? 0o640) % 0o10000,
  };
  return [
    ...beforeSteps(site, owned),
    { do: "change", path: CONF, content, before: conf, owned },
  ];
}

/** What was chosen in the block that ours takes the place of. */
function replacedWarnings(
  { foreignBlock, level, groups }: Site,
): readonly string[] {
  const { level: oldLevel = "0", group: oldGroups = "" } = foreignBlock ?? {};
  const lost = [
    ...groups !== undefined ? [] : [`<group> was ${oldGroups || "missing"}`],
    ...level !== undefined || oldLevel === DEFAULT_LEVEL
      ? []
      : [`<level> was ${oldLevel}`],
  ];
  return foreignBlock === undefined || lost.length === 0 ? [] : [
    `${
      lost.join(", ")
    }: it is now as of a new installation, say --groups and ` +
    "--level for others",
  ];
}

function blockWarnings(
  { home, blocks, configMount }: Site,
): readonly string[] {
  const mounted = confWithoutBlock(configMount);
  return [
    ...blocks.length < 2 ? [] : [
      `${home}/${CONF} has ${blocks.length} blocks of custom-opencti: each ` +
      "alert that meets several is looked up as often",
    ],
    ...mounted === undefined ? [] : [
      `This container writes ${home}/${CONF} anew from ${mounted} when it ` +
      `starts: put the same block there, or copy it: sudo cp -p ${
        shellWord(`${home}/${CONF}`)
      } ${shellWord(mounted)}`,
    ],
  ];
}
