/** The part of EIP-1193 that the page uses. */
export interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): void;
  removeListener?(event: string, listener: (value: never) => void): void;
}

/** A question that needs no person is answered within this, or the wallet counts as silent. */
export const READ_WITHIN_MS = 15_000;
/** From here on the page says that a person's answer is still missing; it never stops waiting by itself. */
export const PROMPT_SLOW_MS = 60_000;

export class WalletSilent extends Error {
  constructor() {
    super(`Your wallet has not answered for ${READ_WITHIN_MS / 1_000} s. Open and unlock it, or connect another one.`);
    this.name = "WalletSilent";
  }
}

/** Asks what a wallet answers by itself. Some never do, so nothing of the page may wait for them without an end. */
export async function request(provider: Provider, method: string, params: readonly unknown[] = []): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new WalletSilent()), READ_WITHIN_MS);
  });
  try {
    return await Promise.race([provider.request({ method, params }), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks what makes a wallet prompt: a person may take any time. */
export function prompt(provider: Provider, method: string, params: readonly unknown[] = []): Promise<unknown> {
  return provider.request({ method, params });
}

export async function requestText(provider: Provider, method: string, params: readonly unknown[] = []): Promise<string> {
  const value = await request(provider, method, params);
  if (typeof value !== "string") throw new TypeError(`The wallet answered ${method} with something that is not text.`);
  return value;
}

export async function requestChainId(provider: Provider): Promise<number> {
  return Number(BigInt(await requestText(provider, "eth_chainId")));
}
