/** The part of EIP-1193 that the page uses. */
export interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): void;
  removeListener?(event: string, listener: (value: never) => void): void;
}

export async function requestText(provider: Provider, method: string, params: readonly unknown[] = []): Promise<string> {
  const value = await provider.request({ method, params });
  if (typeof value !== "string") throw new TypeError(`the wallet answered ${method} with something that is not text`);
  return value;
}

export async function requestChainId(provider: Provider): Promise<number> {
  return Number(BigInt(await requestText(provider, "eth_chainId")));
}

/** What a failed wallet call means to the person; `rejected` is their own choice and no error. */
export interface WalletFailure {
  kind: "rejected" | "unauthorized" | "unsupported" | "disconnected" | "unknown-chain" | "other";
  text: string;
}

/** Codes of EIP-1193 and EIP-3326 (4902); wallets nest the original error in different places. */
export function describeFailure(error: unknown): WalletFailure {
  switch (codeOf(error)) {
    case 4001:
      return { kind: "rejected", text: "You declined in your wallet. Nothing was sent." };
    case 4100:
      return { kind: "unauthorized", text: "Your wallet has not allowed this page to use that account. Connect again and pick it." };
    case 4200:
      return { kind: "unsupported", text: "Your wallet does not support this action." };
    case 4900:
    case 4901:
      return { kind: "disconnected", text: "Your wallet has lost its own connection. Check its network settings, then try again." };
    case 4902:
      return { kind: "unknown-chain", text: "Your wallet does not know this chain yet." };
    case -32002:
      return { kind: "other", text: "Your wallet is already asking you something. Open it and answer there." };
    default:
      return { kind: "other", text: messageOf(error) };
  }
}

export function codeOf(error: unknown): number | null {
  for (const layer of layersOf(error)) if (typeof layer.code === "number" && layer.code !== -32603) return layer.code;
  return null;
}

/** The revert data of a failed `eth_call`, wherever the wallet put it; null when it gave none. */
export function revertDataOf(error: unknown): `0x${string}` | null {
  for (const layer of layersOf(error)) {
    if (typeof layer.data === "string" && /^0x([0-9a-fA-F]{2})*$/.test(layer.data)) return layer.data as `0x${string}`;
  }
  return null;
}

function messageOf(error: unknown): string {
  const text = [...layersOf(error)].map((layer) => layer.message).find((message) => typeof message === "string" && message);
  return typeof text === "string" ? text.slice(0, 200) : "Your wallet reported an error without saying which.";
}

interface Layer {
  code?: unknown;
  message?: unknown;
  data?: unknown;
}

/** The error and what it wraps, at most five deep. */
function* layersOf(error: unknown): Generator<Layer> {
  let layer: unknown = error;
  for (let depth = 0; depth < 5 && typeof layer === "object" && layer !== null; depth += 1) {
    yield layer as Layer;
    const inner = layer as Record<string, unknown>;
    layer = typeof inner.data === "object" && inner.data ? inner.data : (inner.originalError ?? inner.cause ?? inner.error);
  }
}
