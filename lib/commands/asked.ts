/**
 * Which OpenCTI a person's command asks: that of Wazuh's configuration, where
 * this user may read it, else the one that the command names.
 *
 * @module
 */
import { isToken, readApiKey } from "../config/api_key.ts";
import type { Places } from "../config/places.ts";
import { messageOf, UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import {
  type IntegrationBlock,
  readIntegrationBlocks,
} from "../wazuh/ossec_conf.ts";
import type { Target } from "../run/run.ts";
import { baseUrlSaid, targetOf } from "./arguments.ts";
import type { Option } from "./command.ts";
import type { Said } from "./options.ts";

/** What a command says of the OpenCTI that it asks. */
export const ASKED_OPTIONS: readonly Option[] = [
  {
    name: "url",
    value: "URL",
    means: "OpenCTI's address, if it is not that of etc/ossec.conf",
  },
  {
    name: "token-file",
    value: "FILE",
    means: "file that holds OpenCTI's token, if it is not that of " +
      "etc/ossec.conf",
  },
];

/** Which OpenCTI is asked. */
export interface Asked {
  /** With the token itself. Without an address, nothing can be asked. */
  readonly target: Target;
  /** The `<options>` of its integration block; empty if there are none. */
  readonly optionsJson: string;
  /** The blocks of Wazuh's configuration; nothing if it cannot be read. */
  readonly blocks: readonly IntegrationBlock[] | undefined;
  /** Why there are none. */
  readonly noBlock: string;
  /** What the target came from, for messages that say where to mend it. */
  readonly places: Partial<Pick<Places, "url" | "token">>;
  /** Why nothing can be asked. */
  readonly whyNot?: string;
}

/** What is harmless to look up: nobody has it. */
export const HARMLESS = {
  kind: "domain",
  value: "custom-opencti.invalid",
  spellings: ["custom-opencti.invalid"],
  field: "",
} as const;

const NOBODY: Target = {
  apiKey: "",
  baseUrl: "",
  timeoutMs: 10_000,
  retries: 3,
};

/**
 * Finds out which OpenCTI is asked. What is not known is no error: an alert's
 * IoCs are found without.
 *
 * @throws {UsageError} If what the command says is wrong.
 */
export function askedBy({ text }: Said, home: string): Asked {
  const url = text("url");
  const tokenFile = text("token-file");
  const said = url === undefined ? undefined : baseUrlSaid(url);
  const token = tokenFile === undefined ? undefined : tokenIn(tokenFile);
  const { blocks, problem } = blocksIn(`${home}/etc/ossec.conf`);
  const block = blocks?.find(({ hookUrl }) =>
    said === undefined || baseUrlIn(hookUrl, home) === said
  );
  const common = {
    optionsJson: block?.options ?? "",
    blocks,
    noBlock: problem,
  };
  const file = /^file:(.+)/.exec(block?.apiKey ?? "")?.[1];
  const places = {
    ...said !== undefined && { url: "--url" },
    ...token !== undefined
      ? { token: "the file of --token-file" }
      : file !== undefined && { token: file },
  };
  try {
    if (block === undefined && said === undefined) {
      throw new UsageError(`${problem}: say --url and --token-file`);
    }
    if (block === undefined && token === undefined) {
      throw new UsageError(
        `${said} is not in etc/ossec.conf: say --token-file too, the file that ` +
          "holds its token",
      );
    }
    const target = targetOf({
      timeout: block?.timeout,
      retries: block?.retries,
      hookUrl: said ?? block?.hookUrl ?? "",
      apiKey: token ?? tokenOf(block?.apiKey ?? ""),
    }, home);
    return { ...common, target, places };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...common, target: NOBODY, places, whyNot: error.message };
  }
}

/** The blocks of Wazuh's configuration, or why there are none. */
function blocksIn(path: string): {
  readonly blocks: readonly IntegrationBlock[] | undefined;
  readonly problem: string;
} {
  try {
    const blocks = readIntegrationBlocks(readFile(path));
    const problem = `${path} has no integration block of custom-opencti`;
    return { blocks, problem };
  } catch (error) {
    return {
      blocks: undefined,
      problem: `Cannot read ${path}: ${messageOf(error)}`,
    };
  }
}

/** The address of a block, as it would be asked; `undefined` if it is wrong. */
function baseUrlIn(hookUrl: string, home: string): string | undefined {
  try {
    return targetOf({ apiKey: "none", hookUrl }, home).baseUrl;
  } catch {
    return undefined;
  }
}

/**
 * The token of a block.
 *
 * @throws {UsageError} If its file cannot be used. It is not for this user to
 * make it readable: others who may read it know who can run this.
 */
function tokenOf(apiKey: string): string {
  const path = apiKey.slice("file:".length);
  if (apiKey.startsWith("file:") && !mayRead(path)) {
    throw new UsageError(
      `This user may not read the token in ${path}: run this as root or as ` +
        "Wazuh's user, or say --token-file",
    );
  }
  return readApiKey(apiKey, readFile);
}

function mayRead(path: string): boolean {
  try {
    readFile(path);
    return true;
  } catch {
    return false;
  }
}

/** The token in a file, and not the file's name in a message: it may be one. */
function tokenIn(path: string): string {
  let token: string;
  try {
    token = readFile(path).trim();
  } catch (error) {
    throw new UsageError(`Cannot read --token-file: ${messageOf(error)}`);
  }
  if (!isToken(token)) {
    throw new UsageError(
      "--token-file holds no token: OpenCTI's must stand there, alone",
    );
  }
  return token;
}
