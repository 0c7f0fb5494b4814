/** localStorage that may be refused (private windows, policies): the page then simply remembers nothing. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Everything that is remembered under keys that begin so. */
export function recallAll(prefix: string): [key: string, value: string][] {
  try {
    return Object.entries(localStorage).filter(([key]) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Nothing to do: remembering is a convenience.
  }
}
