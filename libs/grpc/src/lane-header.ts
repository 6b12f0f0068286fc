/** The request's metadata that asks for a less urgent lane than that of the rpc. */
export const LANE_HEADER = 'crossroads-lane';
