/**
 * The files that install brings along, and Wazuh's other rules: what the user
 * changed stays, and no two rules get one id.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { ruleFoldersIn } from "../wazuh/ossec_conf.ts";
import {
  BEFORE,
  BLOCK_BEFORE,
  CONF,
  CONF_BEFORE,
  DECODER,
  INSTALLED,
  PROGRAM,
  RULES,
  SCHEMA,
  TOKEN_FILE,
} from "./layout.ts";
import {
  FIRST_ID,
  freeFirstId,
  ID_RANGE,
  isFirstId,
  isOurs,
  moveRuleIds,
  openctiRuleIdsIn,
  overwrittenIdsIn,
  parentIdsIn,
  ruleIdsIn,
  wrongRulesIn,
} from "./rules.ts";
import { EARLIER, SHIPPED_RULES } from "./shipped.ts";
import { type Plan, quiet, sha256Of, type Step } from "./steps.ts";
import {
  filesBelow,
  type Owned,
  readBytes,
  temporariesOf,
  type WazuhUser,
} from "./tree.ts";

/** The manager that is installed on. */
interface Site {
  readonly home: string;
  readonly wazuh: WazuhUser;
  readonly conf: string;
  readonly firstId?: number | undefined;
}

/** Says in a file of ours that it is. */
const MARK = "events of custom-opencti";

/** A file that is to be as we publish it, unless the user changed it. */
export function planFile(
  { home, wazuh }: Site,
  { path, content, owned }: {
    readonly path: string;
    readonly content: string;
    readonly owned: Owned;
  },
): readonly Step[] {
  const recordPath = recordOf(path);
  const current = readBytes(`${home}/${path}`);
  const record = readBytes(`${home}/${recordPath}`);
  const recorded = record === content ? [] : [quiet(
    {
      do: "write",
      path: recordPath,
      content,
      owned: { uid: wazuh.root, gid: wazuh.root, mode: 0o600 },
    } as const,
  )];
  const write = { do: "write", path, content, owned } as const;
  if (current === undefined) return [write, ...recorded];
  if (current === content) return [{ do: "keep", path }, ...recorded];
  if (current === record || EARLIER.has(sha256Of(current))) {
    return [{ ...write, note: "the new version" }, ...recorded];
  }
  if (record === undefined && !current.includes(MARK)) {
    const to = `${BEFORE}/${path}`;
    return [{ do: "move", path, to }, write, ...recorded];
  }
  return [{
    do: "keep",
    path,
    note: `you changed it, compare it with ${recordPath}`,
  }, ...recorded];
}

/**
 * Removes what is left of an install that was killed: files that had not taken
 * their places yet. One may hold the token.
 */
export function leftSteps(home: string): readonly Step[] {
  const files = [
    RULES,
    DECODER,
    SCHEMA,
    TOKEN_FILE,
    PROGRAM,
    CONF,
    CONF_BEFORE,
  ];
  return [...files, ...files.map(recordOf), BLOCK_BEFORE].flatMap((path) =>
    temporariesOf(`${home}/${path}`).map((left): Step => ({
      do: "remove",
      path: left.slice(home.length + 1),
      note: "left of a run that was ended",
    }))
  );
}

/** Where a file is kept as it was put in. */
export function recordOf(path: string): string {
  return `${INSTALLED}/${path.replace(/^.*\//, "")}`;
}

/** What is done to our rules, and to others with their ids. */
export interface RulesPlan extends Plan {
  /** Files of another integration, that is to be put away. */
  readonly replaced: readonly (Step & { readonly do: "move" })[];
}

/**
 * Our rules, with ids that no others have.
 *
 * @throws {UsageError} If others have them.
 */
