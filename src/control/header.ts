/** The header that names a stream of events under way, for the request that cancels it. */
export const streamIdHeader = 'p2pimg-stream';
