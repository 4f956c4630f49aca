import { Presets, SingleBar } from "cli-progress";

/** A progress bar on stderr; nothing where stderr is no terminal. */
export function progressBar(total: number, unit: string): { update: (done: number) => void; stop: () => void } {
  const bar = new SingleBar(
    {
      format: `{bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
      stream: process.stderr,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
}
