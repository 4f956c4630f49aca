/** Calls something at most once a second: an outage is one line of the log, not one for each request. */
export function oncePerSecond<Argument>(act: (argument: Argument) => void): (argument: Argument) => void {
  let last = -Infinity;
  return (argument) => {
    const now = performance.now();
    if (now - last < 1000) return;
    last = now;
    act(argument);
  };
}
