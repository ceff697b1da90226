/**
 * Does what nobody waits for, an event or a microtask above all: thrown from there, the failure of one
 * room would end the process with all of them.
 */
export function attempt(task: () => void, failed: (error: unknown) => void): void {
  try {
    task();
  } catch (error) {
    failed(error);
  }
}
