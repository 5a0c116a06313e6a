/** Help, versions, mistakes and exit codes of the whole program. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { EXIT_CODES } from "../../../src/cli/exit-codes.ts";
import { IpvsUnavailableError } from "../../../src/ipvs/ipvs-unavailable-error.ts";
import { NetlinkError } from "../../../src/netlink/errors.ts";
import { Shell, webManifest } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.open();
});
afterEach(() => shell.close());

const COMMANDS = ["run", "plan", "status", "version"];

test("help names every command and every exit code", async () => {
  const { code, out } = await shell.run("--help");
  expect(code).toBe(0);
  for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  for (const { code: exit, meaning } of Object.values(EXIT_CODES)) {
    expect(out).toContain(`  ${exit}  ${meaning}`);
  }
});

test.each(COMMANDS)(
  "help of %s has an example that begins as one would type it",
  async (command) => {
    const { code, out } = await shell.run(`${command} --help`);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples?:\n {2}kube-ipvs /);
    for (const line of out.split("\n").filter((text) => text.startsWith("  kube-ipvs"))) {
      expect(line).toMatch(new RegExp(`^  kube-ipvs ${command}\\b`));
    }
  },
);

test("no command prints the help and is a mistake", async () => {
  const { code, err } = await shell.run("");
  expect(code).toBe(EXIT_CODES.usage.code);
  expect(err).toContain("Usage: kube-ipvs");
});

test("a misspelled command is told with the nearest right word", async () => {
  const { code, err } = await shell.run("stauts");
  expect(code).toBe(EXIT_CODES.usage.code);
  expect(err).toContain("unknown command 'stauts'");
  expect(err).toContain("status");
});

test("version says what it is and what it runs on, as text and as JSON", async () => {
  const text = await shell.run("version");
  expect(text.out).toMatch(/^kube-ipvs \d+\.\d+\.\d+ \(Node v\d+.*, kernel .+\)\n$/);
  const { out } = await shell.run("version -o json");
  expect(Object.keys(JSON.parse(out))).toEqual(["version", "node", "kernel"]);
});

test("an output format that is not there is a mistake that names those that are", async () => {
  const { code, err } = await shell.run("version -o yaml");
  expect(code).toBe(EXIT_CODES.usage.code);
  expect(err).toContain("text, json");
});

test.each(["run", "plan"])("%s tells all mistakes of flags and file at once", async (command) => {
  await shell.write(
    "c.yaml",
    "apiVersion: kube-ipvs.io/v1alpha1\nkind: KubeIpvsConfiguration\nlogLevl: x\n",
  );
  const line = `${command} --confg x --node-nam y --config DIR/c.yaml --scheduler leastconn --drain-timeout soon`;
  const { code, err } = await shell.run(line);
  expect(code).toBe(EXIT_CODES.usage.code);
  for (const wanted of [
    "--confg: unknown flag (did you mean --config?)",
    "--node-nam: unknown flag (did you mean --node-name?)",
    "did you mean logLevel?",
    "--scheduler: unknown scheduler leastconn",
    "--drain-timeout: expected a duration",
    "--manifests",
  ]) {
    expect(err).toContain(wanted);
  }
  expect(err).toMatch(/^kube-ipvs: \d+ to mend:\n/);
  expect(shell.kernel.calls.size).toBe(0);
});

test("status tells all its wrong flags at once", async () => {
  const { code, err } = await shell.run("status --outptu json --status-socke /x");
  expect(code).toBe(EXIT_CODES.usage.code);
  expect(err).toContain("--outptu: unknown flag (did you mean --output?)");
  expect(err).toContain("--status-socke: unknown flag (did you mean --status-socket?)");
});

test.each([
  ["no permission", new IpvsUnavailableError("NO_PERMISSION"), EXIT_CODES.noPermission],
  ["no IPVS", new IpvsUnavailableError("NO_IPVS"), EXIT_CODES.noIpvs],
  [
    "an operation that needs more",
    new NetlinkError("IPVS_CMD_GET_INFO", 1),
    EXIT_CODES.noPermission,
  ],
  ["any other refusal", new NetlinkError("IPVS_CMD_GET_INFO", 12), EXIT_CODES.failed],
] as const)("%s is one sentence and an exit code of its own", async (_, error, { code }) => {
  await shell.write("web.yaml", webManifest());
  shell.kernelError = error;
  for (const line of ["plan --manifests DIR", "run --manifests DIR", "status"]) {
    const printed = await shell.run(line);
    expect(printed.code).toBe(code);
    expect(printed.err).toBe(`kube-ipvs: ${error.message}\n`);
    expect(printed.out).toBe("");
  }
});

test("an error that nobody foresaw comes with its stack", async () => {
  shell.kernelError = new TypeError("undefined is not a function");
  const { code, err } = await shell.run("status");
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(err).toMatch(/TypeError: undefined is not a function\n +at /);
});
