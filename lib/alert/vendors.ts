/**
 * Vendors' pages on threats and products, which alerts link to.
 *
 * @module
 */
import { memberOf } from "../json.ts";
import type { Alert } from "./alert.ts";
import { hostOf, normalize } from "./kinds.ts";

/**
 * Whether a URL's host is of a vendor, see {@linkcode isOfVendor}, and no host of
 * theirs where anybody publishes, or it is a block list's page on an address.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const is = (url: string) => isVendors(url, () => new Set());
 * assertEquals(is("https://www.spamhaus.org/query/ip/1.2.3.4"), true);
 * assertEquals(is("https://www.spamhaus.org/"), false);
 * assertEquals(is("https://evil.example/?ip=1.2.3.4"), false);
 * ```
 */
export function isVendors(
  url: string,
  makers: () => ReadonlySet<string>,
): boolean {
  const host = normalize("url", url);
  const name = host && hostOf(host);
  return name
    ? isOfVendor(name.value, makers) &&
        (!OF_ANYBODY.test(name.value) || PAGES.test(name.value)) ||
      isLookUp(name.value, host.value)
    : false;
}

/** Anybody has forms and files there. */
const OF_ANYBODY = /\.(?:microsoft|cloud\.google)\.com$/;
/** What these vendors write themselves. */
const PAGES =
  /^(?:www|learn|docs|go|support|schemas|technet|msdn|security|portal|compliance|admin|console|update|download|account|graph|management|login)\./;

/** Whether it is what a block list says of an address. */
function isLookUp(host: string, url: string): boolean {
  return BLOCK_LISTS.test(host) &&
    /[/=](?:(?:\d{1,3}\.){3}\d{1,3}|[\da-f]{1,4}:[\da-f:]{3,37})(?![\w.])/i
      .test(url.slice(url.indexOf(host) + host.length));
}

/** Mail servers write the link behind each address that they reject. */
const BLOCK_LISTS =
  /(?:^|\.)(?:(?:spamhaus|barracuda(?:networks|central)|spamcop|abuseipdb|sorbs|uceprotect|mxtoolbox|abuseat|abusix|dnsbl|spfbl|surriel|senderscore|talosintelligence)\.(?:org|com|net|info|ai))$/;

/**
 * Whether a host is of a known vendor, or of who made the product.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const makers = () => new Set(["acmesec"]);
 * assertEquals(isOfVendor("console.acmesec.com", makers), true);
 * assertEquals(isOfVendor("evil.example", makers), false);
 * ```
 */
export function isOfVendor(
  host: string,
  makers: () => ReadonlySet<string>,
): boolean {
  const labels = host.toLowerCase().split(".");
  return labels.some((_, n) => VENDORS.has(labels.slice(n).join("."))) ||
    makers().has(labels.at(-2) ?? "");
}

/**
 * Who made the product: the header of CEF and LEEF says it, and fields do.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "./alert.ts";
 *
 * const alert = parseAlert('{"full_log":"CEF:0|Acme Sec|Guard|1|x|y|3|"}');
 * assertEquals(makersOf(alert), new Set(["acmesec", "guard"]));
 * ```
 */
export function makersOf(
  { data, full_log: log = "" }: Alert,
): ReadonlySet<string> {
  const [, ...ofHeader] =
    /\b(?:CEF|LEEF): ?[\d.]{1,4}\|([^|]{1,40})\|([^|]{1,40})\|/.exec(
      log.slice(0, MAX_CEF_HEADER),
    ) ?? [];
  const names = [...ofHeader, ...MAKERS.map((name) => memberOf(data, name))];
  return new Set(
    names.filter((name) => typeof name === "string")
      .map((name) => name.toLowerCase().replace(/[^a-z\d]/g, ""))
      // A shorter name is many a site's.
      .filter((name) => name.length > 4),
  );
}

const MAX_CEF_HEADER = 300;
const MAKERS = [
  "vendor",
  "vendor_name",
  "vendorName",
  "device_vendor",
  "deviceVendor",
  "DeviceVendor",
  "product",
  "product_name",
  "deviceProduct",
  "device_product",
];

/** Whose pages on threats, schemas and products alerts link to. */
const VENDORS: ReadonlySet<string> = new Set(
  ("aka.ms aws.amazon.com cisa.gov cisco.com checkpoint.com cloudflare.com " +
    "crowdstrike.com cve.org elastic.co emergingthreats.net eset.com " +
    "fireeye.com first.org fortiguard.com fortinet.com cloud.google.com accounts.google.com www.googleapis.com " +
    "graph.windows.net management.azure.com management.core.windows.net " +
    "login.microsoftonline.com sts.windows.net iana.org " +
    "ietf.org json-schema.org kaspersky.com malwarebytes.com " +
    "mandiant.com maltiverse.com mcafee.com microsoft.com mitre.org nist.gov " +
    "oasis-open.org opengis.net openxmlformats.org owasp.org paloaltonetworks.com " +
    "portal.azure.com proofpoint.com qualys.com rapid7.com redhat.com " +
    "sentinelone.com sentinelone.net snort.org sonicwall.com " +
    "sophos.com splunk.com suricata-ids.org suricata.io symantec.com " +
    "tenable.com trellix.com trendmicro.com virustotal.com " +
    "w3.org watchguard.com wazuh.com wikipedia.org xml.org xmlsoap.org").split(
      " ",
    ),
);
