/**
 * How text looks on a terminal.
 *
 * @module
 */

/** Makes a text look so. */
export type Paint = (text: string) => string;

/** The ways in which a text can look. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  /** In columns. */
  readonly width: number;
}

/** As wide as text is read well, and as wide as a pipe is taken to be. */
const WIDTH = 80;

const COLOURED: Style = {
  bold: (text) => `\x1b[1m${text}\x1b[22m`,
  dim: (text) => `\x1b[2m${text}\x1b[22m`,
  red: (text) => `\x1b[31m${text}\x1b[39m`,
  yellow: (text) => `\x1b[33m${text}\x1b[39m`,
  green: (text) => `\x1b[32m${text}\x1b[39m`,
  width: WIDTH,
};

/** As a pipe, a file or a log has it. */
export const PLAIN: Style = {
  bold: String,
  dim: String,
  red: String,
  yellow: String,
  green: String,
  width: WIDTH,
};

/** What stdout shows: a terminal alone has colours, and NO_COLOR forbids them. */
export function styleOfStdout(): Style {
  if (!Deno.stdout.isTerminal()) return PLAIN;
  return { ...Deno.noColor ? PLAIN : COLOURED, width: widthOfTerminal() };
}

/** Nothing can be shown in fewer columns than this. */
const MIN_WIDTH = 40;

function widthOfTerminal(): number {
  const { columns } = Deno.consoleSize();
  // Of some terminals, it is not known.
  return columns === 0 ? WIDTH : Math.max(MIN_WIDTH, Math.min(WIDTH, columns));
}
