import { relative } from 'node:path';
import { ROOT } from './versions.mjs';

/** Prints a line for each spec file as it ends, and failures in full; sends the counts to the process that started Jest. */
export default class Reporter {
  #done = 0;
  #total = 0;
  /** Of each spec file that failed, its line and messages. */
  #failures = [];

  onRunStart({ numTotalTestSuites }) {
    this.#total = numTotalTestSuites;
  }

  onTestResult(test, { testResults, failureMessage, perfStats }) {
    this.#done += 1;
    const count = (status) => testResults.filter((result) => result.status === status).length;
    const [passed, failed, skipped] = [count('passed'), count('failed'), count('pending') + count('todo')];
    const mark = failed > 0 || failureMessage ? 'FAILED' : 'ok';
    const counts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
      .filter(Boolean)
      .join(', ');
    const name = relative(ROOT, test.path).replace('/dist/', '/').replace(/\.js$/, '');
    const seconds = (perfStats.runtime / 1000).toFixed(1);
    const line = `${mark} ${name} (${counts}, ${seconds} s)\n`;
    process.stdout.write(`  ${String(this.#done).padStart(String(this.#total).length)}/${this.#total} ${line}`);
    if (failureMessage) {
      process.stdout.write(`${failureMessage}\n`);
      this.#failures.push(`  ${line}${failureMessage}\n`);
    }
    for (const { status, fullName } of testResults)
      if (status === 'pending' || status === 'todo') process.stdout.write(`        skipped: ${fullName}\n`);
  }

  onRunComplete(
    _contexts,
    { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites },
  ) {
    const counts = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    };
    // Long after they were printed, and behind the output of many processes, they would have to be searched for.
    if (this.#total > 1 && this.#failures.length > 0)
      process.stdout.write(`\nFailed, once more:\n${this.#failures.join('')}`);
    if (process.send) process.send({ counts });
    else process.stdout.write(`${summaryOf(counts)}\n`);
  }
}

export const summaryOf = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
