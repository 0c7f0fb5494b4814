import type { BlockReference, ChainEvent, Phase } from "./types.ts";

const TOPICS = ["head", "node", "stake", "reward", "pool", "announcement", "reorg", "phase"] as const;

export interface StreamHandlers {
  /** A block (or a range of them) has been indexed. */
  onHead(head: BlockReference): void;
  /** Something in the pool changed, or blocks were replaced: figures must be fetched again. */
  onChange(): void;
  onPhase(phase: Phase): void;
  /** The stream opened or broke; it is opened again by itself. */
  onLive(isLive: boolean): void;
}

const REOPEN_MS = 5_000;
const MAX_REOPEN_MS = 60_000;

/** The page's one EventSource. Each event only says that something changed; the figures come from the REST answers. */
export function openStream(handlers: StreamHandlers, reopen_ms = REOPEN_MS): void {
  const source = new EventSource(`/api/v1/stream?topics=${TOPICS.join(",")}`);
  let next_ms = reopen_ms;
  source.onopen = () => {
    next_ms = REOPEN_MS;
    handlers.onLive(true);
  };
  source.onerror = () => {
    handlers.onLive(false);
    // A browser reconnects after a broken line, but never after an answer that is no stream, such as 429 or a proxy's 502.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => openStream(handlers, Math.min(next_ms * 2, MAX_REOPEN_MS)), next_ms);
  };
  const listen = <T>(topic: (typeof TOPICS)[number], handle: (data: T) => void) =>
    source.addEventListener(topic, (event) => {
      const data = parse<T>((event as MessageEvent<string>).data);
      if (data) handle(data);
    });
  listen<BlockReference>("head", handlers.onHead);
  listen<Phase>("phase", handlers.onPhase);
  for (const topic of ["node", "stake", "reward", "pool", "announcement", "reorg"] as const) listen<ChainEvent>(topic, handlers.onChange);
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
