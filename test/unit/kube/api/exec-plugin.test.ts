/** Credentials that a program of the kubeconfig makes: run when needed, never twice at once, never waited for forever. */
import { readFileSync } from "node:fs";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { ApiClient } from "../../../../src/kube/api/api-client.ts";
import { PLUGIN_MS_MAX } from "../../../../src/kube/api/credentials.ts";
import { answerStatus } from "../../../fakes/api-answers.ts";
import { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { KubeconfigFolder } from "./kubeconfig-folder.ts";

/** Says that a token is good until the end of this century, and notes that it was asked. */
const GOOD = `echo run >> "$(dirname "$0")/runs"
n=$(wc -l < "$(dirname "$0")/runs" | tr -d ' ')
echo '{"status":{"expirationTimestamp":"2099-01-01T00:00:00Z","token":"run-'"$n"'"}}'
`;

/** Says nothing of how long the token is good. */
const ENDLESS = GOOD.replace('"expirationTimestamp":"2099-01-01T00:00:00Z",', "");

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A server, and a client whose credentials the program makes. */
async function openPlugin(context: TestContext, program: string, exec: object = {}) {
  const server = await FakeApiServer.start();
  const folder = new KubeconfigFolder(context);
  folder.write("login", `#!/bin/sh\n${program}`, 0o700);
  const apiVersion = "client.authentication.k8s.io/v1";
  const user = { exec: { apiVersion, command: "./login", ...exec } };
  const kubeconfig = folder.kubeconfig({ server: server.url, user });
  const clock = new ManualClock();
  const client = new ApiClient({ kubeconfig, master: "" }, clock);
  context.onTestFinished(async () => {
    client.close();
    await server.stop();
  });
  const ask = async (signal = new AbortController().signal): Promise<number> => {
    return (await client.request("GET", "/api/v1/services", { signal })).status;
  };
  const sent = (): readonly (string | undefined)[] =>
    server.requests.map(({ message }) => message.headers.authorization);
  const runs = (): number => readFileSync(folder.at("runs"), "utf8").split("\n").length - 1;
  return { server, folder, clock, ask, sent, runs };
}

test("a program makes the token, and is told what is asked for", async (context) => {
  const program = `echo "$KUBERNETES_EXEC_INFO $1 $WHO" > "$(dirname "$0")/told"\n${GOOD}`;
  const exec = { args: ["get-token"], env: [{ name: "WHO", value: "agent" }] };
  const { ask, sent, folder } = await openPlugin(context, program, exec);
  expect(await ask()).toBe(200);
  expect(sent()).toEqual(["Bearer run-1"]);
  const [info = "", ...rest] = readFileSync(folder.at("told"), "utf8").trim().split(" ");
  expect(JSON.parse(info)).toEqual({
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive: false },
  });
  expect(rest).toEqual(["get-token", "agent"]);
});

test("a program is run once for several requests, and again after 401", async (context) => {
  const { ask, sent, runs, server } = await openPlugin(context, GOOD);
  await Promise.all([ask(), ask(), ask()]);
  await ask();
  expect(runs()).toBe(1);
  server.intercept = (_, response) => {
    server.intercept = () => false;
    answerStatus(response, 401, "Unauthorized");
    return true;
  };
  expect(await ask()).toBe(401);
  expect(await ask()).toBe(200);
  expect(runs()).toBe(2);
  expect(sent().at(-1)).toBe("Bearer run-2");
});

test("a token that says nothing of its end is kept until the server refuses it", async (context) => {
  const { ask, sent, runs, server } = await openPlugin(context, ENDLESS);
  for (let times = 0; times < 5; times++) await ask();
  expect(runs()).toBe(1);
  server.intercept = (_, response) => {
    server.intercept = () => false;
    answerStatus(response, 401, "Unauthorized");
    return true;
  };
  expect(await ask()).toBe(401);
  expect(await ask()).toBe(200);
  await ask();
  expect(runs()).toBe(2);
  expect(sent().at(-1)).toBe("Bearer run-2");
});

test("a token that says nothing of its end is made anew for another kubeconfig", async (context) => {
  const { ask, runs, folder, server } = await openPlugin(context, ENDLESS);
  await ask();
  const apiVersion = "client.authentication.k8s.io/v1";
  const user = { exec: { apiVersion, command: "./login", args: ["again"] } };
  folder.kubeconfig({ server: server.url, user });
  await ask();
  await ask();
  expect(runs()).toBe(2);
});

