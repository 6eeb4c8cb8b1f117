import { describe, expect, it } from 'vitest';
import { v1Ids } from '../../src/archive/v1-ids.js';
import { digestFromHex } from '../../src/image/digest.js';

/** Measured: what Docker 20.10.24 named the layers of two images. */
const repeated = {
  diffIds: [
    '87a5a292adc5a0e6cf23d0f2a76bf47e9d614bf7952cf5d4e1658c5f5acbb948',
    'd14d378c56b6881ebdbd202fece8177497e92c6e34d723e8c45ab44a929f383e',
    '87a5a292adc5a0e6cf23d0f2a76bf47e9d614bf7952cf5d4e1658c5f5acbb948',
  ],
  v1Ids: [
    'ffade410a7ea9fe9cb077a32322d1f9c72bf1703fc031e02d19ef63e148ee7b7',
    '0900c0ed74ed16a967e080a3f86480b3c13555de57dfae0af03bcf660c74c69b',
  ],
};
const empty = '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
const withEmptyLayers = {
  diffIds: [
    empty,
    '99528186281c8449d992420798ae6dffed24eefc055aa130a5c56f0a138df425',
    empty,
    empty,
    '0d0c4bd1a0bc4f91b5128919b0518beebc8d84f126850525b8cee43ce3bfb385',
    empty,
  ],
  v1Ids: [
    '3bf9dc6ca1042e8f1e9ce7b6a62bbe1ea0c224323b6fbc34e5e5e35905cd4206',
    '9533b40f4d51880f1d9f76a59f9c06eab7a17ed7e4ec44d6d4a4aeead5ff8bc8',
    '90efc8a219b505a80349964f4262a02b0b37cfc1ec589c48047e6e5ad5316064',
    'd491bdb89452cc1f84c6e34ce85096dad91a447a36e3d4640e3114327c0d80df',
    'f709598ef41d0354298addd6cf4929161f96787756cf8ccc01b5d8c85e920369',
  ],
};

describe('v1Ids', () => {
  it.each([
    ['a repeated layer', repeated],
    ['empty layers', withEmptyLayers],
  ])('are those that Docker 20.10 gave an image with %s', (_, { diffIds, v1Ids: expected }) => {
    expect(v1Ids(diffIds.map(digestFromHex))).toEqual(expected);
  });

  it('leaves out the topmost layer', () => {
    expect(v1Ids([digestFromHex(empty)])).toEqual([]);
    expect(v1Ids([])).toEqual([]);
  });
});
