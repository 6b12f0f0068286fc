/** What `main.js reassert --help` prints. */
export const REASSERT_HELP = `reassert <file>

States persons again whose changes were lost in a restore of this service's database: as they are known here now, with a
source_revision above the highest that a consumer has seen. The file has what "main.js resync" of the consumers has printed, of one or
several, one behind the other; "-" reads it from standard input. Of it these lines count:

  lost <data service> <personId> <highest source_revision that was lost> <changes that were lost>

The same file again appends nothing.`;
