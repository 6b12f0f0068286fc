/** Why a source returned nothing that may be passed on. */
export type SourceFailure = 'SOURCE_UNAVAILABLE' | 'SOURCE_TIMEOUT' | 'SOURCE_ANSWER_INVALID';
