/**
 * Runs one task at a time, whenever asked, and never more often than asked for. Asking while it runs makes it run once
 * more afterwards, so the last state is always fetched and a burst of events costs two requests, not fifty.
 */
export interface Refresher {
  /** Run soon: an event says the figures changed. */
  now(): void;
  /** Run unless it ran within `interval_ms`: time alone passed. */
  eventually(): void;
}

export function createRefresher(task: () => Promise<void>, interval_ms: number, gather_ms = 120): Refresher {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isRunning = false;
  let isAskedAgain = false;
  let finishedAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    timer = null;
    isRunning = true;
    try {
      await task();
    } finally {
      isRunning = false;
      finishedAt = Date.now();
      if (isAskedAgain) {
        isAskedAgain = false;
        now();
      }
    }
  }

  function now(): void {
    if (isRunning) isAskedAgain = true;
    else timer ??= setTimeout(run, gather_ms);
  }

  function eventually(): void {
    if (!isRunning && Date.now() - finishedAt >= interval_ms) now();
  }

  return { now, eventually };
}
