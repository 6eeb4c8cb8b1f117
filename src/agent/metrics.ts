import type { StatusReport } from '../control/api.js';
import { exposition, type Metric } from '../control/exposition.js';
import type { Outcome, Tally } from './tally.js';

const outcomes: readonly Outcome[] = [
  'done',
  'already',
  'nobody',
  'lost',
  'unproved',
  'interrupted',
  'failed',
];

const counter = (name: string, help: string, samples: Metric['samples']): Metric => ({
  name: `p2pimg_${name}`,
  help,
  type: 'counter',
  samples,
});
const gauge = (name: string, help: string, value: number | undefined): Metric => ({
  name: `p2pimg_${name}`,
  help,
  type: 'gauge',
  samples: value === undefined ? [] : [{ value }],
});

/** The agent in numbers. No label names a peer, an image or the team: whoever reads this learns none of them. */
export function metricsText(status: StatusReport, tally: Tally): string {
  const { engine, uploads, version, startedAt } = status;
  const disk = engine.state === 'up' ? engine.disk : undefined;
  return exposition([
    {
      name: 'p2pimg_build_info',
      help: 'The version that runs; always 1.',
      type: 'gauge',
      samples: [{ labels: { version, node: process.versions.node }, value: 1 }],
    },
    counter('transferred_bytes_total', 'Bytes of transfers as they crossed the network.', [
      { labels: { direction: 'sent' }, value: tally.sentBytes },
      { labels: { direction: 'received' }, value: tally.receivedBytes },
    ]),
    counter(
      'transfers_total',
      'Images given to peers and got from peers, by how that ended.',
      (['gave', 'got'] as const).flatMap((type) =>
        outcomes.map((outcome) => ({
          labels: { direction: type === 'gave' ? 'sent' : 'received', outcome },
          value: tally.transfers(type, outcome),
        })),
      ),
    ),
    counter('failed_proofs_total', 'Proofs that failed: of what was got, and of being in the team.', [
      { labels: { of: 'content' }, value: tally.transfers('got', 'unproved') },
      { labels: { of: 'membership' }, value: tally.refusedConnections },
    ]),
    gauge('peers', 'Peers of the team that answer.', status.peers),
    gauge('visitors', 'Connections that peers have made to this agent.', status.visitors),
    gauge('other_teams_agents', 'Agents of other teams that were seen.', status.otherTeams),
    gauge('engine_up', 'Whether the container engine answers.', engine.state === 'up' ? 1 : 0),
    gauge('images', 'Images in the engine.', engine.state === 'up' ? engine.images : undefined),
    gauge('shared_images', 'Images that the team may have.', status.shared),
    gauge('uploads_active', 'Images being given.', uploads.active),
    gauge('uploads_waiting', 'Peers that wait for a free upload.', uploads.waiting ?? 0),
    gauge('uploads_limit', 'How many images are given at once.', uploads.limit),
    gauge('engine_disk_free_bytes', 'Free space where the engine keeps images.', disk?.free),
    gauge('engine_disk_size_bytes', 'Size of the disk where the engine keeps images.', disk?.total),
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the agent.',
      type: 'gauge',
      samples: [{ value: process.memoryUsage.rss() }],
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the agent began to listen, in seconds since 1970.',
      type: 'gauge',
      samples: startedAt === undefined ? [] : [{ value: Date.parse(startedAt) / 1_000 }],
    },
  ]);
}
