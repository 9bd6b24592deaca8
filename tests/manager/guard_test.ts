import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { type Step, takeSteps } from "../../lib/manager/steps.ts";
import { giveToWazuh, ROOT_ONLY, WAZUH } from "../stand_ins/home.ts";
import { makeManager, snapshot } from "../stand_ins/manager.ts";

const OWNED = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0, mode: 0o640 };

/** A manager, and a folder outside that Wazuh's user wants changed. */
async function makeAttacked() {
  const { home } = await makeManager();
  const outside = await Deno.makeTempDir({ prefix: "outside-" });
  addEventListener("unload", () => {
    Deno.removeSync(outside, { recursive: true });
  });
  await Deno.writeTextFile(`${outside}/mine.xml`, "outside");
  return { home, outside };
}

/** Lays a link, as Wazuh's user can: `etc` is that user's. */
function layLink(home: string, outside: string): void {
  Deno.renameSync(`${home}/etc/rules`, `${home}/etc/rules.away`);
  Deno.symlinkSync(outside, `${home}/etc/rules`);
  if (WAZUH === undefined) return;
  const { uid, gid } = WAZUH;
  new Deno.Command("chown", {
    args: ["-h", `${uid}:${gid}`, `${home}/etc/rules`],
  }).outputSync();
}

/** Puts another folder in a folder's place. */
function takePlace(home: string, outside: string): void {
  Deno.renameSync(`${home}/etc/rules`, `${home}/etc/rules.away`);
  Deno.renameSync(outside, `${home}/etc/rules`);
}

const PATH = "etc/rules/mine.xml";

/** Where the link is laid: when a step is asked for what it is to do. */
const MOMENTS: Readonly<
  Record<string, (act: () => void) => readonly Step[]>
> = {
  "in the step before": (act) => [
    {
      do: "write",
      path: "etc/opencti.token",
      get content() {
        act();
        return "token";
      },
      owned: OWNED,
    },
    { do: "remove", path: PATH },
  ],
  "before the file is made": (act) => [{
    do: "write",
    path: PATH,
    get content() {
      act();
      return "new";
    },
    owned: OWNED,
  }],
  "before it takes its place": (act) => [{
    do: "write",
    path: PATH,
    content: "new",
    owned: {
      ...OWNED,
      get mode() {
        act();
        return 0o640;
      },
    },
  }],
  "before the owner is set": (act) => [{
    do: "own",
    path: PATH,
    owned: {
      ...OWNED,
      get mode() {
        act();
        return 0o600;
      },
    },
  }],
};

Deno.test(
  "no step writes through a folder that became a link meanwhile",
  ROOT_ONLY,
  async (t) => {
    for (const [name, stepsOf] of Object.entries(MOMENTS)) {
      await t.step(name, async () => {
        const { home, outside } = await makeAttacked();
        await Deno.writeTextFile(`${home}/${PATH}`, "old");
        const before = await snapshot(outside);
        let isLaid = false;
        const steps = stepsOf(() => {
          if (!isLaid) layLink(home, outside);
          isLaid = true;
        });
        assertThrows(
          () => takeSteps(steps, home),
          UsageError,
          "/etc/rules is a link, and could lead anywhere",
        );
        assertEquals(await snapshot(outside), before);
      });
    }
  },
);

Deno.test("no step goes on in a folder that another took the place of", async () => {
  const { home, outside } = await makeAttacked();
  const before = await snapshot(outside);
  const steps: readonly Step[] = [{
    do: "write",
    path: PATH,
    get content() {
      takePlace(home, outside);
      return "new";
    },
    owned: OWNED,
  }];
  assertThrows(
    () => takeSteps(steps, home),
    UsageError,
    "/etc/rules is another folder than before",
  );
  assertEquals(await snapshot(`${home}/etc/rules`), before);
  await Deno.mkdir(outside);
});

Deno.test("a change of folders is said, even if it is seen afterwards alone", async () => {
  const { home, outside } = await makeAttacked();
  const steps: readonly Step[] = [{
    do: "move",
    path: "tmp/custom-opencti",
    get to() {
      // Asked for the last time right before it is moved.
      const isLast = new Error().stack?.includes("carryOut") === true;
      if (isLast) {
        takePlace(home, outside);
      }
      return "etc/rules/moved.xml";
    },
  }];
  assertThrows(
    () => takeSteps(steps, home),
    UsageError,
    "/etc/rules is another folder than before",
  );
  await Deno.mkdir(outside);
});

Deno.test(
  "no step changes a file that has a second name",
  ROOT_ONLY,
  async (t) => {
    const steps: Readonly<Record<string, Step>> = {
      own: { do: "own", path: PATH, owned: OWNED },
      write: { do: "write", path: PATH, content: "new", owned: OWNED },
    };
    for (const [name, step] of Object.entries(steps)) {
      await t.step(name, async () => {
        const { home, outside } = await makeAttacked();
        await Deno.link(`${outside}/mine.xml`, `${home}/${PATH}`);
        const before = await snapshot(outside);
        assertThrows(
          () => takeSteps([step], home),
          UsageError,
          "has a second name somewhere (a hard link)",
        );
        assertEquals(await snapshot(outside), before);
      });
    }
    await t.step("but where root alone makes files", async () => {
      const { home, outside } = await makeAttacked();
      const path = "integrations/mine";
      await Deno.link(`${outside}/mine.xml`, `${home}/${path}`);
      takeSteps([{ do: "own", path, owned: { ...OWNED, mode: 0o600 } }], home);
      const { mode } = await Deno.stat(`${home}/${path}`);
      assertEquals((mode ?? 0) % 0o1000, 0o600);
      giveToWazuh(`${home}/integrations`, 0o770);
      assertThrows(
        () => takeSteps([{ do: "own", path, owned: OWNED }], home),
        UsageError,
        "has a second name",
      );
    });
  },
);
