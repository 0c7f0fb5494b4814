/** The operator's token: asked for once, kept in this tab until it is closed, and sent nowhere but to the listener that served the page. */

import { signal } from "@preact/signals";

const KEY = "linkpool.operator-token";

export const token = signal<string | null>(stored());

export function keepToken(text: string): void {
  token.value = text;
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // Storage can be refused; the token then goes with a reload.
  }
}

export function forgetToken(): void {
  token.value = null;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing is stored where nothing can be.
  }
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
