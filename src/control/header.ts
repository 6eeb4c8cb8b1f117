/** The header that names a `get` under way, for the request that cancels it. */
export const getIdHeader = 'p2pimg-get';