test("a token whose time is over is made anew", async (context) => {
  const program = ENDLESS.replace(
    '"token"',
    '"expirationTimestamp":"2001-01-01T00:00:00Z","token"',
  );
  const { ask, runs } = await openPlugin(context, program);
  await ask();
  await ask();
  expect(runs()).toBe(2);
});

test("a program that hangs for minutes is ended, and run again with the next request", async (context) => {
  const once = `cd "$(dirname "$0")"\n[ -e begun ] || { echo $$ > begun; exec sleep 600; }\n${GOOD}`;
  const { ask, clock, folder, sent } = await openPlugin(context, once);
  const asked = ask();
  asked.catch(() => {});
  await vi.waitFor(() => readFileSync(folder.at("begun")), 5_000);
  const pid = Number(readFileSync(folder.at("begun"), "utf8"));
  await clock.advance(PLUGIN_MS_MAX - 1_000);
  await expect(asked).rejects.toMatchObject({ code: "CONFIG" });
  expect(isAlive(pid)).toBe(true);
  await clock.advance(2_000);
  expect(await ask()).toBe(200);
  expect(sent()).toEqual(["Bearer run-1"]);
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5_000);
});

test("a program that hangs and leaves others behind is waited for no more", async (context) => {
  const once = `cd "$(dirname "$0")"\n[ -e begun ] || { > begun; sleep 30; }\n${GOOD}`;
  const { ask, clock, folder, runs } = await openPlugin(context, once);
  const asked = ask();
  asked.catch(() => {});
  await vi.waitFor(() => readFileSync(folder.at("begun")), 5_000);
  await clock.advance(PLUGIN_MS_MAX + 1_000);
  await expect(asked).rejects.toMatchObject({ code: "CONFIG" });
  expect(await ask()).toBe(200);
  expect(runs()).toBe(1);
});

test("a program that hangs is given up, not run a second time, and its late word counts", async (context) => {
  const hanging = `cd "$(dirname "$0")"\necho run >> begun\nwhile [ ! -e go ]; do sleep 0.02; done\n${GOOD}`;
  const { ask, clock, folder, sent, runs } = await openPlugin(context, hanging);
  for (let times = 0; times < 2; times++) {
    const asked = ask();
    asked.catch(() => {});
    await clock.advance(30_000);
    await expect(asked).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining(
        "the exec plugin of the kubeconfig does not end within 30000 ms",
      ),
    });
  }
  const asked = ask();
  folder.write("go", "");
  expect(await asked).toBe(200);
  expect(sent()).toEqual(["Bearer run-1"]);
  expect(runs()).toBe(1);
  expect(readFileSync(folder.at("begun"), "utf8")).toBe("run\n");
});

test("a request that is aborted waits for no program", async (context) => {
  const hanging = `cd "$(dirname "$0")"\nwhile [ ! -e go ]; do sleep 0.02; done\n${GOOD}`;
  const { ask, folder, runs, server } = await openPlugin(context, hanging);
  const end = new AbortController();
  const asked = ask(end.signal);
  end.abort();
  await expect(asked).rejects.toMatchObject({ code: "ENDED" });
  expect(server.requests).toHaveLength(0);
  folder.write("go", "");
  expect(await ask()).toBe(200);
  expect(runs()).toBe(1);
});

describe("it is said what is wrong with a program that", () => {
  test.for([
    {
      what: "fails",
      program: "echo no login >&2; exit 1",
      says: "/login of the kubeconfig fails: no login",
    },
    {
      what: "fails without a word",
      program: "exit 3",
      says: "/login of the kubeconfig fails: it ends with an error and says nothing",
    },
    {
      what: "says no JSON",
      program: "echo hello",
      says: "it prints no ExecCredential with a status (Unexpected token",
    },
    {
      what: "says nothing of use",
      program: "echo '{}'",
      says: "it prints no ExecCredential with a status",
    },
  ])("$what", async ({ program, says }, context) => {
    const { ask, server } = await openPlugin(context, program);
    await expect(ask()).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining(says),
    });
    expect(server.requests).toHaveLength(0);
  });

  test("is not there", async (context) => {
    const { ask } = await openPlugin(context, "", { command: "kube-ipvs-no-such-login" });
    await expect(ask()).rejects.toThrow("fails: spawn kube-ipvs-no-such-login ENOENT");
  });
});
