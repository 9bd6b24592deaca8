import { assertEquals } from "@std/assert";
import { chownCommand, wazuhNames } from "../lib/shell.ts";
import { makeHome, ROOT_ONLY } from "./stand_ins/home.ts";

Deno.test(
  "wazuhNames() says what Wazuh's user and group are called here",
  ROOT_ONLY,
  async () => {
    const home = await makeHome();
    const sockets = `${home}/queue/sockets`;
    // Two users that every system has, and one that none has.
    await Deno.chown(sockets, 2, 1);
    const { stdout } = await new Deno.Command("stat", {
      args: ["-c", "%U:%G", sockets],
    }).output();
    const [user, group] = new TextDecoder().decode(stdout).trim().split(":");
    assertEquals<unknown>(wazuhNames(home), { user, group });
    assertEquals(chownCommand(home, "/x y"), `chown ${user}:${group} '/x y'`);
    await Deno.chown(sockets, 4242, 4242);
    assertEquals(wazuhNames(home), { user: "4242", group: "4242" });
    assertEquals(
      chownCommand(home, "/x", { isFolder: true }),
      "chown -R 4242:4242 /x",
    );
  },
);

Deno.test("wazuhNames() says the usual ones where there is no manager", () => {
  assertEquals(wazuhNames("/none"), { user: "wazuh", group: "wazuh" });
});
