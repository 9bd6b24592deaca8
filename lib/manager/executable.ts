/**
 * The executable as a file: what runs, and what is installed.
 *
 * @module
 */

/** The executable that runs; nothing if it is from source. */
export function runningExecutable(): string | undefined {
  return Deno.build.standalone ? Deno.execPath() : undefined;
}

/** The executable that is to be installed. */
export function readProgram(path: string): Uint8Array {
  return Deno.readFileSync(path);
}

/** Whether two files have the same bytes. */
export function areSame(path: string, other: string): boolean {
  const [one, two] = [readProgram(path), readProgram(other)];
  return one.length === two.length && one.every((byte, n) => byte === two[n]);
}

/** Whether a file is another, or a copy of it. */
export function isCopy(path: string, other: string): boolean {
  const [one, two] = [Deno.statSync(path), Deno.statSync(other)];
  return one.dev === two.dev && one.ino === two.ino ||
    one.size === two.size && areSame(path, other);
}

/** The bytes of a header of 64 bits. */
const ELF_HEADER = 64;

/**
 * Whether a file is an executable of this machine, down to the sections, which
 * its header says where to find. A copy that a full disk cut off is not.
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
 */
export function isWholeElf(path: string): boolean {
  using file = Deno.openSync(path);
  const header = new DataView(new ArrayBuffer(ELF_HEADER));
  const length = file.readSync(new Uint8Array(header.buffer)) ?? 0;
  if (length < ELF_HEADER || header.getUint32(0) !== 0x7f454c46) return false;
  const machine = Deno.build.arch === "aarch64" ? 183 : 62;
  const sections = Number(header.getBigUint64(40, true)) +
    header.getUint16(58, true) * header.getUint16(60, true);
  return header.getUint16(18, true) === machine &&
    sections <= file.statSync().size;
}
