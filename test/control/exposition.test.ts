import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposition } from '../../src/control/exposition.js';
import { readExposition } from './exposition-reader.js';

describe('metrics in text', () => {
  it('are HELP, TYPE and the samples of each', () => {
    const text = exposition([
      {
        name: 'p2pimg_transferred_bytes_total',
        help: 'Bytes.',
        type: 'counter',
        samples: [{ labels: { direction: 'sent' }, value: 12 }],
      },
      { name: 'p2pimg_images', help: 'Images.', type: 'gauge', samples: [] },
      { name: 'p2pimg_peers', help: 'Peers.', type: 'gauge', samples: [{ value: 2 }] },
    ]);
    expect(text).toBe(
      [
        '# HELP p2pimg_transferred_bytes_total Bytes.',
        '# TYPE p2pimg_transferred_bytes_total counter',
        'p2pimg_transferred_bytes_total{direction="sent"} 12',
        '# HELP p2pimg_peers Peers.',
        '# TYPE p2pimg_peers gauge',
        'p2pimg_peers 2',
        '',
      ].join('\n'),
    );
  });

  it('give back each label, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, value) => {
        const metric = {
          name: 'a',
          help: 'h',
          type: 'gauge' as const,
          samples: [{ labels: { x: text }, value }],
        };
        expect(readExposition(exposition([metric]))).toEqual([{ name: 'a', labels: { x: text }, value }]);
      }),
    );
  });
});

describe('the reader of the tests', () => {
  it.each([
    ['a sample without its family', 'p2pimg_peers 2\n'],
    ['a counter that is not called so', '# HELP a h\n# TYPE a counter\na 1\n'],
    ['a sample twice', '# HELP a h\n# TYPE a gauge\na 1\na 1\n'],
    ['a family twice', '# HELP a h\n# TYPE a gauge\na 1\n# HELP a h\n# TYPE a gauge\na{b="c"} 1\n'],
    ['a label without quotes', '# HELP a h\n# TYPE a gauge\na{b=c} 1\n'],
    ['no number', '# HELP a h\n# TYPE a gauge\na undefined\n'],
    ['no end', '# HELP a h\n# TYPE a gauge\na 1'],
  ])('refuses %s', (_what, text) => expect(() => readExposition(text)).toThrow());
});
