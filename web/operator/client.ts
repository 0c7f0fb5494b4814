/** Calls of the operator's listener. */

import { token } from "./token.ts";

const BASE = "/api/v1/operator";
const READ_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 30_000;
const UNAUTHORIZED = 401;

/** The listener said no, or could not be reached (`status` 0). */
export class OperatorError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "OperatorError";
  }

  get isAboutToken(): boolean {
    return this.status === UNAUTHORIZED;
  }
}

export function read<T>(path: string): Promise<T> {
  return send<T>(path, { method: "GET" }, READ_TIMEOUT_MS);
}

/** `key` names the call: the same one with the same body is done once, however often it is sent. */
export function call<T>(path: string, body: object, key?: string): Promise<T> {
  const headers = { "content-type": "application/json", ...(key && { "idempotency-key": key }) };
  return send<T>(path, { method: "POST", body: JSON.stringify(body), headers }, CALL_TIMEOUT_MS);
}

/** A new name for a call. `randomUUID` is missing where the page came by plain HTTP from another machine. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function sentenceOf(error: unknown): string {
  return error instanceof OperatorError ? error.message : "The listener's answer is not understood.";
}

async function send<T>(path: string, request: RequestInit, timeout_ms: number): Promise<T> {
  let response: Response;
  try {
    const headers = { accept: "application/json", authorization: `Bearer ${token.value ?? ""}`, ...request.headers };
    response = await fetch(BASE + path, { ...request, headers, cache: "no-store", signal: AbortSignal.timeout(timeout_ms) });
  } catch {
    throw new OperatorError("The operator's listener can't be reached.", 0);
  }
  const answer = (await response.json().catch(() => null)) as { data?: T; detail?: string; title?: string } | null;
  if (!response.ok) throw new OperatorError(answer?.detail ?? answer?.title ?? `The listener answered ${response.status}.`, response.status);
  if (answer?.data === undefined) throw new OperatorError("The listener gave an answer that is not understood.", 502);
  return answer.data;
}
