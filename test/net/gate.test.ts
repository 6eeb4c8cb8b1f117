import { describe, expect, it } from 'vitest';
import { readAddress, writeAddress } from '../../src/net/address.js';
import { defaultLimits, Gate, type Pass } from '../../src/net/gate.js';

const limits = { ...defaultLimits, pending: 3, pendingPerAddress: 2, perAddress: 3, refusals: 2 };

function admitted(pass: Pass | string): Pass {
  if (typeof pass === 'string') throw new Error(pass);
  return pass;
}

describe('the gate', () => {
  it('counts unproved connections by address and in all', () => {
    const gate = new Gate(limits);
    admitted(gate.admit('a'));
    const second = admitted(gate.admit('a'));
    expect(gate.admit('a')).toBe('too many pending');
    admitted(gate.admit('b'));
    expect(gate.admit('b')).toBe('too many pending');
    second.proved();
    admitted(gate.admit('b'));
  });

  it('counts proved connections by address', () => {
    const gate = new Gate(limits);
    const passes = [1, 2, 3].map(() => {
      const pass = admitted(gate.admit('a'));
      pass.proved();
      return pass;
    });
    expect(gate.admit('a')).toBe('too many from this address');
    passes[0]?.left();
    passes[0]?.left();
    admitted(gate.admit('a')).proved();
    expect(gate.admit('a')).toBe('too many from this address');
  });

  it('does not hear an address for a while after too many refusals within the window', () => {
    let now = 0;
    const gate = new Gate(limits, () => now);
    const refuse = () => {
      const pass = admitted(gate.admit('a'));
      pass.refused();
      pass.left();
    };
    refuse();
    now += limits.refusalWindow;
    refuse();
    now += 1;
    refuse();
    expect(gate.admit('a')).toBe('back-off');
    admitted(gate.admit('b')).left();
    now += limits.backOff - 1;
    expect(gate.admit('a')).toBe('back-off');
    now += 1;
    admitted(gate.admit('a')).left();
  });

  it('remembers no more than a bounded number of addresses', () => {
    const gate = new Gate({ ...limits, refusals: 1 }, () => 0);
    const refuse = (address: string) => {
      const pass = admitted(gate.admit(address));
      pass.refused();
      pass.left();
    };
    refuse('first');
    for (let i = 0; i < 2000; i++) refuse(`${i}`);
    admitted(gate.admit('first'));
  });
});

describe('an address', () => {
  it.each([
    ['192.168.0.17:39041', '192.168.0.17', 39041],
    ['laptop.local:1', 'laptop.local', 1],
    ['[::1]:80', '::1', 80],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
  ])('%s is a host and a port', (text, host, port) => {
    expect(readAddress(text)).toEqual({ host, port });
    expect(writeAddress(host, port)).toBe(text);
  });

  it.each(['', 'host', 'host:', ':1', '::1:80', 'host:0', 'host:65536', 'host:1x', '[::1]'])(
    'is not %j',
    (text) => {
      expect(readAddress(text)).toBeUndefined();
    },
  );

  it('of IPv4 on a dual-stack socket is shown as IPv4', () => {
    expect(writeAddress('::ffff:10.0.0.1', 5)).toBe('10.0.0.1:5');
  });
});
