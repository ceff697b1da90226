import { FakeEngine } from '../../../lib/index.js';
import { main } from '../main.js';

/** The whole server with an engine that has no sockets. */
await main(new FakeEngine());
