/** All cases that need the API server for themselves, in the order in which they run. */
import type { ApiCase } from "./api-case.ts";
import { connectionCases } from "./connection.ts";
import { deployCases } from "./deploy.ts";
import { eventCases } from "./events.ts";
import { hostileObjectCases } from "./hostile-objects.ts";
import { listWayCases } from "./list-ways.ts";
import { protobufCases } from "./protobuf.ts";
import { serverAddressCases } from "./server-address.ts";

/** The cases. */
export const apiCases: readonly ApiCase[] = [
  ...deployCases,
  ...eventCases,
  ...hostileObjectCases,
  ...protobufCases,
  ...listWayCases,
  ...connectionCases,
  ...serverAddressCases,
];
