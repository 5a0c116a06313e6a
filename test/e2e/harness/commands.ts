/** Clients that are programs of the lab's machine: HTTP and ping, from any namespace. */
import assert from "node:assert/strict";
import { shell } from "../../lab/shell.ts";

const SECONDS_MAX = 2;

/** What an HTTP server answered. */
export interface HttpAnswer {
  /** 0 when nothing answered. */
  readonly status: number;
  readonly body: string;
}

/** Asks for `url` from a namespace; the node itself when it is "". Never rejects for want of an answer. */
export async function httpGet(namespace: string, url: string): Promise<HttpAnswer> {
  const curl = `curl -gs --noproxy '*' -m ${SECONDS_MAX} -w '\\n%{http_code}' '${url}' || true`;
  const text = await shell(`${within(namespace)}${curl}\n`);
  const at = text.lastIndexOf("\n");
  return { status: Number(text.slice(at + 1)), body: text.slice(0, at) };
}

/** The address answers a ping from the namespace. */
export async function expectPing(namespace: string, address: string): Promise<void> {
  const ping = `ping -nq -c 1 -W ${SECONDS_MAX} ${address} || true`;
  assert.match(await shell(`${within(namespace)}${ping}\n`), / 1 received/, `ping ${address}`);
}

function within(namespace: string): string {
  return namespace === "" ? "" : `ip netns exec ${namespace} `;
}