export function planRules(site: Site): RulesPlan {
  const { home, wazuh } = site;
  const first = site.firstId ?? firstIdIn(home) ?? FIRST_ID;
  if (!isFirstId(first)) {
    throw new UsageError(
      "--rule-ids must be a number from 100000 to 999960, as 120200",
    );
  }
  const taken = readRuleFiles(site);
  const clashes = taken.files.filter(({ ids }) =>
    ids.some((id) => isOurs(id, first))
  );
  refuseOtherIds(site, first);
  const earlier = taken.files.filter(({ opencti }) => opencti.length > 0);
  // Nothing else is in them. An id alone says nothing: the user's may have it.
  const replaced = earlier.filter(({ ids, opencti, path }) =>
    path.startsWith("etc/") && ids.every((id) => opencti.includes(id))
  );
  const others = clashes.filter((file) => !replaced.includes(file));
  if (others.length > 0) {
    const ids = new Set(taken.files.flatMap((file) => file.ids));
    const names = others.map(({ path, ids }) =>
      `${path} (${ids.filter((id) => isOurs(id, first)).join(", ")})`
    );
    throw new UsageError(
      `Other rules have ids from ${first} to ${first + ID_RANGE - 1}: ` +
        `${names.join(", ")}: take them out, or give ours others with ` +
        `--rule-ids ${freeFirstId(first, ids)}`,
    );
  }
  return {
    steps: planFile(site, {
      path: RULES,
      content: moveRuleIds(SHIPPED_RULES, first),
      owned: { uid: wazuh.uid, gid: wazuh.gid, mode: 0o660 },
    }),
    warnings: [
      ...taken.broken.filter(({ path }) =>
        !replaced.some((file) => path === `${home}/${file.path}`)
      ).map(({ path, says }) =>
        `${path}: ${says}: Wazuh will not start with it`
      ),
      ...earlier.filter((file) => !replaced.includes(file)).map((
        { path, opencti },
      ) =>
        `${home}/${path} has rules of another integration for OpenCTI, for ` +
        `the same events: take them out: ${opencti.join(", ")}`
      ),
      ...taken.files.filter((file) => !replaced.includes(file)).flatMap((
        { path, parents },
      ) => {
        const gone = new Set(replaced.flatMap(({ ids }) => ids));
        const lost = [...new Set(parents)].filter((id) => gone.has(id));
        return lost.length === 0 ? [] : [
          `${home}/${path} builds upon rules that are put away: ` +
          `${lost.join(", ")}: give its rules ours as parents`,
        ];
      }),
    ],
    replaced: replaced.map(({ path }) => ({
      do: "move",
      path,
      to: `${BEFORE}/${path}`,
    })),
  };
}

/**
 * Rules that the user changed are kept as they are: they cannot be moved.
 *
 * @throws {UsageError} If they should be.
 */
function refuseOtherIds({ home, firstId }: Site, first: number): void {
  const now = firstIdIn(home) ?? first;
  if (firstId === undefined || now === first) return;
  const rules = readBytes(`${home}/${RULES}`) ?? "";
  const isOurs = rules === readBytes(`${home}/${recordOf(RULES)}`) ||
    rules === moveRuleIds(SHIPPED_RULES, now) || EARLIER.has(sha256Of(rules));
  if (isOurs) return;
  throw new UsageError(
    `--rule-ids: you changed ${home}/${RULES}, and it is kept as it is: give ` +
      "its rules other ids there, or move it away first",
  );
}

/** The first id of our rules as they are installed. */
export function firstIdIn(home: string): number | undefined {
  const rules = readBytes(`${home}/${RULES}`);
  if (rules === undefined || !rules.includes(MARK)) return undefined;
  try {
    const ids = ruleIdsIn(rules);
    return ids.length === 0 ? undefined : Math.min(...ids);
  } catch {
    return undefined;
  }
}

/** A file of rules that are not ours. */
export interface RuleFile {
  readonly path: string;
  readonly ids: readonly number[];
  /**
   * Those that are put in the place of rules before them. In a file that is read
   * before ours, they are not: there, Wazuh has nothing to put them for.
   */
  readonly overwritten: readonly number[];
  /** The ids that its rules build upon. */
  readonly parents: readonly number[];
  /** Those of them that are for events of an integration for OpenCTI. */
  readonly opencti: readonly number[];
}

/** The files of other rules that Wazuh loads, and those that it cannot read. */
export function readRuleFiles(
  { home, conf }: Pick<Site, "home" | "conf">,
): {
  readonly files: readonly RuleFile[];
  readonly broken: readonly { readonly path: string; readonly says: string }[];
} {
  const paths = ruleFoldersIn(conf).flatMap((folder) =>
    filesBelow(`${home}/${folder}`).filter((name) => name.endsWith(".xml"))
      .map((name) => `${folder}/${name}`)
  ).filter((path) => path !== RULES);
  const files: RuleFile[] = [];
  const broken: { path: string; says: string }[] = [];
  for (const path of paths) {
    try {
      const xml = readBytes(`${home}/${path}`) ?? "";
      const overwritten = path > RULES ? overwrittenIdsIn(xml) : [];
      files.push({
        path,
        ids: ruleIdsIn(xml).filter((id) => !overwritten.includes(id)),
        overwritten,
        parents: parentIdsIn(xml),
        opencti: openctiRuleIdsIn(xml),
      });
      broken.push(
        ...wrongRulesIn(xml).map(({ id, says }) => ({
          path: `${home}/${path}`,
          says: `rule ${JSON.stringify(id)}: ${says}`,
        })),
      );
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      broken.push({ path: `${home}/${path}`, says: error.message });
    }
  }
  return { files, broken };
}
