/** Faults while people meet. */
import { quickForms } from './quick.js';

await quickForms(['E', 'C', 'R', 'W']);
