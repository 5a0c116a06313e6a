/** A real API server in the guest. */
import { ApiServer } from "../../lab/api-server.ts";
import { shell } from "../../lab/shell.ts";
import type { NodeTask } from "./node-task.ts";

const KUBECONFIG = "/run/bench-kubeconfig.yaml";

/** One server. */
export class BenchCluster {
  readonly server: ApiServer;

  private constructor(server: ApiServer) {
    this.server = server;
  }

  /** Starts the server on a copy of the store `filled`. */
  static async open(filled: string): Promise<BenchCluster> {
    await shell("hostname bench; ip link set lo up\n");
    const server = await ApiServer.start({ filled, isOpen: true });
    server.writeKubeconfig(KUBECONFIG, { token: "admin" }, server.openUrl);
    return new BenchCluster(server);
  }

  /** Where a run finds it. */
  get access(): Pick<NodeTask, "server" | "kubeconfig"> {
    const { openUrl, authority } = this.server;
    return { server: { url: openUrl, authority }, kubeconfig: KUBECONFIG };
  }

  /** Of the API server and its etcd, so far. */
  processorS(): number {
    const { server, etcd } = this.server.usage();
    return server.processorS + etcd.processorS;
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.server.stop();
  }
}
