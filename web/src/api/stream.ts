import type { BlockReference, ChainEvent, Phase } from "./types.ts";

const TOPICS = ["head", "node", "stake", "reward", "pool", "reorg", "phase"] as const;

export interface StreamHandlers {
  /** A block (or a range of them) has been indexed. */
  onHead(head: BlockReference): void;
  /** Something in the pool changed, or blocks were replaced: figures must be fetched again. */
  onChange(): void;
  onPhase(phase: Phase): void;
  /** The stream opened or broke; the browser reconnects by itself with `Last-Event-ID`. */
  onLive(isLive: boolean): void;
}

/** The page's one EventSource. Each event only says that something changed; the figures come from the REST answers. */
export function openStream(handlers: StreamHandlers): () => void {
  const source = new EventSource(`/api/v1/stream?topics=${TOPICS.join(",")}`);
  source.onopen = () => handlers.onLive(true);
  source.onerror = () => handlers.onLive(false);
  const listen = <T>(topic: (typeof TOPICS)[number], handle: (data: T) => void) =>
    source.addEventListener(topic, (event) => {
      const data = parse<T>((event as MessageEvent<string>).data);
      if (data) handle(data);
    });
  listen<BlockReference>("head", handlers.onHead);
  listen<Phase>("phase", handlers.onPhase);
  for (const topic of ["node", "stake", "reward", "pool", "reorg"] as const) listen<ChainEvent>(topic, handlers.onChange);
  return () => source.close();
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
