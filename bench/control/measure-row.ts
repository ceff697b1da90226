/** Measures the row that is named, in a process of its own, and sends its figures to whoever forked it. */
import { rowNamed } from './all-rows.js';
import { startProduct } from './product.js';

const row = rowNamed(process.argv[2] ?? '');
const product = await startProduct();
try {
  process.send?.(await row.measure(product));
} finally {
  await product.stop();
}
process.disconnect?.();
