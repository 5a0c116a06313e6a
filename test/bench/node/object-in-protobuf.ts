/**
 * Services and endpoint slices of the bench cluster, with the fields that these have, as the API server sends them
 * in protobuf: field numbers as in `generated.proto` of k8s.io/api (core/v1, discovery/v1) and k8s.io/apimachinery. Pure.
 */
import type {
  V1Endpoint,
  V1EndpointSlice,
  V1ObjectMeta,
  V1Service,
  V1ServicePort,
} from "@kubernetes/client-node";
import { envelope, type Fields } from "../../fakes/protobuf-writer.ts";

const MS_PER_S = 1_000;

/** The object in the envelope that every object has. */
export function objectInProtobuf(object: V1Service | V1EndpointSlice): Buffer {
  const { apiVersion = "", kind = "" } = object;
  const fields = "spec" in object ? serviceFields(object) : sliceFields(object as V1EndpointSlice);
  return envelope(apiVersion, kind, fields);
}

function serviceFields({ metadata, spec = {} }: V1Service): Fields {
  return {
    1: metadataFields(metadata),
    2: {
      1: (spec.ports ?? []).map(servicePortFields),
      2: mapFields(spec.selector),
      3: spec.clusterIP ?? "",
      4: spec.type ?? "",
      7: spec.sessionAffinity ?? "",
      17: spec.ipFamilyPolicy ?? "",
      18: spec.clusterIPs ?? [],
      19: spec.ipFamilies ?? [],
      22: spec.internalTrafficPolicy ?? "",
    },
    3: { 1: {} },
  };
}

function servicePortFields({ name = "", protocol = "", port, targetPort }: V1ServicePort): Fields {
  return { 1: name, 2: protocol, 3: port, 4: { 1: 0, 2: Number(targetPort), 3: "" }, 5: 0 };
}

function sliceFields({ metadata, endpoints, ports = [], addressType }: V1EndpointSlice): Fields {
  return {
    1: metadataFields(metadata),
    2: endpoints.map(endpointFields),
    3: ports.map(({ name = "", protocol = "", port = 0 }) => ({ 1: name, 2: protocol, 3: port })),
    4: addressType,
  };
}

function endpointFields({ addresses, conditions, nodeName, zone, targetRef }: V1Endpoint): Fields {
  const { ready = true, serving = ready, terminating = false } = conditions ?? {};
  const { kind = "", namespace = "", name = "", uid = "" } = targetRef ?? {};
  return {
    1: addresses,
    2: { 1: ready, 2: serving, 3: terminating },
    4: { 1: kind, 2: namespace, 3: name, 4: uid },
    6: nodeName ?? "",
    7: zone ?? "",
  };
}

function metadataFields(metadata: V1ObjectMeta = {}): Fields {
  const { creationTimestamp: made, ownerReferences = [] } = metadata;
  return {
    ...{ 1: metadata.name ?? "", 3: metadata.namespace ?? "", 5: metadata.uid ?? "" },
    6: metadata.resourceVersion ?? "",
    ...(made && { 8: { 1: Date.parse(String(made)) / MS_PER_S, 2: 0 } }),
    11: mapFields(metadata.labels),
    12: mapFields(metadata.annotations),
    13: ownerReferences.map(({ kind, name, uid, apiVersion }) => ({
      ...{ 1: kind, 3: name, 4: uid, 5: apiVersion },
      ...{ 6: true, 7: true },
    })),
  };
}

function mapFields(map: Readonly<Record<string, string>> = {}): readonly Fields[] {
  return Object.entries(map).map(([key, value]) => ({ 1: key, 2: value }));
}
