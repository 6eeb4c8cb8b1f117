import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dialAddresses } from '../../src/discovery/dial.js';
import {
  type InterfaceChange,
  isOnLink,
  type LanInterface,
  lanInterfaces,
  watchInterfaces,
} from '../../src/discovery/interfaces.js';

function info(address: string, changes: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo {
  const plain = { address, netmask: '255.255.255.0', mac: '02:00:00:00:00:01', internal: false, cidr: null };
  return { family: 'IPv4', ...plain, ...changes } as NetworkInterfaceInfo;
}

const lo = info('127.0.0.1', { internal: true, netmask: '255.0.0.0', mac: '00:00:00:00:00:00' });
const system = {
  lo: [lo],
  eth0: [
    info('192.168.0.10'),
    info('fe80::1', { family: 'IPv6', scopeid: 2 } as Partial<NetworkInterfaceInfo>),
  ],
  wlp2s0: [info('10.1.2.3')],
  br0: [info('192.168.7.1')],
  docker0: [info('172.17.0.1')],
  'br-0123456789ab': [info('172.18.0.1')],
  veth1a2b3c: [info('169.254.1.1')],
  virbr0: [info('192.168.122.1')],
  bridge100: [info('192.168.64.1')],
  utun3: [info('10.8.0.2')],
  wg0: [info('10.9.0.2')],
  vpn: [info('10.10.0.2', { mac: '00:00:00:00:00:00' })],
  p2p: [info('10.11.0.2', { netmask: '255.255.255.255' })],
};
const own = lanInterfaces(undefined, system);

describe('the interfaces to speak on', () => {
  it('are those of a LAN, not those of containers, virtual machines and tunnels', () => {
    expect(own.map(({ name }) => name)).toEqual(['eth0', 'wlp2s0', 'br0']);
  });

  it('are exactly the named ones, by address or by name', () => {
    expect(lanInterfaces(['127.0.0.1'], system).map(({ name }) => name)).toEqual(['lo']);
    expect(lanInterfaces(['wg0', '192.168.0.10'], system).map(({ name }) => name)).toEqual(['eth0', 'wg0']);
    expect(lanInterfaces(['10.99.99.99'], system)).toEqual([]);
  });

  it('are at most eight', () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`eth${index}`, [info(`10.0.${index}.1`)]]),
    );
    expect(lanInterfaces(undefined, many)).toHaveLength(8);
  });

  it('know which addresses are on their link', () => {
    const [eth0] = own;
    if (eth0 === undefined) throw new Error('no eth0');
    expect(isOnLink(eth0, '192.168.0.99')).toBe(true);
    expect(isOnLink(eth0, '192.168.1.99')).toBe(false);
    expect(isOnLink(eth0, 'fe80::1')).toBe(false);
    expect(isOnLink({ ...eth0, address: '200.1.1.1', netmask: '255.255.0.0' }, '200.1.9.9')).toBe(true);
  });
});

describe('the watch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watched(): {
    changes: InterfaceChange[];
    set(list: readonly LanInterface[]): void;
    close(): void;
  } {
    let list: readonly LanInterface[] = own;
    const changes: InterfaceChange[] = [];
    const watch = watchInterfaces({ list: () => list, onChange: (change) => changes.push(change) });
    const set = (other: readonly LanInterface[]): void => {
      list = other;
    };
    return { changes, set, close: watch.close };
  }

  it('reports a change within two seconds, once', () => {
    const { changes, set, close } = watched();
    vi.advanceTimersByTime(10_000);
    expect(changes).toEqual([]);
    set(own.slice(1));
    vi.advanceTimersByTime(2_000);
    expect(changes).toEqual([{ type: 'changed', interfaces: own.slice(1) }]);
    vi.advanceTimersByTime(10_000);
    expect(changes).toHaveLength(1);
    close();
  });

  it('notices an interface that was taken away and came back between two looks', () => {
    const { changes, set, close } = watched();
    const again = {
      ...system,
      eth0: system.eth0.map((one) => ({ ...one, scopeid: 9 }) as NetworkInterfaceInfo),
    };
    set(lanInterfaces(undefined, again));
    vi.advanceTimersByTime(2_000);
    expect(changes).toMatchObject([{ type: 'changed' }]);
    close();
  });

  it('notices that the machine slept', () => {
    const { changes, close } = watched();
    vi.advanceTimersByTime(2_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(2_000);
    expect(changes).toMatchObject([{ type: 'woke', interfaces: own }]);
    close();
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(10_000);
    expect(changes).toHaveLength(1);
  });
});

describe('the order of dialling', () => {
  it("is the packet's sender, then what is near, then the rest", () => {
    const claimed = ['172.20.0.5', '10.1.2.77', '2001:db8::1', '192.168.0.20', '192.168.0.21'];
    expect(dialAddresses('192.168.0.20', claimed, own)).toEqual([
      '192.168.0.20',
      '10.1.2.77',
      '192.168.0.21',
      '172.20.0.5',
      '2001:db8::1',
    ]);
  });

  it('leaves out claims that would lead to ourselves, to nobody, or to what is no address', () => {
    const claimed = [
      '127.0.0.1',
      '0.0.0.0',
      '224.0.0.251',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'ff02::fb',
    ];
    expect(dialAddresses('192.168.0.20', [...claimed, '::ffff:127.0.0.1', 'x', 7, null, {}], own)).toEqual([
      '192.168.0.20',
    ]);
  });

  it('has at most eight addresses', () => {
    const claimed = Array.from({ length: 100 }, (_, index) => `10.0.0.${index + 1}`);
    expect(dialAddresses('192.168.0.20', claimed, own)).toHaveLength(8);
  });
});
