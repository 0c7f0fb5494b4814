/** What a wallet's errors mean. Wallets wrap the error of their node in different places, and the innermost knows most. */

/** What a failed wallet call means to the person; `rejected` is their own choice and no error. */
export interface WalletFailure {
  kind: "rejected" | "unauthorized" | "unsupported" | "disconnected" | "unknown-chain" | "other";
  text: string;
}

/** Layers looked at; no wallet nests as deep. */
const MAX_LAYERS = 12;
const MAX_TEXT = 300;
/** EIP-1193, EIP-3326, and JSON-RPC's own for a method that is missing, or that waits already (MetaMask). */
const TELLING = [4001, 4100, 4200, 4900, 4901, 4902, -32601, -32002];
/** "Internal JSON-RPC error": says nothing, so the code and the words inside it count. */
const INTERNAL = -32603;

export function describeFailure(error: unknown): WalletFailure {
  switch (codeOf(error)) {
    case 4001:
      return { kind: "rejected", text: "You declined in your wallet. Nothing was sent." };
    case 4100:
      return { kind: "unauthorized", text: "Your wallet has not allowed this page to use that account. Connect again and pick it." };
    case 4200:
    case -32601:
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

/** The code that says what happened; the wallet's node has codes of its own around it. */
function codeOf(error: unknown): number | null {
  const codes = layersOf(error).map(({ code }) => code);
  return TELLING.find((telling) => codes.includes(telling)) ?? null;
}

/** The revert data of a failed `eth_call`, wherever the wallet put it; null when it gave none. */
export function revertDataOf(error: unknown): `0x${string}` | null {
  for (const { data } of layersOf(error)) {
    const hex = typeof data === "string" && /^(?:Reverted )?(0x(?:[0-9a-fA-F]{2})*)$/.exec(data)?.[1];
    if (hex) return hex as `0x${string}`;
  }
  return null;
}

/** JSON-RPC nodes call a revert code 3, or say so in the text (EIP-1474 left it open). */
export function isRevert(error: unknown): boolean {
  if (revertDataOf(error) !== null) return true;
  return layersOf(error).some(({ code, message }) => code === 3 || /revert|invalid ?opcode/i.test(String(message ?? "")));
}

/** The words of the innermost layer that has some of its own. */
function messageOf(error: unknown): string {
  const said = layersOf(error).flatMap(({ code, message }) => (typeof message === "string" && message ? [{ code, message }] : []));
  const telling = said.filter(({ code, message }) => code !== INTERNAL && !/internal (json-rpc )?error/i.test(message));
  const text = (telling.at(-1) ?? said[0])?.message;
  return text ? text.slice(0, MAX_TEXT) : "Your wallet reported an error without saying which.";
}

interface Layer {
  code?: unknown;
  message?: unknown;
  data?: unknown;
}

/** The error and all that it wraps, outermost first. */
function layersOf(error: unknown): Layer[] {
  const layers: unknown[] = [error];
  for (let at = 0; at < layers.length; at += 1) {
    const layer = layers[at] as Record<string, unknown> | null;
    if (typeof layer !== "object" || layer === null) continue;
    for (const field of ["data", "originalError", "cause", "error", "info", "value", "body", "message"]) {
      const inner = wrappedIn(layer[field]);
      if (inner && !layers.includes(inner) && layers.length < MAX_LAYERS) layers.push(inner);
    }
  }
  return layers.filter((layer): layer is Layer => typeof layer === "object" && layer !== null);
}

/** Some wallets wrap an error as JSON, even in the middle of a sentence. */
function wrappedIn(value: unknown): object | null {
  if (typeof value === "object") return value;
  const json = typeof value === "string" && /\{.*\}/s.exec(value)?.[0];
  if (!json) return null;
  try {
    return JSON.parse(json) as object;
  } catch {
    return null;
  }
}
