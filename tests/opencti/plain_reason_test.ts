import { assertEquals } from "@std/assert";
import { plainReason } from "../../lib/opencti/plain_reason.ts";

Deno.test("plainReason() says in plain words what libraries say", async (t) => {
  const sent = "error sending request from 127.0.0.1:56924 for " +
    "http://cti.example/graphql (127.0.0.1:80): client error (SendRequest): ";
  const cases: Readonly<Record<string, string>> = {
    "dns error: failed to lookup address information: Name or service not known":
      "DNS and /etc/hosts do not know its name",
    "failed to lookup address information: Temporary failure in name resolution":
      "no name server answers",
    "tcp connect error: Connection refused (os error 111)":
      "Connection refused",
    "received corrupt message of type InvalidContentType": "it speaks no TLS",
    "invalid peer certificate: certificate not valid yet: verification time 1 (UNIX), but certificate is not valid before 4102444800 (9 seconds in future)":
      "its certificate is not valid before 2100-01-01",
    'invalid peer certificate: certificate not valid for name "localhost"; certificate is only valid for DnsName("other.example") or IpAddress(10.0.0.1)':
      "its certificate is not for localhost, but for other.example, 10.0.0.1",
    'invalid peer certificate: certificate not valid for name "a.example"; certificate is not valid for any names (according to its subjectAltName extension)':
      "its certificate is for no name",
    "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))":
      "invalid peer certificate: CaUsedAsEndEntity",
    "invalid peer certificate: UnknownIssuer":
      "invalid peer certificate: UnknownIssuer",
    [`${sent}connection closed before message completed`]:
      "it closed the connection before it answered",
    [`${sent}something new`]: "something new",
    "something else": "something else",
  };
  for (const [raw, plain] of Object.entries(cases)) {
    await t.step(plain, () => assertEquals(plainReason(raw), plain));
  }
});
