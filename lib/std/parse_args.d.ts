/** What of `parseArgs()` is used here. */
export function parseArgs<B extends string, S extends string>(
  args: readonly string[],
  options: {
    readonly alias: Readonly<Record<string, B>>;
    readonly boolean: readonly B[];
    /** With `"_"` among them, positional arguments stay strings. */
    readonly string: readonly (S | "_")[];
    /** Called for an option that is in neither list; `false` drops it. */
    readonly unknown?: (argument: string, key?: string) => unknown;
  },
): { _: string[] } & Record<B, boolean> & Partial<Record<S, string>>;
