/** Preloaded into a process (`--import`): SIGUSR2 sets its clock back an hour. Timers and monotonic clocks go on, as in a real one. */
const HOUR_MS = 3_600_000;
const real = Date.now.bind(Date);
let backMs = 0;

const now = (): number => real() - backMs;

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

process.on('SIGUSR2', () => {
  backMs = HOUR_MS;
});
