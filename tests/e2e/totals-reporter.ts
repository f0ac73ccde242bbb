import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** One line per journey, what went wrong beneath it, and the totals at the end. */
export default class TotalsReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    const name = test.titlePath().slice(2).join(' › ');
    const seconds = (result.duration / 1000).toFixed(1);
    if (result.status === 'skipped') {
      this.skipped += 1;
      console.log(`skipped  ${name}`);
      return;
    }
    const good = test.outcome() === 'expected';
    if (good) this.passed += 1;
    else this.failed += 1;
    console.log(`${good ? 'ok      ' : 'FAILED  '} ${name} (${seconds} s)`);
    if (!good)
      for (const error of result.errors)
        console.log((error.stack ?? error.message ?? '').replace(/^/gm, '    '));
  }

  onError(error: { message?: string; stack?: string }): void {
    this.failed += 1;
    console.log(error.stack ?? error.message ?? 'unknown error');
  }

  onEnd(): void {
    const skipped = this.skipped ? `, ${this.skipped} skipped` : '';
    console.log(`${this.passed} passed, ${this.failed} failed${skipped}`);
  }
}
