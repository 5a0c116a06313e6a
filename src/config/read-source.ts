/** Where the objects come from, from what was given: a folder, a kubeconfig, or the pod we run in. */
import type { SourceChoice } from "./config.ts";
import type { Given } from "./given-settings.ts";
import type { SettingReader } from "./setting-reader.ts";
import { shown } from "./shown.ts";

const WAYS =
  "nothing says where Services come from: give a kubeconfig (--kubeconfig FILE, or \
clientConnection.kubeconfig), or a folder of manifests (--manifests DIR), or run in a pod of the cluster \
(where KUBERNETES_SERVICE_HOST is set)";

/** Reads them. `isInCluster`: this process runs in a pod. `isNeeded`: without one there is nothing to do. */
export function readSource(
  reader: SettingReader,
  { isInCluster, isNeeded }: { readonly isInCluster: boolean; readonly isNeeded: boolean },
): SourceChoice {
  const manifests = reader.given("manifests");
  const kubeconfig = reader.given("kubeconfig");
  const master = reader.given("master");
  // `--master` alone, as kube-proxy has it, is an API server that asks for no credentials.
  const api = master ?? kubeconfig;
  if (manifests !== undefined && (api === undefined || isFolderWanted(reader, manifests, api))) {
    if (manifests.text === "") {
      reader.report(manifests.where, "expected a folder of manifests (--manifests DIR)");
    }
    return { kind: "manifests", folder: manifests.text };
  }
  if (api === undefined && !isInCluster && isNeeded) reader.report("--kubeconfig", WAYS);
  if (master !== undefined && !/^https?:\/\/[^/\s]/.test(master.text)) {
    const expected = "expected a URL such as https://10.0.0.1:6443";
    reader.report(master.where, `${expected}, found ${shown(master.text)}`);
  }
  return { kind: "api", kubeconfig: kubeconfig?.text, master: master?.text ?? "" };
}

/** Both are given: the flag counts, and the other is told of; two of one place contradict each other. */
function isFolderWanted(reader: SettingReader, manifests: Given, api: Given): boolean {
  if (manifests.level === api.level) {
    reader.report(manifests.where, `two sources are given; leave this or ${api.name} out`);
    return true;
  }
  const isFolder = manifests.level === "flag";
  const [winner, loser] = isFolder ? [manifests, api] : [api, manifests];
  reader.ignore(loser.name, `${winner.name} says where Services come from`);
  return isFolder;
}
