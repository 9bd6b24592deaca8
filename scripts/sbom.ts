/**
 * What is in the executable, as CycloneDX: the packages that the program
 * imports, with the checksums of `deno.lock`, and the runtime.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);

/** What the SBOM is about. */
export interface Subject {
  readonly version: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** Of Deno. */
  readonly runtime: string;
}

/** The SBOM. The same commit and Deno make the same. */
export async function sbomOf(
  { version, time, runtime }: Subject,
): Promise<string> {
  const packages = await importedPackages();
  const subject = {
    type: "application",
    "bom-ref": `custom-opencti@${version}`,
    name: "custom-opencti",
    version,
    licenses: [{ license: { id: "Apache-2.0" } }],
  };
  const components = [
    ...packages.map(({ id, name, version, license, integrity }) => {
      const purl = `pkg:npm/${id.replace(/^@/, "%40")}`;
      return {
        type: "library",
        "bom-ref": purl,
        name,
        version,
        purl,
        licenses: [{ license: { id: license } }],
        hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
      };
    }),
    {
      type: "framework",
      "bom-ref": `pkg:generic/deno@${runtime}`,
      name: "deno",
      version: runtime,
      purl: `pkg:generic/deno@${runtime}`,
      licenses: [{ license: { id: "MIT" } }],
    },
  ];
  return `${
    JSON.stringify(
      {
        bomFormat: "CycloneDX",
        specVersion: "1.5",
        version: 1,
        metadata: {
          timestamp: new Date(time * 1000).toISOString(),
          component: subject,
        },
        components,
        dependencies: [{
          ref: subject["bom-ref"],
          dependsOn: components.map((one) => one["bom-ref"]),
        }],
      },
      null,
      2,
    )
  }\n`;
}

/** A checksum of npm's, in hex. */
function hexOf(integrity: string): string {
  return Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();
}

/** A package, as the program imports it. */
interface Package {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly integrity: string;
}

/** The packages that the program imports; those of the tests are none. */
async function importedPackages(): Promise<readonly Package[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT.pathname,
  }).output();
  if (!success) throw new Error("deno info failed");
  const { modules, npmPackages } = JSON.parse(new TextDecoder().decode(stdout));
  const { npm } = JSON.parse(
    await Deno.readTextFile(new URL("deno.lock", ROOT)),
  );
  const ids = new Set<string>(
    modules.map(({ npmPackage }: { npmPackage?: string }) => npmPackage)
      .filter((id?: string) => id !== undefined),
  );
  return [...ids].sort().map((id) => {
    const { name, version } = npmPackages[id];
    const license = LICENSES[name];
    if (license === undefined) {
      throw new Error(`scripts/sbom.ts must say the license of ${name}`);
    }
    return { id, name, version, license, integrity: npm[id].integrity };
  });
}

/** Of what the program imports, as their packages say. */
const LICENSES: Readonly<Record<string, string>> = {
  "deno-std": "MIT",
  "punycode": "MIT",
  "re2js": "MIT",
  "tldts": "MIT",
  "tldts-core": "MIT",
  "valibot": "MIT",
};
