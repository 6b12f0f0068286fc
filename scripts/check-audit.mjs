// Known weaknesses of what production depends on, as the package registry tells them. A registry that does not tell is no failure
// of ours, but is said.
import { spawnSync } from 'node:child_process';
import { ROOT } from './versions.mjs';

const WITHIN_MS = 60_000;
/** Less than this is shown, and does not fail. */
const FAILS = ['moderate', 'high', 'critical'];

const { stdout, stderr, error } = spawnSync('pnpm', ['audit', '--prod', '--json'], {
  cwd: ROOT,
  encoding: 'utf8',
  timeout: WITHIN_MS,
  maxBuffer: 64 * 1024 * 1024,
});

const reportOf = (text) => {
  try {
    const report = JSON.parse(text);
    return typeof report?.metadata?.vulnerabilities === 'object' ? report : undefined;
  } catch {
    return undefined;
  }
};

const report = reportOf(stdout ?? '');
if (report === undefined) {
  const [, said = error?.message ?? 'no answer'] = /responded with (\d+)/.exec(`${stdout}${stderr}`) ?? [];
  console.log(`SKIPPED: the package registry answers no audit (${said}); run "pnpm audit --prod" where it does`);
} else {
  const found = Object.values(report.advisories ?? {});
  for (const { severity, module_name: name, title, url } of found) console.log(`${severity} ${name}: ${title} ${url}`);
  if (FAILS.some((severity) => report.metadata.vulnerabilities[severity] > 0)) process.exitCode = 1;
}
