/** A browser's storage, in memory. */
export function testStorage(before: Readonly<Record<string, string>> = {}) {
  const entries = new Map(Object.entries(before));
  return {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
    key: (at: number) => [...entries.keys()][at] ?? null,
    get length() {
      return entries.size;
    },
  };
}
