import type { Answer, Problem } from "./types.ts";

const BASE = "/api/v1";
const TIMEOUT_MS = 10_000;
/** Pages followed for one list: 10 pages of 500 are more nodes than the pool may ever hold. */
const MAX_PAGES = 10;

/** The API said no, or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** True when the pool's server did not answer at all or is failing: the page then falls back to the wallet. */
  get isOutage(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

export async function get<T>(path: string): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new ApiError("The pool's server can't be reached.", 0, "unreachable");
  }
  if (!response.ok) throw await problemOf(response);
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
  return new ApiError(text, response.status, problem?.code ?? "unknown");
}
