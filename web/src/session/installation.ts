import type { Api, ClientConfig } from '../../../client/src/index.js';
import { Store } from './store.js';

/** What this installation offers; undefined until the server has told, or when it cannot. */
export class Installation {
  readonly store = new Store<ClientConfig | undefined>(undefined);
  private asked: Promise<void> | undefined;

  constructor(private readonly api: Api) {}

  /** Asks once; a failure leaves what every installation has. */
  load(): Promise<void> {
    this.asked ??= this.api.call('GET /v1/client-config').then(
      (config) => this.store.set(config),
      () => {
        this.asked = undefined;
      },
    );
    return this.asked;
  }
}
