/**
 * Loaded into each service by the supervisor (`node --import`). When the supervisor ends, even by SIGKILL, the IPC channel closes, and
 * the service stops as on SIGTERM.
 */
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Otherwise the channel would keep a finished service running.
  process.channel.unref();
}
