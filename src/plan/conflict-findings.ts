/** What a Service is told that wants what another one has. */
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import { FRONTEND_FIELDS } from "./frontend-fields.ts";
import type { PlannedService } from "./service-plan.ts";

/** `planned` is not in force: `holder` has that virtual service. */
export function virtualServiceConflict(planned: PlannedService, holder: ObjectName): Finding {
  const { id, owner, kind } = planned;
  return conflict(owner, FRONTEND_FIELDS[kind], `${id} is held`, holder);
}

/** `holder` has the health-check port that `service` asks for. */
export function healthCheckConflict(
  service: ObjectName,
  port: number,
  holder: ObjectName,
): Finding {
  return conflict(
    service,
    "spec.healthCheckNodePort",
    `the health-check port ${port} is held`,
    holder,
  );
}

function conflict(service: ObjectName, field: string, what: string, holder: ObjectName): Finding {
  return {
    severity: "warning",
    reason: "conflict",
    service,
    field,
    message:
      `${what} by the Service ${holder}, which is older or comes first by name. ` +
      "This Service takes it over when that one lets go.",
  };
}
