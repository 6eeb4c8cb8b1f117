/**
 * The package conf, without what it does to the process: through when-exit it answers each signal by sending it once
 * more to this very process, and an agent that is told to stop twice does not wait for its own cleaning up.
 */
const signalsOf = () =>
  process.eventNames().flatMap((name) => {
    if (!String(name).startsWith('SIG')) return [];
    return process.listeners(name as NodeJS.Signals).map((listener) => ({ name, listener }));
  });

const before = new Set(signalsOf().map(({ listener }) => listener));
const { default: Conf } = await import('conf');
for (const { name, listener } of signalsOf())
  if (!before.has(listener)) process.off(name, listener as NodeJS.SignalsListener);

export { Conf };
