import { benchContent, runEbox, runProvider } from './content.bench.js';

/** `npm run bench -- ebox-content` starts this as a process of its own, and this its two others. The figures are JSON on the output. */
const [role, folder = '', provider = '', spki = ''] = process.argv.slice(2);
if (role === undefined) {
  const figures = await benchContent((line) => void process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} else {
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.once('disconnect', () => process.exit(0));
  process.send?.(role === 'provider' ? await runProvider(folder) : await runEbox(folder, provider, spki));
}
