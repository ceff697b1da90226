export type Listener = (message: string) => void;

/** Who listens to which channel in this process. */
export class Listeners {
  private readonly byChannel = new Map<string, Set<{ hear: Listener }>>();

  /** @param onFailure what a listener threw: it keeps nobody else from hearing. */
  constructor(private readonly onFailure: (error: unknown) => void) {}

  get channels(): string[] {
    return [...this.byChannel.keys()];
  }

  has(channel: string): boolean {
    return this.byChannel.has(channel);
  }

  /** The same function twice hears twice. The returned function ends one of them, once. */
  add(channel: string, hear: Listener): () => void {
    const entry = { hear };
    const heard = this.byChannel.get(channel) ?? new Set();
    this.byChannel.set(channel, heard.add(entry));
    return () => {
      if (heard.delete(entry) && heard.size === 0) this.byChannel.delete(channel);
    };
  }

  tell(channel: string, message: string): void {
    for (const { hear } of [...(this.byChannel.get(channel) ?? [])]) {
      try {
        hear(message);
      } catch (error) {
        this.onFailure(error);
      }
    }
  }

  clear(): void {
    this.byChannel.clear();
  }
}
