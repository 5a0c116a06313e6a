/** Manifests as people write them, for tests of files. */

/** A Service in YAML. */
export function serviceYaml(
  name: string,
  { address = "10.96.0.1", scheduler = "rr", port = "80" } = {},
): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  annotations:
    kube-ipvs.io/scheduler: ${scheduler}
spec:
  clusterIP: ${address}
  ports:
    - port: ${port}
`;
}
