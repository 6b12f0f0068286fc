/**
 * Loaded into each service by the supervisor (`node --import`): when the supervisor dies, even by kill -9, the channel
 * to it closes, and the service stops as it would on SIGTERM instead of staying behind alone.
 */
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel alone must not keep a service running that has finished.
  process.channel.unref();
}
