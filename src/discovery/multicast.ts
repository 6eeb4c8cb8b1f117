import { EventEmitter } from 'node:events';
import type { PeerId } from '../wire/peer-id.js';
import type { SelfAdvert } from './advert.js';
import type { Discovery, DiscoveryEvents } from './discovery.js';
import { type InterfaceChange, type LanInterface, lanInterfaces, watchInterfaces } from './interfaces.js';
import type { Sighting } from './sighting.js';
import { Speaker } from './speaker.js';

/** How to discover; all but `self` is for special networks and tests. */
export interface MulticastOptions {
  /** This device, which is never reported. */
  readonly self: PeerId;
  /** Speak on these only: addresses (`127.0.0.1` for one machine alone) or names of interfaces. */
  readonly interfaces?: readonly string[] | undefined;
  readonly list?: (() => readonly LanInterface[]) | undefined;
  readonly pollMs?: number | undefined;
}

type State =
  | { readonly type: 'idle' }
  | { readonly type: 'running'; readonly watch: { close(): void } }
  | { readonly type: 'stopped' };

/** Discovery by DNS-SD over multicast DNS (RFC 6762, 6763), type `_p2pimg._tcp`, on every LAN interface. */
export class MulticastDiscovery implements Discovery {
  readonly events = new EventEmitter<DiscoveryEvents>();
  private readonly options: MulticastOptions;
  private readonly list: () => readonly LanInterface[];
  private readonly speakers = new Map<string, Speaker>();
  private readonly closing = new Set<Promise<void>>();
  private interfaces: readonly LanInterface[] = [];
  private advert: SelfAdvert | undefined;
  private state: State = { type: 'idle' };

  constructor(options: MulticastOptions) {
    this.options = options;
    this.list = options.list ?? (() => lanInterfaces(options.interfaces));
  }

  async start(): Promise<void> {
    if (this.state.type !== 'idle') return;
    const { list } = this;
    const onChange = (change: InterfaceChange): void => this.changed(change);
    this.state = {
      type: 'running',
      watch: watchInterfaces({ list, onChange, everyMs: this.options.pollMs }),
    };
    this.speakOn(list());
    await Promise.all([...this.speakers.values()].map((speaker) => speaker.ready));
  }

  advertise(self: SelfAdvert | undefined): void {
    this.advert = self;
    for (const speaker of this.speakers.values()) speaker.publish(self);
  }

  refresh(): void {
    for (const speaker of this.speakers.values()) speaker.ask();
  }

  async stop(): Promise<void> {
    if (this.state.type === 'running') this.state.watch.close();
    this.state = { type: 'stopped' };
    const speakers = [...this.speakers.values()];
    this.speakers.clear();
    await Promise.all([...this.closing, ...speakers.map((speaker) => speaker.stop())]);
  }

  private changed({ type, interfaces }: InterfaceChange): void {
    if (type === 'woke') this.abandonAllBut([]);
    this.speakOn(interfaces);
    this.refresh();
    this.events.emit('interfaces', interfaces);
  }

  private speakOn(interfaces: readonly LanInterface[]): void {
    this.interfaces = interfaces;
    this.abandonAllBut(interfaces);
    for (const one of interfaces) {
      if (this.speakers.has(one.mark)) continue;
      const speaker = new Speaker(one, () => this.interfaces, {
        sighting: (sighting) => this.sighted(sighting),
        trouble: (error) => this.events.emit('trouble', error),
      });
      speaker.publish(this.advert);
      this.speakers.set(one.mark, speaker);
    }
  }

  private abandonAllBut(interfaces: readonly LanInterface[]): void {
    for (const [mark, speaker] of this.speakers) {
      if (interfaces.some((one) => one.mark === mark)) continue;
      this.speakers.delete(mark);
      const closed = speaker.abandon().finally(() => this.closing.delete(closed));
      this.closing.add(closed);
    }
  }

  private sighted(sighting: Sighting): void {
    if (sighting.type === 'gone') {
      if (sighting.peerId !== this.options.self) this.events.emit('gone', sighting.peerId);
    } else if (sighting.advert.peerId !== this.options.self) this.events.emit('seen', sighting.advert);
  }
}
