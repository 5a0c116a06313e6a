/** Where objects are on the API server. */
import type { KubernetesObject } from "@kubernetes/client-node";

/** Plural names and scope of the kinds that the lab writes. */
const KINDS: Readonly<Record<string, { readonly plural: string; readonly isNamespaced: boolean }>> =
  {
    ClusterRole: { plural: "clusterroles", isNamespaced: false },
    ClusterRoleBinding: { plural: "clusterrolebindings", isNamespaced: false },
    ConfigMap: { plural: "configmaps", isNamespaced: true },
    DaemonSet: { plural: "daemonsets", isNamespaced: true },
    EndpointSlice: { plural: "endpointslices", isNamespaced: true },
    Event: { plural: "events", isNamespaced: true },
    Namespace: { plural: "namespaces", isNamespaced: false },
    Node: { plural: "nodes", isNamespaced: false },
    Service: { plural: "services", isNamespaced: true },
    ServiceAccount: { plural: "serviceaccounts", isNamespaced: true },
  };

/** Such as `/api/v1/namespaces/e2e/services/web`. */
export function resourcePath({
  apiVersion = "",
  kind = "",
  metadata = {},
}: KubernetesObject): string {
  return `${collectionPath(apiVersion, kind, metadata.namespace)}/${metadata.name}`;
}

/** The same without the name. */
export function collectionPath(apiVersion: string, kind: string, namespace = "default"): string {
  const found = KINDS[kind];
  if (!found) throw new Error(`where objects of kind ${kind} are is not known to api-paths.ts`);
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}${found.isNamespaced ? `/namespaces/${namespace}` : ""}/${found.plural}`;
}
