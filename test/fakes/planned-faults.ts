/** Faults of the fake API server that are planned ahead, and met by one of the next requests. */
import type { ServerResponse } from "node:http";
import { answerStatus, send, status } from "./api-answers.ts";
import type { FakeApiServer, FakeRequest, Interception } from "./fake-api-server.ts";

/** Objects of a page, so that few objects are several pages. */
const PAGE_OBJECTS = 2;

/** What the server does to one of the next requests, by resource. */
export class PlannedFaults {
  readonly #server: FakeApiServer;
  readonly #planned: { readonly resource: string; readonly fault: Interception }[] = [];

  constructor(server: FakeApiServer) {
    this.#server = server;
    server.intercept = (request, response) => {
      const { searchParams } = request.url;
      if (searchParams.has("limit")) searchParams.set("limit", String(PAGE_OBJECTS));
      const index = this.#planned.findIndex((one) => one.resource === request.resource);
      const planned = this.#planned[index];
      if (!planned?.fault(request, response)) return false;
      this.#planned.splice(index, 1);
      return true;
    };
  }

  refuse(of: string): void {
    this.#plan(of, (_, response) => {
      answerStatus(response, 503, "busy");
      return true;
    });
  }

  halve(of: string): void {
    this.#plan(of, (request, response) => {
      if (this.#isByWatch(request)) {
        tellHalf(response);
        response.socket?.end();
        return true;
      }
      if (!isLaterPage(request)) return false;
      response.writeHead(200).write('{"items":[{"metadata":{"na');
      response.destroy();
      return true;
    });
  }

  expire(of: string): void {
    this.#plan(of, (request, response) => {
      if (this.#isByWatch(request)) {
        tellHalf(response);
        send(response, "ERROR", status(410, "too old resource version"));
        response.end();
        return true;
      }
      if (!isLaterPage(request)) return false;
      this.#server.compact();
      answerStatus(response, 410, "The provided continue parameter is too old");
      return true;
    });
  }

  end(): void {
    this.#planned.length = 0;
  }

  /** Whether it is a list at the head of a watch, and the server grants it. */
  #isByWatch({ verb }: FakeRequest): boolean {
    return verb === "watch-list" && this.#server.listsByWatch;
  }

  #plan(of: string, fault: Interception): void {
    this.#planned.push({ resource: of, fault });
  }
}

/** Of a list at the head of a watch one object that nobody will see: the list does not end. */
function tellHalf(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  send(response, "ADDED", {
    ...{ apiVersion: "v1", kind: "Service" },
    metadata: { name: "half", namespace: "shop", resourceVersion: "1" },
    spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [{ port: 80 }] },
  });
}

function isLaterPage({ url }: FakeRequest): boolean {
  return url.searchParams.has("continue");
}
