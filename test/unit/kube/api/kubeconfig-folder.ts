/** Kubeconfig files in a folder of their own, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** What a test varies of a kubeconfig. */
export interface KubeconfigParts {
  readonly server: string;
  readonly user?: object;
  /** Merged into the cluster. */
  readonly cluster?: object;
}

/** A folder that goes with the test. */
export class KubeconfigFolder {
  readonly #path = mkdtempSync(join(tmpdir(), "kube-ipvs-kubeconfig-"));

  constructor(context: TestContext) {
    context.onTestFinished(() => rmSync(this.#path, { recursive: true }));
  }

  /** Path of a file in it. */
  at(name: string): string {
    return join(this.#path, name);
  }

  /** Writes a file; returns its path. */
  write(name: string, text: string, mode = 0o600): string {
    writeFileSync(this.at(name), text, { mode });
    return this.at(name);
  }

  /** Writes a whole kubeconfig with one of each; returns its path. */
  kubeconfig({ server, user = {}, cluster = {} }: KubeconfigParts): string {
    const text = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      contexts: [{ name: "here", context: { cluster: "lab", user: "agent" } }],
      clusters: [{ name: "lab", cluster: { server, ...cluster } }],
      users: [{ name: "agent", user }],
    };
    return this.write("kubeconfig", JSON.stringify(text));
  }
}
