const left = new Set<() => unknown>();

/**
 * Has something closed, or looked at, when the test file that runs now has ended, however its tests did. Returns what
 * takes it back. Support modules are loaded once for all files of a worker: hooks of their own would be of the first
 * file alone.
 */
export function atEndOfFile(act: () => unknown): () => boolean {
  left.add(act);
  return () => left.delete(act);
}

/** Does what was left to be done, the latest first, and rethrows the first failure when all are done. */
export async function endFile(): Promise<void> {
  const acts = [...left].toReversed();
  left.clear();
  const failures: unknown[] = [];
  for (const act of acts) {
    try {
      await act();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
