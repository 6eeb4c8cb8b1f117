import type { AgentNotice } from '../../control/options.js';
import type { Fields, Level } from '../../log/line.js';

/** A notice as a line of the log: for whoever is not in front of the agent. */
export function noticeRecord(notice: AgentNotice): readonly [Level, string, Fields] {
  switch (notice.type) {
    case 'ready': {
      const { status, socket } = notice;
      const { name, peerId, version, port, pid, team, engine } = status;
      return [
        'info',
        'listening',
        { name, peerId, version, port, pid, team: team?.tag, socket, ...engineFields(engine) },
      ];
    }
    case 'team':
      return ['info', 'made a team, being in none', { team: notice.tag }];
    case 'engine':
      return notice.engine.state === 'up'
        ? ['info', 'the engine answers', engineFields(notice.engine)]
        : ['warn', 'the engine does not answer', engineFields(notice.engine)];
    case 'asking': {
      const { number, peer, image, size } = notice.arrival;
      return ['info', 'a colleague sends an image; p2pimg accept', { number, peer: peer.name, image, size }];
    }
    case 'trouble':
      return ['warn', notice.message, { code: notice.code }];
    case 'stopping':
      return ['info', 'stopping', { uploadsCutOff: notice.uploads }];
  }
}

type Engine = Extract<AgentNotice, { type: 'engine' }>['engine'];

function engineFields(engine: Engine): Fields {
  const { address } = engine;
  return engine.state === 'up'
    ? { engine: engine.description, address, images: engine.images, lane: engine.lane?.name }
    : { address, reason: engine.reason };
}
