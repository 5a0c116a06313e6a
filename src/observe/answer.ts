/** Short HTTP answers, with the headers that kube-proxy sends. */
import type { ServerResponse } from "node:http";

/** Headers besides those that every answer has. */
export type Headers = Readonly<Record<string, string>>;

/** Answers with `value` as JSON. */
export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  answer(response, status, JSON.stringify(value), {
    "content-type": "application/json",
    ...headers,
  });
}

/** Answers with plain text. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  answer(response, status, text, { "content-type": "text/plain; charset=utf-8" });
}

/** Answers with a body of any type. No browser is to take it for another one. */
export function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Headers,
): void {
  response.writeHead(status, { "x-content-type-options": "nosniff", ...headers }).end(body);
}

/** The path that was asked for, without its query. */
export function pathOf(url: string | undefined): string {
  return (url ?? "/").split("?", 1)[0] ?? "/";
}
