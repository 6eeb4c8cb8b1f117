import { isIPv4 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** One IPv4 address of this machine, on which to speak. */
export interface LanInterface {
  /** The system's name for the interface, such as `eth0`. */
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
  /** Another value: the interface is another, or was taken away and came back. */
  readonly mark: string;
}

/** What `os.networkInterfaces` returns. */
export type SystemInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const maximumInterfaces = 8;

/** Bridges and ends of containers and virtual machines, and tunnels: nothing there is a workstation's LAN. */
const virtual =
  /^(?:docker|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|vEthernet|cni|flannel|cali|cilium|lxc|lxd|incus|podman|nerdctl|kube|bridge\d+$|utun|awdl|llw|anpi|tun|wg|tailscale|ppp|ipsec|dummy|ifb)/i;

/**
 * The addresses to speak on, at most 8: those of `only` (addresses, `127.0.0.1` too, or names of interfaces) which
 * exist at present, else those of every interface that looks like a LAN.
 */
export function lanInterfaces(
  only: readonly string[] | undefined,
  system: SystemInterfaces = networkInterfaces(),
): readonly LanInterface[] {
  const found: LanInterface[] = [];
  for (const [name, infos = []] of Object.entries(system)) {
    const scope =
      infos.map((info) => (info.family === 'IPv6' ? info.scopeid : 0)).find((id) => id !== 0) ?? 0;
    for (const info of infos) {
      if (info.family !== 'IPv4' || !isChosen(name, info, only)) continue;
      const { address, netmask, mac } = info;
      found.push({ name, address, netmask, mark: `${name} ${address} ${netmask} ${mac} ${scope}` });
    }
  }
  return found.slice(0, maximumInterfaces);
}

function isChosen(name: string, info: NetworkInterfaceInfo, only: readonly string[] | undefined): boolean {
  if (only !== undefined) return only.includes(info.address) || only.includes(name);
  if (info.internal || virtual.test(name)) return false;
  return info.netmask !== '255.255.255.255' && info.mac !== '00:00:00:00:00:00';
}

/** Whether an IPv4 address lies in the subnet of an interface of ours. */
export function isOnLink({ address, netmask }: LanInterface, other: string): boolean {
  if (!isIPv4(other)) return false;
  const mask = toNumber(netmask);
  return (toNumber(address) & mask) === (toNumber(other) & mask);
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0);
}

/** What `watchInterfaces` reports: other interfaces, or the machine slept and sockets may be deaf. */
export interface InterfaceChange {
  readonly type: 'changed' | 'woke';
  readonly interfaces: readonly LanInterface[];
}

/** How to watch; `list` and `now` (milliseconds of the wall clock, which goes on during sleep) can be replaced. */
export interface WatchOptions {
  readonly list: () => readonly LanInterface[];
  readonly onChange: (change: InterfaceChange) => void;
  readonly everyMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** Looks at the interfaces every 2 seconds and tells what changed since the watch began; keeps no process alive. */
export function watchInterfaces({ list, onChange, everyMs = 2_000, now = Date.now }: WatchOptions): {
  close(): void;
} {
  let before = marks(list());
  let lookedAt = now();
  const timer = setInterval(() => {
    const woke = now() - lookedAt > everyMs + 10_000;
    lookedAt = now();
    const interfaces = list();
    const after = marks(interfaces);
    if (!woke && after === before) return;
    before = after;
    onChange({ type: woke ? 'woke' : 'changed', interfaces });
  }, everyMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

function marks(interfaces: readonly LanInterface[]): string {
  return interfaces
    .map(({ mark }) => mark)
    .sort()
    .join('\n');
}
