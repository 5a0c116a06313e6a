/** `kube-ipvs plan`: what is printed and how it exits; nothing is written. */
import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { systemClock } from "../../../src/base/clock.ts";
import { EXIT_CODES } from "../../../src/cli/exit-codes.ts";
import { CONFIG_DEFAULTS } from "../../../src/config/config.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { destination, SETTINGS, tcp } from "../plan/samples.ts";
import { type Printed, Shell, webManifest } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.open();
});
afterEach(() => {
  expect(shell.kernel.messages).toBe(0);
  return shell.close();
});

/** The kernel as `webManifest()` asks for. */
async function fill(): Promise<void> {
  const { filter } = shell.kernel;
  // The settings of no configuration at all: nothing tells clients of this side.
  filter.configure({
    masqueradeBit: CONFIG_DEFAULTS.masqueradeBit,
    masqueradeAll: false,
    localClients: { kind: "none" },
  });
  await filter.replace([]);
  const object = {
    kind: "element",
    family: "ipv4",
    set: "service-addresses",
    key: "10.96.0.10",
    value: "",
  } as const;
  await filter.write([{ kind: "add-filter", object }]);
  shell.kernel.seen.length = 0;
  shell.kernel.addLink("dummy");
  shell.kernel.serviceLink?.addresses.add("10.96.0.10");
  const key = tcp("10.96.0.10", 80);
  shell.kernel.addForeign({ key, settings: SETTINGS }, [destination("10.1.0.1", 8080)]);
}

test("prints each operation and a summary", async () => {
  await shell.write("web.yaml", webManifest());
  const { code, out } = await shell.run("plan --manifests DIR");
  expect(code).toBe(0);
  expect(out).toBe(`add-service tcp/10.96.0.10:80 scheduler rr
add-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1
add-filter ip service-addresses { 10.96.0.10 }
add-address 10.96.0.10
Our nftables tables are made anew, with all that they hold.
4 operations for 1 Services: 1 add-service, 1 add-destination, 1 add-filter, 1 add-address.
`);
  expect([...shell.kernel.closed]).toHaveLength(5);
});

test("says when there is nothing to do, and counts what others made", async () => {
  await fill();
  shell.kernel.addForeign({ key: tcp("192.0.2.1", 80), settings: SETTINGS }, []);
  await shell.write("web.yaml", webManifest());
  const { out, code } = await shell.run("plan --manifests DIR --exit-code");
  expect(code).toBe(0);
  expect(out).toContain("Nothing to do: the kernel is what 1 Services ask for.");
  expect(out).toContain("1 virtual services of others stay.");
});

test("exits with the documented code when something would change, and only when asked to", async () => {
  await shell.write("web.yaml", webManifest());
  expect((await shell.run("plan --manifests DIR")).code).toBe(0);
  const { code } = await shell.run("plan --manifests DIR --exit-code");
  expect(code).toBe(EXIT_CODES.differs.code);
});

test("prints findings and problems, and removes nothing while something cannot be read", async () => {
  await fill();
  await shell.write("web.yaml", "kind: Service\nspec: [broken");
  const { code, out } = await shell.run("plan --manifests DIR");
  expect(code).toBe(0);
  expect(out).toMatch(/^problem: .*web\.yaml/);
  expect(out).toContain("Nothing is removed until every object can be read.");
  expect(out).toContain("Nothing to do");
  await shell.write("web.yaml", webManifest({ annotation: "kube-ipvs.io/scheduler: leastcon" }));
  expect((await shell.run("plan --manifests DIR")).out).toMatch(/^warning: shop\/web: .*leastcon/);
});

test("JSON has the operations, what was found, findings and problems", async () => {
  await shell.write("web.yaml", webManifest());
  const { out } = await shell.run("plan --manifests DIR -o json");
  expect(JSON.parse(out)).toMatchObject({
    services: 1,
    partial: false,
    found: { services: 0, destinations: 0, addresses: 0, foreign: 0 },
    operations: ["add-service", "add-destination", "add-filter", "add-address"].map((kind) => ({
      kind,
    })),
    findings: [],
    problems: [],
  });
});

test("a folder that is not there is one sentence", async () => {
  const { code, err } = await shell.run("plan --manifests DIR/nowhere");
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(err).toContain("nowhere");
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("with an API server it prints the same as with a folder of the same objects", async () => {
  await shell.write("web.yaml", webManifest());
  const folder = await shell.run("plan --manifests DIR --node-name node-a");
  const server = await listingServer(parseAllDocuments(webManifest()).map((one) => one.toJS()));
  try {
    const { code, out } = await shell.run(`plan --master ${server.url} --node-name node-a`);
    expect({ code, out }).toEqual({ code: 0, out: folder.out });
  } finally {
    server.close();
  }
});

test("an API server that nobody runs is one sentence after the time limit", async () => {
  const gone = await listingServer([]);
  gone.close();
  const clock = new ManualClock();
  shell.clock = clock;
  let printed: Printed | undefined;
  const running = shell.run(`plan --master ${gone.url}`).then((one) => (printed = one));
  while (!printed) {
    await clock.advance(1_000);
    await systemClock.sleep(1);
  }
  const { code, err, out } = await running;
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(out).toBe("");
  expect(err).toContain(`no picture of the cluster from ${gone.url}`);
  expect(err).toContain("ECONNREFUSED");
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

interface ManifestObject {
  readonly kind: string;
  readonly metadata: object;
}

/** Answers lists of these objects; a watch stays open until the client leaves. */
async function listingServer(objects: readonly ManifestObject[]) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    response.writeHead(200, { "content-type": "application/json" });
    if (url.searchParams.has("watch")) return response.flushHeaders();
    const [kind = ""] = ["Service", "EndpointSlice", "Node"].filter((one) =>
      url.pathname.endsWith(`/${one.toLowerCase()}s`),
    );
    const items = objects
      .filter((one) => one.kind === kind)
      .map((one) => ({ ...one, metadata: { ...one.metadata, resourceVersion: "1" } }));
    response.end(
      JSON.stringify({ kind: `${kind}List`, metadata: { resourceVersion: "1" }, items }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: (): void => {
      server.close();
      server.closeAllConnections();
    },
  };
}
