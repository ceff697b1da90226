/** Janus' own API over WebSocket, as much of it as a video room needs. */

interface Jsep {
  type: 'offer' | 'answer';
  sdp: string;
}

interface Message {
  janus: string;
  transaction?: string;
  data?: { id: number };
  plugindata?: { data: Record<string, unknown> };
  jsep?: Jsep;
  error?: { reason: string };
}

export interface PluginAnswer {
  data: Record<string, unknown>;
  jsep?: Jsep;
}

const KEEP_ALIVE_MS = 20_000;

export class JanusSession {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, { accept(message: Message): void; refuse(e: Error): void }>();
  readonly #timer: NodeJS.Timeout;
  #session = 0;
  #transactions = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(`${data}`) as Message));
    socket.addEventListener('close', () => this.#end());
    this.#timer = setInterval(() => this.#send({ janus: 'keepalive' }), KEEP_ALIVE_MS).unref();
  }

  /** @throws Error when nobody answers there. */
  static async open(url: string): Promise<JanusSession> {
    const socket = new WebSocket(url, 'janus-protocol');
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error(`no Janus at ${url}`)), {
        once: true,
      });
    });
    const session = new JanusSession(socket);
    session.#session = (await session.#ask({ janus: 'create' })).data?.id as number;
    return session;
  }

  /** A handle of the video room: one peer connection. */
  async attach(): Promise<number> {
    const plugin = 'janus.plugin.videoroom';
    return (await this.#ask({ janus: 'attach', plugin })).data?.id as number;
  }

  /** @throws Error with what the plugin says. */
  async message(handle: number, body: object, jsep?: Jsep): Promise<PluginAnswer> {
    const request = { janus: 'message', handle_id: handle, body, ...(jsep ? { jsep } : {}) };
    const { plugindata, jsep: answer } = await this.#ask(request);
    const data = plugindata?.data ?? {};
    if (data.error !== undefined) throw new Error(`Janus: ${data.error}`);
    return { data, ...(answer ? { jsep: answer } : {}) };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #send(request: object): string {
    const transaction = `${++this.#transactions}`;
    const session = this.#session === 0 ? {} : { session_id: this.#session };
    this.#socket.send(JSON.stringify({ ...request, ...session, transaction }));
    return transaction;
  }

  #ask(request: object): Promise<Message> {
    const transaction = this.#send(request);
    return new Promise((accept, refuse) => this.#waiting.set(transaction, { accept, refuse }));
  }

  #take(message: Message): void {
    // An `ack` says that the answer comes later, as an event under the same transaction.
    if (message.janus === 'ack' || message.transaction === undefined) return;
    const waiting = this.#waiting.get(message.transaction);
    this.#waiting.delete(message.transaction);
    if (message.janus === 'error') {
      waiting?.refuse(new Error(`Janus: ${message.error?.reason}`));
    } else {
      waiting?.accept(message);
    }
  }

  #end(): void {
    clearInterval(this.#timer);
    for (const { refuse } of this.#waiting.values()) refuse(new Error('Janus went away'));
    this.#waiting.clear();
  }
}
