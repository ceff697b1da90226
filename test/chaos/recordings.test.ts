/** Faults while people are recorded. */
import { quickForms } from './quick.js';

await quickForms(['S']);
