import { expect, it } from 'vitest';

const signals = () => process.eventNames().filter((name) => String(name).startsWith('SIG'));

it('reads the configuration without answering signals for the process', async () => {
  const before = signals();
  const { readConfiguration } = await import('../../src/agent/configuration.js');
  expect(readConfiguration('/nowhere').uploads).toBe(4);
  expect(signals()).toEqual(before);
});
