/** The forms in which an API server sends the events of a watch. */
import { PROTOBUF_TYPE } from "../../src/kube/protobuf/decode.ts";

/** A line of JSON for each event, or a frame behind its length. */
export type WatchFormat = "json" | "protobuf";

/** Their media types. */
export const WATCH_TYPES: Readonly<Record<WatchFormat, string>> = {
  json: "application/json",
  protobuf: `${PROTOBUF_TYPE};stream=watch`,
};

/** All of them. */
export const WATCH_FORMATS = ["json", "protobuf"] as const satisfies readonly WatchFormat[];
