import type { Answer, Problem } from "./types.ts";

const BASE = "/api/v1";
const TIMEOUT_MS = 10_000;
/** Pages followed for one list: 10 pages of 500 are more nodes than the pool may ever hold. */
const MAX_PAGES = 10;
const TOO_MANY = 429;
const DEFAULT_PAUSE_S = 5;
const MAX_PAUSE_S = 300;

/** While the server wants no questions from here, none is asked: each would only prolong it. */
let refused: ApiError | null = null;

/** The API said no, or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    /** When the server may be asked again, for an answer that says so. */
    readonly retryAt_ms = 0,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** True when this network has used up its requests for now. */
  get isLimit(): boolean {
    return this.status === TOO_MANY;
  }

  /** True when the fault is in what was asked, and asking again would change nothing. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && !this.isLimit;
  }
}

export async function get<T>(path: string): Promise<Answer<T>> {
  if (refused && Date.now() < refused.retryAt_ms) throw refused;
  let response: Response;
  try {
    response = await fetch(BASE + path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new ApiError("The pool's server can't be reached.", 0, "unreachable");
  }
  if (!response.ok) throw noteLimit(await problemOf(response));
  try {
    return (await response.json()) as Answer<T>;
  } catch {
    throw new ApiError("The pool's server gave an answer that is not JSON.", 502, "bad-answer");
  }
}

/** Follows `page.next` and joins the lists; `meta` is the last page's. */
export async function getAll<T>(path: string): Promise<Answer<T[]>> {
  let answer = await get<T[]>(path);
  const items = [...answer.data];
  for (let page = 1; page < MAX_PAGES && answer.page?.next; page += 1) {
    const separator = path.includes("?") ? "&" : "?";
    answer = await get<T[]>(`${path}${separator}cursor=${encodeURIComponent(answer.page.next)}`);
    items.push(...answer.data);
  }
  return { ...answer, data: items };
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  const text = problem?.detail ?? problem?.title ?? `The pool's server answered ${response.status}.`;
  const pause_s = Math.min(Math.max(Number(response.headers.get("retry-after")) || DEFAULT_PAUSE_S, 1), MAX_PAUSE_S);
  return new ApiError(text, response.status, problem?.code ?? "unknown", Date.now() + pause_s * 1_000);
}

function noteLimit(error: ApiError): ApiError {
  if (error.isLimit) refused = error;
  return error;
}
