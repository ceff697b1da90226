/** A process that has hashed, says so, and lives as long as its channel. */
import { hashProcess } from '../passwords/hash-process.js';

await hashProcess.hash('correct horse', { memoryCost: 8192, timeCost: 2, parallelism: 1 });
process.send?.('hashed');
process.on('disconnect', () => {});
